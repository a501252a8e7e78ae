/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "random-schedule.h"

#include <gtest/gtest.h>
#include <tuple>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

class HandlerOrder : public testing::TestWithParam<uint32_t>
{
};

TEST_P(HandlerOrder, HoldsForAnyInterleavingOfMessages)
{
    SpinFixture fixture;
    ScheduleOptions options;
    options.seed = GetParam();
    RandomSchedule schedule(fixture, options);
    fixture.Run();
    schedule.Check();
}

TEST_P(HandlerOrder, HoldsForBacklogsOfShortPackets)
{
    SpinFixture fixture;
    fixture.source.synchronous = GetParam() % 2;
    ScheduleOptions options;
    options.seed = GetParam() + 1000;
    options.maxBytes = 64;
    options.maxGap = 0;
    options.maxPackets = 40;
    options.openAtOnce = 1 + GetParam() % 16;
    options.commands = GetParam() % 3 == 0;
    RandomSchedule schedule(fixture, options);
    fixture.Run();
    schedule.Check();
    EXPECT_GT(schedule.GetConcurrency(), 4U) << "payload handlers did not run concurrently";
}

TEST_P(HandlerOrder, HoldsForPacketsOfOneMessageOnly)
{
    SpinFixture fixture;
    ScheduleOptions options;
    options.seed = GetParam() + 2000;
    options.flows = 1;
    options.messages = 30;
    options.maxPackets = 1;
    options.maxGap = 3000;
    options.allHandlers = true;
    RandomSchedule schedule(fixture, options);
    fixture.Run();
    schedule.Check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, HandlerOrder, testing::Range(1U, 9U));

TEST(HandlerOrderOfOne, HeaderRunsAloneOnTheFirstPacketAndCompletionOnTheLast)
{
    SpinFixture fixture;
    bool headerOver = false;
    std::vector<HandlerKind> kinds;
    fixture.AddFlow(
        [&](HandlerKind kind, Hpu& hpu) {
            kinds.push_back(kind);
            if (kind == HandlerKind::HEADER)
            {
                EXPECT_TRUE(hpu.IsFirst());
                hpu.Execute(5000U);
                hpu.Synchronise(); // all other packets are long there
                headerOver = true;
            }
            else
            {
                EXPECT_TRUE(headerOver);
                EXPECT_EQ(hpu.IsLast(), hpu.GetPacket().Load<PacketTag>(0).packet == 9);
            }
            return HandlerStatus::SUCCESS;
        },
        {HandlerKind::HEADER, HandlerKind::PAYLOAD, HandlerKind::COMPLETION});
    fixture.OfferMessage(0, 0, 0, 10);
    fixture.Run();
    ASSERT_EQ(kinds.size(), 12U);
    EXPECT_EQ(kinds.front(), HandlerKind::HEADER);
    EXPECT_EQ(kinds.back(), HandlerKind::COMPLETION);
}

TEST(HandlerOrderOfOne, AMessageWithoutPayloadHandlerStillCompletes)
{
    SpinFixture fixture;
    fixture.AddFlow([](HandlerKind, Hpu&) { return HandlerStatus::SUCCESS; },
                    {HandlerKind::HEADER, HandlerKind::COMPLETION});
    fixture.AddFlow([](HandlerKind, Hpu&) { return HandlerStatus::SUCCESS; }, {});
    fixture.OfferMessage(0, 0, 0, 5);
    fixture.OfferMessage(0, 1, 0, 5);
    fixture.Run();
    EXPECT_EQ(fixture.runs.size(), 2U);
    EXPECT_EQ(fixture.unit->GetCounters().messagesDone, 2U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 10U);
}

/** All that the traces say about a run, as numbers. */
std::vector<std::vector<int64_t>>
TraceOf(uint32_t seed)
{
    SpinFixture fixture;
    ScheduleOptions options;
    options.seed = seed;
    RandomSchedule schedule(fixture, options);
    fixture.Run();
    std::vector<std::vector<int64_t>> trace;
    for (const TaggedRun& r : fixture.runs)
    {
        trace.push_back({r.run.cluster,
                         r.run.hpu,
                         r.run.message,
                         r.run.entry,
                         r.run.exit,
                         r.run.doorbell,
                         r.tag.flow,
                         r.tag.message,
                         r.tag.packet});
    }
    for (const PacketRun& p : fixture.packets)
    {
        trace.push_back({p.message, p.bytes, p.arrival, p.her, p.feedback});
    }
    for (const CommandRun& c : fixture.commands)
    {
        trace.push_back({c.interface, c.cluster, c.hpu, c.bytes, c.issue, c.accepted, c.response});
    }
    for (const int64_t time : fixture.wire.times)
    {
        trace.push_back({time});
    }
    return trace;
}

TEST(Determinism, TheSameTrafficGivesTheSameTraces)
{
    const auto first = TraceOf(99);
    // Other objects at other addresses in between.
    const std::vector<Ptr<ExecutionContext>> ballast(17, CreateObject<ExecutionContext>());
    const auto other = TraceOf(100);
    const auto second = TraceOf(99);
    EXPECT_GT(first.size(), 500U);
    EXPECT_EQ(first, second);
    EXPECT_NE(first, other);
}

} // namespace
} // namespace offload
} // namespace ns3
