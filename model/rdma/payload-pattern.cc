/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "payload-pattern.h"

#include "ns3/hash-mix.h"

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <cstring>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t CHUNK = 256; //!< bytes that slow paths generate at a time

/**
 * @param a some bytes
 * @param b others
 * @param size how many
 * @return how many differ
 */
uint32_t
CountDifferentBytes(const uint8_t* a, const uint8_t* b, uint32_t size)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; ++i)
    {
        count += a[i] != b[i];
    }
    return count;
}

} // namespace

PayloadPattern::PayloadPattern(uint64_t seed)
    : m_key(MixHash(MixHash(0, ~seed), seed))
{
}

PayloadPattern
PayloadPattern::MakeIntegers(uint64_t seed)
{
    constexpr uint64_t UPPER = ~uint64_t{0} << 32;
    PayloadPattern pattern(seed);
    pattern.m_key = (pattern.m_key & UPPER) | (pattern.m_key & INTEGER_LIMIT);
    pattern.m_step = (STEP & UPPER) | 1;
    return pattern;
}

void
PayloadPattern::Generate(uint8_t* bytes, uint32_t size) const
{
    uint64_t index = m_offset / WORD;
    uint32_t skip = m_offset % WORD;
    while (size > 0)
    {
        const uint64_t word = boost::endian::native_to_little(GetWord(index));
        const uint32_t part = std::min(size, WORD - skip);
        std::memcpy(bytes, reinterpret_cast<const uint8_t*>(&word) + skip, part);
        bytes += part;
        size -= part;
        skip = 0;
        ++index;
    }
}

uint32_t
PayloadPattern::CountBytes(const PayloadPattern& other, uint32_t size) const
{
    uint32_t count = 0;
    std::array<uint8_t, CHUNK> bytes;
    for (uint32_t done = 0; done < size; done += CHUNK)
    {
        const uint32_t part = std::min(CHUNK, size - done);
        From(done).Generate(bytes.data(), part);
        count += other.From(done).CountDifferences(bytes.data(), part);
    }
    return count;
}

uint32_t
PayloadPattern::CountDifferences(const uint8_t* bytes, uint32_t size) const
{
    uint32_t count = 0;
    std::array<uint8_t, CHUNK> expected;
    for (uint32_t done = 0; done < size; done += CHUNK)
    {
        const uint32_t part = std::min(CHUNK, size - done);
        From(done).Generate(expected.data(), part);
        count += CountDifferentBytes(expected.data(), bytes + done, part);
    }
    return count;
}

} // namespace offload
} // namespace ns3
