/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-net-device.h"

#include "ns3/log.h"
#include "ns3/lookahead-queue.h"
#include "ns3/memory-frame.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

NS_LOG_COMPONENT_DEFINE("SpinNetDevice");

SpinNetDevice::SpinNetDevice() = default;

SpinNetDevice::~SpinNetDevice() = default;

void
SpinNetDevice::NotifyConstructionCompleted()
{
    LinkNetDevice::NotifyConstructionCompleted();
    if (!m_table)
    {
        SetSteeringTable(CreateObject<SteeringTable>());
    }
    if (!m_input)
    {
        SetInputBuffer(CreateObject<InputBuffer>());
    }
}

void
SpinNetDevice::DoDispose()
{
    m_input->Dispose();
    m_bindings.clear();
    if (m_unit)
    {
        m_unit->Dispose();
        m_unit = nullptr;
    }
    if (m_hostPath)
    {
        m_hostPath->Dispose();
        m_hostPath = nullptr;
    }
    m_table->Dispose();
    m_input = nullptr;
    m_table = nullptr;
    LinkNetDevice::DoDispose();
}

void
SpinNetDevice::SetUnit(Ptr<SpinUnit> unit)
{
    m_unit = unit;
    if (unit)
    {
        unit->SetContext(GetNodeContext());
        unit->SetOutput(this);
        unit->SetInput(this);
        unit->SetContextCallback(MakeCallback(&SpinNetDevice::NotifyContextEvent, this));
        unit->SetHostPathCallback(MakeCallback(&SpinNetDevice::DeliverUnhandled, this));
        unit->SetHostPort(m_hostPath ? PeekPointer(m_hostPath->GetPcie()) : nullptr);
    }
}

void
SpinNetDevice::SetHostPath(Ptr<HostPath> hostPath)
{
    m_hostPath = hostPath;
    if (hostPath)
    {
        hostPath->SetUser(this);
    }
    if (m_unit)
    {
        m_unit->SetHostPort(hostPath ? PeekPointer(hostPath->GetPcie()) : nullptr);
    }
}

void
SpinNetDevice::SetSteeringTable(Ptr<SteeringTable> table)
{
    m_table = table;
}

void
SpinNetDevice::SetInputBuffer(Ptr<InputBuffer> input)
{
    m_input = input;
    if (input)
    {
        input->SetUser(this);
    }
}

bool
SpinNetDevice::IsForHost(const EthernetFrame& frame) const
{
    return m_promiscuous || Classify(frame.destination) != PACKET_OTHERHOST;
}

void
SpinNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    frame.Materialise();
    if (!IsForHost(frame))
    {
        DropFrame(frame, NicDropReason::WRONG_ADDRESS);
        return;
    }
    const int64_t now = LookaheadQueue::Now();
    m_forUnit = false;
    if (m_table->IsEmpty())
    {
        ToHost(std::move(frame), now);
        return;
    }
    // What the unit has done by now decides what becomes of this frame.
    if (m_unit)
    {
        m_unit->CatchUp(now);
    }
    const SteeringTable::Result result = m_table->Lookup(FrameWindow(frame), now);
    Steer(result.cost, now);
    if (!result.target)
    {
        ToHost(std::move(frame), m_tableFreeAt);
        return;
    }
    if (!m_matchTrace.IsEmpty())
    {
        m_matchTrace(frame.ToPacket(), result);
    }
    m_forUnit = true;
    SteerToUnit(std::move(frame), result);
}

void
SpinNetDevice::SteerToUnit(EthernetFrame&& frame, const SteeringTable::Result& result)
{
    LookaheadQueue& queue = LookaheadQueue::Get();
    if (queue.IsAhead() && m_unit->IsWatched(*static_cast<ExecutionContext*>(result.target)))
    {
        const Ptr<SpinNetDevice> keep(this);
        queue.Surface(GetNodeContext(),
                      [keep, frame, result] { keep->ToUnit(EthernetFrame(frame), result); });
        return;
    }
    ToUnit(std::move(frame), result);
}

bool
SpinNetDevice::TakesAhead(const EthernetFrame& frame) const
{
    // What the host gets would have to wait for the simulator after all.
    return m_forUnit && frame.protocol != EthernetFrame::MAC_CONTROL && m_unit->RunsAhead();
}

