/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_L2_PACKET_BUFFER_H
#define OFFLOAD_L2_PACKET_BUFFER_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Allocation of the L2 packet buffer: a ring of 64-byte slots, contiguous packets, freed in any
 * order and reused in order (PsPIN hw/verilator_model/src/NICInbound.hpp, allocate_pkt_space).
 */
class L2PacketBuffer
{
  public:
    /**
     * @param bytes size, a multiple of the slot
     */
    void Reset(uint32_t bytes);

    /**
     * @param size packet, bytes
     * @param offset where it goes
     * @return false when there is no contiguous room
     */
    [[gnu::hot]] bool Allocate(uint32_t size, uint32_t& offset);

    /**
     * @param offset as allocated
     */
    [[gnu::hot]] void Free(uint32_t offset);

    /** @return packets in the buffer */
    uint32_t GetPackets() const
    {
        return m_packets;
    }

    /** @return bytes of bookkeeping */
    size_t GetBytes() const
    {
        return m_entries.capacity() * sizeof(Entry);
    }

  private:
    /** A packet's piece of the ring, in order of allocation. */
    struct Entry
    {
        uint32_t offset; //!< bytes
        uint32_t end;    //!< bytes
        bool free;       //!< given back, its predecessors not yet
    };

    Entry& At(uint32_t index)
    {
        return m_entries[(m_first + index) & (m_entries.size() - 1)];
    }

    void Grow();

    uint32_t m_bytes{0};          //!< size of the buffer
    uint32_t m_first{0};          //!< oldest entry
    uint32_t m_count{0};          //!< entries
    uint32_t m_packets{0};        //!< of these, not free
    std::vector<Entry> m_entries; //!< a ring, its size a power of two
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_L2_PACKET_BUFFER_H */
