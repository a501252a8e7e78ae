/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/host-cpu.h"
#include "ns3/host-memory.h"
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

TEST(HostCpu, RefusesACopyThatNeverEnds)
{
    Ptr<HostCpu> cpu = CreateObject<HostCpu>();
    EXPECT_FALSE(cpu->SetAttributeFailSafe("CopyBandwidth", DataRateValue(DataRate(0))));
    EXPECT_TRUE(cpu->SetAttributeFailSafe("CopyBandwidth", DataRateValue(DataRate(1))));
    Ptr<HostMemory> memory = CreateObject<HostMemory>();
    EXPECT_FALSE(memory->SetAttributeFailSafe("Bandwidth", DataRateValue(DataRate(0))));
    EXPECT_TRUE(memory->SetAttributeFailSafe("Bandwidth", DataRateValue(DataRate(1))));
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
