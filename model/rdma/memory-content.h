/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_CONTENT_H
#define OFFLOAD_MEMORY_CONTENT_H

#include "ns3/simple-ref-count.h"

#include <cstdint>
#include <cstring>

namespace ns3
{
namespace offload
{

/**
 * @param a some bytes, mostly the same as the others
 * @param b the others
 * @param size how many
 * @return how many differ
 */
inline uint32_t
CountDifferentBytes(const uint8_t* a, const uint8_t* b, uint32_t size)
{
    if (std::memcmp(a, b, size) == 0)
    {
        return 0;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; ++i)
    {
        count += a[i] != b[i];
    }
    return count;
}

/**
 * Bytes behind a memory region that an application generates, checks or keeps in its own way, for
 * instance to share what many hosts have in common.
 */
class MemoryContent : public SimpleRefCount<MemoryContent>
{
  public:
    virtual ~MemoryContent() = default;

    /**
     * A NIC reads.
     * @param offset from the region's first byte
     * @param[out] to where the bytes go
     * @param bytes how many
     */
    virtual void Read(uint64_t offset, uint8_t* to, uint32_t bytes) const = 0;

    /**
     * A NIC writes. The same bytes may come again, as others may that a peer repeats.
     * @param offset from the region's first byte
     * @param from the bytes
     * @param bytes how many
     * @return how many are not what they should be
     */
    virtual uint32_t Write(uint64_t offset, const uint8_t* from, uint32_t bytes) = 0;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_CONTENT_H */
