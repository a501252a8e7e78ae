/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-vectors.h"

#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

HostVectors::HostVectors(uint32_t hosts,
                         uint32_t blocks,
                         uint32_t blockBytes,
                         Ptr<const FlareOperator> operation)
    : m_values(blocks),
      m_operation(operation),
      m_blocks(blocks),
      m_blockBytes(blockBytes)
{
    const uint64_t bytes = 2 * uint64_t{blocks} * blockBytes + ROOM_SLACK;
    for (uint32_t host = 0; host < hosts; ++host)
    {
        m_memories.push_back(CreateObject<HostMemory>());
        m_memories.back()->SetAttribute("Size", UintegerValue(bytes));
    }
}

uint8_t*
HostVectors::GetBlock(uint32_t host, uint32_t block)
{
    return m_memories[host]->GetBytes(GetVectorAddress() + uint64_t{block} * m_blockBytes,
                                      m_blockBytes);
}

void
HostVectors::Combine(uint32_t host, uint64_t offset, uint64_t bytes, uint64_t from)
{
    const uint8_t* other = m_memories[host]->GetBytes(from, bytes);
    const auto first = static_cast<uint32_t>(offset / m_blockBytes);
    for (uint32_t i = 0; i < bytes / m_blockBytes; ++i)
    {
        m_operation->Combine(GetBlock(host, first + i),
                             other + uint64_t{i} * m_blockBytes,
                             m_values[first + i]);
    }
}

} // namespace offload
} // namespace ns3
