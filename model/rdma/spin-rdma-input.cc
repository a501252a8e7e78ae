/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The part of SpinRdmaNetDevice that gives a queue pair's packets to handlers, and takes
 * back what handlers leave to the host.
 */
#include "spin-rdma-net-device.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/// First allocation, messages inside
constexpr std::size_t FIRST_MESSAGES = 4;

} // namespace

EthernetFrame
SpinRdmaNetDevice::MakeView(const EthernetFrame& frame, const RocePacket& packet, uint64_t address)
{
    EthernetFrame view(frame);
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.family != RoceTraits::Family::WRITE || (traits.first && traits.last))
    {
        view.Materialise();
        return view;
    }
    // Only a message's first packet says where it goes; handlers, which see packets in any order,
    // are told of each.
    const Ptr<RocePacketPool> pool = RocePacketPool::Get();
    RocePacketPtr only = pool->Create();
    only->source = packet.source;
    only->destination = packet.destination;
    only->destinationQueue = packet.destinationQueue;
    only->sequence = packet.sequence;
    only->sourcePort = packet.sourcePort;
    only->opcode =
        traits.immediate ? RoceOpcode::WRITE_ONLY_WITH_IMMEDIATE : RoceOpcode::WRITE_ONLY;
    only->codePoint = packet.codePoint;
    only->timeToLive = packet.timeToLive;
    only->acknowledge = packet.acknowledge;
    only->solicited = packet.solicited;
    only->immediate = packet.immediate;
    only->address = address;
    only->key = packet.key;
    only->length = only->payloadBytes = packet.payloadBytes;
    only->bytes = pool->CreateBuffer();
    packet.CopyPayload(only->bytes->data());
    only->Seal(0, 0, false);
    view.payload = only->ToPacket(view.IsCongested());
    view.content = nullptr;
    return view;
}

uint64_t
SpinRdmaNetDevice::MakeKey(const Binding& binding, uint32_t message)
{
    return QUEUE_PAIR_KEY | uint64_t{binding.queuePair->GetNumber()} << QUEUE_PAIR_SHIFT | message;
}

uint32_t
SpinRdmaNetDevice::GetNumber(uint64_t key)
{
    return static_cast<uint32_t>(key >> QUEUE_PAIR_SHIFT) & roce::NUMBER_MASK;
}

uint32_t
SpinRdmaNetDevice::GetPlace(const Binding& binding, uint64_t key)
{
    // Of messages of earlier connections, and of those that have left, beyond all others.
    return static_cast<uint32_t>(key) - binding.oldest;
}

SpinRdmaNetDevice::Binding*
SpinRdmaNetDevice::FindBinding(uint32_t queuePair)
{
    const bool known = queuePair < m_bindings.size() && m_bindings[queuePair].queuePair;
    return known ? &m_bindings[queuePair] : nullptr;
}

SpinRdmaNetDevice::Binding*
SpinRdmaNetDevice::FindBinding(uint64_t key)
{
    return key & QUEUE_PAIR_KEY ? FindBinding(GetNumber(key)) : nullptr;
}

ConsumeResult
SpinRdmaNetDevice::Consume(QueuePair& queuePair,
                           const EthernetFrame& frame,
                           const RocePacket& packet,
                           uint64_t address)
{
    const uint32_t number = queuePair.GetNumber();
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.first && m_bindings[number].leaving)
    {
        // Older messages that are left to the host come first, and may end the connection.
        GetUnit()->CatchUp();
    }
    Binding& binding = m_bindings[number];
    const QueuePairState state = queuePair.GetState();
    if (binding.failed || state == QueuePairState::RESET || state == QueuePairState::ERROR)
    {
        return ConsumeResult::FAILED;
    }
    if (traits.first && binding.leaving)
    {
        return binding.left.empty() ? ConsumeResult::DECLINED : ConsumeResult::NO_ROOM;
    }
    if (binding.receiving == traits.first || !(binding.context->IsEnabled() || binding.leaving))
    {
        return ConsumeResult::FAILED;
    }
    const uint64_t key = MakeKey(binding, binding.message);
    MatchedFrame matched{MakeView(frame, packet, address),
                         binding.context,
                         NO_RULE,
                         {key, traits.first, traits.last},
                         LookaheadQueue::Now()};
    // What waits for an older message occupies memory, too.
    if (binding.lateBytes > GetInputBuffer()->GetSize() ||
        !GetInputBuffer()->Push(std::move(matched)))
    {
        return ConsumeResult::NO_ROOM;
    }
    Taken(binding, traits, packet.payloadBytes);
    return ConsumeResult::TAKEN;
}

