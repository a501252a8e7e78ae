/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/cycle-scheduler.h"
#include "ns3/simulator.h"

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** A block with one cycle event. */
struct Block
{
    Block(CycleScheduler& scheduler, CyclePhase phase)
        : clock(scheduler),
          event(CycleEvent::Of<Block, &Block::Happen>(this, phase))
    {
    }

    void Happen()
    {
        cycles.push_back(clock.Now());
        times.push_back(Simulator::Now().GetTimeStep());
        if (then)
        {
            then();
        }
    }

    CycleScheduler& clock;        //!< its clock
    CycleEvent event;             //!< its event
    std::vector<uint64_t> cycles; //!< when it happened
    std::vector<int64_t> times;   //!< when it happened, ps
    std::function<void()> then;   //!< reaction
};

class CycleSchedulerTest : public testing::Test
{
  protected:
    CycleSchedulerTest()
    {
        clock->SetPeriod(1000);
    }

    ~CycleSchedulerTest() override
    {
        clock.reset();
        Simulator::Destroy();
    }

    std::unique_ptr<CycleScheduler> clock{std::make_unique<CycleScheduler>()};
};

TEST_F(CycleSchedulerTest, CallsBlocksOfOneCycleInOrderOfPhaseWhateverTheOrderOfScheduling)
{
    std::vector<int> order;
    Block feedback(*clock, CyclePhase::GLOBAL_FEEDBACK);
    Block hpu(*clock, CyclePhase::HPU);
    Block inbound(*clock, CyclePhase::NIC_INBOUND);
    Block hpu2(*clock, CyclePhase::HPU);
    feedback.then = [&] { order.push_back(3); };
    hpu.then = [&] { order.push_back(1); };
    hpu2.then = [&] { order.push_back(2); };
    inbound.then = [&] { order.push_back(0); };
    clock->Schedule(feedback.event, 5);
    clock->Schedule(hpu.event, 5);
    clock->Schedule(inbound.event, 5);
    clock->Schedule(hpu2.event, 5);
    Simulator::Run();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(feedback.times, std::vector<int64_t>{5000});
    EXPECT_EQ(clock->GetActiveCycles(), 1U);
}

TEST_F(CycleSchedulerTest, RunsALaterPhaseOfTheCurrentCycleInTheSameCycle)
{
    Block first(*clock, CyclePhase::MPQ_ENGINE);
    Block second(*clock, CyclePhase::HPU);
    first.then = [&] { clock->Schedule(second.event, clock->Now()); };
    clock->Schedule(first.event, 3);
    Simulator::Run();
    EXPECT_EQ(second.cycles, std::vector<uint64_t>{3});
}

TEST_F(CycleSchedulerTest, WakesEarlierButNeverLater)
{
    for (const uint64_t was : {10U, 40U, 100U, 5000U})
    {
        for (const uint64_t wanted : {7U, 10U, 60U, 200U, 9000U})
        {
            Block block(*clock, CyclePhase::HPU);
            const uint64_t begin = clock->Now();
            clock->Schedule(block.event, begin + was);
            clock->Wake(block.event, begin + wanted);
            Simulator::Run();
            EXPECT_EQ(block.cycles, std::vector<uint64_t>{begin + std::min(was, wanted)})
                << was << " " << wanted;
        }
    }
}

TEST_F(CycleSchedulerTest, RoundsOutsideTimeUpToTheNextCycle)
{
    Block block(*clock, CyclePhase::HPU);

    struct Outside
    {
        static void Wake(CycleScheduler* clock, CycleEvent* event)
        {
            EXPECT_EQ(clock->Now(), 3U); // 2.5 ns
            clock->Wake(*event, clock->Now());
        }
    };

    Simulator::Schedule(TimeStep(2500), &Outside::Wake, clock.get(), &block.event);
    Simulator::Run();
    EXPECT_EQ(block.times, std::vector<int64_t>{3000});
}

TEST_F(CycleSchedulerTest, IsSilentAfterItsEndHoweverManyAlarmsArePending)
{
    // Each earlier wake-up from outside needs an earlier ns-3 event than those pending.
    Block block(*clock, CyclePhase::HPU);
    Block other(*clock, CyclePhase::HPU);
    clock->Schedule(block.event, 1000);
    for (const uint64_t cycle : {800U, 600U, 400U, 200U, 20U})
    {
        clock->Wake(other.event, cycle);
    }
    clock.reset();
    Simulator::Run(); // ASan sees it if an event calls the scheduler that is gone
    EXPECT_TRUE(block.cycles.empty());
    EXPECT_TRUE(other.cycles.empty());
}

/** Random schedules against a sorted reference; from inside and outside of cycles. */
TEST_F(CycleSchedulerTest, AgreesWithASortedReferenceOnRandomSchedules)
{
    constexpr unsigned BLOCKS = 20;
    constexpr unsigned STEPS = 3000;
    std::mt19937 random(4711);
    std::vector<std::unique_ptr<Block>> blocks;
    std::map<unsigned, uint64_t> due; // reference: what is pending, and when
    std::vector<std::pair<uint64_t, unsigned>> happened;
    unsigned steps = 0;
    auto plan = [&](uint64_t now) {
        const unsigned index = random() % BLOCKS;
        // Mostly near, now and then beyond the wheel.
        const uint64_t delay = 1 + (random() % 8 ? random() % 30 : random() % 400);
        const uint64_t cycle = now + delay;
        if (!due.count(index))
        {
            due[index] = cycle;
            clock->Schedule(blocks[index]->event, cycle);
        }
        else
        {
            due[index] = std::min(due[index], cycle);
            clock->Wake(blocks[index]->event, cycle);
        }
    };
    for (unsigned i = 0; i < BLOCKS; i++)
    {
        blocks.push_back(std::make_unique<Block>(*clock, static_cast<CyclePhase>(i % 11)));
        blocks[i]->then = [&, i] {
            const uint64_t now = clock->Now();
            ASSERT_TRUE(due.count(i));
            ASSERT_EQ(due[i], now);
            ASSERT_EQ(Simulator::Now().GetTimeStep(), static_cast<int64_t>(now) * 1000);
            for (const auto& [other, cycle] : due)
            {
                ASSERT_GE(cycle, now) << "an earlier one was left behind";
            }
            due.erase(i);
            happened.emplace_back(now, i);
            for (unsigned n = random() % 3; n > 0 && steps < STEPS; n--, steps++)
            {
                plan(now);
            }
        };
    }

    struct Outside
    {
        static void Call(std::function<void()>* function)
        {
            (*function)();
        }
    };

    std::function<void()> outside = [&] {
        plan(clock->Now());
        if (++steps < STEPS)
        {
            Simulator::Schedule(TimeStep(random() % 40000), &Outside::Call, &outside);
        }
    };
    Simulator::Schedule(TimeStep(0), &Outside::Call, &outside);
    Simulator::Run();
    EXPECT_TRUE(due.empty());
    EXPECT_GT(happened.size(), STEPS / 3);
    for (size_t i = 1; i < happened.size(); i++)
    {
        ASSERT_GE(happened[i].first, happened[i - 1].first);
        if (happened[i].first == happened[i - 1].first &&
            happened[i].second != happened[i - 1].second)
        {
            ASSERT_GE(happened[i].second % 11, happened[i - 1].second % 11)
                << "phases out of order";
        }
    }
}

} // namespace
} // namespace offload
} // namespace ns3
