/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/timing-wheel.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <list>
#include <map>
#include <random>

namespace ns3
{
namespace offload
{
namespace
{

/** The wheel beside a balanced tree in which equal times keep their order. */
class TimingWheelTest : public ::testing::TestWithParam<int64_t>
{
  public:
    using Tree = std::multimap<int64_t, TimingWheel::Item*>;

    void Insert(int64_t time)
    {
        m_items.emplace_back();
        m_items.back().time = time;
        m_wheel.Insert(m_items.back());
        m_tree.emplace(time, &m_items.back());
    }

    /** @return from 0 to the parameter, small numbers as likely as large ones */
    int64_t Distance()
    {
        const int64_t distance = static_cast<int64_t>(m_random() % GetParam());
        return distance >> m_random() % 24;
    }

    void TakeFirst()
    {
        m_now = m_tree.begin()->first;
        m_tree.erase(m_tree.begin());
        m_wheel.TakeFirst();
    }

    void RemoveAny()
    {
        auto any = m_tree.lower_bound(m_now + Distance());
        if (any == m_tree.end())
        {
            any = m_tree.begin();
        }
        m_wheel.Remove(*any->second);
        m_tree.erase(any);
    }

    /** @return what is first according to the tree */
    TimingWheel::Item* Expected() const
    {
        return m_tree.empty() ? nullptr : m_tree.begin()->second;
    }

    std::list<TimingWheel::Item> m_items;
    Tree m_tree;
    TimingWheel m_wheel;
    std::mt19937_64 m_random{1};
    int64_t m_now{0};
};

TEST_P(TimingWheelTest, TheFirstIsTheEarliestAndOfThoseTheOldest)
{
    for (uint32_t step = 0; step < 20'000; ++step)
    {
        // Grow, then shrink to nothing.
        const uint32_t inserts = step < 10'000 ? 55 : 35;
        const uint32_t kind = m_random() % 100;
        if (kind < inserts || m_tree.empty())
        {
            Insert(m_now + Distance());
        }
        else if (kind < 90)
        {
            TakeFirst();
        }
        else
        {
            RemoveAny();
        }
        // Sometimes with the promise that nothing earlier comes, which is kept.
        const int64_t limit = m_random() % 2 == 0 || m_tree.empty() ? m_now : m_tree.begin()->first;
        ASSERT_EQ(m_wheel.GetFirst(limit), Expected()) << "step " << step;
    }
}

TEST_P(TimingWheelTest, ItemsMayComeBeforeTheLastOneTaken)
{
    for (uint32_t i = 0; i < 300; ++i)
    {
        Insert(GetParam() + Distance());
    }
    for (uint32_t i = 0; i < 100; ++i)
    {
        ASSERT_EQ(m_wheel.GetFirst(std::numeric_limits<int64_t>::max()), Expected());
        TakeFirst();
        Insert(Distance());
        Insert(GetParam() + Distance());
    }
    while (!m_tree.empty())
    {
        ASSERT_EQ(m_wheel.GetFirst(m_now), Expected());
        TakeFirst();
    }
    EXPECT_EQ(m_wheel.GetFirst(m_now), nullptr);
}

TEST(TimingWheelItemTest, TheGreatestTimeIsATimeLikeOthers)
{
    TimingWheel wheel;
    TimingWheel::Item last;
    last.time = std::numeric_limits<int64_t>::max();
    TimingWheel::Item first;
    first.time = 0;
    wheel.Insert(last);
    wheel.Insert(first);
    ASSERT_EQ(wheel.GetFirst(0), &first);
    wheel.TakeFirst();
    ASSERT_EQ(wheel.GetFirst(0), &last);
    wheel.TakeFirst();
    EXPECT_EQ(wheel.GetFirst(0), nullptr);
}

// From all at once to hours apart, ps
INSTANTIATE_TEST_SUITE_P(Distances,
                         TimingWheelTest,
                         ::testing::Values(1, 300, 70'000, 300'000'000, 1'000'000'000'000'000));

} // namespace
} // namespace offload
} // namespace ns3
