/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link/lookahead-test.h"

#include "ns3/global-value.h"
#include "ns3/heap-scheduler.h"
#include "ns3/map-scheduler.h"
#include "ns3/type-id.h"

namespace ns3
{
namespace offload
{
namespace
{

TEST_F(LookaheadQueueTest, EventsHappenInTheOrderOfTheirInstantsThenOfTheirSetting)
{
    SetSilent(1, 300);
    SetSilent(2, 100);
    SetSilent(3, 200);
    SetSilent(4, 100);
    Event& moved = SetSilent(5, 50);
    SetSilent(6, 200);
    moved.Set(0, 200);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{2, 4, 3, 6, 5, 1}));
    EXPECT_EQ(m_log.back().instant, 300);
    EXPECT_EQ(LookaheadQueue::Get().GetEventCount(), 6U);
}

TEST_F(LookaheadQueueTest, SilentEventsRunAheadOnlyUpToTheNextNs3Event)
{
    for (uint32_t i = 1; i <= 5; ++i)
    {
        SetSilent(i, 100 * i);
    }
    ScheduleNs3(10, 350);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2, 3, 10, 4, 5}));
    std::vector<int64_t> simulator;
    for (const auto& happening : m_log)
    {
        simulator.push_back(happening.simulator);
    }
    // The first of each run is woken up at its own instant, the others run ahead.
    EXPECT_EQ(simulator, (std::vector<int64_t>{100, 100, 100, 350, 400, 400}));
}

TEST_F(LookaheadQueueTest, AnEventDoesNotRunAheadOfAnNs3EventOfItsOwnInstant)
{
    SetSilent(1, 100);
    ScheduleNs3(10, 200);
    SetSilent(2, 200);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 10, 2}));
    EXPECT_EQ(m_log.back().simulator, 200);
}

TEST_F(LookaheadQueueTest, WhatASilentEventSetsRunsAheadToo)
{
    Event& second = MakeEvent(2);
    Event& first = SetSilent(1, 100);
    first.then = [&second](int64_t now) { second.Set(0, now + 50); };
    ScheduleNs3(10, 160);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2, 10}));
    EXPECT_EQ(m_log[1].instant, 150);
    EXPECT_EQ(m_log[1].simulator, 100);
}

TEST_F(LookaheadQueueTest, VisibleEventsHappenAtTheirInstantAndInTheirContext)
{
    SetSilent(1, 100);
    MakeEvent(2, true).Set(2, 200);
    MakeEvent(3, true).Set(3, 200);
    SetSilent(4, 250);
    MakeEvent(5, true).Set(5, 300);
    Simulator::Run();
    ASSERT_EQ(GetIds(), (Ids{1, 2, 3, 4, 5}));
    for (const std::size_t i : {1, 2, 4})
    {
        EXPECT_EQ(m_log[i].simulator, m_log[i].instant);
        EXPECT_EQ(m_log[i].context, m_log[i].id);
    }
}

TEST_F(LookaheadQueueTest, AnEventThatIsSetAgainHappensOnceAtTheLastInstant)
{
    Event& earlier = SetSilent(1, 500);
    Event& later = SetSilent(2, 100);
    earlier.Set(0, 50);
    later.Set(0, 600);
    EXPECT_EQ(earlier.GetTime(), 50);
    EXPECT_EQ(later.GetTime(), 600);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2}));
    EXPECT_EQ(m_log[0].instant, 50);
    EXPECT_EQ(m_log[1].instant, 600);
    EXPECT_FALSE(earlier.IsSet());
}

TEST_F(LookaheadQueueTest, AVisibleEventMayMoveToAnotherContextAtTheSameInstant)
{
    Event& event = MakeEvent(1, true);
    event.Set(3, 100);
    event.Set(4, 100);
    Simulator::Run();
    ASSERT_EQ(GetIds(), Ids{1});
    EXPECT_EQ(m_log[0].context, 4U);
}

TEST_F(LookaheadQueueTest, SetByKeepsTheEarlierInstant)
{
    Event& event = SetSilent(1, 100);
    event.SetBy(0, 200);
    EXPECT_EQ(event.GetTime(), 100);
    event.SetBy(0, 60);
    EXPECT_EQ(event.GetTime(), 60);
    Event& unset = MakeEvent(2);
    unset.SetBy(0, 70);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2}));
}

