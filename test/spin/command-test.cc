/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"

#include "ns3/command-unit.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** @return most of the commands that were in [begin, end) at a time */
template <typename Begin, typename End>
uint32_t
MostAtATime(const std::vector<CommandRun>& commands, Begin begin, End end)
{
    uint32_t most = 0;
    for (const CommandRun& a : commands)
    {
        uint32_t count = 0;
        for (const CommandRun& b : commands)
        {
            count += begin(b) <= begin(a) && begin(a) < end(b);
        }
        most = std::max(most, count);
    }
    return most;
}

/** A host far away. */
class FarHost : public TestBenchHost
{
  public:
    FarHost()
        : TestBenchHost(HOST, SpinFixture::HOST_BYTES)
    {
    }

    int64_t ReserveWrite(uint32_t, int64_t start) override
    {
        return start + US;
    }

    int64_t ReserveRead(uint32_t, int64_t start) override
    {
        return start + 2 * US;
    }
};

TEST(CommandLimits, AtMostFourPerHpuAndSevenPerInterfaceAreInFlight)
{
    SpinFixture fixture;
    FarHost host;
    fixture.unit->SetHostPort(&host);
    fixture.wire.gap = US / 2;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        for (uint32_t i = 0; i < 10; i++)
        {
            hpu.SendPacket(hpu.GetPacket());
            hpu.DmaToHost(hpu.GetHostAddress(), hpu.GetPacket());
            hpu.WriteToHost(hpu.GetHostAddress(), i);
        }
        return HandlerStatus::SUCCESS;
    });
    std::array<uint32_t, COMMAND_INTERFACES> seen{};
    fixture.onHandler = [&](const TaggedRun&) {
        for (uint32_t i = 0; i < COMMAND_INTERFACES; i++)
        {
            seen[i] = std::max(seen[i],
                               fixture.unit->GetPipeline().commandUnit->GetInFlight(
                                   static_cast<CommandInterface>(i)));
        }
    };
    fixture.OfferMessage(0, 0, 0, 40);
    fixture.Run();
    ASSERT_EQ(fixture.commands.size(), 1200U);
    for (uint32_t interface = 0; interface < COMMAND_INTERFACES; interface++)
    {
        std::vector<CommandRun> chosen;
        for (const CommandRun& command : fixture.commands)
        {
            EXPECT_LT(command.issue, command.accepted);
            EXPECT_LT(command.accepted, command.response);
            if (command.interface == interface)
            {
                chosen.push_back(command);
            }
        }
        EXPECT_EQ(chosen.size(), 400U);
        EXPECT_EQ(MostAtATime(
                      chosen,
                      [](const CommandRun& c) { return c.accepted; },
                      [](const CommandRun& c) { return c.response; }),
                  7U);
        EXPECT_LE(seen[interface], 7U);
    }
    for (uint32_t hpu = 0; hpu < 32; hpu++)
    {
        std::vector<CommandRun> chosen;
        for (const CommandRun& command : fixture.commands)
        {
            if (command.cluster * 8 + command.hpu == hpu)
            {
                chosen.push_back(command);
            }
        }
        if (!chosen.empty())
        {
            EXPECT_EQ(MostAtATime(
                          chosen,
                          [](const CommandRun& c) { return c.issue; },
                          [](const CommandRun& c) { return c.response; }),
                      4U);
        }
    }
}

TEST(Feedback, WaitsForTheHandlersCommandsAndHoldsBackTheNextHandlersOnly)
{
    SpinFixture fixture;
    fixture.Set("Clusters", 1);
    fixture.Set("HpusPerCluster", 1);
    fixture.wire.readyAt = 10 * US;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(10U);
        hpu.SendPacket(hpu.GetPacket());
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 3);
    fixture.Run();
    ASSERT_EQ(fixture.runs.size(), 3U);
    ASSERT_EQ(fixture.commands.size(), 3U);
    ASSERT_EQ(fixture.packets.size(), 3U);
    EXPECT_GE(fixture.commands[0].response, 10 * US);
    EXPECT_LT(fixture.runs[0].run.doorbell, US) << "the handler itself does not wait";
    EXPECT_GT(fixture.packets[0].feedback, fixture.commands[0].response);
    EXPECT_LT(fixture.runs[1].run.entry, US) << "the HPU takes the next task meanwhile";
    EXPECT_GT(fixture.commands[1].issue, fixture.commands[0].response)
        << "but its commands wait for the feedback before";
    EXPECT_GT(fixture.runs[2].run.pickup, fixture.commands[0].response)
        << "the third finds both places taken";
}

