/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-decode.h"

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t ILLEGAL = 0; //!< no instruction has this encoding

/** A compressed instruction and its fields. */
struct Compressed
{
    uint32_t c; //!< 16 bits

    /** @return bits [low, low + count) */
    constexpr uint32_t Bits(unsigned low, unsigned count) const
    {
        return (c >> low) & ((1U << count) - 1);
    }

    /** @return the register at a bit, of x8 to x15 */
    constexpr uint32_t Small(unsigned low) const
    {
        return 8 + Bits(low, 3);
    }

    /** @return the six-bit immediate with sign, as 12 bits */
    constexpr uint32_t Immediate6() const
    {
        return (Bits(12, 1) != 0 ? 0xfe0U : 0U) | Bits(2, 5);
    }

    /** @return of c.lw and c.sw */
    constexpr uint32_t OffsetWord() const
    {
        return Bits(5, 1) << 6 | Bits(10, 3) << 3 | Bits(6, 1) << 2;
    }
};

constexpr uint32_t
TypeI(uint32_t immediate, uint32_t rs1, uint32_t function, uint32_t rd, uint32_t opcode)
{
    return (immediate & 0xfff) << 20 | rs1 << 15 | function << 12 | rd << 7 | opcode;
}

constexpr uint32_t
TypeS(uint32_t immediate, uint32_t rs2, uint32_t rs1)
{
    return (immediate >> 5) << 25 | rs2 << 20 | rs1 << 15 | 2U << 12 | (immediate & 31) << 7 | 0x23;
}

constexpr uint32_t
TypeR(uint32_t upper, uint32_t rs2, uint32_t rs1, uint32_t function, uint32_t rd)
{
    return upper << 25 | rs2 << 20 | rs1 << 15 | function << 12 | rd << 7 | 0x33;
}

/** c.j, c.jal: the offset as jal wants it. */
constexpr uint32_t
Jump(Compressed i, uint32_t rd)
{
    const uint32_t sign = i.Bits(12, 1);
    const uint32_t offset = i.Bits(8, 1) << 10 | i.Bits(9, 2) << 8 | i.Bits(6, 1) << 7 |
                            i.Bits(7, 1) << 6 | i.Bits(2, 1) << 5 | i.Bits(11, 1) << 4 |
                            i.Bits(3, 3) << 1;
    return sign << 31 | (offset >> 1) << 21 | sign << 20 | (sign * 0xffU) << 12 | rd << 7 | 0x6f;
}

/** c.beqz, c.bnez: the offset as a branch wants it. */
constexpr uint32_t
Branch(Compressed i, uint32_t function)
{
    const uint32_t sign = i.Bits(12, 1);
    const uint32_t low = i.Bits(10, 2) << 2 | i.Bits(3, 2);                 // offset bits 4 to 1
    const uint32_t high = sign * 7 << 3 | i.Bits(5, 2) << 1 | i.Bits(2, 1); // bits 10 to 5
    return sign << 31 | high << 25 | i.Small(7) << 15 | function << 12 | low << 8 | sign << 7 |
           0x63;
}

uint32_t
Quadrant0(Compressed i)
{
    switch (i.Bits(13, 3))
    {
    case 0: { // c.addi4spn
        const uint32_t offset =
            i.Bits(7, 4) << 6 | i.Bits(11, 2) << 4 | i.Bits(5, 1) << 3 | i.Bits(6, 1) << 2;
        return offset == 0 ? ILLEGAL : TypeI(offset, 2, 0, i.Small(2), 0x13);
    }
    case 2: // c.lw
        return TypeI(i.OffsetWord(), i.Small(7), 2, i.Small(2), 0x03);
    case 6: // c.sw
        return TypeS(i.OffsetWord(), i.Small(2), i.Small(7));
    default:
        return ILLEGAL;
    }
}

