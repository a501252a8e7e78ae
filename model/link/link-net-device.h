/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LINK_NET_DEVICE_H
#define OFFLOAD_LINK_NET_DEVICE_H

#include "ethernet-frame.h"
#include "frame-forwarder.h"
#include "light-trace.h"
#include "lookahead-queue.h"
#include "transmit-port.h"

#include "ns3/callback.h"
#include "ns3/data-rate.h"
#include "ns3/error-model.h"
#include "ns3/mac48-address.h"
#include "ns3/net-device.h"
#include "ns3/nstime.h"
#include "ns3/queue-size.h"

#include <cstdint>
#include <typeinfo>

namespace ns3
{

class NetDeviceQueueInterface;

namespace offload
{

class LinkChannel;

/**
 * A full-duplex Ethernet interface of any rate, and the base of the NICs that compute.
 *
 * Frames cost one event per hop: the TransmitPort computes when they leave and arrive. Subclasses
 * take the frames that arrive by overriding ReceiveFrame() and send with SendFrame(); everything an
 * ns-3 protocol stack needs from a NetDevice is done here.
 */
class LinkNetDevice : public NetDevice
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();

    LinkNetDevice();

    /**
     * A device with another one's attributes, and nothing else of it: on no node, with no cable, no
     * listeners to its traces. For Copy().
     * @param prototype the other one
     */
    LinkNetDevice(const LinkNetDevice& prototype);
    LinkNetDevice& operator=(const LinkNetDevice&) = delete;

    ~LinkNetDevice() override;

    /**
     * Make a device with the attributes of this one. ns-3 goes through text to set each attribute
     * of each object, which takes longer than all else that building a large network does.
     * @return the new device; null if the class does not say how
     */
    virtual Ptr<LinkNetDevice> Copy() const;

    /** Greatest MTU: the jumbo frames that switches and NICs commonly agree on. */
    static constexpr uint16_t MAX_MTU = 9216;
    /** Least MTU: every IPv4 link carries 68 bytes (RFC 791). */
    static constexpr uint16_t MIN_MTU = 68;

    /**
     * Plug the device into a channel.
     * @param channel the cable
     */
    void Attach(Ptr<LinkChannel> channel);

    /**
     * Send a frame. A short payload is padded.
     * @param frame moved from if accepted
     * @return false if the link is down, the payload exceeds the MTU or the transmit queue is full;
     *         MacTxDrop told of it
     */
    [[gnu::hot]] bool SendFrame(EthernetFrame&& frame);

    /**
     * Take a frame from the wire. Called by the channel.
     * @param frame the frame
     */
    void Receive(EthernetFrame&& frame);

    /**
     * @param frame that arrives
     * @return whether taking it is of no concern to anybody outside links, switches and transports
     *         at this instant, so that it may happen ahead of Simulator::Now() (LookaheadQueue);
     *         not asked while traces of receipt or an error model are there
     */
    [[gnu::hot]] virtual bool TakesAhead(const EthernetFrame& frame) const;

    /**
     * @return bytes of a frame after which the device begins to take it (cut-through); 0 if it
     *         waits for the whole frame
     */
    virtual uint32_t GetCutThroughBytes() const;

    /** @return ps from a frame's arrival at the device to its receipt */
    virtual int64_t GetForwardingLatency() const;

    /** @return when the port has serialised everything accepted so far, ps; the past if idle */
    [[gnu::hot]] int64_t GetTransmitFreeAt() const;

    /** @return number of frames accepted whose transmission has not begun */
    uint32_t GetQueueLength() const;

    /**
     * Ask the peer to stop sending, or to go on, by IEEE 802.3 Annex 31B PAUSE frames. What it has
     * begun, and all that is on the wire, still arrives. With PriorityFlowControl alone, all
     * classes are asked (SetReceivePausedClasses); without either, nothing happens.
     * @param paused whether the peer shall be silent; repeated before it runs out
     */
    void SetReceivePaused(bool paused);

    /**
     * Ask the peer to stop sending some classes of frames, or to go on, by IEEE 802.1Qbb priority
     * PAUSE frames. Does nothing without PriorityFlowControl.
     * @param classes bit i is set if class i shall be silent
     */
    void SetReceivePausedClasses(uint8_t classes);

