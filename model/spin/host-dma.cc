/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-dma.h"

#include "nhi-port.h"
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
    const int64_t there = command.toHost ? host.ReserveWrite(command.bytes, startTime)
                                         : host.ReserveRead(command.bytes, startTime);
    const uint64_t moved = std::max(engine.portFree, m_pipeline.clock.CycleAt(there));
    const uint64_t delay =
        command.toHost ? ReadMemory(command, start) : WriteMemory(command, moved);
    engine.portFree += delay;
    const uint64_t end = moved + delay +
                         (command.toHost ? m_pipeline.config.hostDmaWriteLatency
                                         : m_pipeline.config.hostDmaReadLatency);
    engine.lastEnd = std::max(engine.lastEnd + 1, end);
    command.ready = engine.lastEnd;
    engine.transfers.Push(command);
    engine.count++;
    m_pipeline.clock.Wake(m_finish, command.ready);
}

uint64_t
HostDma::ReadMemory(const Command& command, uint64_t start)
{
    const uint64_t first = start + m_pipeline.config.hostDmaReadStart;
    return m_pipeline.nhiPort->Read(command.nicAddress, command.bytes, first) -
           (first + m_pipeline.Beats(command.bytes));
}

uint64_t
HostDma::WriteMemory(const Command& command, uint64_t moved)
{
    // The last word goes into memory some cycles before the engine knows that it is there.
    const uint64_t last =
        moved + m_pipeline.config.hostDmaReadLatency - m_pipeline.config.hostDmaWriteResponse;
    const uint64_t first = last - m_pipeline.Beats(command.bytes);
    return m_pipeline.nhiPort->Write(command.nicAddress, command.bytes, first) - last;
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
        if (!engine.transfers.IsEmpty())
        {
            m_pipeline.clock.Wake(m_finish, engine.transfers.Front().ready);
        }
    }
    m_pipeline.commandUnit->EngineReady();
}

} // namespace offload
} // namespace ns3
