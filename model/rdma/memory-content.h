/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_CONTENT_H
#define OFFLOAD_MEMORY_CONTENT_H

#include "ns3/simple-ref-count.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

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
