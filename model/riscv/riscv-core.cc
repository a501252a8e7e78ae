/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-core.h"

#include "riscv-arithmetic.h"

#include <utility>

namespace ns3
{
namespace offload
{

RiscvCore::RiscvCore(CorePort& port, uint32_t hartId)
    : m_port(port),
      m_csr(hartId)
{
    m_hints.fill(m_own.data());
}

void
RiscvCore::SetFetch(PrefetchBuffer* fetch)
{
    m_fetch = fetch;
}

void
RiscvCore::SetCode(std::shared_ptr<const RiscvCode> code)
{
    m_code = std::move(code);
}

void
RiscvCore::SetOwnMemory(unsigned slot, const OwnMemory& memory, L1Banks* banks)
{
    m_own.at(slot) = {memory.base, memory.size, memory.bytes, banks};
}

void
RiscvCore::Reset(uint32_t pc)
{
    m_registers = {};
    m_csr.Reset();
    SetPc(pc);
}

void
RiscvCore::SetPc(uint32_t pc)
{
    m_pc = pc & ~1U;
    m_arrival = Arrival::SET;
    m_traced = false;
}

void
RiscvCore::SetState(const State& state)
{
    m_registers = state.registers;
    m_csr = state.csr;
    SetPc(state.pc);
}

void
RiscvCore::EnterTrap()
{
    SetPc(m_csr.EnterTrap(m_trap.cause, m_trap.pc));
    m_cycle += m_code != nullptr ? m_code->GetTiming().trap : CoreTiming().trap;
}

RiscvCore::Stop
RiscvCore::Raise(uint32_t cause, uint32_t pc, uint32_t value)
{
    m_trap = {cause, pc, value};
    return Stop::TRAP;
}

RiscvCore::Stop
RiscvCore::StopOutside()
{
    return m_pc == m_stop ? Stop::RETURN : Raise(FETCH_FAULT, m_pc, m_pc);
}

uint64_t
RiscvCore::FetchRest(uint32_t pc, uint64_t cycle)
{
    return m_fetch->Next((pc | (RiscvCode::LINE_BYTES - 1)) + 1, cycle);
}

/*
 * What leaves the decode stage while it holds no instruction is what it held last, without its
 * writes. The divider still begins (riscv_id_stage.sv: id_valid_o does not ask for an instruction;
 * riscv_decoder.sv: deassert_we does not touch alu_en_o), so that a division runs once more in full
 * when the instruction behind it has not been fetched in time, and one that a taken branch passes
 * over runs once. Meanwhile nothing enters the decode stage before the division's last cycle.
 */
uint64_t
RiscvCore::RunGhost(uint64_t end, uint64_t division, uint64_t arrives)
{
    while (arrives > end + 1 - division)
    {
        end += division;
    }
    m_heldUntil = end;
    m_heldCycles = end - arrives;
    return end;
}

uint64_t
RiscvCore::FetchBehindDivision(uint32_t line, uint64_t cycle)
{
    const uint64_t division = m_heldCycles + 1;
    const uint64_t inTime = cycle - m_heldCycles;
    const uint64_t arrives = m_fetch->Next(line, inTime, inTime < 2 ? 0 : inTime - 2);
    return arrives == inTime ? cycle : RunGhost(cycle + division, division, arrives);
}

uint64_t
RiscvCore::FindGhost(const DecodedInstruction& branch, uint32_t next, uint64_t cycle)
{
    const DecodedInstruction& division = (&branch)[branch.length];
    if (division.entry == RiscvOperation::LINE && m_fetch != nullptr)
    {
        const uint32_t line = (next + 2 * division.length - 1) & ~(RiscvCode::LINE_BYTES - 1);
        if (m_fetch->Next(line, cycle + 1, cycle < 1 ? 0 : cycle - 1) > cycle + 1)
        {
            return 0; // it comes when the branch is over
        }
    }
    const uint32_t divisor = m_registers[division.rs2];
    const bool isSigned =
        division.operation == RiscvOperation::DIV || division.operation == RiscvOperation::REM;
    return m_code->GetTiming().divide +
           (isSigned ? DivideShiftSigned(divisor) : DivideShift(divisor));
}

RiscvCore::OwnSlot*
RiscvCore::FindOwn(uint32_t address, uint32_t bytes)
{
    for (auto& slot : m_own)
    {
        const uint32_t offset = address - slot.base;
        if (offset < slot.size && slot.size - offset >= bytes)
        {
            return &slot;
        }
    }
    return nullptr;
}

/** An access within one word: of own memory or of the port. */
RiscvCore::Outcome
RiscvCore::AccessWord(MemoryOperation operation,
                      uint32_t address,
                      uint8_t bytes,
                      uint32_t data,
                      uint64_t cycle)
{
    const bool load = operation == MemoryOperation::LOAD;
    OwnSlot* own = load || operation == MemoryOperation::STORE ? FindOwn(address, bytes) : nullptr;
    if (own != nullptr)
    {
        m_served = own;
        uint8_t* memory = own->bytes + (address - own->base);
        uint32_t loaded = 0;
        for (unsigned i = 0; i < bytes; i++)
        {
            if (load)
            {
                loaded |= static_cast<uint32_t>(memory[i]) << (8 * i);
            }
            else
            {
                memory[i] = static_cast<uint8_t>(data >> (8 * i));
            }
        }
        if (own->banks == nullptr)
        {
            return {MemoryReply::DONE, loaded, cycle, cycle + 1};
        }
        const uint64_t asked = m_ahead.IsFull(cycle) ? Settle(cycle) : cycle;
        return {MemoryReply::DONE, loaded, asked, m_ahead.Access(*own->banks, address, asked) + 1};
    }
    data &= 0xffffffff >> (32 - 8 * bytes);
    CoreAccess access{address, data, bytes, operation, cycle, cycle + 1};
    const MemoryReply reply = m_port.Access(access);
    m_faultAddress = address;
    return {reply, access.data, access.cycle, access.done};
}

/*
 * RI5CY does an access that goes over a word boundary as two, one after the other
 * (riscv_load_store_unit.sv, data_misaligned_o); the addition for the second address is done in
 * the execution stage, so that only the first one's grant is waited for in between.
 */
RiscvCore::Outcome
RiscvCore::Access(MemoryOperation operation,
                  uint32_t address,
                  uint8_t bytes,
                  uint32_t data,
                  uint64_t cycle)
{
    const auto first = static_cast<uint8_t>(4 - (address & 3));
    if (bytes <= first)
    {
        return AccessWord(operation, address, bytes, data, cycle);
    }
    const Outcome low = AccessWord(operation, address, first, data, cycle);
    if (low.reply != MemoryReply::DONE)
    {
        return low;
    }
    Outcome high = AccessWord(operation,
                              address + first,
                              static_cast<uint8_t>(bytes - first),
                              data >> (8 * first),
                              low.done);
    high.data = low.data | high.data << (8 * first);
    high.asked = low.asked;
    return high;
}

uint64_t
RiscvCore::Settle(uint64_t cycle)
{
    const uint64_t settled = m_port.Settle(cycle);
    m_ahead.Begin(settled);
    return settled;
}

bool
RiscvCore::AccessCsr(const DecodedInstruction& instruction, uint64_t cycle, uint64_t instructions)
{
    const uint32_t function = instruction.encoding >> 12 & 7;
    const bool immediate = (function & 4) != 0;
    uint32_t value = 0;
    // A write happens even of x0's value, a set or clear only of another register's.
    if (!m_csr.Access(static_cast<uint32_t>(instruction.immediate),
                      function,
                      (function & 3) == 1 || instruction.rs1 != 0,
                      immediate ? instruction.rs1 : m_registers[instruction.rs1],
                      {cycle, instructions},
                      value))
    {
        return false;
    }
    m_registers[instruction.rd] = value;
    return true;
}

RiscvCore::Stop
RiscvCore::Run(uint64_t limit)
{
    return m_tracer != nullptr ? Loop<true>(limit) : Loop<false>(limit);
}

} // namespace offload
} // namespace ns3
