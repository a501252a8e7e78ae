/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "packet-dma.h"

#include "spin-pipeline.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

PacketDma::PacketDma(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_engineFree(pipeline.config.clusters)
{
}

uint64_t
PacketDma::Transfer(uint32_t cluster, uint64_t start, uint32_t bytes)
{
    const uint64_t turn = std::max(m_portFree, start);
    m_portFree = turn + m_pipeline.Beats(bytes);
    // While one cluster's engine recovers, the port serves the others.
    const uint64_t begin = std::max(turn, m_engineFree[cluster]);
    m_engineFree[cluster] = begin + m_pipeline.config.packetDmaInterval;
    return begin + m_pipeline.Beats(bytes) + m_pipeline.config.packetDmaLatency;
}

} // namespace offload
} // namespace ns3
