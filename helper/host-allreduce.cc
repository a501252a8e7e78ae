/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-allreduce.h"

#include "rdma-helper.h"

#include "ns3/rdma-engine.h"
#include "ns3/rdma-net-device.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace offload
{
namespace
{

/// Addresses of a step's message begin here: nothing else is there, and completions tell the step
constexpr uint32_t STEP_SHIFT = 40;
/// An empty message has one byte, so that memory changes
constexpr uint64_t LEAST_BYTES = 1;

uint64_t
GetAddress(uint32_t step)
{
    return uint64_t{step} << STEP_SHIFT;
}

} // namespace

HostAllreduce::HostAllreduce(NetDeviceContainer hosts, std::unique_ptr<AllreduceSchedule> schedule)
    : HostAllreduce(hosts, std::move(schedule), nullptr)
{
}

HostAllreduce::HostAllreduce(NetDeviceContainer hosts,
                             std::unique_ptr<AllreduceSchedule> schedule,
                             std::unique_ptr<HostVectors> vectors)
    : m_devices(hosts),
      m_schedule(std::move(schedule)),
      m_vectors(std::move(vectors)),
      m_hosts(hosts.GetN())
{
}

HostAllreduce::~HostAllreduce()
{
    for (const Host& host : m_hosts)
    {
        for (const auto& queue : {host.sent, host.arrived})
        {
            if (queue)
            {
                queue->SetNotifyCallback(CompletionQueue::NotifyCallback());
            }
        }
    }
}

void
HostAllreduce::Start(DoneCallback done)
{
    m_doneCallback = done;
    const uint32_t steps = m_schedule->GetSteps();
    for (uint32_t i = 0; i < m_hosts.size(); ++i)
    {
        Host& host = m_hosts[i];
        Ptr<RdmaEngine> engine = DynamicCast<RdmaNetDevice>(m_devices.Get(i))->GetEngine();
        host.sent = engine->CreateCompletionQueue(steps);
        host.sent->SetNotifyCallback(MakeCallback(&HostAllreduce::NotifySent, this));
        host.arrived = engine->CreateCompletionQueue(steps);
        host.arrived->SetNotifyCallback(MakeCallback(&HostAllreduce::NotifyArrived, this));
        m_owners[PeekPointer(host.sent)] = i;
        m_owners[PeekPointer(host.arrived)] = i;
        host.received.assign(steps, false);
    }
    Simulator::ScheduleNow(&HostAllreduce::Begin, this);
}

void
HostAllreduce::Begin()
{
    for (uint32_t i = 0; i < m_hosts.size(); ++i)
    {
        Send(i);
    }
}

void
HostAllreduce::Finish()
{
    m_end = Simulator::Now().GetTimeStep();
    if (!m_doneCallback.IsNull())
    {
        const DoneCallback done = m_doneCallback;
        m_doneCallback = DoneCallback();
        done();
    }
}

Ptr<QueuePair>
HostAllreduce::Connect(uint32_t a, uint32_t b)
{
    Ptr<QueuePair>& queuePair = m_hosts[a].queuePairs[b];
    if (!queuePair)
    {
        const auto create = [this](uint32_t host) {
            QueuePair::Parameters parameters;
            parameters.sendCompletions = m_hosts[host].sent;
            parameters.receiveCompletions = m_hosts[host].sent;
            return DynamicCast<RdmaNetDevice>(m_devices.Get(host))
                ->GetEngine()
                ->CreateQueuePair(parameters);
        };
        queuePair = create(a);
        Ptr<QueuePair> peer = create(b);
        m_hosts[b].queuePairs[a] = peer;
        RdmaHelper::ConnectQueuePairs(queuePair, peer);
    }
    return queuePair;
}

void
HostAllreduce::Send(uint32_t host)
{
    Host& sender = m_hosts[host];
    while (sender.next < m_schedule->GetSteps() && sender.next <= sender.applied)
    {
        Post(host, sender.next++);
    }
}

HostAllreduce::Target
HostAllreduce::MakeTarget(uint32_t host, uint32_t step, const AllreduceSchedule::Message& message)
{
    constexpr uint32_t ACCESS = MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE;
    Host& receiver = m_hosts[host];
    Ptr<RdmaEngine> engine = DynamicCast<RdmaNetDevice>(m_devices.Get(host))->GetEngine();
    if (!m_vectors)
    {
        // The receiver knows what must come: it has the schedule, too.
        const MemoryRegion::Range range{GetAddress(step),
                                        std::max(message.bytes, LEAST_BYTES),
                                        ACCESS,
                                        0};
        return {engine->RegisterPattern(message.content.From(message.offset), range), 0, false};
    }
    const uint64_t bytes = message.bytes * m_vectors->GetScale();
    const uint64_t offset = message.offset * m_vectors->GetScale();
    // In the first half of the steps sums are made.
    const bool added = bytes > 0 && step < m_schedule->GetSteps() / 2;
    MemoryRegion::Range range{m_vectors->GetVectorAddress() + offset, bytes, ACCESS, 0};
    if (added || bytes == 0)
    {
        range.address = m_vectors->GetRoomAddress() + receiver.room;
        range.length = std::max(bytes, LEAST_BYTES);
        receiver.room += range.length;
    }
    return {engine->RegisterMemory(m_vectors->GetMemory(host), range), offset, added};
}

void
HostAllreduce::Post(uint32_t host, uint32_t step)
{
    const AllreduceSchedule::Message message = m_schedule->GetMessage(host, step);
    Ptr<RdmaEngine> source = DynamicCast<RdmaNetDevice>(m_devices.Get(host))->GetEngine();
    const Target target = MakeTarget(message.to, step, message);
    MemoryRegion::Range range{GetAddress(step),
                              target.region->GetRange().length,
                              MemoryAccess::LOCAL_READ,
                              0};
    Ptr<MemoryRegion> from;
    if (m_vectors)
    {
        range.address = m_vectors->GetVectorAddress() + message.offset * m_vectors->GetScale();
        from = source->RegisterMemory(m_vectors->GetMemory(host), range);
    }
    else
    {
        from = source->RegisterPattern(message.content.From(message.offset), range);
    }
    target.region->SetMonitor(m_hosts[message.to].arrived);
    m_hosts[host].sources[step] = from;
    m_hosts[message.to].targets[step] = target;
    WorkRequest work;
    work.id = step;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = range.address;
    work.remoteAddress = target.region->GetRange().address;
    work.length = static_cast<uint32_t>(range.length);
    work.localKey = from->GetLocalKey();
    work.remoteKey = target.region->GetRemoteKey();
    if (Connect(host, message.to)->PostSend(work) != PostResult::POSTED)
    {
        m_failed = true;
        Finish();
    }
}

void
HostAllreduce::NotifySent(Ptr<CompletionQueue> queue)
{
    const uint32_t number = m_owners.at(PeekPointer(queue));
    Host& host = m_hosts[number];
    for (Completion completion; queue->Poll(completion);)
    {
        m_failed = m_failed || completion.status != WorkStatus::SUCCESS;
        const auto source = host.sources.find(static_cast<uint32_t>(completion.id));
        DynamicCast<RdmaNetDevice>(m_devices.Get(number))
            ->GetEngine()
            ->DeregisterMemory(source->second);
        host.sources.erase(source);
    }
    if (m_failed)
    {
        Finish();
    }
}

void
HostAllreduce::NotifyArrived(Ptr<CompletionQueue> queue)
{
    const uint32_t number = m_owners.at(PeekPointer(queue));
    Host& host = m_hosts[number];
    for (Completion completion; queue->Poll(completion);)
    {
        // Few are on their way.
        const auto target =
            std::find_if(host.targets.begin(), host.targets.end(), [&](const auto& each) {
                return !host.received[each.first] &&
                       each.second.region->GetRange().address == completion.id;
            });
        const MemoryRegion& region = *target->second.region;
        m_mismatches += region.GetMismatches();
        m_failed = m_failed || region.GetBytesStored() < region.GetRange().length;
        DynamicCast<RdmaNetDevice>(m_devices.Get(number))
            ->GetEngine()
            ->DeregisterMemory(target->second.region);
        host.received[target->first] = true;
    }
    Apply(number);
    Send(number);
    if (m_failed || m_done == m_hosts.size())
    {
        Finish();
    }
}

void
HostAllreduce::Apply(uint32_t number)
{
    Host& host = m_hosts[number];
    const uint32_t steps = m_schedule->GetSteps();
    while (host.applied < steps && host.received[host.applied])
    {
        const auto target = host.targets.find(host.applied);
        if (target->second.added)
        {
            const MemoryRegion::Range& range = target->second.region->GetRange();
            m_vectors->Combine(number, target->second.offset, range.length, range.address);
        }
        host.targets.erase(target);
        m_done += ++host.applied == steps ? 1 : 0;
    }
}

bool
HostAllreduce::IsComplete() const
{
    return m_done == m_hosts.size() && m_mismatches == 0 && !m_failed;
}

} // namespace offload
} // namespace ns3
