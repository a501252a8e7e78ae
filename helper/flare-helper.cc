/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-helper.h"

#include "ns3/flare-generator.h"
#include "ns3/flare-switch.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{
FlareHelper::FlareHelper()
    : CollectiveHelper("ns3::offload::FlareNetDevice", "ns3::offload::FlareSwitch")
{
}

FlareNetwork
FlareHelper::Install(const FabricTopology& topology, const NodeContainer& hosts)
{
    FlareNetwork network;
    network.fabric = FabricHelper::Install(topology, hosts);
    network.manager = std::make_unique<FlareManager>(topology, network.fabric.switches);
    return network;
}

FlareReduction
FlareHelper::MakeSparse(const FlareNetwork& network, FlareType type, double density)
{
    if (!(density > 0 && density <= 1))
    {
        throw std::invalid_argument("FlareHelper::MakeSparse: a density is above 0 and at most 1, "
                                    "not " +
                                    std::to_string(density));
    }
    FlareReduction reduction;
    reduction.sparse = true;
    reduction.operation = FlareOperator::Make(type, FlareOperation::SUM);
    const uint32_t bytes = reduction.operation->GetElementBytes();
    reduction.storage = FlareStorage::HASH;
    reduction.hashSize = FlareGenerator::GetHashSize(bytes);
    // Of a dense block each packet is full, and the last one counts them.
    const double least = 1.0 / flare::MAX_BLOCK_RANGE; // below it, indices are the limit
    uint32_t range = std::min({FlareGenerator::GetBlockRange(std::max(density, least), bytes),
                               flare::MAX_BLOCK_RANGE,
                               flare::MAX_SHARDS * flare::GetSparseCapacity(bytes)});
    for (const Ptr<FabricSwitch>& device : network.fabric.switches)
    {
        const Ptr<FlareSwitch> flareSwitch = DynamicCast<FlareSwitch>(device);
        range = flareSwitch ? std::min(range, flareSwitch->GetMaxBlockRange(reduction)) : range;
    }
    if (range == 0)
    {
        throw std::invalid_argument("FlareHelper::MakeSparse: the switches have no room for a "
                                    "block; give them fewer partitions");
    }
    reduction.blockRange = range;
    return reduction;
}

std::optional<FlareGroup>
FlareHelper::StartAllreduce(FlareNetwork& network,
                            const FlareReduction& reduction,
                            const std::vector<FlareVector*>& vectors,
                            uint32_t blocks,
                            uint32_t window)
{
    const uint32_t hosts = network.fabric.hostDevices.GetN();
    CheckVectors(hosts, vectors.size());
    std::vector<uint32_t> members(hosts);
    std::iota(members.begin(), members.end(), 0);
    const auto group = network.manager->Create(members, reduction, std::min(window, blocks));
    if (!group)
    {
        return group;
    }
    for (uint32_t host = 0; host < hosts; ++host)
    {
        FlareJob job = group->MakeJob(host);
        job.blocks = blocks;
        job.address = flare::FIRST_ADDRESS + host;
        job.sparse = reduction.sparse;
        job.vector = vectors[host];
        DynamicCast<FlareNetDevice>(network.fabric.hostDevices.Get(host))->Start(job);
    }
    return group;
}

Ptr<FlareCommunicator>
FlareHelper::CreateCommunicator(const FlareNetwork& network, std::vector<uint32_t> members)
{
    if (members.empty())
    {
        members.resize(network.fabric.hostDevices.GetN());
        std::iota(members.begin(), members.end(), 0);
    }
    const auto communicator = CreateObject<FlareCommunicator>();
    communicator->SetMembers(network.fabric, *network.manager, members);
    return communicator;
}

int64_t
FlareHelper::GetEnd(const FlareNetwork& network)
{
    return GetLast<FlareNetDevice>(network.fabric.hostDevices);
}

} // namespace offload
} // namespace ns3
