/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-rdma-net-device.h"

#include "roce-headers.h"
#include "roce-matcher.h"

#include "ns3/frame-window.h"
#include "ns3/ip-protocol.h"
#include "ns3/pointer.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(SpinRdmaNetDevice);

namespace
{

/// First allocation, frames in the steering pipeline
constexpr std::size_t FIRST_STEERED = 4;

} // namespace

TypeId
SpinRdmaNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::SpinRdmaNetDevice")
            .SetParent<SpinNetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<SpinRdmaNetDevice>()
            .AddAttribute(
                "Engine",
                "What speaks RoCEv2: queue pairs and memory regions.",
                PointerValue(),
                MakePointerAccessor(&SpinRdmaNetDevice::SetEngine, &SpinRdmaNetDevice::GetEngine),
                MakePointerChecker<RdmaEngine>())
            .AddAttribute("HandlerSends",
                          "Requests of a queue pair that wait for acknowledgements while handlers "
                          "may still add to them; the NIC keeps the packets for as long. "
                          "(assumption: 256, 1 MiB of 4 KiB packets, 20 us at 400 Gbit/s)",
                          UintegerValue(256),
                          MakeUintegerAccessor(&SpinRdmaNetDevice::m_maxSends),
                          MakeUintegerChecker<uint32_t>(1));
    return tid;
}

SpinRdmaNetDevice::SpinRdmaNetDevice()
    : m_steered(this)
{
}

SpinRdmaNetDevice::~SpinRdmaNetDevice() = default;

void
SpinRdmaNetDevice::DoDispose()
{
    m_steered.Clear();
    m_steering.clear();
    m_held.clear();
    for (Binding& binding : m_bindings)
    {
        Release(binding);
    }
    m_bindings.clear();
    if (m_engine)
    {
        m_engine->TraceDisconnectWithoutContext(
            "State",
            MakeCallback(&SpinRdmaNetDevice::StateChanged, this));
        m_engine->Dispose();
        m_engine = nullptr;
    }
    SpinNetDevice::DoDispose();
}

void
SpinRdmaNetDevice::SetEngine(Ptr<RdmaEngine> engine)
{
    m_engine = engine;
    if (m_engine)
    {
        m_engine->SetPort(this);
        // Also, nothing of this engine happens ahead of the simulator, as its unit's packets do
        // not.
        m_engine->TraceConnectWithoutContext("State",
                                             MakeCallback(&SpinRdmaNetDevice::StateChanged, this));
    }
}

SpinRdmaNetDevice::Binding&
SpinRdmaNetDevice::Bind(const Ptr<QueuePair>& queuePair)
{
    const uint32_t number = queuePair->GetNumber();
    if (!m_engine || m_engine->GetQueuePair(number) != PeekPointer(queuePair))
    {
        throw std::invalid_argument("SpinRdmaNetDevice: queue pair " + std::to_string(number) +
                                    " is another NIC's, it takes those of its Engine");
    }
    if (m_bindings.size() <= number)
    {
        m_bindings.resize(number + 1);
    }
    Binding& binding = m_bindings[number];
    if (binding.queuePair != queuePair)
    {
        // It has the number of one that was destroyed, whose messages may still be in the unit.
        const auto last =
            std::remove_if(m_open.begin(), m_open.end(), [&](const OpenMessage& open) {
                return (open.key & ~QUEUE_PAIR_KEY) >> QUEUE_PAIR_SHIFT == number;
            });
        m_open.erase(last, m_open.end());
        const uint32_t message = binding.message;
        binding = Binding();
        binding.queuePair = queuePair;
        binding.message = message;
    }
    return binding;
}

void
SpinRdmaNetDevice::AllowSends(Ptr<QueuePair> queuePair)
{
    Bind(queuePair).sends = true;
}

void
SpinRdmaNetDevice::AttachContext(Ptr<QueuePair> queuePair,
                                 Ptr<ExecutionContext> context,
                                 bool tells)
{
    if (!GetUnit())
    {
        throw std::invalid_argument("SpinRdmaNetDevice: Unit is not set, it takes a SpinUnit");
    }
    Binding& binding = Bind(queuePair);
    if (binding.context)
    {
        throw std::invalid_argument("SpinRdmaNetDevice: queue pair " +
                                    std::to_string(queuePair->GetNumber()) +
                                    " has a context, it takes one at a time");
    }
    if (!context->IsAttached())
    {
        GetUnit()->Attach(context);
    }
    const auto isSame = [&](const Binding& other) {
        return other.context == context && other.tells;
    };
    if (tells && std::none_of(m_bindings.begin(), m_bindings.end(), isSame))
    {
        context->TraceConnectWithoutContext("Event",
                                            MakeCallback(&SpinRdmaNetDevice::MessageEnded, this));
    }
    binding.context = context;
    binding.tells = tells;
    binding.sends = true;
    binding.leaving = binding.failed = false;
    queuePair->SetConsumer(this);
}