    /** @return whether PAUSE frames of single classes are sent and honoured */
    bool HasPriorityFlowControl() const
    {
        return m_priorityFlowControl;
    }

    /**
     * Take the link down or bring it up; see LinkChannel::SetLinkUp, which does both ends.
     * @param up the new state
     */
    void SetLinkUp(bool up);

    /** The channel has changed. */
    void UpdateChannel();

    /** @param rate the port's bit rate */
    void SetDataRate(DataRate rate);
    /** @return the port's bit rate */
    [[gnu::hot]] DataRate GetDataRate() const;
    /** @param model decides which received frames are corrupt; null for none */
    void SetReceiveErrorModel(Ptr<ErrorModel> model);
    /** @return decides which received frames are corrupt; null if none are */
    Ptr<ErrorModel> GetReceiveErrorModel() const;

    // From NetDevice
    void SetIfIndex(const uint32_t index) override;
    uint32_t GetIfIndex() const override;
    Ptr<Channel> GetChannel() const override;
    void SetAddress(Address address) override;
    Address GetAddress() const override;
    bool SetMtu(const uint16_t mtu) override;
    [[gnu::hot]] uint16_t GetMtu() const override;
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(Callback<void> callback) override;
    bool IsBroadcast() const override;
    Address GetBroadcast() const override;
    bool IsMulticast() const override;
    Address GetMulticast(Ipv4Address group) const override;
    Address GetMulticast(Ipv6Address group) const override;
    bool IsBridge() const override;
    bool IsPointToPoint() const override;
    [[gnu::hot]] bool Send(Ptr<Packet> packet,
                           const Address& destination,
                           uint16_t protocol) override;
    bool SendFrom(Ptr<Packet> packet,
                  const Address& source,
                  const Address& destination,
                  uint16_t protocol) override;
    Ptr<Node> GetNode() const override;
    void SetNode(Ptr<Node> node) override;
    bool NeedsArp() const override;
    void SetReceiveCallback(ReceiveCallback callback) override;
    void SetPromiscReceiveCallback(PromiscReceiveCallback callback) override;
    bool SupportsSendFrom() const override;

    /**
     * Signature of the Transmit trace.
     * @param packet the payload
     * @param start when the first bit of the preamble left
     * @param end when the last bit of the FCS left
     */
    typedef void (*TransmitCallback)(Ptr<const Packet> packet, Time start, Time end);

    /**
     * Signature of the PriorityPauseRx trace.
     * @param classes bit i: the frame is about class i
     * @param paused bit i: class i shall be silent
     */
    typedef void (*PriorityPauseCallback)(uint8_t classes, uint8_t paused);

  protected:
    /**
     * What Copy() returns.
     * @tparam T has a copy constructor like that of LinkNetDevice
     * @param device whose attributes are wanted
     * @return the new device; null if the other one is of a subclass of T
     */
    template <typename T>
    static Ptr<LinkNetDevice> CopyOf(const T& device)
    {
        return typeid(device) == typeid(T) ? CopyObject(Ptr<const T>(&device)) : nullptr;
    }

    /**
     * Send a frame that was due at an earlier instant, as if it had been handed in then.
     * @param frame as for SendFrame
     * @param time the instant, ps; at most GetSendLateness(its size) ago
     * @return as SendFrame
     */
    [[gnu::hot]] bool SendFrameOf(EthernetFrame&& frame, int64_t time);

    /**
     * @return for how long nobody can tell whether a frame has been handed in, ps: no trace tells
     * of it, and it has not arrived
     */
    [[gnu::hot]] int64_t GetSendLateness(uint32_t bytes) const;

    /**
     * The state of the port is looked at or changed: a subclass that hands in frames late does so
     * now.
     */
    virtual void SettlePort() const;

    /**
     * A good frame has arrived. MAC control frames do not get here.
     * @param frame the frame, whoever it is for; this implementation gives it to the host
     */
    [[gnu::hot]] virtual void ReceiveFrame(EthernetFrame&& frame);

    /** @param size bound of the frames that wait for the port */
    void SetQueueSize(QueueSize size);

