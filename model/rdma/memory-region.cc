/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "memory-region.h"

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <cstring>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

MemoryRegion::MemoryRegion(const Range& range, uint32_t key, Ptr<HostMemory> memory)
    : m_range(range),
      m_key(key),
      m_memory(memory)
{
}

MemoryRegion::MemoryRegion(const Range& range, uint32_t key, const PayloadPattern& pattern)
    : m_range(range),
      m_key(key),
      m_pattern(pattern)
{
}

MemoryRegion::MemoryRegion(const Range& range, uint32_t key, Ptr<MemoryContent> content)
    : m_range(range),
      m_key(key),
      m_content(content)
{
}

void
MemoryRegion::LoadBytes(uint64_t address,
                        uint32_t bytes,
                        RocePacketPool& pool,
                        RocePacket& packet) const
{
    if (bytes > 0)
    {
        packet.bytes = pool.CreateBuffer();
        if (m_content)
        {
            m_content->Read(address - m_range.address, packet.bytes->data(), bytes);
            return;
        }
        m_memory->Read(address, packet.bytes->data(), bytes);
    }
}

uint32_t
MemoryRegion::StoreBytes(uint64_t address, const RocePacket& packet)
{
    const uint32_t size = packet.payloadBytes;
    if (IsPattern())
    {
        const PayloadPattern expected = m_pattern.From(address - m_range.address);
        const uint32_t wrong = expected.CountDifferences(packet.bytes->data(), size);
        m_mismatches += wrong;
        return wrong;
    }
    if (m_content)
    {
        std::array<uint8_t, roce::MAX_MTU> copy; // of a pattern
        const uint8_t* bytes = packet.bytes ? packet.bytes->data() : copy.data();
        if (!packet.bytes)
        {
            packet.CopyPayload(copy.data());
        }
        const uint32_t wrong = m_content->Write(address - m_range.address, bytes, size);
        m_mismatches += wrong;
        return wrong;
    }
    if (size > 0)
    {
        packet.CopyPayload(m_memory->GetBytes(address, size));
    }
    return 0;
}

uint64_t
MemoryRegion::DoAtomic(uint64_t address, const RocePacket& request)
{
    uint8_t* bytes = m_memory->GetBytes(address, roce::ATOMIC_BYTES);
    const uint64_t original = boost::endian::load_little_u64(bytes);
    if (request.opcode == RoceOpcode::FETCH_ADD)
    {
        boost::endian::store_little_u64(bytes, original + request.swapOrAdd);
    }
    else if (original == request.compare)
    {
        boost::endian::store_little_u64(bytes, request.swapOrAdd);
    }
    return original;
}

void
MemoryRegion::StoreWord(uint64_t address, uint64_t value)
{
    m_stored += roce::ATOMIC_BYTES;
    if (m_memory)
    {
        boost::endian::store_little_u64(m_memory->GetBytes(address, roce::ATOMIC_BYTES), value);
    }
    else if (m_content)
    {
        std::array<uint8_t, roce::ATOMIC_BYTES> bytes;
        boost::endian::store_little_u64(bytes.data(), value);
        m_mismatches += m_content->Write(address - m_range.address, bytes.data(), bytes.size());
    }
}

uint32_t
MemoryTable::GetNewKey() const
{
    // The variant begins at one, so that no key is zero.
    const uint32_t variant = m_registered % ((1U << VARIANT_BITS) - 1) + 1;
    const auto place = std::find(m_regions.begin(), m_regions.end(), nullptr);
    return static_cast<uint32_t>(place - m_regions.begin()) << VARIANT_BITS | variant;
}

Ptr<MemoryRegion>
MemoryTable::Register(const MemoryRegion::Range& range, Ptr<HostMemory> memory)
{
    if (!memory || !memory->Contains(range.address, range.length))
    {
        throw std::invalid_argument("a memory region of " + std::to_string(range.length) +
                                    " bytes at address " + std::to_string(range.address) +
                                    " is not inside host memory, which has " +
                                    std::to_string(memory ? memory->GetSize() : 0) + " bytes");
    }
    const uint32_t key = GetNewKey();
    return Add(Create<MemoryRegion>(range, key, memory));
}

Ptr<MemoryRegion>
MemoryTable::Register(const MemoryRegion::Range& range, const PayloadPattern& pattern)
{
    if ((range.access & MemoryAccess::REMOTE_ATOMIC) != 0)
    {
        throw std::invalid_argument("a pattern cannot be changed: it serves no atomic operations");
    }
    const uint32_t key = GetNewKey();
    return Add(Create<MemoryRegion>(range, key, pattern));
}

Ptr<MemoryRegion>
MemoryTable::Register(const MemoryRegion::Range& range, Ptr<MemoryContent> content)
{
    if ((range.access & MemoryAccess::REMOTE_ATOMIC) != 0)
    {
        throw std::invalid_argument("content other than memory serves no atomic operations");
    }
    const uint32_t key = GetNewKey();
    return Add(Create<MemoryRegion>(range, key, content));
}

Ptr<MemoryRegion>
MemoryTable::Add(Ptr<MemoryRegion> region)
{
    const uint32_t index = region->GetLocalKey() >> VARIANT_BITS;
    if (index == m_regions.size())
    {
        m_regions.emplace_back();
    }
    m_regions[index] = region;
    ++m_registered;
    return region;
}

Ptr<HostMemory>
MemoryTable::FindMemory(uint64_t address, uint64_t length) const
{
    const auto found =
        std::find_if(m_regions.begin(), m_regions.end(), [=](const Ptr<MemoryRegion>& region) {
            return region && region->GetMemory() && region->GetMemory()->Contains(address, length);
        });
    return found == m_regions.end() ? nullptr : (*found)->GetMemory();
}

void
MemoryTable::Deregister(Ptr<MemoryRegion> region)
{
    region->Revoke();
    const uint32_t index = region->GetLocalKey() >> VARIANT_BITS;
    if (index < m_regions.size() && m_regions[index] == region)
    {
        m_regions[index] = nullptr;
    }
}

} // namespace offload
} // namespace ns3
