/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nhi-port.h"

#include "packet-dma.h"
#include "spin-pipeline.h"

#include "ns3/riscv-system.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NhiPort::NhiPort(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_step(CycleEvent::Of<NhiPort, &NhiPort::Step>(this, CyclePhase::COMMAND_UNIT)),
      m_turns(pipeline.config.clusters)
{
    // Of packet DMA, whose words it also moves, a word's end and the start of its task.
    m_step.SetSlack(std::min({pipeline.config.outboundLatency,
                              pipeline.config.hostDmaWriteResponse,
                              1 + SpinPipeline::TASK_SLACK}));
}

uint32_t
NhiPort::ClusterOf(const Transfer& transfer) const
{
    return memory_map::ClusterOf(transfer.address);
}

bool
NhiPort::CanBeQuiet() const
{
    return m_write.waiting.IsEmpty() && m_write.open.IsEmpty();
}

NhiPort::Transfer&
NhiPort::Take(Command& command, NhiClient& client, uint64_t start)
{
    Transfer& transfer = m_pool.Take();
    transfer.command = &command;
    transfer.client = &client;
    transfer.start = start;
    transfer.address = command.nicAddress;
    transfer.left = std::max(m_pipeline.Beats(command.bytes), 1U);
    transfer.target = command.nicAddress / memory_map::L1_STRIDE;
    return transfer;
}

uint64_t
NhiPort::Read(Command& command, NhiClient& client, uint64_t start)
{
    const uint64_t now = m_pipeline.clock.Now();
    Transfer& transfer = Take(command, client, start);
    if (m_quiet && CanBeQuiet())
    {
        Forget(now);
        m_read.waiting.Push(transfer);
        return Commit(transfer);
    }
    if (m_quiet)
    {
        Revoke(now);
    }
    m_read.waiting.Push(transfer);
    Follow(now);
    return transfer.end;
}

void
NhiPort::Write(Command& command, NhiClient& client, uint64_t request, uint64_t data, uint32_t gap)
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_quiet)
    {
        for (Channel* channel : {&m_read, &m_write})
        {
            if (!channel->words)
            {
                channel->words = std::make_unique<Words>();
            }
        }
        Revoke(now);
    }
    Transfer& transfer = Take(command, client, request);
    transfer.data = data;
    transfer.gap = gap;
    m_write.waiting.Push(transfer);
    Follow(now);
}

uint64_t
NhiPort::Commit(Transfer& transfer)
{
    const uint32_t gap = transfer.target == m_read.target ? 0 : m_pipeline.config.outboundReadGap;
    m_read.target = transfer.target;
    const uint64_t begin = std::max(m_read.freeAt + gap, transfer.start);
    const uint32_t cluster = ClusterOf(transfer);
    m_read.freeAt = begin + transfer.left;
    if (m_pipeline.riscv && cluster < m_pipeline.config.clusters)
    {
        m_read.freeAt =
            m_pipeline.riscv->TakeBanks(cluster, transfer.address, transfer.left, begin + 1) - 1;
    }
    transfer.end = m_read.freeAt;
    return transfer.end;
}

void
NhiPort::Release(const Transfer& transfer, uint64_t cycle) const
{
    const uint32_t cluster = ClusterOf(transfer);
    const uint64_t begin = transfer.end - transfer.left;
    if (cluster >= m_pipeline.config.clusters)
    {
        return;
    }
    for (uint64_t word = std::max(begin, cycle); word < transfer.end; word++)
    {
        const auto offset = static_cast<uint32_t>(word - begin) * m_pipeline.config.wordBytes;
        m_pipeline.riscv->ReleaseBanks(cluster, transfer.address + offset, word + 1);
    }
}

bool
NhiPort::Yield(uint32_t cluster, uint64_t cycle)
{
    if (!m_quiet)
    {
        return false; // both are followed word by word
    }
    Transfer* read = m_read.waiting.IsEmpty() ? nullptr : &m_read.waiting.Front();
    while (read && read->end <= cycle)
    {
        read = read->next;
    }
    if (!read || ClusterOf(*read) != cluster || read->end - read->left > cycle ||
        read->command->interface != CommandInterface::NIC_OUTBOUND)
    {
        // A word that waited before and is not the last ones' neighbour, or one of host DMA, which
        // in the hardware goes when the host takes it.
        return false;
    }
    for (const Transfer* later = read; later; later = later->next)
    {
        Release(*later, later == read ? cycle : 0);
    }
    const auto left = static_cast<uint32_t>(read->end - cycle);
    const uint32_t address = read->address + (read->left - left) * m_pipeline.config.wordBytes;
    m_read.freeAt = m_pipeline.riscv->TakeBanks(cluster, address, left, cycle + 2) - 1;
    m_read.target = read->target;
    read->end = m_read.freeAt;
    Tell(*read);
    while ((read = read->next))
    {
        Commit(*read);
        Tell(*read);
    }
    return true;
}

