/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link/lookahead-test.h"

#include <random>
#include <tuple>

namespace ns3
{
namespace offload
{
namespace
{

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
