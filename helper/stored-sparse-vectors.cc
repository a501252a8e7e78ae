/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "stored-sparse-vectors.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

void
StoredSparseVectors::Add(uint32_t host, uint32_t index, const uint8_t* value)
{
    if (index >= GetElements())
    {
        throw std::invalid_argument("a sparse vector of " + std::to_string(GetElements()) +
                                    " elements has no index " + std::to_string(index));
    }
    Vector& vector = m_vectors[host];
    vector.entries.push_back({index, static_cast<uint32_t>(vector.entries.size())});
    vector.values.insert(vector.values.end(), value, value + GetValueBytes());
}

void
StoredSparseVectors::Seal()
{
    m_sumIndices.clear();
    for (Vector& vector : m_vectors)
    {
        std::sort(vector.entries.begin(), vector.entries.end());
        const auto middle = static_cast<std::ptrdiff_t>(m_sumIndices.size());
        for (const Entry& entry : vector.entries)
        {
            m_sumIndices.push_back(entry.index);
        }
        std::inplace_merge(m_sumIndices.begin(), m_sumIndices.begin() + middle, m_sumIndices.end());
        m_sumIndices.erase(std::unique(m_sumIndices.begin(), m_sumIndices.end()),
                           m_sumIndices.end());
    }
}

uint32_t
StoredSparseVectors::FindFirst(uint32_t host, uint32_t index) const
{
    const std::vector<Entry>& entries = m_vectors[host].entries;
    return static_cast<uint32_t>(std::lower_bound(entries.begin(), entries.end(), Entry{index, 0}) -
                                 entries.begin());
}

uint32_t
StoredSparseVectors::GetPair(uint32_t host, uint32_t position, uint8_t* value) const
{
    const Vector& vector = m_vectors[host];
    const Entry& entry = vector.entries[position];
    std::memcpy(value, &vector.values[uint64_t{entry.position} * GetValueBytes()], GetValueBytes());
    return entry.index;
}

} // namespace offload
} // namespace ns3