void
NhiPort::Forget(uint64_t now)
{
    while (!m_read.waiting.IsEmpty() && m_read.waiting.Front().end <= now)
    {
        m_pool.GiveBack(m_read.waiting.Pop());
    }
}

void
NhiPort::Revoke(uint64_t now)
{
    Forget(now);
    m_quiet = false;
    LinkedQueue<Transfer> reads = m_read.waiting;
    m_read.waiting = {};
    m_read.freeAt = std::min(m_read.freeAt, now);
    m_read.nextRequest = now;
    m_read.ask = now;
    while (!reads.IsEmpty())
    {
        Transfer& transfer = reads.Front();
        const uint64_t begin = transfer.end - transfer.left;
        const bool first = m_read.openCount == 0;
        transfer.end = UNKNOWN;
        Tell(transfer);
        if ((begin >= now && first) || transfer.start >= now ||
            (!first && transfer.target != m_read.target) || m_read.openCount >= READS_OPEN)
        {
            break;
        }
        const auto gone = static_cast<uint32_t>(first ? now - begin : 0);
        transfer.left -= gone;
        transfer.address += gone * m_pipeline.config.wordBytes;
        m_read.target = transfer.target;
        m_read.open.Push(TakeBurst(reads));
        m_read.openCount++;
    }
    while (!reads.IsEmpty())
    {
        Transfer& transfer = reads.Pop();
        transfer.end = UNKNOWN;
        Tell(transfer);
        m_read.waiting.Push(transfer);
    }
    m_pipeline.packetDma->Follow();
    Plan(now);
}

void
NhiPort::CommitAll(uint64_t now)
{
    m_pipeline.packetDma->Unplan();
    LinkedQueue<Transfer> open = m_read.open;
    LinkedQueue<Transfer> waiting = m_read.waiting;
    m_read.open = {};
    m_read.waiting = {};
    m_read.openCount = 0;
    m_read.forwarded = NEVER;
    m_quiet = true;
    if (!open.IsEmpty())
    {
        m_read.freeAt = std::max(m_read.ask, now);
        if (m_read.gone < m_read.planned)
        {
            Transfer& transfer = open.Pop(); // it has its banks
            transfer.end = m_read.freeAt = m_read.words->plan[m_read.planned - 1] + 1;
            m_read.waiting.Push(transfer);
            Tell(transfer);
        }
    }
    m_read.planned = 0;
    m_read.gone = 0;
    for (LinkedQueue<Transfer>* queue : {&open, &waiting})
    {
        while (!queue->IsEmpty())
        {
            Transfer& transfer = queue->Pop();
            transfer.start = std::max(transfer.start, now);
            m_read.waiting.Push(transfer);
            Commit(transfer);
            Tell(transfer);
        }
    }
    m_pipeline.packetDma->Plan();
}

void
NhiPort::Step()
{
    if (!m_quiet)
    {
        Follow(m_pipeline.clock.Now());
    }
}

void
NhiPort::PlanAnew()
{
    Follow(m_pipeline.clock.Now(), true);
}

void
NhiPort::Follow(uint64_t now, bool changed)
{
    changed |= Advance(m_read, now);
    changed |= Advance(m_write, now);
    changed |= AdmitRead(now);
    changed |= AdmitWrite(now);
    if (CanBeQuiet())
    {
        CommitAll(now);
        return;
    }
    if (changed)
    {
        Plan(now);
    }
    const uint64_t next = NextEvent(now);
    if (next != NEVER)
    {
        m_pipeline.clock.Wake(m_step, next);
    }
}

bool
NhiPort::Advance(Channel& channel, uint64_t now)
{
    if (channel.planned == 0)
    {
        return false;
    }
    Transfer& transfer = channel.open.Front();
    const uint32_t cluster = ClusterOf(transfer);
    for (; channel.gone < channel.planned && channel.words->plan[channel.gone] < now;
         channel.gone++)
    {
        channel.lastAsk = channel.ask;
        if (&channel == &m_write)
        {
            m_writeWaits = m_writeWaits << 1 | (channel.words->plan[channel.gone] > channel.ask);
        }
        channel.lastWord = channel.words->plan[channel.gone];
        channel.ask = channel.lastWord + 1;
        if (cluster < m_turns.size() && m_turns[cluster].cycle <= channel.lastWord)
        {
            m_turns[cluster] = {channel.lastWord, channel.words->turn[channel.gone]};
        }
        if (cluster < m_turns.size())
        {
            m_pipeline.packetDma->WordGone(cluster, transfer.address, channel.lastWord);
        }
        transfer.left--;
        transfer.address += m_pipeline.config.wordBytes;
    }
    if (channel.gone < channel.planned)
    {
        return false;
    }
    if (transfer.left == 0)
    {
        Finish(channel);
    }
    return true;
}

