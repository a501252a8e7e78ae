/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"

#include <cstdio>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using Type = ContextEvent::Type;
constexpr uint64_t WINDOW = SpinFixture::HOST_BYTES / 2; //!< the first context's

/** Something that a handler must not do. */
struct Misdeed
{
    const char* name;                 //!< for a person
    std::function<void(Hpu&)> act;    //!< what it does
    HandlerStatus status;             //!< what becomes of it
    std::vector<std::string> inCause; //!< what the cause says
};

std::string
Hex(uint64_t value)
{
    char text[32];
    std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::vector<Misdeed>
Misdeeds()
{
    // Addresses from PsPIN's memory map (pspin.md), with the fixture's sizes: one packet of 256 B
    // at the beginning of the buffers, 4 KiB of NIC memory, 1 KiB of scratchpad.
    constexpr uint32_t L1 = 0x10000000;
    constexpr uint32_t PACKET = L1 + 0x4400;
    constexpr uint32_t L2_PACKET = 0x1C400000;
    constexpr uint32_t NIC = 0x1C000000;
    constexpr uint32_t SCRATCHPAD = L1 + 0x14400;
    const auto segv = HandlerStatus::SEGV;
    const auto fail = HandlerStatus::FAIL;
    return {
        {"PacketReadBehind",
         [](Hpu& h) { h.GetPacket().Load<uint8_t>(256); },
         segv,
         {Hex(PACKET + 256)}},
        {"PacketReadAcrossTheEnd",
         [](Hpu& h) { h.GetPacket().Load<uint32_t>(253); },
         segv,
         {Hex(PACKET + 253), "4 bytes"}},
        {"PacketReadBeforeTheBeginning",
         [](Hpu& h) { h.GetPacket().Load<uint64_t>(static_cast<uint32_t>(-8)); },
         segv,
         {"0x"}},
        {"PacketWrite",
         [](Hpu& h) { h.GetPacket().Store<uint16_t>(1000, 1); },
         segv,
         {Hex(PACKET + 1000)}},
        {"PacketSlice",
         [](Hpu& h) { h.GetPacket().Slice(128, 129); },
         segv,
         {Hex(PACKET + 128), "129 bytes"}},
        {"SliceOfASlice",
         [](Hpu& h) { h.GetPacket().Slice(64, 64).Load<uint8_t>(64); },
         segv,
         {Hex(PACKET + 128)}},
        {"L2PacketWrite",
         [](Hpu& h) { h.GetL2Packet().Store<uint8_t>(256, 1); },
         segv,
         {Hex(L2_PACKET + 256)}},
        {"NicMemoryRead",
         [](Hpu& h) { h.GetNicMemory().Load<uint32_t>(4096); },
         segv,
         {Hex(NIC + 4096)}},
        {"NicMemoryWrite",
         [](Hpu& h) { h.GetNicMemory().Store<uint64_t>(4090, 1); },
         segv,
         {Hex(NIC + 4090)}},
        {"ScratchpadRead",
         [](Hpu& h) { h.GetScratchpad(0).Load<uint32_t>(1024); },
         segv,
         {Hex(SCRATCHPAD + 1024)}},
        {"ScratchpadOfAnotherClusterWrite",
         [](Hpu& h) { h.GetScratchpad(2).Store<uint32_t>(1021, 1); },
         segv,
         {Hex(SCRATCHPAD + 2 * 0x400000 + 1021)}},
        {"ScratchpadOfNoCluster", [](Hpu& h) { h.GetScratchpad(4); }, fail, {"cluster 4"}},
        {"DmaToHostBefore",
         [](Hpu& h) { h.DmaToHost(HOST - 1, h.GetPacket()); },
         segv,
         {Hex(HOST - 1)}},
        {"DmaToHostBehind",
         [](Hpu& h) { h.DmaToHost(HOST + WINDOW - 255, h.GetPacket()); },
         segv,
         {Hex(HOST + WINDOW - 255), "256 bytes"}},
        {"DmaFromHostOfTheNeighbour",
         [](Hpu& h) { h.DmaFromHost(HOST + WINDOW, h.GetPacket()); },
         segv,
         {Hex(HOST + WINDOW)}},
        {"DmaFromHostAtTheEndOfAddresses",
         [](Hpu& h) { h.DmaFromHost(UINT64_MAX - 10, h.GetPacket()); },
         segv,
         {Hex(UINT64_MAX - 10)}},
        {"WriteToHost",
         [](Hpu& h) { h.WriteToHost(HOST + WINDOW - 7, 1); },
         segv,
         {Hex(HOST + WINDOW - 7), "8 bytes"}},
        {"SendFromHost", [](Hpu& h) { h.SendFromHost(0, 64); }, segv, {"0x0"}},
        {"SendOfAnInventedWindow",
         [](Hpu& h) { h.SendPacket(MemoryWindow(nullptr, 0x1D000000, 64)); },
         segv,
         {Hex(0x1D000000)}},
        {"SendOfTheRuntime",
         [](Hpu& h) { h.SendPacket(MemoryWindow(nullptr, L1, 64)); },
         segv,
         {Hex(L1)}},
        {"DmaToHostOfTheNextPacketsRoom",
         [](Hpu& h) { h.DmaToHost(HOST, MemoryWindow(nullptr, PACKET + 256, 64)); },
         segv,
         {Hex(PACKET + 256)}},
        {"DmaFromHostBehindNicMemory",
         [](Hpu& h) { h.DmaFromHost(HOST, MemoryWindow(nullptr, NIC + 4095, 2)); },
         segv,
         {Hex(NIC + 4095)}},
        {"SendTooSmall",
         [](Hpu& h) { h.SendPacket(h.GetPacket().Slice(0, 13)); },
         fail,
         {"13", "14", "9230"}},
        {"SendNothing", [](Hpu& h) { h.SendPacket(MemoryWindow()); }, fail, {"0 bytes"}},
        {"SendTooLarge", [](Hpu& h) { h.SendFromHost(HOST, 9231); }, fail, {"9231", "9230"}},
        {"CopyNothing",
         [](Hpu& h) { h.DmaToHost(HOST, h.GetPacket().Slice(0, 0)); },
         fail,
         {"0 bytes"}},
        {"WaitForACommandThatCannotBe", [](Hpu& h) { h.Wait(4); }, fail, {"does not exist"}},
        {"WaitForAnAbsurdCommand", [](Hpu& h) { h.Wait(UINT32_MAX); }, fail, {"does not exist"}},
        {"TestOfACommandThatCannotBe", [](Hpu& h) { h.Test(99); }, fail, {"does not exist"}},
        {"RunsOverItsBudget",
         [](Hpu& h) {
             while (true)
             {
                 h.Execute(1000U);
             }
         },
         fail,
         {"1000000 cycles"}},
        {"StdException",
         [](Hpu&) { throw std::out_of_range("table of the handler"); },
         fail,
         {"table of the handler"}},
        {"ThrowsSomethingElse", [](Hpu&) { throw 42; }, fail, {"threw"}},
    };
}

class Protection : public testing::TestWithParam<Misdeed>
{
};

TEST_P(Protection, StopsTheHandlerAndTellsWhy)
{
    const Misdeed& misdeed = GetParam();
    SpinFixture fixture;
    bool wentOn = false;
    Flow& bad = fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        hpu.Execute(10U);
        misdeed.act(hpu);
        wentOn = true;
        return HandlerStatus::SUCCESS;
    });
    Flow& good = fixture.AddFlow([](HandlerKind, Hpu&) { return HandlerStatus::SUCCESS; });
    fixture.OfferMessage(0, 0, 0, 1, 256);
    fixture.OfferMessage(2000, 1, 0, 20, 256);
    fixture.OfferMessage(3000000, 0, 1, 3, 256);
    fixture.Run();
    EXPECT_FALSE(wentOn);
    ASSERT_EQ(bad.Count(Type::HANDLER_ERROR), 1U);
    const ContextEvent& event = bad.events[0].event;
    EXPECT_EQ(event.type, Type::HANDLER_ERROR);
    EXPECT_EQ(event.status, misdeed.status) << event.cause;
    for (const std::string& part : misdeed.inCause)
    {
        EXPECT_NE(event.cause.find(part), std::string::npos) << event.cause;
    }
    EXPECT_EQ(event.cause.find('\n'), std::string::npos);
    EXPECT_FALSE(bad.context->IsEnabled());
    EXPECT_EQ(good.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_EQ(good.events.size(), 1U);
    EXPECT_GE(fixture.DropsFor(SpinDropReason::CONTEXT_DISABLED) +
                  fixture.DropsFor(SpinDropReason::MESSAGE_ABORTED),
              misdeed.name == std::string("RunsOverItsBudget") ? 0U : 3U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
    EXPECT_TRUE(fixture.wire.packets.empty());
    for (const uint8_t byte : fixture.host.GetMemory())
    {
        ASSERT_EQ(byte, 0) << "host memory was touched";
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Protection, testing::ValuesIn(Misdeeds()), [](const auto& info) {
    return std::string(info.param.name);
});

TEST(ProtectionLimits, AccessesUpToTheEdgesAreAllowed)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.GetPacket().Store<uint32_t>(252, 1);
        hpu.GetL2Packet().Store<uint8_t>(255, 1);
        hpu.GetNicMemory().Store<uint64_t>(4088, 1);
        hpu.GetScratchpad(3).Store<uint16_t>(1022, 1);
        hpu.GetPacket().Slice(256, 0);
        hpu.DmaToHost(HOST, hpu.GetPacket());
        hpu.DmaToHost(HOST + WINDOW - 4096, hpu.GetNicMemory());
        hpu.DmaFromHost(HOST + WINDOW - 1024, hpu.GetScratchpad(1));
        hpu.WriteToHost(HOST + WINDOW - 8, 1);
        hpu.SendPacket(hpu.GetL2Packet().Slice(0, 14));
        hpu.SendFromHost(HOST + WINDOW - 9230, 9230);
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 1, 256);
    fixture.Run();
    ASSERT_EQ(flow.events.size(), 1U);
    EXPECT_EQ(flow.events[0].event.type, Type::MESSAGE_COMPLETE) << flow.events[0].event.cause;
    EXPECT_EQ(fixture.wire.packets.size(), 2U);
}

