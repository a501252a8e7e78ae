/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "open-messages.h"

#include "hash-mix.h"

#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

constexpr std::size_t FIRST_SLOTS = 16; //!< first allocation, a power of two

} // namespace

void
OpenMessages::SetCapacity(uint32_t capacity)
{
    m_capacity = capacity;
}

std::size_t
OpenMessages::Home(uint32_t rule, uint64_t key) const
{
    return MixHash(MixHash(0, key), rule) & (m_slots.size() - 1);
}

OpenMessages::Message*
OpenMessages::Find(uint32_t rule, uint64_t key)
{
    if (m_size == 0)
    {
        return nullptr;
    }
    std::size_t i = Home(rule, key);
    while (m_slots[i].used && (m_slots[i].key != key || m_slots[i].rule != rule))
    {
        i = (i + 1) & (m_slots.size() - 1);
    }
    return m_slots[i].used ? &m_slots[i] : nullptr;
}

void
OpenMessages::Grow()
{
    std::vector<Message> old(m_slots.empty() ? FIRST_SLOTS : 2 * m_slots.size());
    old.swap(m_slots);
    m_size = 0;
    for (const Message& message : old)
    {
        if (message.used)
        {
            Insert(message.rule, message.key, message.lastPacket);
        }
    }
}

bool
OpenMessages::Insert(uint32_t rule, uint64_t key, int64_t now)
{
    if (m_size >= m_capacity)
    {
        return false;
    }
    if (2 * (m_size + 1) > m_slots.size())
    {
        Grow();
    }
    std::size_t i = Home(rule, key);
    while (m_slots[i].used)
    {
        i = (i + 1) & (m_slots.size() - 1);
    }
    m_slots[i] = {key, rule, true, now};
    ++m_size;
    return true;
}

void
OpenMessages::Erase(Message* message)
{
    const std::size_t mask = m_slots.size() - 1;
    auto hole = static_cast<std::size_t>(message - m_slots.data());
    m_slots[hole].used = false;
    --m_size;
    // Close the gap: a message behind it that could not be found any more moves into it.
    for (std::size_t i = (hole + 1) & mask; m_slots[i].used; i = (i + 1) & mask)
    {
        const std::size_t home = Home(m_slots[i].rule, m_slots[i].key);
        if (((i - home) & mask) >= ((i - hole) & mask))
        {
            m_slots[hole] = m_slots[i];
            m_slots[i].used = false;
            hole = i;
        }
    }
}

} // namespace offload
} // namespace ns3