TEST(Feedback, AHandlerWithoutCommandsNeedNotWaitForTheOnesBefore)
{
    SpinFixture fixture;
    fixture.Set("Clusters", 1);
    fixture.Set("HpusPerCluster", 2);
    fixture.wire.readyAt = 10 * US;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(10U);
        if (hpu.IsFirst())
        {
            hpu.SendPacket(hpu.GetPacket());
        }
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 10);
    fixture.Run();
    ASSERT_EQ(fixture.packets.size(), 10U);
    EXPECT_LT(fixture.packets[7].feedback, US); // all but the first and one behind it
    EXPECT_GT(fixture.packets[9].feedback, 10 * US);
}

TEST(Send, PacketsLeaveInTheOrderOfTheirCommandsFromWhateverMemory)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        for (uint32_t i = 0; i < 20; i++)
        {
            switch (i % 4)
            {
            case 0:
                hpu.SendPacket(hpu.GetNicMemory().Slice(i * 100, 100));
                break;
            case 1:
                hpu.SendFromHost(HOST + i * 1000, 14 + i * 40);
                break;
            case 2:
                hpu.SendPacket(hpu.GetScratchpad(i % 4).Slice(i * 20, 500));
                break;
            default:
                hpu.SendPacket(hpu.GetL2Packet().Slice(i, 60));
            }
        }
        return HandlerStatus::SUCCESS;
    });
    std::mt19937 random(5);
    const auto fill = [&random](uint8_t* bytes, size_t size) {
        std::generate_n(bytes, size, [&random] { return static_cast<uint8_t>(random()); });
    };
    fill(flow.context->GetNicMemory(), 4096);
    fill(fixture.host.GetMemory().data(), fixture.host.GetMemory().size());
    for (uint32_t i = 0; i < 4; i++)
    {
        fill(flow.context->GetScratchpad(i), 1024);
    }
    const auto packet = TaggedBytes({0, 0, 0}, 128);
    std::vector<std::vector<uint8_t>> expected;
    for (uint32_t i = 0; i < 20; i++)
    {
        const uint8_t* from = i % 4 == 0   ? flow.context->GetNicMemory() + i * 100
                              : i % 4 == 1 ? fixture.host.GetMemory().data() + i * 1000
                              : i % 4 == 2 ? flow.context->GetScratchpad(i % 4) + i * 20
                                           : packet.data() + i;
        const uint32_t size = i % 4 == 0 ? 100 : i % 4 == 1 ? 14 + i * 40 : i % 4 == 2 ? 500 : 60;
        expected.emplace_back(from, from + size);
    }
    fixture.OfferMessage(0, 0, 0, 1, 128);
    fixture.Run();
    ASSERT_EQ(fixture.wire.packets.size(), 20U);
    for (uint32_t i = 0; i < 20; i++)
    {
        EXPECT_EQ(BytesOf(fixture.wire.packets[i]), expected[i]) << i;
    }
}

TEST(Send, AWindowThatIsOlderThanThePacketSendsThePacketThatIsThere)
{
    SpinFixture fixture;
    MemoryWindow kept;
    std::vector<std::vector<uint8_t>> here;
    fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        const MemoryWindow packet = hpu.GetPacket();
        const uint8_t* bytes = packet.Bytes(0, packet.GetSize());
        here.emplace_back(bytes, bytes + packet.GetSize());
        if (here.size() == 1)
        {
            kept = hpu.GetL2Packet();
        }
        else
        {
            hpu.SendPacket(kept); // another packet lies there now
        }
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 1);
    fixture.OfferMessage(10 * US, 0, 1, 1);
    fixture.Run();
    ASSERT_EQ(here.size(), 2U);
    EXPECT_NE(here[0], here[1]);
    ASSERT_EQ(fixture.wire.packets.size(), 1U);
    std::vector<uint8_t> sent(fixture.wire.packets[0]->GetSize());
    fixture.wire.packets[0]->CopyData(sent.data(), static_cast<uint32_t>(sent.size()));
    EXPECT_EQ(sent, here[1]);
}