TEST_F(LookaheadQueueTest, AClearedEventDoesNotHappenUnlessSetAgain)
{
    SetSilent(1, 100).Clear();
    Event& again = SetSilent(2, 100);
    again.Clear();
    EXPECT_FALSE(again.IsSet());
    again.Set(0, 100);
    SetSilent(3, 50).then = [this](int64_t) { m_events[3]->Clear(); };
    SetSilent(4, 60);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{3, 2}));
}

TEST_F(LookaheadQueueTest, AnEventMayBeDestroyedWhileItIsSet)
{
    SetSilent(1, 100);
    SetSilent(2, 100);
    m_events.front() = nullptr;
    SetSilent(3, 50).then = [this](int64_t) { m_events[3] = nullptr; };
    SetSilent(4, 60);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{3, 2}));
}

TEST_F(LookaheadQueueTest, AnEventMayDestroyItself)
{
    auto gone = std::make_unique<Event>(*this, 1, false);
    gone->then = [&gone](int64_t) { gone = nullptr; };
    gone->Set(0, 100);
    SetSilent(2, 100);
    // A second entry of it in the queue, which no longer counts.
    gone->Set(0, 90);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2}));
}

TEST_F(LookaheadQueueTest, SurfaceCallsAtTheInstantItselfBeforeAnythingLater)
{
    std::vector<Happening> calls;
    const auto surface = [this, &calls](int64_t now) {
        const bool ahead = LookaheadQueue::Get().IsAhead();
        LookaheadQueue::Get().Surface(5, [this, &calls, now] {
            calls.push_back({static_cast<uint32_t>(m_log.size()),
                             now,
                             Simulator::Now().GetTimeStep(),
                             Simulator::GetContext()});
        });
        EXPECT_EQ(calls.empty(), ahead) << "not ahead: called before Surface returns";
    };
    SetSilent(1, 100);
    SetSilent(2, 200).then = surface;
    SetSilent(3, 200);
    SetSilent(4, 300);
    Simulator::Run();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].instant, 200);
    EXPECT_EQ(calls[0].simulator, 200);
    EXPECT_EQ(calls[0].context, 5U);
    EXPECT_EQ(calls[0].id, 3U) << "after those of its instant, before the next one";
}

TEST_F(LookaheadQueueTest, SurfaceCallsAtOnceWhenNothingIsAhead)
{
    bool called = false;
    LookaheadQueue::Get().Surface(0, [&called] { called = true; });
    EXPECT_TRUE(called);
    called = false;
    MakeEvent(1, true).Set(0, 100);
    m_events.back()->then = [&called](int64_t) {
        LookaheadQueue::Get().Surface(0, [&called] { called = true; });
        EXPECT_TRUE(called);
    };
    Simulator::Run();
    EXPECT_EQ(GetIds(), Ids{1});
}

TEST_F(LookaheadQueueTest, StopInAVisibleEventStopsSilentOnesTooAndRunGoesOn)
{
    SetSilent(1, 100);
    MakeEvent(2, true).Set(0, 200);
    m_events.back()->then = [](int64_t) { Simulator::Stop(); };
    SetSilent(3, 200);
    SetSilent(4, 300);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2}));
    EXPECT_EQ(Simulator::Now().GetTimeStep(), 200);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2, 3, 4}));
}

TEST_F(LookaheadQueueTest, StopInAVisibleEventHoldsBackSilentOnesWhileNs3HasEvents)
{
    MakeEvent(1, true).Set(1, 100);
    m_events.back()->then = [](int64_t) { Simulator::Stop(); };
    SetSilent(2, 200);
    ScheduleNs3(10, 1000);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1}));
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2, 10}));
}

