/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SPARSE_HANDLER_H
#define OFFLOAD_FLARE_SPARSE_HANDLER_H

#include "flare-block-table.h"
#include "flare-handler.h"
#include "flare-shards.h"
#include "flare-spin-lock.h"

#include "ns3/instruction-mix.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Handlers for pairs of index and value (SC 2021, section 7): one lock a block, and for each child
 * the packets ("shards") in which its part of the block comes.
 *
 * A hash table keeps the first index that comes to each entry; others go to a spill buffer, which
 * is sent on as soon as it fills a packet. An array keeps all. When all shards of all children have
 * been summed, what is kept is sent, the last packet with the number of all that were sent.
 *
 * Unless the reduction is lossless, shards are marked, so that copies are ignored, and what was
 * sent of a block is kept until the next one of its slot is complete: a copy of a child's last
 * shard asks for it again. Where all children miss a result, one answer from above serves all.
 */
class FlareSparseHandler final : public FlareHandler
{
  public:
    /** @copydoc FlareHandler::FlareHandler */
    FlareSparseHandler(const FlareReduction& reduction, FlareServices& services);

    uint32_t GetCodeBytes() const override;
    uint64_t GetBlockBytes() const override;
    FlareStep Step(FlareTask& task, uint64_t cycle) override;

  private:
    enum Phase : uint8_t
    {
        ENTER,     //!< the header has been read
        LOOK,      //!< was woken up: is the block idle?
        SPILLED,   //!< the spill buffer is full, and there may be more values in the packet
        ADDED,     //!< the packet's values are in
        COLLECTED, //!< a packet of the block's values is full, or has all that are left
        FLUSHED,   //!< the block's values have been sent
        REPEATED   //!< a shard that may have been lost has been sent again
    };

    /** A block beside its slot in the table. */
    struct Block
    {
        FlareSpinLock lock;                 //!< of all that follows
        FlarePacketPtr spill;               //!< packet that is being filled
        uint32_t sent{0};                   //!< shards
        uint32_t next{0};                   //!< first entry that has not been collected
        std::vector<uint8_t> present;       //!< by entry (HASH: its index is set)
        std::vector<uint16_t> index;        //!< HASH: by entry
        std::vector<uint8_t> values;        //!< by entry
        std::vector<FlareShards> shards;    //!< by child
        std::vector<FlarePacketPtr> copies; //!< of what was sent
        std::vector<FlarePacketPtr> before; //!< the same of the slot's last complete block
        std::vector<bool> asked;            //!< by child: for these, since they were last repeated
    };

    /** What a step has done with values of a packet. */
    struct Addition
    {
        uint32_t values{0};   //!< how many
        uint32_t combined{0}; //!< of these, with one that was there
        uint32_t cycles{0};   //!< of all, if the operator is one of the module's
    };

    FlareStep Enter(FlareTask& task, uint64_t cycle);
    FlareStep Take(FlareTask& task, uint64_t cycle);
    FlareStep AddToArray(const FlareTask& task, Block& block, uint64_t cycle);
    FlareStep AddToHash(FlareTask& task, Block& block, uint64_t cycle);
    FlareStep Work(const FlareTask& task, const Addition& addition, uint64_t cycle) const;
    FlareStep Added(FlareTask& task, uint64_t cycle);
    FlareStep Collect(FlareTask& task, Block& block, uint64_t cycle);
    FlareStep Collected(FlareTask& task, uint64_t cycle);
    FlareStep Close(FlareTask& task, uint64_t cycle);
    bool MustRepeat(Block& block, const FlarePacket& packet) const;
    FlareStep Repeat(FlareTask& task, uint64_t cycle);
    void Append(Block& block, uint16_t index, const uint8_t* value);
    void SendSpill(FlareTask& task, Block& block, bool last, uint64_t cycle);
    bool IsWellFormed(const FlarePacket& packet) const;

    FlareBlockTable m_slots;     //!< which block is where
    std::vector<Block> m_blocks; //!< by slot
    uint32_t m_element;          //!< bytes of a value
    uint32_t m_capacity;         //!< values of a packet
    uint32_t m_entries;          //!< of a block's table or array
    uint32_t m_moreCycles;       //!< to combine a value, than the module's operators take
    uint32_t m_moreAccesses;     //!< to L1 in these
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SPARSE_HANDLER_H */
