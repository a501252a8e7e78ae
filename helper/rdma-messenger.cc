/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-messenger.h"

#include "rdma-helper.h"

#include "ns3/rdma-engine.h"
#include "ns3/rdma-net-device.h"
#include "ns3/rdma-work.h"

namespace ns3
{
namespace offload
{
namespace
{

/// A message's addresses begin here: nothing else is there, and completions tell the number
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
        Ptr<RdmaEngine> engine = DynamicCast<RdmaNetDevice>(m_devices.Get(i))->GetEngine();
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
    for (const Host& host : m_hosts)
    {
        host.sent->SetNotifyCallback(CompletionQueue::NotifyCallback());
        host.arrived->SetNotifyCallback(CompletionQueue::NotifyCallback());
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
RdmaMessenger::Send(const Message& message)
{
    Ptr<RdmaEngine> source = DynamicCast<RdmaNetDevice>(m_devices.Get(message.from))->GetEngine();
    Ptr<RdmaEngine> target = DynamicCast<RdmaNetDevice>(m_devices.Get(message.to))->GetEngine();
    const uint64_t address = uint64_t{message.number} << NUMBER_SHIFT;
    Ptr<MemoryRegion> from =
        source->RegisterContent(message.source,
                                {address, message.bytes, MemoryAccess::LOCAL_READ, 0});
    Ptr<MemoryRegion> to = target->RegisterContent(
        message.target,
        {address, message.bytes, MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE, 0});
    to->SetMonitor(m_hosts[message.to].arrived);
    m_hosts[message.from].sources[message.number] = from;
    m_hosts[message.to].targets[message.number] = to;
    WorkRequest work;
    work.id = message.number;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = address;
    work.remoteAddress = address;
    work.length = message.bytes;
    work.localKey = from->GetLocalKey();
    work.remoteKey = to->GetRemoteKey();
    if (Connect(message.from, message.to)->PostSend(work) != PostResult::POSTED)
    {
        m_failed = true;
    }
}

void
RdmaMessenger::NotifySent(Ptr<CompletionQueue> queue)
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
RdmaMessenger::NotifyArrived(Ptr<CompletionQueue> queue)
{
    const uint32_t number = m_owners.at(PeekPointer(queue));
    Host& host = m_hosts[number];
    for (Completion completion; queue->Poll(completion);)
    {
        const auto message = static_cast<uint32_t>(completion.id >> NUMBER_SHIFT);
        const auto target = host.targets.find(message);
        const MemoryRegion& region = *target->second;
        m_mismatches += region.GetMismatches();
        m_failed = m_failed || region.GetBytesStored() < region.GetRange().length;
        DynamicCast<RdmaNetDevice>(m_devices.Get(number))
            ->GetEngine()
            ->DeregisterMemory(target->second);
        host.targets.erase(target);
        m_arrived(number, message);
    }
}

} // namespace offload
} // namespace ns3