bool
SpinNetDevice::RunsAhead() const
{
    return !m_promiscuous && m_matchTrace.IsEmpty() && m_spinRxTrace.IsEmpty() &&
           m_hostRxTrace.IsEmpty() && m_dropTrace.IsEmpty() && !m_input->IsWatched() &&
           !m_table->IsWatched();
}

int64_t
SpinNetDevice::Steer(int64_t cost, int64_t now)
{
    // The table is a pipeline: what takes longer does not let what follows overtake it.
    m_tableFreeAt = std::max(m_tableFreeAt, now + cost);
    return m_tableFreeAt;
}

void
SpinNetDevice::ToHost(EthernetFrame&& frame, int64_t start)
{
    LookaheadQueue& queue = LookaheadQueue::Get();
    if (queue.IsAhead())
    {
        const Ptr<SpinNetDevice> keep(this);
        queue.Surface(GetNodeContext(),
                      [keep, frame, start] { keep->ToHost(EthernetFrame(frame), start); });
        return;
    }
    if (!m_hostRxTrace.IsEmpty())
    {
        m_hostRxTrace(frame.ToPacket());
    }
    if (!m_hostPath)
    {
        DeliverToHost(frame);
    }
    else if (!m_hostPath->Receive(std::move(frame), start))
    {
        DropFrame(frame, NicDropReason::RECEIVE_RING_FULL);
    }
}

void
SpinNetDevice::ToUnit(EthernetFrame&& frame, const SteeringTable::Result& result)
{
    MatchedFrame matched{std::move(frame),
                         static_cast<ExecutionContext*>(result.target),
                         result.rule,
                         result.position,
                         m_tableFreeAt};
    if (!m_input->Push(std::move(matched)))
    {
        DropFrame(matched.frame, NicDropReason::INPUT_BUFFER_FULL);
        if (result.position.first && !result.position.last)
        {
            // The unit never hears of this message: the rest of it is the host's.
            m_table->Abort(result.rule, result.position.key);
        }
    }
}

bool
SpinNetDevice::IsNoticed(const MatchedFrame& frame) const
{
    const bool toHost = !IsServed(frame);
    return toHost || !m_spinRxTrace.IsEmpty();
}

void
SpinNetDevice::Expect(int64_t time)
{
    m_unit->Expect(time);
}

void
SpinNetDevice::OfferPackets(int64_t now)
{
    m_input->Offer(now);
}

bool
SpinNetDevice::IsServed(const MatchedFrame& matched) const
{
    const ExecutionContext* context = PeekPointer(matched.context);
    // A context that has failed since: the packet is the host's. One that leaves ends its messages.
    return context->IsEnabled() ||
           (!matched.position.first && context->IsAttached() && IsLeaving(context));
}

bool
SpinNetDevice::TakeMatched(const MatchedFrame& matched, int64_t time)
{
    if (!IsServed(matched))
    {
        TakeUnserved(matched, time);
        return true;
    }
    if (!m_unit->Receive(matched.context, MemoryFrame(matched.frame), matched.position, time))
    {
        return false;
    }
    if (!m_spinRxTrace.IsEmpty())
    {
        m_spinRxTrace(matched.frame.ToPacket());
    }
    return true;
}

void
SpinNetDevice::TakeUnserved(const MatchedFrame& matched, int64_t time)
{
    ToHost(EthernetFrame(matched.frame), time);
}

void
SpinNetDevice::PauseWire(bool paused)
{
    SetReceivePaused(paused);
}

uint32_t
SpinNetDevice::GetPauseHeadroom() const
{
    // Linux, drivers/net/ethernet/mellanox/mlx5/core/en/port_buffer.c (commit 0696d60853d5):
    // (301 + 2.16 * cable in m) * rate in Gbit/s + 2.72 * MTU, here with a cable of 7 m.
    constexpr uint64_t RATE_X100 = 30100 + 216 * 7;
    constexpr uint64_t MTU_X100 = 272;
    constexpr uint64_t BIT_PER_GBIT = 1'000'000'000;
    const uint64_t gbits = GetDataRate().GetBitRate() / BIT_PER_GBIT;
    return static_cast<uint32_t>((RATE_X100 * gbits + MTU_X100 * GetMtu()) / 100);
}

uint32_t
SpinNetDevice::GetPauseHysteresis() const
{
    return GetMtu();
}

void
SpinNetDevice::DeliverUnhandled(Ptr<const Packet> frame, uint64_t)
{
    EthernetFrame unhandled;
    if (EthernetFrame::FromPacket(frame, unhandled))
    {
        ToHost(std::move(unhandled), LookaheadQueue::Now());
    }
}

