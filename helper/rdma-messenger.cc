/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-messenger.h"

#include "rdma-helper.h"

#include "ns3/rdma-engine.h"
#include "ns3/rdma-net-device.h"
#include "ns3/rdma-work.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/// A message's addresses begin here: nothing else is there
constexpr uint32_t NUMBER_SHIFT = 40;

} // namespace

RdmaMessenger::RdmaMessenger(NetDeviceContainer hosts, uint32_t messages, ArrivedCallback arrived)
    : m_devices(hosts),
      m_arrived(arrived),
      m_hosts(hosts.GetN())
{
    for (uint32_t i = 0; i < m_hosts.size(); ++i)
    {
        Host& host = m_hosts[i];
        const Ptr<RdmaEngine> engine = GetEngine(i);
        host.sent = engine->CreateCompletionQueue(messages);
        host.sent->SetNotifyCallback(MakeCallback(&RdmaMessenger::NotifySent, this));
        host.arrived = engine->CreateCompletionQueue(messages);
        host.arrived->SetNotifyCallback(MakeCallback(&RdmaMessenger::NotifyArrived, this));
        m_owners[PeekPointer(host.sent)] = i;
        m_owners[PeekPointer(host.arrived)] = i;
    }
}

RdmaMessenger::~RdmaMessenger()
{
    const bool abandoned = std::any_of(m_hosts.begin(), m_hosts.end(), [](const Host& host) {
        return !host.targets.empty();
    });
    for (uint32_t i = 0; i < m_hosts.size(); ++i)
    {
        const Host& host = m_hosts[i];
        host.sent->SetNotifyCallback(CompletionQueue::NotifyCallback());
        host.arrived->SetNotifyCallback(CompletionQueue::NotifyCallback());
        if (abandoned && GetEngine(i))
        {
            Abandon(i);
        }
    }
}

void
RdmaMessenger::Abandon(uint32_t number)
{
    // The queue pairs keep their numbers: packets on their way must not find others there.
    const Host& host = m_hosts[number];
    for (const auto& queuePair : host.queuePairs)
    {
        queuePair.second->SetError();
    }
    for (const auto& source : host.sources)
    {
        GetEngine(number)->DeregisterMemory(source.second);
    }
    for (const auto& target : host.targets)
    {
        GetEngine(number)->DeregisterMemory(target.second.region);
    }
}

Ptr<RdmaEngine>
RdmaMessenger::GetEngine(uint32_t host) const
{
    return DynamicCast<RdmaNetDevice>(m_devices.Get(host))->GetEngine();
}

void
RdmaMessenger::Fail()
{
    if (!std::exchange(m_failed, true) && !m_failedCallback.IsNull())
    {
        m_failedCallback();
    }
}

Ptr<QueuePair>
RdmaMessenger::Connect(uint32_t a, uint32_t b)
{
    Ptr<QueuePair>& queuePair = m_hosts[a].queuePairs[b];
    if (!queuePair)
    {
        const auto create = [this](uint32_t host) {
            QueuePair::Parameters parameters;
            parameters.sendCompletions = m_hosts[host].sent;
            parameters.receiveCompletions = m_hosts[host].sent;
            return GetEngine(host)->CreateQueuePair(parameters);
        };
        queuePair = create(a);
        Ptr<QueuePair> peer = create(b);
        m_hosts[b].queuePairs[a] = peer;
        RdmaHelper::ConnectQueuePairs(queuePair, peer);
    }
    return queuePair;
}

void
RdmaMessenger::Send(const Message& message)
{
    const uint64_t address = uint64_t{message.number} << NUMBER_SHIFT;
    Delivery delivery;
    delivery.from = message.from;
    delivery.to = message.to;
    delivery.number = message.number;
    delivery.source = GetEngine(message.from)
                          ->RegisterContent(message.source,
                                            {address, message.bytes, MemoryAccess::LOCAL_READ, 0});
    delivery.target = GetEngine(message.to)
                          ->RegisterContent(message.target,
                                            {address,
                                             message.bytes,
                                             MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE,
                                             0});
    Send(delivery);
}

void
RdmaMessenger::Send(const Delivery& delivery)
{
    const MemoryRegion::Range& target = delivery.target->GetRange();
    Host& receiver = m_hosts[delivery.to];
    delivery.target->SetMonitor(receiver.arrived);
    m_hosts[delivery.from].sources[delivery.number] = delivery.source;
    receiver.targets[target.address] = {delivery.target, delivery.number};
    WorkRequest work;
    work.id = delivery.number;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = delivery.source->GetRange().address;
    work.remoteAddress = target.address;
    work.length = static_cast<uint32_t>(target.length);
    work.localKey = delivery.source->GetLocalKey();
    work.remoteKey = delivery.target->GetRemoteKey();
    if (Connect(delivery.from, delivery.to)->PostSend(work) != PostResult::POSTED)
    {
        Fail();
    }
}

void
RdmaMessenger::NotifySent(Ptr<CompletionQueue> queue)
{
    const uint32_t number = m_owners.at(PeekPointer(queue));
    Host& host = m_hosts[number];
    for (Completion completion; queue->Poll(completion);)
    {
        const auto source = host.sources.find(static_cast<uint32_t>(completion.id));
        GetEngine(number)->DeregisterMemory(source->second);
        host.sources.erase(source);
        if (completion.status != WorkStatus::SUCCESS)
        {
            Fail();
        }
    }
}

void
RdmaMessenger::NotifyArrived(Ptr<CompletionQueue> queue)
{
    const uint32_t number = m_owners.at(PeekPointer(queue));
    Host& host = m_hosts[number];
    for (Completion completion; queue->Poll(completion);)
    {
        const auto found = host.targets.find(completion.id);
        const Target target = found->second;
        host.targets.erase(found);
        m_mismatches += target.region->GetMismatches();
        GetEngine(number)->DeregisterMemory(target.region);
        if (target.region->GetBytesStored() < target.region->GetRange().length)
        {
            Fail();
        }
        m_arrived(number, target.number);
    }
}

} // namespace offload
} // namespace ns3
