/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/reusable-event.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Counts its own calls and remembers when they came. */
class Ticker
{
  public:
    Ticker()
        : m_event(Create<ReusableEvent<Ticker, &Ticker::Tick>>(this))
    {
    }

    ~Ticker()
    {
        m_event->Detach();
    }

    void Tick()
    {
        m_times.push_back(Simulator::Now().GetTimeStep());
        if (m_times.size() < 3)
        {
            m_event->Schedule(TimeStep(1280));
        }
    }

    Ptr<ReusableEvent<Ticker, &Ticker::Tick>> m_event;
    std::vector<int64_t> m_times;
};

TEST(ReusableEventTest, TimeIsKeptInPicoseconds)
{
    EXPECT_EQ(Time::GetResolution(), Time::PS);
    EXPECT_EQ(NanoSeconds(1).GetTimeStep(), 1000);
}

TEST(ReusableEventTest, TheSameEventCanBeScheduledFromItsOwnCall)
{
    Ticker ticker;
    ticker.m_event->Schedule(TimeStep(20));
    EXPECT_TRUE(ticker.m_event->IsPending());
    Simulator::Run();
    EXPECT_FALSE(ticker.m_event->IsPending());
    EXPECT_EQ(ticker.m_times, (std::vector<int64_t>{20, 1300, 2580}));
    Simulator::Destroy();
}

TEST(ReusableEventTest, AnEventWithContextRunsInThatContext)
{
    Ticker ticker;
    ticker.m_event->ScheduleWithContext(7, TimeStep(5));
    Simulator::Run();
    EXPECT_EQ(ticker.m_times.front(), 5);
    EXPECT_EQ(ticker.m_event->GetReferenceCount(), 1U);
    Simulator::Destroy();
}

TEST(ReusableEventTest, APendingEventOfAnOwnerThatWentAwayDoesNothing)
{
    {
        Ticker ticker;
        ticker.m_event->Schedule(TimeStep(5));
    }
    Simulator::Run();
    EXPECT_EQ(Simulator::Now().GetTimeStep(), 5);
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
