/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_DENSE_VECTOR_H
#define OFFLOAD_FLARE_DENSE_VECTOR_H

#include "ns3/flare-net-device.h"
#include "ns3/flare-operator.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Hosts' dense vectors of which nothing is stored: each value is a small whole number, a function
 * of host, block and index, so that all sums are exact in every type (integers of 8 bits wrap
 * around).
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
        Write(m_values, host * HOST_STEP + block * BLOCK_STEP, bytes);
    }

    /** Write the sum of a block. */
    void FillSum(uint32_t block, uint8_t* bytes) const
    {
        Write(m_sums, block * BLOCK_STEP, bytes);
    }

  private:
    static constexpr uint32_t CODES = 16;               //!< different values
    using Code = std::array<uint8_t, sizeof(uint32_t)>; //!< bytes of a value
    using Codes = std::array<Code, CODES>;

    static constexpr uint32_t HOST_STEP = 7;   //!< from host to host
    static constexpr uint32_t BLOCK_STEP = 13; //!< from block to block
    static constexpr uint32_t INDEX_STEP = 3;  //!< from value to value: all codes in turn

    void Write(const Codes& codes, uint32_t first, uint8_t* bytes) const;

    uint32_t m_bytes; //!< of a value
    Codes m_values{}; //!< what hosts contribute
    Codes m_sums{};   //!< the result, by the code of host 0
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

    /** @return whether so many blocks of the result have come, and are right */
    bool IsRight(uint32_t blocks) const
    {
        return m_right && m_blocks == blocks;
    }

  private:
    uint32_t m_host;               //!< number
    const DenseVectors& m_vectors; //!< contents
    uint32_t m_blocks{0};          //!< that have come
    bool m_right{true};            //!< so far
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_DENSE_VECTOR_H */
