/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-helper.h"

#include "ns3/flare-generator.h"
#include "ns3/flare-switch.h"

#include <algorithm>
#include <cmath>
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
    CheckNodes(hosts);
    FlareNetwork network;
    network.fabric = FabricHelper::Install(topology, hosts);
    network.manager = std::make_unique<FlareManager>(topology, network.fabric.switches);
    return network;
}

namespace
{

/** @return most indices of a sparse block for which a packet, its fields and all switches do */
uint32_t
GetMaxBlockRange(const FlareNetwork& network, const FlareReduction& reduction, double density)
{
    const uint32_t bytes = reduction.operation->GetElementBytes();
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
    return range;
}

/** @return clusters that a switch has, wherever the root will be */
uint32_t
GetClusters(const FlareNetwork& network)
{
    uint32_t clusters = UINT32_MAX;
    for (const Ptr<FabricSwitch>& device : network.fabric.switches)
    {
        const Ptr<FlareSwitch> flareSwitch = DynamicCast<FlareSwitch>(device);
        clusters = flareSwitch ? std::min(clusters, flareSwitch->GetClusters()) : clusters;
    }
    return clusters;
}

/** @return the quotient, rounded up */
uint64_t
DivideUp(uint64_t dividend, uint64_t divisor)
{
    return (dividend + divisor - 1) / divisor;
}

} // namespace

FlareReduction
FlareHelper::MakeSparse(const FlareNetwork& network,
                        FlareType type,
                        double density,
                        uint64_t elements)
{
    if (!(density > 0 && density <= 1) || elements == 0)
    {
        throw std::invalid_argument("FlareHelper::MakeSparse: a density is above 0 and at most 1, "
                                    "not " +
                                    std::to_string(density) + ", and a vector has elements");
    }
    FlareReduction reduction;
    reduction.sparse = true;
    reduction.operation = FlareOperator::Make(type, FlareOperation::SUM);
    reduction.storage = FlareStorage::HASH;
    reduction.hashSize = FlareGenerator::GetHashSize(reduction.operation->GetElementBytes());
    const uint64_t most = GetMaxBlockRange(network, reduction, density);
    const uint64_t clusters = GetClusters(network);
    const uint64_t turns = DivideUp(elements, most * clusters);
    const uint64_t even = DivideUp(elements, turns * clusters);
    // Most of a packet without values is its header.
    const auto oneValue = static_cast<uint64_t>(std::min(std::ceil(1 / density), 1e9));
    const uint64_t least = std::max<uint64_t>(oneValue, reduction.hashSize);
    reduction.blockRange = static_cast<uint32_t>(std::min({std::max(even, least), most, elements}));
    return reduction;
}

uint32_t
FlareHelper::GetMaxPartitions(const FlareReduction& reduction, uint32_t children, uint32_t ports)
{
    const auto device = CreateObject<FlareSwitch>();
    FlareReduction one = reduction;
    one.children = children;
    one.blockRange = 1;
    one.storage = FlareStorage::HASH;
    one.hashSize = FlareGenerator::GetHashSize(reduction.operation->GetElementBytes());
    uint32_t most = device->GetMaxPartitions(one);
    if (reduction.sparse)
    {
        // A root's array of at least one index, for which MakeSparse looks in each switch
        one.storage = FlareStorage::ARRAY;
        one.children = ports;
        most = std::min(most, device->GetMaxPartitions(one));
    }
    device->Dispose();
    return most;
}

void
FlareHelper::CheckHosts(const FlareNetwork& network,
                        FlareCollective collective,
                        const std::vector<FlareVector*>& vectors)
{
    const uint32_t hosts = network.fabric.hostDevices.GetN();
    if (!network.manager || hosts == 0)
    {
        throw std::invalid_argument("FlareHelper: the network has not been built (Install)");
    }
    if (collective != FlareCollective::BARRIER)
    {
        CheckVectors(hosts, vectors.size());
        if (std::find(vectors.begin(), vectors.end(), nullptr) != vectors.end())
        {
            throw std::invalid_argument("FlareHelper: a host's vector is null");
        }
    }
    for (uint32_t host = 0; host < hosts; ++host)
    {
        if (GetHost(network, host)->IsBusy())
        {
            throw std::invalid_argument("FlareHelper: host " + std::to_string(host) +
                                        " takes part in another operation");
        }
    }
}

