/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "l2-packet-buffer.h"

#include "ns3/assert.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

namespace
{
constexpr uint32_t SLOT = 64; //!< bytes; NICInbound.hpp, NI_PKT_ADDR_ALIGNMENT
}

void
L2PacketBuffer::Reset(uint32_t bytes)
{
    m_bytes = bytes;
    m_first = m_count = m_packets = 0;
}

void
L2PacketBuffer::Grow()
{
    std::vector<Entry> larger(m_entries.empty() ? 16 : 2 * m_entries.size());
    for (uint32_t i = 0; i < m_count; i++)
    {
        larger[i] = At(i);
    }
    m_entries.swap(larger);
    m_first = 0;
}

bool
L2PacketBuffer::Allocate(uint32_t size, uint32_t& offset)
{
    const uint32_t rounded = std::max(SLOT, (size + SLOT - 1) / SLOT * SLOT);
    if (m_count == 0)
    {
        if (rounded > m_bytes)
        {
            return false;
        }
        offset = 0;
    }
    else
    {
        const uint32_t head = At(0).offset;
        const uint32_t tail = At(m_count - 1).end;
        if (tail > head)
        {
            if (m_bytes - tail >= rounded)
            {
                offset = tail;
            }
            else if (head >= rounded)
            {
                offset = 0; // the end of the buffer stays unused this time round
            }
            else
            {
                return false;
            }
        }
        else if (head - tail >= rounded)
        {
            offset = tail;
        }
        else
        {
            return false;
        }
    }
    if (m_count == m_entries.size())
    {
        Grow();
    }
    m_count++;
    m_packets++;
    At(m_count - 1) = {offset, offset + rounded, false};
    return true;
}

void
L2PacketBuffer::Free(uint32_t offset)
{
    // Packets leave nearly in order, so the search is short.
    uint32_t i = 0;
    while (At(i).offset != offset || At(i).free)
    {
        i++;
        NS_ASSERT_MSG(i < m_count, "freeing what was not allocated");
    }
    At(i).free = true;
    m_packets--;
    while (m_count > 0 && At(0).free)
    {
        m_first = (m_first + 1) & (m_entries.size() - 1);
        m_count--;
    }
}

} // namespace offload
} // namespace ns3