void
SpinRdmaNetDevice::DetachContext(Ptr<QueuePair> queuePair)
{
    Binding* binding = FindBinding(queuePair->GetNumber());
    if (!binding || !binding->context)
    {
        return;
    }
    const Ptr<ExecutionContext> context = binding->context;
    binding->leaving = true;
    const auto stays = [&](const Binding& other) {
        return other.context == context && !other.leaving;
    };
    if (std::none_of(m_bindings.begin(), m_bindings.end(), stays))
    {
        // Tells DETACHED when its last message has ended: now, or later.
        GetUnit()->Detach(context);
    }
}

void
SpinRdmaNetDevice::Release(Binding& binding)
{
    if (binding.context)
    {
        binding.context->TraceDisconnectWithoutContext(
            "Event",
            MakeCallback(&SpinRdmaNetDevice::MessageEnded, this));
        binding.queuePair->SetConsumer(nullptr);
        binding.context = nullptr;
    }
}

SpinRdmaNetDevice::Binding*
SpinRdmaNetDevice::FindBinding(uint32_t queuePair)
{
    const bool known = queuePair < m_bindings.size() && m_bindings[queuePair].queuePair;
    return known ? &m_bindings[queuePair] : nullptr;
}

SpinRdmaNetDevice::Binding*
SpinRdmaNetDevice::FindBinding(const ContextEvent& event)
{
    return event.key & QUEUE_PAIR_KEY
               ? FindBinding(static_cast<uint32_t>(event.key >> QUEUE_PAIR_SHIFT) &
                             roce::NUMBER_MASK)
               : nullptr;
}

bool
SpinRdmaNetDevice::IsLeaving(const ExecutionContext* context) const
{
    const auto leaves = [context](const Binding& binding) {
        return PeekPointer(binding.context) == context && binding.leaving;
    };
    return std::any_of(m_bindings.begin(), m_bindings.end(), leaves) ||
           SpinNetDevice::IsLeaving(context);
}

bool
SpinRdmaNetDevice::IsRoce(const EthernetFrame& frame, bool& first) const
{
    uint32_t opcode = 0;
    if (frame.content)
    {
        const RocePacket* packet = RocePacket::From(frame.content.get());
        if (!packet || Ipv4Address(packet->destination) != m_engine->GetAddress())
        {
            return false;
        }
        opcode = static_cast<uint32_t>(packet->opcode);
    }
    else
    {
        const FrameWindow window(frame);
        if (!window.IsPlainIpv4() || window.IsFragment() ||
            window.GetField(FrameWindow::IPV4_PROTOCOL, 1) != IpProtocol::UDP ||
            window.GetField(FrameWindow::IPV4_DESTINATION, 4) != m_engine->GetAddress().Get() ||
            window.GetField(FrameWindow::IPV4_PAYLOAD + 2, 2) != roce::UDP_PORT)
        {
            return false;
        }
        opcode = static_cast<uint32_t>(window.GetField(RoceMatcher::TRANSPORT, 1));
    }
    const RoceTraits& traits = roce::TRAITS[opcode];
    first = traits.first && traits.IsRequest();
    return true;
}

void
SpinRdmaNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    bool first = false;
    if (!m_engine || Classify(frame.destination) != PACKET_HOST || !IsRoce(frame, first))
    {
        SpinNetDevice::ReceiveFrame(std::move(frame));
        return;
    }
    const int64_t now = LookaheadQueue::Now();
    const int64_t time = Steer(GetSteeringTable()->GetCost(first), now);
    if (m_steering.full())
    {
        m_steering.set_capacity(std::max(FIRST_STEERED, 2 * m_steering.capacity()));
    }
    m_steering.push_back({std::move(frame), time});
    m_steered.Set(GetPortContext(), m_steering.front().time, now);
}

