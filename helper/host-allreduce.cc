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
    : m_devices(hosts),
      m_schedule(std::move(schedule)),
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
HostAllreduce::Start()
{
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
        host.missing = steps;
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
    while (sender.next < m_schedule->GetSteps() &&
           (sender.next == 0 || sender.received[sender.next - 1]))
    {
        Post(host, sender.next++);
    }
}

void
HostAllreduce::Post(uint32_t host, uint32_t step)
{
    const AllreduceSchedule::Message message = m_schedule->GetMessage(host, step);
    Ptr<RdmaEngine> source = DynamicCast<RdmaNetDevice>(m_devices.Get(host))->GetEngine();
    Ptr<RdmaEngine> target = DynamicCast<RdmaNetDevice>(m_devices.Get(message.to))->GetEngine();
    const uint64_t bytes = std::max(message.bytes, LEAST_BYTES);
    const PayloadPattern content = message.content.From(message.offset);
    const uint64_t address = GetAddress(step);
    Ptr<MemoryRegion> from =
        source->RegisterPattern(content, {address, bytes, MemoryAccess::LOCAL_READ, 0});
    // The receiver knows what must come: it has the schedule, too.
    Ptr<MemoryRegion> to = target->RegisterPattern(
        content,
        {address, bytes, MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE, 0});
    to->SetMonitor(m_hosts[message.to].arrived);
    m_hosts[host].sources[step] = from;
    m_hosts[message.to].targets[step] = to;
    WorkRequest work;
    work.id = step;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = address;
    work.remoteAddress = address;
    work.length = static_cast<uint32_t>(bytes);
    work.localKey = from->GetLocalKey();
    work.remoteKey = to->GetRemoteKey();
    if (Connect(host, message.to)->PostSend(work) != PostResult::POSTED)
    {
        m_failed = true;
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
}

void
HostAllreduce::NotifyArrived(Ptr<CompletionQueue> queue)
{
    const uint32_t number = m_owners.at(PeekPointer(queue));
    Host& host = m_hosts[number];
    for (Completion completion; queue->Poll(completion);)
    {
        const auto step = static_cast<uint32_t>(completion.id >> STEP_SHIFT);
        const auto target = host.targets.find(step);
        const MemoryRegion& region = *target->second;
        m_mismatches += region.GetMismatches();
        m_failed = m_failed || region.GetBytesStored() < region.GetRange().length;
        DynamicCast<RdmaNetDevice>(m_devices.Get(number))
            ->GetEngine()
            ->DeregisterMemory(target->second);
        host.targets.erase(target);
        host.received[step] = true;
        if (--host.missing == 0)
        {
            ++m_done;
            m_end = std::max(m_end, Simulator::Now().GetTimeStep());
        }
    }
    Send(number);
}

bool
HostAllreduce::IsComplete() const
{
    return m_done == m_hosts.size() && m_mismatches == 0 && !m_failed;
}

} // namespace offload
} // namespace ns3