void
SpinRdmaNetDevice::Taken(Binding& binding, const RoceTraits& traits, uint32_t bytes)
{
    if (traits.first)
    {
        if (binding.left.full())
        {
            binding.left.set_capacity(std::max(FIRST_MESSAGES, 2 * binding.left.capacity()));
        }
        binding.left.push_back(false);
        binding.bytes = 0;
    }
    binding.bytes += bytes;
    binding.receiving = !traits.last;
    if (traits.last)
    {
        const uint64_t key = MakeKey(binding, binding.message++);
        if (binding.tells)
        {
            m_open.push_back({key, binding.bytes, traits.family == RoceTraits::Family::WRITE});
        }
    }
}

bool
SpinRdmaNetDevice::IsServed(const MatchedFrame& matched) const
{
    if (matched.rule != NO_RULE)
    {
        return SpinNetDevice::IsServed(matched);
    }
    const Binding& binding = m_bindings[GetNumber(matched.position.key)];
    const ExecutionContext* context = PeekPointer(matched.context);
    return matched.position.key != binding.unserved &&
           (context->IsEnabled() ||
            (!matched.position.first && context->IsAttached() && binding.leaving));
}

void
SpinRdmaNetDevice::TakeUnserved(const MatchedFrame& matched, int64_t time)
{
    if (matched.rule != NO_RULE)
    {
        SpinNetDevice::TakeUnserved(matched, time);
        return;
    }
    const MessagePosition& position = matched.position;
    Binding& binding = m_bindings[GetNumber(position.key)];
    if (binding.leaving || position.key == binding.unserved)
    {
        // The rest of the message goes the same way.
        binding.unserved = position.key;
        DeliverUnhandled(matched.frame.ToPacket(), position.key);
    }
    else
    {
        DropFrame(matched.frame, NicDropReason::CONTEXT_FAILED);
    }
    if (position.last)
    {
        MessageLeft(position.key);
    }
}

void
SpinRdmaNetDevice::DeliverUnhandled(Ptr<const Packet> whole, uint64_t key)
{
    if (!(key & QUEUE_PAIR_KEY))
    {
        SpinNetDevice::DeliverUnhandled(whole, key);
        return;
    }
    Binding* binding = FindBinding(key);
    const uint32_t place = binding ? GetPlace(*binding, key) : 0;
    if (!binding || place >= binding->left.size())
    {
        DropLate(whole);
    }
    else if (place > 0)
    {
        // As without a context, messages are received in the order in which they were sent
        // (IBTA 9.7), whatever the handlers of older ones make of those.
        binding->lateBytes += whole->GetSize();
        m_late.push_back({key, whole});
    }
    else
    {
        Deliver(*binding->queuePair, whole, key);
    }
}

void
SpinRdmaNetDevice::Deliver(QueuePair& queuePair, const Ptr<const Packet>& whole, uint64_t key)
{
    EthernetFrame frame;
    RocePacketPtr packet;
    bool congested = false;
    if (EthernetFrame::FromPacket(whole, frame) &&
        RocePacket::Parse(frame.payload, *RocePacketPool::Get(), packet, congested) ==
            RoceParseResult::GOOD)
    {
        queuePair.Deliver(*packet);
        return;
    }
    SpinNetDevice::DeliverUnhandled(whole, key);
}

void
SpinRdmaNetDevice::DropLate(const Ptr<const Packet>& whole)
{
    EthernetFrame frame;
    if (EthernetFrame::FromPacket(whole, frame))
    {
        DropFrame(frame, NicDropReason::CONNECTION_ENDED);
    }
}

void
SpinRdmaNetDevice::MessageLeft(uint64_t key)
{
    Binding* binding = FindBinding(key);
    const uint32_t place = binding ? GetPlace(*binding, key) : 0;
    if (!binding || place >= binding->left.size())
    {
        return;
    }
    binding->left[place] = true;
    // Whoever is told of what is delivered may end the connection, or bind other queue pairs.
    while ((binding = FindBinding(key)) && !binding->left.empty() && binding->left.front())
    {
        binding->left.pop_front();
        ++binding->oldest;
        DeliverLate(GetNumber(key));
    }
    ReleaseIdle(GetNumber(key));
}

void
SpinRdmaNetDevice::DeliverLate(uint32_t queuePair)
{
    Binding* binding = nullptr;
    const auto isNext = [&](const LatePacket& late) {
        return late.key == MakeKey(*binding, binding->oldest);
    };
    while ((binding = FindBinding(queuePair)) && binding->lateBytes > 0)
    {
        const auto next = std::find_if(m_late.begin(), m_late.end(), isNext);
        if (next == m_late.end())
        {
            return;
        }
        const LatePacket late = *next;
        m_late.erase(next);
        binding->lateBytes -= late.frame->GetSize();
        Deliver(*binding->queuePair, late.frame, late.key);
    }
}

void
SpinRdmaNetDevice::MessageEnded(const ContextEvent& event)
{
    const auto open = std::find_if(m_open.begin(), m_open.end(), [&](const OpenMessage& message) {
        return message.key == event.key;
    });
    Binding* binding = FindBinding(event.key);
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

} // namespace offload
} // namespace ns3