TEST_F(LookaheadQueueTest, SilentEventsAfterAVisibleOneNeedNoNs3EventWhileOthersWait)
{
    MakeEvent(1, true).Set(1, 100);
    SetSilent(2, 200);
    SetSilent(3, 300);
    ScheduleNs3(10, 1000);
    const uint64_t before = Simulator::GetEventCount();
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2, 3, 10}));
    EXPECT_EQ(m_log[1].simulator, 100);
    EXPECT_EQ(Simulator::GetEventCount() - before, 2U);
}

TEST_F(LookaheadQueueTest, StopAtAnInstantHoldsBackWhatComesAfterIt)
{
    SetSilent(1, 100);
    SetSilent(2, 200);
    Simulator::Stop(TimeStep(150));
    Simulator::Run();
    EXPECT_EQ(GetIds(), Ids{1});
    EXPECT_EQ(LookaheadQueue::Now(), 150);
}

TEST_F(LookaheadQueueTest, TheSimulationEndsAtTheInstantOfTheLastEvent)
{
    SetSilent(1, 100);
    SetSilent(2, 1000);
    Simulator::Run();
    EXPECT_EQ(CountAhead(), 1U);
    EXPECT_EQ(Simulator::Now().GetTimeStep(), 1000);
    // What is done next is not in the past of what has happened.
    EXPECT_EQ(LookaheadQueue::Now(), 1000);
}

TEST_F(LookaheadQueueTest, AnNs3EventThatIsRemovedNoLongerLimits)
{
    const EventId removed = ScheduleNs3(10, 150);
    SetSilent(1, 100).then = [&removed](int64_t) { Simulator::Remove(removed); };
    SetSilent(2, 200);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2}));
    EXPECT_EQ(m_log[1].simulator, 100);
}

TEST_F(LookaheadQueueTest, WithAnotherSchedulerNothingRunsAhead)
{
    UseMapScheduler();
    SetSilent(1, 100);
    SetSilent(2, 200);
    ScheduleNs3(3, 300);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 2, 3}));
    EXPECT_EQ(CountAhead(), 0U);
}

TEST_F(LookaheadQueueTest, ASchedulerThatTheUserHasChosenStays)
{
    GlobalValue::Bind("SchedulerType", TypeIdValue(HeapScheduler::GetTypeId()));
    SetSilent(1, 100);
    SetSilent(2, 200);
    ScheduleNs3(3, 300);
    Simulator::Run();
    GlobalValue::Bind("SchedulerType", TypeIdValue(MapScheduler::GetTypeId()));
    EXPECT_EQ(GetIds(), (Ids{1, 2, 3}));
    EXPECT_EQ(CountAhead(), 0U);
}

TEST_F(LookaheadQueueTest, DestroyForgetsWhatIsPendingAndTheNextSimulationStartsAnew)
{
    Event& silent = SetSilent(1, 100);
    Event& visible = MakeEvent(2, true);
    visible.Set(0, 200);
    SetSilent(3, 300);
    Simulator::Stop(TimeStep(150));
    Simulator::Run();
    EXPECT_EQ(GetIds(), Ids{1});
    Simulator::Destroy();
    EXPECT_FALSE(visible.IsSet());
    EXPECT_EQ(LookaheadQueue::Get().GetEventCount(), 0U);
    EXPECT_EQ(LookaheadQueue::Now(), 0);
    m_log.clear();
    // In the same order as before: numbers of the first simulation must not be taken for new ones.
    silent.Set(0, 10);
    visible.Set(4, 20);
    SetSilent(5, 15);
    Simulator::Run();
    EXPECT_EQ(GetIds(), (Ids{1, 5, 2}));
    EXPECT_EQ(CountAhead(), 1U);
    EXPECT_EQ(m_log.back().simulator, 20);
    EXPECT_EQ(m_log.back().context, 4U);
}

TEST_F(LookaheadQueueTest, DestroyForgetsCallsThatWereToSurface)
{
    bool called = false;
    SetSilent(1, 100);
    SetSilent(2, 200).then = [&called](int64_t) {
        LookaheadQueue::Get().Surface(0, [&called] { called = true; });
        // At the same instant, and earlier in the queue.
        Simulator::Stop();
    };
    Simulator::Run();
    Simulator::Destroy();
    EXPECT_FALSE(called);
}

} // namespace
} // namespace offload
} // namespace ns3
