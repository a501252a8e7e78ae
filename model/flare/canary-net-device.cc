/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-net-device.h"

#include "canary-communicators.h"

#include "ns3/host-address.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(CanaryNetDevice);

TypeId
CanaryNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::CanaryNetDevice")
            .SetParent<LinkNetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<CanaryNetDevice>()
            .AddAttribute("RequestTimeout",
                          "Time after which a host asks a block's leader for the result. "
                          "Assumption: 1 ms, many times a loaded switch's latency.",
                          TimeValue(MilliSeconds(1)),
                          MakeTimeAccessor(&CanaryNetDevice::m_timeout),
                          MakeTimeChecker(MicroSeconds(1)));
    return tid;
}

CanaryNetDevice::CanaryNetDevice() = default;
CanaryNetDevice::~CanaryNetDevice() = default;

void
CanaryNetDevice::DoDispose()
{
    m_timer.Clear();
    m_window.Close();
    m_done = DoneCallback();
    m_led.clear();
    m_communicators.clear();
    m_communicator = nullptr;
    LinkNetDevice::DoDispose();
}

uint32_t
CanaryNetDevice::GetMembers() const
{
    return static_cast<uint32_t>(m_job.members->size());
}

CanaryNetDevice::Led&
CanaryNetDevice::GetLed(uint32_t block)
{
    return m_led[block / GetMembers()];
}

void
CanaryNetDevice::Start(const CanaryJob& job, DoneCallback done)
{
    constexpr uint32_t MOST_MEMBERS = UINT16_MAX;
    const std::string name = "CanaryNetDevice: allreduce " + std::to_string(job.id);
    if (IsBusy() || job.blocks == 0 || job.window == 0 || !job.vector || !job.members)
    {
        throw std::invalid_argument(name + " needs blocks, a window, members, a vector and a "
                                           "device without another one");
    }
    if (job.members->size() < 2 || job.members->size() > MOST_MEMBERS ||
        job.rank >= job.members->size())
    {
        throw std::invalid_argument(name + " needs 2 to " + std::to_string(MOST_MEMBERS) +
                                    " members, and a rank among them");
    }
    const uint16_t number = CanaryCommunicators::Get().GetNumber(*job.members);
    KeepResults();
    m_number = number;
    m_communicator = &m_communicators[number];
    m_sequence = m_communicator->next++;
    m_job = job;
    m_done = done;
    m_operation = FlareOperator::Make(job.type, job.operation);
    m_window.Begin(0, job.blocks, job.window);
    m_led.clear();
    m_led.resize(job.blocks / GetMembers() + 1);
    const int64_t now = LookaheadQueue::Now();
    for (uint32_t block = 0; block < m_window.GetSize(); block++)
    {
        SendBlock(block, now);
    }
    m_timer.Set(GetContext(), now + m_timeout.GetTimeStep());
    TakeEarly();
}

void
CanaryNetDevice::KeepResults()
{
    if (!m_communicator)
    {
        return;
    }
    m_communicator->keptSequence = m_sequence;
    m_communicator->kept.clear();
    for (Led& led : m_led)
    {
        if (led.sum)
        {
            m_communicator->kept.push_back(std::move(led.sum));
        }
    }
}

void
CanaryNetDevice::TakeEarly()
{
    for (const CanaryPacketPtr& packet : std::exchange(m_communicator->early, {}))
    {
        if (packet->block < m_job.blocks)
        {
            TakeContribution(*packet);
        }
    }
}

bool
CanaryNetDevice::IsCurrent(const CanaryPacket& packet) const
{
    return m_communicator && packet.communicator == m_number && packet.sequence == m_sequence;
}

void
CanaryNetDevice::TakeOther(const CanaryPacket& packet)
{
    Communicator& communicator = m_communicators[packet.communicator];
    if (packet.kind == CanaryKind::CONTRIBUTION && packet.sequence == communicator.next)
    {
        // A content knows the references to it; nobody changes the rest.
        communicator.early.emplace_back(const_cast<CanaryPacket*>(&packet));
        return;
    }
    if (packet.kind != CanaryKind::REQUEST || packet.sequence != communicator.keptSequence)
    {
        return; // late, and not needed any more
    }
    for (const FlarePacketPtr& result : communicator.kept)
    {
        if (result->block == packet.block)
        {
            const CanaryPacketPtr answer = CanaryPacketPool::Get()->CreateLike(packet);
            answer->kind = CanaryKind::RESULT;
            answer->source = packet.destination;
            answer->destination = packet.source;
            answer->bypass = true;
            answer->body = result;
            SendPacket(answer);
            return;
        }
    }
}

FlarePacketPtr
CanaryNetDevice::ReadBlock(uint32_t block)
{
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    FlarePacketPtr values = pool->Create();
    values->block = block;
    values->data = pool->CreateBuffer();
    m_job.vector->Read(block, 0, *values);
    return values;
}

