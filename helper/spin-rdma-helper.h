/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_RDMA_HELPER_H
#define OFFLOAD_SPIN_RDMA_HELPER_H

#include "rdma-helper.h"
#include "spin-helper.h"

#include "ns3/spin-rdma-net-device.h"

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
class SpinRdmaHelper : public SpinHelper, public RdmaNicHelper
{
  public:
    /** NICs get an MTU that fits the greatest RoCEv2 packet. */
    SpinRdmaHelper();

    /**
     * Take NIC and network of the SC'17 sPIN simulation: four HPUs at 2.5 GHz, 30 ns for a
     * message's first packet and 2 ns for each other, MTU 4096, 400 Gbit/s, 33.4 ns of cable. A
     * NIC whose buffers are full asks the peer to wait for 10 us, the shortest time that RoCE has.
     */
    void UseSc17Nic();

    using RdmaNicHelper::SetRdmaHostAttribute;

    /** As SpinHelper::CreateDevice; the NIC has a fresh IPv4 address, too. */
    Ptr<SpinRdmaNetDevice> CreateDevice(Ptr<Node> node)
    {
        return DynamicCast<SpinRdmaNetDevice>(DoCreateDevice(node));
    }

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
    Ptr<LinkNetDevice> DoCreateDevice(Ptr<Node> node) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_RDMA_HELPER_H */
