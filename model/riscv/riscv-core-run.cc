/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The interpreter's loop. What it touches for each instruction is in local variables; members are
// brought up to date when something outside may look: before the port is asked, and on the way out.
#include "riscv-core.h"

#include <cstring>
#include <type_traits>

/** A lambda on the hot path: as a call it would keep the loop's variables in memory. */
#define OFFLOAD_INLINE __attribute__((always_inline))

namespace ns3
{
namespace offload
{

namespace
{

using Op = RiscvOperation;

int32_t
Signed(uint32_t value)
{
    return static_cast<int32_t>(value);
}

/** @return the upper half of a product of two numbers, each of them with sign or without */
uint32_t
UpperHalf(int64_t a, int64_t b)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(a * b) >> 32);
}

uint32_t
UpperHalfUnsigned(uint32_t a, uint32_t b)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(a) * b >> 32);
}

/** Division as the unprivileged specification has it: x / 0 = -1, no overflow. */
uint32_t
Divide(uint32_t a, uint32_t b)
{
    if (b == 0)
    {
        return ~0U;
    }
    return b == ~0U ? 0 - a : static_cast<uint32_t>(Signed(a) / Signed(b));
}

uint32_t
Remainder(uint32_t a, uint32_t b)
{
    if (b == 0)
    {
        return a;
    }
    return b == ~0U ? 0 : static_cast<uint32_t>(Signed(a) % Signed(b));
}

unsigned
LeadingZeros(uint32_t value)
{
    return value == 0 ? 32 : static_cast<unsigned>(__builtin_clz(value));
}

/**
 * The divider shifts the divisor to the left until it is as long as a register, one subtraction
 * for each bit (riscv_alu.sv div_shift: the leading bits that say nothing, 32 for a divisor of 0).
 */
unsigned
DivideShift(uint32_t divisor)
{
    return LeadingZeros(divisor);
}

unsigned
DivideShiftSigned(uint32_t divisor)
{
    return Signed(divisor) < 0 ? LeadingZeros(~divisor) - 1 : LeadingZeros(divisor);
}

} // namespace

