/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_PAIRS_H
#define OFFLOAD_FLARE_PAIRS_H

#include "ns3/flare-net-device.h"

#include <cstring>
#include <map>

namespace ns3
{
namespace offload
{

/** Some integers at some indices, of either sign; what comes is added, as in an application. */
class Pairs : public FlareVector
{
  public:
    static constexpr uint32_t RANGE = 1'000; //!< of a block
    static constexpr uint32_t BLOCKS = 30;

    explicit Pairs(uint32_t host)
    {
        for (uint32_t i = 0; i < 4'000 && host != 2; ++i)
        {
            // Hosts 0 and 1 have the same ones, and a third of their sums is zero.
            const uint32_t index = i * 7 + host / 2;
            values[index] = host % 2 == 0 ? 1'000 : -1'000 + static_cast<int32_t>(i % 3);
        }
    }

    bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override
    {
        const uint32_t capacity = flare::GetSparseCapacity(sizeof(int32_t));
        auto at = values.lower_bound(block * RANGE);
        const auto end = values.lower_bound((block + 1) * RANGE);
        for (uint32_t i = 0; i < shard * capacity; ++i)
        {
            ++at;
        }
        uint8_t* pair = packet.data->bytes.data();
        packet.values = 0;
        for (; packet.values < capacity && at != end; ++at, ++packet.values)
        {
            const auto offset = static_cast<uint16_t>(at->first - block * RANGE);
            std::memcpy(pair, &offset, sizeof(offset));
            std::memcpy(pair + sizeof(offset), &at->second, sizeof(at->second));
            pair += sizeof(offset) + sizeof(at->second);
        }
        packet.dataBytes = packet.values * (flare::INDEX_BYTES + sizeof(int32_t));
        return at != end;
    }

    void Write(const FlarePacket& packet) override
    {
        ++packets;
        for (uint32_t i = 0; i < packet.values; ++i)
        {
            const uint8_t* pair = &packet.data->bytes[i * (flare::INDEX_BYTES + sizeof(int32_t))];
            uint16_t offset;
            int32_t value;
            std::memcpy(&offset, pair, sizeof(offset));
            std::memcpy(&value, pair + sizeof(offset), sizeof(value));
            result[packet.block * RANGE + offset] += value;
        }
    }

    bool Forget() override
    {
        result.clear();
        return forgets;
    }

    std::map<uint32_t, int32_t> values;
    std::map<uint32_t, int32_t> result;
    uint32_t packets{0};
    bool forgets{true};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_PAIRS_H */
