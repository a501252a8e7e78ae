/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_ARITHMETIC_H
#define OFFLOAD_RISCV_ARITHMETIC_H

#include <cstdint>

/**
 * @file
 * What the M extension computes, and how long RI5CY's divider takes.
 */
namespace ns3
{
namespace offload
{

inline int32_t
Signed(uint32_t value)
{
    return static_cast<int32_t>(value);
}

/** @return the upper half of a product of two numbers, each of them with sign or without */
inline uint32_t
UpperHalf(int64_t a, int64_t b)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(a * b) >> 32);
}

inline uint32_t
UpperHalfUnsigned(uint32_t a, uint32_t b)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(a) * b >> 32);
}

/** Division as the unprivileged specification has it: x / 0 = -1, no overflow. */
inline uint32_t
Divide(uint32_t a, uint32_t b)
{
    if (b == 0)
    {
        return ~0U;
    }
    return b == ~0U ? 0 - a : static_cast<uint32_t>(Signed(a) / Signed(b));
}

inline uint32_t
Remainder(uint32_t a, uint32_t b)
{
    if (b == 0)
    {
        return a;
    }
    return b == ~0U ? 0 : static_cast<uint32_t>(Signed(a) % Signed(b));
}

inline unsigned
LeadingZeros(uint32_t value)
{
    return value == 0 ? 32 : static_cast<unsigned>(__builtin_clz(value));
}

/**
 * The divider shifts the divisor to the left until it is as long as a register, one subtraction
 * for each bit (riscv_alu.sv div_shift: the leading bits that say nothing, 32 for a divisor of 0).
 */
inline unsigned
DivideShift(uint32_t divisor)
{
    return LeadingZeros(divisor);
}

inline unsigned
DivideShiftSigned(uint32_t divisor)
{
    return Signed(divisor) < 0 ? LeadingZeros(~divisor) - 1 : LeadingZeros(divisor);
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_ARITHMETIC_H */
