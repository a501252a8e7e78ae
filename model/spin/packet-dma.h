/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PACKET_DMA_H
#define OFFLOAD_PACKET_DMA_H

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * The packet DMA: moves packets from L2 to the clusters' L1. The DMA ports of all clusters share
 * one port of L2, one word a cycle in total (pspin.md "L2->L1 packet DMA bandwidth"; PsPIN
 * hw/src/interconnects/dma_noc.sv). A cluster's own engine begins a transfer every other cycle at
 * most.
 */
class PacketDma
{
  public:
    /** @param pipeline the unit */
    explicit PacketDma(SpinPipeline& pipeline);

    /**
     * Queue a transfer.
     * @param cluster whose L1
     * @param start cycle, earliest
     * @param bytes size
     * @return the cycle in which the packet is in L1
     */
    uint64_t Transfer(uint32_t cluster, uint64_t start, uint32_t bytes);

  private:
    SpinPipeline& m_pipeline;           //!< the unit
    uint64_t m_portFree{0};             //!< cycle, the shared port
    std::vector<uint64_t> m_engineFree; //!< cycle, each cluster's own engine
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PACKET_DMA_H */
