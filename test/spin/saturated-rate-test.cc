/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"
#include "spin-test-bench.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** A steady rate of the hardware (pspin.md "Saturation"; measured on the released description). */
struct SteadyRate
{
    const char* program; //!< handler
    uint32_t bytes;      //!< packet
    double cycles;       //!< per packet
    double tolerance;    //!< of that
};

void
PrintTo(const SteadyRate& rate, std::ostream* stream)
{
    *stream << rate.program << " " << rate.bytes << " B";
}

class SaturatedRate : public testing::TestWithParam<SteadyRate>
{
};

TEST_P(SaturatedRate, IsTheHardwares)
{
    const SteadyRate& expected = GetParam();
    SpinTestBench bench(expected.program);
    PacketGenerator::Traffic traffic;
    traffic.packets = 2000;
    bench.Run(traffic, expected.bytes);
    ASSERT_EQ(bench.packets.size(), 2000U);
    const int64_t begin = bench.packets[500].feedback;
    const int64_t end = bench.packets[1500].feedback;
    EXPECT_NEAR(static_cast<double>(end - begin) / 1e6, expected.cycles, expected.tolerance);
}

INSTANTIATE_TEST_SUITE_P(Pspin,
                         SaturatedRate,
                         testing::Values(SteadyRate{"EmptyProgram", 64, 1, 0.005},
                                         SteadyRate{"EmptyProgram", 128, 2, 0.005},
                                         SteadyRate{"EmptyProgram", 256, 4, 0.005},
                                         SteadyRate{"EmptyProgram", 512, 8, 0.005},
                                         SteadyRate{"EmptyProgram", 1024, 16, 0.005},
                                         SteadyRate{"PingPongProgram", 64, 2, 0.02},
                                         SteadyRate{"PingPongProgram", 128, 3, 0.03},
                                         SteadyRate{"CopyToHostProgram", 64, 2.56, 0.05},
                                         SteadyRate{"CopyToHostProgram", 128, 3, 0.06},
                                         SteadyRate{"CopyToHostProgram", 256, 5, 0.1}));

class HeaderDelay : public testing::TestWithParam<uint32_t>
{
};

/**
 * The feedback is at the MPQ engine 1 cycle after the doorbell and takes the HER's place there,
 * from which a handler starts after 16 + s/64 (pspin.md, "Stage latencies"); then one starts every
 * s/64. One cluster takes a packet every other cycle and two in 3 + s/64.
 */
TEST_P(HeaderDelay, PayloadTasksFollowTheHeadersDoorbell)
{
    const uint32_t bytes = GetParam();
    const int64_t beats = bytes / 64;
    SpinFixture fixture;
    fixture.AddFlow(
        [](HandlerKind kind, Hpu& hpu) {
            hpu.Execute(kind == HandlerKind::HEADER ? 2000U : 400U);
            return HandlerStatus::SUCCESS;
        },
        {HandlerKind::HEADER, HandlerKind::PAYLOAD});
    fixture.OfferMessage(0, 0, 0, 8, bytes);
    fixture.Run();
    const auto headers = fixture.RunsOf(HandlerKind::HEADER);
    auto payloads = fixture.RunsOf(HandlerKind::PAYLOAD);
    ASSERT_EQ(headers.size(), 1U);
    ASSERT_EQ(payloads.size(), 8U);
    std::sort(payloads.begin(), payloads.end(), [](const auto& a, const auto& b) {
        return a.run.pickup < b.run.pickup;
    });
    for (int64_t i = 0; i < 8; i++)
    {
        EXPECT_EQ((payloads[i].run.pickup - headers[0].run.doorbell) / 1000,
                  1 + 16 + beats + i / 2 * std::max(2 * beats, 3 + beats) +
                      i % 2 * std::max<int64_t>(beats, 2))
            << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Bytes, HeaderDelay, testing::Values(64U, 128U, 256U, 1024U));

/** The completion handler needs its packet in L1 again (pspin.md, "Scheduling flow" 2). */
TEST(CompletionDelay, TheLastPacketIsCopiedToL1OnceMore)
{
    for (const uint32_t bytes : {64U, 512U, 1024U})
    {
        SpinFixture fixture;
        fixture.AddFlow(
            [](HandlerKind kind, Hpu& hpu) {
                // What the payload handler did to its copy is not in the completion handler's.
                EXPECT_TRUE(HoldsPattern(hpu.GetPacket()));
                hpu.GetPacket().Store<uint32_t>(20, 0);
                EXPECT_EQ(hpu.GetPacket().Load<PacketTag>(0).packet,
                          kind == HandlerKind::PAYLOAD && !hpu.IsLast() ? 0U : 1U);
                hpu.Execute(100U);
                return HandlerStatus::SUCCESS;
            },
            {HandlerKind::PAYLOAD, HandlerKind::COMPLETION});
        fixture.Offer(0, 0, 0, 0, true, false, bytes);
        fixture.Offer(500000, 0, 0, 1, false, true, bytes);
        fixture.Run();
        ASSERT_EQ(fixture.runs.size(), 3U);
        // As the way from the header handler to the first payload handler.
        EXPECT_EQ((fixture.runs[2].run.pickup - fixture.runs[1].run.doorbell) / 1000,
                  1 + 16 + bytes / 64);
        ASSERT_EQ(fixture.packets.size(), 2U);
        EXPECT_GT(fixture.packets[1].feedback, fixture.runs[2].run.doorbell)
            << "the last packet's buffers are free after the completion handler";
    }
}

} // namespace
} // namespace offload
} // namespace ns3
