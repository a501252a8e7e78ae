/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-dma.h"

#include "spin-pipeline.h"

#include "ns3/host-port.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

HostDma::HostDma(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_finish(CycleEvent::Of<HostDma, &HostDma::Finish>(this, CyclePhase::COMMAND_ENGINE))
{
}

bool
HostDma::CanAccept(const Command& command) const
{
    return m_engines[command.toHost ? 0 : 1].count < m_pipeline.config.hostDmaQueue;
}

void
HostDma::Accept(Command& command)
{
    Engine& engine = EngineOf(command);
    HostPort& host = *m_pipeline.GetHost();
    const uint64_t now = m_pipeline.clock.Now();
    const uint64_t start = std::max(engine.portFree, now);
    const int64_t startTime = m_pipeline.clock.TimeOf(start);
    // On the host's side an unaligned range touches one word more.
    const uint32_t word = m_pipeline.config.wordBytes;
    const auto skew = static_cast<uint32_t>(command.hostAddress % word);
    engine.portFree = start + m_pipeline.Beats(skew + command.bytes);
    int64_t there = command.toHost ? host.ReserveWrite(command.bytes, startTime)
                                   : host.ReserveRead(command.bytes, startTime);
    if (command.toHost && m_pipeline.config.postedHostWrites)
    {
        // The bytes are written now, and told of later: what reads them or tells of them over the
        // same channel comes behind them.
        there -= host.GetPostedTime();
    }
    const uint64_t moved = std::max(engine.portFree, m_pipeline.clock.CycleAt(there));
    command.ready = NhiPort::UNKNOWN;
    engine.transfers.Push(command);
    engine.count++;
    if (command.toHost)
    {
        ReadMemory(command, start, moved);
    }
    else
    {
        WriteMemory(command, moved);
    }
}

void
HostDma::ReadMemory(Command& command, uint64_t start, uint64_t moved)
{
    // If nothing holds up the reads, the last word is written to the host when it was reserved.
    const uint64_t first = start + m_pipeline.config.hostDmaReadStart;
    command.after = static_cast<int64_t>(moved + m_pipeline.config.hostDmaWriteLatency) -
                    static_cast<int64_t>(first + m_pipeline.Beats(command.bytes));
    const uint64_t end = m_pipeline.nhiPort->Read(command, *this, first);
    if (end != NhiPort::UNKNOWN)
    {
        TransferMoved(command, end);
    }
}

void
HostDma::WriteMemory(Command& command, uint64_t moved)
{
    const SpinConfig& config = m_pipeline.config;
    // The last word goes into memory some cycles before the engine knows that it is there.
    command.after = config.hostDmaWriteResponse;
    const uint32_t words = m_pipeline.Beats(command.bytes);
    const uint64_t taken = config.hostDmaWriteResponse + words;
    // The next transfer's words come from the host behind this one's, of which one may be more.
    const auto skew = static_cast<uint32_t>(command.hostAddress % config.wordBytes);
    const bool more = m_pipeline.Beats(skew + command.bytes) > words;
    m_pipeline.nhiPort->Write(command,
                              *this,
                              m_pipeline.clock.Now() + config.hostDmaWriteStart,
                              moved + config.hostDmaReadLatency - taken,
                              more ? config.hostDmaWriteGap : 0);
}

void
HostDma::TransferMoved(Command& command, uint64_t end)
{
    Engine& engine = EngineOf(command);
    if (end == NhiPort::UNKNOWN)
    {
        engine.lastEnd = std::min(engine.lastEnd, command.ready - 1);
        command.ready = end;
        return;
    }
    const uint64_t own = static_cast<uint64_t>(static_cast<int64_t>(end) + command.after);
    engine.lastEnd = std::max(engine.lastEnd + 1, own);
    command.ready = engine.lastEnd;
    m_pipeline.clock.Wake(m_finish, std::max(command.ready, m_pipeline.clock.Now()));
}

void
HostDma::Finish()
{
    const uint64_t now = m_pipeline.clock.Now();
    for (Engine& engine : m_engines)
    {
        while (!engine.transfers.IsEmpty() && engine.transfers.Front().ready <= now)
        {
            Command& command = engine.transfers.Pop();
            engine.count--;
            uint8_t* bytes = m_pipeline.memory.Find(command.nicAddress, command.bytes);
            if (command.toHost)
            {
                m_pipeline.GetHost()->WriteBytes(command.hostAddress, bytes, command.bytes);
            }
            else
            {
                m_pipeline.GetHost()->ReadBytes(command.hostAddress, bytes, command.bytes);
            }
            m_pipeline.commandUnit->Complete(command);
        }
    }
    for (const Engine& engine : m_engines)
    {
        if (!engine.transfers.IsEmpty() && engine.transfers.Front().ready != NhiPort::UNKNOWN)
        {
            m_pipeline.clock.Wake(m_finish, engine.transfers.Front().ready);
        }
    }
    m_pipeline.commandUnit->EngineReady();
}

} // namespace offload
} // namespace ns3
