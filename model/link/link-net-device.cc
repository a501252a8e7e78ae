/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-net-device.h"

#include "link-channel.h"
#include "time-resolution.h"

#include "ns3/log.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ns3
{
namespace offload
{

NS_LOG_COMPONENT_DEFINE("LinkNetDevice");

namespace
{

int64_t
Now()
{
    return LookaheadQueue::Now();
}

} // namespace

LinkNetDevice::LinkNetDevice()
    : m_mtu(MIN_MTU),
      m_port(*this),
      m_pauseRefresh(this)
{
}

LinkNetDevice::LinkNetDevice(const LinkNetDevice& prototype)
    : NetDevice(prototype),
      m_address(prototype.m_address),
      m_mtu(prototype.m_mtu),
      m_flowControl(prototype.m_flowControl),
      m_priorityFlowControl(prototype.m_priorityFlowControl),
      m_receiveErrorModel(prototype.m_receiveErrorModel),
      m_port(*this),
      m_rate(prototype.m_rate),
      m_queueSize(prototype.m_queueSize),
      m_preamble(prototype.m_preamble),
      m_interframeGap(prototype.m_interframeGap),
      m_pauseRefresh(this)
{
    m_port.SetRate(m_rate.GetBitRate());
    m_port.SetOverhead(m_preamble, m_interframeGap);
    m_port.SetQueueSize(m_queueSize);
}

LinkNetDevice::~LinkNetDevice() = default;

Ptr<LinkNetDevice>
LinkNetDevice::Copy() const
{
    return CopyOf(*this);
}

void
LinkNetDevice::Attach(Ptr<LinkChannel> channel)
{
    NS_LOG_FUNCTION(this << channel);
    const uint32_t end = channel->Attach(this);
    m_channel = channel;
    m_port.Attach(PeekPointer(channel), end);
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
    frame.Pad();
    const uint32_t bytes = frame.GetSize();
    return m_port.Pass(std::move(frame), bytes, Now());
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
