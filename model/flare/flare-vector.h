/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_VECTOR_H
#define OFFLOAD_FLARE_VECTOR_H

#include "flare-packet.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A host's part of an allreduce: what it contributes, and where the result goes. Contributions stay
 * as they are until the allreduce is over: when something has failed, blocks are read again, and
 * the first one is read once before it begins.
 */
class FlareVector
{
  public:
    virtual ~FlareVector() = default;

    /**
     * Fill a packet with a block's values: `values`, `dataBytes` and `data`, which is a buffer.
     * Dense blocks have as many values at each rank.
     * @param block which
     * @param shard sparse: number of the packet in the block, from 0; otherwise 0
     * @param packet the packet
     * @return sparse: whether the block has more values
     */
    virtual bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) = 0;

    /**
     * A block's result has come, or a shard of it; each once. After a repair (FlareCommunicator) a
     * block may come once more, and replaces what came before.
     * @param packet with the result; shared, and gone after the call unless it is kept
     */
    virtual void Write(const FlarePacket& packet) = 0;

    /**
     * A sparse allreduce begins once more (FlareCommunicator): what has come of the result is void,
     * and will come again.
     * @return false if it cannot; then that is an error
     */
    virtual bool Forget()
    {
        return false;
    }
};

/** What a vector's packets must be like, and whose it is. */
struct FlareFormat
{
    uint32_t rank{0};         //!< whose
    uint32_t elementBytes{0}; //!< of a value; 0: not known
    bool sparse{false};       //!< pairs of index and value

    /**
     * Have a vector fill a packet.
     * @param vector the rank's
     * @param block which
     * @param shard sparse: number of the packet in the block
     * @param packet with a buffer
     * @return whether the block has more values
     * @throw std::invalid_argument with one line that names rank and block if it holds more bytes
     *        than there is room for, or others than its values have
     */
    bool Read(FlareVector& vector, uint32_t block, uint32_t shard, FlarePacket& packet) const
    {
        const bool more = vector.Read(block, shard, packet) && sparse;
        if (packet.dataBytes > flare::MAX_DATA_BYTES || !HasBytesOfValues(packet))
        {
            Refuse(block, packet);
        }
        return more;
    }

    /**
     * All ranks have as many values in a dense block.
     * @param block which
     * @param values of this rank
     * @param other a rank that was looked at before
     * @param otherValues its values
     * @throw std::invalid_argument with one line that names both if they differ
     */
    void CheckSame(uint32_t block, uint32_t values, uint32_t other, uint32_t otherValues) const;

  private:
    bool HasBytesOfValues(const FlarePacket& packet) const
    {
        return elementBytes == 0 ||
               (sparse ? packet.values * (flare::INDEX_BYTES + elementBytes) <= packet.dataBytes
                       : packet.values * elementBytes == packet.dataBytes);
    }

    [[noreturn]] void Refuse(uint32_t block, const FlarePacket& packet) const;
};

/**
 * Look at the first block of all who contribute, before an allreduce begins.
 * @param vectors by rank
 * @param format of each; the rank is filled in
 * @param only the rank that contributes, or ALL_RANKS
 * @throw std::invalid_argument with one line that names a rank
 */
void CheckFirstBlocks(const std::vector<FlareVector*>& vectors, FlareFormat format, uint32_t only);

/// All contribute
constexpr uint32_t ALL_RANKS = UINT32_MAX;

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_VECTOR_H */
