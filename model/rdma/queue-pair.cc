/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "queue-pair.h"

#include "rdma-engine.h"

#include "ns3/hash-mix.h"
#include "ns3/log.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

const char*
GetName(QueuePairState state)
{
    switch (state)
    {
    case QueuePairState::RESET:
        return "RESET";
    case QueuePairState::INITIALISED:
        return "INITIALISED";
    case QueuePairState::READY_TO_RECEIVE:
        return "READY_TO_RECEIVE";
    case QueuePairState::READY_TO_SEND:
        return "READY_TO_SEND";
    case QueuePairState::ERROR:
        return "ERROR";
    }
    return "";
}

} // namespace

LogComponent QueuePair::g_log("QueuePair", __FILE__);

QueuePair::QueuePair(RdmaEngine& engine, uint32_t number, const Parameters& parameters)
    : m_engine(engine),
      m_number(number),
      m_parameters(parameters),
      m_requester(*this),
      m_responder(*this),
      m_firstSequence(MakeFirstSequence())
{
}

uint32_t
QueuePair::MakeFirstSequence() const
{
    return static_cast<uint32_t>(MixHash(m_engine.m_resets, m_number)) & roce::NUMBER_MASK;
}

QueuePairAddress
QueuePair::GetAddress() const
{
    return {m_engine.m_port->GetPortAddress(), m_engine.GetAddress(), m_number, m_firstSequence};
}

void
QueuePair::Require(QueuePairState state, const char* step) const
{
    if (m_state != state)
    {
        throw std::logic_error("queue pair " + std::to_string(m_number) + " is in " +
                               GetName(m_state) + ", but only goes from " + GetName(state) +
                               " to " + step);
    }
}

void
QueuePair::Change(QueuePairState state)
{
    NS_LOG_INFO("queue pair " << m_number << ": " << GetName(m_state) << " to " << GetName(state));
    m_state = state;
    m_engine.m_stateTrace(m_number, state);
}

void
QueuePair::Initialise()
{
    Require(QueuePairState::RESET, "INITIALISED");
    if (m_engine.GetQueuePair(m_number) != this)
    {
        throw std::logic_error("queue pair " + std::to_string(m_number) + " was destroyed");
    }
    Change(QueuePairState::INITIALISED);
}

void
QueuePair::SetFirstSequence(uint32_t sequence)
{
    m_firstSequence = sequence & roce::NUMBER_MASK;
}

void
QueuePair::SetReadyToReceive(const QueuePairAddress& peer)
{
    Require(QueuePairState::INITIALISED, "READY_TO_RECEIVE");
    m_peer = peer;
    m_source = m_engine.GetAddress().Get();
    m_destination = peer.ip.Get();
    m_frame.destination = peer.mac;
    m_frame.source = m_engine.m_port->GetPortAddress();
    m_frame.protocol = EthernetFrame::IPV4;
    m_frame.SetPriority(QueuePairConfig::GetPriority(GetConfig().GetCodePoint()));
    // Both directions of a connection get the same port, as with flow labels made from the numbers.
    const uint64_t low = std::min(m_number, peer.queuePair);
    const uint64_t high = std::max(m_number, peer.queuePair);
    const uint64_t entropy = MixHash(MixHash(0, low), high);
    m_sourcePort = static_cast<uint16_t>(entropy | roce::FIRST_SOURCE_PORT);
    uint64_t hash = MixHash(0, uint64_t{m_source} << 32 | m_destination);
    hash = MixHash(hash, uint64_t{m_sourcePort} << 16 | roce::UDP_PORT);
    m_flowHash = static_cast<uint32_t>(hash);
    if (GetConfig().GetDcqcn())
    {
        m_toldRate = m_engine.m_port->GetPortRate();
        m_rate = std::make_unique<DcqcnRate>(*GetConfig().GetDcqcn(), m_toldRate);
    }
    m_responder.Start(peer.sequence);
    Change(QueuePairState::READY_TO_RECEIVE);
}

void
QueuePair::SetReadyToSend()
{
    Require(QueuePairState::READY_TO_RECEIVE, "READY_TO_SEND");
    m_requester.Start(m_firstSequence);
    Change(QueuePairState::READY_TO_SEND);
}

void
QueuePair::Reset()
{
    m_requester.Reset();
    m_responder.Reset();
    // They refer to this queue pair, which may have one of the counters: a circle of references.
    for (TriggerCounter* counter : m_engine.m_counters)
    {
        counter->Forget(*this);
    }
    m_rate = nullptr;
    m_rateTime = 0;
    m_nextNotification = 0;
    ++m_engine.m_resets;
    m_firstSequence = MakeFirstSequence();
    Change(QueuePairState::RESET);
}

