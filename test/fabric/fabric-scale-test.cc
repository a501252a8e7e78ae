/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"

#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <unistd.h>

// The sanitizer's own memory and time say nothing.
#if defined(__SANITIZE_ADDRESS__)
#define OFFLOAD_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OFFLOAD_SANITIZED
#endif
#endif

namespace ns3
{
namespace offload
{
namespace
{

/** @return bytes of memory that the process has now */
uint64_t
GetMemory()
{
    std::ifstream file("/proc/self/statm");
    uint64_t total = 0;
    uint64_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

double
GetSeconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

class FabricScale : public FabricTest
{
};

TEST_F(FabricScale, SixteenThousandHostsAreBuiltInSecondsAndWork)
{
    // Switches of 64 ports at the bottom and in the middle, 16 pods.
    const FatTree topology({32, 32, 16}, {32, 32});
    ASSERT_EQ(topology.GetHosts(), 16'384U);
    const uint64_t before = GetMemory();
    const double start = GetSeconds();
    m_helper.SetLosslessClasses(1);
    Build(topology);
    const double seconds = GetSeconds() - start;
    const double mebibytes = static_cast<double>(GetMemory() - before) / (1 << 20);
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
