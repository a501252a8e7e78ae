/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INVARIANT_DIVISOR_H
#define OFFLOAD_INVARIANT_DIVISOR_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A number that is divided by many times, known at set-up: it is multiplied by its reciprocal
 * (Granlund and Montgomery, PLDI 1994), as a packet's way through the unit has some twenty
 * divisions, and each takes the processor as long as ten other instructions.
 */
class InvariantDivisor
{
  public:
    /** @param divisor at least 1 */
    explicit InvariantDivisor(uint64_t divisor)
        : m_divisor(divisor),
          m_reciprocal(UINT64_MAX / divisor)
    {
    }

    /** @return the divisor */
    uint64_t Get() const
    {
        return m_divisor;
    }

    /**
     * @param number any
     * @return number / divisor, rounded down
     */
    uint64_t Divide(uint64_t number) const
    {
        // The reciprocal is rounded down, so the product is the quotient or one less.
        const auto estimate =
            static_cast<uint64_t>(static_cast<Product>(number) * m_reciprocal >> 64);
        return estimate + (number - estimate * m_divisor >= m_divisor);
    }

    /**
     * @param number less than 2^64 - divisor
     * @return number / divisor, rounded up
     */
    uint64_t DivideUp(uint64_t number) const
    {
        return Divide(number + m_divisor - 1);
    }

    /**
     * @param number any
     * @return the remainder of its division
     */
    uint64_t Remainder(uint64_t number) const
    {
        return number - Divide(number) * m_divisor;
    }

  private:
    __extension__ using Product = unsigned __int128; //!< of two of 64 bits

    uint64_t m_divisor;    //!< as given
    uint64_t m_reciprocal; //!< of it, in units of 2^-64
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INVARIANT_DIVISOR_H */
