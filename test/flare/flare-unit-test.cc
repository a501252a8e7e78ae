/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * A switch's sPIN unit: timing of single packets, contention, contents whatever the order of
 * arrivals, duplicates, tear-down.
 */
#include "ns3/execution-context.h"
#include "ns3/flare-unit.h"
#include "ns3/packet-program.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr int64_t CYCLE = 1000; //!< ps

/** A unit of which the test sees all that comes out. */
class Bench : public FlareOutput, public FlareObserver
{
  public:
    explicit Bench(uint32_t clusters = 4)
    {
        config.spin = CreateObject<SpinUnit>()->GetConfig();
        config.spin.clusters = clusters;
        config.coldCyclesPerLine = 0;
        unit = std::make_unique<FlareUnit>(config, static_cast<FlareOutput&>(*this));
        unit->SetObserver(this);
    }

    ~Bench()
    {
        results.clear();
        resent.clear();
        unit = nullptr;
        Simulator::Destroy();
    }

    FlareHandler& Install(FlareChoice choice,
                          uint32_t children,
                          FlareType type = FlareType::INT32,
                          uint32_t window = 4)
    {
        FlareReduction reduction;
        reduction.children = children;
        reduction.window = window;
        reduction.choice = choice;
        reduction.operation = FlareOperator::Make(type, FlareOperation::SUM);
        return unit->Install(reduction);
    }

    static FlarePacketPtr MakePacket(uint32_t block,
                                     uint32_t child,
                                     const void* data,
                                     uint32_t bytes)
    {
        auto pool = FlarePacketPool::Get();
        FlarePacketPtr packet = pool->Create();
        packet->kind = FlareKind::DENSE;
        packet->allreduce = 0;
        packet->block = block;
        packet->port = static_cast<uint8_t>(child);
        packet->values = static_cast<uint16_t>(bytes / 4);
        packet->dataBytes = bytes;
        if (bytes > 0)
        {
            packet->data = pool->CreateBuffer();
            std::memcpy(packet->data->bytes.data(), data, bytes);
        }
        packet->Seal();
        return packet;
    }

    void Send(FlareHandler& handler, uint32_t block, uint32_t child, int64_t time)
    {
        std::vector<int32_t> values(256, static_cast<int32_t>(child + 1));
        unit->Advance(time);
        ASSERT_TRUE(unit->Receive(handler, MakePacket(block, child, values.data(), 1024), time));
    }

    void Finish()
    {
        while (unit->GetNextTime() != INT64_MAX)
        {
            unit->Advance(unit->GetNextTime());
        }
    }

    void SendReduced(FlareHandler&, FlarePacketPtr&& packet, int64_t time) override
    {
        results.push_back(std::move(packet));
        times.push_back(time);
    }

    void ResendReduced(FlareHandler&, FlarePacketPtr&& packet, uint32_t child, int64_t) override
    {
        resent.push_back(std::move(packet));
        resentTo.push_back(child);
    }

    void HandlerRan(const FlareRun& run) override
    {
        runs.push_back(run);
    }

    FlareUnitConfig config;
    std::unique_ptr<FlareUnit> unit;
    std::vector<FlarePacketPtr> results;
    std::vector<int64_t> times;
    std::vector<FlarePacketPtr> resent;
    std::vector<uint32_t> resentTo;
    std::vector<FlareRun> runs;
};

template <typename T>
std::vector<T>
ValuesOf(const FlarePacket& packet)
{
    std::vector<T> values(packet.values);
    std::memcpy(values.data(), packet.data->bytes.data(), packet.dataBytes);
    return values;
}

const FlareChoice SINGLE{FlareAlgorithm::SINGLE, 1};
const FlareChoice MULTI{FlareAlgorithm::MULTI, 4};
const FlareChoice TREE{FlareAlgorithm::TREE, 1};

/** Does nothing, to see a SpinUnit's latencies. */
class NoProgram : public PacketProgram
{
    HandlerStatus Run(HandlerKind, Hpu&) override
    {
        return HandlerStatus::SUCCESS;
    }
};

/** Keeps when a handler has begun. */
struct EntryTime
{
    void OnHandler(const HandlerRun& run)
    {
        entry = run.entry;
    }

    int64_t entry{-1}; //!< ps
};

} // namespace