void
QueuePair::SetError()
{
    const int64_t now = LookaheadQueue::Now();
    Change(QueuePairState::ERROR);
    m_requester.Flush(now);
    m_responder.Flush(now);
}

PostResult
QueuePair::PostSend(const WorkRequest& work)
{
    if (m_state != QueuePairState::READY_TO_SEND && m_state != QueuePairState::ERROR)
    {
        return PostResult::WRONG_STATE;
    }
    return Posted(m_requester.Post(work));
}

PostResult
QueuePair::PostFromNic(const WorkRequest& work, RocePacketPtr payload)
{
    if (m_state != QueuePairState::READY_TO_SEND)
    {
        return PostResult::WRONG_STATE;
    }
    return Posted(m_requester.PostFromNic(work, std::move(payload)));
}

PostResult
QueuePair::Posted(PostResult result)
{
    if (result != PostResult::POSTED)
    {
        return result;
    }
    const int64_t now = LookaheadQueue::Now();
    if (m_state == QueuePairState::ERROR)
    {
        m_requester.Flush(now);
    }
    else
    {
        Activate(now);
    }
    return result;
}

PostResult
QueuePair::PostReceive(const ReceiveRequest& receive)
{
    if (m_state == QueuePairState::RESET)
    {
        return PostResult::WRONG_STATE;
    }
    const PostResult result = m_responder.Post(receive);
    if (result == PostResult::POSTED && m_state == QueuePairState::ERROR)
    {
        m_responder.Flush(LookaheadQueue::Now());
    }
    return result;
}

uint64_t
QueuePair::GetRate() const
{
    return m_rate ? m_rate->GetRate(LookaheadQueue::Now()) : m_engine.m_port->GetPortRate();
}

void
QueuePair::SetConsumer(QueuePairConsumer* consumer)
{
    m_engine.m_noticed += (consumer ? 1 : 0) - (m_consumer ? 1 : 0);
    m_consumer = consumer;
}

void
QueuePair::SetCounter(Ptr<TriggerCounter> counter)
{
    m_counter = counter;
}

void
QueuePair::Deliver(const RocePacket& packet)
{
    if (m_state != QueuePairState::READY_TO_RECEIVE && m_state != QueuePairState::READY_TO_SEND)
    {
        m_engine.Drop(packet, RdmaDropReason::WRONG_STATE);
    }
    else if (!m_responder.Deliver(packet, LookaheadQueue::Now()))
    {
        // It has been acknowledged, so it cannot be asked for again.
        m_engine.Drop(packet, RdmaDropReason::UNEXPECTED);
        SetError();
    }
}

int64_t
QueuePair::GetSendTime(int64_t now)
{
    int64_t time = LookaheadEvent::NEVER;
    if (m_responder.CanSend())
    {
        time = std::max(m_rateTime, m_responder.GetWaitTime(now));
    }
    if (time > now && m_state == QueuePairState::READY_TO_SEND && m_requester.CanSend())
    {
        time = std::min(time, std::max(m_rateTime, m_requester.GetWaitTime(now)));
    }
    return time;
}

void
QueuePair::Send(int64_t now)
{
    const bool response = m_responder.CanSend() && m_responder.GetWaitTime(now) <= now;
    const bool request = m_state == QueuePairState::READY_TO_SEND && m_requester.CanSend() &&
                         m_requester.GetWaitTime(now) <= now;
    // In turn, so that a peer that reads all the time does not keep own requests back.
    m_responseTurn = response && (m_responseTurn || !request);
    if (m_responseTurn)
    {
        m_responseTurn = false;
        m_responder.Send(now);
    }
    else if (request)
    {
        m_responseTurn = true;
        m_requester.Send(now);
    }
}

RocePacketPtr
QueuePair::MakePacket(RoceOpcode opcode, uint32_t sequence)
{
    const QueuePairConfig& config = GetConfig();
    RocePacketPtr packet = m_engine.m_pool->Create();
    packet->source = m_source;
    packet->destination = m_destination;
    packet->destinationQueue = m_peer.queuePair;
    packet->sequence = sequence;
    packet->sourcePort = m_sourcePort;
    packet->opcode = opcode;
    packet->codePoint = config.GetCodePoint();
    packet->timeToLive = config.GetTimeToLive();
    return packet;
}