TEST(ProtectionLimits, TheBudgetIsExactAndNoneIsNone)
{
    for (const uint64_t budget : {100U, 0U})
    {
        for (const uint32_t cycles : {99U, 100U, 101U})
        {
            SpinFixture fixture;
            Flow& flow = fixture.MakeFlow([cycles](HandlerKind, Hpu& hpu) {
                hpu.Execute(cycles);
                return HandlerStatus::SUCCESS;
            });
            flow.context->SetAttribute("CycleBudget", UintegerValue(budget));
            fixture.unit->Attach(flow.context);
            fixture.OfferMessage(0, 0, 0, 1);
            fixture.Run();
            const bool stopped = budget && cycles > budget;
            ASSERT_EQ(fixture.runs.size(), 1U);
            EXPECT_EQ(fixture.runs[0].run.cycles, stopped ? budget : cycles);
            EXPECT_EQ(flow.Count(Type::HANDLER_ERROR), stopped ? 1U : 0U);
        }
    }
}

TEST(ProtectionLimits, AWindowKeptFromAnotherPacketCannotBeSent)
{
    SpinFixture fixture;
    std::optional<MemoryWindow> kept;
    Flow& flow = fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        if (!kept)
        {
            kept = hpu.GetPacket();
            return HandlerStatus::SUCCESS;
        }
        hpu.SendPacket(*kept);
        return HandlerStatus::SUCCESS;
    });
    // Two at a time, so that the second is not where the first was.
    fixture.OfferMessage(0, 0, 0, 2, 1024, 0);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::HANDLER_ERROR), 1U);
    EXPECT_TRUE(fixture.wire.packets.empty());
}

