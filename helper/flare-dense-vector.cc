/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-dense-vector.h"

#include "ns3/hash-mix.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t ALL_BITS = UINT32_MAX;    //!< integers wrap around
constexpr uint32_t FP32_INTEGERS = 1U << 24; //!< up to here all are exact
constexpr uint32_t FP16_INTEGERS = 1U << 11; //!< up to here all are exact

/** @return the largest sum that is exact */
uint32_t
GetLargestSum(FlareType type)
{
    switch (type)
    {
    case FlareType::FP32:
        return FP32_INTEGERS;
    case FlareType::FP16:
        return FP16_INTEGERS;
    default:
        return ALL_BITS;
    }
}

/** Draws numbers of which so many neighbours have an exact sum. */
class Numbers
{
  public:
    Numbers(uint32_t hosts, FlareType type)
        : m_every(1)
    {
        const uint32_t sum = GetLargestSum(type);
        if (sum == ALL_BITS)
        {
            return;
        }
        m_largest = std::max(1U, sum / hosts);
        // Of so many only one can be other than zero; hosts may begin and end within them.
        m_every = hosts <= sum ? 1 : hosts / (sum - 1) + 1;
    }

    uint32_t Get(uint32_t place) const
    {
        if (place % m_every != MixBits(place / m_every) % m_every)
        {
            return 0;
        }
        const uint64_t bits = MixBits(~uint64_t{place});
        return static_cast<uint32_t>(bits % (uint64_t{m_largest} + 1));
    }

  private:
    uint32_t m_largest{ALL_BITS}; //!< number
    uint32_t m_every;             //!< one number of so many may be other than zero
};

} // namespace

DenseVectors::DenseVectors(uint32_t hosts, FlareType type)
    : m_bytes(GetBytes(type)),
      m_starts(LEAST_STARTS)
{
    while (m_starts < uint64_t{hosts} * STARTS_PER_HOST)
    {
        m_starts *= 2;
    }
    const uint32_t sums = m_starts + RUN_BYTES / m_bytes;
    const Numbers numbers(hosts, type);
    m_sums.resize(size_t{sums} * m_bytes);
    m_values.resize(size_t{sums + hosts} * m_bytes);
    uint32_t sum = 0; // of the hosts' numbers before this place
    for (uint32_t place = 0; place < sums + hosts; ++place)
    {
        if (place >= hosts)
        {
            const uint32_t first = place - hosts;
            PutNumber(type, sum, &m_sums[size_t{first} * m_bytes]);
            sum -= numbers.Get(first);
        }
        PutNumber(type, numbers.Get(place), &m_values[size_t{place} * m_bytes]);
        sum += numbers.Get(place);
    }
}

void
DenseVectors::Write(const uint8_t* table, uint32_t block, uint8_t* bytes) const
{
    constexpr uint32_t RUNS = flare::MAX_DATA_BYTES / RUN_BYTES;
    for (uint32_t run = 0; run < RUNS; ++run)
    {
        const uint64_t start = MixBits(uint64_t{block} * RUNS + run) & (m_starts - 1);
        std::memcpy(bytes + size_t{run} * RUN_BYTES, table + start * m_bytes, RUN_BYTES);
    }
}

bool
FlareDenseVector::Read(uint32_t block, uint32_t, FlarePacket& packet)
{
    packet.values = static_cast<uint16_t>(m_vectors.GetElements());
    packet.dataBytes = flare::MAX_DATA_BYTES;
    m_vectors.Fill(m_host, block, packet.data->bytes.data());
    return false;
}

void
FlareDenseVector::Write(const FlarePacket& packet)
{
    std::array<uint8_t, flare::MAX_DATA_BYTES> sum;
    m_vectors.FillSum(packet.block, sum.data());
    if (packet.block >= m_seen.size())
    {
        m_seen.resize(size_t{packet.block} + 1);
    }
    const bool again = m_seen[packet.block];
    m_seen[packet.block] = true;
    ++m_blocks;
    m_right = m_right && !again && packet.dataBytes == sum.size() &&
              std::memcmp(packet.data->bytes.data(), sum.data(), sum.size()) == 0;
}

} // namespace offload
} // namespace ns3
