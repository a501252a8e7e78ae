/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "random-schedule.h"

#include "ns3/global-scheduler.h"
#include "ns3/nic-inbound.h"
#include "ns3/nstime.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

using Type = ContextEvent::Type;

constexpr auto ALL = {HandlerKind::HEADER, HandlerKind::PAYLOAD, HandlerKind::COMPLETION};

TEST(Overload, AtFourTimesTheSustainableRateNothingIsLostMemoryIsBoundedAndItRecovers)
{
    constexpr uint32_t CYCLES = 1280;        // of a handler: 32 HPUs sustain one per 40 ns
    constexpr int64_t GAP = 10000;           // ps, four times that
    constexpr uint32_t BYTES = 200;          // four slots
    constexpr uint32_t L2_BYTES = 64 * 1024; // 256 such packets
    constexpr uint32_t PACKETS = 3000;
    SpinFixture fixture;
    fixture.Set("L2PacketBytes", L2_BYTES);
    Flow& flow = fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(CYCLES);
        return HandlerStatus::SUCCESS;
    });
    uint64_t most = 0;
    fixture.source.onOffer = [&] { most = std::max(most, fixture.unit->GetPacketsInside()); };
    constexpr int64_t BEGIN = 10000000;
    constexpr int64_t AFTER = BEGIN + PACKETS * 45000; // all done by then
    fixture.OfferMessage(0, 0, 0, 1, BYTES);
    for (uint32_t i = 0; i < PACKETS / 10; i++)
    {
        fixture.OfferMessage(BEGIN + i * 10 * GAP, 0, 1 + i, 10, BYTES, GAP);
    }
    fixture.OfferMessage(AFTER, 0, 0, 1, BYTES);
    fixture.Run();
    const SpinCounters& counters = fixture.unit->GetCounters();
    EXPECT_EQ(counters.packetsIn, PACKETS + 2);
    EXPECT_EQ(counters.packetsDone, PACKETS + 2);
    EXPECT_EQ(counters.handlersRun, PACKETS + 2);
    EXPECT_EQ(counters.packetsDropped, 0U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), PACKETS / 10 + 2);
    EXPECT_GT(fixture.source.refusals, 0U);
    EXPECT_EQ(counters.packetsRefused, fixture.source.refusals);
    EXPECT_LE(most, L2_BYTES / 256);
    EXPECT_GT(most, L2_BYTES / 256 - 32) << "the buffer was not used";
    EXPECT_EQ(counters.hpusBusyMax, 32U);
    // Sustained: one packet each 40 ns and the overhead of pick-up and doorbell.
    const int64_t middle =
        fixture.packets[PACKETS * 3 / 4].feedback - fixture.packets[PACKETS / 4].feedback;
    EXPECT_NEAR(static_cast<double>(middle) / (PACKETS / 2.0), 40000, 1000);
    // Idle latency: 30 + 2 * s/64 (pspin.md) with the handler instead of the empty one's 2 cycles.
    const auto latency = [&](size_t i) {
        return fixture.packets[i].feedback - fixture.packets[i].arrival;
    };
    ASSERT_EQ(fixture.packets.back().arrival, AFTER);
    EXPECT_EQ(latency(0), (30 + 2 * 4 + CYCLES - 2) * 1000);
    EXPECT_EQ(latency(PACKETS + 1), latency(0));
}

TEST(Overload, TheShippedGeneratorOffersRefusedPacketsAgain)
{
    SpinFixture fixture;
    fixture.Set("L2PacketBytes", 2048);
    Flow& flow = fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(3000U);
        return HandlerStatus::SUCCESS;
    });

    struct Make
    {
        static Ptr<Packet> Next(uint32_t index)
        {
            return TaggedPacket({0, index / 20, index % 20}, 100);
        }
    };

    PacketGenerator generator(fixture.unit, flow.context);
    PacketGenerator::Traffic traffic;
    traffic.messages = 30;
    traffic.packets = 20;
    generator.Start(traffic, MakeCallback(&Make::Next));
    Simulator::Run();
    EXPECT_EQ(generator.GetSent(), 600U);
    EXPECT_GT(fixture.unit->GetCounters().packetsRefused, 0U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 600U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 30U);
    std::set<std::pair<uint32_t, uint32_t>> seen;
    for (const TaggedRun& run : fixture.runs)
    {
        seen.insert({run.tag.message, run.tag.packet});
    }
    EXPECT_EQ(seen.size(), 600U);
}

