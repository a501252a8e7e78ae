/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_CSR_H
#define OFFLOAD_RISCV_CSR_H

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The control and status registers of one core, its privilege mode, and what traps and returns do
 * to both (RI5CY riscv_cs_registers.sv with PULP_SECURE and 16 PMP entries).
 *
 * Not modelled: the debug registers (illegal outside of debug mode, which does not exist here),
 * interrupts (PsPIN ties them to 0, core_region.sv), what the PMP entries forbid (they are stored;
 * the data port decides), and of the events of the one programmable counter all but cycles and
 * instructions.
 */
class RiscvCsr
{
  public:
    /** @param hartId what mhartid reads: cluster · 32 + core */
    explicit RiscvCsr(uint32_t hartId);

    /** As after a reset: machine mode. */
    void Reset();

    /** What counters count, at the instruction that looks. */
    struct Now
    {
        uint64_t cycle;
        uint64_t instructions;
    };

    /**
     * Execute csrrw, csrrs or csrrc.
     *
     * @param number of the register
     * @param function bits 14 to 12 of the instruction; the lower two count
     * @param writes false for a set or clear with x0, or with 0
     * @param operand what is written, set or cleared
     * @param now for the counters
     * @param value what the register held before
     * @return false when the access is illegal
     */
    bool Access(uint32_t number,
                uint32_t function,
                bool writes,
                uint32_t operand,
                const Now& now,
                uint32_t& value);

    /** @return whether the core is in machine mode (else: user mode) */
    bool IsMachineMode() const
    {
        return m_privilege == MACHINE;
    }

    /** To user mode without a return. */
    void SetUserMode()
    {
        m_privilege = USER;
    }

    /**
     * An exception: to machine mode.
     *
     * @param cause mcause
     * @param pc mepc
     * @return where the handler is
     */
    uint32_t EnterTrap(uint32_t cause, uint32_t pc);

    /** mret, which is illegal in user mode. @return where execution goes on */
    uint32_t ReturnFromMachine();

    /** uret. @return where execution goes on */
    uint32_t ReturnFromUser();

  private:
    static constexpr uint32_t USER = 0;    //!< privilege mode
    static constexpr uint32_t MACHINE = 3; //!< privilege mode

    /** One 64-bit counter: what it held when it began to count or was written. */
    struct Counter
    {
        uint64_t held{0};   //!< value at `since`
        uint64_t since{0};  //!< of what it counts
        bool counts{false}; //!< not inhibited
    };

    /** The programmable counter is the last one. */
    static constexpr uint32_t COUNTERS = 3;

    bool IsLegal(uint32_t number, bool writes) const;
    uint32_t Read(uint32_t number, const Now& now) const;
    void Write(uint32_t number, uint32_t value, const Now& now);
    uint32_t* Find(uint32_t number);

    /** @return what a counter counts */
    uint64_t GetSource(uint32_t counter, const Now& now) const;
    uint64_t GetCount(uint32_t counter, const Now& now) const;
    void SetCount(uint32_t counter, uint64_t value, const Now& now);

    uint32_t m_hartId;                     //!< mhartid
    uint32_t m_privilege{MACHINE};         //!< mode
    uint32_t m_status{0};                  //!< mstatus
    uint32_t m_trapVector{0};              //!< mtvec
    uint32_t m_scratch{0};                 //!< mscratch
    uint32_t m_exceptionPc{0};             //!< mepc
    uint32_t m_cause{0};                   //!< mcause
    uint32_t m_interruptEnable{0};         //!< mie
    uint32_t m_interruptEnable1{0};        //!< PULP's second mie
    uint32_t m_userVector{0};              //!< utvec
    uint32_t m_userPc{0};                  //!< uepc
    uint32_t m_userCause{0};               //!< ucause
    uint32_t m_event{0};                   //!< mhpmevent3
    std::array<Counter, COUNTERS> m_count; //!< mcycle, minstret, mhpmcounter3
    std::array<uint32_t, 6> m_loop{};      //!< the hardware loops' registers
    std::array<uint32_t, 4> m_pmpConfig{};
    std::array<uint32_t, 16> m_pmpAddress{};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_CSR_H */
