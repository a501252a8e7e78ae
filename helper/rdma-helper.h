/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_HELPER_H
#define OFFLOAD_RDMA_HELPER_H

#include "host-helper.h"
#include "link-helper.h"
#include "rdma-nic-helper.h"

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
class RdmaHelper : public LinkHelper, public HostHelper, public RdmaNicHelper
{
  public:
    /** NICs get an MTU that fits the greatest RoCEv2 packet. */
    RdmaHelper();

    /**
     * Put the NICs created from now on behind PCIe: host memory, cores, and what requests and
     * completions take. Default: the host is at no distance.
     */
    void EnableHost();

    /** As HostHelper::UseHost; the NICs are behind PCIe then: see EnableHost. */
    void UseHost(const HostPreset& preset);

    /** Set an attribute of the ways to the hosts; as SetEngineAttribute. */
    void SetHostAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Create a NIC on a node, to be connected later.
     * @param node the node
     * @return the NIC, with fresh MAC and IPv4 addresses
     * @throw std::invalid_argument if the attributes together are impossible; the node is as before
     */
    Ptr<RdmaNetDevice> CreateDevice(Ptr<Node> node)
    {
        return DynamicCast<RdmaNetDevice>(DoCreateDevice(node));
    }

    /**
     * @param bytes payload of a packet
     * @throw std::invalid_argument with one line if RDMA has no such MTU (IBTA 9.2): 256, 512,
     * 1024, 2048 or 4096
     */
    static void CheckMtu(uint64_t bytes);

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
    Ptr<LinkNetDevice> DoCreateDevice(Ptr<Node> node) override;
    void UsePattern(bool use) override;
    Ptr<RdmaHost> CreateHost(Ptr<Node> node) const;

    bool m_host{false}; //!< NICs are behind PCIe
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_HELPER_H */
