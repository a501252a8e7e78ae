/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/config.h"
#include "ns3/data-rate.h"
#include "ns3/names.h"
#include "ns3/nstime.h"
#include "ns3/string.h"
#include "ns3/time-resolution.h"
#include "ns3/uinteger.h"

#include <functional>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

using LinkAttribute = LinkTest;

/** @return the message of the exception that an action throws, or nothing */
template <typename Exception>
std::string
Refusal(const std::function<void()>& action)
{
    try
    {
        action();
    }
    catch (const Exception& error)
    {
        return error.what();
    }
    return "";
}

TEST_F(LinkAttribute, RatesFromOneGigabitToOnePointSixTerabitAreAccepted)
{
    Ptr<LinkNetDevice> device = CreateObject<LinkNetDevice>();
    for (const auto* rate : {"1Gbps", "2.5Gbps", "400Gbps", "1600Gbps"})
    {
        EXPECT_TRUE(device->SetAttributeFailSafe("DataRate", StringValue(rate))) << rate;
        EXPECT_EQ(device->GetDataRate(), DataRate(rate));
    }
    for (const auto rate : {0ULL, 999'999'999ULL, 1'600'000'000'001ULL})
    {
        EXPECT_FALSE(device->SetAttributeFailSafe("DataRate", DataRateValue(DataRate(rate))))
            << rate;
    }
    EXPECT_EQ(device->GetDataRate(), DataRate("1600Gbps")) << "a refused value changes nothing";
}

TEST_F(LinkAttribute, MtuIsBounded)
{
    Ptr<LinkNetDevice> device = CreateObject<LinkNetDevice>();
    EXPECT_EQ(device->GetMtu(), 1500);
    for (const auto& [mtu, valid] :
         {std::pair{67, false}, std::pair{68, true}, std::pair{9216, true}, std::pair{9217, false}})
    {
        EXPECT_EQ(device->SetAttributeFailSafe("Mtu", UintegerValue(mtu)), valid) << mtu;
        EXPECT_EQ(device->SetMtu(static_cast<uint16_t>(mtu)), valid) << mtu;
    }
    EXPECT_EQ(device->GetMtu(), 9216);
}

TEST_F(LinkAttribute, NegativeDelayIsRefused)
{
    Ptr<LinkChannel> channel = CreateObject<LinkChannel>();
    EXPECT_FALSE(channel->SetAttributeFailSafe("Delay", TimeValue(TimeStep(0) - NanoSeconds(1))));
    EXPECT_TRUE(channel->SetAttributeFailSafe("Delay", TimeValue(TimeStep(0))));
    channel->Dispose();
}

TEST_F(LinkAttribute, DelayIsTheLookAheadOfDistributedRuns)
{
    // ns-3's distributed simulator looks for exactly this (ns3.md, "Distributed runs").
    Build();
    TimeValue delay;
    m_a->GetChannel()->GetAttribute("Delay", delay);
    EXPECT_EQ(delay.Get(), NanoSeconds(10));
    EXPECT_EQ(m_a->GetChannel()->GetNDevices(), 2U);
    EXPECT_TRUE(m_a->IsPointToPoint());
}

