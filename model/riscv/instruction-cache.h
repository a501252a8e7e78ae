/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INSTRUCTION_CACHE_H
#define OFFLOAD_INSTRUCTION_CACHE_H

#include "cycle-slots.h"
#include "program-memory-port.h"

#include <array>
#include <cstdint>
#include <memory>

namespace ns3
{
namespace offload
{

/**
 * When a cluster's shared instruction cache delivers lines: 4 KiB, 64 sets of 4 ways, lines of
 * 16 bytes, refilled from the program memory (PsPIN hw/src/pulp_cluster_cfg_pkg.sv,
 * hw/deps/icache_mp_128_pf/RTL). Only time is kept here, not the code.
 *
 * Each core has its own read port of the tags and the data, so that hits never wait for each other
 * (icache_top_mp_128_PF.sv). Misses go one a cycle to the refill unit, where those to one line are
 * merged (merge_refill_cam_128_16.sv). The hardware's prefetcher runs on a command of software that
 * PsPIN's runtime does not give.
 *
 * Cores may call with cycles that are not in order between them.
 */
class InstructionCache
{
  public:
    static constexpr uint32_t LINE_BYTES = 16; //!< of a line
    static constexpr uint32_t SETS = 64;       //!< 4 banks of 16 rows
    static constexpr uint32_t WAYS = 4;        //!< lines of a set
    static constexpr uint32_t CORES = 8;       //!< with a read port

    /** A cache with a program memory of its own. */
    InstructionCache();

    /** @param memory shared with other clusters' caches; outlives this */
    explicit InstructionCache(ProgramMemoryPort& memory);

    /**
     * A core asks for a line.
     * @param core number in the cluster
     * @param line its address, a multiple of LINE_BYTES
     * @param cycle in which it asks
     * @return cycle in which the core has it, cycle + 1 if it hits
     */
    uint64_t Fetch(uint32_t core, uint32_t line, uint64_t cycle)
    {
        const Set& set = m_sets[GetSet(line)];
        for (uint32_t way = WAYS; way-- > 0;) // the last way is filled first
        {
            if (set.line[way] == line)
            {
                if (set.filled[way] <= cycle)
                {
                    return cycle + 1;
                }
                break;
            }
        }
        return Miss(core, line, cycle);
    }

    /** Invalidate all lines. */
    void Flush();

    /**
     * Code is written: invalidate its lines.
     * @param address of the first byte
     * @param bytes how many
     */
    void Flush(uint32_t address, uint32_t bytes);

    /** @return lines that were asked for and were not there yet */
    uint64_t GetMisses() const
    {
        return m_misses;
    }

  private:
    static constexpr uint32_t NO_LINE = 1;             //!< not an address of a line
    static constexpr std::size_t REMEMBERED = 1 << 12; //!< cycles of the refill unit

    /** Lines with the same address bits 9 to 4. */
    struct Set
    {
        std::array<uint32_t, WAYS> line;   //!< address, or NO_LINE
        std::array<uint64_t, WAYS> asked;  //!< cycle in which the refill unit got its request
        std::array<uint64_t, WAYS> filled; //!< cycle in which tag and data are written
        std::array<ProgramMemoryPort::Beats, WAYS> beats; //!< of its refill
    };

    static uint32_t GetSet(uint32_t line)
    {
        return line / LINE_BYTES % SETS;
    }

    uint64_t Miss(uint32_t core, uint32_t line, uint64_t cycle);
    uint64_t Refill(Set& set, uint32_t way, uint64_t asked);
    uint32_t ChooseWay(uint32_t core, const Set& set);

    std::unique_ptr<ProgramMemoryPort> m_own; //!< if it is not shared
    ProgramMemoryPort& m_memory;              //!< behind
    std::array<Set, SETS> m_sets;             //!< the lines
    CycleSlots<REMEMBERED> m_refills;         //!< requests at the refill unit
    std::array<uint8_t, CORES> m_random;      //!< state of each core's way generator
    uint64_t m_misses{0};                     //!< see GetMisses
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INSTRUCTION_CACHE_H */
