/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_NET_DEVICE_H
#define OFFLOAD_RDMA_NET_DEVICE_H

#include "rdma-engine.h"

#include "ns3/link-net-device.h"

namespace ns3
{
namespace offload
{

/**
 * An RDMA NIC: an Ethernet port and an engine that speaks RoCEv2. All that is not RoCEv2 for the
 * engine's address goes to the node's protocol stack, as with any LinkNetDevice.
 */
class RdmaNetDevice : public LinkNetDevice, private RdmaPort
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    RdmaNetDevice();
    /**
     * See LinkNetDevice.
     * @param prototype has the attributes; engines are not shared
     */
    RdmaNetDevice(const RdmaNetDevice& prototype);
    RdmaNetDevice& operator=(const RdmaNetDevice&) = delete;
    ~RdmaNetDevice() override;

    /** @param engine what speaks RoCEv2; set once, after SetNode */
    void SetEngine(Ptr<RdmaEngine> engine);

    /** @return what speaks RoCEv2 */
    Ptr<RdmaEngine> GetEngine() const
    {
        return m_engine;
    }

    Ptr<LinkNetDevice> Copy() const override;
    bool TakesAhead(const EthernetFrame& frame) const override;

  protected:
    void ReceiveFrame(EthernetFrame&& frame) override;
    void PauseChanged() override;
    void DoDispose() override;

  private:
    // From RdmaPort
    void SendRoce(EthernetFrame&& frame) override;
    int64_t GetPortFreeAt() const override;
    uint64_t GetPortRate() const override;
    Mac48Address GetPortAddress() const override;
    uint32_t GetPortContext() const override;

    Ptr<RdmaEngine> m_engine; //!< what speaks RoCEv2
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_NET_DEVICE_H */