TEST(FlareUnit, FirstInstructionComesWhenASpinUnitsDoes)
{
    // The full sPIN unit on a packet of the same size, at the same instant.
    auto unit = CreateObject<SpinUnit>();
    auto context = CreateObject<ExecutionContext>();
    context->SetProgram(CreateObject<NoProgram>());
    unit->Attach(context);
    EntryTime spin;
    unit->TraceConnectWithoutContext("Handler", MakeCallback(&EntryTime::OnHandler, &spin));
    const std::vector<int32_t> values(256, 1);
    Ptr<Packet> packet = Bench::MakePacket(0, 0, values.data(), 1024)->ToPacket(false);
    ASSERT_TRUE(unit->Receive(context, packet, {0, true, true}));
    Simulator::Run();
    unit->Dispose();

    Bench bench;
    bench.Send(bench.Install(SINGLE, 2), 0, 0, 0);
    bench.Finish();
    ASSERT_EQ(bench.runs.size(), 1U);
    EXPECT_EQ(static_cast<int64_t>(bench.runs[0].start) * CYCLE, spin.entry);
}

TEST(FlareUnit, ACopyTakes64CyclesAndASum1184)
{
    Bench bench;
    FlareHandler& handler = bench.Install(SINGLE, 2);
    bench.Send(handler, 0, 0, 0);
    bench.Send(handler, 0, 1, 10'000'000);
    bench.Finish();
    ASSERT_EQ(bench.runs.size(), 2U);
    const uint64_t copy = bench.runs[0].end - bench.runs[0].start;
    const uint64_t sum = bench.runs[1].end - bench.runs[1].start;
    constexpr uint64_t SEND = 8 + 12 + 1; // the second handler sends the result
    EXPECT_EQ(sum - copy, 1184U - 64U + SEND);
    EXPECT_LT(copy, 64U + 50U);
    ASSERT_EQ(bench.results.size(), 1U);
    EXPECT_EQ(ValuesOf<int32_t>(*bench.results[0]), std::vector<int32_t>(256, 3));
}

TEST(FlareUnit, HandlersOfOneBufferWaitForEachOther)
{
    constexpr uint32_t CHILDREN = 8;
    uint64_t last[2];
    const FlareChoice choices[] = {SINGLE, MULTI};
    for (int i = 0; i < 2; i++)
    {
        Bench bench;
        FlareHandler& handler = bench.Install(choices[i], CHILDREN);
        for (uint32_t child = 0; child < CHILDREN; child++)
        {
            bench.Send(handler, 0, child, 0);
        }
        bench.Finish();
        ASSERT_EQ(bench.results.size(), 1U);
        EXPECT_EQ(ValuesOf<int32_t>(*bench.results[0]), std::vector<int32_t>(256, 36));
        last[i] = 0;
        for (const FlareRun& run : bench.runs)
        {
            last[i] = std::max(last[i], run.end);
        }
    }
    EXPECT_GT(last[0], 7 * 1184U); // a copy and seven sums, one after the other
    EXPECT_LT(last[0], 7 * 1184U + 64 + 8 * 50 + 200);
    EXPECT_GT(last[1], (1 + 3) * 1184U); // four copies, four sums at a time, three merges
    EXPECT_LT(last[1], (1 + 3) * 1250U + 64 + 500);
}

TEST(FlareUnit, BlocksOfOneCoreDoNotUseTheOthers)
{
    Bench bench(1);
    FlareReduction reduction;
    reduction.children = 8;
    reduction.window = 8;
    reduction.choice = SINGLE;
    reduction.coresPerBlock = 1;
    reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
    FlareHandler& handler = bench.unit->Install(reduction);
    for (uint32_t child = 0; child < 8; child++)
    {
        bench.Send(handler, 3, child, 0);
    }
    bench.Finish();
    ASSERT_EQ(bench.runs.size(), 8U);
    for (const FlareRun& run : bench.runs)
    {
        EXPECT_EQ(run.core, 3U);
    }
    EXPECT_EQ(bench.results.size(), 1U);
}

TEST(FlareUnit, IntegersAreExactInAnyOrderWithAnyAlgorithm)
{
    std::mt19937 random(3);
    for (const uint32_t children : {1U, 2U, 3U, 7U, 13U, 64U})
    {
        for (const FlareChoice& choice :
             {SINGLE, MULTI, FlareChoice{FlareAlgorithm::MULTI, 2}, TREE})
        {
            Bench bench;
            FlareHandler& handler = bench.Install(choice, children);
            std::vector<int32_t> expected(256);
            std::vector<uint32_t> order(children);
            std::iota(order.begin(), order.end(), 0);
            std::shuffle(order.begin(), order.end(), random);
            int64_t now = 0;
            for (const uint32_t child : order)
            {
                std::vector<int32_t> values(256);
                for (size_t i = 0; i < values.size(); i++)
                {
                    values[i] = static_cast<int32_t>(random());
                    expected[i] = static_cast<int32_t>(static_cast<uint32_t>(expected[i]) +
                                                       static_cast<uint32_t>(values[i]));
                }
                now += static_cast<int64_t>(random() % 400) * CYCLE;
                bench.unit->Advance(now);
                bench.unit->Receive(handler, Bench::MakePacket(9, child, values.data(), 1024), now);
            }
            bench.Finish();
            ASSERT_EQ(bench.results.size(), 1U) << ToString(choice.algorithm) << children;
            EXPECT_EQ(ValuesOf<int32_t>(*bench.results[0]), expected);
            EXPECT_EQ(bench.unit->GetCounters().memoryBytes, 0);
            EXPECT_EQ(bench.unit->GetPacketsInside(), 0U);
        }
    }
}

