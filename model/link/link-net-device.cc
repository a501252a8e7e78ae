/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-net-device.h"

#include "data-rate-range.h"
#include "link-channel.h"
#include "time-resolution.h"

#include "ns3/boolean.h"
#include "ns3/log.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ns3
{
namespace offload
{

NS_LOG_COMPONENT_DEFINE("LinkNetDevice");

NS_OBJECT_ENSURE_REGISTERED(LinkNetDevice);

namespace
{

int64_t
Now()
{
    return LookaheadQueue::Now();
}

} // namespace

TypeId
LinkNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::LinkNetDevice")
            .SetParent<NetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<LinkNetDevice>()
            .AddAttribute("Address",
                          "MAC address of the device.",
                          Mac48AddressValue(Mac48Address("ff:ff:ff:ff:ff:ff")),
                          MakeMac48AddressAccessor(&LinkNetDevice::m_address),
                          MakeMac48AddressChecker())
            .AddAttribute("Mtu",
                          "Greatest payload of a frame in bytes, 68 (RFC 791) to 9216. Default: "
                          "maxBasicDataSize of IEEE 802.3-2018, 3.2.7.",
                          UintegerValue(1500),
                          MakeUintegerAccessor(&LinkNetDevice::SetMtu, &LinkNetDevice::GetMtu),
                          MakeUintegerChecker<uint16_t>(MIN_MTU, MAX_MTU))
            .AddAttribute(
                "DataRate",
                "Bit rate of the MAC, 1 Gbit/s to 1.6 Tbit/s; frames already accepted "
                "keep their times. Default: 400GBASE-R (IEEE 802.3-2018, 116).",
                DataRateValue(DataRate("400Gbps")),
                MakeDataRateAccessor(&LinkNetDevice::SetDataRate, &LinkNetDevice::GetDataRate),
                MakeDataRateRangeChecker(DataRate("1Gbps"), DataRate("1600Gbps")))
            .AddAttribute(
                "Preamble",
                "Bytes of preamble and start frame delimiter before each frame (IEEE "
                "802.3-2018, 3.2.1 and 3.2.2).",
                UintegerValue(8),
                MakeUintegerAccessor(&LinkNetDevice::SetPreamble, &LinkNetDevice::GetPreamble),
                MakeUintegerChecker<uint32_t>(0, 64))
            .AddAttribute("InterframeGap",
                          "Least gap between frames in byte times (interPacketGap, IEEE "
                          "802.3-2018, 4.4.2).",
                          UintegerValue(12),
                          MakeUintegerAccessor(&LinkNetDevice::SetInterframeGap,
                                               &LinkNetDevice::GetInterframeGap),
                          MakeUintegerChecker<uint32_t>(0, 1024))
            .AddAttribute(
                "QueueSize",
                "Bound of the frames that wait for the port, in packets (p) or in bytes "
                "(B) of frames without FCS. Default: Linux's txqueuelen of an Ethernet "
                "interface, DEFAULT_TX_QUEUE_LEN.",
                QueueSizeValue(QueueSize("1000p")),
                MakeQueueSizeAccessor(&LinkNetDevice::SetQueueSize, &LinkNetDevice::GetQueueSize),
                MakeQueueSizeChecker())
            .AddAttribute("FlowControl",
                          "Honour PAUSE frames, and send them when the device's receiver asks for "
                          "it (IEEE 802.3-2018, Annex 31B).",
                          BooleanValue(false),
                          MakeBooleanAccessor(&LinkNetDevice::m_flowControl),
                          MakeBooleanChecker())
            .AddAttribute("PriorityFlowControl",
                          "Honour PAUSE frames of single classes, and send them when the device's "
                          "receiver asks for it (IEEE 802.1Qbb, now 802.1Q-2018, clause 36).",
                          BooleanValue(false),
                          MakeBooleanAccessor(&LinkNetDevice::m_priorityFlowControl),
                          MakeBooleanChecker())
            .AddAttribute("ReceiveErrorModel",
                          "Decides which received frames fail the FCS; it sees frames with header "
                          "and FCS. Default: none does.",
                          PointerValue(),
                          MakePointerAccessor(&LinkNetDevice::SetReceiveErrorModel,
                                              &LinkNetDevice::GetReceiveErrorModel),
                          MakePointerChecker<ErrorModel>())
            .AddTraceSource(
                "MacTx",
                "A frame was handed in for transmission.",
                MakeLightTraceAccessor(&LinkNetDevice::m_macTxTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("MacTxDrop",
                            "A frame was refused, or dropped from the queue as the link went down.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_macTxDropTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("MacPromiscRx",
                            "A good frame has arrived, whoever it is for.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_macPromiscRxTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "MacRx",
                "A good frame for this host, or for many, has arrived.",
                MakeLightTraceAccessor(&LinkNetDevice::m_macRxTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyTxBegin",
                            "The first bit of a frame leaves. Costs an event per frame that had "
                            "to wait.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_phyTxBeginTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "PhyTxEnd",
                "The last bit of a frame has left. Costs an event per frame.",
                MakeLightTraceAccessor(&LinkNetDevice::m_phyTxEndTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyTxDrop",
                            "A frame on the wire was lost as the link went down.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_phyTxDropTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "PhyRxEnd",
                "The last bit of a good frame has arrived.",
                MakeLightTraceAccessor(&LinkNetDevice::m_phyRxEndTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyRxDrop",
                            "A frame has arrived corrupt.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_phyRxDropTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "Sniffer",
                "Frames sent, as they begin, and frames received for this host. Costs "
                "an event per frame that had to wait.",
                MakeLightTraceAccessor(&LinkNetDevice::m_snifferTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PromiscSniffer",
                            "Frames sent, as they begin, and all good frames received. Costs an "
                            "event per frame that had to wait.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_promiscSnifferTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "Transmit",
                "A frame has crossed the link: its payload, and when its first and "
                "last bit left here. Fired as it arrives, in the order of departure; "
                "costs no event.",
                MakeLightTraceAccessor(&LinkNetDevice::m_transmitTrace, &LinkNetDevice::Reconsider),
                "ns3::offload::LinkNetDevice::TransmitCallback")
            .AddTraceSource(
                "PauseTx",
                "A PAUSE frame is sent; the argument is its duration in quanta of 512 "
                "bit times.",
                MakeLightTraceAccessor(&LinkNetDevice::m_pauseTxTrace, &LinkNetDevice::Reconsider),
                "ns3::TracedValueCallback::Uint16")
            .AddTraceSource(
                "PauseRx",
                "A PAUSE frame is honoured; the argument is its duration in quanta of "
                "512 bit times.",
                MakeLightTraceAccessor(&LinkNetDevice::m_pauseRxTrace, &LinkNetDevice::Reconsider),
                "ns3::TracedValueCallback::Uint16")
            .AddTraceSource("PriorityPauseTx",
                            "A priority PAUSE frame is sent; bit i of the argument says that class "
                            "i shall be silent.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_priorityPauseTxTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::TracedValueCallback::Uint8")
            .AddTraceSource("PriorityPauseRx",
                            "A priority PAUSE frame is honoured: bit i of the first argument says "
                            "that it is about class i, of the second that this shall be silent.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_priorityPauseRxTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::offload::LinkNetDevice::PriorityPauseCallback");
    return tid;
}

LinkNetDevice::LinkNetDevice()
    : m_mtu(MIN_MTU),
      m_port(*this),
      m_pauseRefresh(this)
{
}

LinkNetDevice::~LinkNetDevice() = default;

void
LinkNetDevice::Attach(Ptr<LinkChannel> channel)
{
    NS_LOG_FUNCTION(this << channel);
    m_channel = channel;
    m_port.Attach(PeekPointer(channel), channel->Attach(this));
    if (channel->GetNDevices() == 2)
    {
        channel->SetLinkUp(true);
    }
}

void
LinkNetDevice::UpdateChannel()
{
    SettlePort();
    m_port.UpdateChannel();
}

void
LinkNetDevice::SettlePort() const
{
}

int64_t
LinkNetDevice::GetSendLateness(uint32_t bytes) const
{
    const bool noticed = IsWatching() || !m_linkUp || !m_macTxTrace.IsEmpty() ||
                         !m_macTxDropTrace.IsEmpty() || !m_phyTxDropTrace.IsEmpty();
    return noticed ? 0 : m_port.GetLeastFlight(bytes) - 1;
}

bool
LinkNetDevice::SendFrame(EthernetFrame&& frame)
{
    SettlePort();
    const int64_t now = Now();
    return SendFrame(std::move(frame), now, now);
}

bool
LinkNetDevice::SendFrameOf(EthernetFrame&& frame, int64_t time)
{
    return SendFrame(std::move(frame), time, Now());
}

bool
LinkNetDevice::SendFrame(EthernetFrame&& frame, int64_t time, int64_t now)
{
    frame.Pad();
    if (m_classifies && m_priorityFlowControl)
    {
        frame.SetPriority(frame.ReadPriority());
    }
    Trace(m_macTxTrace, frame);
    if (!m_linkUp || frame.GetPayloadSize() > m_mtu || !m_port.Enqueue(std::move(frame), time, now))
    {
        return Drop(frame);
    }
    if (m_queueDisc)
    {
        StopQueueDisc(now);
    }
    return true;
}

bool
LinkNetDevice::Drop(const EthernetFrame& frame)
{
    NS_LOG_LOGIC("frame of " << frame.GetSize() << " bytes refused: "
                             << (!m_linkUp                        ? "link is down"
                                 : frame.GetPayloadSize() > m_mtu ? "exceeds the MTU"
                                                                  : "queue is full"));
    Trace(m_macTxDropTrace, frame);
    return false;
}

void
LinkNetDevice::Receive(EthernetFrame&& frame)
{
    if (IsReceiptWatched())
    {
        if (m_receiveErrorModel && IsCorrupt(frame))
        {
            Trace(m_phyRxDropTrace, frame);
            return;
        }
        TraceReceived(frame, frame.protocol == EthernetFrame::MAC_CONTROL);
    }
    ReceiveGood(std::move(frame));
}

void
LinkNetDevice::TraceReceived(const EthernetFrame& frame, bool control)
{
    if (!IsReceiptTraced())
    {
        return;
    }
    const bool mine = Classify(frame.destination) != PACKET_OTHERHOST;
    Ptr<const Packet> bytes = frame.ToPacket();
    m_phyRxEndTrace(bytes);
    m_promiscSnifferTrace(bytes);
    if (mine)
    {
        m_snifferTrace(bytes);
    }
    // MAC control frames end below the MAC's client.
    if (!control)
    {
        m_macPromiscRxTrace(bytes);
        if (mine)
        {
            m_macRxTrace(bytes);
        }
    }
}

void
LinkNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    DeliverToHost(frame);
}

void
LinkNetDevice::SetForwarder(FrameForwarder* forwarder, uint32_t number)
{
    m_forwarder = forwarder;
    m_port.SetForwarder(forwarder, number);
    Reconsider();
}

void
LinkNetDevice::Reconsider()
{
    if (m_channel)
    {
        m_channel->UpdatePorts();
    }
}

bool
LinkNetDevice::TakesAhead(const EthernetFrame&) const
{
    return false;
}

uint32_t
LinkNetDevice::GetCutThroughBytes() const
{
    return 0;
}

int64_t
LinkNetDevice::GetForwardingLatency() const
{
    return 0;
}

void
LinkNetDevice::Trace(const FrameTrace& trace, const EthernetFrame& frame)
{
    if (!trace.IsEmpty())
    {
        Ptr<const Packet> bytes = frame.ToPacket();
        Ptr<const LinkNetDevice> keep(this);
        LookaheadQueue::Get().Surface(GetContext(), [&trace, bytes, keep] { trace(bytes); });
    }
}

void
LinkNetDevice::DeliverToHost(const EthernetFrame& frame)
{
    Ptr<Packet> payload = frame.GetPayload();
    const PacketType type = Classify(frame.destination);
    // As by conversion, which goes through two addresses more.
    static const Address pattern = Mac48Address();
    std::array<uint8_t, MAC_BYTES> bytes;
    WriteAddress(frame.source, bytes.data());
    Address source = pattern;
    source.CopyFrom(bytes.data(), MAC_BYTES);
    if (!m_promiscCallback.IsNull())
    {
        m_promiscCallback(this, payload, frame.protocol, source, frame.destination, type);
    }
    if (type != PACKET_OTHERHOST && !m_rxCallback.IsNull())
    {
        m_rxCallback(this, payload, frame.protocol, source);
    }
}

NetDevice::PacketType
LinkNetDevice::Classify(const Mac48Address& destination) const
{
    if (destination == m_address)
    {
        return PACKET_HOST;
    }
    std::array<uint8_t, MAC_BYTES> bytes;
    WriteAddress(destination, bytes.data());
    const bool group = bytes[0] & 1; // IEEE 802.3-2018, 3.2.3
    if (!group)
    {
        return PACKET_OTHERHOST;
    }
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == UINT8_MAX; })
               ? PACKET_BROADCAST
               : PACKET_MULTICAST;
}

bool
LinkNetDevice::IsCorrupt(const EthernetFrame& frame)
{
    // Bit and byte error rates apply to the FCS, too.
    Ptr<Packet> bytes = frame.ToPacket();
    bytes->AddAtEnd(Create<Packet>(EthernetFrame::FCS_BYTES));
    return m_receiveErrorModel->IsCorrupt(bytes);
}

int64_t
LinkNetDevice::GetTransmitFreeAt() const
{
    SettlePort();
    return m_port.GetFreeAt();
}

uint32_t
LinkNetDevice::GetQueueLength() const
{
    SettlePort();
    return m_port.GetQueueLength(Now());
}

uint32_t
LinkNetDevice::GetContext() const
{
    return m_node ? m_node->GetId() : static_cast<uint32_t>(Simulator::NO_CONTEXT);
}

void
LinkNetDevice::NotifyBegin(const EthernetFrame& frame, int64_t now, int64_t end)
{
    Ptr<const Packet> bytes = IsObserved() ? frame.ToPacket() : nullptr;
    Ptr<LinkNetDevice> keep(this);
    LookaheadQueue::Get().Surface(GetContext(), [keep, bytes, now, end] {
        if (bytes)
        {
            keep->TraceBegin(bytes, end - now);
        }
        keep->WakeQueueDisc(now);
    });
}

void
LinkNetDevice::TraceBegin(Ptr<const Packet> bytes, int64_t duration)
{
    m_promiscSnifferTrace(bytes);
    m_snifferTrace(bytes);
    m_phyTxBeginTrace(bytes);
    if (!m_phyTxEndTrace.IsEmpty())
    {
        Simulator::ScheduleWithContext(GetContext(),
                                       TimeStep(static_cast<uint64_t>(duration)),
                                       &LinkNetDevice::EndTransmit,
                                       Ptr<LinkNetDevice>(this),
                                       bytes);
    }
}

void
LinkNetDevice::EndTransmit(Ptr<const Packet> bytes)
{
    m_phyTxEndTrace(bytes);
}

void
LinkNetDevice::NotifyLost(const EthernetFrame& frame, bool begun)
{
    if (begun)
    {
        Trace(m_phyTxDropTrace, frame);
    }
    else
    {
        Trace(m_macTxDropTrace, frame);
    }
}

void
LinkNetDevice::StopQueueDisc(int64_t now)
{
    if (!m_queueStopped && m_port.IsFull(EthernetFrame::HEADER_BYTES + m_mtu, now))
    {
        m_queueStopped = true;
        m_port.UpdateDevice();
        m_queueInterface->GetTxQueue(0)->Stop();
        m_port.Watch(now);
    }
}

void
LinkNetDevice::WakeQueueDisc(int64_t now)
{
    if (m_queueStopped && !m_port.IsFull(EthernetFrame::HEADER_BYTES + m_mtu, now))
    {
        m_queueStopped = false;
        m_port.UpdateDevice();
        m_queueInterface->GetTxQueue(0)->Wake();
    }
}

void
LinkNetDevice::SetLinkUp(bool up)
{
    NS_LOG_FUNCTION(this << up);
    if (up == m_linkUp)
    {
        return;
    }
    SettlePort();
    m_linkUp = up;
    m_port.UpdateDevice();
    if (up)
    {
        // The peer has forgotten the pause that it was asked for.
        RefreshPause(Now());
    }
    else
    {
        const int64_t now = Now();
        m_port.DropAll(now);
        WakeQueueDisc(now);
    }
    m_linkChangeCallbacks();
}

void
LinkNetDevice::DoInitialize()
{
    RequirePicoseconds();
    NetDevice::DoInitialize();
}

void
LinkNetDevice::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_port.Dispose();
    m_pauseRefresh.Clear();
    m_linkUp = false;
    m_queueDisc = false;
    m_queueStopped = false;
    m_queueInterface = nullptr;
    m_node = nullptr;
    m_channel = nullptr;
    m_forwarder = nullptr;
    m_receiveErrorModel = nullptr;
    m_rxCallback = ReceiveCallback();
    m_promiscCallback = PromiscReceiveCallback();
    NetDevice::DoDispose();
}

void
LinkNetDevice::NotifyNewAggregate()
{
    if (!m_queueInterface)
    {
        m_queueInterface = GetObject<NetDeviceQueueInterface>();
        m_queueDisc = m_queueInterface != nullptr;
        m_port.UpdateDevice();
    }
    NetDevice::NotifyNewAggregate();
}

} // namespace offload
} // namespace ns3
