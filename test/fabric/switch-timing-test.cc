/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"

#include "ns3/link-helper.h"

namespace ns3
{
namespace offload
{
namespace
{

class SwitchTiming : public FabricTest
{
  public:
    /// Preamble and the first 64 bytes
    static constexpr int64_t HEAD = 72 * BYTE;
};

TEST_F(SwitchTiming, AFrameIsStoredAndForwardedByEachSwitch)
{
    Build(*FatTree::KAry(4, 3));
    SendAt(0, 0, 15, Create<Packet>(1000));
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{6 * (GetWire(1000) + DELAY) + 5 * LATENCY});
}

TEST_F(SwitchTiming, AShorterWayTakesFewerHops)
{
    Build(*FatTree::KAry(4, 3));
    SendAt(0, 0, 1, Create<Packet>(1000));
    SendAt(0, 4, 6, Create<Packet>(1000));
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{2 * (GetWire(1000) + DELAY) + LATENCY,
                                    4 * (GetWire(1000) + DELAY) + 3 * LATENCY}));
}

TEST_F(SwitchTiming, CutThroughWaitsForTheHeadOnly)
{
    m_helper.SetSwitchAttribute("CutThrough", BooleanValue(true));
    Build(*FatTree::KAry(4, 3));
    SendAt(0, 0, 15, Create<Packet>(1000));
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              std::vector<int64_t>{5 * (HEAD + DELAY + LATENCY) + GetWire(1000) + DELAY});
}

TEST_F(SwitchTiming, TheSmallestFrameIsItsOwnHead)
{
    m_helper.SetSwitchAttribute("CutThrough", BooleanValue(true));
    Build(*FatTree::SingleSwitch(2));
    SendAt(0, 0, 1, Create<Packet>(1));
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{2 * (HEAD + DELAY) + LATENCY});
}

TEST_F(SwitchTiming, AFrameThatIsCutThroughWaitsForABusyPort)
{
    m_helper.SetSwitchAttribute("CutThrough", BooleanValue(true));
    Build(*FatTree::SingleSwitch(3));
    SendAt(0, 0, 2, Create<Packet>(1500));
    SendAt(1, 1, 2, Create<Packet>(1000));
    Simulator::Run();
    const int64_t first = 2 * DELAY + LATENCY + HEAD + GetWire(1500);
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{first, first + GAP * BYTE + GetWire(1000)}));
}

TEST_F(SwitchTiming, BackToBackFramesKeepTheirDistance)
{
    for (const bool cutThrough : {false, true})
    {
        m_helper.SetSwitchAttribute("CutThrough", BooleanValue(cutThrough));
        Build(*FatTree::LeafSpine(2, 1, 1));
        m_arrivals.clear();
        for (uint32_t i = 0; i < 10; ++i)
        {
            SendAt(0, 0, 1, Create<Packet>(700));
        }
        Simulator::Run();
        const int64_t first =
            4 * DELAY + 3 * LATENCY + GetWire(700) + 3 * (cutThrough ? HEAD : GetWire(700));
        std::vector<int64_t> expected;
        for (uint32_t i = 0; i < 10; ++i)
        {
            expected.push_back(first + i * (GetWire(700) + GAP * BYTE));
        }
        EXPECT_EQ(GetArrivalTimes(), expected) << "cut-through " << cutThrough;
        TearDown();
    }
}

TEST_F(SwitchTiming, WhatIsSetAfterInstallHoldsWithAndWithoutTraces)
{
    const auto drop = +[](Ptr<const Packet>) {};
    constexpr int64_t LATER = 70'000;
    for (const bool traced : {false, true})
    {
        Build(*FatTree::LeafSpine(2, 1, 1));
        m_arrivals.clear();
        for (const auto& device : m_fabric.switches)
        {
            device->SetAttribute("CutThrough", BooleanValue(true));
            device->SetAttribute("Latency", TimeValue(TimeStep(LATER)));
            for (uint32_t i = 0; traced && i < device->GetPorts(); ++i)
            {
                device->GetPort(i)->TraceConnectWithoutContext("MacRx", MakeCallback(drop));
            }
        }
        SendAt(0, 0, 1, Create<Packet>(1000));
        Simulator::Run();
        EXPECT_EQ(GetArrivalTimes(),
                  std::vector<int64_t>{3 * (HEAD + DELAY + LATER) + GetWire(1000) + DELAY})
            << "traced " << traced;
        TearDown();
    }
}

