/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-vector.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

void
FlareFormat::Refuse(uint32_t block, const FlarePacket& packet) const
{
    throw std::invalid_argument("FlareVector: rank " + std::to_string(rank) + " fills block " +
                                std::to_string(block) + " with " + std::to_string(packet.values) +
                                " values in " + std::to_string(packet.dataBytes) +
                                " bytes; a value has " + std::to_string(elementBytes) +
                                (sparse ? " and an index of 2" : "") + ", and a packet at most " +
                                std::to_string(flare::MAX_DATA_BYTES));
}

void
FlareFormat::CheckSame(uint32_t block, uint32_t values, uint32_t other, uint32_t otherValues) const
{
    if (values != otherValues)
    {
        throw std::invalid_argument("FlareVector: rank " + std::to_string(rank) + " has " +
                                    std::to_string(values) + " values in block " +
                                    std::to_string(block) + ", and rank " + std::to_string(other) +
                                    " has " + std::to_string(otherValues));
    }
}

void
CheckFirstBlocks(const std::vector<FlareVector*>& vectors, FlareFormat format, uint32_t only)
{
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    const FlarePacketPtr packet = pool->Create();
    packet->data = pool->CreateBuffer();
    uint32_t values = 0;
    for (format.rank = 0; format.rank < vectors.size(); ++format.rank)
    {
        if (only != ALL_RANKS && format.rank != only)
        {
            continue;
        }
        packet->values = 0;
        packet->dataBytes = 0;
        format.Read(*vectors[format.rank], 0, 0, *packet);
        values = format.rank == 0 ? packet->values : values;
        if (!format.sparse && only == ALL_RANKS)
        {
            format.CheckSame(0, packet->values, 0, values);
        }
    }
}

} // namespace offload
} // namespace ns3
