/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HANDLER_MEMORY_H
#define OFFLOAD_HANDLER_MEMORY_H

#include "core-port.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The memory that the handler on a core may touch (the core's physical memory protection, PMP):
 * its packet, its context's memories, its stack, the data of its program.
 *
 * The released hardware does not check as much: the PMP entries that hpu_driver.sv sets cover all
 * of L1 and whole pieces of L2 around what a handler may touch. Here ranges are exact, to 64 bytes
 * for the packet.
 */
class HandlerMemory
{
  public:
    /** Forget all ranges. */
    void Clear()
    {
        m_ranges.clear();
    }

    /**
     * @param address first byte
     * @param bytes how many; 0 adds nothing
     */
    void Add(uint32_t address, uint32_t bytes)
    {
        if (bytes)
        {
            m_ranges.push_back({address, bytes});
        }
    }

    /**
     * @param address of an access
     * @param bytes its size
     * @return whether it is allowed
     */
    bool Allows(uint32_t address, uint32_t bytes) const
    {
        for (const Range& range : m_ranges)
        {
            const uint32_t offset = address - range.address;
            if (offset < range.bytes && bytes <= range.bytes - offset)
            {
                return true;
            }
        }
        return false;
    }

  private:
    /** A piece of memory. */
    struct Range
    {
        uint32_t address; //!< first byte
        uint32_t bytes;   //!< how many
    };

    std::vector<Range> m_ranges; //!< few; set for each task, looked up for shared memory only
};

/**
 * Carry out an access on memory, all of it at once.
 * @param access operation, operand and size; its data is set
 * @param bytes the memory
 */
void Perform(CoreAccess& access, uint8_t* bytes);

/**
 * @param operation an operation
 * @return whether it may change memory
 */
constexpr bool
Writes(MemoryOperation operation)
{
    return operation != MemoryOperation::LOAD && operation != MemoryOperation::LOAD_RESERVED &&
           operation != MemoryOperation::EVENT_LOAD;
}

/**
 * @param operation an operation
 * @return whether it makes or takes a reservation; L1 has none (cluster_interconnect_wrap.sv)
 */
constexpr bool
IsReserving(MemoryOperation operation)
{
    return operation == MemoryOperation::LOAD_RESERVED ||
           operation == MemoryOperation::STORE_CONDITIONAL;
}

/**
 * @param operation an operation
 * @return whether it reads and writes at once
 */
constexpr bool
IsAtomic(MemoryOperation operation)
{
    return Writes(operation) && operation != MemoryOperation::STORE &&
           operation != MemoryOperation::STORE_CONDITIONAL;
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HANDLER_MEMORY_H */
