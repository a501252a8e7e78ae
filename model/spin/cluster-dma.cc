/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "cluster-dma.h"

#include "hpu-driver.h"
#include "spin-pipeline.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{

ClusterDma::ClusterDma(SpinPipeline& pipeline, uint32_t cluster)
    : m_pipeline(pipeline),
      m_cluster(cluster),
      m_finish(CycleEvent::Of<ClusterDma, &ClusterDma::Finish>(this, CyclePhase::MPQ_ENGINE))
{
}

uint64_t
ClusterDma::Latency(uint32_t source, uint32_t destination, uint32_t beats) const
{
    const uint32_t own = memory_map::L1_BASE + m_cluster * memory_map::L1_STRIDE;
    const bool fromL1 = NicMemory::RegionOf(source) == NicMemoryKind::L1;
    const bool toL1 = NicMemory::RegionOf(destination) == NicMemoryKind::L1;
    const bool fromOwn = source - own < memory_map::L1_STRIDE;
    const bool toOwn = destination - own < memory_map::L1_STRIDE;
    const MemoryTiming& timing = m_pipeline.config.memory;
    if (fromOwn && toOwn)
    {
        // Reads and writes of one memory take turns.
        return std::max(timing.dmaWithinL1 + beats, timing.dmaWithinL1Turns + 2 * beats);
    }
    if (fromL1)
    {
        return beats + (!toL1     ? timing.dmaToL2
                        : fromOwn ? timing.dmaToRemote
                                  : timing.dmaFromRemote);
    }
    if (!toL1)
    {
        return beats + timing.dmaWithinL2;
    }
    return beats + (NicMemory::RegionOf(source) == NicMemoryKind::L2_PACKET
                        ? timing.dmaFromPacket
                        : timing.dmaFromHandler);
}

uint32_t
ClusterDma::Launch(HpuDriver& driver,
                   uint32_t source,
                   uint32_t destination,
                   uint32_t bytes,
                   uint64_t start)
{
    const uint32_t word = m_pipeline.config.wordBytes;
    const uint32_t beats = std::max(m_pipeline.Beats(source % word + bytes),
                                    m_pipeline.Beats(destination % word + bytes));
    start = std::max(start, m_free);
    m_free = start + std::max(beats, m_pipeline.config.packetDmaInterval);
    uint64_t done = start + Latency(source, destination, beats);
    if (!m_copies.empty())
    {
        done = std::max(done, m_copies.back().done + 1);
    }
    driver.TransferLaunched();
    if (m_pipeline.TellsOfTransfers())
    {
        m_pipeline.TransferQueued(m_cluster, bytes, false, start, done);
    }
    m_copies.push_back({&driver, source, destination, bytes, done});
    m_pipeline.clock.Wake(m_finish, m_copies.front().done);
    return ++m_launched;
}

void
ClusterDma::Finish()
{
    const uint64_t now = m_pipeline.clock.Now();
    while (!m_copies.empty() && m_copies.front().done <= now)
    {
        const Copy copy = m_copies.front();
        m_copies.pop_front();
        std::memmove(m_pipeline.memory.Find(copy.destination, copy.bytes),
                     m_pipeline.memory.Find(copy.source, copy.bytes),
                     copy.bytes);
        m_done++;
        copy.driver->TransferDone();
    }
    if (!m_copies.empty())
    {
        m_pipeline.clock.Wake(m_finish, m_copies.front().done);
    }
}

} // namespace offload
} // namespace ns3
