/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_PORTS_H
#define OFFLOAD_MEMORY_PORTS_H

#include "cycle-slots.h"

namespace ns3
{
namespace offload
{

/**
 * The way of all cores of a unit to L2: what a load, store or atomic takes, and how many fit in
 * (PsPIN hw/src/interconnects/pe_noc.sv, l2_xbar.sv, hw/deps/axi_riscv_atomics; measured at the
 * RTL). Loads and stores go different ways. Cycles need not come in order; each function returns
 * the cycle in which the core's next instruction executes, if it does not use the data.
 */
class L2Ports
{
  public:
    /** @param cycle in which the load executes @return cycle of the next instruction */
    uint64_t LoadHandler(uint64_t cycle)
    {
        return m_handlerLoads.Take(cycle, HANDLER_LOAD_EVERY) + HANDLER;
    }

    /** @param cycle in which the store executes @return cycle of the next instruction */
    uint64_t StoreHandler(uint64_t cycle)
    {
        return m_stores.Take(cycle, STORE_EVERY) + HANDLER;
    }

    /** @param cycle in which the atomic executes @return cycle of the next instruction */
    uint64_t AtomicHandler(uint64_t cycle)
    {
        const uint64_t start = m_atomics.Take(cycle, ATOMIC_EVERY);
        m_stores.Take(start, ATOMIC_AS_STORE);
        return start + ATOMIC;
    }

    /** @param cycle in which the load executes @return cycle of the next instruction */
    uint64_t LoadPacket(uint64_t cycle)
    {
        return m_packetLoads.Take(cycle, 1) + PACKET_LOAD;
    }

    /** @param cycle in which the store executes @return cycle of the next instruction */
    uint64_t StorePacket(uint64_t cycle)
    {
        return m_stores.Take(cycle, STORE_EVERY) + PACKET_STORE;
    }

  private:
    static constexpr uint64_t HANDLER = 21;            //!< cycles of a load or store, lr and sc
    static constexpr uint64_t ATOMIC = 27;             //!< cycles
    static constexpr uint64_t PACKET_LOAD = 20;        //!< cycles
    static constexpr uint64_t PACKET_STORE = 21;       //!< cycles
    static constexpr uint32_t HANDLER_LOAD_EVERY = 2;  //!< cycles, in the atomics unit
    static constexpr uint32_t STORE_EVERY = 3;         //!< cycles, on the way to both memories
    static constexpr uint32_t ATOMIC_EVERY = 10;       //!< cycles, in the atomics unit
    static constexpr uint32_t ATOMIC_AS_STORE = 8;     //!< cycles in which no store passes
    static constexpr std::size_t REMEMBERED = 1 << 12; //!< cycles

    CycleSlots<REMEMBERED> m_handlerLoads; //!< loads of L2 handler memory
    CycleSlots<REMEMBERED> m_packetLoads;  //!< loads of L2 packet memory
    CycleSlots<REMEMBERED> m_stores;       //!< stores to both
    CycleSlots<REMEMBERED> m_atomics;      //!< atomics of L2 handler memory
};

/** The way of the other clusters' cores into a cluster's L1 (pe_noc.sv, axi2mem; measured). */
class RemoteL1Port
{
  public:
    /** @param cycle in which the load executes @return cycle of the next instruction */
    uint64_t Load(uint64_t cycle)
    {
        return m_slots.Take(cycle, 1) + LOAD;
    }

    /** @param cycle in which the store executes @return cycle of the next instruction */
    uint64_t Store(uint64_t cycle)
    {
        return m_slots.Take(cycle, 1) + STORE;
    }

    /** @param cycle in which the atomic executes @return cycle of the next instruction */
    uint64_t Atomic(uint64_t cycle)
    {
        return m_slots.Take(cycle, ATOMIC_EVERY) + ATOMIC;
    }

  private:
    static constexpr uint64_t LOAD = 22;               //!< cycles
    static constexpr uint64_t STORE = 23;              //!< cycles
    static constexpr uint64_t ATOMIC = 24;             //!< cycles
    static constexpr uint32_t ATOMIC_EVERY = 2;        //!< cycles of the bank
    static constexpr std::size_t REMEMBERED = 1 << 12; //!< cycles

    CycleSlots<REMEMBERED> m_slots; //!< accesses
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_PORTS_H */
