/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "benchmark/process-use.h"
#include "fabric-test.h"

#include <iostream>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

class FabricScale : public FabricTest
{
};

TEST_F(FabricScale, SixteenThousandHostsAreBuiltInSecondsAndWork)
{
    // Switches of 64 ports at the bottom and in the middle, 16 pods.
    const FatTree topology({32, 32, 16}, {32, 32});
    ASSERT_EQ(topology.GetHosts(), 16'384U);
    const uint64_t before = ResidentBytes();
    const double start = CpuNanoseconds();
    m_helper.SetLosslessClasses(1);
    Build(topology);
    const double seconds = (CpuNanoseconds() - start) * 1e-9;
    const double mebibytes = static_cast<double>(ResidentBytes() - before) / (1 << 20);
    RecordProperty("build_cpu_seconds", std::to_string(seconds));
    RecordProperty("build_mebibytes", std::to_string(mebibytes));
    std::cout << "  built in " << seconds << " s of CPU time and " << mebibytes << " MiB, with "
              << topology.GetSwitches() << " switches\n";
    for (uint32_t i = 0; i < 100; ++i)
    {
        SendAt(0, i, 16'383 - 157 * i, MakePacket(Pattern(100, i)));
    }
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), 100U);
    for (const auto& arrival : m_arrivals)
    {
        EXPECT_EQ(arrival.bytes, Pattern(100, arrival.source));
    }
#ifndef OFFLOAD_SANITIZED
    EXPECT_LE(seconds, 20);
    EXPECT_LE(mebibytes, 2 * 98'304 / 1024.0) << "2 KiB for each of 98,304 devices";
#endif
}

} // namespace
} // namespace offload
} // namespace ns3
