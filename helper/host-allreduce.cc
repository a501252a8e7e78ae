/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-allreduce.h"

#include "ns3/rdma-engine.h"
#include "ns3/rdma-net-device.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/// Addresses of a step's message begin here: nothing else is there
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
    m_event.Cancel();
}

void
HostAllreduce::Start(DoneCallback done)
{
    m_doneCallback = done;
    const uint32_t steps = m_schedule->GetSteps();
    m_messenger =
        std::make_unique<RdmaMessenger>(m_devices,
                                        steps,
                                        MakeCallback(&HostAllreduce::HandleArrival, this));
    m_messenger->SetFailedCallback(MakeCallback(&HostAllreduce::Finish, this));
    for (Host& host : m_hosts)
    {
        host.received.assign(steps, false);
    }
    m_event = Simulator::ScheduleNow(&HostAllreduce::Begin, this);
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
    if (!std::exchange(m_finished, true))
    {
        m_end = Simulator::Now().GetTimeStep();
        m_event = Simulator::ScheduleNow(&HostAllreduce::Tell, this);
    }
}

void
HostAllreduce::Tell()
{
    if (!m_doneCallback.IsNull())
    {
        const DoneCallback done = m_doneCallback;
        done();
    }
}

Ptr<RdmaEngine>
HostAllreduce::GetEngine(uint32_t host) const
{
    return DynamicCast<RdmaNetDevice>(m_devices.Get(host))->GetEngine();
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

Ptr<MemoryRegion>
HostAllreduce::MakeTarget(uint32_t host, uint32_t step, const AllreduceSchedule::Message& message)
{
    constexpr uint32_t ACCESS = MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE;
    if (!m_vectors)
    {
        // The receiver knows what must come: it has the schedule, too.
        return GetEngine(host)->RegisterPattern(
            message.content.From(message.offset),
            {GetAddress(step), std::max(message.bytes, LEAST_BYTES), ACCESS, 0});
    }
    Host& receiver = m_hosts[host];
    const uint64_t bytes = message.bytes * m_vectors->GetScale();
    const uint64_t offset = message.offset * m_vectors->GetScale();
    MemoryRegion::Range range{m_vectors->GetVectorAddress() + offset, bytes, ACCESS, 0};
    // In the first half of the steps sums are made.
    const bool added = bytes > 0 && step < m_schedule->GetSteps() / 2;
    if (added || bytes == 0)
    {
        range.address = m_vectors->GetRoomAddress() + receiver.room;
        range.length = std::max(bytes, LEAST_BYTES);
        receiver.room += range.length;
    }
    if (added)
    {
        receiver.summands[step] = {range.address, bytes, offset};
    }
    return GetEngine(host)->RegisterMemory(m_vectors->GetMemory(host), range);
}

Ptr<MemoryRegion>
HostAllreduce::MakeSource(uint32_t host,
                          uint32_t step,
                          const AllreduceSchedule::Message& message,
                          uint64_t length) const
{
    MemoryRegion::Range range{GetAddress(step), length, MemoryAccess::LOCAL_READ, 0};
    if (!m_vectors)
    {
        return GetEngine(host)->RegisterPattern(message.content.From(message.offset), range);
    }
    range.address = m_vectors->GetVectorAddress() + message.offset * m_vectors->GetScale();
    return GetEngine(host)->RegisterMemory(m_vectors->GetMemory(host), range);
}

void
HostAllreduce::Post(uint32_t host, uint32_t step)
{
    const AllreduceSchedule::Message message = m_schedule->GetMessage(host, step);
    RdmaMessenger::Delivery delivery;
    delivery.from = host;
    delivery.to = message.to;
    delivery.number = step;
    delivery.target = MakeTarget(message.to, step, message);
    delivery.source = MakeSource(host, step, message, delivery.target->GetRange().length);
    m_messenger->Send(delivery);
}

void
HostAllreduce::HandleArrival(uint32_t number, uint32_t step)
{
    m_hosts[number].received[step] = true;
    Apply(number);
    Send(number);
    if (m_done == m_hosts.size())
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
        const auto summand = host.summands.find(host.applied);
        if (summand != host.summands.end())
        {
            m_vectors->Combine(number,
                               summand->second.offset,
                               summand->second.bytes,
                               summand->second.address);
            host.summands.erase(summand);
        }
        m_done += ++host.applied == steps ? 1 : 0;
    }
}

bool
HostAllreduce::IsComplete() const
{
    return m_done == m_hosts.size() && GetMismatches() == 0 && !HasFailed();
}

} // namespace offload
} // namespace ns3
