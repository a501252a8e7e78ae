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
 * highest byte in which it differs from the present, a time not after any item: all of one level
 * come before all of the next, and the slots of a level are in order. When it is the turn of a slot
 * with more than a few items, its beginning is the new present, and the items move down to the
 * levels where they differ from each other. Items of the
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

    /** @param item not queued; much dearer if it is before the present */
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
        if (!m_first && m_words != 0)
        {
            FindFirst(limit);
        }
        return m_first;
    }

    /** Take away what GetFirst() has returned, not null. */
    void TakeFirst()
    {
        Unlink(*m_first);
        m_first = nullptr;
    }

  private:
    static constexpr std::size_t BYTE_BITS = 8;          //!< of a level
    static constexpr std::size_t SLOTS = 1 << BYTE_BITS; //!< of a level
    static constexpr std::size_t LEVELS = 8;             //!< bytes of a time
    static constexpr std::size_t WORD_BITS = 64;         //!< of a bitmap
    /// Items of a slot that are rather looked through than moved
    static constexpr std::size_t FEW = 6;

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
        m_words |= 1U << index / WORD_BITS;
        Link& end = m_slots[index];
        item.next = &end;
        item.previous = end.previous;
        end.previous->next = &item;
        end.previous = &item;
    }

    void Unlink(Item& item)
    {
        Link* const next = item.next;
        Link* const previous = item.previous;
        next->previous = previous;
        previous->next = next;
        // Only the slot itself is left?
        if (next == previous)
        {
            Vacate(static_cast<std::size_t>(next - m_slots.data()));
        }
    }

    void Vacate(std::size_t index)
    {
        uint64_t& word = m_occupied[index / WORD_BITS];
        word &= ~(uint64_t{1} << index % WORD_BITS);
        if (word == 0)
        {
            m_words &= ~(1U << index / WORD_BITS);
        }
    }

    /** @return the first slot that has items */
    std::size_t FindSlot() const
    {
        const auto word = static_cast<std::size_t>(__builtin_ctz(m_words));
        return word * WORD_BITS + static_cast<std::size_t>(__builtin_ctzll(m_occupied[word]));
    }

    void FindFirst(int64_t limit)
    {
        std::size_t index = FindSlot();
        while (index >= SLOTS)
        {
            m_first = FindLeast(m_slots[index], FEW);
            if (m_first)
            {
                return;
            }
            // The first instant of the slot
            const std::size_t shift = index / SLOTS * BYTE_BITS;
            const uint64_t above = static_cast<uint64_t>(m_present) >> shift & ~uint64_t{SLOTS - 1};
            const auto begin = static_cast<int64_t>((above | index % SLOTS) << shift);
            if (begin > limit)
            {
                m_first = FindLeast(m_slots[index], SIZE_MAX);
                return;
            }
            m_present = begin;
            MoveDown(index);
            index = FindSlot();
        }
        m_first = static_cast<Item*>(m_slots[index].next);
    }

    /**
     * @param end a slot with items
     * @param most how many items are looked at
     * @return the first of them, of the same time the one inserted first; null if there are more
     */
    static Item* FindLeast(const Link& end, std::size_t most)
    {
        auto* least = static_cast<Item*>(end.next);
        for (Link* link = least->next; link != &end; link = link->next)
        {
            if (--most == 0)
            {
                return nullptr;
            }
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
    uint32_t m_words{0};    //!< bit i: word i of m_occupied is not zero
    /// A bit for each slot that has items
    std::array<uint64_t, LEVELS * SLOTS / WORD_BITS> m_occupied{};
    std::array<Link, LEVELS * SLOTS> m_slots; //!< rings, a level after the other
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TIMING_WHEEL_H */
