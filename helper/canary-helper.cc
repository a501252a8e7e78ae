/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-helper.h"

#include <numeric>

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

int64_t
CanaryHelper::GetEnd(const Fabric& fabric)
{
    return GetLast<CanaryNetDevice>(fabric.hostDevices);
}

} // namespace offload
} // namespace ns3
