/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-code.h"

#include "riscv-decode.h"

#include "ns3/assert.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

namespace
{

using Op = RiscvOperation;

constexpr int64_t HIDDEN = RiscvCode::HIDDEN_JUMP;

/** How an instruction goes through the pipeline. */
enum class Kind
{
    NONE,     //!< no code
    ALU,      //!< one cycle in the execution stage, result forwarded from there
    MULTIPLE, //!< several cycles in the execution stage, result forwarded from there
    LOAD,     //!< result a stage later
    STORE,
    BRANCH,
    JUMP,
    FLUSH, //!< empties the pipeline
};

Kind
GetKind(const DecodedInstruction& d)
{
    switch (d.operation)
    {
    case Op::LINE:
    case Op::OUTSIDE:
    case Op::ILLEGAL:
        return Kind::NONE;
    case Op::JAL:
    case Op::JALR:
        return Kind::JUMP;
    case Op::BEQ:
    case Op::BNE:
    case Op::BLT:
    case Op::BGE:
    case Op::BLTU:
    case Op::BGEU:
        return Kind::BRANCH;
    case Op::LB:
    case Op::LH:
    case Op::LW:
    case Op::LBU:
    case Op::LHU:
    case Op::ATOMIC:
        return Kind::LOAD;
    case Op::SB:
    case Op::SH:
    case Op::SW:
        return Kind::STORE;
    case Op::MULH:
    case Op::MULHSU:
    case Op::MULHU:
    case Op::DIV:
    case Op::DIVU:
    case Op::REM:
    case Op::REMU:
        return Kind::MULTIPLE;
    case Op::EVENT_LOAD:
    case Op::FENCE:
    case Op::ECALL:
    case Op::EBREAK:
    case Op::MRET:
    case Op::URET:
    case Op::WFI:
        return Kind::FLUSH;
    default:
        return Kind::ALU;
    }
}

/** mstatus, ustatus and uepc: an access empties the pipeline (riscv_decoder.sv csr_status_o). */
bool
IsStatusRegister(int32_t number)
{
    return number == 0x300 || number == 0x000 || number == 0x041;
}

/** @return whether an instruction reads a register other than x0 */
bool
Reads(const DecodedInstruction& d, uint8_t reg)
{
    bool first = false;
    bool second = false;
    switch (GetKind(d))
    {
    case Kind::NONE:
    case Kind::FLUSH:
        first = d.operation == Op::EVENT_LOAD;
        break;
    case Kind::JUMP:
        first = d.operation == Op::JALR;
        break;
    case Kind::LOAD:
        first = true;
        second = d.operation == Op::ATOMIC;
        break;
    case Kind::BRANCH:
    case Kind::STORE:
    case Kind::MULTIPLE:
        first = second = true;
        break;
    case Kind::ALU:
        first = d.operation == Op::CSR ? (d.encoding >> 14 & 1) == 0 : d.operation != Op::CONSTANT;
        second = d.operation >= Op::ADD && d.operation <= Op::MUL;
        break;
    }
    return reg != DecodedInstruction::NOWHERE &&
           ((first && d.rs1 == reg) || (second && d.rs2 == reg));
}

/** @return whether an instruction writes a register from the execution stage */
bool
WritesEarly(const DecodedInstruction& d, uint8_t reg)
{
    const Kind kind = GetKind(d);
    return (kind == Kind::ALU || kind == Kind::MULTIPLE || kind == Kind::JUMP) && d.rd == reg;
}

} // namespace