TEST(Send, AcrossHpusPacketsLeaveInTheOrderOfAcceptance)
{
    SpinFixture fixture;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.Execute(hpu.GetPacket().Load<PacketTag>(0).packet * 37 % 100);
        hpu.SendPacket(hpu.GetPacket());
        return HandlerStatus::SUCCESS;
    });
    for (uint32_t i = 0; i < 100; i++)
    {
        fixture.Offer(0, 0, 0, i, i == 0, i == 99, 64 + i * 7);
    }
    fixture.Run();
    ASSERT_EQ(fixture.wire.packets.size(), 100U);
    std::vector<CommandRun> byAcceptance = fixture.commands;
    std::sort(byAcceptance.begin(), byAcceptance.end(), [](const auto& a, const auto& b) {
        return a.accepted < b.accepted;
    });
    for (uint32_t i = 0; i < 100; i++)
    {
        const auto bytes = BytesOf(fixture.wire.packets[i]);
        EXPECT_EQ(bytes.size(), byAcceptance[i].bytes);
        PacketTag tag;
        std::memcpy(&tag, bytes.data(), sizeof(tag));
        EXPECT_EQ(bytes, TaggedBytes(tag, 64 + tag.packet * 7));
        EXPECT_TRUE(i == 0 || fixture.wire.times[i] > fixture.wire.times[i - 1]);
    }
}

TEST(Send, ASlowWireHoldsEverythingBackAndLosesNothing)
{
    SpinFixture fixture;
    fixture.Set("L2PacketBytes", 8192);
    fixture.wire.gap = 100000; // 100 ns
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        hpu.SendPacket(hpu.GetPacket());
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 500, 128);
    fixture.Run();
    ASSERT_EQ(fixture.wire.packets.size(), 500U);
    for (size_t i = 1; i < 500; i++)
    {
        EXPECT_EQ(fixture.wire.times[i] - fixture.wire.times[i - 1], 100000);
    }
    EXPECT_GT(fixture.source.refusals, 0U) << "back-pressure reaches the wire";
    EXPECT_EQ(fixture.unit->GetCounters().packetsOut, 500U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 500U);
}

void
Unpause(SpinFixture* fixture)
{
    fixture->wire.readyAt = 0;
    fixture->unit->OutputReady();
}

TEST(Send, APausedWireStopsTheUnitUntilOutputReady)
{
    SpinFixture fixture;
    fixture.Set("L2PacketBytes", 4096);
    fixture.wire.readyAt = INT64_MAX;
    Flow& flow = fixture.AddFlow(
        [](HandlerKind, Hpu& hpu) {
            hpu.SendPacket(hpu.GetPacket());
            return HandlerStatus::SUCCESS;
        },
        ALL);
    fixture.OfferMessage(0, 0, 0, 300);
    Simulator::Schedule(TimeStep(50 * US + 123), &Unpause, &fixture);
    fixture.source.Start();
    Simulator::Stop(TimeStep(50 * US));
    Simulator::Run();
    EXPECT_TRUE(fixture.wire.packets.empty());
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 0U) << "the header handler's send hangs";
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 4096U / 64);
    Simulator::Run();
    EXPECT_EQ(fixture.wire.packets.size(), 302U);
    EXPECT_GT(fixture.wire.times.front(), 50 * US);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 300U);
    EXPECT_EQ(flow.Count(ContextEvent::Type::MESSAGE_COMPLETE), 1U);
}

/** A wire that calls OutputReady while it takes a packet, as a port with room does. */
class EagerWire : public TestWire
{
  public:
    void Transmit(Ptr<Packet> frame) override
    {
        unit->OutputReady();
        TestWire::Transmit(frame);
        unit->OutputReady();
    }

    Ptr<SpinUnit> unit;
};

TEST(Send, OutputReadyAtAnyMomentDoesNoHarm)
{
    SpinFixture fixture;
    EagerWire wire;
    wire.unit = fixture.unit;
    fixture.unit->SetOutput(&wire);
    fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        for (int i = 0; i < 4; i++)
        {
            hpu.SendPacket(hpu.GetPacket());
        }
        return HandlerStatus::SUCCESS;
    });
    fixture.onHandler = [&](const TaggedRun&) { fixture.unit->OutputReady(); };
    fixture.OfferMessage(0, 0, 0, 100);
    fixture.Run();
    ASSERT_EQ(wire.packets.size(), 400U);
    for (size_t i = 1; i < wire.times.size(); i++)
    {
        EXPECT_GT(wire.times[i], wire.times[i - 1]) << "two packets in one cycle";
    }
}