void
NhiPort::Finish(Channel& channel)
{
    Transfer& transfer = channel.open.Pop();
    const uint64_t end = channel.lastWord + 1;
    channel.openCount--;
    channel.planned = 0;
    channel.gone = 0;
    channel.freeAt = end;
    if (&channel == &m_write)
    {
        m_writeData = channel.lastAsk + 1 + (m_writeWaits & FILLED ? 0 : transfer.gap);
        m_writeWaits = transfer.client ? 0 : m_writeWaits;
    }
    transfer.end = end;
    Tell(transfer);
    m_pool.GiveBack(transfer);
}

bool
NhiPort::AdmitRead(uint64_t now)
{
    if (m_read.waiting.IsEmpty())
    {
        return false;
    }
    const Transfer& transfer = m_read.waiting.Front();
    if (m_read.forwarded == NEVER)
    {
        if (now < std::max(transfer.start, m_read.nextRequest) || now <= m_writeHeld ||
            m_write.forwarded < now)
        {
            return false;
        }
        m_read.forwarded = now;
        m_readFull = now < NextRead() && transfer.target == m_read.target;
    }
    if (now < NextRead() || (m_readFull && (m_write.forwarded != NEVER || now <= m_writeHeld)))
    {
        return false;
    }
    m_readHeld = m_read.forwarded < now ? now : m_readHeld;
    Admit(m_read, now);
    return true;
}

bool
NhiPort::AdmitWrite(uint64_t now)
{
    if (m_write.waiting.IsEmpty())
    {
        return false;
    }
    const Transfer& transfer = m_write.waiting.Front();
    if (m_write.forwarded == NEVER)
    {
        if (now < std::max(transfer.start, m_write.nextRequest) || now <= m_readHeld ||
            m_read.forwarded < now)
        {
            return false;
        }
        m_write.forwarded = now;
    }
    if (now < NextWrite())
    {
        return false;
    }
    m_writeHeld = m_write.forwarded < now ? now : m_writeHeld;
    Admit(m_write, now);
    return true;
}

void
NhiPort::Admit(Channel& channel, uint64_t now)
{
    Transfer& transfer = TakeBurst(channel.waiting);
    if (channel.open.IsEmpty())
    {
        channel.ask = now;
    }
    channel.open.Push(transfer);
    channel.openCount++;
    channel.target = transfer.target;
    channel.forwarded = NEVER;
    channel.nextRequest = now + 1;
}

uint64_t
NhiPort::NextRead() const
{
    if (m_read.waiting.Front().target != m_read.target)
    {
        return m_read.openCount ? NEVER : m_read.freeAt + m_pipeline.config.outboundReadGap;
    }
    // One that has ended counts in the cycle of its response.
    return m_read.openCount >= READS_OPEN       ? NEVER
           : m_read.openCount + 1 == READS_OPEN ? m_read.freeAt + 1
                                                : 0;
}

uint64_t
NhiPort::NextWrite() const
{
    const Transfer& transfer = m_write.waiting.Front();
    const uint32_t gap = transfer.target == m_write.target ? 0 : m_pipeline.config.outboundReadGap;
    return m_write.openCount ? NEVER : std::max({transfer.data, m_write.freeAt + gap, m_writeData});
}

uint64_t
NhiPort::NextEvent(uint64_t now) const
{
    uint64_t next = NEVER;
    for (const Channel* channel : {&m_read, &m_write})
    {
        if (channel->planned)
        {
            next = std::min(next, channel->words->plan[channel->planned - 1] + 1);
        }
    }
    // Whoever is kept out by the other one is looked at when that one has gone on.
    if (!m_read.waiting.IsEmpty())
    {
        const uint64_t request =
            std::max({m_read.waiting.Front().start, m_read.nextRequest, m_writeHeld + 1, now + 1});
        const bool held = m_write.forwarded != NEVER;
        next = std::min(next,
                        m_read.forwarded != NEVER && held && m_readFull ? NEVER
                        : m_read.forwarded != NEVER ? std::max(NextRead(), now + 1)
                        : held                      ? NEVER
                                                    : request);
    }
    if (!m_write.waiting.IsEmpty())
    {
        const uint64_t request =
            std::max({m_write.waiting.Front().start, m_write.nextRequest, m_readHeld + 1, now + 1});
        const bool held = m_read.forwarded != NEVER;
        next = std::min(next,
                        m_write.forwarded != NEVER ? std::max(NextWrite(), now + 1)
                        : held                     ? NEVER
                                                   : request);
    }
    return next;
}

} // namespace offload
} // namespace ns3
