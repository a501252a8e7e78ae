/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_INSTRUCTION_H
#define OFFLOAD_RISCV_INSTRUCTION_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** What the core does; compressed forms and aliases are gone. */
enum class RiscvOperation : uint8_t
{
    LINE,     //!< pseudo: the instruction begins or ends in the next line of the instruction cache
    OUTSIDE,  //!< pseudo: no code here
    ILLEGAL,  //!< not an instruction of this core
    CONSTANT, //!< lui, auipc: the register becomes the immediate
    JAL,
    JALR,
    BEQ,
    BNE,
    BLT,
    BGE,
    BLTU,
    BGEU,
    LB,
    LH,
    LW,
    LBU,
    LHU,
    SB,
    SH,
    SW,
    ADDI,
    SLTI,
    SLTIU,
    XORI,
    ORI,
    ANDI, //!< and p.bclr with constant bounds
    SLLI,
    SRLI,
    SRAI,
    ADD,
    SUB,
    SLL,
    SLT,
    SLTU,
    XOR,
    SRL,
    SRA,
    OR,
    AND,
    MUL,
    MULH,
    MULHSU,
    MULHU,
    DIV,
    DIVU,
    REM,
    REMU,
    ATOMIC,     //!< lr.w, sc.w, amo*.w: the immediate is the MemoryOperation
    EVENT_LOAD, //!< p.elw
    FENCE,      //!< fence, fence.i
    ECALL,
    EBREAK,
    MRET,
    URET,
    WFI,
    CSR, //!< csrrw and its like: the immediate is the register's number
};

/** One decoded instruction; 16 bytes, one for each halfword of code. */
struct DecodedInstruction
{
    /** The length of an instruction, in halfwords; an index of the array of a RiscvCode. */
    using Halfwords = uint8_t;

    // Flags.
    static constexpr uint8_t FAR = 1;        //!< a branch or jump to outside of this code
    static constexpr uint8_t CROSSES = 2;    //!< in two lines of the instruction cache
    static constexpr uint8_t JUMP_NEXT = 4;  //!< a jump follows that does not wait for the result
    static constexpr uint8_t COMPRESSED = 8; //!< two bytes, not four
    static constexpr uint8_t DIVISION_NEXT = 16; //!< a branch, and a division follows

    static constexpr uint8_t NOWHERE = 32; //!< destination register: x0, written and never read

    RiscvOperation entry{RiscvOperation::ILLEGAL};     //!< when reached from the one before
    RiscvOperation operation{RiscvOperation::ILLEGAL}; //!< when jumped to
    uint8_t rd{NOWHERE};                               //!< destination register
    uint8_t rs1{0};                                    //!< first source register
    uint8_t rs2{0};                                    //!< second source register
    Halfwords length{1};                               //!< to the next instruction
    uint8_t cycles{1}; //!< until the next instruction executes, when nothing stalls; stalls that
                       //!< the instructions after it cause are counted in
    uint8_t flags{0};
    int32_t immediate{0}; //!< constant; for branches and jal, halfwords from here to the target
    uint32_t encoding{0}; //!< as in memory; the upper half is zero when it is compressed
};

static_assert(sizeof(DecodedInstruction) == 16, "an instruction is a quarter of a cache line");

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_INSTRUCTION_H */
