/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_VECTORS_H
#define OFFLOAD_HOST_VECTORS_H

#include "ns3/flare-operator.h"
#include "ns3/host-memory.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Vectors in the memory of hosts that reduce by themselves (HostAllreduce): blocks of the same size
 * with as many values in each host's, and what is done with them.
 *
 * A host's memory has the vector, and behind it room for what others send to be added.
 */
class HostVectors
{
  public:
    /**
     * @param hosts how many
     * @param blocks of each vector
     * @param blockBytes room for a block, a multiple of 8
     * @param operation what is done with two values; in any order of the hosts
     */
    HostVectors(uint32_t hosts,
                uint32_t blocks,
                uint32_t blockBytes,
                Ptr<const FlareOperator> operation);

    /** @return bytes of a vector for each byte of a schedule that has a word of 8 for a block */
    uint64_t GetScale() const
    {
        return m_blockBytes / sizeof(uint64_t);
    }

    /**
     * @param host whose
     * @return its memory
     */
    Ptr<HostMemory> GetMemory(uint32_t host) const
    {
        return m_memories[host];
    }

    /** @return address of the vector */
    uint64_t GetVectorAddress() const
    {
        return 0;
    }

    /** @return address of the room for what others send: as much as a vector and ROOM_SLACK */
    uint64_t GetRoomAddress() const
    {
        return uint64_t{m_blocks} * m_blockBytes;
    }

    /**
     * @param host whose
     * @param block which
     * @return its bytes
     */
    uint8_t* GetBlock(uint32_t host, uint32_t block);

    /**
     * @param block which
     * @param values in it, at every host
     */
    void SetValues(uint32_t block, uint16_t values)
    {
        m_values[block] = values;
    }

    /**
     * @param block which
     * @return values in it
     */
    uint16_t GetValues(uint32_t block) const
    {
        return m_values[block];
    }

    /**
     * Add to a host's vector what has come.
     * @param host whose
     * @param offset of the first byte in the vector, a block's
     * @param bytes of whole blocks
     * @param from address of what has come
     */
    void Combine(uint32_t host, uint64_t offset, uint64_t bytes, uint64_t from);

    /// Room beyond a vector for messages without data
    static constexpr uint64_t ROOM_SLACK = 1 << 20;

  private:
    std::vector<Ptr<HostMemory>> m_memories; //!< by host
    std::vector<uint16_t> m_values;          //!< by block
    Ptr<const FlareOperator> m_operation;    //!< what is done
    uint32_t m_blocks;                       //!< how many
    uint32_t m_blockBytes;                   //!< room for each
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_VECTORS_H */
