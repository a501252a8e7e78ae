/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-engine.h"

#include "ns3/log.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

LogComponent RdmaEngine::g_log("RdmaEngine", __FILE__);

RdmaEngine::RdmaEngine()
    : m_timer(this)
{
}

RdmaEngine::RdmaEngine(const RdmaEngine& prototype)
    : Object(prototype),
      m_burst(prototype.m_burst),
      m_triggerTime(prototype.m_triggerTime),
      m_timer(this),
      m_ownAddress(prototype.m_ownAddress),
      m_host(prototype.m_host),
      m_config(prototype.m_config)
{
}

RdmaEngine::~RdmaEngine() = default;

void
RdmaEngine::DoDispose()
{
    m_timer.Clear();
    for (const auto& queuePair : m_queuePairs)
    {
        if (queuePair)
        {
            queuePair->Reset();
            queuePair->SetCounter(nullptr);
        }
    }
    for (TriggerCounter* counter : m_counters)
    {
        counter->Dispose();
    }
    m_counters.clear();
    m_firstReady = m_lastReady = nullptr;
    m_paced = QuadHeap<Paced>();
    m_queuePairs.clear();
    m_port = nullptr;
    m_config = nullptr;
    m_host = nullptr;
    Object::DoDispose();
}

void
RdmaEngine::SetPort(RdmaPort* port)
{
    m_port = port;
    m_pool = RocePacketPool::Get();
}

void
RdmaEngine::SetAddress(Ipv4Address address)
{
    m_ownAddress = address.Get();
}

void
RdmaEngine::SetHost(Ptr<RdmaHost> host)
{
    m_host = host;
}

void
RdmaEngine::SetConfig(Ptr<QueuePairConfig> config)
{
    m_config = config;
}

Ptr<QueuePairConfig>
RdmaEngine::GetConfig() const
{
    return m_config;
}

Ptr<MemoryRegion>
RdmaEngine::RegisterMemory(Ptr<HostMemory> memory, const MemoryRegion::Range& range)
{
    return m_memory.Register(range, memory);
}

Ptr<MemoryRegion>
RdmaEngine::RegisterPattern(const PayloadPattern& pattern, const MemoryRegion::Range& range)
{
    return m_memory.Register(range, pattern);
}

Ptr<MemoryRegion>
RdmaEngine::RegisterContent(Ptr<MemoryContent> content, const MemoryRegion::Range& range)
{
    return m_memory.Register(range, content);
}

void
RdmaEngine::DeregisterMemory(Ptr<MemoryRegion> region)
{
    m_memory.Deregister(region);
}

Ptr<HostMemory>
RdmaEngine::FindMemory(uint64_t address, uint64_t length) const
{
    const Ptr<HostMemory> memory = m_host ? m_host->GetPcie()->GetMemory() : nullptr;
    return memory && memory->Contains(address, length) ? memory
                                                       : m_memory.FindMemory(address, length);
}

Ptr<CompletionQueue>
RdmaEngine::CreateCompletionQueue(uint32_t depth)
{
    const int64_t latency = m_host ? m_host->GetNotificationLatency() : 0;
    return Create<CompletionQueue>(depth, m_port->GetPortContext(), latency);
}

Ptr<CompletionQueue>
RdmaEngine::CreateCompletionQueue()
{
    const QueuePairConfig& config = *UseConfig();
    return CreateCompletionQueue(config.GetSendDepth() + config.GetReceiveDepth());
}

const Ptr<QueuePairConfig>&
RdmaEngine::UseConfig()
{
    if (!m_config)
    {
        m_config = CreateObject<QueuePairConfig>();
    }
    return m_config;
}

Ptr<QueuePair>
RdmaEngine::CreateQueuePair(QueuePair::Parameters parameters)
{
    if (!parameters.sendCompletions || !parameters.receiveCompletions)
    {
        throw std::invalid_argument("a queue pair needs completion queues for both directions");
    }
    if (!parameters.config)
    {
        parameters.config = UseConfig();
    }
    const auto place = std::find(m_queuePairs.begin(), m_queuePairs.end(), nullptr);
    const auto number = static_cast<uint32_t>(place - m_queuePairs.begin()) + FIRST_NUMBER;
    Ptr<QueuePair> queuePair = Create<QueuePair>(*this, number, parameters);
    if (place == m_queuePairs.end())
    {
        m_queuePairs.push_back(queuePair);
    }
    else
    {
        *place = queuePair;
    }
    m_context = m_port->GetPortContext();
    NS_LOG_INFO("queue pair " << number << " made");
    return queuePair;
}

