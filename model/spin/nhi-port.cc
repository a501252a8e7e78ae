/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nhi-port.h"

#include "spin-pipeline.h"

#include "ns3/riscv-system.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NhiPort::NhiPort(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_calendars(pipeline.config.clusters)
{
}

NhiPort::~NhiPort() = default;

uint64_t
NhiPort::Reserve(uint32_t address, uint32_t bytes, uint64_t start)
{
    const uint32_t beats = m_pipeline.Beats(bytes);
    const uint32_t cluster = (address - memory_map::L1_BASE) / memory_map::L1_STRIDE;
    Calendar* calendar = cluster < m_calendars.size() ? m_calendars[cluster].get() : nullptr;
    RiscvSystem* riscv = cluster < m_calendars.size() ? m_pipeline.riscv.get() : nullptr;
    if (!calendar && !riscv)
    {
        return start + beats; // nobody else, and nobody who looks
    }
    uint64_t next = start;
    for (uint32_t i = 0; i < beats; i++)
    {
        uint64_t cycle = calendar ? calendar->Take(next, 1) : next;
        if (riscv)
        {
            cycle =
                riscv->TakeBanks(cluster, address + i * m_pipeline.config.wordBytes, cycle + 1) - 1;
        }
        next = cycle + 1;
    }
    return next;
}

uint64_t
NhiPort::Read(uint32_t address, uint32_t bytes, uint64_t start)
{
    const uint32_t target = address / memory_map::L1_STRIDE;
    const uint32_t gap = target == m_readTarget ? 0 : m_pipeline.config.outboundReadGap;
    m_readTarget = target;
    m_readFree = Reserve(address, bytes, std::max(m_readFree + gap, start));
    return m_readFree;
}

uint64_t
NhiPort::Write(uint32_t address, uint32_t bytes, uint64_t start)
{
    const uint32_t cluster = (address - memory_map::L1_BASE) / memory_map::L1_STRIDE;
    if (cluster < m_calendars.size() && !m_calendars[cluster])
    {
        m_calendars[cluster] = std::make_unique<Calendar>();
    }
    const uint64_t end = Reserve(address, bytes, std::max(m_writeFree, start));
    m_writeFree = end + m_pipeline.config.hostDmaWriteGap;
    return end;
}

} // namespace offload
} // namespace ns3