    /** @return see SetQueueSize */
    QueueSize GetQueueSize() const;

    /** The port's rate has changed: whoever cuts frames through looks again. */
    virtual void RateChanged();

    /** Tell the ports at both ends who looks at frames, and what they may do by themselves. */
    void Reconsider();

    /** The classes of frames are what the subclass says, not what their payload asks for. */
    void KeepPriorities()
    {
        m_classifies = false;
        Reconsider();
    }

    /**
     * The device is a port of a switch.
     * @param forwarder takes all frames that arrive; null: none any more
     * @param number of the port
     */
    void SetForwarder(FrameForwarder* forwarder, uint32_t number);

    /**
     * The peer has sent a PAUSE, or ended it: the times at which the port is ready have changed.
     * May happen ahead of Simulator::Now().
     */
    virtual void PauseChanged();

    /** @return the transmitting half */
    TransmitPort& GetPort()
    {
        return m_port;
    }

    /** @return whether a trace tells of frames as they arrive */
    bool IsReceiptTraced() const
    {
        return !m_phyRxEndTrace.IsEmpty() || !m_promiscSnifferTrace.IsEmpty() ||
               !m_snifferTrace.IsEmpty() || !m_macPromiscRxTrace.IsEmpty() ||
               !m_macRxTrace.IsEmpty();
    }

    /** @return whether somebody outside is told of frames as they arrive, or decides on them */
    bool IsReceiptWatched() const
    {
        return m_receiveErrorModel || IsReceiptTraced();
    }

    /** @return id of the node */
    uint32_t GetContext() const;

    /**
     * Give a frame to the protocol stack of the node, if it is for this node.
     * @param frame the frame
     */
    [[gnu::hot]] void DeliverToHost(const EthernetFrame& frame);

    /**
     * @param destination of a frame
     * @return whom it is for
     */
    [[gnu::hot]] PacketType Classify(const Mac48Address& destination) const;

    /** @return a frame to fill in; ns-3's default addresses cost more than a copy */
    EthernetFrame MakeFrame() const
    {
        return {nullptr, m_address, m_address, 0};
    }

    void DoInitialize() override;
    void DoDispose() override;
    void NotifyNewAggregate() override;

  private:
    friend class TransmitPort;

    using FrameTrace = LightTrace<Ptr<const Packet>>; //!< tells of a frame

    /// What of the object the receipt of a frame touches, from its beginning
    static constexpr std::size_t RECEIVE_BYTES = 128;

    // What the port tells
    /** @return whether a trace tells of frames as they leave */
    bool IsObserved() const
    {
        return !m_phyTxBeginTrace.IsEmpty() || !m_phyTxEndTrace.IsEmpty() ||
               !m_snifferTrace.IsEmpty() || !m_promiscSnifferTrace.IsEmpty();
    }

    /** @return whether NotifyBegin is wanted at the very instant at which a frame begins */
    bool IsWatching() const
    {
        return m_queueStopped || IsObserved();
    }

    /** A good frame has arrived, and the traces have been told. */
    void ReceiveGood(EthernetFrame&& frame)
    {
        if (frame.protocol == EthernetFrame::MAC_CONTROL)
        {
            ReceiveControl(frame);
            return;
        }
        ReceiveFrame(std::move(frame));
    }

    void NotifyBegin(const EthernetFrame& frame, int64_t now, int64_t end); //!< it leaves the queue
    void NotifyLost(const EthernetFrame& frame, bool begun);                //!< the link went down

