/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SHARDS_H
#define OFFLOAD_FLARE_SHARDS_H

#include "flare-packet.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** Which packets ("shards") of a sparse block have come from one sender, and how many there are. */
class FlareShards
{
  public:
    /** Begin with another block. */
    void Reset()
    {
        *this = FlareShards();
    }

    /**
     * A packet has come.
     * @param packet of the block
     * @return false if it is a copy of one that had come
     */
    bool Mark(const FlarePacket& packet)
    {
        uint64_t& word = m_bits[packet.shard / WORD_BITS];
        const uint64_t bit = uint64_t{1} << packet.shard % WORD_BITS;
        if ((word & bit) != 0)
        {
            return false;
        }
        word |= bit;
        return true;
    }

    /**
     * Count a packet that is no copy.
     * @param packet of the block
     * @return whether it was the last one that was missing
     */
    bool Count(const FlarePacket& packet)
    {
        if (packet.shards != 0)
        {
            m_expected = packet.shards;
        }
        return ++m_received == m_expected;
    }

    /// Bytes of the marks; with the counts alone, in a network that loses nothing, there are none
    static constexpr uint32_t MARK_BYTES = (flare::MAX_SHARDS + 1) / 8;
    static constexpr uint32_t COUNT_BYTES = 2; //!< of both counts

  private:
    static constexpr uint32_t WORD_BITS = 64;

    std::array<uint64_t, (flare::MAX_SHARDS + 1) / WORD_BITS> m_bits{}; //!< by shard
    uint8_t m_received{0};                                              //!< how many have come
    uint8_t m_expected{0}; //!< how many there are; 0: not known yet
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SHARDS_H */
