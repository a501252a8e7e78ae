/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_PORTS_H
#define OFFLOAD_MEMORY_PORTS_H

#include "ns3/memory-timing.h"

#include <algorithm>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** Turns at something that many share; asked for in the order of time. */
class Turns
{
  public:
    /**
     * @param cycle earliest
     * @param interval for which it is taken
     * @return the cycle of the turn
     */
    uint64_t Take(uint64_t cycle, uint32_t interval)
    {
        const uint64_t start = std::max(m_free, cycle);
        m_free = start + interval;
        return start;
    }

  private:
    uint64_t m_free{0}; //!< cycle from which it is free
};

/**
 * The way of all cores of a unit to L2: what a load, store or atomic takes, and how many fit in
 * (PsPIN hw/src/interconnects/pe_noc.sv, l2_xbar.sv, hw/deps/axi_riscv_atomics). Loads and stores
 * go different ways. Each function returns the cycle in which the core's next instruction executes,
 * if it does not use the data.
 */
class L2Ports
{
  public:
    /** @param timing latencies and intervals */
    explicit L2Ports(const MemoryTiming& timing = {})
        : m_timing(timing)
    {
    }

    /** @param cycle in which the load executes @return cycle of the next instruction */
    uint64_t LoadHandler(uint64_t cycle)
    {
        return m_handlerLoads.Take(cycle, m_timing.handlerLoadInterval) + m_timing.handlerAccess;
    }

    /** @param cycle in which the store executes @return cycle of the next instruction */
    uint64_t StoreHandler(uint64_t cycle)
    {
        return m_stores.Take(cycle, m_timing.storeInterval) + m_timing.handlerAccess;
    }

    /** @param cycle in which the atomic executes @return cycle of the next instruction */
    uint64_t AtomicHandler(uint64_t cycle)
    {
        const uint64_t start = m_atomics.Take(cycle, m_timing.atomicInterval);
        m_stores.Take(start, m_timing.atomicStoreInterval);
        return start + m_timing.handlerAtomic;
    }

    /** @param cycle in which the load executes @return cycle of the next instruction */
    uint64_t LoadPacket(uint64_t cycle)
    {
        return m_packetLoads.Take(cycle, 1) + m_timing.packetLoad;
    }

    /** @param cycle in which the store executes @return cycle of the next instruction */
    uint64_t StorePacket(uint64_t cycle)
    {
        return m_stores.Take(cycle, m_timing.storeInterval) + m_timing.packetStore;
    }

  private:
    MemoryTiming m_timing; //!< latencies and intervals
    Turns m_handlerLoads;  //!< loads of L2 handler memory
    Turns m_packetLoads;   //!< loads of the L2 packet buffer
    Turns m_stores;        //!< stores to both
    Turns m_atomics;       //!< atomics of L2 handler memory
};

/** The way of the other clusters' cores into a cluster's L1 (pe_noc.sv, axi2mem). */
class RemoteL1Port
{
  public:
    /** @param timing latencies */
    explicit RemoteL1Port(const MemoryTiming& timing = {})
        : m_timing(timing)
    {
    }

    /** @param cycle in which the load executes @return cycle of the next instruction */
    uint64_t Load(uint64_t cycle)
    {
        return m_turns.Take(cycle, 1) + m_timing.remoteLoad;
    }

    /** @param cycle in which the store executes @return cycle of the next instruction */
    uint64_t Store(uint64_t cycle)
    {
        return m_turns.Take(cycle, 1) + m_timing.remoteStore;
    }

    /** @param cycle in which the atomic executes @return cycle of the next instruction */
    uint64_t Atomic(uint64_t cycle)
    {
        return m_turns.Take(cycle, m_timing.remoteAtomicInterval) + m_timing.remoteAtomic;
    }

  private:
    MemoryTiming m_timing; //!< latencies
    Turns m_turns;         //!< accesses
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_PORTS_H */