void
SpinRdmaNetDevice::SteeringDone()
{
    const int64_t now = LookaheadQueue::Now();
    while (!m_steering.empty() && m_steering.front().time <= now)
    {
        EthernetFrame frame = std::move(m_steering.front().frame);
        m_steering.pop_front();
        if (!m_engine->Receive(frame))
        {
            SpinNetDevice::ReceiveFrame(std::move(frame));
        }
    }
    RetrySends();
    if (!m_steering.empty())
    {
        m_steered.Set(GetPortContext(), m_steering.front().time, now);
    }
}

void
SpinRdmaNetDevice::TakeUnserved(const MatchedFrame& matched, int64_t time)
{
    if (matched.rule != NO_RULE)
    {
        SpinNetDevice::TakeUnserved(matched, time);
    }
    else if (IsLeaving(PeekPointer(matched.context)))
    {
        DeliverUnhandled(matched.frame.ToPacket());
    }
    else
    {
        DropFrame(matched.frame, NicDropReason::CONTEXT_FAILED);
    }
}

void
SpinRdmaNetDevice::DeliverUnhandled(Ptr<const Packet> whole)
{
    EthernetFrame frame;
    RocePacketPtr packet;
    bool congested = false;
    if (m_engine && EthernetFrame::FromPacket(whole, frame) &&
        RocePacket::Parse(frame.payload, *RocePacketPool::Get(), packet, congested) ==
            RoceParseResult::GOOD &&
        Ipv4Address(packet->destination) == m_engine->GetAddress())
    {
        if (QueuePair* queuePair = m_engine->GetQueuePair(packet->destinationQueue))
        {
            queuePair->Deliver(*packet);
            return;
        }
    }
    SpinNetDevice::DeliverUnhandled(whole);
}

void
SpinRdmaNetDevice::NotifyContextEvent(Ptr<ExecutionContext> context, const ContextEvent& event)
{
    if (event.type == ContextEvent::Type::MESSAGE_ABORTED)
    {
        if (Binding* binding = FindBinding(event))
        {
            binding->failed = true;
        }
    }
    else if (event.type == ContextEvent::Type::DETACHED)
    {
        for (Binding& binding : m_bindings)
        {
            if (binding.context == context)
            {
                Release(binding);
            }
        }
    }
    SpinNetDevice::NotifyContextEvent(context, event);
}

void
SpinRdmaNetDevice::MessageEnded(const ContextEvent& event)
{
    const auto open = std::find_if(m_open.begin(), m_open.end(), [&](const OpenMessage& message) {
        return message.key == event.key;
    });
    Binding* binding = FindBinding(event);
    if (open == m_open.end() || !binding)
    {
        return;
    }
    const OpenMessage message = *open;
    m_open.erase(open);
    // What was left to the host is told by the engine.
    if (event.type == ContextEvent::Type::MESSAGE_COMPLETE &&
        event.status != HandlerStatus::PROCEED && event.status != HandlerStatus::PROCEED_PENDING)
    {
        QueuePair& queuePair = *binding->queuePair;
        Completion completion;
        completion.id = static_cast<uint32_t>(event.key);
        completion.bytes = message.bytes;
        completion.queuePair = queuePair.GetNumber();
        completion.opcode = message.write ? WorkOpcode::RECEIVE_WRITE : WorkOpcode::RECEIVE;
        queuePair.Complete(*queuePair.GetParameters().receiveCompletions,
                           completion,
                           LookaheadQueue::Now());
    }
}

void
SpinRdmaNetDevice::SendRoce(EthernetFrame&& frame)
{
    SendFrame(std::move(frame));
    // As the host and the unit, the engine takes turns at the port.
    m_rdmaTurn = GetTransmitFreeAt();
}

int64_t
SpinRdmaNetDevice::GetPortFreeAt() const
{
    return std::min(m_rdmaTurn, GetTransmitFreeAt());
}

uint64_t
SpinRdmaNetDevice::GetPortRate() const
{
    return GetDataRate().GetBitRate();
}

Mac48Address
SpinRdmaNetDevice::GetPortAddress() const
{
    return Mac48Address::ConvertFrom(GetAddress());
}

uint32_t
SpinRdmaNetDevice::GetPortContext() const
{
    return GetContext();
}

void
SpinRdmaNetDevice::PauseChanged()
{
    SpinNetDevice::PauseChanged();
    if (m_engine)
    {
        m_engine->PortTimesChanged();
    }
}

} // namespace offload
} // namespace ns3
