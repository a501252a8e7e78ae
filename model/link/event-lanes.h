/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_EVENT_LANES_H
#define OFFLOAD_EVENT_LANES_H

#include "timing-wheel.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ns3
{
namespace offload
{

/**
 * A priority queue of instants for a network, where most are set one of a few delays ahead: how
 * long a full packet takes on a free port, behind another full packet, an acknowledgement, and so
 * on.
 *
 * What is set the same delay ahead happens in the order of setting, so each such delay has a lane,
 * a first-in first-out list, and only the heads of the lanes are put in order. What has no lane is
 * kept by a TimingWheel. Items of the same time are in the order in which they were inserted,
 * wherever they are.
 *
 * What happens seldom is kept out of line: the compiler would save registers for it in each call.
 */
class EventLanes
{
  public:
    /** What is queued: a base class of whatever has a time. */
    struct Item : TimingWheel::Item
    {
        uint32_t tag{0}; //!< order of insertion, whether in a lane, and bits of the owner's
    };

    /// Bits of a tag for the owner: kept from one insertion to the next
    static constexpr uint32_t KEPT_TAG = 1;
    /// Bits of a tag for the owner: cleared by an insertion
    static constexpr uint32_t PASSING_TAG = 2;

    EventLanes()
    {
        for (auto& lane : m_lanes)
        {
            lane.ring = {&lane.ring, &lane.ring};
        }
        m_heads.front() = {std::numeric_limits<int64_t>::max(), nullptr};
        m_first = m_heads.data();
    }

    EventLanes(const EventLanes&) = delete;
    EventLanes& operator=(const EventLanes&) = delete;

    /**
     * @param item not queued
     * @param delay the distance from the present, if it may come again and again; or NO_DELAY
     */
    void Insert(Item& item, int64_t delay)
    {
        m_order += ORDER_STEP;
        const uint32_t tag = (item.tag & KEPT_TAG) | m_order;
        if (static_cast<uint64_t>(delay) < LONGEST_DELAY)
        {
            Lane& lane = m_lanes[GetPlace(delay)];
            if (lane.delay == delay)
            {
                Append(lane, item, tag);
                return;
            }
            // Seen twice, a delay has the lane.
            lane.delay = lane.ring.next == &lane.ring ? delay : lane.delay;
        }
        InsertElsewhere(item, tag);
    }

    /** @param item queued */
    __attribute__((noinline)) void Remove(Item& item)
    {
        if ((item.tag & LANE_TAG) == 0)
        {
            m_wheel.Remove(item);
            return;
        }
        TimingWheel::Link* next = item.next;
        Unlink(item);
        for (Head* head = m_first; head != m_heads.data(); --head)
        {
            if (head->item == &item)
            {
                std::copy(head + 1, m_first + 1, head);
                --m_first;
                if (!IsLane(next))
                {
                    PutHead(*static_cast<Item*>(next), ++m_first);
                }
                return;
            }
        }
    }

    /**
     * @param limit nothing will be inserted that is before both this and the first item: a hint
     * @return the first; null if nothing is queued
     */
    Item* GetFirst(int64_t limit)
    {
        return m_first->time < m_wheelTime ? m_first->item : GetFirstOfAll(limit);
    }

    /** @param first what GetFirst() has returned, not null: take it away */
    void TakeFirst(Item& first)
    {
        if ((first.tag & LANE_TAG) == 0)
        {
            m_wheel.TakeFirst();
            return;
        }
        TimingWheel::Link* next = first.next;
        Unlink(first);
        if (IsLane(next))
        {
            --m_first;
        }
        else
        {
            PutHead(*static_cast<Item*>(next), m_first);
        }
    }

    /// What is not a delay
    static constexpr int64_t NO_DELAY = -1;

  private:
    /// Lanes; one more than the delays that are frequent should find a place
    static constexpr std::size_t LANE_BITS = 4;
    static constexpr std::size_t LANES = 1 << LANE_BITS; //!< see LANE_BITS
    /// Delays have lanes if they are less, ps: what takes longer does not happen often
    static constexpr uint64_t LONGEST_DELAY = 1 << 26;
    /// Bit of a tag: the item is in a lane
    static constexpr uint32_t LANE_TAG = 4;
    /// The other bits of a tag count insertions
    static constexpr uint32_t ORDER_STEP = 8;

    /** Items that were set the same delay ahead. */
    struct alignas(32) Lane // found by a shift
    {
        TimingWheel::Link ring;  //!< the oldest is next
        int64_t delay{NO_DELAY}; //!< of what is put there
    };

    /** The oldest item of a lane. */
    struct Head
    {
        int64_t time; //!< the item's
        Item* item;   //!< the first of its lane
    };

    /** @return index of the lane that a delay would have */
    static std::size_t GetPlace(int64_t delay)
    {
        constexpr uint64_t GOLDEN = 0x9e3779b97f4a7c15; // spreads numbers (Knuth, 6.4)
        constexpr std::size_t WORD_BITS = 64;
        return static_cast<uint64_t>(delay) * GOLDEN >> (WORD_BITS - LANE_BITS);
    }

    /** @return whether one item comes before another one */
    static bool IsBefore(const Item& a, const Item& b)
    {
        // The count goes round, but not while two items wait.
        return a.time != b.time ? a.time < b.time : static_cast<int32_t>(a.tag - b.tag) < 0;
    }

    /** Put an item into its lane. */
    void Append(Lane& lane, Item& item, uint32_t tag)
    {
        TimingWheel::Link* last = lane.ring.previous;
        const bool head = last == &lane.ring;
        if (!head && static_cast<Item*>(last)->time > item.time)
        {
            // The present was another one's.
            InsertElsewhere(item, tag);
            return;
        }
        item.tag = tag | LANE_TAG;
        item.next = &lane.ring;
        item.previous = last;
        last->next = &item;
        lane.ring.previous = &item;
        if (head)
        {
            PutHead(item, ++m_first);
        }
    }

    [[gnu::hot, gnu::noinline]] void InsertElsewhere(Item& item, uint32_t tag) //!< into the wheel
    {
        item.tag = tag;
        m_wheelTime = std::min(m_wheelTime, item.time);
        m_wheel.Insert(item);
    }

    static void Unlink(Item& item) //!< take it out of its lane
    {
        item.next->previous = item.previous;
        item.previous->next = item.next;
    }

    /**
     * Put an item in order among the heads.
     * @param item the head of its lane
     * @param place behind all other heads
     */
    void PutHead(Item& item, Head* place)
    {
        // From the last to the first, so that the first one is taken away without moving others. In
        // front of all is a head that is later than any.
        const int64_t time = item.time;
        while (place[-1].time < time || (place[-1].time == time && IsBefore(*place[-1].item, item)))
        {
            *place = place[-1];
            --place;
        }
        *place = {time, &item};
    }

    /** @copydoc GetFirst */
    [[gnu::hot, gnu::noinline]] Item* GetFirstOfAll(int64_t limit)
    {
        const bool lanes = m_first != m_heads.data();
        const Head& head = *m_first;
        auto* other = static_cast<Item*>(m_wheel.GetFirst(std::min(limit, head.time)));
        m_wheelTime = other ? other->time : std::numeric_limits<int64_t>::max();
        return lanes && !(other && IsBefore(*other, *head.item)) ? head.item : other;
    }

    /** @return whether it is no item but the ring of a lane */
    bool IsLane(const TimingWheel::Link* link) const
    {
        const auto begin = reinterpret_cast<uintptr_t>(m_lanes.data());
        return reinterpret_cast<uintptr_t>(link) - begin < sizeof(m_lanes);
    }

    Head* m_first{nullptr}; //!< the first of all heads: the last of m_heads that there is
    uint32_t m_order{0};    //!< count of insertions, times ORDER_STEP
    int64_t m_wheelTime{0}; //!< nothing in the wheel is before
    /// Of lanes that are not empty, the latest first; before them one that is no lane's
    std::array<Head, LANES + 1> m_heads{};
    std::array<Lane, LANES> m_lanes; //!< see GetPlace
    TimingWheel m_wheel;             //!< what is in no lane
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_EVENT_LANES_H */