Ptr<TriggerCounter>
RdmaEngine::CreateCounter()
{
    return Create<TriggerCounter>(*this);
}

void
RdmaEngine::DestroyQueuePair(Ptr<QueuePair> queuePair)
{
    if (GetQueuePair(queuePair->GetNumber()) != PeekPointer(queuePair))
    {
        // Its number may be another one's by now.
        return;
    }
    NS_LOG_INFO("queue pair " << queuePair->GetNumber() << " destroyed");
    queuePair->Reset();
    queuePair->SetConsumer(nullptr);
    queuePair->SetCounter(nullptr);
    QueuePair* before = nullptr;
    for (QueuePair* i = m_firstReady; i; before = i, i = i->m_nextReady)
    {
        if (i == queuePair)
        {
            (before ? before->m_nextReady : m_firstReady) = i->m_nextReady;
            m_lastReady = i == m_lastReady ? before : m_lastReady;
            break;
        }
    }
    auto& paced = m_paced.GetItems();
    paced.erase(std::remove_if(paced.begin(),
                               paced.end(),
                               [&](const Paced& item) { return item.queuePair == queuePair; }),
                paced.end());
    m_paced.Rebuild();
    m_queuePairs[queuePair->GetNumber() - FIRST_NUMBER] = nullptr;
}

void
RdmaEngine::PortTimesChanged()
{
    if (m_firstReady)
    {
        m_timer.Clear();
        Pump(LookaheadQueue::Now());
    }
}

void
RdmaEngine::Enrol(QueuePair& queuePair, int64_t now)
{
    const int64_t time = queuePair.GetSendTime(now);
    if (time == LookaheadEvent::NEVER)
    {
        queuePair.m_place = QueuePair::Place::NOWHERE;
    }
    else if (time > now)
    {
        queuePair.m_place = QueuePair::Place::PACED;
        queuePair.m_pacing = ++m_pacings;
        queuePair.m_pacedTime = time;
        m_paced.Push({time, m_pacings, &queuePair});
    }
    else
    {
        queuePair.m_place = QueuePair::Place::READY;
        queuePair.m_nextReady = nullptr;
        (m_lastReady ? m_lastReady->m_nextReady : m_firstReady) = &queuePair;
        m_lastReady = &queuePair;
    }
}

void
RdmaEngine::Activate(QueuePair& queuePair, int64_t now)
{
    // One that waits may have got something that need not wait.
    if (queuePair.m_place == QueuePair::Place::READY ||
        (queuePair.m_place == QueuePair::Place::PACED &&
         queuePair.GetSendTime(now) >= queuePair.m_pacedTime))
    {
        return;
    }
    Enrol(queuePair, now);
    // Otherwise the timer is set for when the port is ready, and finds the queue pair then.
    if (queuePair.m_place != QueuePair::Place::NOWHERE && m_timer.GetTime() > now)
    {
        Pump(now);
    }
}

void
RdmaEngine::Pump(int64_t now)
{
    while (!m_paced.IsEmpty() && m_paced.GetTop().time <= now)
    {
        const Paced top = m_paced.GetTop();
        m_paced.Pop();
        // It may have been enrolled anew since.
        if (top.queuePair->m_place == QueuePair::Place::PACED &&
            top.queuePair->m_pacing == top.order)
        {
            Enrol(*top.queuePair, now);
        }
    }
    if (m_firstReady && m_port->GetPortFreeAt() <= now)
    {
        for (uint32_t i = 0; i < m_burst && m_firstReady; ++i)
        {
            QueuePair* queuePair = m_firstReady;
            m_firstReady = queuePair->m_nextReady;
            m_lastReady = m_firstReady ? m_lastReady : nullptr;
            queuePair->Send(now);
            Enrol(*queuePair, now);
        }
    }
    if (m_firstReady)
    {
        m_timer.SetBy(m_context, std::max(now, m_port->GetPortFreeAt()));
    }
    else if (!m_paced.IsEmpty())
    {
        m_timer.SetBy(m_context, m_paced.GetTop().time);
    }
}