std::optional<FlareGroup>
FlareHelper::Start(FlareNetwork& network,
                   const FlareReduction& reduction,
                   const std::vector<FlareVector*>& vectors,
                   uint32_t blocks,
                   uint32_t window)
{
    CheckHosts(network, reduction.collective, vectors);
    const FlareReduction what = reduction.Checked();
    std::vector<uint32_t> members(network.fabric.hostDevices.GetN());
    std::iota(members.begin(), members.end(), 0);
    const auto group = network.manager->Create(members, what, std::min(window, blocks));
    try
    {
        if (group)
        {
            Start(network, *group, vectors, blocks);
        }
    }
    catch (const std::logic_error&)
    {
        network.manager->Destroy(group->id);
        throw;
    }
    return group;
}

void
FlareHelper::Start(FlareNetwork& network,
                   const FlareGroup& group,
                   const std::vector<FlareVector*>& vectors,
                   uint32_t blocks)
{
    CheckHosts(network, group.collective, vectors);
    const uint32_t hosts = network.fabric.hostDevices.GetN();
    if (group.members.size() != hosts)
    {
        throw std::invalid_argument(
            "FlareHelper: the group has " + std::to_string(group.members.size()) +
            " members, and the network " + std::to_string(hosts) + " hosts");
    }
    if (blocks == 0)
    {
        throw std::invalid_argument("FlareHelper: an operation needs at least one block");
    }
    if (group.collective != FlareCollective::BARRIER)
    {
        const bool all = group.collective != FlareCollective::BROADCAST;
        CheckFirstBlocks(vectors,
                         {0, group.elementBytes, group.sparse},
                         all ? ALL_RANKS : group.rootHost);
    }
    try
    {
        for (uint32_t host = 0; host < hosts; ++host)
        {
            FlareJob job = group.MakeJob(host);
            job.blocks = blocks;
            job.vector = group.collective == FlareCollective::BARRIER ? nullptr : vectors[host];
            GetHost(network, host)->Start(job);
        }
    }
    catch (const std::logic_error&)
    {
        for (uint32_t host = 0; host < hosts; ++host)
        {
            GetHost(network, host)->Stop(group.id);
        }
        throw;
    }
}

Ptr<FlareCommunicator>
FlareHelper::CreateCommunicator(const FlareNetwork& network, std::vector<uint32_t> members)
{
    if (!network.manager)
    {
        throw std::invalid_argument("FlareHelper: the network has not been built (Install)");
    }
    if (members.empty())
    {
        members.resize(network.fabric.hostDevices.GetN());
        std::iota(members.begin(), members.end(), 0);
    }
    const auto communicator = CreateObject<FlareCommunicator>();
    communicator->SetMembers(network.fabric, *network.manager, members);
    return communicator;
}

Ptr<FlareNetDevice>
FlareHelper::GetHost(const FlareNetwork& network, uint32_t host)
{
    const auto device = DynamicCast<FlareNetDevice>(network.fabric.hostDevices.Get(host));
    if (!device)
    {
        throw std::invalid_argument("FlareHelper: host " + std::to_string(host) +
                                    " has no FlareNetDevice (SetHostDeviceType)");
    }
    return device;
}

std::string
FlareHelper::GetError(const FlareNetwork& network)
{
    for (uint32_t host = 0; host < network.fabric.hostDevices.GetN(); ++host)
    {
        const std::string& error = GetHost(network, host)->GetError();
        if (!error.empty())
        {
            return error;
        }
    }
    return "";
}

int64_t
FlareHelper::GetEnd(const FlareNetwork& network)
{
    return GetLast<FlareNetDevice>(network.fabric.hostDevices);
}

} // namespace offload
} // namespace ns3
