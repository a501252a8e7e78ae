/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "collective-helper.h"

#include "ns3/queue-size.h"

#include <map>
#include <stdexcept>

namespace ns3
{
namespace offload
{

CollectiveHelper::CollectiveHelper(const std::string& hostDevice, const std::string& fabricSwitch)
{
    SetHostDeviceType(hostDevice);
    SetSwitchType(fabricSwitch);
    // A host hands in a whole window at once; it has the data in its memory.
    constexpr uint32_t PACKETS = 100'000;
    SetHostDeviceAttribute("QueueSize", QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, PACKETS)));
}

void
CollectiveHelper::CheckVectors(uint32_t hosts, std::size_t vectors)
{
    if (vectors != hosts)
    {
        throw std::invalid_argument("StartAllreduce: " + std::to_string(hosts) +
                                    " hosts need as many vectors, not " + std::to_string(vectors));
    }
}

void
CollectiveHelper::CheckNodes(const NodeContainer& hosts)
{
    std::map<uint32_t, uint32_t> first; // host by node
    for (uint32_t host = 0; host < hosts.GetN(); ++host)
    {
        const auto [other, fresh] = first.emplace(hosts.Get(host)->GetId(), host);
        if (!fresh)
        {
            throw std::invalid_argument("CollectiveHelper: hosts " + std::to_string(other->second) +
                                        " and " + std::to_string(host) + " are the same node");
        }
    }
}

} // namespace offload
} // namespace ns3