/** c.srli, c.srai, c.andi and the operations of two small registers. */
uint32_t
Arithmetic(Compressed i)
{
    const uint32_t rd = i.Small(7);
    const uint32_t rs2 = i.Small(2);
    switch (i.Bits(10, 2))
    {
    case 0:
    case 1: {
        // RI5CY refuses a shift by 0, which the specification leaves as a hint.
        const uint32_t amount = i.Bits(2, 5);
        return i.Bits(12, 1) != 0 || amount == 0
                   ? ILLEGAL
                   : TypeI(i.Bits(10, 1) << 10 | amount, rd, 5, rd, 0x13);
    }
    case 2:
        return TypeI(i.Immediate6(), rd, 7, rd, 0x13);
    default:
        break;
    }
    if (i.Bits(12, 1) != 0)
    {
        return ILLEGAL;
    }
    switch (i.Bits(5, 2))
    {
    case 0:
        return TypeR(0x20, rs2, rd, 0, rd); // sub
    case 1:
        return TypeR(0, rs2, rd, 4, rd); // xor
    case 2:
        return TypeR(0, rs2, rd, 6, rd); // or
    default:
        return TypeR(0, rs2, rd, 7, rd); // and
    }
}

uint32_t
Quadrant1(Compressed i)
{
    const uint32_t rd = i.Bits(7, 5);
    switch (i.Bits(13, 3))
    {
    case 0: // c.addi, c.nop
        return TypeI(i.Immediate6(), rd, 0, rd, 0x13);
    case 1: // c.jal
        return Jump(i, 1);
    case 2: // c.li
        return rd == 0 ? ILLEGAL : TypeI(i.Immediate6(), 0, 0, rd, 0x13);
    case 3: {
        const uint32_t sign = i.Bits(12, 1);
        if (rd == 0 || (sign == 0 && i.Bits(2, 5) == 0))
        {
            return ILLEGAL;
        }
        if (rd == 2) // c.addi16sp
        {
            const uint32_t offset = (sign * 7) << 9 | i.Bits(3, 2) << 7 | i.Bits(5, 1) << 6 |
                                    i.Bits(2, 1) << 5 | i.Bits(6, 1) << 4;
            return TypeI(offset, 2, 0, 2, 0x13);
        }
        return (sign * 0x7fffU) << 17 | i.Bits(2, 5) << 12 | rd << 7 | 0x37; // c.lui
    }
    case 4:
        return Arithmetic(i);
    case 5: // c.j
        return Jump(i, 0);
    case 6: // c.beqz
        return Branch(i, 0);
    default: // c.bnez
        return Branch(i, 1);
    }
}

uint32_t
Quadrant2(Compressed i)
{
    const uint32_t rd = i.Bits(7, 5);
    const uint32_t rs2 = i.Bits(2, 5);
    switch (i.Bits(13, 3))
    {
    case 0: // c.slli
        return rd == 0 || rs2 == 0 || i.Bits(12, 1) != 0 ? ILLEGAL : TypeI(rs2, rd, 1, rd, 0x13);
    case 2: { // c.lwsp
        const uint32_t offset = i.Bits(2, 2) << 6 | i.Bits(12, 1) << 5 | i.Bits(4, 3) << 2;
        return rd == 0 ? ILLEGAL : TypeI(offset, 2, 2, rd, 0x03);
    }
    case 4:
        break;
    case 6: // c.swsp
        return TypeS(i.Bits(7, 2) << 6 | i.Bits(9, 4) << 2, rs2, 2);
    default:
        return ILLEGAL;
    }
    const bool add = i.Bits(12, 1) != 0;
    if (rs2 != 0)
    {
        return rd == 0 && add ? ILLEGAL : TypeR(0, rs2, add ? rd : 0, 0, rd); // c.add, c.mv
    }
    if (rd != 0)
    {
        return TypeI(0, rd, 0, add ? 1 : 0, 0x67); // c.jalr, c.jr
    }
    return add ? 0x00100073 : ILLEGAL; // c.ebreak
}

} // namespace

uint32_t
ExpandCompressed(uint16_t encoding)
{
    const Compressed i{encoding};
    switch (encoding & 3)
    {
    case 0:
        return Quadrant0(i);
    case 1:
        return Quadrant1(i);
    case 2:
        return Quadrant2(i);
    default:
        return ILLEGAL;
    }
}

} // namespace offload
} // namespace ns3
