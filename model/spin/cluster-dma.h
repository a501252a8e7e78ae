/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CLUSTER_DMA_H
#define OFFLOAD_CLUSTER_DMA_H

#include "cycle-scheduler.h"
#include "nic-memory.h"

#include <cstdint>
#include <deque>

namespace ns3
{
namespace offload
{

class HpuDriver;
class SpinPipeline;

/**
 * The part of a cluster's DMA engine that handlers program (spin_dma): copies within the NIC's
 * memories, in order, one word of 64 bytes a cycle (PsPIN dmac_wrap.sv, axi/src/dma).
 */
class ClusterDma
{
  public:
    /**
     * @param pipeline the unit
     * @param cluster number
     */
    ClusterDma(SpinPipeline& pipeline, uint32_t cluster);

    /**
     * Queue a copy.
     * @param driver of the HPU that asks; its feedback waits for the copy
     * @param source NIC address
     * @param destination NIC address
     * @param bytes how many, at least 1, within one memory each
     * @param start cycle in which the load that launches is at the engine
     * @return the copy's id: they count up from 1 in each cluster
     */
    uint32_t Launch(HpuDriver& driver,
                    uint32_t source,
                    uint32_t destination,
                    uint32_t bytes,
                    uint64_t start);

    /** @return id of the last copy that is done */
    uint32_t GetDone() const
    {
        return m_done;
    }

  private:
    /** A copy under way. */
    struct Copy
    {
        HpuDriver* driver;    //!< who asked
        uint32_t source;      //!< NIC address
        uint32_t destination; //!< NIC address
        uint32_t bytes;       //!< how many
        uint64_t done;        //!< cycle in which it is there
    };

    uint64_t Latency(uint32_t source, uint32_t destination, uint32_t beats) const;
    void Finish();

    SpinPipeline& m_pipeline;  //!< the unit
    const uint32_t m_cluster;  //!< number
    uint32_t m_launched{0};    //!< id of the last copy launched
    uint32_t m_done{0};        //!< id of the last copy that is done
    uint64_t m_free{0};        //!< cycle in which the engine takes the next one
    std::deque<Copy> m_copies; //!< in order
    CycleEvent m_finish;       //!< the oldest is done
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CLUSTER_DMA_H */
