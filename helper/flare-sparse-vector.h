/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SPARSE_VECTOR_H
#define OFFLOAD_FLARE_SPARSE_VECTOR_H

#include "sparse-vectors.h"

#include "ns3/flare-net-device.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A host's part of a sparse allreduce of SparseVectors: its values are generated as they are sent,
 * and each pair of index and value of the result is compared with the sum. A bit for each value of
 * the sum tells which have come.
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
          m_range(range),
          m_seen(vectors.GetSumIndices().size()),
          m_missing(m_seen.size())
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
    bool Forget() override;

    /**
     * @return whether all of the result has come, each index once and with the right value, and
     *         nothing else
     */
    bool IsRight() const
    {
        return m_right && m_missing == 0;
    }

  private:
    const SparseVectors& m_vectors; //!< contents
    uint32_t m_host;                //!< number
    uint32_t m_range;               //!< indices of a block
    std::vector<bool> m_seen;       //!< by position in the sum: its value has come
    size_t m_missing;               //!< values that have not
    bool m_right{true};             //!< so far
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SPARSE_VECTOR_H */
