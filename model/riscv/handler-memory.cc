/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "handler-memory.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{

namespace
{

/** What an atomic operation leaves in memory (RISC-V unprivileged specification, "A"). */
uint32_t
Combine(MemoryOperation operation, uint32_t memory, uint32_t operand)
{
    const auto a = static_cast<int32_t>(memory);
    const auto b = static_cast<int32_t>(operand);
    switch (operation)
    {
    case MemoryOperation::ATOMIC_ADD:
        return memory + operand;
    case MemoryOperation::ATOMIC_XOR:
        return memory ^ operand;
    case MemoryOperation::ATOMIC_AND:
        return memory & operand;
    case MemoryOperation::ATOMIC_OR:
        return memory | operand;
    case MemoryOperation::ATOMIC_MIN:
        return static_cast<uint32_t>(std::min(a, b));
    case MemoryOperation::ATOMIC_MAX:
        return static_cast<uint32_t>(std::max(a, b));
    case MemoryOperation::ATOMIC_MINU:
        return std::min(memory, operand);
    case MemoryOperation::ATOMIC_MAXU:
        return std::max(memory, operand);
    default:
        return operand; // swap, and stores
    }
}

} // namespace

void
Perform(CoreAccess& access, uint8_t* bytes)
{
    // Cores and hosts are little-endian.
    uint32_t memory = 0;
    switch (access.operation)
    {
    case MemoryOperation::STORE:
    case MemoryOperation::STORE_CONDITIONAL:
        std::memcpy(bytes, &access.data, access.bytes);
        access.data = 0; // a store-conditional that was carried out
        break;
    case MemoryOperation::LOAD:
    case MemoryOperation::LOAD_RESERVED:
    case MemoryOperation::EVENT_LOAD:
        std::memcpy(&memory, bytes, access.bytes);
        access.data = memory;
        break;
    default:
        std::memcpy(&memory, bytes, sizeof(memory));
        const uint32_t result = Combine(access.operation, memory, access.data);
        std::memcpy(bytes, &result, sizeof(result));
        access.data = memory;
    }
}

} // namespace offload
} // namespace ns3
