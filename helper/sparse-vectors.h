/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPARSE_VECTORS_H
#define OFFLOAD_SPARSE_VECTORS_H

#include "sparse-contents.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Hosts' sparse vectors that are a function of host and index, and their sum.
 *
 * Indices are divided into buckets of 1 / density (on average, if that is no whole number), and
 * each host has one value that is not zero in each bucket, in a place of its own choice: so SC 2021
 * and SparCML (SC 2019) make gradients sparse. Here the choice is (pseudo)random: independent of
 * other hosts and buckets, and the same for the same seed. Values are small whole numbers, of which
 * all sums are exact in every type (integers of 8 bits wrap around).
 *
 * Only the sum is stored, as pairs of index and value, to compare results with.
 */
class SparseVectors : public SparseContents
{
  public:
    /** What they are like. */
    struct Shape
    {
        uint32_t hosts{0};                //!< how many vectors
        uint32_t elements{0};             //!< of each
        FlareType type{FlareType::INT32}; //!< of the values
        double density{1};                //!< share of values that are not zero, up to 1
        uint64_t seed{0};                 //!< of the choice
    };

    /** A value and where it is. */
    struct Entry
    {
        uint32_t index; //!< in the vector
        uint32_t code;  //!< names the value; see PutValue
    };

    /**
     * @param shape what they are like
     * @throw std::invalid_argument if that cannot be
     */
    explicit SparseVectors(const Shape& shape);

    /** @return what they are like */
    const Shape& GetShape() const
    {
        return m_shape;
    }

    /** @return buckets: values of each host */
    uint32_t GetBuckets() const
    {
        return m_buckets;
    }

    /**
     * @param bucket from 0 to GetBuckets
     * @return its first index
     */
    uint32_t GetBegin(uint64_t bucket) const
    {
        const uint64_t begin = bucket * m_step >> STEP_BITS;
        return begin < m_shape.elements ? static_cast<uint32_t>(begin) : m_shape.elements;
    }

    /**
     * @param index of a value
     * @return its bucket
     */
    uint32_t FindBucket(uint32_t index) const;

    /** @copydoc SparseContents::FindFirst
     * It is the first bucket in which the host's value is at that index or later. */
    uint32_t FindFirst(uint32_t host, uint32_t index) const override;
    uint32_t GetPair(uint32_t host, uint32_t position, uint8_t* value) const override;

    /** @return a host's value in a bucket */
    Entry GetEntry(uint32_t host, uint32_t bucket) const;

    /**
     * Write a value in its type, little-endian.
     * @param code an entry's
     * @param[out] to GetValueBytes bytes
     */
    void PutValue(uint32_t code, uint8_t* to) const;

  private:
    static constexpr uint32_t STEP_BITS = 32; //!< of a bucket's width after the binary point
    static constexpr uint32_t CODES = 16;     //!< different values; 0 is not one

    void AddUp();

    Shape m_shape;         //!< see GetShape
    uint64_t m_step{0};    //!< width of a bucket, fixed point
    uint32_t m_buckets{0}; //!< see GetBuckets
    std::array<std::array<uint8_t, sizeof(uint32_t)>, CODES> m_codes; //!< values in their type
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPARSE_VECTORS_H */
