/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a requester makes of the responder's packets, and of none.
#include "rdma-engine.h"
#include "rdma-requester.h"

#include "ns3/hash-mix.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

void
RdmaRequester::ReceiveResponse(const RocePacket& packet, int64_t now)
{
    if (!IsExpected(packet.sequence))
    {
        m_queuePair.GetEngine().Drop(packet, RdmaDropReason::UNEXPECTED);
        return;
    }
    switch (roce::GetTraits(packet.opcode).family)
    {
    case RoceTraits::Family::READ_RESPONSE:
        ReceiveReadData(packet, now);
        break;
    case RoceTraits::Family::ATOMIC_ACKNOWLEDGE:
        ReceiveAtomicAck(packet, now);
        break;
    default:
        ReceiveAck(packet, now);
        break;
    }
    m_queuePair.Activate(now);
}

void
RdmaRequester::Progress(uint32_t next, int64_t now)
{
    m_unacknowledged = next;
    m_progress = std::max(m_progress, now);
    m_retries = 0;
    m_rnrRetries = 0;
    m_wentBack = false;
    if (roce::GetDistance(m_sendSequence, next) < 0)
    {
        // It was about to be sent again, and had come already.
        Seek(next);
    }
    if (m_sentSequence == next)
    {
        m_timer.Clear();
    }
}

bool
RdmaRequester::Acknowledge(uint32_t next, int64_t now)
{
    bool complete = true;
    while (!m_queue.empty())
    {
        const Entry& oldest = m_queue.front();
        if (IsAnswered(oldest))
        {
            // Only its own answer completes it: if later ones are done, the answer was lost.
            const uint32_t answered = roce::Advance(oldest.first, oldest.responses);
            if (roce::GetDistance(next, answered) > 0)
            {
                next = answered;
                complete = false;
            }
            break;
        }
        if (roce::GetDistance(roce::Advance(oldest.first, oldest.packets), next) > 0)
        {
            break;
        }
        PopFront(WorkStatus::SUCCESS, now);
    }
    if (roce::GetDistance(next, m_unacknowledged) > 0)
    {
        Progress(next, now);
    }
    return complete;
}

void
RdmaRequester::ReceiveAck(const RocePacket& packet, int64_t now)
{
    const uint8_t value = packet.syndrome & roce::Syndrome::VALUE_MASK;
    const uint8_t kind = packet.syndrome & roce::Syndrome::KIND_MASK;
    // A NAK is about its packet, and acknowledges all before.
    const uint32_t next =
        kind == roce::Syndrome::ACK ? roce::Advance(packet.sequence, 1) : packet.sequence;
    if (!Acknowledge(next, now))
    {
        ResponseMissing(now);
    }
    else if (m_queue.empty())
    {
        // All is done, or the completions of what was done have found no room.
        return;
    }
    else if (kind == roce::Syndrome::NAK)
    {
        ReceiveNak(value, now);
    }
    else if (kind == roce::Syndrome::RNR_NAK)
    {
        ReceiveRnrNak(value, now);
    }
}

void
RdmaRequester::ReceiveNak(uint8_t code, int64_t now)
{
    switch (code)
    {
    case roce::Syndrome::SEQUENCE_ERROR:
        // A gap is reported once: what says it again is a copy, unless a timeout has been since.
        if (!m_wentBack && Retry(now))
        {
            m_wentBack = true;
            Resend(now);
        }
        break;
    case roce::Syndrome::REMOTE_ACCESS_ERROR:
        Fail(WorkStatus::REMOTE_ACCESS_ERROR, now);
        break;
    case roce::Syndrome::REMOTE_OPERATION_ERROR:
        Fail(WorkStatus::REMOTE_OPERATION_ERROR, now);
        break;
    default:
        Fail(WorkStatus::REMOTE_INVALID_REQUEST, now);
        break;
    }
}

void
RdmaRequester::ReceiveRnrNak(uint8_t timer, int64_t now)
{
    if (m_sendSequence == m_unacknowledged && now < m_waitUntil)
    {
        // Nothing has been sent since the last one: it is a copy.
        return;
    }
    const uint32_t limit = m_queuePair.GetConfig().GetRnrRetryCount();
    if (limit != QueuePairConfig::FOR_EVER && m_rnrRetries == limit)
    {
        Fail(WorkStatus::RNR_RETRY_EXCEEDED, now);
        return;
    }
    ++m_rnrRetries;
    m_waitUntil = now + QueuePairConfig::DecodeRnrTimer(timer);
    m_progress = m_waitUntil;
    Resend(now);
}