RiscvCode::RiscvCode(uint32_t base, const uint8_t* bytes, uint32_t size, const CoreTiming& timing)
    : m_base(base),
      m_size(size & ~1U),
      m_timing(timing)
{
    NS_ASSERT_MSG(base % 2 == 0, "code begins at an even address");
    const uint32_t count = m_size / 2;
    m_instructions.resize(count + 2);
    const auto halfword = [bytes](uint32_t index) {
        return static_cast<uint32_t>(bytes[2 * index] | bytes[2 * index + 1] << 8);
    };
    for (uint32_t i = 0; i < count; i++)
    {
        DecodedInstruction& d = m_instructions[i];
        const uint32_t pc = base + 2 * i;
        const uint32_t lower = halfword(i);
        if (!IsCompressed(lower) && i + 1 == count)
        {
            d.entry = d.operation = Op::OUTSIDE; // its second half is
            continue;
        }
        d = DecodeInstruction(IsCompressed(lower) ? lower : lower | halfword(i + 1) << 16, pc);
        const Kind kind = GetKind(d);
        if (kind == Kind::BRANCH || d.operation == Op::JAL)
        {
            const int64_t target = static_cast<int64_t>(i) + d.immediate;
            d.flags |= target < 0 || target >= count ? DecodedInstruction::FAR : 0;
        }
        const uint32_t last = pc + 2 * d.length - 1;
        d.flags |= pc / LINE_BYTES != last / LINE_BYTES ? DecodedInstruction::CROSSES : 0;
        if (pc % LINE_BYTES == 0 || (d.flags & DecodedInstruction::CROSSES) != 0)
        {
            d.entry = Op::LINE;
        }
    }
    for (uint32_t i = count; i < count + 2; i++)
    {
        m_instructions[i].entry = m_instructions[i].operation = Op::OUTSIDE;
    }
    for (uint32_t i = 0; i < count; i++)
    {
        DecodedInstruction& d = m_instructions[i];
        d.cycles = FindCycles(i);
        const DecodedInstruction& next = m_instructions[i + d.length];
        if (GetKind(next) == Kind::JUMP && !Reads(next, d.rd))
        {
            d.flags |= DecodedInstruction::JUMP_NEXT;
        }
        if (GetKind(d) == Kind::BRANCH && next.operation >= Op::DIV && next.operation <= Op::REMU)
        {
            d.flags |= DecodedInstruction::DIVISION_NEXT;
        }
    }
}

/*
 * Numbers are cycles in which an instruction leaves the decode stage. A load's data arrives two
 * stages after it: whoever needs it waits one cycle, and so does an instruction that writes the
 * same register from the execution stage (riscv_controller.sv load_stall_o). jalr wants its
 * register from the register file, so that it waits for a result that is still on its way
 * (jr_stall_o). A jump sets the pc when it enters the decode stage, so that of its two cycles one
 * is hidden behind an instruction that holds it up there (jump_done).
 */
uint8_t
RiscvCode::FindCycles(uint32_t index) const
{
    const DecodedInstruction& d = m_instructions[index];
    const DecodedInstruction& next = m_instructions[index + d.length];
    const bool jalrNext = next.operation == Op::JALR && Reads(next, d.rd);
    int64_t cycles = 1;
    switch (GetKind(d))
    {
    case Kind::NONE:
    case Kind::STORE:
        break;
    case Kind::BRANCH:
        cycles = m_timing.branchNotTaken;
        break;
    case Kind::JUMP:
        cycles = m_timing.jump;
        break;
    case Kind::FLUSH:
        cycles = d.operation == Op::EVENT_LOAD                        ? m_timing.eventLoad
                 : d.operation == Op::MRET || d.operation == Op::URET ? m_timing.trapReturn
                                                                      : m_timing.fence;
        break;
    case Kind::ALU:
        cycles = d.operation == Op::MUL ? m_timing.multiply : 1;
        if (d.operation == Op::CSR && IsStatusRegister(d.immediate))
        {
            return static_cast<uint8_t>(m_timing.statusRegister);
        }
        cycles += jalrNext ? m_timing.jumpRegister : 0;
        break;
    case Kind::MULTIPLE:
        // The core adds a division's cycles, which depend on its operands.
        cycles = d.operation <= Op::MULHU ? m_timing.multiplyHigh : m_timing.divide;
        cycles += jalrNext ? m_timing.jumpRegister : 0;
        cycles -= GetKind(next) == Kind::JUMP && !jalrNext ? HIDDEN : 0;
        break;
    case Kind::LOAD: {
        // A load to x0 still holds up an instruction that writes x0.
        const bool waits = Reads(next, d.rd) || WritesEarly(next, d.rd);
        if (jalrNext)
        {
            cycles += m_timing.loadUse + m_timing.jumpRegister;
        }
        else if (waits)
        {
            cycles += GetKind(next) == Kind::JUMP ? 0 : m_timing.loadUse;
        }
        else
        {
            const Kind kind = GetKind(next);
            const bool passes = kind == Kind::ALU || kind == Kind::STORE || kind == Kind::LOAD;
            const uint32_t second = index + d.length + next.length;
            if (passes && d.rd != next.rd && second < m_instructions.size() &&
                m_instructions[second].operation == Op::JALR && Reads(m_instructions[second], d.rd))
            {
                cycles += m_timing.jumpRegister;
            }
        }
        break;
    }
    }
    return static_cast<uint8_t>(std::clamp<int64_t>(cycles, 0, 255));
}

} // namespace offload
} // namespace ns3
