/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RESERVED_RANGE_H
#define OFFLOAD_RESERVED_RANGE_H

#include "ns3/nic-memory.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace ns3
{
namespace offload
{

/** Addresses of an allocator that are taken as long as this object lives. */
class ReservedRange
{
  public:
    /**
     * @param allocator outlives the range
     * @param bytes how many; 0 takes nothing
     * @param alignment of its begin, a power of two
     * @return the range, wherever there is room; nothing when there is none
     */
    static std::optional<ReservedRange> Take(RangeAllocator& allocator,
                                             uint32_t bytes,
                                             uint32_t alignment)
    {
        uint32_t begin = 0;
        if (!allocator.Allocate(bytes, begin, alignment))
        {
            return std::nullopt;
        }
        return ReservedRange(allocator, begin, bytes);
    }

    /**
     * @param allocator outlives the range
     * @param address of the first byte
     * @param bytes how many; 0 takes nothing
     * @return the range there, wider by what shares its first word; nothing when some is taken
     */
    static std::optional<ReservedRange> TakeAt(RangeAllocator& allocator,
                                               uint32_t address,
                                               uint32_t bytes)
    {
        const uint32_t before = bytes ? address % RangeAllocator::ALIGNMENT : 0;
        if (!allocator.AllocateAt(before + bytes, address - before))
        {
            return std::nullopt;
        }
        return ReservedRange(allocator, address - before, before + bytes);
    }

    ReservedRange(ReservedRange&& other) noexcept
        : m_allocator(std::exchange(other.m_allocator, nullptr)),
          m_begin(other.m_begin),
          m_bytes(other.m_bytes)
    {
    }

    ReservedRange& operator=(ReservedRange&&) = delete;

    ~ReservedRange()
    {
        if (m_allocator)
        {
            m_allocator->Free(m_begin, m_bytes);
        }
    }

    /** @return address of the first byte */
    uint32_t GetBegin() const
    {
        return m_begin;
    }

  private:
    ReservedRange(RangeAllocator& allocator, uint32_t begin, uint32_t bytes)
        : m_allocator(&allocator),
          m_begin(begin),
          m_bytes(bytes)
    {
    }

    RangeAllocator* m_allocator; //!< to give back to; null: moved from
    uint32_t m_begin;            //!< first address
    uint32_t m_bytes;            //!< how many
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RESERVED_RANGE_H */
