/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-decode.h"

#include "core-port.h"

namespace ns3
{
namespace offload
{

namespace
{

using Op = RiscvOperation;

/** Major opcodes (unprivileged specification, table 24.1). */
enum Opcode : uint32_t
{
    LOAD = 0x03,
    MISC_MEM = 0x0f,
    OP_IMM = 0x13,
    AUIPC = 0x17,
    STORE = 0x23,
    AMO = 0x2f,
    OP = 0x33,
    LUI = 0x37,
    BRANCH = 0x63,
    JALR = 0x67,
    JAL = 0x6f,
    SYSTEM = 0x73,
};

/** @return bits [low, low + count) of a word */
constexpr uint32_t
Bits(uint32_t word, unsigned low, unsigned count)
{
    return (word >> low) & ((1U << count) - 1);
}

/** @return a number of so many bits, its highest one the sign */
constexpr int32_t
SignExtend(uint32_t value, unsigned bits)
{
    const uint32_t sign = 1U << (bits - 1);
    return static_cast<int32_t>((value ^ sign) - sign);
}

constexpr int32_t
ImmediateI(uint32_t e)
{
    return SignExtend(e >> 20, 12);
}

constexpr int32_t
ImmediateS(uint32_t e)
{
    return SignExtend(Bits(e, 25, 7) << 5 | Bits(e, 7, 5), 12);
}

constexpr int32_t
ImmediateB(uint32_t e)
{
    return SignExtend(Bits(e, 31, 1) << 12 | Bits(e, 7, 1) << 11 | Bits(e, 25, 6) << 5 |
                          Bits(e, 8, 4) << 1,
                      13);
}

constexpr int32_t
ImmediateJ(uint32_t e)
{
    return SignExtend(Bits(e, 31, 1) << 20 | Bits(e, 12, 8) << 12 | Bits(e, 20, 1) << 11 |
                          Bits(e, 21, 10) << 1,
                      21);
}

Op
DecodeImmediateOperation(uint32_t e, int32_t& immediate)
{
    const uint32_t upper = Bits(e, 25, 7);
    switch (Bits(e, 12, 3))
    {
    case 0:
        return Op::ADDI;
    case 2:
        return Op::SLTI;
    case 3:
        return Op::SLTIU;
    case 4:
        return Op::XORI;
    case 6:
        return Op::ORI;
    case 7:
        return Op::ANDI;
    case 1:
        immediate = static_cast<int32_t>(Bits(e, 20, 5));
        return upper == 0 ? Op::SLLI : Op::ILLEGAL;
    default:
        immediate = static_cast<int32_t>(Bits(e, 20, 5));
        return upper == 0 ? Op::SRLI : upper == 0x20 ? Op::SRAI : Op::ILLEGAL;
    }
}

Op
DecodeRegisterOperation(uint32_t e, int32_t& immediate)
{
    static constexpr Op BASE[] =
        {Op::ADD, Op::SLL, Op::SLT, Op::SLTU, Op::XOR, Op::SRL, Op::OR, Op::AND};
    static constexpr Op MULTIPLY[] =
        {Op::MUL, Op::MULH, Op::MULHSU, Op::MULHU, Op::DIV, Op::DIVU, Op::REM, Op::REMU};
    const uint32_t function = Bits(e, 12, 3);
    switch (Bits(e, 25, 7))
    {
    case 0x00:
        return BASE[function];
    case 0x01:
        return MULTIPLY[function];
    case 0x20:
        return function == 0 ? Op::SUB : function == 5 ? Op::SRA : Op::ILLEGAL;
    default:
        break;
    }
    if (Bits(e, 30, 2) == 3 && function == 3)
    {
        // p.bclr: clear Is3 + 1 bits from bit Is2 up (RI5CY riscv_alu.sv, bmask).
        const uint32_t mask = (2U << Bits(e, 25, 5)) - 1;
        immediate = static_cast<int32_t>(~(mask << Bits(e, 20, 5)));
        return Op::ANDI;
    }
    return Op::ILLEGAL;
}

Op
DecodeAtomic(uint32_t e, int32_t& immediate)
{
    if (Bits(e, 12, 3) != 2)
    {
        return Op::ILLEGAL;
    }
    MemoryOperation operation;
    switch (Bits(e, 27, 5))
    {
    case 0x00:
        operation = MemoryOperation::ATOMIC_ADD;
        break;
    case 0x01:
        operation = MemoryOperation::ATOMIC_SWAP;
        break;
    case 0x02:
        operation = MemoryOperation::LOAD_RESERVED;
        break;
    case 0x03:
        operation = MemoryOperation::STORE_CONDITIONAL;
        break;
    case 0x04:
        operation = MemoryOperation::ATOMIC_XOR;
        break;
    case 0x08:
        operation = MemoryOperation::ATOMIC_OR;
        break;
    case 0x0c:
        operation = MemoryOperation::ATOMIC_AND;
        break;
    case 0x10:
        operation = MemoryOperation::ATOMIC_MIN;
        break;
    case 0x14:
        operation = MemoryOperation::ATOMIC_MAX;
        break;
    case 0x18:
        operation = MemoryOperation::ATOMIC_MINU;
        break;
    case 0x1c:
        operation = MemoryOperation::ATOMIC_MAXU;
        break;
    default:
        return Op::ILLEGAL;
    }
    immediate = static_cast<int32_t>(operation);
    return Op::ATOMIC;
}

Op
DecodeSystem(uint32_t e)
{
    switch (e)
    {
    case 0x00000073:
        return Op::ECALL;
    case 0x00100073:
        return Op::EBREAK;
    case 0x30200073:
        return Op::MRET;
    case 0x00200073:
        return Op::URET;
    case 0x10500073:
        return Op::WFI;
    default:
        return Bits(e, 12, 2) != 0 ? Op::CSR : Op::ILLEGAL;
    }
}

} // namespace

DecodedInstruction
DecodeInstruction(uint32_t encoding, uint32_t pc)
{
    static constexpr Op BRANCHES[] =
        {Op::BEQ, Op::BNE, Op::ILLEGAL, Op::ILLEGAL, Op::BLT, Op::BGE, Op::BLTU, Op::BGEU};
    static constexpr Op LOADS[] =
        {Op::LB, Op::LH, Op::LW, Op::ILLEGAL, Op::LBU, Op::LHU, Op::EVENT_LOAD, Op::ILLEGAL};
    static constexpr Op STORES[] =
        {Op::SB, Op::SH, Op::SW, Op::ILLEGAL, Op::ILLEGAL, Op::ILLEGAL, Op::ILLEGAL, Op::ILLEGAL};
    DecodedInstruction d;
    uint32_t e = encoding;
    d.length = 2;
    if (IsCompressed(encoding))
    {
        encoding &= 0xffff;
        e = ExpandCompressed(static_cast<uint16_t>(encoding));
        d.length = 1;
        d.flags |= DecodedInstruction::COMPRESSED;
    }
    d.encoding = encoding;
    d.rd = static_cast<uint8_t>(Bits(e, 7, 5));
    d.rs1 = static_cast<uint8_t>(Bits(e, 15, 5));
    d.rs2 = static_cast<uint8_t>(Bits(e, 20, 5));
    d.immediate = ImmediateI(e);
    const uint32_t function = Bits(e, 12, 3);
    switch (Bits(e, 0, 7))
    {
    case LUI:
        d.immediate = static_cast<int32_t>(e & 0xfffff000);
        d.operation = Op::CONSTANT;
        break;
    case AUIPC:
        d.immediate = static_cast<int32_t>(pc + (e & 0xfffff000));
        d.operation = Op::CONSTANT;
        break;
    case JAL:
        d.immediate = ImmediateJ(e) / 2;
        d.operation = Op::JAL;
        break;
    case JALR:
        d.operation = function == 0 ? Op::JALR : Op::ILLEGAL;
        break;
    case BRANCH:
        d.immediate = ImmediateB(e) / 2;
        d.operation = BRANCHES[function];
        break;
    case LOAD:
        d.operation = LOADS[function];
        break;
    case STORE:
        d.immediate = ImmediateS(e);
        d.operation = STORES[function];
        break;
    case OP_IMM:
        d.operation = DecodeImmediateOperation(e, d.immediate);
        break;
    case OP:
        d.operation = DecodeRegisterOperation(e, d.immediate);
        break;
    case AMO:
        d.operation = DecodeAtomic(e, d.immediate);
        break;
    case MISC_MEM:
        d.operation = function <= 1 ? Op::FENCE : Op::ILLEGAL;
        break;
    case SYSTEM:
        d.immediate = static_cast<int32_t>(e >> 20);
        d.operation = DecodeSystem(e);
        break;
    default:
        d.operation = Op::ILLEGAL;
        break;
    }
    d.entry = d.operation;
    const bool writes = Bits(e, 0, 7) != BRANCH && Bits(e, 0, 7) != STORE;
    if (d.rd == 0 || !writes)
    {
        d.rd = DecodedInstruction::NOWHERE;
    }
    return d;
}

} // namespace offload
} // namespace ns3
