/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_CORE_H
#define OFFLOAD_RISCV_CORE_H

#include "ahead-accesses.h"
#include "core-port.h"
#include "l1-banks.h"
#include "prefetch-buffer.h"
#include "riscv-code.h"
#include "riscv-csr.h"

#include <array>
#include <memory>

namespace ns3
{
namespace offload
{

/** Memory that is the core's own for the moment: no need to ask the port. */
struct OwnMemory
{
    uint32_t base; //!< address as the core sees it
    uint32_t size; //!< bytes; 0: none
    uint8_t* bytes;
};

/** An exception. */
struct Trap
{
    uint32_t cause; //!< as mcause has it
    uint32_t pc;    //!< of the instruction
    uint32_t value; //!< address of a fault, encoding of an illegal instruction
};

/** Sees each instruction that a core executes. */
class InstructionTracer
{
  public:
    virtual ~InstructionTracer() = default;

    /**
     * @param cycle in which the instruction leaves the decode stage
     * @param pc its address
     * @param instruction what it is
     */
    virtual void Instruction(uint64_t cycle,
                             uint32_t pc,
                             const DecodedInstruction& instruction) = 0;
};

/**
 * A RISC-V core, RV32IMAC_Zicsr, that executes decoded code with the timing of RI5CY's pipeline.
 *
 * Time is the cycle in which an instruction leaves the decode stage. What instructions cost is in
 * CoreTiming and RiscvCode; the core adds what depends on operands, memory and fetch. Not modelled:
 * interrupts (PsPIN has none) and a store to code.
 */
class RiscvCore
{
  public:
    /** Why Run came back. */
    enum class Stop
    {
        LIMIT,  //!< the next instruction executes at the limit or later
        WAIT,   //!< the port said so, or wfi, which nothing ends: the instruction is the next
        TRAP,   //!< see GetTrap; the pc is the instruction's
        RETURN, //!< a jump to the address of SetStop; the target is the next
    };

    /// In no memory, and not where an error code taken for a pointer leads
    static constexpr uint32_t RETURN_ADDRESS = 0xeffffffe;
    static constexpr uint32_t NO_STOP = 1;   //!< where no jump leads: addresses are even
    static constexpr unsigned OWN_SLOTS = 4; //!< pieces of own memory

    /** mcause of what this core raises (riscv_defines.sv EXC_CAUSE_*, privileged spec). */
    enum Cause : uint32_t
    {
        FETCH_FAULT = 1,
        ILLEGAL_INSTRUCTION = 2,
        BREAKPOINT = 3,
        LOAD_MISALIGNED = 4,
        LOAD_FAULT = 5,
        STORE_MISALIGNED = 6,
        STORE_FAULT = 7,
        USER_CALL = 8,
        MACHINE_CALL = 11,
    };

    /**
     * @param port where loads and stores go that own memory does not serve
     * @param hartId what mhartid reads: cluster · 32 + core
     */
    RiscvCore(CorePort& port, uint32_t hartId);

    RiscvCore(const RiscvCore&) = delete;
    RiscvCore& operator=(const RiscvCore&) = delete;

    /** @param fetch of this core; null: instructions are always there */
    void SetFetch(PrefetchBuffer* fetch);

    /** @param code all there is, from now on */
    void SetCode(std::shared_ptr<const RiscvCode> code);

    /**
     * @param slot below OWN_SLOTS
     * @param memory replaces the slot's; overlaps no other slot
     * @param banks that the memory lies in; null: each access takes one cycle
     */
    void SetOwnMemory(unsigned slot, const OwnMemory& memory, L1Banks* banks);

    /** @param tracer null: none */
    void SetTracer(InstructionTracer* tracer)
    {
        m_tracer = tracer;
    }

    /**
     * @param address of an instruction, RETURN_ADDRESS (as after the core was made) or NO_STOP; a
     * jump there stops the core, with Stop::RETURN
     */
    void SetStop(uint32_t address)
    {
        m_stop = address;
    }

    /** What code sees of the core, to come back to. */
    struct State
    {
        std::array<uint32_t, 33> registers; //!< as in the core
        RiscvCsr csr;                       //!< mode included
        uint32_t pc;                        //!< of the next instruction
    };

    /** @return the core as it is */
    State GetState() const
    {
        return {m_registers, m_csr, m_pc};
    }

    /** @param state from GetState; time goes on */
    void SetState(const State& state);

    /** To user mode, as after mret. */
    void SetUserMode()
    {
        m_csr.SetUserMode();
    }

    /** To machine mode, all registers 0. @param pc of the next instruction */
    void Reset(uint32_t pc);

    /**
     * Execute instructions.
     *
     * @param limit no instruction executes in this cycle or later
     * @return why it stopped
     */
    Stop Run(uint64_t limit);

    /** @return cycle in which the next instruction executes */
    uint64_t GetCycle() const
    {
        return m_cycle;
    }

    /** @param cycle in which the next instruction executes */
    void SetCycle(uint64_t cycle)
    {
        m_cycle = cycle;
    }

    /** @return accesses to own memory since it began anew */
    AheadAccesses& GetAhead()
    {
        return m_ahead;
    }

