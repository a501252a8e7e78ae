/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CYCLE_SLOTS_H
#define OFFLOAD_CYCLE_SLOTS_H

#include <array>
#include <cstddef>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Which cycles of a port are taken, for users whose cycles do not come in order: cores that run
 * ahead of each other. First come, first served. The port remembers the last CYCLES cycles it was
 * asked about; what lies further back counts as free.
 * @tparam CYCLES remembered, a power of two
 */
template <std::size_t CYCLES>
class CycleSlots
{
    static_assert((CYCLES & (CYCLES - 1)) == 0, "a power of two");

  public:
    CycleSlots()
    {
        Clear();
    }

    /** Forget everything. */
    void Clear()
    {
        m_taken.fill(NEVER);
    }

    /**
     * @param cycle in which the port is wanted
     * @param length consecutive cycles
     * @return first cycle, from that one on, in which it is free for that long; now taken
     */
    uint64_t Take(uint64_t cycle, uint32_t length)
    {
        uint64_t first = cycle;
        for (uint64_t next = cycle; next < first + length; next++)
        {
            if (m_taken[next % CYCLES] == next)
            {
                first = next + 1;
            }
        }
        for (uint64_t next = first; next < first + length; next++)
        {
            uint64_t& slot = m_taken[next % CYCLES];
            // a core that is far ahead keeps its place
            if (slot == NEVER || slot < next)
            {
                slot = next;
            }
        }
        return first;
    }

    /**
     * Give back what was taken.
     * @param first cycle
     * @param length consecutive cycles
     */
    void Release(uint64_t first, uint32_t length)
    {
        for (uint64_t next = first; next < first + length; next++)
        {
            uint64_t& slot = m_taken[next % CYCLES];
            slot = slot == next ? NEVER : slot;
        }
    }

  private:
    static constexpr uint64_t NEVER = UINT64_MAX; //!< no cycle

    std::array<uint64_t, CYCLES> m_taken; //!< the cycle that last took each place
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CYCLE_SLOTS_H */
