/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_COLLECTIVE_HELPER_H
#define OFFLOAD_COLLECTIVE_HELPER_H

#include "fabric-helper.h"

#include "ns3/net-device-container.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

/** What helpers of networks that reduce have in common. */
class CollectiveHelper : public FabricHelper
{
  protected:
    /**
     * @param hostDevice TypeId name of the hosts' devices
     * @param fabricSwitch TypeId name of the switches
     */
    CollectiveHelper(const std::string& hostDevice, const std::string& fabricSwitch);

    /**
     * @param hosts how many take part
     * @param vectors how many there are
     * @throw std::invalid_argument if these are different numbers
     */
    static void CheckVectors(uint32_t hosts, std::size_t vectors);

    /**
     * @param hosts a node per host
     * @throw std::invalid_argument if a node is two hosts
     */
    static void CheckNodes(const NodeContainer& hosts);

    /**
     * @tparam Device of the hosts
     * @param devices of all hosts
     * @return when the last one had the last result of its last allreduce, ps
     */
    template <typename Device>
    static int64_t GetLast(const NetDeviceContainer& devices)
    {
        int64_t last = 0;
        for (uint32_t i = 0; i < devices.GetN(); ++i)
        {
            last = std::max(last, DynamicCast<Device>(devices.Get(i))->GetDoneTime());
        }
        return last;
    }
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_COLLECTIVE_HELPER_H */