TEST(FlareUnit, TheTreesFloatingPointSumIsTheSameForAnyOrderOfArrivals)
{
    constexpr uint32_t CHILDREN = 64;
    std::mt19937 random(5);
    std::vector<std::vector<float>> data(CHILDREN, std::vector<float>(256));
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (auto& values : data)
    {
        for (float& value : values)
        {
            value = uniform(random) * std::exp2(static_cast<float>(random() % 40));
        }
    }
    // Pairwise, as the tree's shape says.
    std::vector<std::vector<float>> level = data;
    while (level.size() > 1)
    {
        std::vector<std::vector<float>> next;
        for (size_t i = 0; i < level.size(); i += 2)
        {
            next.push_back(level[i]);
            for (size_t k = 0; k < 256; k++)
            {
                next.back()[k] = level[i][k] + level[i + 1][k];
            }
        }
        level = next;
    }
    std::vector<uint32_t> order(CHILDREN);
    std::iota(order.begin(), order.end(), 0);
    for (int run = 0; run < 100; run++)
    {
        std::shuffle(order.begin(), order.end(), random);
        Bench bench;
        FlareHandler& handler = bench.Install(TREE, CHILDREN, FlareType::FP32);
        int64_t now = 0;
        for (const uint32_t child : order)
        {
            now += static_cast<int64_t>(random() % 300) * CYCLE;
            bench.unit->Advance(now);
            bench.unit->Receive(handler,
                                Bench::MakePacket(0, child, data[child].data(), 1024),
                                now);
        }
        bench.Finish();
        ASSERT_EQ(bench.results.size(), 1U);
        ASSERT_EQ(std::memcmp(bench.results[0]->data->bytes.data(), level[0].data(), 1024), 0);
    }
}

TEST(FlareUnit, ADuplicateIsIgnoredAndACompleteBlocksResultSentAgain)
{
    for (const FlareChoice& choice : {SINGLE, TREE})
    {
        Bench bench;
        FlareHandler& handler = bench.Install(choice, 2);
        bench.Send(handler, 0, 0, 0);
        bench.Send(handler, 0, 0, 5'000'000);
        bench.Send(handler, 0, 1, 10'000'000);
        bench.Finish();
        ASSERT_EQ(bench.results.size(), 1U);
        EXPECT_EQ(ValuesOf<int32_t>(*bench.results[0]), std::vector<int32_t>(256, 3));
        EXPECT_EQ(handler.GetCounters().duplicates, 1U);
        EXPECT_TRUE(bench.resent.empty());
        // The next block of the slot may have begun: its other children have the result.
        bench.Send(handler, 4, 0, 15'000'000);
        bench.Send(handler, 0, 1, 20'000'000);
        bench.Finish();
        ASSERT_EQ(bench.resent.size(), 1U);
        EXPECT_EQ(bench.resentTo[0], 1U);
        EXPECT_EQ(bench.resent[0], bench.results[0]);
        EXPECT_EQ(bench.results.size(), 1U);
    }
}

TEST(FlareUnit, ABlockWhoseSlotIsTakenIsDropped)
{
    Bench bench;
    FlareHandler& handler = bench.Install(SINGLE, 2, FlareType::INT32, 4);
    bench.Send(handler, 1, 0, 0);
    bench.Send(handler, 5, 0, 5'000'000); // the same slot, and block 1 is not complete
    bench.Finish();
    EXPECT_EQ(handler.GetCounters().withoutBuffer, 1U);
    bench.Send(handler, 1, 1, 10'000'000);
    bench.Send(handler, 5, 0, 15'000'000);
    bench.Send(handler, 5, 1, 20'000'000);
    bench.Send(handler, 1, 1, 30'000'000); // older than what the slot has
    bench.Finish();
    EXPECT_EQ(bench.results.size(), 2U);
    EXPECT_EQ(handler.GetCounters().withoutBuffer, 2U);
}

