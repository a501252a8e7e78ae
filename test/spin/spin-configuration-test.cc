/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"

#include "ns3/nstime.h"
#include "ns3/object-factory.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

HandlerStatus
Nothing(HandlerKind, Hpu&)
{
    return HandlerStatus::SUCCESS;
}

/** An impossible combination, and what makes it possible. */
struct BadUnit
{
    const char* name;                                    //!< of the test
    std::vector<std::pair<std::string, uint64_t>> wrong; //!< attributes
    std::vector<std::pair<std::string, uint64_t>> cure;  //!< attributes
    std::vector<std::string> inMessage;                  //!< what the line says
};

class ImpossibleUnit : public testing::TestWithParam<BadUnit>
{
};

TEST_P(ImpossibleUnit, IsRefusedWithOneLineAndACorrectedOneRuns)
{
    const BadUnit& bad = GetParam();
    SpinFixture fixture;
    for (const auto& [name, value] : bad.wrong)
    {
        fixture.Set(name, value);
    }
    Flow& flow = fixture.MakeFlow(Nothing);
    std::string line;
    try
    {
        fixture.unit->Attach(flow.context);
    }
    catch (const std::invalid_argument& error)
    {
        line = error.what();
    }
    ASSERT_FALSE(line.empty()) << "was accepted";
    EXPECT_EQ(line.find('\n'), std::string::npos);
    for (const std::string& part : bad.inMessage)
    {
        EXPECT_NE(line.find(part), std::string::npos) << line;
    }
    EXPECT_FALSE(flow.context->IsAttached());
    EXPECT_FALSE(flow.context->IsEnabled());
    for (const auto& [name, value] : bad.cure)
    {
        fixture.Set(name, value);
    }
    fixture.unit->Attach(flow.context);
    fixture.OfferMessage(0, 0, 0, 20);
    fixture.Run();
    EXPECT_EQ(fixture.runs.size(), 20U);
}

