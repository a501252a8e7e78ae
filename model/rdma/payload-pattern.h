/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PAYLOAD_PATTERN_H
#define OFFLOAD_PAYLOAD_PATTERN_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Bytes that are a function of their offset: content that is generated and checked, never stored.
 *
 * The bytes are 64-bit words (little endian) of an arithmetic progression with an odd step, begun
 * at a number that is mixed from a seed. Such words cost one addition each, all words of a pattern
 * are different, and so a word that comes from another place or another pattern is noticed.
 */
class PayloadPattern
{
  public:
    /** The pattern of seed 0. */
    PayloadPattern() = default;

    /** @param seed which pattern; different ones share (almost surely) no word in the same place */
    explicit PayloadPattern(uint64_t seed);

    /**
     * A pattern that is a vector of 32-bit integers, two in a word, whose sums with other such
     * patterns are the sums of the integers: the lower one of each word is small, so that nothing
     * is carried into the upper one.
     * @param seed which pattern
     * @return the pattern
     */
    static PayloadPattern MakeIntegers(uint64_t seed);

    /**
     * @param bytes size of a vector
     * @return how many patterns of MakeIntegers may be summed over that many bytes
     */
    static uint64_t GetMaxSummands(uint64_t bytes)
    {
        return (uint64_t{1} << 32) / (INTEGER_LIMIT + bytes / sizeof(uint64_t) + 1);
    }

    /**
     * Add another pattern word by word, modulo 2^64.
     * @param other a pattern that begins at the same offset
     * @return this
     */
    PayloadPattern& operator+=(const PayloadPattern& other)
    {
        m_key += other.m_key;
        m_step += other.m_step;
        return *this;
    }

    /** Take another pattern away again; as operator+=. */
    PayloadPattern& operator-=(const PayloadPattern& other)
    {
        m_key -= other.m_key;
        m_step -= other.m_step;
        return *this;
    }

    /**
     * @param offset in the pattern
     * @return the pattern that begins there; at a multiple of 8 it costs nothing to go on with
     */
    PayloadPattern From(uint64_t offset) const
    {
        PayloadPattern pattern(*this);
        pattern.m_offset += offset;
        return pattern;
    }

    /**
     * @param[out] bytes where the pattern's bytes are written
     * @param size how many
     */
    void Generate(uint8_t* bytes, uint32_t size) const;

    /**
     * Generate this pattern and another one, and compare them.
     * @param other what is expected
     * @param size how many bytes
     * @return how many bytes differ
     */
    uint32_t CountDifferences(const PayloadPattern& other, uint32_t size) const;

    /**
     * Generate the pattern and compare it with bytes.
     * @param bytes to compare with
     * @param size how many
     * @return how many bytes differ
     */
    uint32_t CountDifferences(const uint8_t* bytes, uint32_t size) const;

  private:
    /// Distance of neighbouring words: the golden ratio's, so that neighbours have little in common
    static constexpr uint64_t STEP = 0x9e3779b97f4a7c15;
    /// Lower integer of the first word of MakeIntegers, at most
    static constexpr uint64_t INTEGER_LIMIT = 0xffff;

    /** @return the word at an index from the pattern's beginning */
    uint64_t GetWord(uint64_t index) const
    {
        return m_key + index * m_step;
    }

    uint64_t m_key{0};     //!< word at offset zero
    uint64_t m_offset{0};  //!< where this pattern begins
    uint64_t m_step{STEP}; //!< from word to word
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PAYLOAD_PATTERN_H */
