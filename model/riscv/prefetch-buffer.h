/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PREFETCH_BUFFER_H
#define OFFLOAD_PREFETCH_BUFFER_H

#include "instruction-cache.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * When a core's fetch stage delivers instructions: RI5CY's 128-bit prefetch buffer, which holds one
 * line and asks the cluster's instruction cache for the next one while the core executes
 * (hw/deps/riscv/riscv_prefetch_L0_buffer.sv and riscv_L0_buffer.sv).
 *
 * An instruction executes in the cycle after it was in the fetch stage, and can be in the fetch
 * stage in the cycle in which its line arrives:
 * - in sequence, the next line is asked for when the fetch stage has an instruction in the last
 *   word of the present one;
 * - a jump always asks for its target's line; the next one can follow when the line arrives, if the
 *   target is in its last word, else a cycle after that;
 * - a request cannot be withdrawn: a jump waits for a refill that nobody needs any more.
 */
class PrefetchBuffer
{
  public:
    /**
     * @param cache of the cluster
     * @param core number in the cluster
     */
    PrefetchBuffer(InstructionCache& cache, uint32_t core)
        : m_cache(cache),
          m_core(core)
    {
    }

    /**
     * The core goes on in sequence into a line.
     * @param line address of its first byte
     * @param cycle in which its first instruction would execute were it there
     * @return cycle in which it can, not before `cycle`
     */
    uint64_t Next(uint32_t line, uint64_t cycle)
    {
        return Next(line, cycle, Before(cycle, AHEAD));
    }

    /**
     * As above, if instructions before it took more than a cycle: the line was asked for earlier.
     * @param line address of its first byte
     * @param cycle in which its first instruction would execute were it there
     * @param fetched cycle in which the fetch stage had the first instruction of the last word
     *        before the line: the one after the execution of the second-last instruction before it
     * @return cycle in which it can, not before `cycle`
     */
    uint64_t Next(uint32_t line, uint64_t cycle, uint64_t fetched)
    {
        const uint64_t asked = fetched < m_free ? m_free : fetched;
        const uint64_t executes = m_cache.Fetch(m_core, line, asked) + 1;
        m_free = 0;
        return executes < cycle ? cycle : executes;
    }

    /**
     * The core jumps.
     * @param address target
     * @param cycle in which it would execute with a warm cache, jump or branch penalty included
     * @return cycle in which it can
     */
    uint64_t Jump(uint32_t address, uint64_t cycle)
    {
        return JumpAt(address, Before(cycle, AHEAD));
    }

    /**
     * As above, from a known place: the line behind the jump may have been asked for in vain.
     * @param address target
     * @param cycle in which it would execute with a warm cache, jump or branch penalty included
     * @param from address of the jump or branch
     * @param last address of the last instruction that the fetch stage had: `from` for jumps, of
     *        the instruction after it for branches
     * @return cycle in which it can
     */
    uint64_t Jump(uint32_t address, uint64_t cycle, uint32_t from, uint32_t last)
    {
        uint64_t asks = Before(cycle, AHEAD);
        const bool entered = ((from ^ last) & ~LINE_MASK) != 0;
        if (entered || (last & LAST_WORD) == LAST_WORD)
        {
            const uint32_t line =
                (last & ~LINE_MASK) + (entered ? 0 : InstructionCache::LINE_BYTES);
            const uint64_t arrives = m_cache.Fetch(m_core, line, Before(asks, entered ? 2 : 1));
            asks = arrives < asks ? asks : arrives;
        }
        return JumpAt(address, asks);
    }

    /** Forget the line, after reset or when the code has changed. */
    void Flush()
    {
        m_free = 0;
    }

  private:
    static constexpr uint64_t AHEAD = 2; //!< cycles from request to execution, when it hits
    static constexpr uint32_t LINE_MASK = InstructionCache::LINE_BYTES - 1; //!< offset in a line
    static constexpr uint32_t LAST_WORD = 12; //!< offset of a line's last word

    /** @return `cycle` - `ahead`, or 0 */
    static uint64_t Before(uint64_t cycle, uint64_t ahead)
    {
        return cycle < ahead ? 0 : cycle - ahead;
    }

    uint64_t JumpAt(uint32_t address, uint64_t asks)
    {
        const uint64_t arrives = m_cache.Fetch(m_core, address & ~LINE_MASK, asks);
        m_free = (address & LAST_WORD) == LAST_WORD ? arrives : arrives + 1;
        return arrives + 1;
    }

    InstructionCache& m_cache; //!< of the cluster
    const uint32_t m_core;     //!< number
    uint64_t m_free{0};        //!< first cycle in which the line after a jump's can be asked for
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PREFETCH_BUFFER_H */
