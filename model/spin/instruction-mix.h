/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INSTRUCTION_MIX_H
#define OFFLOAD_INSTRUCTION_MIX_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * How many instructions of each kind a piece of a handler executes.
 *
 * A native handler states what its operation takes on the core; the core's timing turns it into
 * cycles. Mixes add and multiply, so a loop is its body times its count.
 */
struct InstructionMix
{
    uint32_t alu{0};            //!< arithmetic, logic, shifts, moves, address computation
    uint32_t load{0};           //!< loads from the own L1 or the HPU driver's registers
    uint32_t loadUse{0};        //!< of these, how many are followed at once by a user of the value
    uint32_t store{0};          //!< stores to the own L1 or the HPU driver's registers
    uint32_t atomic{0};         //!< read-modify-write in the own L1
    uint32_t branchTaken{0};    //!< conditional branches taken
    uint32_t branchNotTaken{0}; //!< conditional branches not taken
    uint32_t jump{0};           //!< jal, jalr, ret
    uint32_t multiply{0};       //!< 32-bit multiplications (low word)
    uint32_t l2Access{0};       //!< loads and stores to L2, uncontended

    /** @return the sum of two mixes */
    constexpr InstructionMix operator+(const InstructionMix& o) const
    {
        return {alu + o.alu,
                load + o.load,
                loadUse + o.loadUse,
                store + o.store,
                atomic + o.atomic,
                branchTaken + o.branchTaken,
                branchNotTaken + o.branchNotTaken,
                jump + o.jump,
                multiply + o.multiply,
                l2Access + o.l2Access};
    }

    /** @return the mix executed n times */
    constexpr InstructionMix operator*(uint32_t n) const
    {
        return {alu * n,
                load * n,
                loadUse * n,
                store * n,
                atomic * n,
                branchTaken * n,
                branchNotTaken * n,
                jump * n,
                multiply * n,
                l2Access * n};
    }

    /** @return number of instructions */
    constexpr uint32_t Count() const
    {
        return alu + load + store + atomic + branchTaken + branchNotTaken + jump + multiply +
               l2Access;
    }
};

/**
 * Cycles per instruction of the HPU's core, RI5CY.
 *
 * The defaults are measured on the released hardware description (pspin.md, "Core"), multiply and
 * the like come from the core's manual (RI5CY user manual, table "Cycle counts per instruction
 * type").
 */
struct CoreTiming
{
    uint32_t loadUse{1};        //!< stall when the next instruction uses the loaded value
    uint32_t branchTaken{3};    //!< a taken conditional branch
    uint32_t branchNotTaken{1}; //!< one that falls through
    uint32_t jump{2};           //!< jal, jalr, ret
    uint32_t multiply{1};       //!< mul; single cycle in RI5CY
    uint32_t l2Access{21};      //!< blocking, uncontended

    // What native handlers do not count; cycles follow from the released description of the core
    // (PsPIN hw/deps/riscv), each until the next instruction leaves the decode stage.
    uint32_t jumpRegister{1};   //!< jalr's stall for a register that the instruction before writes
                                //!< (riscv_controller.sv jr_stall_o)
    uint32_t multiplyHigh{5};   //!< mulh, mulhsu, mulhu (riscv_mult.sv: IDLE, STEP0-2, FINISH)
    uint32_t divide{3};         //!< div, rem, and one for each leading zero of the divisor
                                //!< (riscv_alu_div.sv: IDLE, shift + 1 times DIVIDE, FINISH)
    uint32_t statusRegister{4}; //!< mstatus, ustatus, uepc; others 1 (riscv_controller.sv
                                //!< csr_status_i: DECODE, FLUSH_EX, FLUSH_WB, fetch)
    uint32_t fence{4};          //!< fence, fence.i (riscv_controller.sv fencei_insn_i, PC_FENCEI)
    uint32_t trap{4};           //!< trapped instruction to the handler's first (FLUSH_EX, FLUSH_WB)
    uint32_t trapReturn{5};     //!< mret, uret (FLUSH_EX, FLUSH_WB, XRET_JUMP)
    uint32_t eventLoad{4};      //!< p.elw when the event is there (ELW_EXE, IRQ_FLUSH_ELW)

    /**
     * @param o another core's
     * @return whether all is the same
     */
    constexpr bool operator==(const CoreTiming& o) const
    {
        return loadUse == o.loadUse && branchTaken == o.branchTaken &&
               branchNotTaken == o.branchNotTaken && jump == o.jump && multiply == o.multiply &&
               l2Access == o.l2Access && jumpRegister == o.jumpRegister &&
               multiplyHigh == o.multiplyHigh && divide == o.divide &&
               statusRegister == o.statusRegister && fence == o.fence && trap == o.trap &&
               trapReturn == o.trapReturn && eventLoad == o.eventLoad;
    }

    /**
     * @param mix instructions
     * @return the cycles that they take
     */
    constexpr uint32_t Cycles(const InstructionMix& mix) const
    {
        return mix.alu + mix.load + mix.loadUse * loadUse + mix.store + mix.atomic +
               mix.branchTaken * branchTaken + mix.branchNotTaken * branchNotTaken +
               mix.jump * jump + mix.multiply * multiply + mix.l2Access * l2Access;
    }
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INSTRUCTION_MIX_H */