template <bool TRACED>
RiscvCore::Stop
RiscvCore::Loop(uint64_t limit)
{
    uint64_t cycle = m_cycle;
    if (cycle >= limit)
    {
        return Stop::LIMIT;
    }
    if (m_pc == RETURN_ADDRESS)
    {
        return Stop::RETURN;
    }
    if ((m_current == nullptr || !m_current->Contains(m_pc)) && !FindCode(m_pc))
    {
        return Raise(FETCH_FAULT, m_pc, m_pc);
    }
    uint32_t* const x = m_registers.data();
    PrefetchBuffer* const fetch = m_fetch;
    OwnSlot* own = m_own.data(); // the one that served last
    uint64_t retired = m_instructions;
    uint32_t base = m_current->GetBase();
    const DecodedInstruction* code = m_current->GetInstructions();
    const DecodedInstruction* d = code + (m_pc - base) / 2;
    const CoreTiming& timing = m_current->GetTiming();
    if (m_arrival == Arrival::SET && fetch != nullptr)
    {
        cycle = FetchRest(*d, m_pc, fetch->Jump(m_pc, cycle));
    }
    Op operation = m_arrival == Arrival::NEXT ? d->entry : d->operation;

    const auto getPc = [&]() OFFLOAD_INLINE { return base + 2 * static_cast<uint32_t>(d - code); };
    const auto save = [&]() OFFLOAD_INLINE {
        m_cycle = cycle;
        m_instructions = retired;
        m_pc = getPc();
    };
    const auto leave = [&](Stop stop) OFFLOAD_INLINE {
        save();
        m_arrival = operation == d->operation ? Arrival::FETCHED : Arrival::NEXT;
        m_traced = TRACED && stop == Stop::WAIT;
        return stop;
    };
    const auto raise = [&](uint32_t cause, uint32_t value) OFFLOAD_INLINE {
        leave(Stop::TRAP);
        return Raise(cause, m_pc, value);
    };
    // Execution goes on at an instruction of this piece, or at an address that may be anywhere; the
    // fetch stage had instructions up to `last`.
    const auto jump = [&](const DecodedInstruction* target, uint32_t last) OFFLOAD_INLINE {
        const uint32_t from = getPc();
        d = target;
        operation = d->operation;
        retired++;
        if (fetch != nullptr)
        {
            const uint32_t pc = getPc();
            cycle = FetchRest(*d, pc, fetch->Jump(pc, cycle, from, last));
        }
    };
    const auto jumpFar = [&](uint32_t target, uint32_t last) OFFLOAD_INLINE {
        if (!m_current->Contains(target) && !FindCode(target))
        {
            retired++;
            save();
            m_pc = target;
            m_arrival = Arrival::FETCHED;
            return false;
        }
        const uint32_t from = getPc();
        base = m_current->GetBase();
        code = m_current->GetInstructions();
        d = code + (target - base) / 2;
        operation = d->operation;
        retired++;
        if (fetch != nullptr)
        {
            cycle = FetchRest(*d, target, fetch->Jump(target, cycle, from, last));
        }
        if (__builtin_expect(target == m_stop, 0))
        {
            save();
            m_arrival = Arrival::FETCHED;
            return false;
        }
        return true;
    };
    const auto stopFar = [&]() OFFLOAD_INLINE {
        return m_pc == RETURN_ADDRESS || m_pc == m_stop ? Stop::RETURN
                                                        : Raise(FETCH_FAULT, m_pc, m_pc);
    };
    // An access took until `done`: the tail adds the instruction's cycles to one before.
    const auto held = [&](uint64_t done) OFFLOAD_INLINE {
        if (done == cycle + 1)
        {
            return;
        }
        m_heldUntil = done;
        m_heldCycles = done - cycle - 1;
        const bool hides = (d->flags & DecodedInstruction::JUMP_NEXT) != 0;
        cycle = done - 1 - (hides ? RiscvCode::HIDDEN_JUMP : 0);
    };
    const auto isOwn = [&](uint32_t address, unsigned bytes) OFFLOAD_INLINE {
        return static_cast<uint64_t>(address - own->base) + bytes <= own->size &&
               (address & (bytes - 1)) == 0;
    };
    const auto accessOwn = [&](uint32_t address) OFFLOAD_INLINE {
        if (own->banks != nullptr)
        {
            const uint64_t granted = own->banks->Access(address, cycle);
            if (__builtin_expect(granted != cycle, 0))
            {
                held(granted + 1);
            }
        }
        return own->bytes + (address - own->base);
    };
    const auto load = [&](auto type) OFFLOAD_INLINE {
        using Type = decltype(type);
        const uint32_t address = x[d->rs1] + static_cast<uint32_t>(d->immediate);
        Type value;
        if (__builtin_expect(isOwn(address, sizeof(Type)), 1))
        {
            std::memcpy(&value, accessOwn(address), sizeof(Type));
        }
        else
        {
            save();
            const Outcome outcome = Access(MemoryOperation::LOAD, address, sizeof(Type), 0, cycle);
            if (outcome.reply != MemoryReply::DONE)
            {
                return outcome.reply;
            }
            OwnSlot* slot = FindOwn(address, sizeof(Type));
            own = slot != nullptr ? slot : own;
            value = static_cast<Type>(outcome.data);
            held(outcome.done);
        }
        x[d->rd] = static_cast<uint32_t>(static_cast<int32_t>(value));
        return MemoryReply::DONE;
    };
    const auto store = [&](auto type) OFFLOAD_INLINE {
        using Type = decltype(type);
        const uint32_t address = x[d->rs1] + static_cast<uint32_t>(d->immediate);
        const auto value = static_cast<Type>(x[d->rs2]);
        if (__builtin_expect(isOwn(address, sizeof(Type)) && m_ownStores, 1))
        {
            std::memcpy(accessOwn(address), &value, sizeof(Type));
            return MemoryReply::DONE;
        }
        save();
        const Outcome outcome =
            Access(MemoryOperation::STORE, address, sizeof(Type), x[d->rs2], cycle);
        if (outcome.reply == MemoryReply::DONE)
        {
            OwnSlot* slot = FindOwn(address, sizeof(Type));
            own = slot != nullptr ? slot : own;
            held(outcome.done);
        }
        return outcome.reply;
    };
    const auto stopAccess = [&](MemoryReply reply, uint32_t cause) OFFLOAD_INLINE {
        return reply == MemoryReply::WAIT ? leave(Stop::WAIT) : raise(cause, m_faultAddress);
    };

    const auto set = [&](uint32_t value) OFFLOAD_INLINE { x[d->rd] = value; };
    for (;;)
    {
        if (__builtin_expect(cycle >= limit, 0))
        {
            return leave(Stop::LIMIT);
        }
        if constexpr (TRACED)
        {
            if (operation != Op::LINE && operation != Op::OUTSIDE)
            {
                if (!m_traced)
                {
                    m_tracer->Instruction(cycle, getPc(), *d);
                }
                m_traced = false;
            }
        }
        const uint32_t a = x[d->rs1];
        const uint32_t b = x[d->rs2];
        const auto immediate = static_cast<uint32_t>(d->immediate);
        bool taken = false;
        switch (operation)
        {
        case Op::LINE:
            if (fetch != nullptr)
            {
                // The line was asked for when the second instruction before entered decode.
                const uint64_t held = cycle <= m_heldUntil + 1 ? m_heldCycles : 0;
                const uint32_t last = getPc() + 2 * d->length - 1;
                cycle = fetch->Next(last & ~(RiscvCode::LINE_BYTES - 1), cycle, cycle - 2 - held);
            }
            operation = d->operation;
            continue;
        case Op::OUTSIDE: {
            const uint32_t pc = getPc();
            if (m_current->Contains(pc) || !FindCode(pc))
            {
                return raise(FETCH_FAULT, pc);
            }
            base = m_current->GetBase();
            code = m_current->GetInstructions();
            d = code + (pc - base) / 2;
            operation = d->entry;
            continue;
        }
        case Op::ILLEGAL:
            return raise(ILLEGAL_INSTRUCTION, d->encoding);
        case Op::CONSTANT:
            set(immediate);
            break;
        case Op::ADDI:
            set(a + immediate);
            break;
        case Op::SLTI:
            set(Signed(a) < d->immediate ? 1 : 0);
            break;
        case Op::SLTIU:
            set(a < immediate ? 1 : 0);
            break;
        case Op::XORI:
            set(a ^ immediate);
            break;
        case Op::ORI:
            set(a | immediate);
            break;
        case Op::ANDI:
            set(a & immediate);
            break;
        case Op::SLLI:
            set(a << immediate);
            break;
        case Op::SRLI:
            set(a >> immediate);
            break;
        case Op::SRAI:
            set(static_cast<uint32_t>(Signed(a) >> immediate));
            break;
        case Op::ADD:
            set(a + b);
            break;
        case Op::SUB:
            set(a - b);
            break;
        case Op::SLL:
            set(a << (b & 31));
            break;
        case Op::SLT:
            set(Signed(a) < Signed(b) ? 1 : 0);
            break;
        case Op::SLTU:
            set(a < b ? 1 : 0);
            break;
        case Op::XOR:
            set(a ^ b);
            break;
        case Op::SRL:
            set(a >> (b & 31));
            break;
        case Op::SRA:
            set(static_cast<uint32_t>(Signed(a) >> (b & 31)));
            break;
        case Op::OR:
            set(a | b);
            break;
        case Op::AND:
            set(a & b);
            break;
        case Op::MUL:
            set(a * b);
            break;
        case Op::MULH:
            set(UpperHalf(Signed(a), Signed(b)));
            break;
        case Op::MULHSU:
            set(UpperHalf(Signed(a), b));
            break;
        case Op::MULHU:
            set(UpperHalfUnsigned(a, b));
            break;
        case Op::DIV:
            cycle += DivideShiftSigned(b);
            set(Divide(a, b));
            break;
        case Op::DIVU:
            cycle += DivideShift(b);
            set(b == 0 ? ~0U : a / b);
            break;
        case Op::REM:
            cycle += DivideShiftSigned(b);
            set(Remainder(a, b));
            break;
        case Op::REMU:
            cycle += DivideShift(b);
            set(b == 0 ? a : a % b);
            break;
        case Op::LB:
            if (const MemoryReply reply = load(int8_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, LOAD_FAULT);
            }
            break;
        case Op::LH:
            if (const MemoryReply reply = load(int16_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, LOAD_FAULT);
            }
            break;
        case Op::LW:
            if (const MemoryReply reply = load(uint32_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, LOAD_FAULT);
            }
            break;
        case Op::LBU:
            if (const MemoryReply reply = load(uint8_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, LOAD_FAULT);
            }
            break;
        case Op::LHU:
            if (const MemoryReply reply = load(uint16_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, LOAD_FAULT);
            }
            break;
        case Op::SB:
            if (const MemoryReply reply = store(uint8_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, STORE_FAULT);
            }
            break;
        case Op::SH:
            if (const MemoryReply reply = store(uint16_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, STORE_FAULT);
            }
            break;
        case Op::SW:
            if (const MemoryReply reply = store(uint32_t()); reply != MemoryReply::DONE)
            {
                return stopAccess(reply, STORE_FAULT);
            }
            break;
        case Op::ATOMIC:
        case Op::EVENT_LOAD: {
            const bool event = operation == Op::EVENT_LOAD;
            const auto access =
                event ? MemoryOperation::EVENT_LOAD : static_cast<MemoryOperation>(d->immediate);
            const bool loads = event || access == MemoryOperation::LOAD_RESERVED;
            const uint32_t address = event ? a + immediate : a;
            if ((address & 3) != 0)
            {
                return raise(loads ? LOAD_MISALIGNED : STORE_MISALIGNED, address);
            }
            save();
            const Outcome outcome = AccessWord(access, address, 4, b, cycle);
            if (outcome.reply != MemoryReply::DONE)
            {
                return stopAccess(outcome.reply, loads ? LOAD_FAULT : STORE_FAULT);
            }
            held(outcome.done);
            set(outcome.data);
            break;
        }
        case Op::BEQ:
            taken = a == b;
            break;
        case Op::BNE:
            taken = a != b;
            break;
        case Op::BLT:
            taken = Signed(a) < Signed(b);
            break;
        case Op::BGE:
            taken = Signed(a) >= Signed(b);
            break;
        case Op::BLTU:
            taken = a < b;
            break;
        case Op::BGEU:
            taken = a >= b;
            break;
        case Op::JAL:
        case Op::JALR: {
            const uint32_t pc = getPc();
            const uint32_t target =
                operation == Op::JAL ? pc + 2 * immediate : (a + immediate) & ~1U;
            set(pc + 2 * d->length);
            cycle += d->cycles;
            if (!jumpFar(target, pc))
            {
                return stopFar();
            }
            continue;
        }
        case Op::FENCE: // the line is fetched again
            cycle += d->cycles;
            jump(d + d->length, getPc());
            retired--; // the hardware does not count it: it never leaves the decode stage
            continue;
        case Op::MRET:
        case Op::URET:
            if (operation == Op::MRET && !m_csr.IsMachineMode())
            {
                return raise(ILLEGAL_INSTRUCTION, d->encoding);
            }
            cycle += d->cycles;
            retired--; // as with fence
            if (!jumpFar(operation == Op::MRET ? m_csr.ReturnFromMachine() : m_csr.ReturnFromUser(),
                         getPc()))
            {
                return stopFar();
            }
            continue;
        case Op::ECALL:
            return raise(m_csr.IsMachineMode() ? MACHINE_CALL : USER_CALL, 0);
        case Op::EBREAK:
            return raise(BREAKPOINT, getPc());
        case Op::WFI:
            return leave(Stop::WAIT);
        case Op::CSR:
            if (!AccessCsr(*d, cycle, retired))
            {
                return raise(ILLEGAL_INSTRUCTION, d->encoding);
            }
            break;
        default:
            __builtin_unreachable();
        }
        if (taken)
        {
            cycle += timing.branchTaken;
            const uint32_t next = getPc() + 2 * d->length;
            if ((d->flags & DecodedInstruction::FAR) == 0)
            {
                jump(d + d->immediate, next);
            }
            else if (!jumpFar(getPc() + 2 * immediate, next))
            {
                return stopFar();
            }
            continue;
        }
        cycle += d->cycles;
        retired++;
        d += d->length;
        operation = d->entry;
    }
}

template RiscvCore::Stop RiscvCore::Loop<false>(uint64_t limit);
template RiscvCore::Stop RiscvCore::Loop<true>(uint64_t limit);

} // namespace offload
} // namespace ns3
