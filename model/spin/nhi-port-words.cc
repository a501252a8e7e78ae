/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Transfers that are followed: their bursts, and their words, planned ahead.
#include "nhi-port.h"
#include "packet-dma.h"
#include "spin-pipeline.h"

#include "ns3/riscv-system.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

/**
 * @param queue whose first transfer's first burst is taken
 * @return it; the rest, if any, stays and comes to the port a cycle later
 */
NhiPort::Transfer&
NhiPort::TakeBurst(LinkedQueue<Transfer>& queue)
{
    Transfer& transfer = queue.Front();
    const uint32_t words = m_pipeline.Beats(PAGE_BYTES - transfer.address % PAGE_BYTES);
    if (transfer.left <= words)
    {
        return queue.Pop();
    }
    Transfer& burst = m_pool.Take();
    burst = transfer;
    burst.next = nullptr;
    burst.client = nullptr;
    burst.left = words;
    burst.gap = 0;
    transfer.address += words * m_pipeline.config.wordBytes;
    transfer.left -= words;
    transfer.start++;
    return burst;
}

void
NhiPort::Tell(Transfer& transfer)
{
    if (transfer.client)
    {
        transfer.client->TransferMoved(*transfer.command, transfer.end);
    }
}

void
NhiPort::Plan(uint64_t now)
{
    m_pipeline.packetDma->Unplan();
    Unplan(m_read);
    Unplan(m_write);
    const Transfer* read = m_read.open.IsEmpty() ? nullptr : &m_read.open.Front();
    const Transfer* write = m_write.open.IsEmpty() ? nullptr : &m_write.open.Front();
    const bool shared = read && write && read->target == write->target &&
                        ClusterOf(*read) < m_pipeline.config.clusters;
    uint64_t readAsk = std::max(m_read.ask, now);
    uint64_t writeAsk = std::max(m_write.ask, now);
    bool readNext = shared && m_turns[ClusterOf(*read)].readNext;
    const uint32_t reads = read ? read->left : 0;
    const uint32_t writes = write ? write->left : 0;
    while ((m_read.planned < reads || m_write.planned < writes) && m_read.planned < PLANNED &&
           m_write.planned < PLANNED)
    {
        const bool canRead = m_read.planned < reads;
        const bool canWrite = m_write.planned < writes;
        const bool tie = shared && canRead && canWrite && readAsk == writeAsk;
        if (canRead &&
            (!canWrite || readAsk < writeAsk || (readAsk == writeAsk && (!tie || readNext))))
        {
            readNext = !tie; // who is alone keeps the turn
            readAsk = PlanWord(m_read, readAsk, readNext) + 1;
            writeAsk = shared ? std::max(writeAsk, readAsk) : writeAsk;
        }
        else
        {
            readNext = tie;
            writeAsk = PlanWord(m_write, writeAsk, readNext) + 1;
            readAsk = shared ? std::max(readAsk, writeAsk) : readAsk;
        }
    }
    m_pipeline.packetDma->Plan();
}

PlannedWords
NhiPort::GetPlanned() const
{
    PlannedWords words(m_pipeline.config.wordBytes);
    for (const Channel* channel : {&m_read, &m_write})
    {
        if (channel->planned)
        {
            const uint64_t* plan = channel->words->plan.data();
            words.Add(plan + channel->gone, plan + channel->planned, channel->open.Front().address);
        }
    }
    return words;
}

bool
NhiPort::HasPlanned(uint32_t cluster) const
{
    const auto has = [&](const Channel& channel) {
        return channel.gone < channel.planned && ClusterOf(channel.open.Front()) == cluster;
    };
    return has(m_read) || has(m_write);
}

uint64_t
NhiPort::PlanWord(Channel& channel, uint64_t cycle, bool turn)
{
    const Transfer& transfer = channel.open.Front();
    const uint32_t cluster = ClusterOf(transfer);
    if (cluster < m_pipeline.config.clusters)
    {
        const uint32_t address = transfer.address + channel.planned * m_pipeline.config.wordBytes;
        while (m_pipeline.packetDma->Wins(cluster, address, cycle))
        {
            cycle++;
        }
        if (m_pipeline.riscv)
        {
            m_pipeline.riscv->MarkBanks(cluster, address, cycle + 1);
        }
    }
    channel.words->turn[channel.planned] = turn;
    channel.words->plan[channel.planned++] = cycle;
    return cycle;
}

void
NhiPort::Unplan(Channel& channel)
{
    if (m_pipeline.riscv && channel.gone < channel.planned &&
        ClusterOf(channel.open.Front()) < m_pipeline.config.clusters)
    {
        const Transfer& transfer = channel.open.Front();
        uint32_t address = transfer.address;
        for (uint32_t i = channel.gone; i < channel.planned; i++)
        {
            m_pipeline.riscv->ReleaseBanks(ClusterOf(transfer),
                                           address,
                                           channel.words->plan[i] + 1);
            address += m_pipeline.config.wordBytes;
        }
    }
    channel.planned = 0;
    channel.gone = 0;
}

} // namespace offload
} // namespace ns3
