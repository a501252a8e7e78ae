/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/boolean.h"
#include "ns3/host-cpu.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

TEST(HostCpu, ChargesPacketAndCopy)
{
    Ptr<HostCpu> cpu = CreateObject<HostCpu>();
    EXPECT_EQ(cpu->GetReceiveTime(1000), 1'500'000 + 1000 * 100); // 80 Gbit/s: 100 ps a byte
    EXPECT_EQ(cpu->GetSendTime(1000), 1'000'000 + 1000 * 100);
}

TEST(HostCpu, DoesOneThingAtATimeOnACoreAndSeveralOnSeveral)
{
    Ptr<HostCpu> cpu = CreateObjectWithAttributes<HostCpu>("Cores", UintegerValue(2));
    EXPECT_EQ(cpu->Work(0, "receive", 0, 0, 100), 100);
    EXPECT_EQ(cpu->Work(0, "receive", 0, 0, 100), 200);
    EXPECT_EQ(cpu->Work(1, "receive", 0, 0, 100), 100);
    Simulator::Destroy();
}

TEST(HostCpu, NotifiesByInterruptOrPolling)
{
    Ptr<HostCpu> cpu = CreateObject<HostCpu>();
    EXPECT_EQ(cpu->GetNotificationLatency(), 5'000'000);
    cpu->SetAttribute("Polling", BooleanValue(true));
    EXPECT_EQ(cpu->GetNotificationLatency(), 50'000);
}

} // namespace
} // namespace offload
} // namespace ns3
