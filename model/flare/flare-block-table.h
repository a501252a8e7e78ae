/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_BLOCK_TABLE_H
#define OFFLOAD_FLARE_BLOCK_TABLE_H

#include "flare-packet.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The blocks that a switch sums for an allreduce, one a slot: which children have contributed, and
 * the last result, for children that did not get it. Results are kept in L2 handler memory and
 * take no L1.
 */
class FlareBlockTable
{
  public:
    /** A slot. */
    struct Slot
    {
        uint32_t block{NO_BLOCK}; //!< whose it is, or was last
        uint32_t arrived{0};      //!< children whose data are in the sum
        uint16_t values{0};       //!< of each child
        bool open{false};         //!< the sum is not complete
        uint64_t begin{0};        //!< cycle, first packet
        uint32_t done{NO_BLOCK};  //!< last complete block
        /// That block's. A child may lack it until the next block of the slot is complete, for
        /// which each child needs it.
        FlarePacketPtr result;
    };

    /** What to do with a contribution. */
    enum class Verdict : uint8_t
    {
        TAKE,       //!< sum it up
        DUPLICATE,  //!< its child has contributed to the open block
        COMPLETE,   //!< its block is complete: the child has not got the result
        NO_BUFFER,  //!< the slot is another block's
        OTHER_SIZE, //!< it has not as many values as the first one
    };

    /**
     * @param slots how many blocks at a time
     * @param children that contribute to each
     */
    FlareBlockTable(uint32_t slots, uint32_t children);

    /**
     * @param block a block
     * @return its slot
     */
    uint32_t GetSlot(uint32_t block) const
    {
        return block % static_cast<uint32_t>(m_slots.size());
    }

    /**
     * @param slot a slot
     * @return it
     */
    Slot& operator[](uint32_t slot)
    {
        return m_slots[slot];
    }

    /**
     * A contribution has come; opens the block if it is the first one.
     * @param slot of the block
     * @param block the block
     * @param cycle now
     * @param values how many, if all children must have as many
     * @return what to do with it
     */
    Verdict Open(uint32_t slot, uint32_t block, uint64_t cycle, uint16_t values = 0);

    /**
     * Note that a child contributes.
     * @param slot of the open block
     * @param child which
     * @return false if it has done so before
     */
    bool Mark(uint32_t slot, uint32_t child);

    static constexpr uint32_t NO_BLOCK =
        UINT32_MAX; //!< no block has had the slot; none is so called

  private:
    std::vector<Slot> m_slots;    //!< by slot
    std::vector<uint64_t> m_bits; //!< which children have contributed, m_words a slot
    uint32_t m_words;             //!< of a slot
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_BLOCK_TABLE_H */
