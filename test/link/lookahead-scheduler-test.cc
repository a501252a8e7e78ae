/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/lookahead-scheduler.h"
#include "ns3/map-scheduler.h"
#include "ns3/pointer.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

class LookaheadSchedulerTest : public ::testing::Test
{
  public:
    LookaheadSchedulerTest()
    {
        m_scheduler->SetAttribute("Horizon", PointerValue(m_horizon));
    }

    /** @return an event at an instant; the schedulers never look at what it does */
    Scheduler::Event MakeEvent(uint64_t time)
    {
        return {nullptr, {time, ++m_uid, 0}};
    }

    Ptr<EventHorizon> m_horizon = CreateObject<EventHorizon>();
    Ptr<LookaheadScheduler> m_scheduler = CreateObject<LookaheadScheduler>();
    uint32_t m_uid{0};
};

TEST_F(LookaheadSchedulerTest, AgreesWithTheMapSchedulerOnRandomInsertsAndRemoves)
{
    Ptr<Scheduler> map = CreateObject<MapScheduler>();
    std::mt19937 random(7);
    std::vector<Scheduler::Event> present;
    const auto forget = [&present](uint32_t uid) {
        for (auto& event : present)
        {
            if (event.key.m_uid == uid)
            {
                event = present.back();
                present.pop_back();
                return;
            }
        }
    };
    uint64_t now = 0;
    for (uint32_t step = 0; step < 20'000; ++step)
    {
        const uint32_t kind = random() % 100;
        if (kind < 50 || present.empty())
        {
            // Few instants, so that uids often decide.
            const Scheduler::Event event = MakeEvent(now + random() % 20);
            map->Insert(event);
            m_scheduler->Insert(event);
            present.push_back(event);
        }
        else if (kind < 90)
        {
            const Scheduler::Event expected = map->RemoveNext();
            const Scheduler::Event next = m_scheduler->RemoveNext();
            ASSERT_EQ(next.key.m_uid, expected.key.m_uid) << "step " << step;
            ASSERT_EQ(next.key.m_ts, expected.key.m_ts);
            now = next.key.m_ts;
            forget(next.key.m_uid);
        }
        else
        {
            const Scheduler::Event event = present[random() % present.size()];
            map->Remove(event);
            m_scheduler->Remove(event);
            forget(event.key.m_uid);
        }
        ASSERT_EQ(m_scheduler->IsEmpty(), map->IsEmpty());
        if (map->IsEmpty())
        {
            ASSERT_EQ(m_horizon->time, EventHorizon::NONE);
        }
        else
        {
            ASSERT_EQ(m_scheduler->PeekNext().key.m_uid, map->PeekNext().key.m_uid);
            ASSERT_EQ(m_horizon->time, static_cast<int64_t>(map->PeekNext().key.m_ts));
        }
    }
}

TEST_F(LookaheadSchedulerTest, AHorizonKnowsNothingBeforeAndAfterTheScheduler)
{
    EXPECT_EQ(CreateObject<EventHorizon>()->time, EventHorizon::UNKNOWN);
    EXPECT_EQ(m_horizon->time, EventHorizon::NONE);
    m_scheduler->Insert(MakeEvent(5));
    EXPECT_EQ(m_horizon->time, 5);
    m_scheduler = nullptr;
    EXPECT_EQ(m_horizon->time, EventHorizon::UNKNOWN);
}

TEST_F(LookaheadSchedulerTest, AHorizonThatComesLateLearnsOfEventsThatAreThere)
{
    m_scheduler->Insert(MakeEvent(9));
    m_scheduler->Insert(MakeEvent(4));
    Ptr<EventHorizon> late = CreateObject<EventHorizon>();
    m_scheduler->SetAttribute("Horizon", PointerValue(late));
    EXPECT_EQ(late->time, 4);
}

} // namespace
} // namespace offload
} // namespace ns3
