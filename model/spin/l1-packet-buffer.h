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
 *
 * What is freed in a cycle moves the head two cycles later: the bit map is a register, and the head
 * is another one behind it (bitmap_q and head_ptr_q). An empty ring's pointers go back to its first
 * slot in the cycle after head and tail have met; who comes before is placed where the tail is.
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
     * Cycles after a packet's room was given back in which there may be more of it than before: the
     * head moves, and if the ring is empty then, its pointers go back.
     */
    static constexpr uint32_t SETTLE_CYCLES = 3;

    /**
     * @param size packet, bytes
     * @param cycle in which it is asked for, not before the one of the last call
     * @param offset where it goes
     * @return false when no ring has contiguous room
     */
    [[gnu::hot]] bool Allocate(uint32_t size, uint64_t cycle, uint32_t& offset);

    /**
     * @param offset as allocated
     * @param size as allocated
     * @param cycle in which it is given back; one a cycle
     */
    [[gnu::hot]] void Free(uint32_t offset, uint32_t size, uint64_t cycle);

    /** @return largest packet that fits an empty buffer, bytes */
    uint32_t GetMaxPacket() const
    {
        return m_slots * SLOT;
    }

  private:
    static constexpr uint32_t SLOT = 64; //!< bytes
    static constexpr uint32_t WORD = 64; //!< bits of a word of the bit map

    /** One ring; all in slots, of which a cluster's L1 has fewer than 2^16 (memory_map::L1_STRIDE).
     */
    struct Ring
    {
        uint16_t head{0};    //!< oldest slot in use
        uint16_t tail{0};    //!< next slot to use
        uint16_t used{0};    //!< slots in use
        uint16_t before{0};  //!< the head in the cycle before it is `head`
        uint16_t earlier{0}; //!< and earlier
        uint64_t moved{0};   //!< cycle from which it is `head`

        /**
         * @param cycle not before the one of the last free
         * @return the head that the hardware has then
         */
        uint32_t HeadAt(uint64_t cycle) const
        {
            return cycle >= moved ? head : cycle + 1 == moved ? before : earlier;
        }

        /** @return if it is empty, cycle from which its pointers are at the begin */
        uint64_t RewoundAt() const
        {
            return moved + 1;
        }
    };

    bool AllocateIn(Ring& ring, uint32_t slots, uint64_t cycle, uint32_t& slot) const;
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
