/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-engine.h"

#include "ns3/pointer.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(RdmaEngine);

const char*
ToString(RdmaDropReason reason)
{
    switch (reason)
    {
    case RdmaDropReason::BAD_PACKET:
        return "bad packet";
    case RdmaDropReason::BAD_ICRC:
        return "bad invariant CRC";
    case RdmaDropReason::UNKNOWN_OPCODE:
        return "unknown opcode";
    case RdmaDropReason::UNKNOWN_QUEUE_PAIR:
        return "unknown queue pair";
    case RdmaDropReason::WRONG_STATE:
        return "queue pair takes no such packet now";
    case RdmaDropReason::WRONG_PEER:
        return "queue pair is connected with another host";
    case RdmaDropReason::OUT_OF_SEQUENCE:
        return "out of sequence";
    case RdmaDropReason::UNEXPECTED:
        return "unexpected";
    }
    return "";
}

const char*
ToString(WorkStatus status)
{
    switch (status)
    {
    case WorkStatus::SUCCESS:
        return "success";
    case WorkStatus::LOCAL_LENGTH_ERROR:
        return "local length error";
    case WorkStatus::LOCAL_PROTECTION_ERROR:
        return "local protection error";
    case WorkStatus::WORK_REQUEST_FLUSHED:
        return "work request flushed";
    case WorkStatus::REMOTE_INVALID_REQUEST:
        return "remote invalid request";
    case WorkStatus::REMOTE_ACCESS_ERROR:
        return "remote access error";
    case WorkStatus::REMOTE_OPERATION_ERROR:
        return "remote operation error";
    case WorkStatus::RETRY_EXCEEDED:
        return "retry exceeded";
    case WorkStatus::RNR_RETRY_EXCEEDED:
        return "receiver-not-ready retry exceeded";
    case WorkStatus::BAD_RESPONSE:
        return "bad response";
    }
    return "";
}

const char*
ToString(PostResult result)
{
    switch (result)
    {
    case PostResult::POSTED:
        return "posted";
    case PostResult::QUEUE_FULL:
        return "too many requests are waiting";
    case PostResult::WRONG_STATE:
        return "the queue pair cannot take requests in its state";
    case PostResult::INVALID_REQUEST:
        return "the request's length or opcode makes no sense";
    }
    return "";
}

TypeId
RdmaEngine::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::RdmaEngine")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<RdmaEngine>()
            .AddAttribute("Address",
                          "IPv4 address of the NIC's RoCEv2 packets, which need no IP stack.",
                          Ipv4AddressValue(Ipv4Address::GetAny()),
                          MakeIpv4AddressAccessor(&RdmaEngine::SetAddress, &RdmaEngine::GetAddress),
                          MakeIpv4AddressChecker())
            .AddAttribute("Burst",
                          "Packets handed to the port at a time: the most that wait for it. More "
                          "cost fewer events, but decide earlier whose turn it is (assumption: 2, "
                          "one on the wire and one behind it).",
                          UintegerValue(2),
                          MakeUintegerAccessor(&RdmaEngine::m_burst),
                          MakeUintegerChecker<uint32_t>(1, 64))
            .AddAttribute("TriggerTime",
                          "From a message that is counted to the requests that it triggers being "
                          "posted (assumption: 30 ns, what a search for a message's entry takes in "
                          "the SC'17 sPIN simulation)",
                          TimeValue(NanoSeconds(30)),
                          MakeTimeAccessor(&RdmaEngine::m_triggerTime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("Config",
                          "Settings of queue pairs that are made without any. Default: the "
                          "defaults of QueuePairConfig.",
                          PointerValue(),
                          MakePointerAccessor(&RdmaEngine::SetConfig, &RdmaEngine::GetConfig),
                          MakePointerChecker<QueuePairConfig>())
            .AddAttribute("Host",
                          "The way to the host's memory and cores. Default: it takes no time.",
                          PointerValue(),
                          MakePointerAccessor(&RdmaEngine::SetHost, &RdmaEngine::GetHost),
                          MakePointerChecker<RdmaHost>())
            .AddTraceSource("Drop",
                            "A packet from the network was of no use, and why; the packet begins "
                            "with its IPv4 header.",
                            MakeTraceSourceAccessor(&RdmaEngine::m_dropTrace),
                            "ns3::offload::RdmaEngine::DropCallback")
            .AddTraceSource("Retransmit",
                            "A queue pair goes back to a sequence number and sends again.",
                            MakeTraceSourceAccessor(&RdmaEngine::m_retransmitTrace),
                            "ns3::offload::RdmaEngine::RetransmitCallback")
            .AddTraceSource(
                "Mismatch",
                "A packet brought other bytes than a memory region's pattern; how many.",
                MakeTraceSourceAccessor(&RdmaEngine::m_mismatchTrace),
                "ns3::offload::RdmaEngine::MismatchCallback")
            .AddTraceSource("Notification",
                            "A queue pair was told of congestion; its new rate in bit/s.",
                            MakeTraceSourceAccessor(&RdmaEngine::m_notificationTrace),
                            "ns3::offload::RdmaEngine::NotificationCallback")
            .AddTraceSource("State",
                            "A queue pair has changed its state.",
                            MakeTraceSourceAccessor(&RdmaEngine::m_stateTrace),
                            "ns3::offload::RdmaEngine::StateCallback");
    return tid;
}

RdmaEngine::RdmaEngine()
    : m_timer(this)
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

Ptr<CompletionQueue>
RdmaEngine::CreateCompletionQueue(uint32_t depth)
{
    const int64_t latency = m_host ? m_host->GetNotificationLatency() : 0;
    return Create<CompletionQueue>(depth, m_port->GetPortContext(), latency);
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
        if (!m_config)
        {
            m_config = CreateObject<QueuePairConfig>();
        }
        parameters.config = m_config;
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
        m_dropTrace(frame.payload, RdmaDropReason::BAD_PACKET);
        return true;
    case RoceParseResult::UNKNOWN_OPCODE:
        m_dropTrace(frame.payload, RdmaDropReason::UNKNOWN_OPCODE);
        return true;
    case RoceParseResult::BAD_ICRC:
        m_dropTrace(frame.payload, RdmaDropReason::BAD_ICRC);
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
        m_mismatchTrace(queuePair.GetNumber(), packet.sequence, wrong);
    }
}

void
RdmaEngine::Drop(const RocePacket& packet, RdmaDropReason reason)
{
    if (!m_dropTrace.IsEmpty())
    {
        m_dropTrace(packet.ToPacket(false), reason);
    }
}

} // namespace offload
} // namespace ns3
