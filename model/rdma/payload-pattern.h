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

    /** @return the word at an index from the pattern's beginning */
    uint64_t GetWord(uint64_t index) const
    {
        return m_key + index * STEP;
    }

    uint64_t m_key{0};    //!< word at offset zero
    uint64_t m_offset{0}; //!< where this pattern begins
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PAYLOAD_PATTERN_H */
