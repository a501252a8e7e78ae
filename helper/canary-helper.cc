/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-helper.h"

#include "ns3/queue-size.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

CanaryHelper::CanaryHelper()
{
    SetHostDeviceType("ns3::offload::CanaryNetDevice");
    SetSwitchType("ns3::offload::CanarySwitch");
    // A host hands in a whole window at once; it has the data in its memory.
    constexpr uint32_t PACKETS = 100'000;
    SetHostDeviceAttribute("QueueSize", QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, PACKETS)));
}

void
CanaryHelper::StartAllreduce(const Fabric& fabric,
                             CanaryJob job,
                             const std::vector<FlareVector*>& vectors)
{
    const uint32_t hosts = fabric.hostDevices.GetN();
    if (vectors.size() != hosts)
    {
        throw std::invalid_argument("CanaryHelper::StartAllreduce: " + std::to_string(hosts) +
                                    " hosts need as many vectors, not " +
                                    std::to_string(vectors.size()));
    }
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
    int64_t end = 0;
    for (uint32_t i = 0; i < fabric.hostDevices.GetN(); ++i)
    {
        end = std::max(end, DynamicCast<CanaryNetDevice>(fabric.hostDevices.Get(i))->GetDoneTime());
    }
    return end;
}

} // namespace offload
} // namespace ns3
