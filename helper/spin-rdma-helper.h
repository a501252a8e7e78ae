/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_RDMA_HELPER_H
#define OFFLOAD_SPIN_RDMA_HELPER_H

#include "rdma-helper.h"
#include "spin-helper.h"

#include "ns3/host-preset.h"
#include "ns3/spin-rdma-net-device.h"

#include <string>

namespace ns3
{
namespace offload
{

/**
 * Puts sPIN NICs that speak RoCEv2 into nodes, and connects their queue pairs. Handlers, queue
 * pairs and the protocol stack share a NIC's PCIe link and its host's memory and cores.
 *
 * Bad settings are refused as by SpinHelper.
 */
class SpinRdmaHelper : public SpinHelper
{
  public:
    /** NICs get an MTU that fits the greatest RoCEv2 packet. */
    SpinRdmaHelper();

    /**
     * Take a host from a publication; attributes set afterwards override it.
     * @param preset the host
     */
    void UseHost(const HostPreset& preset);

    /**
     * Take NIC and network of the SC'17 sPIN simulation: four HPUs at 2.5 GHz, 30 ns for a
     * message's first packet and 2 ns for each other, MTU 4096, 400 Gbit/s, 33.4 ns of cable.
     */
    void UseSc17Nic();

    /** Set an attribute of the engines created from now on; as SetUnitAttribute. */
    void SetEngineAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of their queue pairs; as SetUnitAttribute. */
    void SetQueuePairAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of what requests and completions take; as SetUnitAttribute. */
    void SetRdmaHostAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Give the NICs created from now on addresses one after the other. Default: from 10.0.0.1.
     * @param first the first one
     */
    void SetFirstAddress(Ipv4Address first);

    /**
     * Create a NIC on a node, to be connected later.
     * @param node the node
     * @return the NIC, with fresh MAC and IPv4 addresses
     */
    Ptr<SpinRdmaNetDevice> CreateDevice(Ptr<Node> node);

    /**
     * Connect two nodes, each by a NIC.
     * @param a a node
     * @param b another one
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(Ptr<Node> a, Ptr<Node> b);

    /**
     * Make a queue pair at each of two NICs and connect them, as RdmaHelper does; after the NICs
     * have their final addresses.
     * @param a a NIC
     * @param b another one
     * @return the queue pairs, in the same order
     */
    static RdmaHelper::Connection ConnectQueuePairs(Ptr<SpinRdmaNetDevice> a,
                                                    Ptr<SpinRdmaNetDevice> b);

    /// SC'17: 10 m of cable, ps
    static constexpr int64_t SC17_CABLE_PS = 33'400;

  private:
    ObjectFactory m_engineFactory;    //!< makes the engines
    ObjectFactory m_queuePairFactory; //!< makes the settings of queue pairs
    ObjectFactory m_rdmaHostFactory;  //!< makes the ways to the hosts
    Ptr<QueuePairConfig> m_config;    //!< what the engines share; null: to be made
    uint32_t m_nextAddress;           //!< of the next NIC
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_RDMA_HELPER_H */