INSTANTIATE_TEST_SUITE_P(Of,
                         ImpossibleUnit,
                         testing::Values(BadUnit{"ClustersBeyondTheMemoryMap",
                                                 {{"Clusters", 49}, {"L1Bytes", 131072}},
                                                 {{"Clusters", 48}},
                                                 {"Clusters", "1 ... 48"}},
                                         BadUnit{"RingsThatDoNotDivideTheBuffer",
                                                 {{"L1PacketRings", 3}},
                                                 {{"L1PacketRings", 2}},
                                                 {"L1PacketBytes", "64 * L1PacketRings"}},
                                         BadUnit{"MoreRingsThanSlots",
                                                 {{"L1PacketBytes", 64}},
                                                 {{"L1PacketRings", 1}},
                                                 {"L1PacketBytes"}},
                                         BadUnit{"L1TooSmallForItsPacketBuffer",
                                                 {{"L1Bytes", 65536}},
                                                 {{"L1PacketBytes", 32768}},
                                                 {"L1Bytes", "17408 + L1PacketBytes"}},
                                         BadUnit{"L2OfHalfASlot",
                                                 {{"L2PacketBytes", 1000}},
                                                 {{"L2PacketBytes", 1024}},
                                                 {"L2PacketBytes", "multiple of 64"}},
                                         BadUnit{"NicMemoryOfTheContextTooLarge",
                                                 {{"L2HandlerBytes", 4032}},
                                                 {{"L2HandlerBytes", 4096}},
                                                 {"NicMemoryBytes", "0 ... 4032"}},
                                         BadUnit{"ScratchpadOfTheContextTooLarge",
                                                 {{"L1Bytes", 17408 + 65536 + 960}},
                                                 {{"L1Bytes", 17408 + 65536 + 1024}},
                                                 {"ScratchpadBytes", "0 ... 960"}}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ImpossibleContext, IsRefusedWithOneLineAndLeavesNothingBehind)
{
    struct Case
    {
        const char* attribute;
        uint64_t value;
        const char* inMessage;
    };

    const std::vector<Case> cases = {
        {"HostMemoryAddress", 0, "HostMemoryAddress"},
        {"HostMemoryBytes", SpinFixture::HOST_BYTES + 1, "HostMemoryBytes"},
        {"HostMemoryBytes", UINT64_MAX, "HostMemoryBytes"},
        {"HostMemoryAddress", UINT64_MAX - 5, "HostMemoryAddress"},
        {"NicMemoryBytes", 4194305, "NicMemoryBytes"},
        {"NicMemoryBytes", UINT32_MAX, "NicMemoryBytes"},
        {"ScratchpadBytes", 1048576, "ScratchpadBytes"},
    };
    for (const Case& c : cases)
    {
        SpinFixture fixture;
        fixture.AddFlow(Nothing);
        const uint32_t nic = fixture.unit->GetPipeline().nicMemory.GetFreeBytes();
        const uint32_t scratch = fixture.unit->GetPipeline().scratchpads.GetFreeBytes();
        Flow& flow = fixture.MakeFlow(Nothing);
        flow.context->SetAttribute(c.attribute, UintegerValue(c.value));
        try
        {
            fixture.unit->Attach(flow.context);
            ADD_FAILURE() << c.attribute << " was accepted";
        }
        catch (const std::invalid_argument& error)
        {
            EXPECT_NE(std::string(error.what()).find(c.inMessage), std::string::npos)
                << error.what();
        }
        EXPECT_FALSE(flow.context->IsAttached());
        EXPECT_EQ(fixture.unit->GetPipeline().nicMemory.GetFreeBytes(), nic);
        EXPECT_EQ(fixture.unit->GetPipeline().scratchpads.GetFreeBytes(), scratch);
        EXPECT_TRUE(flow.events.empty());
    }
}

TEST(ImpossibleUnitClock, AClockThatStandsIsRefusedAndACorrectedOneRuns)
{
    SpinFixture fixture;
    Flow& flow = fixture.MakeFlow(Nothing);
    fixture.unit->SetAttributeFailSafe("ClockPeriod", TimeValue(TimeStep(0)));
    EXPECT_THROW(fixture.unit->Attach(flow.context), std::invalid_argument);
    fixture.unit->SetAttribute("ClockPeriod", TimeValue(PicoSeconds(400)));
    fixture.unit->Attach(flow.context);
    fixture.OfferMessage(0, 0, 0, 2);
    fixture.Run();
    ASSERT_EQ(fixture.packets.size(), 2U);
    // The empty handler charges nothing: 30 cycles of its own and one beat twice (pspin.md).
    EXPECT_EQ(fixture.packets[0].feedback - fixture.packets[0].arrival, 30 * 400);
}

TEST(ImpossibleContext, NoProgramNoContext)
{
    SpinFixture fixture;
    auto context = CreateObject<ExecutionContext>();
    EXPECT_THROW(fixture.unit->Attach(context), std::invalid_argument);
    Flow& flow = fixture.AddFlow(Nothing);
    EXPECT_THROW(fixture.unit->Attach(flow.context), std::invalid_argument) << "attached twice";
}

TEST(ImpossibleContext, AProgramThatRefusesItsContextLeavesNothingBehind)
{
    SpinFixture fixture;
    fixture.AddFlow(Nothing);
    const uint32_t nic = fixture.unit->GetPipeline().nicMemory.GetFreeBytes();
    auto context = CreateObject<ExecutionContext>();
    ObjectFactory factory("ns3::offload::AggregateProgram");
    context->SetProgram(factory.Create<HandlerProgram>());
    context->SetAttribute("NicMemoryBytes", UintegerValue(64));
    EXPECT_THROW(fixture.unit->Attach(context), std::invalid_argument); // wants a scratchpad
    EXPECT_FALSE(context->IsAttached());
    EXPECT_EQ(fixture.unit->GetPipeline().nicMemory.GetFreeBytes(), nic);
    context->SetAttribute("ScratchpadBytes", UintegerValue(4));
    fixture.unit->Attach(context);
    EXPECT_TRUE(context->IsEnabled());
}

TEST(Attributes, ValuesOutOfRangeAreRefusedOneByOne)
{
    auto unit = CreateObject<SpinUnit>();
    const std::vector<std::pair<std::string, std::vector<uint64_t>>> bad = {
        {"Clusters", {0, 65}},
        {"HpusPerCluster", {0, 65}},
        {"MessageQueues", {0, 65536}},
        {"PacketCellsPerQueue", {0}},
        {"L1PacketRings", {0}},
        {"L1Bytes", {0, 4194305}},
        {"L2PacketBytes", {0, 12582913}},
        {"L2HandlerBytes", {4194305}},
        {"WordBytes", {0, 3}},
        {"CommandsPerHpu", {0, 9}},
        {"CommandsPerInterface", {0}},
        {"OutboundCommands", {0}},
        {"OutboundPackets", {0}},
        {"OutboundMaxPacket", {13}},
        {"HostDmaQueue", {0}},
        {"HostDirectQueue", {0}},
        {"FiberStackBytes", {0, 100}},
    };
    for (const auto& [name, values] : bad)
    {
        for (const uint64_t value : values)
        {
            EXPECT_FALSE(unit->SetAttributeFailSafe(name, UintegerValue(value)))
                << name << " " << value;
        }
    }
    EXPECT_FALSE(unit->SetAttributeFailSafe("ClockPeriod", TimeValue(TimeStep(-1))));
    EXPECT_FALSE(unit->SetAttributeFailSafe("MessageTimeout", TimeValue(TimeStep(-1))));
}

TEST(Attributes, TheyCountWhenTheUnitIsBuiltNotLater)
{
    SpinFixture fixture;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        EXPECT_EQ(hpu.GetClusters(), 4U);
        hpu.Execute(50U);
        return HandlerStatus::SUCCESS;
    });
    fixture.Set("Clusters", 16);
    fixture.Set("HpusPerCluster", 64);
    fixture.Set("MessageQueues", 4096);
    fixture.Set("CommandsPerHpu", 8);
    EXPECT_EQ(fixture.unit->GetConfig().clusters, 4U);
    for (uint32_t i = 0; i < 300; i++)
    {
        fixture.OfferMessage(i * 1000, 0, i, 3, 64, 0);
    }
    fixture.AddFlow(Nothing); // touches the scratchpads of all clusters
    fixture.Run();
    EXPECT_EQ(fixture.runs.size(), 900U);
    EXPECT_LE(fixture.unit->GetCounters().hpusBusyMax, 32U);
}

