/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The same handlers on the full sPIN unit, on fibers with real packets in L1, and on the lean unit
 * of a switch: same results, at the same times.
 */
#include "ns3/execution-context.h"
#include "ns3/flare-program.h"
#include "ns3/flare-unit.h"
#include "ns3/packet-generator.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/uinteger.h"

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint32_t BLOCKS = 4;
constexpr uint32_t CHILDREN = 16;
constexpr int64_t GAP = 25'000; //!< ps between packets

/** When each block's result came, and its first value. */
struct Outcome
{
    std::map<uint32_t, int64_t> times; //!< ps
    std::map<uint32_t, int32_t> values;
};

FlarePacketPtr
MakePacket(uint32_t number)
{
    auto pool = FlarePacketPool::Get();
    FlarePacketPtr packet = pool->Create();
    packet->kind = FlareKind::DENSE;
    packet->allreduce = 0;
    packet->block = number % BLOCKS;
    packet->port = static_cast<uint8_t>(number / BLOCKS);
    packet->values = 256;
    packet->dataBytes = 1024;
    packet->data = pool->CreateBuffer();
    const std::vector<int32_t> values(256, static_cast<int32_t>(number + 1));
    std::memcpy(packet->data->bytes.data(), values.data(), 1024);
    packet->Seal();
    return packet;
}

FlareReduction
MakeReduction(FlareChoice choice)
{
    FlareReduction reduction;
    reduction.children = CHILDREN;
    reduction.window = BLOCKS;
    reduction.choice = choice;
    reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
    return reduction;
}

void
Note(Outcome& outcome, const FlarePacket& packet, int64_t time)
{
    outcome.times[packet.block] = time;
    std::memcpy(&outcome.values[packet.block], packet.data->bytes.data(), 4);
}

/** The full unit and its wire. */
class FullUnit : public PacketOutput
{
  public:
    explicit FullUnit(FlareChoice choice)
    {
        unit = CreateObject<SpinUnit>();
        auto program = CreateObject<FlareProgram>();
        program->Configure(MakeReduction(choice), *unit);
        context = CreateObject<ExecutionContext>();
        context->SetProgram(program);
        context->SetAttribute("ScratchpadBytes", UintegerValue(program->GetScratchpadBytes()));
        unit->Attach(context);
        unit->SetOutput(this);
        for (uint32_t i = 0; i < BLOCKS * CHILDREN; i++)
        {
            Simulator::Schedule(TimeStep(static_cast<uint64_t>(i * GAP)), &FullUnit::Send, this, i);
        }
        Simulator::Run();
        unit->Dispose();
        Simulator::Destroy();
    }

    void Send(uint32_t number)
    {
        EthernetFrame frame;
        frame.protocol = 0x0800;
        frame.content = MakePacket(number);
        const uint32_t child = number / BLOCKS;
        ASSERT_TRUE(unit->Receive(context,
                                  frame.ToPacket(),
                                  {number % BLOCKS, child == 0, child + 1 == CHILDREN}));
    }

    int64_t GetReadyAt() const override
    {
        return 0;
    }

    void Transmit(Ptr<Packet> frame) override
    {
        Ptr<Packet> payload = frame->Copy();
        payload->RemoveAtStart(14);
        const FlarePacketPtr packet = FlarePacket::Parse(payload, *FlarePacketPool::Get());
        ASSERT_TRUE(packet);
        Note(outcome, *packet, Simulator::Now().GetTimeStep());
    }

    Ptr<SpinUnit> unit;
    Ptr<ExecutionContext> context;
    Outcome outcome;
};

/** The lean one. */
class LeanUnit : public FlareOutput
{
  public:
    explicit LeanUnit(FlareChoice choice)
    {
        FlareUnitConfig config;
        config.spin = CreateObject<SpinUnit>()->GetConfig();
        config.coldCyclesPerLine = 0; // native handlers have no instruction cache
        FlareUnit unit(config, *this);
        FlareHandler& handler = unit.Install(MakeReduction(choice));
        for (uint32_t i = 0; i < BLOCKS * CHILDREN; i++)
        {
            unit.Advance(i * GAP);
            EXPECT_TRUE(unit.Receive(handler, MakePacket(i), i * GAP));
        }
        while (unit.GetNextTime() != INT64_MAX)
        {
            unit.Advance(unit.GetNextTime());
        }
        Simulator::Destroy();
    }

    void SendReduced(FlareHandler&, FlarePacketPtr&& packet, int64_t time) override
    {
        Note(outcome, *packet, time);
    }

    void ResendReduced(FlareHandler&, FlarePacketPtr&&, uint32_t, int64_t) override
    {
        FAIL();
    }

    Outcome outcome;
};

} // namespace

TEST(FlareProgram, TheLeanUnitTakesAsLongAsTheFullOne)
{
    for (const FlareChoice& choice : {FlareChoice{FlareAlgorithm::SINGLE, 1},
                                      FlareChoice{FlareAlgorithm::MULTI, 2},
                                      FlareChoice{FlareAlgorithm::TREE, 1}})
    {
        const FullUnit full(choice);
        const LeanUnit lean(choice);
        ASSERT_EQ(full.outcome.times.size(), BLOCKS);
        ASSERT_EQ(lean.outcome.times.size(), BLOCKS);
        EXPECT_EQ(full.outcome.values, lean.outcome.values);
        for (uint32_t block = 0; block < BLOCKS; block++)
        {
            const auto expected = static_cast<double>(full.outcome.times.at(block));
            EXPECT_NEAR(static_cast<double>(lean.outcome.times.at(block)),
                        expected,
                        0.005 * expected)
                << ToString(choice.algorithm) << ", block " << block;
            // The block's sum: packets block + 1, block + 5, ...
            int32_t sum = 0;
            for (uint32_t child = 0; child < CHILDREN; child++)
            {
                sum += static_cast<int32_t>(child * BLOCKS + block + 1);
            }
            EXPECT_EQ(lean.outcome.values.at(block), sum);
        }
    }
}

TEST(FlareProgram, NeedsItsScratchpad)
{
    auto unit = CreateObject<SpinUnit>();
    auto program = CreateObject<FlareProgram>();
    program->Configure(MakeReduction({FlareAlgorithm::TREE, 1}), *unit);
    auto context = CreateObject<ExecutionContext>();
    context->SetProgram(program);
    EXPECT_THROW(unit->Attach(context), std::invalid_argument);
    unit->Dispose();
    Simulator::Destroy();
}
