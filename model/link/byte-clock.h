/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_BYTE_CLOCK_H
#define OFFLOAD_BYTE_CLOCK_H

#include <cstdint>
#include <numeric>

namespace ns3
{
namespace offload
{

/** An instant on a serial line: whole picoseconds, and a fraction in the line's own unit. */
struct LineTime
{
    int64_t ps{0};        //!< whole picoseconds
    uint64_t fraction{0}; //!< rest, in units of ByteClock's denominator
};

/**
 * Exact time of bytes on a line of any bit rate.
 *
 * A byte lasts 8e12 / rate picoseconds. The clock keeps that as a reduced fraction and carries the
 * remainder from frame to frame, so that a line which is never idle does not drift: after n bytes
 * it is at floor(n * 8e12 / rate), whatever the frames were. All standard Ethernet rates give a
 * whole number and need no division.
 */
class ByteClock
{
  public:
    /** @param bitsPerSecond the line's bit rate, not zero */
    explicit ByteClock(uint64_t bitsPerSecond)
    {
        const uint64_t divisor = std::gcd(BIT_PS_PER_S, bitsPerSecond);
        m_numerator = BIT_PS_PER_S / divisor;
        m_denominator = bitsPerSecond / divisor;
    }

    /**
     * Let bytes pass.
     * @param[in,out] time the instant to move on
     * @param bytes how many; up to two million at any rate from 1 bit/s
     */
    void Advance(LineTime& time, uint32_t bytes) const
    {
        const uint64_t total = time.fraction + bytes * m_numerator;
        if (m_denominator == 1)
        {
            time.ps += static_cast<int64_t>(total);
            return;
        }
        time.ps += static_cast<int64_t>(total / m_denominator);
        time.fraction = total % m_denominator;
    }

    /** @return whether a byte lasts whole picoseconds */
    bool IsWhole() const
    {
        return m_denominator == 1;
    }

    /**
     * @param bytes how many
     * @return ps that they last, if IsWhole()
     */
    int64_t GetWhole(uint32_t bytes) const
    {
        return static_cast<int64_t>(bytes * m_numerator);
    }

    /// Picoseconds per second times the bits of a byte
    static constexpr uint64_t BIT_PS_PER_S = 8'000'000'000'000;

  private:
    uint64_t m_numerator;   //!< ps per byte, numerator
    uint64_t m_denominator; //!< ps per byte, denominator
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_BYTE_CLOCK_H */
