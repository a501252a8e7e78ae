/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LINK_CHANNEL_H
#define OFFLOAD_LINK_CHANNEL_H

#include "ethernet-frame.h"
#include "light-trace.h"

#include "ns3/channel.h"
#include "ns3/net-device.h"
#include "ns3/nstime.h"
#include "ns3/ptr.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

class LinkNetDevice;

/**
 * A full-duplex cable between two LinkNetDevices.
 *
 * The ports compute when a frame has crossed the cable and hand it to the receiver that the channel
 * names. A channel whose far end lives in another rank of a distributed simulation differs in three
 * answers: it names no receiver, overrides Deliver(), and has a delivery delay of zero, so that it
 * gets the frame one propagation delay, the look-ahead, before the arrival.
 */
class LinkChannel : public Channel
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();

    LinkChannel();
    ~LinkChannel() override;

    /**
     * Plug a device into the next free end. With the second one the link comes up; a third one is
     * refused by std::invalid_argument.
     * @param device the device; calls this through LinkNetDevice::Attach
     * @return which end it got: 0 or 1
     */
    uint32_t Attach(Ptr<LinkNetDevice> device);

    /**
     * Pull the cable or plug it in again. Frames queued and on the wire are lost, with traces.
     * @param up whether the link is up from now on
     */
    void SetLinkUp(bool up);

    /** Tell the ports of a change of the answers below. */
    void UpdatePorts();

    /** @return the propagation delay */
    Time GetDelay() const;

    /** @return ps from the departure of a frame's last bit to its delivery */
    virtual int64_t GetDeliveryDelay() const;

    /**
     * @param side the end that sends
     * @return the device that takes its frames, null if Deliver does
     */
    virtual LinkNetDevice* GetReceiver(uint32_t side) const;

    /**
     * Take a frame that has crossed the cable; called if there is no receiver.
     * @param side the end that sent it
     * @param frame the frame
     */
    virtual void Deliver(uint32_t side, EthernetFrame&& frame);

    /**
     * @param side the end that sends
     * @return id of the node in whose context its frames are delivered
     */
    virtual uint32_t GetReceiverContext(uint32_t side) const;

    std::size_t GetNDevices() const override;
    Ptr<NetDevice> GetDevice(std::size_t i) const override;

    /**
     * Signature of the LinkState trace.
     * @param up whether the link is up from now on
     */
    typedef void (*LinkStateCallback)(bool up);

  protected:
    void DoDispose() override;

  private:
    static constexpr uint32_t ENDS = 2; //!< a cable has two ends

    void SetDelay(Time delay); //!< attribute setter

    Time m_delay;                                   //!< propagation delay
    std::array<Ptr<LinkNetDevice>, ENDS> m_devices; //!< what is plugged in
    LightTrace<bool> m_linkStateTrace;              //!< trace source
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LINK_CHANNEL_H */
