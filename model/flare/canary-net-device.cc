/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-net-device.h"

#include "canary-communicators.h"

#include "ns3/host-address.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>
#include <iostream>
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
                          MakeTimeChecker(MicroSeconds(1), Seconds(1)))
            .AddAttribute("MaxRepeats",
                          "How many time-outs more than one may pass without any result before the "
                          "allreduce is given up; 0: never. Assumption: 1023, so that a second "
                          "of silence is an error; others may be busy with another one.",
                          UintegerValue(1023),
                          MakeUintegerAccessor(&CanaryNetDevice::m_maxRepeats),
                          MakeUintegerChecker<uint32_t>(0, 1'000'000));
    return tid;
}

CanaryNetDevice::CanaryNetDevice() = default;
CanaryNetDevice::~CanaryNetDevice() = default;

void
CanaryNetDevice::DoDispose()
{
    GiveUp();
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

void
CanaryNetDevice::Start(const CanaryJob& job, DoneCallback done, FailureCallback failed)
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
    const Ptr<const FlareOperator> operation = FlareOperator::Make(job.type, job.operation);
    if (!operation)
    {
        throw std::invalid_argument(name + " has an unknown type or operation");
    }
    const uint16_t number = CanaryCommunicators::Get().GetNumber(*job.members);
    KeepResults();
    m_number = number;
    m_communicator = &m_communicators[number];
    m_sequence = m_communicator->next++;
    m_job = job;
    m_done = done;
    m_failed = failed;
    m_error.clear();
    m_operation = operation;
    m_format = {job.rank, operation->GetElementBytes(), false};
    m_window.Begin(0, job.blocks, job.window);
    m_led.clear();
    m_led.resize(job.blocks / GetMembers() + 1);
    const int64_t now = LookaheadQueue::Now();
    m_progressAt = now;
    for (uint32_t block = 0; block < m_window.GetSize(); block++)
    {
        // Others may have begun: what is wrong from here on is an error for all of them.
        const FlarePacketPtr values = ReadOrFail(block);
        if (!values)
        {
            return;
        }
        SendBlock(block, values, now);
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
        if (led.sum && led.complete)
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
        if (packet->block < m_job.blocks && m_error.empty())
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
    m_format.Read(*m_job.vector, block, 0, *values);
    return values;
}

FlarePacketPtr
CanaryNetDevice::ReadOrFail(uint32_t block)
{
    try
    {
        return ReadBlock(block);
    }
    catch (const std::invalid_argument& error)
    {
        FailAll(block, error.what());
        return nullptr;
    }
}

void
CanaryNetDevice::GiveUp()
{
    m_timer.Clear();
    m_window.Close();
    m_done = DoneCallback();
    m_failed = FailureCallback();
}

void
CanaryNetDevice::Fail(const std::string& reason)
{
    const FailureCallback failed = m_failed;
    GiveUp();
    m_error = "CanaryNetDevice: allreduce " + std::to_string(m_job.id) + " is given up at rank " +
              std::to_string(m_job.rank) + ": " + reason;
    if (failed.IsNull())
    {
        std::clog << m_error << '\n'; // also in a build without logs
        return;
    }
    LookaheadQueue::Get().Surface(GetContext(),
                                  [failed, id = m_job.id, error = m_error] { failed(id, error); });
}

void
CanaryNetDevice::FailAll(uint32_t block, const std::string& reason)
{
    for (const uint32_t member : *m_job.members)
    {
        if (member != (*m_job.members)[m_job.rank])
        {
            // What is lost is made good by their patience.
            const CanaryPacketPtr packet = MakePacket(CanaryKind::FAULT, block, member);
            packet->bypass = true;
            SendPacket(packet);
        }
    }
    Fail(reason);
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
CanaryNetDevice::SendBlock(uint32_t block, const FlarePacketPtr& values, int64_t now)
{
    m_window.Send(block, now);
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
    if (packet->block >= m_job.blocks || !m_error.empty())
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
    case CanaryKind::FAULT:
        if (IsBusy())
        {
            Fail("host " + std::to_string(packet->source) + " has given up at block " +
                 std::to_string(packet->block));
        }
        break;
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
    answer->body = ReadOrFail(packet.block);
    if (!answer->body)
    {
        return;
    }
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
    m_progressAt = now;
    const bool last = m_window.Complete(block);
    // All have contributed to this block, and so have the result of the one a window before.
    const uint32_t before = block - m_window.GetSize();
    if (block >= m_window.GetSize() && before % GetMembers() == m_job.rank)
    {
        GetLed(before).sum = nullptr;
    }
    if (block + m_window.GetSize() < m_job.blocks)
    {
        const uint32_t next = block + m_window.GetSize();
        if (const FlarePacketPtr own = ReadOrFail(next))
        {
            SendBlock(next, own, now);
        }
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
        if (!IsBusy())
        {
            return; // the block before it was the last straw
        }
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
    const Time patience = m_timeout * (m_maxRepeats + int64_t{1});
    if (IsBusy() && m_maxRepeats > 0 && m_progressAt + patience.GetTimeStep() <= now)
    {
        Fail("no result has come for " + std::to_string(patience.GetMicroSeconds()) + " us");
    }
    if (IsBusy())
    {
        m_timer.Set(GetContext(), next);
    }
}

} // namespace offload
} // namespace ns3