TEST(ProtectionLimits, WithoutAHostCommandsToItFail)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.WriteToHost(hpu.GetHostAddress(), 1);
        return HandlerStatus::SUCCESS;
    });
    fixture.unit->SetHostPort(nullptr);
    fixture.OfferMessage(0, 0, 0, 1);
    fixture.Run();
    ASSERT_EQ(flow.Count(Type::HANDLER_ERROR), 1U);
    EXPECT_NE(flow.events[0].event.cause.find("no host"), std::string::npos);
}

TEST(ProtectionLimits, TwoContextsNeverSeeEachOthersMemory)
{
    SpinFixture fixture;
    size_t strange = 0;
    const auto script = [&](HandlerKind, Hpu& hpu) {
        const uint8_t mine = static_cast<uint8_t>(hpu.GetPacket().Load<PacketTag>(0).flow + 1);
        for (const MemoryWindow& window : {hpu.GetNicMemory(),
                                           hpu.GetScratchpad(0),
                                           hpu.GetScratchpad(1),
                                           hpu.GetScratchpad(2),
                                           hpu.GetScratchpad(3)})
        {
            for (uint32_t i = 0; i < window.GetSize(); i++)
            {
                const auto found = window.Load<uint8_t>(i);
                strange += found != 0 && found != mine;
                window.Store<uint8_t>(i, mine);
            }
        }
        return HandlerStatus::SUCCESS;
    };
    fixture.AddFlow(script);
    fixture.AddFlow(script);
    fixture.AddFlow(script);
    for (uint32_t i = 0; i < 12; i++)
    {
        fixture.OfferMessage(i * 1000, i % 3, i, 1);
    }
    fixture.Run();
    EXPECT_EQ(strange, 0U);
    EXPECT_EQ(fixture.runs.size(), 12U);
}

} // namespace
} // namespace offload
} // namespace ns3
