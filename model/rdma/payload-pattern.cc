/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "payload-pattern.h"

#include "memory-content.h"

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

constexpr uint32_t WORD = sizeof(uint64_t); //!< bytes of a word
constexpr uint32_t LANES = 4;               //!< words that are generated at a time
constexpr uint32_t CHUNK = 256;             //!< bytes that slow paths generate at a time

/// Words side by side; the compiler splits it into what the processor has
typedef uint64_t Words __attribute__((vector_size(LANES * sizeof(uint64_t))));

/**
 * Generate two progressions and compare them, the loop that every packet's payload goes through.
 * @param a first word of one
 * @param b first word of the other
 * @param step from word to word
 * @param words how many
 * @return whether they are the same
 */
inline __attribute__((always_inline)) bool
CompareWords(uint64_t a, uint64_t b, uint64_t step, uint32_t words)
{
    const Words ramp{0, step, 2 * step, 3 * step};
    const Words stride = Words{} + LANES * step;
    Words left = ramp + a;
    Words right = ramp + b;
    Words difference{};
    // Not written out: GCC would regroup the terms of a longer turn and run out of registers.
#pragma GCC unroll 16
    for (uint32_t vectors = words / LANES; vectors > 0; --vectors)
    {
        difference |= left ^ right;
        left += stride;
        right += stride;
    }
    uint64_t rest = difference[0] | difference[1] | difference[2] | difference[3];
    for (uint32_t i = words / LANES * LANES; i < words; ++i)
    {
        rest |= (a + i * step) ^ (b + i * step);
    }
    return rest == 0;
}

/** @copydoc CompareWords */
bool
CompareWordsAnywhere(uint64_t a, uint64_t b, uint64_t step, uint32_t words)
{
    return CompareWords(a, b, step, words);
}

#if defined(__x86_64__)

/** CompareWords for processors with 256-bit integers. @copydetails CompareWords */
__attribute__((target("avx2"))) bool
CompareWordsAvx2(uint64_t a, uint64_t b, uint64_t step, uint32_t words)
{
    return CompareWords(a, b, step, words);
}

/// The fastest that this processor has
bool (*const g_compareWords)(uint64_t, uint64_t, uint64_t, uint32_t) =
    __builtin_cpu_supports("avx2") ? CompareWordsAvx2 : CompareWordsAnywhere;

#else

/// @copydoc CompareWordsAnywhere
constexpr auto g_compareWords = CompareWordsAnywhere;

#endif

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
PayloadPattern::CountDifferences(const PayloadPattern& other, uint32_t size) const
{
    if ((m_offset | other.m_offset | size) % WORD == 0 && m_step == other.m_step &&
        g_compareWords(GetWord(m_offset / WORD),
                       other.GetWord(other.m_offset / WORD),
                       m_step,
                       size / WORD))
    {
        return 0;
    }
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
