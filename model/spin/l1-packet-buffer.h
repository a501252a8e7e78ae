/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_L1_PACKET_BUFFER_H
#define OFFLOAD_L1_PACKET_BUFFER_H

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Allocation of a cluster's L1 packet buffer: a few rings of 64-byte slots; a packet goes to the
 * first ring with contiguous room (pspin.md "L1 packet buffer allocator"; PsPIN
 * hw/src/pkt_scheduler/cluster_rb.sv and cluster_rb_shim.sv).
 *
 * A ring that is full to the last slot gives no room before it is empty: as long as head and tail
 * are the same, head_ptr_incr_max of cluster_rb.sv is 0.
 */
class L1PacketBuffer
{
  public:
    /**
     * @param bytes size of the buffer
     * @param rings number of rings that share it
     */
    void Reset(uint32_t bytes, uint32_t rings);

    /**
     * @param size packet, bytes
     * @param offset where it goes
     * @return false when no ring has contiguous room
     */
    [[gnu::hot]] bool Allocate(uint32_t size, uint32_t& offset);

    /**
     * @param offset as allocated
     * @param size as allocated
     */
    [[gnu::hot]] void Free(uint32_t offset, uint32_t size);

    /** @return largest packet that fits an empty buffer, bytes */
    uint32_t GetMaxPacket() const
    {
        return m_slots * SLOT;
    }

  private:
    static constexpr uint32_t SLOT = 64; //!< bytes
    static constexpr uint32_t WORD = 64; //!< bits of a word of the bit map

    /** One ring; all in slots. */
    struct Ring
    {
        uint32_t head{0}; //!< oldest slot in use
        uint32_t tail{0}; //!< next slot to use
        uint32_t used{0}; //!< slots in use
    };

    bool AllocateIn(Ring& ring, uint32_t slots, uint32_t& slot) const;
    [[gnu::hot]] void Flip(uint32_t slot, uint32_t slots);

    /** @return whether a slot, counted over all rings, is in use */
    bool IsTaken(uint32_t slot) const
    {
        return m_taken[slot / WORD] >> (slot % WORD) & 1;
    }

    uint32_t m_slots{0};           //!< per ring
    std::vector<Ring> m_rings;     //!< all
    std::vector<uint64_t> m_taken; //!< bit map of slots in use, ring by ring
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_L1_PACKET_BUFFER_H */
