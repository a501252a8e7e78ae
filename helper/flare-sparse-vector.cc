/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-sparse-vector.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{
bool
FlareSparseVector::Read(uint32_t block, uint32_t shard, FlarePacket& packet)
{
    const uint32_t size = m_vectors.GetValueBytes();
    const uint32_t capacity = flare::GetSparseCapacity(size);
    const uint64_t begin = uint64_t{block} * m_range;
    const uint64_t elements = m_vectors.GetShape().elements;
    const uint32_t first = m_vectors.FindFirst(m_host, static_cast<uint32_t>(begin));
    const uint32_t end =
        m_vectors.FindFirst(m_host, static_cast<uint32_t>(std::min(begin + m_range, elements)));
    const uint32_t from = first + shard * capacity;
    const uint32_t to = std::min(end, from + capacity);
    uint8_t* pair = packet.data->bytes.data();
    for (uint32_t bucket = from; bucket < to; ++bucket, pair += flare::INDEX_BYTES + size)
    {
        const SparseVectors::Entry entry = m_vectors.GetEntry(m_host, bucket);
        const auto index = static_cast<uint16_t>(entry.index - begin);
        std::memcpy(pair, &index, sizeof(index));
        m_vectors.PutValue(entry.code, pair + flare::INDEX_BYTES);
    }
    packet.values = static_cast<uint16_t>(to - from);
    packet.dataBytes = packet.values * (flare::INDEX_BYTES + size);
    return to < end;
}

void
FlareSparseVector::Write(const FlarePacket& packet)
{
    const uint32_t size = m_vectors.GetValueBytes();
    const std::vector<uint32_t>& indices = m_vectors.GetSumIndices();
    const uint64_t begin = uint64_t{packet.block} * m_range;
    const uint8_t* pair = packet.values ? packet.data->bytes.data() : nullptr;
    size_t position = 0;
    for (uint32_t i = 0; i < packet.values; ++i, pair += flare::INDEX_BYTES + size, ++position)
    {
        uint16_t offset;
        std::memcpy(&offset, pair, sizeof(offset));
        const uint64_t index = begin + offset;
        // Neighbours mostly come one after the other.
        if (i == 0 || position == indices.size() || indices[position] != index)
        {
            position = m_vectors.FindSum(index);
        }
        if (position == indices.size() || indices[position] != index ||
            std::memcmp(pair + flare::INDEX_BYTES, m_vectors.GetSumValue(position), size) != 0 ||
            m_seen[position])
        {
            m_right = false; // no host has it, the sum is wrong, or it comes once more
            return;
        }
        m_seen[position] = true;
        --m_missing;
    }
}

bool
FlareSparseVector::Forget()
{
    m_seen.assign(m_seen.size(), false);
    m_missing = m_seen.size();
    return true;
}

} // namespace offload
} // namespace ns3
