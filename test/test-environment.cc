/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "test-environment.h"

#include "ns3/nstime.h"
#include "ns3/packet.h"

namespace ns3
{
namespace offload
{

void
TestEnvironment::SetUp()
{
    // A second call in the same process (gtest_repeat, ns-3's test-runner) must change nothing.
    if (Time::GetResolution() != Time::PS)
    {
        Time::SetResolution(Time::PS);
    }
    // ASCII traces need it, and ns-3 refuses it once a packet of another test has done without.
    Packet::EnablePrinting();
}

namespace
{

// GoogleTest takes ownership and calls SetUp before the first test.
[[maybe_unused]] const auto* const g_environment =
    ::testing::AddGlobalTestEnvironment(new TestEnvironment);

} // namespace

} // namespace offload
} // namespace ns3