TEST_F(LinkAttribute, TheHelperNamesTheAttributeAndTheRange)
{
    EXPECT_EQ(Refusal<std::invalid_argument>(
                  [this] { m_helper.SetDeviceAttribute("DataRate", StringValue("10Mbps")); }),
              "ns3::offload::LinkNetDevice::DataRate does not accept 10Mbps, but ns3::DataRate "
              "1000000000bps:1600000000000bps");
    EXPECT_EQ(Refusal<std::invalid_argument>(
                  [this] { m_helper.SetDeviceAttribute("Mtu", UintegerValue(10'000)); }),
              "ns3::offload::LinkNetDevice::Mtu does not accept 10000, but uint16_t 68:9216");
    EXPECT_EQ(Refusal<std::invalid_argument>(
                  [this] { m_helper.SetDeviceAttribute("Colour", StringValue("red")); }),
              "ns3::offload::LinkNetDevice has no attribute Colour");
    EXPECT_EQ(Refusal<std::invalid_argument>(
                  [this] { m_helper.SetChannelAttribute("Length", StringValue("2m")); }),
              "ns3::offload::LinkChannel has no attribute Length");
}

TEST_F(LinkAttribute, TheHelperRefusesOtherDevicesAndOtherThanTwoNodes)
{
    EXPECT_NE(Refusal<std::invalid_argument>(
                  [this] { m_helper.SetDeviceType("ns3::PointToPointNetDevice"); }),
              "");
    EXPECT_NE(Refusal<std::invalid_argument>([this] { m_helper.SetDeviceType("none"); }), "");
    NodeContainer three;
    three.Create(3);
    EXPECT_EQ(Refusal<std::invalid_argument>([&] { m_helper.Install(three); }),
              "LinkHelper::Install needs two nodes, got 3");
    EXPECT_EQ(three.Get(0)->GetNDevices(), 0U) << "nothing is left half-built";
}

TEST_F(LinkAttribute, ACableHasTwoEnds)
{
    Build();
    Ptr<LinkNetDevice> third = CreateObject<LinkNetDevice>();
    const Ptr<LinkChannel> cable = DynamicCast<LinkChannel>(m_a->GetChannel());
    EXPECT_EQ(Refusal<std::invalid_argument>([&] { third->Attach(cable); }),
              "LinkChannel: a cable has two ends, and both are in use");
    EXPECT_EQ(third->GetChannel(), nullptr);
    third->Dispose();
}

TEST_F(LinkAttribute, DevicesCanBeInstalledByNodeName)
{
    NodeContainer nodes;
    nodes.Create(2);
    Names::Add("left", nodes.Get(0));
    Names::Add("right", nodes.Get(1));
    NetDeviceContainer devices = m_helper.Install("left", "right");
    EXPECT_EQ(devices.Get(0)->GetNode(), nodes.Get(0));
    EXPECT_EQ(devices.Get(1)->GetNode(), nodes.Get(1));
    EXPECT_NE(devices.Get(0)->GetAddress(), devices.Get(1)->GetAddress());
}

TEST_F(LinkAttribute, TracesAreFoundThroughConfigPaths)
{
    Build();
    Config::ConnectWithoutContext("/NodeList/1/DeviceList/0/$ns3::offload::LinkNetDevice/MacRx",
                                  MakeCallback(&LinkTest::Count, static_cast<LinkTest*>(this)));
    SendAt(0, 46);
    Simulator::Run();
    EXPECT_EQ(m_counted, 1U);
}

TEST_F(LinkAttribute, ADisconnectedTraceIsSilent)
{
    Build();
    const auto sink = MakeCallback(&LinkTest::Count, static_cast<LinkTest*>(this));
    m_b->TraceConnectWithoutContext("MacRx", sink);
    m_b->TraceDisconnectWithoutContext("MacRx", sink);
    SendAt(0, 46);
    Simulator::Run();
    EXPECT_EQ(m_counted, 0U);
    EXPECT_EQ(m_arrivals.size(), 1U);
}

TEST(TimeResolution, AnythingButPicosecondsIsRefusedWithTheLineToAdd)
{
    for (const auto unit : {Time::S, Time::NS, Time::FS})
    {
        EXPECT_EQ(Refusal<std::runtime_error>([unit] { RequirePicoseconds(unit); }),
                  "offload needs picosecond time steps; add as the first statement of main(): "
                  "Time::SetResolution(Time::PS);");
    }
    EXPECT_NO_THROW(RequirePicoseconds(Time::PS));
    EXPECT_NO_THROW(RequirePicoseconds());
}

} // namespace
} // namespace offload
} // namespace ns3