TEST(Attributes, AContextThatWantsNoMemoryFitsAlways)
{
    SpinFixture fixture;
    fixture.Set("L2HandlerBytes", 4096);
    fixture.Set("L1Bytes", 17408 + 65536 + 1024);
    fixture.AddFlow(Nothing); // takes all of it
    for (int i = 0; i < 3; i++)
    {
        Flow& flow = fixture.MakeFlow(Nothing);
        flow.context->SetAttribute("NicMemoryBytes", UintegerValue(0));
        flow.context->SetAttribute("ScratchpadBytes", UintegerValue(0));
        fixture.unit->Attach(flow.context);
        EXPECT_EQ(flow.context->GetNicMemory(), nullptr);
        EXPECT_EQ(flow.context->GetScratchpad(0), nullptr);
    }
    fixture.OfferMessage(0, 3, 0, 5);
    fixture.Run();
    EXPECT_EQ(fixture.runs.size(), 5U);
}

TEST(Attributes, TheLargestUnitRuns)
{
    SpinFixture fixture;
    fixture.Set("Clusters", 48);
    fixture.Set("HpusPerCluster", 64);
    fixture.Set("MessageQueues", 65535);
    fixture.Set("L1Bytes", 4194304);
    fixture.Set("L2PacketBytes", 12582912);
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        EXPECT_TRUE(HoldsPattern(hpu.GetPacket()));
        hpu.Execute(4000U);
        return HandlerStatus::SUCCESS;
    });
    for (uint32_t i = 0; i < 1000; i++)
    {
        fixture.OfferMessage(i * 1000, 0, i, 2, 1024, 0);
    }
    fixture.Run();
    EXPECT_EQ(fixture.runs.size(), 2000U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
}

} // namespace
} // namespace offload
} // namespace ns3
