/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The part of SpinRdmaNetDevice that gives a queue pair's packets to handlers.
 */
#include "spin-rdma-net-device.h"

#include <utility>

namespace ns3
{
namespace offload
{

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

ConsumeResult
SpinRdmaNetDevice::Consume(QueuePair& queuePair,
                           const EthernetFrame& frame,
                           const RocePacket& packet,
                           uint64_t address)
{
    Binding& binding = m_bindings[queuePair.GetNumber()];
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.first && binding.leaving)
    {
        return ConsumeResult::DECLINED;
    }
    if (binding.failed || !(binding.context->IsEnabled() || binding.leaving))
    {
        return ConsumeResult::FAILED;
    }
    const uint64_t key =
        QUEUE_PAIR_KEY | uint64_t{queuePair.GetNumber()} << QUEUE_PAIR_SHIFT | binding.message;
    MatchedFrame matched{MakeView(frame, packet, address),
                         binding.context,
                         NO_RULE,
                         {key, traits.first, traits.last},
                         LookaheadQueue::Now()};
    if (!GetInputBuffer()->Push(std::move(matched)))
    {
        return ConsumeResult::NO_ROOM;
    }
    binding.bytes = (traits.first ? 0 : binding.bytes) + packet.payloadBytes;
    if (traits.last)
    {
        ++binding.message;
        if (binding.tells)
        {
            m_open.push_back({key, binding.bytes, traits.family == RoceTraits::Family::WRITE});
        }
    }
    return ConsumeResult::TAKEN;
}

} // namespace offload
} // namespace ns3