TEST(HostDmaCopy, MovesTheRightBytesBothWays)
{
    SpinFixture fixture;
    std::vector<uint8_t> reference(SpinFixture::HOST_BYTES);
    std::mt19937 random(3);
    std::generate(reference.begin(), reference.end(), [&random] {
        return static_cast<uint8_t>(random());
    });
    fixture.host.GetMemory() = reference;
    std::vector<uint8_t> nic(4096);
    Flow& flow = fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        for (int step = 0; step < 40; step++)
        {
            const uint32_t size = 1 + random() % 700;
            const uint32_t host = random() % (SpinFixture::HOST_BYTES / 2 - size);
            const uint32_t at = random() % (4096 - size);
            if (random() % 2)
            {
                hpu.Wait(hpu.DmaToHost(HOST + host, hpu.GetNicMemory().Slice(at, size)));
                std::copy_n(nic.begin() + at, size, reference.begin() + host);
            }
            else
            {
                hpu.Wait(hpu.DmaFromHost(HOST + host, hpu.GetNicMemory().Slice(at, size)));
                std::copy_n(reference.begin() + host, size, nic.begin() + at);
            }
            hpu.GetNicMemory().Store<uint32_t>(at, step);
            std::memcpy(nic.data() + at, &step, sizeof(step));
        }
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 1);
    fixture.Run();
    ASSERT_EQ(fixture.commands.size(), 40U) << flow.events[0].event.cause;
    EXPECT_EQ(fixture.host.GetMemory(), reference);
    EXPECT_TRUE(std::equal(nic.begin(), nic.end(), flow.context->GetNicMemory()));
}

TEST(HostDmaCopy, BytesMoveWhenTheTransferIsOverNotBefore)
{
    SpinFixture fixture;
    FarHost host;
    fixture.unit->SetHostPort(&host);
    host.GetMemory()[100] = 77;
    fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        const MemoryWindow nic = hpu.GetNicMemory();
        nic.Store<uint8_t>(0, 55);
        const CommandId write = hpu.DmaToHost(HOST, nic.Slice(0, 1));
        const CommandId read = hpu.DmaFromHost(HOST + 100, nic.Slice(8, 1));
        const CommandId word = hpu.WriteToHost(HOST + 200, 0x0807060504030201);
        hpu.Execute(900U); // 0.9 us: the writes are on their way
        hpu.Synchronise();
        EXPECT_FALSE(hpu.Test(write));
        EXPECT_EQ(host.GetMemory()[0], 0);
        EXPECT_EQ(host.GetMemory()[200], 0);
        hpu.Wait(word);
        hpu.Wait(write);
        EXPECT_EQ(host.GetMemory()[0], 55);
        for (uint8_t i = 0; i < 8; i++)
        {
            EXPECT_EQ(host.GetMemory()[200 + i], i + 1); // little-endian
        }
        EXPECT_EQ(nic.Load<uint8_t>(8), 0);
        EXPECT_FALSE(hpu.Test(read));
        hpu.Wait(read);
        EXPECT_TRUE(hpu.Test(read));
        EXPECT_EQ(nic.Load<uint8_t>(8), 77);
        EXPECT_GT(hpu.GetCycles(), 2000U);
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 1);
    fixture.Run();
    ASSERT_EQ(fixture.commands.size(), 3U);
    for (const CommandRun& command : fixture.commands)
    {
        const bool read = command.interface == 2 && !command.toHost;
        EXPECT_GE(command.response - command.accepted, read ? 2 * US : US);
    }
}

TEST(HostDirectWrite, WordsOfOneHpuArriveInOrder)
{
    SpinFixture fixture;
    fixture.AddFlow([](HandlerKind, Hpu& hpu) {
        for (uint32_t i = 0; i < 100; i++)
        {
            hpu.WriteToHost(HOST, i);
        }
        return HandlerStatus::SUCCESS;
    });
    fixture.OfferMessage(0, 0, 0, 1);
    fixture.Run();
    EXPECT_EQ(fixture.host.GetMemory()[0], 99);
    EXPECT_EQ(fixture.commands.size(), 100U);
}

} // namespace
} // namespace offload
} // namespace ns3
