/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HASH_MIX_H
#define OFFLOAD_HASH_MIX_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Fold a word into a hash. The same on every machine, so that runs repeat; one multiplication with
 * the golden ratio's bits spreads them and the shift brings the good ones down.
 * @param hash so far
 * @param word to fold in
 * @return the new hash
 */
constexpr uint64_t
MixHash(uint64_t hash, uint64_t word)
{
    constexpr uint64_t GOLDEN_RATIO = 0x9e3779b97f4a7c15;
    hash = (hash ^ word) * GOLDEN_RATIO;
    return hash ^ hash >> 32;
}

/**
 * A well mixed function of two words (the finaliser of MurmurHash3): every bit of the result is as
 * good as the other, which MixHash, of one multiplication, cannot say.
 * @param a a word
 * @param b another one
 * @return the hash
 */
constexpr uint32_t
MixWords(uint32_t a, uint32_t b)
{
    uint32_t hash = a ^ b;
    hash = (hash ^ hash >> 16) * 0x85ebca6bU;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35U;
    return hash ^ hash >> 16;
}

/**
 * Draw a number by its place: neighbours have nothing in common, in any bit (the finaliser of
 * MurmurHash3).
 * @param value a number
 * @return a well mixed function of it
 */
constexpr uint64_t
MixBits(uint64_t value)
{
    value = (value ^ value >> 33) * 0xff51afd7ed558ccdULL;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return value ^ value >> 33;
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HASH_MIX_H */
