/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a CanaryNetDevice does with the blocks that it leads.
 */
#include "canary-net-device.h"

#include <cstring>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

CanaryNetDevice::Led&
CanaryNetDevice::GetLed(uint32_t block)
{
    return m_led[block / GetMembers()];
}

void
CanaryNetDevice::Collect(uint32_t block, const FlarePacketPtr& values, uint32_t count)
{
    Led& led = GetLed(block);
    if (!led.sum)
    {
        const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
        led.sum = pool->Create();
        led.sum->kind = FlareKind::DENSE_RESULT;
        led.sum->allreduce = m_number;
        led.sum->block = block;
        led.sum->values = values->values;
        led.sum->dataBytes = values->dataBytes;
        led.sum->data = pool->CreateBuffer();
        std::memcpy(led.sum->data->bytes.data(), values->data->bytes.data(), values->dataBytes);
    }
    else if (values->values != led.sum->values)
    {
        FailAll(block,
                "block " + std::to_string(block) + " has " + std::to_string(led.sum->values) +
                    " values at one rank and " + std::to_string(values->values) + " at another");
        return;
    }
    else
    {
        m_operation->Combine(led.sum->data->bytes.data(),
                             values->data->bytes.data(),
                             values->values);
    }
    led.counter += count;
    if (led.counter == GetMembers())
    {
        Complete(block);
    }
}

void
CanaryNetDevice::Complete(uint32_t block)
{
    Led& led = GetLed(block);
    led.complete = true;
    if (led.noted)
    {
        SendResult(block, {led.first, CanaryTrail()}, false);
    }
    for (const Source& source : led.sources)
    {
        SendResult(block, source, source.trail.hops == 0);
    }
    TakeResult(block, led.sum);
}

void
CanaryNetDevice::SendResult(uint32_t block, const Source& source, bool bypass)
{
    const CanaryPacketPtr packet = MakePacket(CanaryKind::RESULT, block, source.host);
    packet->trail = source.trail;
    packet->bypass = bypass;
    packet->body = GetLed(block).sum;
    SendPacket(packet);
}

void
CanaryNetDevice::TakeContribution(const CanaryPacket& packet)
{
    Led& led = GetLed(packet.block);
    ++m_counters.collected;
    if (led.complete || packet.round != led.round)
    {
        return; // of the round before
    }
    if (led.round == 1)
    {
        if (led.seen[packet.rank])
        {
            return;
        }
        led.seen[packet.rank] = true;
    }
    if (packet.bypass)
    {
        led.sources.push_back({packet.source, packet.trail});
    }
    else if (!std::exchange(led.noted, true))
    {
        led.first = packet.source;
    }
    Collect(packet.block, packet.body, packet.counter);
}

void
CanaryNetDevice::TakeRequest(const CanaryPacket& packet)
{
    const Led& led = GetLed(packet.block);
    if (led.complete)
    {
        if (led.sum)
        {
            SendResult(packet.block, {packet.source, CanaryTrail()}, true);
        }
        return;
    }
    if (m_window.HasBegun(packet.block))
    {
        AskAll(packet.block, LookaheadQueue::Now());
    }
}

void
CanaryNetDevice::AskAll(uint32_t block, int64_t now)
{
    Led& led = GetLed(block);
    if (led.round == 1 && now - led.askedAt < m_timeout.GetTimeStep())
    {
        return; // the answers are on their way
    }
    led.askedAt = now;
    if (led.round == 0)
    {
        // What has come may lack anybody: all anew.
        led.round = 1;
        led.counter = 0;
        led.sum = nullptr;
        led.sources.clear();
        led.noted = false;
        led.seen.assign(GetMembers(), false);
        led.seen[m_job.rank] = true;
        const FlarePacketPtr values = ReadOrFail(block);
        if (!values)
        {
            return;
        }
        Collect(block, values, 1);
    }
    for (uint32_t rank = 0; rank < GetMembers(); rank++)
    {
        if (!led.seen[rank])
        {
            ++m_counters.repeats;
            SendPacket(MakePacket(CanaryKind::REPEAT, block, (*m_job.members)[rank]));
        }
    }
}

} // namespace offload
} // namespace ns3
