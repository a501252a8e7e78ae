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
    : m_pipeline(pipeline)
{
}

uint64_t
PacketDma::Transfer(uint64_t start, uint32_t bytes)
{
    m_portFree = std::max(m_portFree, start) + m_pipeline.Beats(bytes);
    return m_portFree + m_pipeline.config.packetDmaLatency;
}

} // namespace offload
} // namespace ns3
