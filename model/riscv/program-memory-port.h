/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PROGRAM_MEMORY_PORT_H
#define OFFLOAD_PROGRAM_MEMORY_PORT_H

#include "cycle-slots.h"

namespace ns3
{
namespace offload
{

/**
 * The one port of the program memory, that all clusters' instruction caches are refilled through:
 * 64 bits a cycle, two beats for a line (PsPIN hw/src/memories/prog_mem.sv).
 */
class ProgramMemoryPort
{
  public:
    /** The beats of a line's refill. */
    struct Beats
    {
        uint64_t first;  //!< cycle of the first one
        uint64_t second; //!< cycle of the second one
    };

    /**
     * @param cycle in which a cluster's request arrives
     * @return cycles of the refill
     */
    Beats Refill(uint64_t cycle)
    {
        // The hardware does not interrupt a refill. One that is between others here has been asked
        // for out of order, and would have pushed them on.
        const uint64_t first = m_slots.Take(cycle, 1);
        return {first, m_slots.Take(first + 1, 1)};
    }

    /** @param beats of a refill that does not take place then */
    void Cancel(const Beats& beats)
    {
        m_slots.Release(beats.first, 1);
        m_slots.Release(beats.second, 1);
    }

  private:
    static constexpr std::size_t REMEMBERED = 1 << 12; //!< cycles

    CycleSlots<REMEMBERED> m_slots; //!< taken cycles
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PROGRAM_MEMORY_PORT_H */