TEST_F(SwitchTiming, RatesAndPreamblesMayBeSetAfterInstall)
{
    const auto drop = +[](Ptr<const Packet>) {};
    m_helper.SetSwitchAttribute("CutThrough", BooleanValue(true));
    for (const bool traced : {false, true})
    {
        Build(*FatTree::SingleSwitch(3));
        m_arrivals.clear();
        Ptr<FabricSwitch> device = m_fabric.switches[0];
        for (uint32_t i = 0; i < 3; ++i)
        {
            // While the first ones are slower than the last one, they may not cut through.
            for (const Ptr<LinkNetDevice>& end :
                 {Ptr<LinkNetDevice>(device->GetPort(i)), GetDevice(i)})
            {
                end->SetAttribute("DataRate", DataRateValue(DataRate("50Gbps")));
                end->SetAttribute("Preamble", UintegerValue(16));
            }
            if (traced)
            {
                device->GetPort(i)->TraceConnectWithoutContext("MacRx", MakeCallback(drop));
            }
        }
        SendAt(0, 0, 1, Create<Packet>(1000));
        Simulator::Run();
        const int64_t head = (16 + 64) * 2 * BYTE;
        const int64_t wire = (16 + 14 + 1000 + 4) * 2 * BYTE;
        EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{head + wire + 2 * DELAY + LATENCY})
            << "traced " << traced;
        TearDown();
    }
}

TEST_F(SwitchTiming, AFrameForAFasterPortIsStoredFirst)
{
    // One port of 200 Gbit/s and two of 100.
    NodeContainer nodes;
    nodes.Create(4);
    LinkHelper ports;
    ports.SetDeviceType("ns3::offload::SwitchPort");
    LinkHelper hosts;
    hosts.SetChannelAttribute("Delay", TimeValue(TimeStep(DELAY)));
    Ptr<FabricSwitch> device = CreateObject<FabricSwitch>();
    device->SetAttribute("CutThrough", BooleanValue(true));
    device->SetAttribute("Latency", TimeValue(TimeStep(LATENCY)));
    device->SetRouting(FatTree::SingleSwitch(3)->MakeRouting(0));
    nodes.Get(3)->AggregateObject(device);
    for (uint32_t i = 0; i < 3; ++i)
    {
        const DataRateValue rate(DataRate(i == 2 ? "200Gbps" : "100Gbps"));
        ports.SetDeviceAttribute("DataRate", rate);
        device->AddPort(DynamicCast<SwitchPort>(ports.CreateDevice(nodes.Get(3))));
    }
    m_hosts = NodeContainer(nodes.Get(0), nodes.Get(1), nodes.Get(2));
    for (uint32_t i = 0; i < 3; ++i)
    {
        hosts.SetDeviceAttribute("DataRate",
                                 DataRateValue(DataRate(i == 2 ? "200Gbps" : "100Gbps")));
        Ptr<LinkNetDevice> host = hosts.CreateDevice(nodes.Get(i));
        host->SetAddress(MakeHostAddress(i));
        host->SetReceiveCallback(MakeCallback(&FabricTest::Record, static_cast<FabricTest*>(this)));
        hosts.Connect(host, device->GetPort(i));
        m_fabric.hostDevices.Add(host);
    }
    SendAt(0, 0, 2, Create<Packet>(1000));
    SendAt(1'000'000, 2, 0, Create<Packet>(1000));
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{GetWire(1000) + GetWire(1000) / 2 + 2 * DELAY + LATENCY,
                                    1'000'000 + HEAD / 2 + GetWire(1000) + 2 * DELAY + LATENCY}));
}

} // namespace
} // namespace offload
} // namespace ns3
