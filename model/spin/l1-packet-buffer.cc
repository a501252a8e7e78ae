/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "l1-packet-buffer.h"

#include "ns3/assert.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

void
L1PacketBuffer::Reset(uint32_t bytes, uint32_t rings)
{
    m_slots = bytes / rings / SLOT;
    m_rings.assign(rings, Ring());
    m_taken.assign((m_slots * rings + WORD - 1) / WORD, 0);
}

void
L1PacketBuffer::Flip(uint32_t slot, uint32_t slots)
{
    while (slots > 0)
    {
        const uint32_t first = slot % WORD;
        const uint32_t bits = std::min(slots, WORD - first);
        m_taken[slot / WORD] ^= ~uint64_t{0} >> (WORD - bits) << first;
        slot += bits;
        slots -= bits;
    }
}

bool
L1PacketBuffer::AllocateIn(Ring& ring, uint32_t slots, uint64_t cycle, uint32_t& slot) const
{
    if (ring.used == 0 && cycle >= ring.RewoundAt())
    {
        ring.head = ring.tail = 0;
    }
    const uint32_t head = ring.HeadAt(cycle);
    // The bit map shows from the next cycle on that the ring is empty.
    const bool empty = ring.used == 0 && head == ring.tail && cycle + 2 > ring.RewoundAt();
    if (head < ring.tail || empty)
    {
        if (m_slots - ring.tail >= slots)
        {
            slot = ring.tail;
        }
        else if (slots < head)
        {
            slot = 0; // strictly less: a full ring would look empty otherwise
        }
        else
        {
            return false;
        }
    }
    else if (head > ring.tail && head - ring.tail >= slots)
    {
        slot = ring.tail;
    }
    else
    {
        return false;
    }
    ring.tail = slot + slots < m_slots ? slot + slots : 0;
    ring.used += slots;
    return true;
}

bool
L1PacketBuffer::Allocate(uint32_t size, uint64_t cycle, uint32_t& offset)
{
    const uint32_t slots = std::max<uint32_t>(1, (size + SLOT - 1) / SLOT);
    for (uint32_t i = 0; i < m_rings.size(); i++)
    {
        uint32_t slot;
        if (AllocateIn(m_rings[i], slots, cycle, slot))
        {
            Flip(i * m_slots + slot, slots);
            offset = (i * m_slots + slot) * SLOT;
            return true;
        }
    }
    return false;
}

void
L1PacketBuffer::Free(uint32_t offset, uint32_t size, uint64_t cycle)
{
    const uint32_t slots = std::max<uint32_t>(1, (size + SLOT - 1) / SLOT);
    const uint32_t slot = offset / SLOT;
    uint32_t index = 0; // of a few
    while (slot >= (index + 1) * m_slots)
    {
        index++;
    }
    Ring& ring = m_rings[index];
    NS_ASSERT(ring.used >= slots && IsTaken(slot));
    Flip(slot, slots);
    ring.used -= slots;
    if (ring.head == ring.tail)
    {
        // It was full: see the class.
        ring.earlier = ring.before = ring.head;
        ring.moved = cycle + 1;
        return;
    }
    ring.earlier = ring.HeadAt(cycle);
    ring.before = ring.HeadAt(cycle + 1);
    ring.moved = cycle + 2;
    if (ring.used == 0)
    {
        ring.head = ring.tail;
        return;
    }
    while (!IsTaken(index * m_slots + ring.head))
    {
        const uint32_t place = index * m_slots + ring.head;
        const uint64_t taken = m_taken[place / WORD] >> (place % WORD);
        const uint32_t free =
            taken ? static_cast<uint32_t>(__builtin_ctzll(taken)) : WORD - place % WORD;
        ring.head = ring.head + free < m_slots ? ring.head + free : 0;
    }
}

} // namespace offload
} // namespace ns3
