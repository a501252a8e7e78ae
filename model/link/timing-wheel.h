/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TIMING_WHEEL_H
#define OFFLOAD_TIMING_WHEEL_H

#include <array>
#include <cstddef>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A priority queue of instants by hierarchical timing wheels (Varghese and Lauck, SOSP 1987), for
 * times that are never before the last one taken: the cost of an item does not grow with their
 * number, and no item is copied or allocated.
 *
 * Level k has a slot for each value of the k-th byte of a time. An item waits at the level of the
 * highest byte in which it differs from the present, the last time taken or a little more: all of
 * one level come before all of the next, and the slots of a level are in order. When it is the
 * turn of a slot, its items move down to the levels where they differ from each other. Items of the
 * same time are always in the same slot, in the order in which they were inserted.
 */
class TimingWheel
{
  public:
    /** Neighbours in a ring. */
    struct Link
    {
        Link* next;     //!< undefined in an item that is not queued
        Link* previous; //!< see next
    };

    /** What is queued: a base class of whatever has a time. */
    struct Item : Link
    {
        int64_t time; //!< not negative; not changed while queued
    };

    TimingWheel()
    {
        for (auto& slot : m_slots)
        {
            slot = {&slot, &slot};
        }
    }

    TimingWheel(const TimingWheel&) = delete;
    TimingWheel& operator=(const TimingWheel&) = delete;

    /** @param item not queued; much dearer if it is before the last one taken */
    void Insert(Item& item)
    {
        if (item.time < m_present)
        {
            Rewind(item.time);
        }
        Place(item);
        // After an item of the same time.
        if (m_first && item.time < m_first->time)
        {
            m_first = &item;
        }
    }

    /** @param item queued */
    void Remove(Item& item)
    {
        if (m_first == &item)
        {
            m_first = nullptr;
        }
        Unlink(item);
    }

    /**
     * @param limit nothing will be inserted that is before both this and the first item: a hint
     * @return the first; null if nothing is queued
     */
    Item* GetFirst(int64_t limit)
    {
        if (!m_first && m_levels != 0)
        {
            FindFirst(limit);
        }
        return m_first;
    }

    /** Take away what GetFirst() has returned, not null. */
    void TakeFirst()
    {
        Item& first = *m_first;
        m_first = nullptr;
        m_present = first.time;
        if (Unlink(first))
        {
            return;
        }
        const std::size_t index = FindSlot();
        if (index >= SLOTS)
        {
            MoveDown(index);
        }
    }

  private:
    static constexpr std::size_t BYTE_BITS = 8;          //!< of a level
    static constexpr std::size_t SLOTS = 1 << BYTE_BITS; //!< of a level
    static constexpr std::size_t LEVELS = 8;             //!< bytes of a time
    static constexpr std::size_t WORD_BITS = 64;         //!< of a bitmap
    static constexpr std::size_t WORDS = SLOTS / WORD_BITS;

    void Place(Item& item)
    {
        // At least one bit, so that the highest one exists.
        const auto difference = static_cast<uint64_t>(item.time ^ m_present) | 1;
        const std::size_t level =
            (WORD_BITS - 1 - static_cast<std::size_t>(__builtin_clzll(difference))) / BYTE_BITS;
        const std::size_t slot =
            static_cast<uint64_t>(item.time) >> level * BYTE_BITS & (SLOTS - 1);
        const std::size_t index = level * SLOTS + slot;
        m_occupied[index / WORD_BITS] |= uint64_t{1} << index % WORD_BITS;
        m_levels |= 1U << level;
        Link& end = m_slots[index];
        item.next = &end;
        item.previous = end.previous;
        end.previous->next = &item;
        end.previous = &item;
    }

    /** @return whether its slot is empty now */
    bool Unlink(Item& item)
    {
        Link* const next = item.next;
        Link* const previous = item.previous;
        next->previous = previous;
        previous->next = next;
        // Only the slot itself is left?
        if (next == previous)
        {
            Vacate(static_cast<std::size_t>(next - m_slots.data()));
            return true;
        }
        return false;
    }

    void Vacate(std::size_t index)
    {
        m_occupied[index / WORD_BITS] &= ~(uint64_t{1} << index % WORD_BITS);
        const std::size_t level = index / SLOTS;
        const uint64_t* words = &m_occupied[level * WORDS];
        if ((words[0] | words[1] | words[2] | words[3]) == 0)
        {
            m_levels &= ~(1U << level);
        }
    }

    /** @return the first slot that has items */
    std::size_t FindSlot() const
    {
        auto word = static_cast<std::size_t>(__builtin_ctz(m_levels)) * WORDS;
        while (m_occupied[word] == 0)
        {
            ++word;
        }
        return word * WORD_BITS + static_cast<std::size_t>(__builtin_ctzll(m_occupied[word]));
    }

    void FindFirst(int64_t limit)
    {
        std::size_t index = FindSlot();
        while (m_slots[index].next != m_slots[index].previous && index >= SLOTS)
        {
            // The first instant of the slot
            const std::size_t shift = index / SLOTS * BYTE_BITS;
            const auto present = static_cast<uint64_t>(m_present);
            const auto begin = static_cast<int64_t>(
                (((present >> shift) & ~uint64_t{SLOTS - 1}) | index % SLOTS) << shift);
            if (begin > limit)
            {
                m_first = FindLeast(m_slots[index]);
                return;
            }
            m_present = begin;
            MoveDown(index);
            index = FindSlot();
        }
        m_first = static_cast<Item*>(m_slots[index].next);
    }

    /** @return the first of the items of a slot, of the same time the one inserted first */
    static Item* FindLeast(const Link& end)
    {
        auto* least = static_cast<Item*>(end.next);
        for (Link* link = least->next; link != &end; link = link->next)
        {
            auto* item = static_cast<Item*>(link);
            least = item->time < least->time ? item : least;
        }
        return least;
    }

    /** Place the items of a slot anew. */
    void MoveDown(std::size_t index)
    {
        Link& slot = m_slots[index];
        Link items = slot;
        items.next->previous = &items;
        items.previous->next = &items;
        slot = {&slot, &slot};
        Vacate(index);
        PlaceAll(items);
    }

    /** Have an earlier present. */
    void Rewind(int64_t present)
    {
        Link items{&items, &items};
        for (std::size_t index = 0; index < m_slots.size(); ++index)
        {
            Link& slot = m_slots[index];
            if (slot.next != &slot)
            {
                slot.next->previous = items.previous;
                slot.previous->next = &items;
                items.previous->next = slot.next;
                items.previous = slot.previous;
                slot = {&slot, &slot};
                Vacate(index);
            }
        }
        m_present = present;
        PlaceAll(items);
    }

    /** @param items a ring that is not used any more, in the order of insertion */
    void PlaceAll(Link& items)
    {
        for (Link* link = items.next; link != &items;)
        {
            auto& item = *static_cast<Item*>(link);
            link = link->next;
            Place(item);
        }
    }

    Item* m_first{nullptr}; //!< see GetFirst; null if it must be looked for
    int64_t m_present{0};   //!< no item is before
    uint32_t m_levels{0};   //!< bit k: level k has items
    /// A bit for each slot that has items
    std::array<uint64_t, LEVELS * WORDS> m_occupied{};
    std::array<Link, LEVELS * SLOTS> m_slots; //!< rings, a level after the other
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TIMING_WHEEL_H */