bool
SpinNetDevice::DropFrame(const EthernetFrame& frame, NicDropReason reason)
{
    NS_LOG_LOGIC("frame of " << frame.GetSize() << " bytes dropped: " << ToString(reason));
    if (!m_dropTrace.IsEmpty())
    {
        m_dropTrace(frame.ToPacket(), reason);
    }
    return false;
}

bool
SpinNetDevice::Send(Ptr<Packet> packet, const Address& destination, uint16_t protocol)
{
    return SendFrom(packet, GetAddress(), destination, protocol);
}

bool
SpinNetDevice::SendFrom(Ptr<Packet> packet,
                        const Address& source,
                        const Address& destination,
                        uint16_t protocol)
{
    if (!m_hostPath || !IsLinkUp() || packet->GetSize() > GetMtu())
    {
        return LinkNetDevice::SendFrom(packet, source, destination, protocol);
    }
    EthernetFrame frame{packet,
                        Mac48Address::ConvertFrom(destination),
                        Mac48Address::ConvertFrom(source),
                        protocol};
    if (!m_hostTxTrace.IsEmpty())
    {
        m_hostTxTrace(frame.ToPacket());
    }
    if (!m_hostPath->Send(std::move(frame)))
    {
        return DropFrame(frame, NicDropReason::TRANSMIT_RING_FULL);
    }
    if (m_hostPath->IsTransmitRingFull())
    {
        if (Ptr<NetDeviceQueueInterface> queues = GetObject<NetDeviceQueueInterface>())
        {
            m_queueStopped = true;
            queues->GetTxQueue(0)->Stop();
        }
    }
    return true;
}

void
SpinNetDevice::SetPromiscReceiveCallback(PromiscReceiveCallback callback)
{
    m_promiscuous = !callback.IsNull();
    LinkNetDevice::SetPromiscReceiveCallback(callback);
}

void
SpinNetDevice::SetNode(Ptr<Node> node)
{
    LinkNetDevice::SetNode(node);
    if (m_unit)
    {
        m_unit->SetContext(GetNodeContext());
    }
}

uint32_t
SpinNetDevice::GetNodeContext() const
{
    return GetContext();
}

void
SpinNetDevice::DeliverFromHostPath(const EthernetFrame& frame)
{
    DeliverToHost(frame);
}

int64_t
SpinNetDevice::GetHostTurn() const
{
    return std::min(m_hostTurn, GetTransmitFreeAt());
}

void
SpinNetDevice::TransmitFromHost(EthernetFrame&& frame)
{
    SendFrame(std::move(frame));
    // Each side has one frame at the port at a time, so that they take turns.
    m_hostTurn = GetTransmitFreeAt();
}

void
SpinNetDevice::HostTransmitReady()
{
    if (m_queueStopped)
    {
        m_queueStopped = false;
        GetObject<NetDeviceQueueInterface>()->GetTxQueue(0)->Wake();
    }
}

int64_t
SpinNetDevice::GetReadyAt() const
{
    return std::min(m_unitTurn, GetTransmitFreeAt());
}

void
SpinNetDevice::Transmit(Ptr<Packet> bytes)
{
    TransmitFrame(MemoryFrame(bytes), LookaheadQueue::Now());
}

void
SpinNetDevice::TransmitFrame(const MemoryFrame& bytes, int64_t time)
{
    EthernetFrame frame = MakeFrame();
    if (!bytes.ToFrame(frame))
    {
        m_dropTrace(bytes.ToPacket(), NicDropReason::BAD_FRAME);
        return;
    }
    SendFrameOf(std::move(frame), time);
    m_unitTurn = GetTransmitFreeAt();
}

int64_t
SpinNetDevice::GetLateness(uint32_t bytes) const
{
    return GetSendLateness(bytes);
}

void
SpinNetDevice::SettlePort() const
{
    if (m_unit)
    {
        m_unit->CatchUp();
    }
}

void
SpinNetDevice::PauseChanged()
{
    // MAC control frames are not taken ahead of the simulator.
    Simulator::ScheduleNow(&SpinNetDevice::PortTimesChanged, Ptr<SpinNetDevice>(this));
}

void
SpinNetDevice::PortTimesChanged()
{
    if (m_unit)
    {
        m_unit->OutputReady();
    }
    if (m_hostPath)
    {
        m_hostPath->PortReady();
    }
}

} // namespace offload
} // namespace ns3
