/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_HELPER_H
#define OFFLOAD_RDMA_HELPER_H

#include "link-helper.h"

#include "ns3/queue-pair.h"
#include "ns3/rdma-net-device.h"

#include <cstdint>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

/**
 * Puts RDMA NICs into nodes, each with an engine and an address, and connects queue pairs.
 *
 * Bad settings are refused with std::invalid_argument, whose message is one line that names the
 * attribute and the accepted values. A time resolution other than picoseconds is refused with
 * std::runtime_error.
 */
class RdmaHelper : public LinkHelper
{
  public:
    /** NICs get an MTU that fits the greatest RoCEv2 packet. */
    RdmaHelper();

    /**
     * Set an attribute of the engines created from now on.
     * @param name the attribute
     * @param value its value
     * @throw std::invalid_argument if there is no such attribute or it refuses the value
     */
    void SetEngineAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Set an attribute of queue pairs of the engines created from now on; as SetEngineAttribute.
     * They share one QueuePairConfig.
     */
    void SetQueuePairAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Put the NICs created from now on behind PCIe: host memory, cores, and what requests and
     * completions take. Default: the host is at no distance.
     */
    void EnableHost();

    /** Set an attribute of the ways to the hosts; as SetEngineAttribute. */
    void SetHostAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the PCIe links; as SetEngineAttribute. */
    void SetPcieAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the memory of hosts that have none yet; as SetEngineAttribute. */
    void SetMemoryAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the cores of hosts that have none yet; as SetEngineAttribute. */
    void SetCpuAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @param node a node
     * @return its memory, made if there is none yet
     */
    Ptr<HostMemory> GetMemory(Ptr<Node> node) const;

    /**
     * Give the NICs created from now on addresses one after the other. Default: from 10.0.0.1.
     * @param first the first one
     */
    void SetFirstAddress(Ipv4Address first);

    /**
     * Create a NIC on a node, to be connected later.
     * @param node the node
     * @return the NIC, with fresh MAC and IPv4 addresses
     * @throw std::invalid_argument if the attributes together are impossible; the node is as before
     */
    Ptr<RdmaNetDevice> CreateDevice(Ptr<Node> node);

    /**
     * Connect two nodes, each by an RDMA NIC.
     * @param nodes two nodes
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(const NodeContainer& nodes);
    /** @copydoc Install(const NodeContainer&) */
    NetDeviceContainer Install(Ptr<Node> a, Ptr<Node> b);

    /**
     * @param bytes payload of a packet
     * @throw std::invalid_argument with one line if RDMA has no such MTU (IBTA 9.2): 256, 512,
     * 1024, 2048 or 4096
     */
    static void CheckMtu(uint64_t bytes);

    /**
     * @param device a NIC
     * @param config of its queue pairs
     * @throw std::invalid_argument with one line if their packets exceed the NIC's MTU
     */
    static void CheckPackets(const LinkNetDevice& device, const QueuePairConfig& config);

    /**
     * @param host the way to it
     * @param cores how many it has
     * @throw std::invalid_argument with one line if the core that posts is none of them
     */
    static void CheckCore(const RdmaHost& host, uint32_t cores);

    /** Two queue pairs that are connected with each other. */
    using Connection = std::pair<Ptr<QueuePair>, Ptr<QueuePair>>;

    /**
     * Make a queue pair at each of two NICs and connect them: both are READY_TO_SEND. Each gets a
     * completion queue for both directions, with room for SendDepth and ReceiveDepth.
     * @param a a NIC
     * @param b another one
     * @return the queue pairs, in the same order
     */
    static Connection ConnectQueuePairs(Ptr<RdmaNetDevice> a, Ptr<RdmaNetDevice> b);

    /**
     * Connect two queue pairs that are in RESET: both are READY_TO_SEND then.
     * @param a a queue pair
     * @param b another one
     * @throw std::invalid_argument if their MTUs differ
     */
    static void ConnectQueuePairs(Ptr<QueuePair> a, Ptr<QueuePair> b);

  private:
    Ptr<RdmaHost> CreateHost(Ptr<Node> node) const;

    ObjectFactory m_engineFactory;    //!< makes the engines
    ObjectFactory m_queuePairFactory; //!< makes the settings of queue pairs
    ObjectFactory m_hostFactory;      //!< makes the ways to the hosts
    ObjectFactory m_pcieFactory;      //!< makes the PCIe links
    ObjectFactory m_memoryFactory;    //!< makes the memories
    ObjectFactory m_cpuFactory;       //!< makes the cores
    bool m_host{false};               //!< NICs are behind PCIe
    Ptr<QueuePairConfig> m_config;    //!< what the engines share; null: to be made
    uint32_t m_nextAddress;           //!< of the next NIC
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_HELPER_H */
