/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-requester.h"

#include "rdma-engine.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/// First allocation, requests
constexpr std::size_t FIRST_REQUESTS = 2;
/// An acknowledgement is asked for that often, at least, however slowly packets leave
constexpr int64_t ASKS_PER_TIMEOUT = 8;

/**
 * @param base opcode of the first packet of a message: SEND_FIRST or WRITE_FIRST
 * @param first whether it is
 * @param last whether the message ends
 * @param immediate whether it ends with immediate data
 * @return the opcode; both families are numbered alike (IBTA 9.2.1, table 38)
 */
RoceOpcode
GetOpcode(RoceOpcode base, bool first, bool last, bool immediate)
{
    constexpr uint32_t middle = static_cast<uint32_t>(RoceOpcode::SEND_MIDDLE);
    constexpr uint32_t end = static_cast<uint32_t>(RoceOpcode::SEND_LAST);
    constexpr uint32_t only = static_cast<uint32_t>(RoceOpcode::SEND_ONLY);
    const uint32_t place = last ? (first ? only : end) + (immediate ? 1 : 0) : first ? 0 : middle;
    return static_cast<RoceOpcode>(static_cast<uint32_t>(base) + place);
}

} // namespace

RdmaRequester::RdmaRequester(QueuePair& queuePair)
    : m_queuePair(queuePair),
      m_timer(this)
{
}

void
RdmaRequester::Start(uint32_t sequence)
{
    m_sendSequence = m_unacknowledged = m_sentSequence = m_postSequence = sequence;
    m_fetch = m_queuePair.GetEngine().GetHost() ? std::make_unique<PayloadFetch>() : nullptr;
    m_timeouts = 0;
    DrawTimeout();
}

void
RdmaRequester::Reset()
{
    m_queue.clear();
    m_timer.Clear();
    m_cursor = m_packet = m_sinceAsked = m_reads = 0;
    m_retries = m_rnrRetries = 0;
    m_wentBack = false;
    m_waitUntil = m_progress = m_asked = 0;
    Start(0);
}

bool
RdmaRequester::IsNoticed() const
{
    return m_queuePair.GetEngine().IsNoticed();
}

PostResult
RdmaRequester::Post(const WorkRequest& work)
{
    const QueuePairConfig& config = m_queuePair.GetConfig();
    if (m_queue.size() == config.GetSendDepth())
    {
        return PostResult::QUEUE_FULL;
    }
    const bool data = work.opcode < WorkOpcode::READ;
    const bool atomic = work.opcode > WorkOpcode::READ;
    const uint32_t shift = config.GetMtuShift();
    const uint32_t packets =
        std::max<uint64_t>(1, (uint64_t{work.length} + config.GetMtu() - 1) >> shift);
    if (work.opcode >= WorkOpcode::RECEIVE || work.length > config.GetMaxMessage() ||
        (atomic && work.length != roce::ATOMIC_BYTES) ||
        (work.inlined && (!data || work.length > config.GetMaxInline())))
    {
        return PostResult::INVALID_REQUEST;
    }

    Entry entry{work, nullptr, nullptr, m_postSequence, packets, 0, true, 0};
    RdmaEngine& engine = m_queuePair.GetEngine();
    if (!Grant(entry) && work.inlined)
    {
        TakeWithoutKey(entry);
    }
    else if (work.inlined && work.length > 0)
    {
        RocePacketPtr packet = engine.m_pool->Create();
        entry.region->Load(work.localAddress, work.length, *engine.m_pool, *packet);
        entry.inlined = std::move(packet);
    }
    if (m_fetch)
    {
        entry.known = engine.GetHost()->Post(work.inlined ? work.length : 0, LookaheadQueue::Now());
    }
    Append(std::move(entry));
    return PostResult::POSTED;
}

