/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-helper.h"

#include <numeric>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

CanaryHelper::CanaryHelper()
    : CollectiveHelper("ns3::offload::CanaryNetDevice", "ns3::offload::CanarySwitch")
{
}

void
CanaryHelper::StartAllreduce(const Fabric& fabric,
                             CanaryJob job,
                             const std::vector<FlareVector*>& vectors)
{
    const uint32_t hosts = fabric.hostDevices.GetN();
    CheckVectors(hosts, vectors.size());
    CheckHosts(fabric, job, vectors);
    std::vector<uint32_t> members(hosts);
    std::iota(members.begin(), members.end(), 0);
    job.members = std::make_shared<const std::vector<uint32_t>>(std::move(members));
    for (uint32_t host = 0; host < hosts; ++host)
    {
        job.rank = static_cast<uint16_t>(host);
        job.vector = vectors[host];
        DynamicCast<CanaryNetDevice>(fabric.hostDevices.Get(host))->Start(job);
    }
}

void
CanaryHelper::CheckHosts(const Fabric& fabric,
                         const CanaryJob& job,
                         const std::vector<FlareVector*>& vectors)
{
    if (vectors.empty())
    {
        throw std::invalid_argument("CanaryHelper: the network has not been built (Install)");
    }
    NodeContainer nodes;
    for (uint32_t host = 0; host < vectors.size(); ++host)
    {
        const Ptr<NetDevice> device = fabric.hostDevices.Get(host);
        nodes.Add(device->GetNode());
        const auto canary = DynamicCast<CanaryNetDevice>(device);
        if (!canary || !vectors[host])
        {
            throw std::invalid_argument("CanaryHelper: host " + std::to_string(host) +
                                        " has no CanaryNetDevice (SetHostDeviceType) or no vector");
        }
        if (canary->IsBusy())
        {
            throw std::invalid_argument("CanaryHelper: host " + std::to_string(host) +
                                        " takes part in another allreduce");
        }
    }
    CheckNodes(nodes);
    if (job.blocks == 0)
    {
        throw std::invalid_argument("CanaryHelper: an allreduce needs at least one block");
    }
    CheckFirstBlocks(vectors, {0, GetBytes(job.type), false}, ALL_RANKS);
}

std::string
CanaryHelper::GetError(const Fabric& fabric)
{
    for (uint32_t host = 0; host < fabric.hostDevices.GetN(); ++host)
    {
        const auto device = DynamicCast<CanaryNetDevice>(fabric.hostDevices.Get(host));
        if (device && !device->GetError().empty())
        {
            return device->GetError();
        }
    }
    return "";
}

int64_t
CanaryHelper::GetEnd(const Fabric& fabric)
{
    return GetLast<CanaryNetDevice>(fabric.hostDevices);
}

} // namespace offload
} // namespace ns3
