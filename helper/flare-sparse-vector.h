/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SPARSE_VECTOR_H
#define OFFLOAD_FLARE_SPARSE_VECTOR_H

#include "sparse-vectors.h"

#include "ns3/flare-net-device.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A host's part of a sparse allreduce of SparseVectors: its values are generated as they are sent,
 * and each pair of index and value of the result is compared with the sum.
 */
class FlareSparseVector : public FlareVector
{
  public:
    /**
     * @param vectors contents; outlive this
     * @param host number
     * @param range indices of a block
     */
    FlareSparseVector(const SparseVectors& vectors, uint32_t host, uint32_t range)
        : m_vectors(vectors),
          m_host(host),
          m_range(range)
    {
    }

    /** @return blocks of a vector */
    uint32_t GetBlocks() const
    {
        return static_cast<uint32_t>((uint64_t{m_vectors.GetShape().elements} + m_range - 1) /
                                     m_range);
    }

    bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override;
    void Write(const FlarePacket& packet) override;

    /**
     * @return whether all of the result has come, each index once and with the right value, and
     *         nothing else
     */
    bool IsRight() const;

  private:
    const SparseVectors& m_vectors; //!< contents
    uint32_t m_host;                //!< number
    uint32_t m_range;               //!< indices of a block
    uint64_t m_values{0};           //!< that have come
    uint64_t m_marks{0};            //!< sum of random numbers of their indices: tells which
    bool m_right{true};             //!< so far
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SPARSE_VECTOR_H */