    /**
     * Let the unit's clock come up with the core; its accesses to own memory begin anew.
     * @param cycle in which it is, as far as it knows
     * @return cycle in which it is, all known
     */
    uint64_t Settle(uint64_t cycle);

    /** @return instructions retired since construction */
    uint64_t GetInstructions() const
    {
        return m_instructions;
    }

    /** @param index of a register @return what it holds */
    uint32_t GetRegister(unsigned index) const
    {
        return m_registers[index];
    }

    /** @param index of a register @param value what it holds from now on, unless it is x0 */
    void SetRegister(unsigned index, uint32_t value)
    {
        m_registers[index == 0 ? DecodedInstruction::NOWHERE : index] = value;
    }

    /** @return address of the next instruction */
    uint32_t GetPc() const
    {
        return m_pc;
    }

    /** @param pc of the next instruction; it is fetched as after a jump */
    void SetPc(uint32_t pc);

    /** @return why Run stopped with TRAP */
    const Trap& GetTrap() const
    {
        return m_trap;
    }

    /** @return where the core left its code: address of the jump, or of the end; for messages */
    uint32_t GetJump() const
    {
        return m_jump;
    }

    /** Take the trap as the hardware does: machine mode, mepc, mcause, on at mtvec. */
    void EnterTrap();

    /** @return whether the core is in machine mode */
    bool IsMachineMode() const
    {
        return m_csr.IsMachineMode();
    }

  private:
    /** Own memory and where it lies. */
    struct OwnSlot
    {
        uint32_t base{0};
        uint32_t size{0};
        uint8_t* bytes{nullptr};
        L1Banks* banks{nullptr};
    };

    /** How the next instruction is come to. */
    enum class Arrival : uint8_t
    {
        NEXT,    //!< from the one before
        FETCHED, //!< its line is there; it was held up
        SET,     //!< the pc was set from outside
    };

    /** What came of an access on the slow path. */
    struct Outcome
    {
        MemoryReply reply;
        uint32_t data;  //!< loaded, zero-extended
        uint64_t asked; //!< cycle in which it asked
        uint64_t done;  //!< cycle in which the next instruction executes
    };

    template <bool TRACED>
    Stop Loop(uint64_t limit);

    /** The rest of an instruction that is jumped to is in a second line. */
    uint64_t FetchRest(uint32_t pc, uint64_t cycle);

    /** The line behind a division, which ends in `cycle`. */
    uint64_t FetchBehindDivision(uint32_t line, uint64_t cycle);

    /** @return cycles of the division behind a branch if it is in the decode stage, or 0 */
    uint64_t FindGhost(const DecodedInstruction& branch, uint32_t next, uint64_t cycle);

    /** @return cycle in which the instruction executes that arrives in `arrives` */
    uint64_t RunGhost(uint64_t end, uint64_t division, uint64_t arrives);

    /** An access that own memory does not serve at once: to the port, or misaligned. */
    Outcome Access(MemoryOperation operation,
                   uint32_t address,
                   uint8_t bytes,
                   uint32_t data,
                   uint64_t cycle);
    Outcome AccessWord(MemoryOperation operation,
                       uint32_t address,
                       uint8_t bytes,
                       uint32_t data,
                       uint64_t cycle);
    bool AccessCsr(const DecodedInstruction& instruction, uint64_t cycle, uint64_t instructions);
    OwnSlot* FindOwn(uint32_t address, uint32_t bytes);
    Stop Raise(uint32_t cause, uint32_t pc, uint32_t value);

    /** The pc is in no code: a return, or a fault. */
    Stop StopOutside();

    CorePort& m_port;                        //!< memory beyond the own
    RiscvCsr m_csr;                          //!< control and status registers
    PrefetchBuffer* m_fetch{nullptr};        //!< may be null
    InstructionTracer* m_tracer{nullptr};    //!< may be null
    std::shared_ptr<const RiscvCode> m_code; //!< may be null
    std::array<OwnSlot, OWN_SLOTS> m_own;    //!< own memory
    AheadAccesses m_ahead;                   //!< accesses to it
    OwnSlot* m_served{nullptr};              //!< that served an access last
    std::array<OwnSlot*, 32> m_hints{};      //!< slot that served a base register
    Arrival m_arrival{Arrival::SET};         //!< at the next instruction
    bool m_traced{false};                    //!< the next instruction was shown
    uint32_t m_jump{0};                      //!< see GetJump
    uint32_t m_stop{RETURN_ADDRESS};         //!< see SetStop
    uint32_t m_pc{0};                        //!< of the next instruction
    uint64_t m_cycle{0};                     //!< in which it executes
    uint64_t m_instructions{0};              //!< retired
    Trap m_trap{0, 0, 0};                    //!< last one
    uint32_t m_faultAddress{0};              //!< of an access that failed
    uint64_t m_heldUntil{0};                 //!< cycle after an instruction that was held up
    uint64_t m_heldCycles{0};                //!< for how long
    uint64_t m_dividedUntil{0};              //!< cycle after a division
    std::array<uint32_t, 33> m_registers{};  //!< x0 … x31, and what is written to x0
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_CORE_H */
