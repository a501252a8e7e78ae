/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The interpreter's loop. What it touches for each instruction is in local variables; members are
// brought up to date when something outside may look: before the port is asked, and on the way out.
#include "riscv-arithmetic.h"
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

/** Cycles from the request of the next line to its first instruction, when nothing stalls. */
constexpr uint64_t PREFETCH = 2;

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
    if (m_pc == RETURN_ADDRESS && m_stop == RETURN_ADDRESS)
    {
        return Stop::RETURN;
    }
    if (m_code == nullptr || !m_code->Contains(m_pc))
    {
        return Raise(FETCH_FAULT, m_pc, m_pc);
    }
    uint32_t* const x = m_registers.data();
    PrefetchBuffer* const fetch = m_fetch;
    uint64_t retired = m_instructions;
    const uint32_t base = m_code->GetBase();
    const DecodedInstruction* const code = m_code->GetInstructions();
    const DecodedInstruction* d = code + (m_pc - base) / 2;
    const CoreTiming& timing = m_code->GetTiming();
    if (m_arrival == Arrival::SET && fetch != nullptr)
    {
        cycle = fetch->Jump(m_pc, cycle);
        if ((d->flags & DecodedInstruction::CROSSES) != 0)
        {
            cycle = FetchRest(m_pc, cycle);
        }
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
    // Execution goes on at an instruction of the code, or at an address that may be anywhere; the
    // fetch stage had instructions up to `last`.
    const auto jump = [&](uint32_t from, uint32_t target, uint32_t last) OFFLOAD_INLINE {
        operation = d->operation;
        retired++;
        if (fetch != nullptr)
        {
            cycle = fetch->Jump(target, cycle, from, last);
            if (__builtin_expect(d->flags & DecodedInstruction::CROSSES, 0))
            {
                cycle = FetchRest(target, cycle);
            }
        }
    };
    const auto jumpFar = [&](uint32_t from, uint32_t target, uint32_t last) OFFLOAD_INLINE {
        if (__builtin_expect(!m_code->Contains(target), 0))
        {
            retired++;
            save();
            m_jump = m_pc;
            m_pc = target;
            m_arrival = Arrival::FETCHED;
            return false;
        }
        d = code + (target - base) / 2;
        jump(from, target, last);
        if (__builtin_expect(target == m_stop, 0))
        {
            save();
            m_arrival = Arrival::FETCHED;
            return false;
        }
        return true;
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
    // Longer instructions hide fetching as well.
    const auto takes = [&](uint64_t cycles) OFFLOAD_INLINE {
        m_heldUntil = cycle + cycles;
        m_heldCycles = cycles - 1;
    };
    const auto divide = [&](unsigned shift) OFFLOAD_INLINE {
        takes(d->cycles + shift);
        m_dividedUntil = m_heldUntil;
        cycle += shift;
    };
    // What a register points at is mostly where it pointed before.
    const auto isOwn = [&](const OwnSlot& own, uint32_t address, unsigned bytes) OFFLOAD_INLINE {
        return static_cast<uint64_t>(address - own.base) + bytes <= own.size &&
               (address & (bytes - 1)) == 0;
    };
    const auto accessOwn = [&](const OwnSlot& own, uint32_t address) OFFLOAD_INLINE {
        if (own.banks != nullptr)
        {
            cycle = m_ahead.IsFull(cycle) ? Settle(cycle) : cycle;
            const uint64_t granted = m_ahead.Access(*own.banks, address, cycle);
            if (__builtin_expect(granted != cycle, 0))
            {
                held(granted + 1);
            }
        }
        return own.bytes + (address - own.base);
    };
    const auto accessElsewhere =
        [&](MemoryOperation what, uint32_t address, uint8_t bytes, uint32_t& data) OFFLOAD_INLINE {
            save();
            m_served = m_hints[d->rs1];
            const Outcome outcome = Access(what, address, bytes, data, cycle);
            m_hints[d->rs1] = m_served;
            data = outcome.data;
            if (outcome.reply == MemoryReply::DONE)
            {
                cycle = outcome.asked;
                held(outcome.done);
            }
            return outcome.reply;
        };
    const auto load = [&](auto type) OFFLOAD_INLINE {
        using Type = decltype(type);
        const uint32_t address = x[d->rs1] + static_cast<uint32_t>(d->immediate);
        const OwnSlot& own = *m_hints[d->rs1];
        Type value;
        if (__builtin_expect(isOwn(own, address, sizeof(Type)), 1))
        {
            std::memcpy(&value, accessOwn(own, address), sizeof(Type));
        }
        else
        {
            uint32_t data = 0;
            const MemoryReply reply =
                accessElsewhere(MemoryOperation::LOAD, address, sizeof(Type), data);
            if (reply != MemoryReply::DONE)
            {
                return reply;
            }
            value = static_cast<Type>(data);
        }
        x[d->rd] = static_cast<uint32_t>(static_cast<int32_t>(value));
        return MemoryReply::DONE;
    };
    const auto store = [&](auto type) OFFLOAD_INLINE {
        using Type = decltype(type);
        const uint32_t address = x[d->rs1] + static_cast<uint32_t>(d->immediate);
        const OwnSlot& own = *m_hints[d->rs1];
        uint32_t data = x[d->rs2];
        if (__builtin_expect(isOwn(own, address, sizeof(Type)), 1))
        {
            const auto value = static_cast<Type>(data);
            std::memcpy(accessOwn(own, address), &value, sizeof(Type));
            return MemoryReply::DONE;
        }
        return accessElsewhere(MemoryOperation::STORE, address, sizeof(Type), data);
    };
    const auto stopAccess = [&](MemoryReply reply, uint32_t cause) OFFLOAD_INLINE {
        return reply == MemoryReply::WAIT ? leave(Stop::WAIT) : raise(cause, m_faultAddress);
    };
    const auto b = [&]() OFFLOAD_INLINE { return x[d->rs2]; };
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
        const auto immediate = static_cast<uint32_t>(d->immediate);
        bool taken = false;
        switch (operation)
        {
        case Op::LINE:
            if (fetch != nullptr)
            {
                // The line was asked for when the second instruction before entered decode.
                const uint64_t held = cycle <= m_heldUntil + 2 ? m_heldCycles : 0;
                const uint32_t last = getPc() + 2 * d->length - 1;
                const uint64_t ahead = PREFETCH + held;
                const uint64_t came = cycle;
                const uint32_t line = last & ~(RiscvCode::LINE_BYTES - 1);
                cycle = __builtin_expect(cycle == m_dividedUntil, 0)
                            ? FetchBehindDivision(line, cycle)
                            : fetch->Next(line, cycle, cycle < ahead ? 0 : cycle - ahead);
                m_ahead.WaitForLine(came, cycle);
            }
            operation = d->operation;
            continue;
        case Op::OUTSIDE:
            m_jump = getPc();
            return raise(FETCH_FAULT, m_jump);
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
            set(a + b());
            break;
        case Op::SUB:
            set(a - b());
            break;
        case Op::SLL:
            set(a << (b() & 31));
            break;
        case Op::SLT:
            set(Signed(a) < Signed(b()) ? 1 : 0);
            break;
        case Op::SLTU:
            set(a < b() ? 1 : 0);
            break;
        case Op::XOR:
            set(a ^ b());
            break;
        case Op::SRL:
            set(a >> (b() & 31));
            break;
        case Op::SRA:
            set(static_cast<uint32_t>(Signed(a) >> (b() & 31)));
            break;
        case Op::OR:
            set(a | b());
            break;
        case Op::AND:
            set(a & b());
            break;
        case Op::MUL:
            set(a * b());
            break;
        case Op::MULH:
            takes(d->cycles);
            set(UpperHalf(Signed(a), Signed(b())));
            break;
        case Op::MULHSU:
            takes(d->cycles);
            set(UpperHalf(Signed(a), b()));
            break;
        case Op::MULHU:
            takes(d->cycles);
            set(UpperHalfUnsigned(a, b()));
            break;
        case Op::DIV:
            divide(DivideShiftSigned(b()));
            set(Divide(a, b()));
            break;
        case Op::DIVU:
            divide(DivideShift(b()));
            set(b() == 0 ? ~0U : a / b());
            break;
        case Op::REM:
            divide(DivideShiftSigned(b()));
            set(Remainder(a, b()));
            break;
        case Op::REMU:
            divide(DivideShift(b()));
            set(b() == 0 ? a : a % b());
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
            const Outcome outcome = AccessWord(access, address, 4, b(), cycle);
            if (outcome.reply != MemoryReply::DONE)
            {
                return stopAccess(outcome.reply, loads ? LOAD_FAULT : STORE_FAULT);
            }
            cycle = outcome.asked;
            held(outcome.done);
            set(outcome.data);
            break;
        }
        case Op::BEQ:
            taken = a == b();
            break;
        case Op::BNE:
            taken = a != b();
            break;
        case Op::BLT:
            taken = Signed(a) < Signed(b());
            break;
        case Op::BGE:
            taken = Signed(a) >= Signed(b());
            break;
        case Op::BLTU:
            taken = a < b();
            break;
        case Op::BGEU:
            taken = a >= b();
            break;
        case Op::JAL:
        case Op::JALR: {
            const uint32_t pc = getPc();
            const uint32_t target =
                operation == Op::JAL ? pc + 2 * immediate : (a + immediate) & ~1U;
            set(pc + 2 * d->length);
            cycle += d->cycles;
            if (!jumpFar(pc, target, pc))
            {
                return StopOutside();
            }
            continue;
        }
        case Op::FENCE: // the line is fetched again
            cycle += d->cycles;
            {
                const uint32_t pc = getPc();
                d += d->length;
                jump(pc, pc + 4, pc);
            }
            retired--; // the hardware does not count it: it never leaves the decode stage
            continue;
        case Op::MRET:
        case Op::URET:
            if (operation == Op::MRET && !IsMachineMode())
            {
                return raise(ILLEGAL_INSTRUCTION, d->encoding);
            }
            cycle += d->cycles;
            retired--; // as with fence
            if (const uint32_t pc = getPc();
                !jumpFar(pc,
                         operation == Op::MRET ? m_csr.ReturnFromMachine() : m_csr.ReturnFromUser(),
                         pc))
            {
                return StopOutside();
            }
            continue;
        case Op::ECALL:
            return raise(IsMachineMode() ? MACHINE_CALL : USER_CALL, 0);
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
            const uint64_t executed = cycle;
            cycle += timing.branchTaken;
            const uint32_t pc = getPc();
            const uint32_t target = pc + 2 * immediate;
            const uint32_t next = pc + 2 * d->length;
            constexpr unsigned RARE = DecodedInstruction::FAR | DecodedInstruction::DIVISION_NEXT;
            if (__builtin_expect((d->flags & RARE) == 0, 1))
            {
                d += d->immediate;
                jump(pc, target, next);
                continue;
            }
            const bool divides = (d->flags & DecodedInstruction::DIVISION_NEXT) != 0;
            const uint64_t ghost = divides ? FindGhost(*d, next, executed) : 0;
            if (!jumpFar(pc, target, next))
            {
                return StopOutside();
            }
            if (ghost != 0)
            {
                cycle = RunGhost(executed + timing.branchTaken - 1 + ghost, ghost, cycle);
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
