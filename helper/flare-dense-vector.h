/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_DENSE_VECTOR_H
#define OFFLOAD_FLARE_DENSE_VECTOR_H

#include "ns3/flare-net-device.h"
#include "ns3/flare-operator.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Hosts' dense vectors of which nothing is stored but a table of numbers, drawn for the type. Runs
 * of RUN_BYTES of a block begin at places of the table that a hash of block and run says, and each
 * host begins one further than the one before. So a sum is one of so many neighbours, and has a
 * table of its own: all elements differ with block, index and host, and so do their sums.
 *
 * Sums are exact in any order of addition: integers wrap around, and those of fp32 and fp16 stay
 * below 2^24 and 2^11. That leaves fp16 numbers up to 2048 / hosts: zeros and ones above 1,024
 * hosts, of which a single sum says little, but the 512 of a block do. Above 2,048 hosts ones get
 * rarer, one of three at most with 4,096, so that fewer elements tell one host from another.
 */
class DenseVectors
{
  public:
    /**
     * @param hosts how many vectors
     * @param type of the values
     */
    DenseVectors(uint32_t hosts, FlareType type);

    /** @return values of a packet */
    uint32_t GetElements() const
    {
        return flare::MAX_DATA_BYTES / m_bytes;
    }

    /** Write what a host contributes to a block. */
    void Fill(uint32_t host, uint32_t block, uint8_t* bytes) const
    {
        Write(m_values.data() + size_t{host} * m_bytes, block, bytes);
    }

    /** Write the sum of a block. */
    void FillSum(uint32_t block, uint8_t* bytes) const
    {
        Write(m_sums.data(), block, bytes);
    }

  private:
    static constexpr uint32_t RUN_BYTES = 64;      //!< that follow each other in the table
    static constexpr uint32_t LEAST_STARTS = 4096; //!< places where runs begin
    static constexpr uint32_t STARTS_PER_HOST = 4; //!< so that sums have little in common

    void Write(const uint8_t* table, uint32_t block, uint8_t* bytes) const;

    uint32_t m_bytes;              //!< of a value
    uint32_t m_starts;             //!< places where runs begin; a power of two
    std::vector<uint8_t> m_values; //!< what hosts contribute, from host 0's first start
    std::vector<uint8_t> m_sums;   //!< the same summed over all hosts
};

/** A host's part of an allreduce of DenseVectors, generated and checked. */
class FlareDenseVector : public FlareVector
{
  public:
    /**
     * @param vectors contents; outlive this
     * @param host number
     */
    FlareDenseVector(const DenseVectors& vectors, uint32_t host)
        : m_host(host),
          m_vectors(vectors)
    {
    }

    bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override;
    void Write(const FlarePacket& packet) override;

    /** @return whether so many blocks of the result have come, each once, and are right */
    bool IsRight(uint32_t blocks) const
    {
        // None came twice, and none is beyond the last one: none is missing.
        return m_right && m_blocks == blocks && m_seen.size() == blocks;
    }

  private:
    uint32_t m_host;               //!< number
    const DenseVectors& m_vectors; //!< contents
    std::vector<bool> m_seen;      //!< by block, up to the last that has come
    uint32_t m_blocks{0};          //!< that have come
    bool m_right{true};            //!< so far
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_DENSE_VECTOR_H */
