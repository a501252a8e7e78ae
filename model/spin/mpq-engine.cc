/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "mpq-engine.h"

#include "global-scheduler.h"
#include "nic-inbound.h"
#include "spin-pipeline.h"

#include "ns3/assert.h"

namespace ns3
{
namespace offload
{

namespace
{

constexpr unsigned WORD = 64; //!< bits in a word of the bit map

/** @return whether the arbiter may choose the message's queue */
bool
IsReady(const Message& message)
{
    return message.state == MpqState::HEADER || message.state == MpqState::COMPLETION ||
           (message.state == MpqState::PAYLOAD && !message.packets.IsEmpty());
}

} // namespace

MpqEngine::MpqEngine(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_ready((pipeline.config.messageQueues + WORD - 1) / WORD),
      m_last(static_cast<uint16_t>(pipeline.config.messageQueues - 1)),
      m_tick(CycleEvent::Of<MpqEngine, &MpqEngine::Tick>(this, CyclePhase::MPQ_ENGINE))
{
    pipeline.SetQuietSlack(m_tick, 0);
}

bool
MpqEngine::HasCell(const Message& message) const
{
    return message.ownCells < m_pipeline.config.packetCellsPerQueue ||
           m_sharedUsed < m_pipeline.config.packetCells;
}

void
MpqEngine::Push(PacketRecord& packet)
{
    Message& message = *packet.message;
    packet.ownCell = message.ownCells < m_pipeline.config.packetCellsPerQueue;
    if (packet.ownCell)
    {
        message.ownCells++;
    }
    else
    {
        m_sharedUsed++;
    }
    message.packets.Push(packet);
    message.lastSeen |= packet.last;
    if (message.state == MpqState::FREE)
    {
        const bool header = message.Has(HandlerKind::HEADER) && !message.closing;
        message.state = header ? MpqState::HEADER : MpqState::PAYLOAD;
    }
    UpdateReady(message);
    m_pipeline.clock.Wake(m_tick, m_pipeline.clock.Now() + 1);
}

void
MpqEngine::UpdateReady(const Message& message)
{
    const uint64_t bit = uint64_t{1} << (message.index % WORD);
    uint64_t& word = m_ready[message.index / WORD];
    if (IsReady(message) != ((word & bit) != 0))
    {
        m_readyCount += word & bit ? -1 : 1;
        word ^= bit;
    }
}

int
MpqEngine::FindReady() const
{
    if (m_readyCount == 0)
    {
        return -1;
    }
    // Round robin: the first ready queue after the one served last.
    const unsigned start = m_last + 1U;
    const auto words = static_cast<unsigned>(m_ready.size());
    unsigned word = start / WORD;
    for (unsigned i = 0; i <= words; i++, word++)
    {
        word = word < words ? word : 0;
        uint64_t bits = m_ready[word];
        if (i == 0)
        {
            bits &= ~uint64_t{0} << (start % WORD);
        }
        if (bits)
        {
            return static_cast<int>(word * WORD) + __builtin_ctzll(bits);
        }
    }
    return -1;
}

void
MpqEngine::Tick()
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_output && m_output->ready <= now)
    {
        if (!m_pipeline.globalScheduler->Accept(*m_output))
        {
            return; // SchedulerReady wakes us
        }
        m_output = nullptr;
    }
    const int index = m_output ? -1 : FindReady();
    if (index >= 0)
    {
        m_last = static_cast<uint16_t>(index);
        Message& message = *m_pipeline.messages.Get(m_last);
        if (message.fate != MessageFate::HANDLERS)
        {
            Bypass(message);
        }
        else
        {
            SendTask(message);
        }
    }
    if (m_output || m_readyCount > 0)
    {
        m_pipeline.clock.Wake(m_tick, now + 1);
    }
}

void
MpqEngine::SendTask(Message& message)
{
    Task& task = m_pipeline.tasks.Take();
    task.packet = &message.packets.Front();
    task.ready = m_pipeline.clock.Now() + 1; // the read of the message's memory
    message.inFlight++;
    switch (message.state)
    {
    case MpqState::HEADER:
        task.kind = HandlerKind::HEADER;
        message.state = MpqState::HEADER_RUNNING;
        break;
    case MpqState::PAYLOAD: {
        task.kind = HandlerKind::PAYLOAD;
        const bool end = message.lastSeen && message.packets.HasOne();
        if (end)
        {
            message.state = MpqState::PAYLOAD_DRAINING;
        }
        // The completion handler sees the last packet once more.
        task.lastUse = !end || !message.Has(HandlerKind::COMPLETION);
        break;
    }
    case MpqState::COMPLETION:
        task.kind = HandlerKind::COMPLETION;
        message.state = MpqState::COMPLETION_RUNNING;
        task.lastUse = true;
        break;
    default:
        NS_ASSERT_MSG(false, "a queue in this state has no task");
    }
    if (task.lastUse)
    {
        PopPacket(message);
    }
    task.hasHandler = message.Has(task.kind);
    UpdateReady(message);
    m_output = &task;
}

PacketRecord&
MpqEngine::PopPacket(Message& message)
{
    PacketRecord& packet = message.packets.Pop();
    if (packet.ownCell)
    {
        message.ownCells--;
    }
    else
    {
        m_sharedUsed--;
    }
    m_pipeline.nicInbound->CellFree();
    return packet;
}

void
MpqEngine::Bypass(Message& message)
{
    PacketRecord& packet = PopPacket(message);
    message.closing |= packet.last;
    m_pipeline.lifecycle.BypassPacket(packet);
    UpdateReady(message);
    EndIfEmpty(message);
}

void
MpqEngine::Close(Message& message)
{
    message.closing |= message.fate == MessageFate::ABORTED;
    switch (message.state)
    {
    case MpqState::HEADER:
    case MpqState::COMPLETION:
        message.state = MpqState::PAYLOAD;
        break;
    default:
        break; // what is kept for the completion handler may be in a handler's hands: see Feedback
    }
    UpdateReady(message);
    if (IsReady(message))
    {
        m_pipeline.clock.Wake(m_tick, m_pipeline.clock.Now() + 1);
    }
    EndIfEmpty(message);
}

void
MpqEngine::Feedback(Message& message)
{
    NS_ASSERT(message.inFlight > 0);
    message.inFlight--;
    bool end = false;
    switch (message.state)
    {
    case MpqState::HEADER_RUNNING:
        message.state = MpqState::PAYLOAD;
        break;
    case MpqState::PAYLOAD_DRAINING:
        if (message.inFlight == 0)
        {
            end = message.packets.IsEmpty();
            if (!end)
            {
                // The last packet; without handlers from now on, it takes the others' way.
                const bool completes = message.fate == MessageFate::HANDLERS;
                message.state = completes ? MpqState::COMPLETION : MpqState::PAYLOAD;
            }
        }
        break;
    case MpqState::COMPLETION_RUNNING:
        end = true;
        break;
    default:
        break;
    }
    message.closing |= end;
    UpdateReady(message);
    EndIfEmpty(message);
    if (m_readyCount > 0)
    {
        m_pipeline.clock.Wake(m_tick, m_pipeline.clock.Now() + 1);
    }
}

void
MpqEngine::EndIfEmpty(Message& message)
{
    if (message.closing && message.packets.IsEmpty() && message.inFlight == 0)
    {
        message.state = MpqState::FREE;
        UpdateReady(message);
        m_pipeline.lifecycle.EndMessage(message);
    }
}

void
MpqEngine::SchedulerReady()
{
    if (m_output)
    {
        m_pipeline.clock.Wake(m_tick, m_pipeline.clock.Now() + 1);
    }
}

size_t
MpqEngine::GetBytes() const
{
    return m_ready.capacity() * sizeof(uint64_t);
}

} // namespace offload
} // namespace ns3