/** The smallest of everything. */
TEST(Overload, TheSmallestUnitFinishesEverything)
{
    SpinFixture fixture;
    for (const char* name : {"Clusters",
                             "HpusPerCluster",
                             "MessageQueues",
                             "PacketCellsPerQueue",
                             "L1PacketRings",
                             "CommandsPerHpu",
                             "CommandsPerInterface",
                             "OutboundCommands",
                             "OutboundPackets",
                             "HostDmaQueue",
                             "HostDirectQueue"})
    {
        fixture.Set(name, 1);
    }
    fixture.Set("PacketCells", 0);
    fixture.Set("TasksBuffered", 0);
    fixture.Set("L1PacketBytes", 1024);
    fixture.Set("L2PacketBytes", 1024);
    fixture.wire.gap = 3333;
    ScheduleOptions options;
    options.openAtOnce = 1;
    options.maxGap = 0;
    options.messages = 10;
    options.allHandlers = true;
    RandomSchedule schedule(fixture, options);
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(Seconds(1)));
    fixture.Run();
    schedule.Check();
    EXPECT_EQ(fixture.unit->GetCounters().hpusBusyMax, 1U);
}

class AnyConfiguration : public testing::TestWithParam<uint32_t>
{
};

/** Whatever the sizes, everything finishes, in order, and nothing is lost. */
TEST_P(AnyConfiguration, FinishesEverything)
{
    std::mt19937 random(GetParam());
    const auto draw = [&random](uint32_t low, uint32_t high) {
        return low + static_cast<uint32_t>(random() % (high - low + 1));
    };
    SpinFixture fixture;
    std::string chosen;
    const auto set = [&](const std::string& name, uint32_t value) {
        fixture.Set(name, value);
        chosen += name + "=" + std::to_string(value) + " ";
    };
    const uint32_t rings = draw(1, 4);
    const uint32_t ringBytes = 64 * draw(2, 40);
    const uint32_t queues = draw(1, 12);
    set("Clusters", draw(1, 4));
    set("HpusPerCluster", draw(1, 4));
    set("MessageQueues", queues);
    set("PacketCells", draw(0, 6));
    set("PacketCellsPerQueue", draw(1, 2));
    set("TasksBuffered", draw(0, 4));
    set("L1PacketRings", rings);
    set("L1PacketBytes", rings * ringBytes);
    set("L2PacketBytes", 64 * draw(2, 80));
    set("WordBytes", 8U << draw(0, 4));
    set("InboundLatency", draw(0, 6));
    set("PacketDmaLatency", draw(0, 20));
    set("PickupCycles", draw(1, 6));
    set("DoorbellCycles", draw(0, 3));
    set("LoopCycles", draw(1, 4));
    set("CommandsPerHpu", draw(1, 8));
    set("CommandsPerInterface", draw(1, 8));
    set("OutboundCommands", draw(1, 4));
    set("OutboundPackets", draw(1, 4));
    set("OutboundLatency", draw(0, 3));
    set("OutboundReadGap", draw(0, 3));
    set("HostDmaQueue", draw(1, 4));
    set("HostDmaWriteLatency", draw(0, 30));
    set("HostDmaReadLatency", draw(0, 30));
    set("HostDirectQueue", draw(1, 4));
    set("HostDirectLatency", draw(0, 4));
    fixture.unit->SetAttribute("ClockPeriod", TimeValue(PicoSeconds(draw(1, 3) * 333)));
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(Seconds(1)));
    SCOPED_TRACE(chosen);
    fixture.wire.gap = draw(0, 1) * draw(0, 200000);
    fixture.source.synchronous = draw(0, 1);
    ScheduleOptions options;
    options.seed = GetParam();
    options.messages = 8;
    options.openAtOnce = draw(1, queues);
    options.maxBytes = fixture.unit->GetMaxPacketBytes();
    options.maxGap = draw(0, 1) * 50000;
    RandomSchedule schedule(fixture, options);
    fixture.Run();
    schedule.Check();
    EXPECT_EQ(fixture.unit->GetPipeline().messages.GetOpen(), 0U);
    EXPECT_EQ(fixture.unit->GetPipeline().nicInbound->GetBuffer().GetPackets(), 0U);
    for (uint32_t i = 0; i < fixture.unit->GetConfig().clusters; i++)
    {
        EXPECT_EQ(fixture.unit->GetPipeline().globalScheduler->GetOccupancy(i), 0U);
    }
    // All packets gone: the next ones find an idle unit, whatever happened before.
    const uint64_t before = fixture.unit->GetCounters().packetsDone;
    fixture.OfferMessage(Simulator::Now().GetTimeStep(), 0, 1000, 3, 64);
    fixture.Run();
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, before + 3);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyConfiguration, testing::Range(1U, 61U));