CanaryPacketPtr
CanaryNetDevice::MakePacket(CanaryKind kind, uint32_t block, uint32_t to)
{
    CanaryPacketPtr packet = CanaryPacketPool::Get()->Create();
    packet->kind = kind;
    packet->source = (*m_job.members)[m_job.rank];
    packet->destination = to;
    packet->leader = (*m_job.members)[block % GetMembers()];
    packet->communicator = m_number;
    packet->sequence = m_sequence;
    packet->hosts = static_cast<uint16_t>(GetMembers());
    packet->rank = m_job.rank;
    packet->type = m_job.type;
    packet->operation = m_job.operation;
    packet->block = block;
    return packet;
}

bool
CanaryNetDevice::SendPacket(const CanaryPacketPtr& packet)
{
    packet->Seal();
    EthernetFrame frame = MakeFrame();
    frame.destination = MakeHostAddress(packet->destination);
    frame.protocol = EthernetFrame::IPV4;
    frame.content = packet;
    return SendFrame(std::move(frame));
}

void
CanaryNetDevice::SendBlock(uint32_t block, int64_t now)
{
    m_window.Send(block, now);
    const FlarePacketPtr values = ReadBlock(block);
    const uint32_t leader = block % GetMembers();
    if (leader == m_job.rank)
    {
        Collect(block, values, 1);
        return;
    }
    const CanaryPacketPtr packet =
        MakePacket(CanaryKind::CONTRIBUTION, block, (*m_job.members)[leader]);
    packet->counter = 1;
    packet->body = values;
    ++m_counters.contributions;
    // A queue that is full drops the frame; the result is asked for.
    m_window.Send(block, SendPacket(packet) ? std::max(now, GetTransmitFreeAt()) : now);
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

bool
CanaryNetDevice::TakesAhead(const EthernetFrame& frame) const
{
    return CanaryPacket::From(frame.content.get()) != nullptr;
}

void
CanaryNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    const CanaryPacket* packet = CanaryPacket::From(frame.content.get());
    if (!packet)
    {
        LinkNetDevice::ReceiveFrame(std::move(frame));
        return;
    }
    if (!IsCurrent(*packet))
    {
        TakeOther(*packet);
        return;
    }
    if (packet->block >= m_job.blocks)
    {
        return;
    }
    const bool leads = packet->block % GetMembers() == m_job.rank;
    switch (packet->kind)
    {
    case CanaryKind::CONTRIBUTION:
        if (leads)
        {
            TakeContribution(*packet);
        }
        break;
    case CanaryKind::RESULT:
        TakeResult(packet->block, packet->body);
        break;
    case CanaryKind::REQUEST:
        if (leads)
        {
            TakeRequest(*packet);
        }
        break;
    case CanaryKind::REPEAT:
        TakeRepeat(*packet);
        break;
    }
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
        Collect(block, ReadBlock(block), 1);
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

void
CanaryNetDevice::TakeRepeat(const CanaryPacket& packet)
{
    // Before that, a leader could not know who has the results of the blocks before.
    if (!IsBusy() || !m_window.HasBegun(packet.block))
    {
        return;
    }
    const CanaryPacketPtr answer =
        MakePacket(CanaryKind::CONTRIBUTION, packet.block, packet.source);
    answer->round = 1;
    answer->bypass = true;
    answer->counter = 1;
    answer->body = ReadBlock(packet.block);
    ++m_counters.contributions;
    SendPacket(answer);
}

void
CanaryNetDevice::TakeResult(uint32_t block, const FlarePacketPtr& values)
{
    if (!values || m_window.IsComplete(block) || !m_window.HasBegun(block))
    {
        return;
    }
    m_job.vector->Write(*values);
    // All have contributed, and so have all of the communicator's allreduce before.
    m_communicator->kept.clear();
    const int64_t now = LookaheadQueue::Now();
    const bool last = m_window.Complete(block);
    // All have contributed to this block, and so have the result of the one a window before.
    const uint32_t before = block - m_window.GetSize();
    if (block >= m_window.GetSize() && before % GetMembers() == m_job.rank)
    {
        GetLed(before).sum = nullptr;
    }
    if (block + m_window.GetSize() < m_job.blocks)
    {
        SendBlock(block + m_window.GetSize(), now);
    }
    if (last)
    {
        m_timer.Clear();
        m_doneTime = now;
        if (!m_done.IsNull())
        {
            LookaheadQueue::Get().Surface(GetContext(),
                                          [done = m_done, id = m_job.id] { done(id); });
        }
    }
}

void
CanaryNetDevice::Repeat(int64_t now)
{
    const int64_t next = m_window.FindLate(now, m_timeout.GetTimeStep(), [&](uint32_t block) {
        m_window.Send(block, now);
        const uint32_t leader = block % GetMembers();
        if (leader == m_job.rank)
        {
            AskAll(block, now);
            return;
        }
        ++m_counters.requests;
        SendPacket(MakePacket(CanaryKind::REQUEST, block, (*m_job.members)[leader]));
    });
    m_timer.Set(GetContext(), next);
}

} // namespace offload
} // namespace ns3
