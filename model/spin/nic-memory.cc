/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-memory.h"

#include "ns3/assert.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>

namespace ns3
{
namespace offload
{

/** An anonymous mapping: zero-filled, resident only where touched. */
class NicMemory::Mapping
{
  public:
    explicit Mapping(size_t size)
        : m_size(size),
          m_base(mmap(nullptr,
                      size,
                      PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1,
                      0))
    {
        if (m_base == MAP_FAILED)
        {
            throw std::bad_alloc();
        }
    }

    ~Mapping()
    {
        munmap(m_base, m_size);
    }

    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    uint8_t* At(size_t offset)
    {
        return static_cast<uint8_t*>(m_base) + offset;
    }

  private:
    size_t m_size; //!< bytes
    void* m_base;  //!< as mapped
};

NicMemory::NicMemory() = default;
NicMemory::~NicMemory() = default;

void
NicMemory::Configure(uint32_t clusters,
                     uint32_t l1Bytes,
                     uint32_t l2HandlerBytes,
                     uint32_t l2PacketBytes)
{
    NS_ASSERT(!m_mapping && l1Bytes <= memory_map::L1_STRIDE);
    m_clusters = clusters;
    m_l1Bytes = l1Bytes;
    m_l2HandlerBytes = l2HandlerBytes;
    m_l2PacketBytes = l2PacketBytes;
}

NicMemoryKind
NicMemory::RegionOf(uint32_t address)
{
    return address >= memory_map::L2_PACKET_BASE    ? NicMemoryKind::L2_PACKET
           : address >= memory_map::L2_HANDLER_BASE ? NicMemoryKind::L2_HANDLER
                                                    : NicMemoryKind::L1;
}

uint8_t*
NicMemory::Find(uint32_t address, uint32_t size)
{
    const uint64_t end = uint64_t{address} + size;
    size_t offset;
    if (address >= memory_map::L2_PACKET_BASE)
    {
        if (end > uint64_t{memory_map::L2_PACKET_BASE} + m_l2PacketBytes)
        {
            return nullptr;
        }
        offset = address - memory_map::L2_PACKET_BASE;
    }
    else if (address >= memory_map::L2_HANDLER_BASE)
    {
        if (end > uint64_t{memory_map::L2_HANDLER_BASE} + m_l2HandlerBytes)
        {
            return nullptr;
        }
        offset = size_t{m_l2PacketBytes} + (address - memory_map::L2_HANDLER_BASE);
    }
    else
    {
        // What is below the first L1 is, without a sign, in a cluster that no unit has.
        const uint32_t cluster = memory_map::ClusterOf(address);
        const uint32_t inside = (address - memory_map::L1_BASE) % memory_map::L1_STRIDE;
        if (cluster >= m_clusters || uint64_t{inside} + size > m_l1Bytes)
        {
            return nullptr;
        }
        offset = size_t{m_l2PacketBytes} + m_l2HandlerBytes + size_t{cluster} * m_l1Bytes + inside;
    }
    if (!m_mapping)
    {
        m_mapping = std::make_unique<Mapping>(size_t{m_l2PacketBytes} + m_l2HandlerBytes +
                                              size_t{m_clusters} * m_l1Bytes);
    }
    return m_mapping->At(offset);
}

void
RangeAllocator::Reset(uint32_t begin, uint32_t size)
{
    m_begin = begin;
    m_free.assign(size ? 1 : 0, {begin, size});
}

bool
RangeAllocator::Allocate(uint32_t size, uint32_t& address, uint32_t alignment)
{
    const uint64_t rounded = (uint64_t{size} + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0)
    {
        address = m_begin;
        return true; // whoever wants nothing is served even when all is taken
    }
    const uint64_t step = std::max(alignment, ALIGNMENT);
    for (const Range& range : m_free)
    {
        const uint64_t begin = (range.begin + step - 1) / step * step;
        if (begin + rounded <= uint64_t{range.begin} + range.size)
        {
            address = static_cast<uint32_t>(begin);
            return AllocateAt(size, address);
        }
    }
    return false;
}

bool
RangeAllocator::AllocateAt(uint32_t size, uint32_t address)
{
    const uint64_t rounded = (uint64_t{size} + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0)
    {
        return true;
    }
    for (auto range = m_free.begin(); range != m_free.end(); ++range)
    {
        const uint64_t end = uint64_t{range->begin} + range->size;
        if (range->begin <= address && address + rounded <= end)
        {
            const Range before = {range->begin, address - range->begin};
            const Range after = {static_cast<uint32_t>(address + rounded),
                                 static_cast<uint32_t>(end - address - rounded)};
            auto place = m_free.erase(range);
            if (after.size)
            {
                place = m_free.insert(place, after);
            }
            if (before.size)
            {
                m_free.insert(place, before);
            }
            return true;
        }
    }
    return false;
}

void
RangeAllocator::Free(uint32_t address, uint32_t size)
{
    const uint32_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0)
    {
        return;
    }
    auto next =
        std::lower_bound(m_free.begin(), m_free.end(), address, [](const Range& r, uint32_t a) {
            return r.begin < a;
        });
    next = m_free.insert(next, {address, rounded});
    if (next + 1 != m_free.end() && next->begin + next->size == (next + 1)->begin)
    {
        next->size += (next + 1)->size;
        m_free.erase(next + 1);
    }
    if (next != m_free.begin() && (next - 1)->begin + (next - 1)->size == next->begin)
    {
        (next - 1)->size += next->size;
        m_free.erase(next);
    }
}

uint32_t
RangeAllocator::GetFreeBytes() const
{
    uint32_t sum = 0;
    for (const auto& range : m_free)
    {
        sum += range.size;
    }
    return sum;
}

} // namespace offload
} // namespace ns3
