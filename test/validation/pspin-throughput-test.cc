/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "../spin/spin-test-bench.h"

#include "ns3/handler-check.h"

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

// What is expected here are Verilator runs of the released hardware description with handlers of
// Debian's compiler; doc/validation.rst says how they were made.

constexpr int64_t CYCLE = 1000; //!< ps

/** @return the test's parameter, for its name */
template <typename T>
std::string
NameOf(const testing::TestParamInfo<T>& info)
{
    return std::string(info.param.program) + std::to_string(info.param.bytes);
}

/** @return packets of the hardware's run, and as many of the simulated one */
uint32_t
PacketsOf(uint32_t bytes)
{
    if (bytes <= 256)
    {
        return 512;
    }
    return bytes <= 512 ? 384 : 256;
}

/** Rate at which the unit finishes packets, without the beginning and the end of the run. */
struct SteadyRate
{
    const char* program;    //!< handler
    uint32_t bytes;         //!< packet
    double cyclesPerPacket; //!< one message, a packet offered each cycle
};

class SaturatedThroughput : public testing::TestWithParam<SteadyRate>
{
};

TEST_P(SaturatedThroughput, IsTheHardwaresWithinFivePercent)
{
    constexpr double tolerance = 0.05;
    const SteadyRate& expected = GetParam();
    SpinTestBench bench(expected.program);
    PacketGenerator::Traffic traffic;
    traffic.packets = PacketsOf(expected.bytes);
    bench.Run(traffic, expected.bytes);
    ASSERT_EQ(bench.packets.size(), traffic.packets);
    std::vector<int64_t> times;
    for (const PacketRun& run : bench.packets)
    {
        times.push_back(run.feedback);
    }
    std::sort(times.begin(), times.end());
    const size_t first = times.size() / 4;
    const size_t last = times.size() * 3 / 4;
    const double cycles = static_cast<double>(times[last] - times[first]) / CYCLE;
    EXPECT_NEAR(cycles / static_cast<double>(last - first),
                expected.cyclesPerPacket,
                expected.cyclesPerPacket * tolerance);
}

INSTANTIATE_TEST_SUITE_P(Pspin,
                         SaturatedThroughput,
                         testing::Values(SteadyRate{"EmptyProgram", 64, 1},
                                         SteadyRate{"EmptyProgram", 128, 2.012},
                                         SteadyRate{"EmptyProgram", 256, 4},
                                         SteadyRate{"EmptyProgram", 512, 8},
                                         SteadyRate{"EmptyProgram", 1024, 16},
                                         SteadyRate{"PingPongProgram", 64, 2},
                                         SteadyRate{"PingPongProgram", 128, 3},
                                         SteadyRate{"PingPongProgram", 256, 5.137},
                                         SteadyRate{"PingPongProgram", 512, 8},
                                         SteadyRate{"PingPongProgram", 1024, 16},
                                         SteadyRate{"CopyToHostProgram", 64, 2.562},
                                         SteadyRate{"CopyToHostProgram", 128, 3},
                                         SteadyRate{"CopyToHostProgram", 256, 5},
                                         SteadyRate{"CopyToHostProgram", 512, 9.094},
                                         SteadyRate{"CopyToHostProgram", 1024, 17},
                                         SteadyRate{"HostWriteProgram", 64, 1},
                                         SteadyRate{"HostWriteProgram", 128, 2.031},
                                         SteadyRate{"HostWriteProgram", 256, 4},
                                         SteadyRate{"HostWriteProgram", 512, 8},
                                         SteadyRate{"AggregateProgram", 64, 2.688},
                                         SteadyRate{"AggregateProgram", 256, 11.719},
                                         SteadyRate{"AggregateProgram", 1024, 47.75}),
                         NameOf<SteadyRate>);

/** A computing handler on the idle unit, caches warm. */
struct HandlerTime
{
    const char* program;   //!< handler
    const char* name;      //!< as HandlerCheck knows it
    uint32_t bytes;        //!< packet
    uint64_t instructions; //!< of the payload handler
    uint64_t cycles;       //!< entry to return
    double tolerance;      //!< of the cycles
};

class ComputingHandler : public testing::TestWithParam<HandlerTime>
{
};

TEST_P(ComputingHandler, TakesTheInstructionsAndNearlyTheCyclesOfTheHardware)
{
    const HandlerTime& expected = GetParam();
    SpinTestBench bench(expected.program);
    HandlerCheck check(expected.name, expected.bytes); // packets that suit the handler
    bench.unit->Attach(bench.context);
    check.PrepareMemory(*bench.context, bench.host);
    bench.generator = std::make_unique<PacketGenerator>(bench.unit, bench.context);
    PacketGenerator::Traffic traffic;
    traffic.packets = 2;
    traffic.packetGap = 5000 * CYCLE;
    bench.generator->Start(traffic, MakeCallback(&HandlerCheck::MakePacket, &check));
    Simulator::Run();
    ASSERT_GE(bench.handlers.size(), traffic.packets);
    for (uint32_t i = 0; i < traffic.packets; i++)
    {
        const HandlerRun& run = bench.handlers[i];
        EXPECT_EQ(run.kind, HandlerKind::PAYLOAD);
        EXPECT_EQ(run.status, HandlerStatus::SUCCESS);
        EXPECT_EQ(run.instructions, expected.instructions);
        EXPECT_NEAR(static_cast<double>(run.cycles),
                    static_cast<double>(expected.cycles),
                    static_cast<double>(expected.cycles) * expected.tolerance);
    }
}

constexpr double CYCLES_TOLERANCE =
    0.03; //!< bank conflicts and misaligned fetches are not modelled

INSTANTIATE_TEST_SUITE_P(
    Pspin,
    ComputingHandler,
    testing::Values(
        HandlerTime{"AggregateProgram", "aggregate", 64, 58, 77, CYCLES_TOLERANCE},
        HandlerTime{"AggregateProgram", "aggregate", 256, 250, 365, CYCLES_TOLERANCE},
        HandlerTime{"AggregateProgram", "aggregate", 1024, 1018, 1517, CYCLES_TOLERANCE},
        HandlerTime{"ReduceProgram", "reduce", 64, 64, 90, CYCLES_TOLERANCE},
        HandlerTime{"ReduceProgram", "reduce", 256, 304, 474, CYCLES_TOLERANCE},
        HandlerTime{"ReduceProgram", "reduce", 1024, 1264, 2010, CYCLES_TOLERANCE},
        HandlerTime{"HistogramProgram", "histogram", 64, 73, 88, CYCLES_TOLERANCE},
        HandlerTime{"HistogramProgram", "histogram", 256, 361, 475, CYCLES_TOLERANCE},
        HandlerTime{"HistogramProgram", "histogram", 1024, 1513, 2015, CYCLES_TOLERANCE},
        HandlerTime{"FilteringProgram", "filtering", 64, 89, 131, 0},
        HandlerTime{"FilteringProgram", "filtering", 1024, 89, 131, 0}),
    NameOf<HandlerTime>);

} // namespace
} // namespace offload
} // namespace ns3
