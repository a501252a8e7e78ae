/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The words of packets that are followed, planned ahead.
#include "packet-dma.h"
#include "spin-pipeline.h"

#include "ns3/riscv-system.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

void
PacketDma::UnplanStream(uint32_t cluster, uint64_t now)
{
    Stream& stream = m_streams[cluster];
    Advance(stream, now);
    if (m_pipeline.riscv && stream.gone < stream.planned)
    {
        const Move* move = &stream.open.Front();
        uint32_t word = 0;
        for (uint32_t i = stream.gone; i < stream.planned; i++)
        {
            m_pipeline.riscv->ReleaseBanks(cluster,
                                           move->address + word * m_pipeline.config.wordBytes,
                                           stream.plan[i] + 1);
            if (++word == move->left)
            {
                move = move->next;
                word = 0;
            }
        }
    }
    stream.planned = 0;
    stream.gone = 0;
    stream.lost[0] = 0;
    stream.next = stream.open.IsEmpty() ? nullptr : &stream.open.Front();
    stream.nextWord = 0;
    stream.nextCycle = std::max(now, stream.lastWord + 1);
    stream.nextTurns = stream.turns;
}

bool
PacketDma::MayPlan(const Stream& stream) const
{
    return stream.next && stream.planned < PLANNED;
}

uint64_t
PacketDma::NextCycle(const Stream& stream) const
{
    return std::max(stream.nextCycle, stream.next->start + stream.nextWord);
}

uint32_t
PacketDma::NextAddress(const Stream& stream) const
{
    return stream.next->address + stream.nextWord * m_pipeline.config.wordBytes;
}

void
PacketDma::PlanWord(uint32_t cluster, uint64_t cycle)
{
    Stream& stream = m_streams[cluster];
    const uint32_t address = NextAddress(stream);
    if (m_pipeline.riscv)
    {
        m_pipeline.riscv->MarkDma(cluster, address, cycle + 1);
    }
    stream.nextTurns.Set(address, cycle, true);
    stream.plan[stream.planned++] = cycle;
    stream.lost[stream.planned] = 0;
    stream.nextCycle = cycle + 1;
    if (++stream.nextWord == stream.next->left)
    {
        stream.next = stream.next->next;
        stream.nextWord = 0;
    }
}

bool
PacketDma::Wins(uint32_t cluster, uint32_t address, uint64_t cycle)
{
    Stream& stream = m_streams[cluster];
    while (MayPlan(stream) && NextCycle(stream) < cycle)
    {
        PlanWord(cluster, NextCycle(stream));
    }
    if (MayPlan(stream) && NextCycle(stream) == cycle &&
        L1Banks::SuperbankOf(NextAddress(stream)) == L1Banks::SuperbankOf(address))
    {
        if (stream.nextTurns.own[L1Banks::SuperbankOf(address)])
        {
            PlanWord(cluster, cycle);
            return true;
        }
        stream.nextCycle = cycle + 1;
        stream.lost[stream.planned] = cycle;
        stream.nextTurns.Set(address, cycle, true); // the loser's turn is next
        return false;
    }
    stream.nextTurns.Set(address, cycle, false);
    return false;
}

void
PacketDma::WordGone(uint32_t cluster, uint32_t address, uint64_t cycle)
{
    Stream& stream = m_streams[cluster];
    stream.turns.Set(address, cycle, stream.lost[stream.gone] == cycle);
}

void
PacketDma::PlanStream(uint32_t cluster)
{
    Stream& stream = m_streams[cluster];
    PlannedWords nhi = m_pipeline.nhiPort->GetPlanned();
    const bool quiet = m_pipeline.riscv && m_pipeline.nhiPort->IsQuiet();
    while (MayPlan(stream))
    {
        const uint32_t address = NextAddress(stream);
        uint64_t cycle = NextCycle(stream);
        while (nhi.Has(address, cycle) ||
               (quiet && m_pipeline.riscv->HasWide(cluster, address, cycle + 1)))
        {
            cycle++;
        }
        PlanWord(cluster, cycle);
    }
}

} // namespace offload
} // namespace ns3
