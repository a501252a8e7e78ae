/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/event-lanes.h"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <list>
#include <map>
#include <random>

namespace ns3
{
namespace offload
{
namespace
{

/** The lanes beside a balanced tree in which equal times keep their order; any share of delays. */
class EventLanesTest : public ::testing::TestWithParam<uint32_t>
{
  public:
    using Tree = std::multimap<int64_t, EventLanes::Item*>;

    /** Insert one item, some delay ahead of the present. */
    void Insert()
    {
        // Small numbers, so that different delays often lead to the same instant.
        constexpr std::array<int64_t, 6> FREQUENT{0, 10, 20, 30, 150, 1'000};
        const bool frequent = m_random() % 100 < GetParam();
        const int64_t delay =
            frequent ? FREQUENT[m_random() % FREQUENT.size()]
                     : static_cast<int64_t>(m_random() % 200'000'000 >> m_random() % 28);
        m_items.emplace_back();
        EventLanes::Item& item = m_items.back();
        item.tag = EventLanes::KEPT_TAG | EventLanes::PASSING_TAG;
        item.time = m_now + delay;
        // Who does not know the present says nothing, or something wrong.
        const uint32_t kind = m_random() % 20;
        m_lanes.Insert(item,
                       kind == 0   ? EventLanes::NO_DELAY
                       : kind == 1 ? FREQUENT[m_random() % FREQUENT.size()]
                                   : delay);
        EXPECT_EQ(item.tag & (EventLanes::KEPT_TAG | EventLanes::PASSING_TAG),
                  EventLanes::KEPT_TAG);
        m_tree.emplace(item.time, &item);
    }

    void TakeFirst()
    {
        m_now = m_tree.begin()->first;
        m_lanes.TakeFirst(*m_tree.begin()->second);
        m_tree.erase(m_tree.begin());
    }

    void RemoveAny()
    {
        auto any = m_tree.lower_bound(m_now + static_cast<int64_t>(m_random() % 1'000));
        if (any == m_tree.end())
        {
            any = m_tree.begin();
        }
        m_lanes.Remove(*any->second);
        m_tree.erase(any);
    }

    std::list<EventLanes::Item> m_items;
    Tree m_tree;
    EventLanes m_lanes;
    std::mt19937_64 m_random{1};
    int64_t m_now{0};
};

TEST_P(EventLanesTest, TheFirstIsTheEarliestAndOfThoseTheOldest)
{
    for (uint32_t step = 0; step < 40'000; ++step)
    {
        // Grow, then shrink to nothing, twice.
        const uint32_t inserts = step % 20'000 < 10'000 ? 55 : 35;
        const uint32_t kind = m_random() % 100;
        if (kind < inserts || m_tree.empty())
        {
            Insert();
        }
        else if (kind < 90)
        {
            TakeFirst();
        }
        else
        {
            RemoveAny();
        }
        const int64_t limit = m_now + static_cast<int64_t>(m_random() % 3'000);
        ASSERT_EQ(m_lanes.GetFirst(limit), m_tree.empty() ? nullptr : m_tree.begin()->second)
            << "step " << step;
    }
}

INSTANTIATE_TEST_SUITE_P(PercentOfFrequentDelays,
                         EventLanesTest,
                         ::testing::Values(0, 50, 95, 100),
                         ::testing::PrintToStringParamName());

} // namespace
} // namespace offload
} // namespace ns3