PostResult
RdmaRequester::PostFromNic(const WorkRequest& work, RocePacketPtr payload)
{
    const QueuePairConfig& config = m_queuePair.GetConfig();
    if (m_queue.size() == config.GetSendDepth())
    {
        return PostResult::QUEUE_FULL;
    }
    const uint32_t packets =
        std::max<uint64_t>(1,
                           (uint64_t{work.length} + config.GetMtu() - 1) >> config.GetMtuShift());
    if (work.opcode >= WorkOpcode::READ || work.length > config.GetMaxMessage() ||
        (payload && packets > 1))
    {
        return PostResult::INVALID_REQUEST;
    }
    Entry entry{work, nullptr, std::move(payload), m_postSequence, packets, 0, true, 0};
    entry.work.inlined = entry.inlined != nullptr;
    entry.work.signaled = false;
    entry.known = LookaheadQueue::Now();
    if (!entry.inlined)
    {
        Grant(entry);
    }
    Append(std::move(entry));
    return PostResult::POSTED;
}

bool
RdmaRequester::Grant(Entry& entry) const
{
    const WorkRequest& work = entry.work;
    if (work.length > 0)
    {
        const bool data = work.opcode < WorkOpcode::READ;
        const uint32_t access = data ? MemoryAccess::LOCAL_READ : MemoryAccess::LOCAL_WRITE;
        entry.region = m_queuePair.GetEngine().m_memory.Find(work.localKey,
                                                             work.localAddress,
                                                             work.length,
                                                             access,
                                                             m_queuePair.GetParameters().domain);
        entry.granted = entry.region != nullptr;
    }
    return entry.granted;
}

void
RdmaRequester::TakeWithoutKey(Entry& entry) const
{
    const WorkRequest& work = entry.work;
    RdmaEngine& engine = m_queuePair.GetEngine();
    const Ptr<HostMemory> memory = engine.FindMemory(work.localAddress, work.length);
    entry.granted = memory != nullptr;
    if (memory)
    {
        entry.inlined = engine.m_pool->Create();
        entry.inlined->payloadBytes = work.length;
        entry.inlined->bytes = engine.m_pool->CreateBuffer();
        memory->Read(work.localAddress, entry.inlined->bytes->data(), work.length);
    }
}

void
RdmaRequester::Append(Entry&& entry)
{
    const uint32_t packets = entry.packets;
    if (m_queue.full())
    {
        m_queue.set_capacity(std::max(FIRST_REQUESTS, 2 * m_queue.capacity()));
    }
    m_queue.push_back(std::move(entry));
    m_postSequence = roce::Advance(m_postSequence, packets);
}

bool
RdmaRequester::CanSend() const
{
    const QueuePairConfig& config = m_queuePair.GetConfig();
    if (m_cursor >= m_queue.size() || GetInFlight() >= config.GetWindow())
    {
        return false;
    }
    const Entry& entry = GetCurrent();
    // A request that is not granted fails in its turn, when those before it are done.
    return (!IsAnswered(entry) || m_reads < config.GetMaxReads()) &&
           (!entry.work.fenced || m_reads == 0) && (entry.granted || m_cursor == 0);
}

int64_t
RdmaRequester::GetFetchTime(int64_t now)
{
    RdmaHost& host = *m_queuePair.GetEngine().GetHost();
    const QueuePairConfig& config = m_queuePair.GetConfig();
    uint32_t cursor = m_cursor;
    uint32_t packet = m_packet;
    uint32_t reads = m_reads;
    for (uint32_t i = 0; i < host.GetPrefetch() && cursor < m_queue.size(); ++i)
    {
        const Entry& entry = m_queue[cursor];
        // What a fenced request sends may be what those before it bring.
        if (entry.known > now || GetInFlight() + i >= config.GetWindow() ||
            (entry.work.fenced && reads > 0))
        {
            break;
        }
        const bool last = packet + 1 == entry.packets || IsAnswered(entry);
        if (i >= m_fetch->GetSize())
        {
            const uint32_t offset = packet << config.GetMtuShift();
            const uint32_t bytes = last ? entry.work.length - offset : config.GetMtu();
            const bool local = IsAnswered(entry) || entry.work.inlined || !entry.granted;
            m_fetch->Push(local ? now : host.FetchPayload(bytes, now));
        }
        reads += IsAnswered(entry) ? 1 : 0;
        cursor += last ? 1 : 0;
        packet = last ? 0 : packet + 1;
    }
    return m_fetch->GetSize() > 0 ? m_fetch->GetFront() : m_queue[m_cursor].known;
}

