/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_NHI_PORT_H
#define OFFLOAD_NHI_PORT_H

#include "ns3/cycle-slots.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * The port through which NIC outbound and host DMA reach the NIC's memories (NIC-host interconnect:
 * PsPIN hw/src/interconnects/nhi_xbar.sv, cluster_noc.sv): a channel for reads and one for writes,
 * a word a cycle each.
 *
 * The two meet in a cluster: its L1 serves one word a cycle through this port, be it read or
 * written (axi_to_mem_interleaved).
 */
class NhiPort
{
  public:
    /** @param pipeline the unit */
    explicit NhiPort(SpinPipeline& pipeline);
    ~NhiPort();

    /**
     * Reads of one memory follow each other without a gap; a read of another one waits for the last
     * word of the one before: both have the same AXI id.
     * @param address NIC address
     * @param bytes how many
     * @param start cycle, earliest
     * @return the cycle after the last word
     */
    uint64_t Read(uint32_t address, uint32_t bytes, uint64_t start);

    /**
     * A write waits for the response to the one before.
     * @param address NIC address
     * @param bytes how many
     * @param start cycle, earliest
     * @return the cycle after the last word
     */
    uint64_t Write(uint32_t address, uint32_t bytes, uint64_t start);

  private:
    /** Cycles in which a cluster's L1 is busy: those that two channels can be apart. */
    using Calendar = CycleSlots<1 << 12>;

    uint64_t Reserve(uint32_t address, uint32_t bytes, uint64_t start);

    SpinPipeline& m_pipeline;                           //!< the unit
    uint64_t m_readFree{0};                             //!< cycle, the read channel
    uint64_t m_writeFree{0};                            //!< cycle, the write channel
    uint32_t m_readTarget{0};                           //!< memory that was read last
    std::vector<std::unique_ptr<Calendar>> m_calendars; //!< by cluster, once it is written to
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NHI_PORT_H */
