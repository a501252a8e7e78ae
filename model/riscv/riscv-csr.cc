/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-csr.h"

namespace ns3
{
namespace offload
{

namespace
{

/** Register numbers (riscv_defines.sv csr_num_e). */
enum Number : uint32_t
{
    USTATUS = 0x000,
    UTVEC = 0x005,
    UHARTID = 0x014,
    UEPC = 0x041,
    UCAUSE = 0x042,
    MSTATUS = 0x300,
    MISA = 0x301,
    MIE = 0x304,
    MTVEC = 0x305,
    MCOUNTEREN = 0x306,
    MCOUNTINHIBIT = 0x320,
    MHPMEVENT3 = 0x323,
    MHPMEVENT31 = 0x33f,
    MSCRATCH = 0x340,
    MEPC = 0x341,
    MCAUSE = 0x342,
    MTVAL = 0x343,
    MIP = 0x344,
    PMPCFG0 = 0x3a0,
    PMPADDR0 = 0x3b0,
    LOOP0 = 0x7c0,
    MIE1 = 0x7d0,
    MIP1 = 0x7d2,
    MCYCLE = 0xb00,
    MCYCLEH = 0xb80,
    PRIVLV = 0xc10,
    MVENDORID = 0xf11,
    MHARTID = 0xf14,
};

// mstatus.
constexpr uint32_t UIE = 1U << 0;
constexpr uint32_t MIE_BIT = 1U << 3;
constexpr uint32_t UPIE = 1U << 4;
constexpr uint32_t MPIE = 1U << 7;
constexpr unsigned MPP_SHIFT = 11;
constexpr uint32_t MPP = 3U << MPP_SHIFT;
constexpr uint32_t MPRV = 1U << 17;
constexpr uint32_t STATUS = UIE | MIE_BIT | UPIE | MPIE | MPP | MPRV; //!< bits that exist

// mtvec has its address in bits 31 to 8, and mode direct or vectored in bit 0.
constexpr uint32_t VECTOR_BASE = 0xffffff00;
constexpr uint32_t VECTOR = VECTOR_BASE | 1;
constexpr uint32_t CAUSE = 1U << 31 | 0x3f; //!< bits that exist of mcause
constexpr uint32_t INTERRUPTS = 0xffff0000 | 1 << 11 | 1 << 7 | 1 << 3; //!< and of mie

/** Where mcountinhibit stops mcycle, minstret and mhpmcounter3. */
constexpr unsigned INHIBIT_BIT[] = {0, 2, 3};

/** A, C, I, M, U, X, 32 bits. */
constexpr uint32_t ISA = 1U << 30 | 1 << 23 | 1 << 20 | 1 << 12 | 1 << 8 | 1 << 2 | 1 << 0;

constexpr bool
IsIn(uint32_t number, uint32_t first, uint32_t last)
{
    return number >= first && number <= last;
}

/** mcycle, minstret, mhpmcounter3…31 or their upper halves; there is no number 1. */
constexpr bool
IsCounter(uint32_t number)
{
    return (IsIn(number, MCYCLE, MCYCLE + 31) || IsIn(number, MCYCLEH, MCYCLEH + 31)) &&
           (number & 31) != 1;
}

constexpr bool
IsLoop(uint32_t number)
{
    return IsIn(number, LOOP0, LOOP0 + 2) || IsIn(number, LOOP0 + 4, LOOP0 + 6);
}

} // namespace

RiscvCsr::RiscvCsr(uint32_t hartId)
    : m_hartId(hartId)
{
    Reset();
}

void
RiscvCsr::Reset()
{
    m_privilege = MACHINE;
    m_status = MPP;
    m_trapVector = m_userVector = 1; // mode: vectored (MTVEC_MODE)
    m_scratch = m_exceptionPc = m_cause = 0;
    m_interruptEnable = m_interruptEnable1 = 0;
    m_userPc = m_userCause = m_event = 0;
    m_count = {};
    m_loop = {};
    m_pmpConfig = {};
    m_pmpAddress = {};
}

bool
RiscvCsr::IsLegal(uint32_t number, bool writes) const
{
    if ((number >> 8 & 3) > m_privilege)
    {
        return false;
    }
    if (IsIn(number, MVENDORID, MHARTID))
    {
        return !writes;
    }
    switch (number)
    {
    case USTATUS:
    case UTVEC:
    case UHARTID:
    case UEPC:
    case UCAUSE:
    case MSTATUS:
    case MISA:
    case MIE:
    case MTVEC:
    case MCOUNTEREN:
    case MCOUNTINHIBIT:
    case MSCRATCH:
    case MEPC:
    case MCAUSE:
    case MTVAL:
    case MIP:
    case MIE1:
    case MIP1:
    case PRIVLV:
        return true;
    default:
        return IsCounter(number) || IsIn(number, MHPMEVENT3, MHPMEVENT31) || IsLoop(number) ||
               IsIn(number, PMPCFG0, PMPCFG0 + 3) || IsIn(number, PMPADDR0, PMPADDR0 + 15);
    }
}

uint32_t*
RiscvCsr::Find(uint32_t number)
{
    switch (number)
    {
    case MSCRATCH:
        return &m_scratch;
    case UEPC:
        return &m_userPc;
    case MIE1:
        return &m_interruptEnable1;
    default:
        break;
    }
    if (IsLoop(number))
    {
        return &m_loop[number - LOOP0 - (number > LOOP0 + 2 ? 1 : 0)];
    }
    if (IsIn(number, PMPCFG0, PMPCFG0 + 3))
    {
        return &m_pmpConfig[number - PMPCFG0];
    }
    if (IsIn(number, PMPADDR0, PMPADDR0 + 15))
    {
        return &m_pmpAddress[number - PMPADDR0];
    }
    return nullptr;
}

uint64_t
RiscvCsr::GetSource(uint32_t counter, const Now& now) const
{
    switch (counter)
    {
    case 0:
        return now.cycle;
    case 1:
        return now.instructions;
    default: // cycles win, as they would in an or of both events
        return (m_event & 1) != 0 ? now.cycle : (m_event & 2) != 0 ? now.instructions : 0;
    }
}

uint64_t
RiscvCsr::GetCount(uint32_t counter, const Now& now) const
{
    const Counter& c = m_count[counter];
    return c.held + (c.counts ? GetSource(counter, now) - c.since : 0);
}

void
RiscvCsr::SetCount(uint32_t counter, uint64_t value, const Now& now)
{
    m_count[counter].held = value;
    m_count[counter].since = GetSource(counter, now);
}

uint32_t
RiscvCsr::Read(uint32_t number, const Now& now) const
{
    if (IsCounter(number))
    {
        const uint32_t index = number & 31;
        if (index > COUNTERS)
        {
            return 0; // not there (NUM_MHPMCOUNTERS = 1)
        }
        const uint64_t count = GetCount(index == 0 ? 0 : index - 1, now);
        return static_cast<uint32_t>(number >= MCYCLEH ? count >> 32 : count);
    }
    switch (number)
    {
    case MSTATUS:
        return m_status;
    case USTATUS:
        return m_status & (UIE | UPIE);
    case UTVEC:
        return m_userVector;
    case UCAUSE:
        return m_userCause;
    case UHARTID:
    case MHARTID:
        return m_hartId;
    case MISA:
        return ISA;
    case MIE:
        return m_interruptEnable;
    case MTVEC:
        return m_trapVector;
    case MEPC:
        return m_exceptionPc;
    case MCAUSE:
        return m_cause;
    case MHPMEVENT3:
        return m_event;
    case MCOUNTINHIBIT: {
        uint32_t inhibit = 0xffffffff; // those that are not there read 1
        for (uint32_t i = 0; i < COUNTERS; i++)
        {
            inhibit &= m_count[i].counts ? ~(1U << INHIBIT_BIT[i]) : 0xffffffff;
        }
        return inhibit;
    }
    case PRIVLV:
        return m_privilege;
    default: {
        const uint32_t* plain = const_cast<RiscvCsr*>(this)->Find(number);
        return plain != nullptr ? *plain : 0;
    }
    }
}

void
RiscvCsr::Write(uint32_t number, uint32_t value, const Now& now)
{
    if (IsCounter(number))
    {
        const uint32_t index = number & 31;
        if (index <= COUNTERS)
        {
            const uint32_t counter = index == 0 ? 0 : index - 1;
            const uint64_t old = GetCount(counter, now);
            const uint64_t lower = number >= MCYCLEH ? old & 0xffffffff : value;
            const uint64_t upper = number >= MCYCLEH ? value : old >> 32;
            SetCount(counter, upper << 32 | lower, now);
        }
        return;
    }
    switch (number)
    {
    case MSTATUS:
        m_status = value & STATUS;
        break;
    case USTATUS:
        m_status = (m_status & ~(UIE | UPIE)) | (value & (UIE | UPIE));
        break;
    case MTVEC:
        m_trapVector = value & VECTOR;
        break;
    case UTVEC:
        m_userVector = value & VECTOR;
        break;
    case MEPC:
        m_exceptionPc = value & ~1U;
        break;
    case MCAUSE:
        m_cause = value & CAUSE;
        break;
    case UCAUSE:
        m_userCause = value & CAUSE;
        break;
    case MIE:
        m_interruptEnable = value & INTERRUPTS;
        break;
    case MCOUNTINHIBIT: {
        for (uint32_t i = 0; i < COUNTERS; i++)
        {
            SetCount(i, GetCount(i, now), now);
            m_count[i].counts = (value >> INHIBIT_BIT[i] & 1) == 0;
        }
        break;
    }
    case MHPMEVENT3: {
        const uint64_t count = GetCount(2, now);
        m_event = value & 0xffff;
        SetCount(2, count, now);
        break;
    }
    default:
        if (uint32_t* plain = Find(number))
        {
            *plain = value;
        }
        break; // the others ignore it
    }
}

bool
RiscvCsr::Access(uint32_t number,
                 uint32_t function,
                 bool writes,
                 uint32_t operand,
                 const Now& now,
                 uint32_t& value)
{
    if (!IsLegal(number, writes))
    {
        return false;
    }
    value = Read(number, now);
    if (writes)
    {
        const uint32_t operation = function & 3;
        Write(number,
              operation == 1   ? operand
              : operation == 2 ? value | operand
                               : value & ~operand,
              now);
    }
    return true;
}

uint32_t
RiscvCsr::EnterTrap(uint32_t cause, uint32_t pc)
{
    const bool enabled = (m_status & (m_privilege == MACHINE ? MIE_BIT : UIE)) != 0;
    m_status &= ~(MPIE | MIE_BIT | MPP);
    m_status |= (enabled ? MPIE : 0) | m_privilege << MPP_SHIFT;
    m_privilege = MACHINE;
    m_exceptionPc = pc;
    m_cause = cause & CAUSE;
    return m_trapVector & VECTOR_BASE; // exceptions are not vectored (riscv_if_stage.sv)
}

uint32_t
RiscvCsr::ReturnFromMachine()
{
    const uint32_t previous = (m_status & MPP) >> MPP_SHIFT;
    if (previous == USER || previous == MACHINE) // RI5CY does nothing for the other two
    {
        const uint32_t enable = previous == MACHINE ? MIE_BIT : UIE;
        m_status &= ~enable;
        m_status |= (m_status & MPIE) != 0 ? enable : 0;
        m_status |= MPIE;
        m_status &= ~MPP;
        m_privilege = previous;
    }
    return m_exceptionPc;
}

uint32_t
RiscvCsr::ReturnFromUser()
{
    m_status &= ~UIE;
    m_status |= (m_status & UPIE) != 0 ? UIE : 0;
    m_status |= UPIE;
    m_privilege = USER;
    return m_userPc & ~1U;
}

} // namespace offload
} // namespace ns3
