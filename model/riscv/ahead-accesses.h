/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_AHEAD_ACCESSES_H
#define OFFLOAD_AHEAD_ACCESSES_H

#include "l1-banks.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The accesses to L1 that a core made ahead of the unit's clock.
 *
 * The core knows the wide words of its cluster that were planned when it ran. Packet DMA, sends and
 * host DMA that begin later take their superbanks from it all the same (tcdm_superbank_mux.sv), and
 * a word that was planned may go in another cycle; when the clock has come to where the core is,
 * its accesses are gone through again.
 */
class AheadAccesses
{
  public:
    /**
     * Begin anew.
     * @param cycle in which the core is
     */
    void Begin(uint64_t cycle)
    {
        m_count = 0;
        m_waited = 0;
        m_end = cycle + CYCLES;
    }

    /** @return whether there are none */
    bool IsEmpty() const
    {
        return m_count == 0;
    }

    /**
     * @param cycle of the next access
     * @return whether the clock has to come up with the core before it
     */
    bool IsFull(uint64_t cycle) const
    {
        return m_count == ACCESSES || cycle >= m_end;
    }

    /**
     * An access, if this is not full.
     * @param banks of the cluster
     * @param address within a word
     * @param cycle in which the core asks
     * @param atomic whether it is an atomic
     * @return cycle in which the bank grants it, as far as known
     */
    uint64_t Access(L1Banks& banks, uint32_t address, uint64_t cycle, bool atomic = false)
    {
        const uint64_t granted = atomic ? banks.AccessAtomic(address, cycle, m_waited)
                                        : banks.Access(address, cycle, m_waited);
        m_accesses[m_count++] = {granted - m_waited, address, 0};
        return granted;
    }

    /**
     * The core waited for a line of code. That comes when it comes: for the other cores' sake as
     * well, or because it was asked for long before. So the core loses nothing there by being late.
     * @param cycle in which it came there, as far as known
     * @param end cycle in which it went on
     */
    void WaitForLine(uint64_t cycle, uint64_t end)
    {
        if (end != cycle && m_count > 0 && !IsFull(cycle))
        {
            m_accesses[m_count++] = {m_waited, 0, end - cycle};
        }
    }

    /** @return for how many cycles the core has waited for wide words, as far as it knew */
    uint64_t GetKnown() const
    {
        return m_waited;
    }

    /**
     * @param banks of the cluster, all words known
     * @return for how many cycles the core had to wait for wide words
     */
    uint64_t GetWaited(const L1Banks& banks) const
    {
        uint64_t waited = 0;
        for (uint32_t i = 0; i < m_count; i++)
        {
            const Ahead& ahead = m_accesses[i];
            if (ahead.line > 0)
            {
                waited =
                    ahead.cycle +
                    (waited > ahead.cycle + ahead.line ? waited - ahead.cycle - ahead.line : 0);
                continue;
            }
            while (banks.HasWide(ahead.address, ahead.cycle + waited))
            {
                waited++;
            }
        }
        return waited;
    }

  private:
    static constexpr uint32_t ACCESSES = 64; //!< at a time
    static constexpr uint32_t CYCLES = 256;  //!< ahead, so that the banks remember them

    /** One of them. */
    struct Ahead
    {
        uint64_t cycle;   //!< in which it was granted had no wide word been in its way; of a line,
                          //!< the cycles waited for wide words before
        uint32_t address; //!< within a word
        uint64_t line;    //!< 0, or cycles waited for a line of code
    };

    std::array<Ahead, ACCESSES> m_accesses; //!< in order
    uint32_t m_count{0};                    //!< of these
    uint64_t m_waited{0};                   //!< for wide words, cycles
    uint64_t m_end{0};                      //!< cycle
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_AHEAD_ACCESSES_H */
