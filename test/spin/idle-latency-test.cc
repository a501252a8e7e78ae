/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-test-bench.h"

#include "ns3/uinteger.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

/** A run of the released hardware description, packets 1 us apart (pspin.md). */
struct HardwareRun
{
    const char* program;   //!< handler
    uint32_t bytes;        //!< packet
    uint64_t instructions; //!< of the handler
    uint64_t cycles;       //!< entry to return
    int64_t latency;       //!< arrival to feedback, ns
};

class IdleLatency : public testing::TestWithParam<HardwareRun>
{
};

TEST_P(IdleLatency, IsTheHardwares)
{
    const HardwareRun& expected = GetParam();
    SpinTestBench bench(expected.program);
    PacketGenerator::Traffic traffic;
    traffic.packets = 4;
    traffic.packetGap = 1000000;
    bench.Run(traffic, expected.bytes);
    ASSERT_EQ(bench.packets.size(), 4U);
    const PacketRun& packet = bench.packets[1];
    const HandlerRun& handler = bench.handlers[1];
    EXPECT_EQ(handler.instructions, expected.instructions);
    EXPECT_EQ(handler.cycles, expected.cycles);
    EXPECT_EQ((packet.feedback - packet.arrival) / 1000, expected.latency);
    EXPECT_EQ((packet.her - packet.arrival) / 1000, 4 + expected.bytes / 64);
}

INSTANTIATE_TEST_SUITE_P(Pspin,
                         IdleLatency,
                         testing::Values(HardwareRun{"EmptyProgram", 64, 1, 2, 32},
                                         HardwareRun{"EmptyProgram", 128, 1, 2, 34},
                                         HardwareRun{"EmptyProgram", 256, 1, 2, 38},
                                         HardwareRun{"EmptyProgram", 512, 1, 2, 46},
                                         HardwareRun{"EmptyProgram", 1024, 1, 2, 62},
                                         HardwareRun{"PingPongProgram", 64, 26, 28, 60},
                                         HardwareRun{"PingPongProgram", 128, 26, 28, 63},
                                         HardwareRun{"PingPongProgram", 256, 26, 28, 69},
                                         HardwareRun{"CopyToHostProgram", 64, 15, 16, 62},
                                         HardwareRun{"CopyToHostProgram", 128, 15, 16, 65},
                                         HardwareRun{"CopyToHostProgram", 256, 15, 16, 71},
                                         HardwareRun{"HostWriteProgram", 64, 16, 17, 50},
                                         HardwareRun{"HostWriteProgram", 1024, 16, 17, 80},
                                         HardwareRun{"CopyFromHostProgram", 64, 37, 58, 90}));

} // namespace
} // namespace offload
} // namespace ns3