TEST(FlareUnit, BlocksOfASlotShareAClusterWhateverTheWindow)
{
    // L1 has room for two slots of six in two of four clusters, and for one in the others.
    constexpr uint32_t WINDOW = 6;
    Bench bench;
    FlareHandler& handler = bench.Install(SINGLE, 1, FlareType::INT32, WINDOW);
    for (uint32_t block = 0; block < 3 * WINDOW; block++)
    {
        bench.Send(handler, block, 0, block * int64_t{10'000'000});
    }
    bench.Finish();
    ASSERT_EQ(bench.runs.size(), 3U * WINDOW);
    for (uint32_t block = 0; block < 3 * WINDOW; block++)
    {
        EXPECT_EQ(bench.runs[block].core / 8, block % WINDOW % 4) << block;
    }
}

TEST(FlareUnit, MalformedPacketsAreCountedAndDropped)
{
    Bench bench;
    FlareHandler& handler = bench.Install(SINGLE, 2);
    const std::vector<int32_t> values(256);
    FlarePacketPtr wrongChild = Bench::MakePacket(0, 2, values.data(), 1024);
    FlarePacketPtr wrongSize = Bench::MakePacket(0, 0, values.data(), 1024);
    wrongSize->values = 255;
    bench.unit->Receive(handler, std::move(wrongChild), 0);
    bench.unit->Receive(handler, std::move(wrongSize), 0);
    bench.Finish();
    EXPECT_EQ(handler.GetCounters().malformed, 2U);
    EXPECT_EQ(bench.unit->GetCounters().memoryBytes, 0);
    ASSERT_EQ(bench.results.size(), 2U); // and the hosts are told
    EXPECT_EQ(bench.results[1]->kind, FlareKind::FAULT);
    EXPECT_EQ(bench.results[1]->dataBytes, 0U);
}

TEST(FlareUnit, ABarrierHasNoData)
{
    for (const FlareChoice& choice : {SINGLE, MULTI, TREE})
    {
        Bench bench;
        FlareHandler& handler = bench.Install(choice, 3);
        for (uint32_t child = 0; child < 3; child++)
        {
            bench.unit->Receive(handler, Bench::MakePacket(0, child, nullptr, 0), 0);
        }
        bench.Finish();
        ASSERT_EQ(bench.results.size(), 1U);
        EXPECT_EQ(bench.results[0]->dataBytes, 0U);
        EXPECT_LT(bench.times[0], 500 * CYCLE);
    }
}

TEST(FlareUnit, FullPacketMemoryRefuses)
{
    Bench bench(1);
    bench.config.spin.l2PacketBytes = 10 * 1088;
    FlareUnit unit(bench.config, bench);
    FlareReduction reduction;
    reduction.children = 64;
    reduction.choice = SINGLE;
    reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
    FlareHandler& handler = unit.Install(reduction);
    const std::vector<int32_t> values(256);
    uint32_t taken = 0;
    while (unit.Receive(handler, Bench::MakePacket(0, taken, values.data(), 1024), 0))
    {
        ++taken;
    }
    EXPECT_EQ(taken, 10U);
    EXPECT_EQ(unit.GetCounters().refused, 1U);
    while (unit.GetNextTime() != INT64_MAX)
    {
        unit.Advance(unit.GetNextTime());
    }
    EXPECT_TRUE(
        unit.Receive(handler, Bench::MakePacket(0, taken, values.data(), 1024), 1'000'000'000));
}

TEST(FlareUnit, RemovalGivesTheMemoryBackAndPacketsInsideAreHandled)
{
    Bench bench;
    const uint64_t before = bench.unit->GetL1Free();
    FlareHandler& handler = bench.Install(TREE, 16, FlareType::INT32, 64);
    const uint64_t with = bench.unit->GetL1Free();
    EXPECT_LT(with, before);
    bench.Send(handler, 0, 0, 0);
    bench.unit->Remove(handler);
    EXPECT_EQ(bench.unit->GetL1Free(), before);
    EXPECT_EQ(bench.unit->GetPacketsInside(), 1U);
    bench.Finish();
    EXPECT_EQ(bench.unit->GetL1Free(), before);
    EXPECT_EQ(bench.unit->GetPacketsInside(), 0U);
    bench.Send(bench.Install(SINGLE, 1), 0, 0, 50'000'000);
    bench.Finish();
    EXPECT_EQ(bench.results.size(), 1U);
}

TEST(FlareUnit, WhatDoesNotFitIsRefused)
{
    Bench bench;
    EXPECT_THROW(bench.Install(TREE, 64, FlareType::INT32, 1024), std::invalid_argument);
    EXPECT_THROW(bench.Install(SINGLE, 0), std::invalid_argument);
    EXPECT_THROW(bench.Install(SINGLE, 257), std::invalid_argument);
    EXPECT_THROW(bench.Install({FlareAlgorithm::MULTI, 33}, 2), std::invalid_argument);
    FlareUnitConfig odd = bench.config;
    odd.spin.hpusPerCluster = 6;
    EXPECT_THROW(FlareUnit(odd, bench), std::invalid_argument);
}
