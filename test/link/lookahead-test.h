/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What tests of the LookaheadQueue share: events that write down when they happen.
 */
#ifndef OFFLOAD_LOOKAHEAD_TEST_H
#define OFFLOAD_LOOKAHEAD_TEST_H

#include "ns3/event-id.h"
#include "ns3/lookahead-queue.h"
#include "ns3/nstime.h"
#include "ns3/object-factory.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
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

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LOOKAHEAD_TEST_H */