bool
RdmaEngine::Receive(const EthernetFrame& frame)
{
    if (frame.protocol != EthernetFrame::IPV4)
    {
        return false;
    }
    if (!frame.content)
    {
        return ReceiveBytes(frame);
    }
    const RocePacket* packet = RocePacket::From(frame.content.get());
    if (!packet || packet->destination != m_ownAddress)
    {
        return false;
    }
    ++m_received;
    Dispatch(frame, *packet);
    return true;
}

bool
RdmaEngine::ReceiveBytes(const EthernetFrame& frame)
{
    RocePacketPtr packet;
    bool congested = false;
    const RoceParseResult result = RocePacket::Parse(frame.payload, *m_pool, packet, congested);
    m_received += result == RoceParseResult::NOT_ROCE ? 0 : 1;
    switch (result)
    {
    case RoceParseResult::NOT_ROCE:
        return false;
    case RoceParseResult::BAD_PACKET:
        Drop(frame.payload, RdmaDropReason::BAD_PACKET);
        return true;
    case RoceParseResult::UNKNOWN_OPCODE:
        Drop(frame.payload, RdmaDropReason::UNKNOWN_OPCODE);
        return true;
    case RoceParseResult::BAD_ICRC:
        Drop(frame.payload, RdmaDropReason::BAD_ICRC);
        return true;
    case RoceParseResult::GOOD:
        break;
    }
    if (packet->destination != m_ownAddress)
    {
        return false;
    }
    EthernetFrame marked(frame);
    if (congested)
    {
        marked.SetCongested();
    }
    Dispatch(marked, *packet);
    return true;
}

void
RdmaEngine::Dispatch(const EthernetFrame& frame, const RocePacket& packet)
{
    QueuePair* queuePair = GetQueuePair(packet.destinationQueue);
    if (!queuePair)
    {
        Drop(packet, RdmaDropReason::UNKNOWN_QUEUE_PAIR);
        return;
    }
    queuePair->Receive(frame, packet, LookaheadQueue::Now());
}

void
RdmaEngine::Store(QueuePair& queuePair,
                  MemoryRegion& region,
                  uint64_t address,
                  const RocePacket& packet)
{
    if (m_host)
    {
        queuePair.Stored(m_host->WritePayload(packet.payloadBytes, LookaheadQueue::Now()));
    }
    const uint32_t wrong = region.Store(address, packet);
    if (wrong > 0)
    {
        TellMismatch(queuePair, packet, wrong);
    }
}

void
RdmaEngine::StoreWord(QueuePair& queuePair, MemoryRegion& region, uint64_t address, uint64_t value)
{
    if (m_host)
    {
        queuePair.Stored(m_host->WritePayload(roce::ATOMIC_BYTES, LookaheadQueue::Now()));
    }
    region.StoreWord(address, value);
}

void
RdmaEngine::TellMismatch(const QueuePair& queuePair, const RocePacket& packet, uint32_t wrong) const
{
    NS_LOG_WARN(wrong << " bytes of packet " << packet.sequence << " of queue pair "
                      << queuePair.GetNumber() << " are not those of the region");
    m_mismatchTrace(queuePair.GetNumber(), packet.sequence, wrong);
}

void
RdmaEngine::Drop(Ptr<const Packet> packet, RdmaDropReason reason)
{
    NS_LOG_LOGIC("packet of " << packet->GetSize() << " bytes dropped: " << ToString(reason));
    m_dropTrace(packet, reason);
}

void
RdmaEngine::Drop(const RocePacket& packet, RdmaDropReason reason)
{
    NS_LOG_LOGIC("packet " << packet.sequence << " for queue pair " << packet.destinationQueue
                           << " dropped: " << ToString(reason));
    if (!m_dropTrace.IsEmpty())
    {
        m_dropTrace(packet.ToPacket(false), reason);
    }
}

} // namespace offload
} // namespace ns3
