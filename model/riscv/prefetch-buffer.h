/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PREFETCH_BUFFER_H
#define OFFLOAD_PREFETCH_BUFFER_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** Stub until branch `fetch` is merged: instructions are always there. */
class InstructionCache;

class PrefetchBuffer
{
  public:
    PrefetchBuffer(InstructionCache&, uint32_t)
    {
    }

    PrefetchBuffer() = default;

    /**
     * @param line address of the line that the next instruction needs beside those before it
     * @param cycle in which it would execute
     * @return in which it does
     */
    uint64_t Next(uint32_t line, uint64_t cycle)
    {
        static_cast<void>(line);
        return cycle;
    }

    /** As above. @param fetched cycle in which the fetch stage had the last word before the line */
    uint64_t Next(uint32_t line, uint64_t cycle, uint64_t fetched)
    {
        static_cast<void>(fetched);
        return Next(line, cycle);
    }

    /**
     * @param address of the instruction that is jumped to
     * @param cycle in which it would execute
     * @return in which it does
     */
    uint64_t Jump(uint32_t address, uint64_t cycle)
    {
        static_cast<void>(address);
        return cycle;
    }

    /** As above. @param from the jump's address @param last that the fetch stage had */
    uint64_t Jump(uint32_t address, uint64_t cycle, uint32_t from, uint32_t last)
    {
        static_cast<void>(from);
        static_cast<void>(last);
        return Jump(address, cycle);
    }
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PREFETCH_BUFFER_H */