void
RdmaRequester::Send(int64_t now)
{
    const Entry& entry = GetCurrent();
    if (m_fetch)
    {
        m_fetch->Pop();
    }
    if (!IsGranted(entry))
    {
        Refuse(now);
        return;
    }
    if (IsAnswered(entry))
    {
        SendQuestion(entry, now);
    }
    else
    {
        SendData(entry, now);
    }
}

void
RdmaRequester::Refuse(int64_t now)
{
    m_queue[m_cursor].granted = false;
    // Those before it are done first; see CanSend.
    if (m_cursor == 0)
    {
        Fail(WorkStatus::LOCAL_PROTECTION_ERROR, now);
    }
}

bool
RdmaRequester::AsksForAck(const Entry& entry, int64_t now)
{
    const QueuePairConfig& config = m_queuePair.GetConfig();
    const bool last = m_packet + 1 == entry.packets;
    m_asked = GetInFlight() == 0 ? now : m_asked;
    // A queue pair that congestion control has slowed down asks before it runs into its timeout.
    const bool asks = ++m_sinceAsked >= config.GetAckInterval() ||
                      (last && (config.AcksEachMessage() || m_cursor + 1 == m_queue.size())) ||
                      now - m_asked > config.GetTimeout() / ASKS_PER_TIMEOUT;
    if (asks)
    {
        m_sinceAsked = 0;
        m_asked = now;
    }
    return asks;
}

void
RdmaRequester::SendData(const Entry& entry, int64_t now)
{
    const QueuePairConfig& config = m_queuePair.GetConfig();
    const WorkRequest& work = entry.work;
    const bool first = m_packet == 0;
    const bool last = m_packet + 1 == entry.packets;
    const uint64_t offset = uint64_t{m_packet} << config.GetMtuShift();
    const uint32_t bytes = last ? work.length - static_cast<uint32_t>(offset) : config.GetMtu();
    const bool write =
        work.opcode == WorkOpcode::WRITE || work.opcode == WorkOpcode::WRITE_WITH_IMMEDIATE;
    const bool immediate = work.opcode == WorkOpcode::SEND_WITH_IMMEDIATE ||
                           work.opcode == WorkOpcode::WRITE_WITH_IMMEDIATE;

    RocePacketPtr packet = m_queuePair.MakePacket(
        GetOpcode(write ? RoceOpcode::WRITE_FIRST : RoceOpcode::SEND_FIRST, first, last, immediate),
        m_sendSequence);
    packet->acknowledge = AsksForAck(entry, now);
    packet->solicited = last && work.solicited;
    packet->immediate = work.immediate;
    packet->address = work.remoteAddress;
    packet->key = work.remoteKey;
    packet->length = work.length;
    if (entry.inlined)
    {
        // It fits into one packet, whatever the MTU.
        packet->payloadBytes = bytes;
        packet->bytes = m_queuePair.GetEngine().m_pool->CreateBuffer();
        entry.inlined->CopyPayload(packet->bytes->data());
    }
    else if (bytes > 0)
    {
        entry.region->Load(work.localAddress + offset,
                           bytes,
                           *m_queuePair.GetEngine().m_pool,
                           *packet);
    }
    ++m_packet;
    if (last)
    {
        ++m_cursor;
        m_packet = 0;
    }
    m_queuePair.Transmit(std::move(packet), now);
    Sent(roce::Advance(m_sendSequence, 1), now);
}

