/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/quad-heap.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace ns3
{
namespace offload
{
namespace
{

/** The heap beside a balanced tree, with the same random operations. */
class QuadHeapTest : public ::testing::TestWithParam<uint32_t>
{
  public:
    void Push()
    {
        // Few values, so that many are equal.
        const uint32_t item = m_random() % 50;
        m_heap.Push(item);
        m_tree.insert(item);
    }

    void Step()
    {
        if (m_heap.IsEmpty())
        {
            Push();
            return;
        }
        const uint32_t kind = m_random() % 100;
        if (kind < m_pushes)
        {
            Push();
        }
        else if (kind < 85)
        {
            m_tree.erase(m_tree.begin());
            m_heap.Pop();
        }
        else
        {
            const std::size_t place = m_random() % m_heap.GetItems().size();
            m_tree.erase(m_tree.find(m_heap.GetItems()[place]));
            m_heap.Erase(place);
        }
    }

    QuadHeap<uint32_t> m_heap;
    std::multiset<uint32_t> m_tree;
    std::mt19937 m_random{GetParam()};
    uint32_t m_pushes{45};
};

TEST_P(QuadHeapTest, TheLeastIsOnTopWhateverWasPushedPoppedAndErased)
{
    for (uint32_t step = 0; step < 20'000; ++step)
    {
        // Grow, then shrink to nothing.
        m_pushes = step < 10'000 ? 60 : 30;
        Step();
        ASSERT_EQ(m_heap.IsEmpty(), m_tree.empty()) << "step " << step;
        ASSERT_EQ(m_heap.GetItems().size(), m_tree.size()) << "step " << step;
        if (!m_tree.empty())
        {
            ASSERT_EQ(m_heap.GetTop(), *m_tree.begin()) << "step " << step;
        }
    }
}

TEST_P(QuadHeapTest, ItEmptiesInAscendingOrder)
{
    for (uint32_t i = 0; i < GetParam(); ++i)
    {
        Push();
    }
    for (const uint32_t item : m_tree)
    {
        ASSERT_EQ(m_heap.GetTop(), item);
        m_heap.Pop();
    }
    EXPECT_TRUE(m_heap.IsEmpty());
}

TEST_P(QuadHeapTest, RebuildOrdersWhatWasChanged)
{
    for (uint32_t i = 0; i < GetParam(); ++i)
    {
        Push();
    }
    m_tree.clear();
    for (auto& item : m_heap.GetItems())
    {
        item = m_random() % 50;
        m_tree.insert(item);
    }
    m_heap.Rebuild();
    for (const uint32_t item : m_tree)
    {
        ASSERT_EQ(m_heap.GetTop(), item);
        m_heap.Pop();
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, QuadHeapTest, ::testing::Values(1U, 2U, 4U, 5U, 6U, 21U, 1000U));

} // namespace
} // namespace offload
} // namespace ns3