class Fairness : public testing::TestWithParam<uint32_t>
{
};

/** Both backlogged, one ten times heavier per packet: as many tasks for each. */
TEST_P(Fairness, ALightContextKeepsItsShareOfTasks)
{
    const uint32_t messagesEach = GetParam();
    constexpr uint32_t PACKETS = 4000; // of each
    SpinFixture fixture;
    for (const uint32_t cycles : {100U, 1000U})
    {
        fixture.AddFlow([cycles](HandlerKind, Hpu& hpu) {
            hpu.Execute(cycles);
            return HandlerStatus::SUCCESS;
        });
    }
    for (uint32_t i = 0; i < PACKETS; i++)
    {
        for (uint32_t flow = 0; flow < 2; flow++)
        {
            fixture.Offer(0,
                          flow,
                          i % messagesEach,
                          i / messagesEach,
                          i < messagesEach,
                          i + messagesEach >= PACKETS);
        }
    }
    fixture.Run();
    ASSERT_EQ(fixture.runs.size(), 2 * PACKETS);
    // Windows of handler starts in the middle of the run.
    std::vector<TaggedRun> runs = fixture.runs;
    std::sort(runs.begin(), runs.end(), [](const TaggedRun& a, const TaggedRun& b) {
        return a.run.pickup < b.run.pickup;
    });
    constexpr size_t WINDOW = 1000;
    for (size_t begin = WINDOW; begin + 2 * WINDOW <= runs.size(); begin += WINDOW)
    {
        const auto light = std::count_if(runs.begin() + static_cast<long>(begin),
                                         runs.begin() + static_cast<long>(begin + WINDOW),
                                         [](const TaggedRun& run) { return run.tag.flow == 0; });
        EXPECT_NEAR(static_cast<double>(light), WINDOW / 2.0, WINDOW * 0.03) << begin;
    }
}

INSTANTIATE_TEST_SUITE_P(MessagesEach, Fairness, testing::Values(1U, 2U, 4U, 16U));

/** Round robin between messages: a message with a deep backlog does not delay a newcomer's turn. */
TEST(FairnessOfQueues, ANewMessageIsServedBeforeTheBacklogOfAnother)
{
    SpinFixture fixture;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(5000U);
        return HandlerStatus::SUCCESS;
    });
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(10U);
        return HandlerStatus::SUCCESS;
    });
    // 128 cells shared: the first flow fills clusters and leaves 40 in its queue.
    fixture.OfferMessage(0, 0, 0, 120, 64);
    fixture.OfferMessage(200000, 1, 0, 1, 64);
    fixture.Run();
    size_t before = 0;
    for (const TaggedRun& run : fixture.runs)
    {
        if (run.tag.flow == 1)
        {
            break;
        }
        before++;
    }
    EXPECT_LE(before, 4 * 20U + 2 * 4) << "only what was in the clusters already";
}

} // namespace
} // namespace offload
} // namespace ns3