    [[gnu::hot]] bool SendFrame(EthernetFrame&& frame,
                                int64_t time,
                                int64_t now);                     //!< in due time or late
    bool Drop(const EthernetFrame& frame);                        //!< trace a refused frame
    void TraceReceived(const EthernetFrame& frame, bool control); //!< tell all sinks
    bool IsCorrupt(const EthernetFrame& frame);                   //!< ask the error model
    void ReceiveControl(const EthernetFrame& frame);         //!< a MAC control frame has arrived
    void SendPause(uint16_t quanta);                         //!< send a PAUSE frame
    void SendPriorityPause(uint8_t classes, uint8_t paused); //!< send a priority PAUSE frame
    bool SendControl(Ptr<Packet> payload);                   //!< send a MAC control frame
    void RefreshPause(int64_t now);                  //!< the peer's pause is about to run out
    void ReceivePause(uint16_t quanta);              //!< a PAUSE frame has arrived
    void ReceivePriorityPause(const uint8_t* bytes); //!< a priority PAUSE frame has arrived
    [[gnu::hot]] void Trace(const FrameTrace& trace, const EthernetFrame& frame); //!< in due time
    void StopQueueDisc(int64_t now);                            //!< if the queue is full
    void WakeQueueDisc(int64_t now);                            //!< if the queue has room again
    void TraceBegin(Ptr<const Packet> bytes, int64_t duration); //!< a frame begins
    void EndTransmit(Ptr<const Packet> bytes);                  //!< fire PhyTxEnd
    void SetPriorityFlowControl(bool on);                       //!< attribute setter
    void SetPreamble(uint32_t bytes);                           //!< attribute setter
    uint32_t GetPreamble() const;                               //!< attribute getter
    void SetInterframeGap(uint32_t bytes);                      //!< attribute setter
    uint32_t GetInterframeGap() const;                          //!< attribute getter

    // What receiving a frame touches
    Mac48Address m_address;                   //!< own address
    uint16_t m_mtu;                           //!< greatest payload
    bool m_linkUp{false};                     //!< both ends are plugged in
    bool m_flowControl{false};                //!< PAUSE is sent and honoured
    bool m_priorityFlowControl{false};        //!< priority PAUSE is sent and honoured
    bool m_classifies{true};                  //!< frames get the class that they ask for
    bool m_receivePaused{false};              //!< the peer is asked to be silent
    uint8_t m_receivePausedClasses{0};        //!< of which the peer is asked to be silent
    bool m_queueDisc{false};                  //!< a queue disc wants to know of a full queue
    bool m_queueStopped{false};               //!< the queue disc was told of a full queue
    FrameForwarder* m_forwarder{nullptr};     //!< the switch whose port this is
    Ptr<ErrorModel> m_receiveErrorModel;      //!< null: no frame is corrupt
    ReceiveCallback m_rxCallback;             //!< the stack
    PromiscReceiveCallback m_promiscCallback; //!< the stack, promiscuous
    // Traces: see GetTypeId
    FrameTrace m_phyRxEndTrace;
    FrameTrace m_macPromiscRxTrace;
    FrameTrace m_macRxTrace;
    FrameTrace m_promiscSnifferTrace;
    FrameTrace m_snifferTrace;

    // What sending a frame touches
    FrameTrace m_macTxTrace;
    FrameTrace m_phyTxBeginTrace;
    FrameTrace m_phyTxEndTrace;
    LightTrace<Ptr<const Packet>, Time, Time> m_transmitTrace;
    TransmitPort m_port; //!< transmitting half

    // What neither touches
    FrameTrace m_macTxDropTrace;
    FrameTrace m_phyTxDropTrace;
    FrameTrace m_phyRxDropTrace;
    LightTrace<uint16_t> m_pauseTxTrace;
    LightTrace<uint16_t> m_pauseRxTrace;
    LightTrace<uint8_t> m_priorityPauseTxTrace;
    LightTrace<uint8_t, uint8_t> m_priorityPauseRxTrace;
    LightTrace<> m_linkChangeCallbacks;
    Ptr<LinkChannel> m_channel;                    //!< the cable
    Ptr<Node> m_node;                              //!< where the device is installed
    Ptr<NetDeviceQueueInterface> m_queueInterface; //!< what a queue disc needs; null if none
    DataRate m_rate;                               //!< line rate
    QueueSize m_queueSize;                         //!< bound of the transmit queue
    uint32_t m_ifIndex{0};                         //!< index in the node
    uint32_t m_preamble{0};                        //!< bytes before a frame
    uint32_t m_interframeGap{0};                   //!< bytes after a frame
    LookaheadTimer<LinkNetDevice, &LinkNetDevice::RefreshPause, false> m_pauseRefresh; //!< repeats
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LINK_NET_DEVICE_H */
