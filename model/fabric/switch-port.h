/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SWITCH_PORT_H
#define OFFLOAD_SWITCH_PORT_H

#include "ns3/link-net-device.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

class FabricSwitch;

/**
 * A port of a FabricSwitch: an Ethernet interface whose frames go to the switch, not to a host.
 *
 * It has an output queue, which the switch bounds: adding the port to a switch sets its attribute
 * QueueSize to the most there is.
 * Traces of arriving frames tell of them at the instant of the forwarding decision.
 */
class SwitchPort : public LinkNetDevice
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    SwitchPort();
    /**
     * See LinkNetDevice.
     * @param prototype has the attributes, and may be a port of a switch
     */
    SwitchPort(const SwitchPort& prototype);
    SwitchPort& operator=(const SwitchPort&) = delete;
    ~SwitchPort() override;

    /**
     * @param owner the switch
     * @param number of the port
     */
    void SetSwitch(FabricSwitch* owner, uint32_t number);

    /** @return the switch; null if it is gone */
    FabricSwitch* GetSwitch() const
    {
        return m_switch;
    }

    /** @return number of the port in its switch */
    uint32_t GetNumber() const
    {
        return m_number;
    }

    /** The switch has changed: the neighbour's port looks again at when frames get here. */
    void Update()
    {
        Reconsider();
    }

    /** @return the output queue */
    TransmitPort& GetOutput()
    {
        return GetPort();
    }

    Ptr<LinkNetDevice> Copy() const override;
    bool TakesAhead(const EthernetFrame& frame) const override;
    uint32_t GetCutThroughBytes() const override;
    int64_t GetForwardingLatency() const override;

  protected:
    void ReceiveFrame(EthernetFrame&& frame) override;
    void RateChanged() override;
    void DoDispose() override;

  private:
    FabricSwitch* m_switch{nullptr}; //!< owner; owns this, too
    uint32_t m_number{0};            //!< in the switch
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SWITCH_PORT_H */