void
RdmaRequester::ResponseMissing(int64_t now)
{
    // Every packet behind the lost one would say so: once is enough.
    if (!m_wentBack)
    {
        m_wentBack = true;
        Resend(now);
    }
}

bool
RdmaRequester::AnswersOldest(const RocePacket& packet, bool atomic, int64_t now)
{
    // It says that all before has been done: if an answer to that has not come, it was lost.
    if (!Acknowledge(packet.sequence, now))
    {
        m_queuePair.GetEngine().Drop(packet, RdmaDropReason::OUT_OF_SEQUENCE);
        ResponseMissing(now);
        return false;
    }
    if (m_queue.empty() || !IsAnswered(m_queue.front()) ||
        (m_queue.front().work.opcode != WorkOpcode::READ) != atomic)
    {
        m_queuePair.GetEngine().Drop(packet, RdmaDropReason::UNEXPECTED);
        return false;
    }
    return true;
}

void
RdmaRequester::ReceiveReadData(const RocePacket& packet, int64_t now)
{
    if (!AnswersOldest(packet, false, now))
    {
        return;
    }
    Entry& entry = m_queue.front();
    const QueuePairConfig& config = m_queuePair.GetConfig();
    const uint32_t done = entry.responses << config.GetMtuShift();
    const bool last = entry.responses + 1 == entry.packets;
    if (packet.payloadBytes != (last ? entry.work.length - done : config.GetMtu()))
    {
        Fail(WorkStatus::BAD_RESPONSE, now);
        return;
    }
    if (!IsGranted(entry))
    {
        Fail(WorkStatus::LOCAL_PROTECTION_ERROR, now);
        return;
    }
    if (packet.payloadBytes > 0)
    {
        m_queuePair.GetEngine().Store(m_queuePair,
                                      *entry.region,
                                      entry.work.localAddress + done,
                                      packet);
    }
    ++entry.responses;
    // First, because the completion may find no room, which flushes the queue.
    Progress(roce::Advance(packet.sequence, 1), now);
    if (last)
    {
        PopFront(WorkStatus::SUCCESS, now);
    }
}

void
RdmaRequester::ReceiveAtomicAck(const RocePacket& packet, int64_t now)
{
    if (!AnswersOldest(packet, true, now))
    {
        return;
    }
    const Entry& entry = m_queue.front();
    if (!IsGranted(entry))
    {
        Fail(WorkStatus::LOCAL_PROTECTION_ERROR, now);
        return;
    }
    m_queuePair.GetEngine().StoreWord(m_queuePair,
                                      *entry.region,
                                      entry.work.localAddress,
                                      packet.swapOrAdd);
    Progress(roce::Advance(packet.sequence, 1), now);
    PopFront(WorkStatus::SUCCESS, now);
}

bool
RdmaRequester::Retry(int64_t now)
{
    if (m_retries == m_queuePair.GetConfig().GetRetryCount())
    {
        Fail(WorkStatus::RETRY_EXCEEDED, now);
        return false;
    }
    ++m_retries;
    return true;
}

void
RdmaRequester::Resend(int64_t)
{
    m_queuePair.GoingBack(m_unacknowledged);
    Seek(m_unacknowledged);
}

void
RdmaRequester::DrawTimeout()
{
    // Requesters that lost their packets together shall not start again together: the same ones
    // would find the switch full each time.
    const uint64_t who =
        uint64_t{m_queuePair.GetEngine().GetAddress().Get()} << 32 | m_queuePair.GetNumber();
    m_timeout =
        m_queuePair.GetConfig().DrawTimeout(MixBits(MixHash(MixHash(0, who), m_timeouts++)));
}

void
RdmaRequester::TimerExpired(int64_t now)
{
    if (m_sentSequence == m_unacknowledged)
    {
        return;
    }
    // Put off lazily: each packet that gets through moves the instant, but not the timer.
    const int64_t due = m_progress + m_timeout;
    if (due <= now)
    {
        if (!Retry(now))
        {
            return;
        }
        m_progress = now;
        m_wentBack = false;
        DrawTimeout();
        Resend(now);
    }
    m_timer.SetBy(m_queuePair.GetEngine().m_context, m_progress + m_timeout);
    m_queuePair.Activate(now);
}

} // namespace offload
} // namespace ns3
