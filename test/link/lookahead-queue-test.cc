/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/event-id.h"
#include "ns3/lookahead-queue.h"
#include "ns3/nstime.h"
#include "ns3/object-factory.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** What somebody has seen. */
struct Happening
{
    uint32_t id;
    int64_t instant;   //!< LookaheadQueue::Now()
    int64_t simulator; //!< Simulator::Now()
    uint32_t context;  //!< Simulator::GetContext()
};

class LookaheadQueueTest : public ::testing::Test
{
  public:
    /** An event that records that it happened, and then does something. */
    class Event : public LookaheadEvent
    {
      public:
        Event(LookaheadQueueTest& test, uint32_t id, bool visible)
            : m_test(test),
              m_id(id),
              m_visible(visible)
        {
        }

        std::function<void(int64_t)> then;

      private:
        void Happen(int64_t now) override
        {
            EXPECT_EQ(now, LookaheadQueue::Now());
            m_test.Record(m_id);
            // A copy, since the event may be destroyed by it.
            if (const auto call = then)
            {
                call(now);
            }
        }

        bool IsVisible() const override
        {
            return m_visible;
        }

        LookaheadQueueTest& m_test;
        uint32_t m_id;
        bool m_visible;
    };

    void TearDown() override
    {
        m_events.clear();
        Simulator::Destroy();
    }

    Event& MakeEvent(uint32_t id, bool visible = false)
    {
        m_events.push_back(std::make_unique<Event>(*this, id, visible));
        return *m_events.back();
    }

    /** A silent event that is set. */
    Event& SetSilent(uint32_t id, int64_t time)
    {
        Event& event = MakeEvent(id);
        event.Set(0, time);
        return event;
    }

    void Record(uint32_t id)
    {
        m_log.push_back(
            {id, LookaheadQueue::Now(), Simulator::Now().GetTimeStep(), Simulator::GetContext()});
    }

    EventId ScheduleNs3(uint32_t id, int64_t time)
    {
        return Simulator::Schedule(TimeStep(time), &LookaheadQueueTest::Record, this, id);
    }

    static void UseMapScheduler()
    {
        LookaheadQueue::Get();
        ObjectFactory factory;
        factory.SetTypeId("ns3::MapScheduler");
        Simulator::SetScheduler(factory);
    }

    std::vector<uint32_t> GetIds() const
    {
        std::vector<uint32_t> ids;
        for (const auto& happening : m_log)
        {
            ids.push_back(happening.id);
        }
        return ids;
    }

    uint32_t CountAhead() const
    {
        uint32_t count = 0;
        for (const auto& happening : m_log)
        {
            count += happening.instant > happening.simulator ? 1 : 0;
        }
        return count;
    }

    using Ids = std::vector<uint32_t>;

    std::vector<Happening> m_log;
    std::vector<std::unique_ptr<Event>> m_events;
};

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

/** Random events, silent and visible, and ns-3's, which set each other off. */
class LookaheadMix : public LookaheadQueueTest, public ::testing::WithParamInterface<uint32_t>
{
  public:
    void Build()
    {
        m_random.seed(GetParam());
        m_left = 3000;
        for (uint32_t i = 0; i < EVENTS; ++i)
        {
            Event& event = MakeEvent(i, i % 5 == 0);
            event.then = [this, i](int64_t now) { Continue(i, now); };
            event.Set(i, m_random() % 50);
        }
        for (uint32_t i = 0; i < 5; ++i)
        {
            Simulator::Schedule(TimeStep(m_random() % 50), &LookaheadMix::Ns3, this, EVENTS + i);
        }
    }

    void Continue(uint32_t id, int64_t now)
    {
        if (m_left == 0)
        {
            return;
        }
        --m_left;
        // Few instants, so that ties are frequent.
        const uint32_t other = m_random() % EVENTS;
        switch (m_random() % 4)
        {
        case 0:
            m_events[other]->Set(other, now + m_random() % 40);
            break;
        case 1:
            m_events[other]->SetBy(other, now + m_random() % 40);
            break;
        case 2:
            m_events[other]->Clear();
            break;
        default:
            break;
        }
        m_events[id]->SetBy(id, now + 1 + m_random() % 60);
        if (m_random() % 8 == 0)
        {
            // At once or after all others of its instant: only the instants can be compared.
            LookaheadQueue::Get().Surface(id, [this, now] {
                EXPECT_EQ(Simulator::Now().GetTimeStep(), now);
                m_surfaced.push_back(now);
            });
        }
    }

    void Ns3(uint32_t id)
    {
        Record(id);
        const int64_t now = Simulator::Now().GetTimeStep();
        if (m_left > 0)
        {
            Simulator::Schedule(TimeStep(m_random() % 200), &LookaheadMix::Ns3, this, id);
            Continue(id % EVENTS, now);
        }
    }

    /** What everybody must agree on: for silent events the simulator's clock is nobody's affair. */
    std::vector<std::tuple<uint32_t, int64_t, int64_t, uint32_t>> Run()
    {
        Build();
        Simulator::Run();
        std::vector<std::tuple<uint32_t, int64_t, int64_t, uint32_t>> result;
        for (const auto& happening : m_log)
        {
            const bool silent = happening.id < EVENTS && happening.id % 5 != 0;
            result.emplace_back(happening.id,
                                happening.instant,
                                silent ? 0 : happening.simulator,
                                silent ? 0 : happening.context);
        }
        m_ahead = CountAhead();
        m_ns3Events = Simulator::GetEventCount();
        m_log.clear();
        m_events.clear();
        Simulator::Destroy();
        return result;
    }

    static constexpr uint32_t EVENTS = 40;

    std::mt19937 m_random;
    uint32_t m_left{0};
    uint32_t m_ahead{0};
    uint64_t m_ns3Events{0};
    std::vector<int64_t> m_surfaced;
};

TEST_P(LookaheadMix, TheSequenceIsThatWithoutRunningAhead)
{
    const auto ahead = Run();
    const uint64_t events = m_ns3Events;
    const std::vector<int64_t> surfaced = std::exchange(m_surfaced, {});
    EXPECT_GT(surfaced.size(), 100U);
    EXPECT_GT(m_ahead, 100U);
    UseMapScheduler();
    const auto inStep = Run();
    EXPECT_EQ(m_ahead, 0U);
    EXPECT_GT(inStep.size(), 3000U);
    EXPECT_EQ(ahead, inStep);
    EXPECT_EQ(surfaced, m_surfaced);
    EXPECT_LT(events, m_ns3Events);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LookaheadMix, ::testing::Range(1U, 9U));

} // namespace
} // namespace offload
} // namespace ns3
