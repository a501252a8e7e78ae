/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Switched networks of hosts with RDMA NICs.
 */
#ifndef OFFLOAD_RDMA_NETWORK_H
#define OFFLOAD_RDMA_NETWORK_H

#include "ns3/data-rate.h"
#include "ns3/fabric-helper.h"
#include "ns3/rdma-helper.h"
#include "ns3/roce-headers.h"
#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

/**
 * @param topology of the network
 * @param packetBytes payload of the hosts' packets
 * @return hosts' RdmaNetDevices and switches, all links of 100 Gbit/s
 */
inline Fabric
InstallRdmaNetwork(const FabricTopology& topology, uint32_t packetBytes = roce::MAX_MTU)
{
    const DataRateValue rate(DataRate("100Gbps"));
    RdmaHelper nics;
    nics.SetDeviceAttribute("DataRate", rate);
    nics.SetQueuePairAttribute("Mtu", UintegerValue(packetBytes));
    FabricHelper switches;
    switches.SetPortAttribute("DataRate", rate);
    switches.SetPortAttribute("Mtu", UintegerValue(LinkNetDevice::MAX_MTU));
    NodeContainer nodes(topology.GetHosts());
    NetDeviceContainer devices;
    for (auto node = nodes.Begin(); node != nodes.End(); ++node)
    {
        devices.Add(nics.CreateDevice(*node));
    }
    return switches.Install(topology, devices);
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_NETWORK_H */