void
RdmaRequester::SendQuestion(const Entry& entry, int64_t now)
{
    const WorkRequest& work = entry.work;
    const RoceOpcode opcode = work.opcode == WorkOpcode::READ           ? RoceOpcode::READ_REQUEST
                              : work.opcode == WorkOpcode::COMPARE_SWAP ? RoceOpcode::COMPARE_SWAP
                                                                        : RoceOpcode::FETCH_ADD;
    RocePacketPtr packet = m_queuePair.MakePacket(opcode, m_sendSequence);
    // The part of a READ that has come is not asked for again.
    const uint64_t done = uint64_t{m_packet} << m_queuePair.GetConfig().GetMtuShift();
    packet->acknowledge = true;
    packet->solicited = false;
    packet->address = work.remoteAddress + done;
    packet->key = work.remoteKey;
    packet->length = work.length - static_cast<uint32_t>(done);
    packet->compare = work.compareOrAdd;
    packet->swapOrAdd = work.opcode == WorkOpcode::FETCH_ADD ? work.compareOrAdd : work.swap;
    m_packet = 0;
    ++m_cursor;
    ++m_reads;
    m_queuePair.Transmit(std::move(packet), now);
    Sent(roce::Advance(entry.first, entry.packets), now);
}

void
RdmaRequester::Sent(uint32_t next, int64_t now)
{
    if (m_sendSequence == m_unacknowledged)
    {
        m_progress = std::max(m_progress, now);
    }
    m_sendSequence = next;
    if (roce::GetDistance(next, m_sentSequence) > 0)
    {
        m_sentSequence = next;
    }
    m_timer.SetBy(m_queuePair.GetEngine().m_context, m_progress + m_timeout);
}

void
RdmaRequester::Seek(uint32_t sequence)
{
    m_sendSequence = sequence;
    m_packet = 0;
    m_sinceAsked = 0;
    if (m_fetch)
    {
        // What is sent again is fetched again.
        m_fetch->Clear();
    }
    m_reads = 0;
    for (m_cursor = 0; m_cursor < m_queue.size(); ++m_cursor)
    {
        const Entry& entry = m_queue[m_cursor];
        const int32_t packet = roce::GetDistance(sequence, entry.first);
        if (packet < static_cast<int32_t>(entry.packets))
        {
            m_packet = static_cast<uint32_t>(packet);
            break;
        }
        m_reads += IsAnswered(entry) ? 1 : 0;
    }
}

void
RdmaRequester::PopFront(WorkStatus status, int64_t now)
{
    const Entry entry = std::move(m_queue.front());
    m_queue.pop_front();
    if (m_cursor > 0)
    {
        --m_cursor;
        m_reads -= IsAnswered(entry) ? 1 : 0;
    }
    else
    {
        m_packet = 0;
    }
    if (entry.work.signaled || status != WorkStatus::SUCCESS)
    {
        Completion completion;
        completion.id = entry.work.id;
        completion.bytes = entry.work.length;
        completion.queuePair = m_queuePair.GetNumber();
        completion.opcode = entry.work.opcode;
        completion.status = status;
        m_queuePair.Complete(*m_queuePair.GetParameters().sendCompletions, completion, now);
    }
}

void
RdmaRequester::Fail(WorkStatus status, int64_t now)
{
    if (!m_queue.empty())
    {
        PopFront(status, now);
    }
    m_queuePair.SetError();
}

void
RdmaRequester::Flush(int64_t now)
{
    m_timer.Clear();
    if (m_fetch)
    {
        m_fetch->Clear();
    }
    while (!m_queue.empty())
    {
        PopFront(WorkStatus::WORK_REQUEST_FLUSHED, now);
    }
    m_sendSequence = m_unacknowledged = m_sentSequence = m_postSequence;
}

} // namespace offload
} // namespace ns3
