/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "instruction-cache.h"

namespace ns3
{
namespace offload
{

namespace
{

// cycles on the way of a miss on an idle unit, 9 from request to data
constexpr uint64_t TO_REFILL_UNIT = 3; //!< tag compare, request register, its FIFO
constexpr uint64_t TO_MEMORY = 1;      //!< AXI address register (USE_AXI_SLICES)
constexpr uint64_t FROM_MEMORY = 3;    //!< SRAM, AXI data register, 64 to 128 bits
constexpr uint64_t RETRY = 1;          //!< tag and data are read again

} // namespace

InstructionCache::InstructionCache()
    : m_own(std::make_unique<ProgramMemoryPort>()),
      m_memory(*m_own)
{
    m_random.fill(0);
    Flush();
}

InstructionCache::InstructionCache(ProgramMemoryPort& memory)
    : m_memory(memory)
{
    m_random.fill(0);
    Flush();
}

void
InstructionCache::Flush()
{
    for (Set& set : m_sets)
    {
        set.line.fill(NO_LINE);
        set.asked.fill(0);
        set.filled.fill(0);
    }
}

void
InstructionCache::Flush(uint32_t address, uint32_t bytes)
{
    const uint32_t first = address / LINE_BYTES;
    const uint32_t lines = (address + bytes + LINE_BYTES - 1) / LINE_BYTES - first;
    for (Set& set : m_sets)
    {
        for (uint32_t way = 0; way < WAYS; way++)
        {
            if (set.line[way] != NO_LINE && set.line[way] / LINE_BYTES - first < lines)
            {
                set.line[way] = NO_LINE;
            }
        }
    }
}

/**
 * @param set of the line
 * @param way the line's
 * @param asked cycle in which the refill unit sends its request
 * @return cycle in which tag and data are written
 */
uint64_t
InstructionCache::Refill(Set& set, uint32_t way, uint64_t asked)
{
    set.asked[way] = asked;
    set.beats[way] = m_memory.Refill(asked + TO_MEMORY);
    set.filled[way] = set.beats[way].second + FROM_MEMORY;
    return set.filled[way];
}

/**
 * The last way that is empty, or a pseudo-random one (generic_LFSR_8bit.sv, seed 0).
 * @param core whose generator
 * @param set the line's
 * @return the way
 */
uint32_t
InstructionCache::ChooseWay(uint32_t core, const Set& set)
{
    for (uint32_t way = WAYS; way-- > 0;)
    {
        if (set.line[way] == NO_LINE)
        {
            return way;
        }
    }
    uint8_t& state = m_random[core % CORES];
    const uint32_t way = state >> 1 & (WAYS - 1);
    const uint8_t feedback = ~(state >> 7 ^ state >> 3 ^ state >> 2 ^ state >> 1) & 1;
    state = static_cast<uint8_t>(state << 1 | feedback);
    return way;
}

uint64_t
InstructionCache::Miss(uint32_t core, uint32_t line, uint64_t cycle)
{
    m_misses++;
    Set& set = m_sets[GetSet(line)];
    const uint64_t asked = m_refills.Take(cycle + TO_REFILL_UNIT, 1);
    for (uint32_t way = 0; way < WAYS; way++)
    {
        if (set.line[way] != line)
        {
            continue;
        }
        const uint64_t filled = set.filled[way];
        if (asked < set.asked[way])
        {
            // The one that asked, as far as known, is a core that has run ahead of this one.
            m_memory.Cancel(set.beats[way]);
            return Refill(set, way, asked) + RETRY;
        }
        if (asked < filled)
        {
            return filled + RETRY; // merged with the refill under way
        }
        if (asked <= filled + 1)
        {
            return asked + 1 + RETRY; // the line came while the request was on its way: try again
        }
        // A cycle too late for that: the line is fetched once more, though it is there.
        return m_memory.Refill(asked + TO_MEMORY).second + FROM_MEMORY + RETRY;
    }
    const uint32_t way = ChooseWay(core, set);
    set.line[way] = line;
    return Refill(set, way, asked) + RETRY;
}

} // namespace offload
} // namespace ns3