void
QueuePair::Transmit(RocePacketPtr&& packet, int64_t now)
{
    EthernetFrame frame(static_cast<const FrameHeader&>(m_frame));
    packet->Seal(m_flowHash, frame.GetPriority(), m_rate != nullptr);
    if (m_rate && packet->payloadBytes > 0)
    {
        m_rateTime = m_rate->Send(packet->GetSize() + EthernetFrame::HEADER_BYTES, now);
        TellRate(now);
    }
    if (m_engine.m_traced)
    {
        TellPacket(m_engine.m_txTrace, *packet, false);
    }
    frame.content = std::move(packet);
    m_engine.m_port->SendRoce(std::move(frame));
}

void
QueuePair::GoingBack(uint32_t sequence)
{
    NS_LOG_LOGIC("queue pair " << m_number << " sends again from packet " << sequence << " on");
    m_engine.m_retransmitTrace(m_number, sequence);
}

void
QueuePair::Activate(int64_t now)
{
    m_engine.Activate(*this, now);
}

void
QueuePair::Complete(CompletionQueue& queue, const Completion& completion, int64_t now)
{
    int64_t time = now;
    if (m_engine.m_host)
    {
        // Posted writes keep their order: the completion is behind the data.
        time = std::max(GetStored(now), m_engine.m_host->WriteCompletion(now));
    }
    if (!Push(queue, completion, now, time) && m_state != QueuePairState::ERROR)
    {
        // Nobody would ever know what became of the requests (IBTA 10.6.5.1).
        SetError();
    }
}

bool
QueuePair::Push(CompletionQueue& queue, const Completion& completion, int64_t now, int64_t time)
{
    const bool kept = queue.Push(completion, now, time);
    if (!kept)
    {
        NS_LOG_WARN("queue pair " << m_number << ": no room for the completion of request "
                                  << completion.id);
        m_engine.m_overflowTrace(m_number, completion.id);
    }
    else
    {
        m_engine.m_completionTrace(completion);
    }
    return kept;
}

void
QueuePair::Receive(const EthernetFrame& frame, const RocePacket& packet, int64_t now)
{
    if (m_engine.m_traced)
    {
        TellPacket(m_engine.m_rxTrace, packet, frame.IsCongested());
    }
    if (packet.source != m_destination || m_state < QueuePairState::READY_TO_RECEIVE ||
        m_state == QueuePairState::ERROR)
    {
        m_engine.Drop(packet,
                      m_state < QueuePairState::READY_TO_RECEIVE || m_state == QueuePairState::ERROR
                          ? RdmaDropReason::WRONG_STATE
                          : RdmaDropReason::WRONG_PEER);
        return;
    }
    if (frame.IsCongested() && m_rate && now >= m_nextNotification)
    {
        NotifyCongestion(now);
    }
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.IsRequest())
    {
        m_responder.ReceiveRequest(frame, packet, now);
    }
    else if (traits.IsResponse())
    {
        m_requester.ReceiveResponse(packet, now);
    }
    else
    {
        ReceiveNotification(now);
    }
}

void
QueuePair::NotifyCongestion(int64_t now)
{
    const QueuePairConfig& config = GetConfig();
    m_nextNotification = now + config.GetDcqcn()->GetNotificationInterval();
    RocePacketPtr packet = MakePacket(RoceOpcode::CONGESTION_NOTIFICATION, 0);
    packet->codePoint = config.GetNotificationCodePoint();
    packet->acknowledge = false;
    packet->solicited = false;
    EthernetFrame frame(m_frame);
    frame.SetPriority(QueuePairConfig::GetPriority(packet->codePoint));
    packet->Seal(m_flowHash, frame.GetPriority(), false);
    TellPacket(m_engine.m_txTrace, *packet, false);
    frame.content = std::move(packet);
    m_engine.m_port->SendRoce(std::move(frame));
}

void
QueuePair::ReceiveNotification(int64_t now)
{
    if (m_rate)
    {
        m_rate->Reduce(now);
        m_engine.m_notificationTrace(m_number, m_rate->GetRate(now));
        TellRate(now);
    }
}

void
QueuePair::TellRate(int64_t now)
{
    if (!m_engine.m_rateTrace.IsEmpty() && m_rate->GetRate(now) != m_toldRate)
    {
        m_toldRate = m_rate->GetRate(now);
        m_engine.m_rateTrace(m_number, m_toldRate);
    }
}

void
QueuePair::TellPacket(const LightTrace<uint32_t, Ptr<const Packet>>& trace,
                      const RocePacket& packet,
                      bool congested) const
{
    if (!trace.IsEmpty())
    {
        trace(m_number, packet.ToPacket(congested));
    }
}

} // namespace offload
} // namespace ns3
