/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"

#include "ns3/link-channel.h"

#include <algorithm>
#include <map>
#include <set>

namespace ns3
{
namespace offload
{
namespace
{

class SwitchForwarding : public FabricTest
{
  public:
    /** @return which hosts got a frame, and how many */
    std::map<uint32_t, uint32_t> CountByHost() const
    {
        std::map<uint32_t, uint32_t> counts;
        for (const auto& arrival : m_arrivals)
        {
            ++counts[arrival.host];
        }
        return counts;
    }

    /** Which spine a frame takes, from what it forwards. */
    std::vector<uint64_t> CountBySpine(uint32_t leaves) const
    {
        std::vector<uint64_t> counts;
        for (std::size_t i = leaves; i < m_fabric.switches.size(); ++i)
        {
            counts.push_back(m_fabric.switches[i]->GetForwarded());
        }
        return counts;
    }
};

TEST_F(SwitchForwarding, EveryHostReachesEveryHostWithItsBytes)
{
    Build(*FatTree::KAry(4, 3));
    for (uint32_t from = 0; from < 16; ++from)
    {
        for (uint32_t to = 0; to < 16; ++to)
        {
            if (from != to)
            {
                SendAt(from * 1000, from, to, MakePacket(Pattern(100 + from, 16 * from + to)));
            }
        }
    }
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 16U * 15);
    for (const auto& arrival : m_arrivals)
    {
        EXPECT_EQ(arrival.bytes, Pattern(100 + arrival.source, 16 * arrival.source + arrival.host));
    }
    EXPECT_EQ(Sum(&FabricSwitch::GetDrops), 0U);
    ExpectEmptyBuffers();
}

TEST_F(SwitchForwarding, FramesToNobodyAreDroppedAndTraced)
{
    Build(*FatTree::SingleSwitch(2));
    SendAt(0, 0, 2, Create<Packet>(100));
    SendAt(0, 0, Mac48Address("00:00:00:00:00:01"), Create<Packet>(100));
    Simulator::Run();
    EXPECT_TRUE(m_arrivals.empty());
    ASSERT_EQ(m_drops.size(), 2U);
    EXPECT_EQ(m_drops[0].size, 114U);
    EXPECT_EQ(m_drops[0].port, 0U);
    EXPECT_EQ(m_drops[0].reason, SwitchDropReason::NO_ROUTE);
    EXPECT_EQ(m_droppedAt[0], GetWire(100) + DELAY + LATENCY);
    EXPECT_EQ(m_fabric.switches[0]->GetDrops(), 2U);
    EXPECT_EQ(m_fabric.switches[0]->GetForwarded(), 0U);
}

TEST_F(SwitchForwarding, FramesForAnUnpluggedHostAreDroppedAndTraced)
{
    Build(*FatTree::SingleSwitch(2));
    DynamicCast<LinkChannel>(GetDevice(1)->GetChannel())->SetLinkUp(false);
    SendAt(0, 0, 1, Create<Packet>(100));
    Simulator::Run();
    ASSERT_EQ(m_drops.size(), 1U);
    EXPECT_EQ(m_drops[0].reason, SwitchDropReason::PORT_REFUSED);
    ExpectEmptyBuffers();
}

TEST_F(SwitchForwarding, FramesThatAreLostWithACableLeaveTheBuffer)
{
    Build(*FatTree::SingleSwitch(3));
    for (uint32_t i = 0; i < 20; ++i)
    {
        SendAt(0, 0, 2, Create<Packet>(1000));
        SendAt(0, 1, 2, Create<Packet>(1000));
    }
    Simulator::Schedule(TimeStep(10 * GetWire(1000)),
                        &LinkChannel::SetLinkUp,
                        DynamicCast<LinkChannel>(GetDevice(2)->GetChannel()),
                        false);
    Simulator::Run();
    EXPECT_LT(m_arrivals.size(), 20U);
    EXPECT_GT(m_arrivals.size(), 0U);
    ExpectEmptyBuffers();
}

TEST_F(SwitchForwarding, AFlowKeepsItsWayAndOrderAndFlowsSpread)
{
    Build(*FatTree::LeafSpine(2, 4, 4));
    constexpr uint32_t FLOWS = 400;
    constexpr uint32_t PACKETS = 5;
    for (uint32_t i = 0; i < PACKETS; ++i)
    {
        for (uint32_t flow = 0; flow < FLOWS; ++flow)
        {
            std::vector<uint8_t> payload(600 - 100 * i, static_cast<uint8_t>(i));
            SendDatagramAt(i * 1000,
                           flow % 4,
                           4 + flow % 4,
                           static_cast<uint16_t>(1000 + flow),
                           payload);
        }
    }
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), FLOWS * PACKETS);
    std::map<uint16_t, uint8_t> next;
    for (const auto& arrival : m_arrivals)
    {
        const auto port = static_cast<uint16_t>(arrival.bytes[20] << 8 | arrival.bytes[21]);
        EXPECT_EQ(arrival.bytes[28], next[port]++) << "flow " << port;
    }
    for (const uint64_t count : CountBySpine(2))
    {
        // Whole flows, and a fair share of them: a quarter, within five standard deviations.
        EXPECT_EQ(count % PACKETS, 0U);
        EXPECT_NEAR(static_cast<double>(count / PACKETS), FLOWS / 4.0, 5 * 8.7);
    }
}

TEST_F(SwitchForwarding, SwitchesOfTwoLevelsChooseIndependently)
{
    // If both levels hashed alike, a quarter of the cores would get everything.
    Build(*FatTree::KAry(8, 3));
    for (uint32_t flow = 0; flow < 1600; ++flow)
    {
        SendDatagramAt(0, flow % 16, 127 - flow % 16, static_cast<uint16_t>(flow), {1, 2, 3});
    }
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), 1600U);
    for (uint32_t core = 64; core < 80; ++core)
    {
        EXPECT_NEAR(static_cast<double>(m_fabric.switches[core]->GetForwarded()), 100, 50)
            << "core " << core;
    }
}

TEST_F(SwitchForwarding, FragmentsOfADatagramTakeOneWay)
{
    Build(*FatTree::LeafSpine(2, 1, 8));
    for (uint32_t i = 0; i < 8; ++i)
    {
        Ptr<Packet> packet = MakePacket(Pattern(200, i + 1));
        Ipv4Header ip;
        ip.SetSource(Ipv4Address(1));
        ip.SetDestination(Ipv4Address(2));
        ip.SetProtocol(17);
        ip.SetPayloadSize(200);
        ip.SetFragmentOffset(static_cast<uint16_t>(200 * i));
        i < 7 ? ip.SetMoreFragments() : ip.SetLastFragment();
        packet->AddHeader(ip);
        SendAt(0, 0, MakeHostAddress(1), packet, IPV4);
    }
    Simulator::Run();
    const auto counts = CountBySpine(2);
    EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 8U);
}

TEST_F(SwitchForwarding, PacketSprayingIsEvenToThePacket)
{
    m_helper.SetSwitchAttribute("PacketSpraying", BooleanValue(true));
    Build(*FatTree::LeafSpine(2, 4, 4));
    for (uint32_t i = 0; i < 400; ++i)
    {
        SendDatagramAt(0, i % 4, 4, 1000, {1, 2, 3});
    }
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), 400U);
    EXPECT_EQ(CountBySpine(2), (std::vector<uint64_t>{100, 100, 100, 100}));
}

TEST_F(SwitchForwarding, ABroadcastReachesAllOthersOnceWithItsBytes)
{
    Build(*FatTree::KAry(4, 3));
    SendAt(0, 5, Mac48Address::GetBroadcast(), MakePacket(Pattern(300)));
    Simulator::Run();
    const auto counts = CountByHost();
    EXPECT_EQ(counts.size(), 15U);
    EXPECT_EQ(counts.count(5), 0U);
    for (const auto& arrival : m_arrivals)
    {
        EXPECT_EQ(counts.at(arrival.host), 1U);
        EXPECT_EQ(arrival.bytes, Pattern(300));
    }
    ExpectEmptyBuffers();
}

TEST_F(SwitchForwarding, AMulticastReachesTheMembersOnly)
{
    Build(*FatTree::KAry(4, 3));
    const Mac48Address group("01:00:5e:01:02:03");
    for (const uint32_t host : {1U, 5U, 6U, 15U})
    {
        m_fabric.groups->Join(group, host);
    }
    m_fabric.groups->Join(group, 1);
    m_fabric.groups->Join(group, 9);
    m_fabric.groups->Leave(group, 9);
    // From a member, from another host, and to a group without members.
    SendAt(0, 6, group, MakePacket(Pattern(300, 1)));
    SendAt(0, 8, group, MakePacket(Pattern(300, 2)));
    SendAt(0, 8, Mac48Address("01:00:5e:01:02:04"), MakePacket(Pattern(300, 3)));
    Simulator::Run();
    EXPECT_EQ(CountByHost(), (std::map<uint32_t, uint32_t>{{1, 2}, {5, 2}, {6, 1}, {15, 2}}));
    for (const auto& arrival : m_arrivals)
    {
        EXPECT_EQ(arrival.bytes, Pattern(300, arrival.source == 6 ? 1 : 2));
    }
    EXPECT_EQ(Sum(&FabricSwitch::GetDrops), 0U);
}

TEST_F(SwitchForwarding, WithoutGroupsAMulticastReachesAll)
{
    Build(*FatTree::SingleSwitch(4));
    m_fabric.switches[0]->SetMulticastGroups(nullptr);
    SendAt(0, 0, Mac48Address("01:00:5e:01:02:03"), Create<Packet>(100));
    Simulator::Run();
    EXPECT_EQ(CountByHost(), (std::map<uint32_t, uint32_t>{{1, 1}, {2, 1}, {3, 1}}));
}

TEST_F(SwitchForwarding, OnlyGroupsHaveMembers)
{
    MulticastGroups groups;
    EXPECT_THROW(groups.Join(MakeHostAddress(1), 1), std::invalid_argument);
    EXPECT_THROW(groups.Join(Mac48Address::GetBroadcast(), 1), std::invalid_argument);
}

TEST_F(SwitchForwarding, AfterTheDetectionTimeAllSendAroundASwitchThatHasFailed)
{
    constexpr int64_t MS = 1'000'000'000;
    // Leaves and spines, and three levels: there, others have to know of switches that they have
    // no cable to.
    for (const bool three : {false, true})
    {
        const auto topology = three ? FatTree::KAry(4, 3) : FatTree::LeafSpine(4, 4, 4);
        Build(*topology);
        // A switch that the first host's has a cable to: above it, and not the only one.
        const FabricTopology::Place leaf = topology->GetHostPlace(0);
        const uint32_t hosts = topology->GetHosts();
        const uint32_t up = topology->GetPeer({leaf.node, topology->GetPorts(leaf.node) - 1}).node;
        Simulator::Schedule(TimeStep(1 * MS), &FabricSwitch::Fail, m_fabric.switches[up]);
        // Many flows from everywhere to the first host's neighbours and back.
        constexpr uint16_t FLOWS = 16;
        uint32_t sent = 0;
        for (const int64_t at : {MS / 2, MS + MS / 2, 2 * MS + MS / 2})
        {
            const int64_t delay = at - Simulator::Now().GetTimeStep();
            for (uint32_t far = hosts / 2; far < hosts; ++far)
            {
                for (uint16_t flow = 0; flow < FLOWS; ++flow)
                {
                    SendDatagramAt(delay, far, far % 2, flow, Pattern(64, flow));
                    SendDatagramAt(delay, far % 2, far, flow, Pattern(64, flow));
                }
            }
            sent += 2 * FLOWS * (hosts - hosts / 2);
            Simulator::Stop(TimeStep(delay + MS / 2 - 1));
            Simulator::Run();
            // All, but for those that were sent before the failure was known.
            EXPECT_EQ(m_arrivals.size() + m_drops.size(), sent);
            EXPECT_EQ(m_drops.empty(), at < MS);
            for (const auto& drop : m_drops)
            {
                EXPECT_EQ(drop.reason, SwitchDropReason::PORT_REFUSED);
            }
            EXPECT_LE(m_drops.size(), sent / 2);
        }
        EXPECT_EQ(m_droppedAt.back() / MS, 1);
        EXPECT_TRUE(m_fabric.switches[up]->HasFailed());
        m_arrivals.clear();
        m_drops.clear();
        m_droppedAt.clear();
        TearDown();
    }
}

TEST_F(SwitchForwarding, WhatOnlyAFailedSwitchLeadsToIsNotReached)
{
    Build(*FatTree::LeafSpine(2, 2, 2));
    m_fabric.switches[1]->Fail();
    SendAt(2'000'000'000, 0, 3, Create<Packet>(100));
    SendAt(2'000'000'000, 0, 1, Create<Packet>(100));
    Simulator::Run();
    EXPECT_EQ(CountByHost(), (std::map<uint32_t, uint32_t>{{1, 1}}));
    ASSERT_EQ(m_drops.size(), 1U);
    EXPECT_EQ(m_drops[0].reason, SwitchDropReason::NO_ROUTE);
    EXPECT_FALSE(GetDevice(3)->IsLinkUp());
    EXPECT_TRUE(GetDevice(0)->IsLinkUp());
}

TEST_F(SwitchForwarding, ThePortsQueueIsUnboundedAndSaysSo)
{
    const QueueSizeValue bound(QueueSize("10p"));
    EXPECT_THROW(m_helper.SetPortAttribute("QueueSize", bound), std::invalid_argument);
    EXPECT_THROW(m_helper.SetDeviceAttribute("QueueSize", bound), std::invalid_argument);
    Build(*FatTree::SingleSwitch(2));
    QueueSizeValue size;
    m_fabric.switches[0]->GetPort(0)->GetAttribute("QueueSize", size);
    EXPECT_EQ(size.Get(), QueueSize(QueueSizeUnit::PACKETS, UINT32_MAX));
    // Not changed for the hosts by what was refused.
    GetDevice(0)->GetAttribute("QueueSize", size);
    EXPECT_EQ(size.Get(), QueueSize("1000000p"));
}

TEST_F(SwitchForwarding, TheHelperRefusesWhatDoesNotFit)
{
    NodeContainer three;
    three.Create(3);
    EXPECT_THROW(m_helper.Install(*FatTree::SingleSwitch(4), three), std::invalid_argument);
    EXPECT_THROW(m_helper.SetSwitchAttribute("Bufsize", UintegerValue(1)), std::invalid_argument);
    EXPECT_THROW(m_helper.SetSwitchAttribute("BufferSize", UintegerValue(0)),
                 std::invalid_argument);
    EXPECT_THROW(m_helper.SetSwitchAttribute("BufferSize", UintegerValue(uint64_t{1} << 32)),
                 std::invalid_argument)
        << "ports count in 32 bits";
    EXPECT_THROW(m_helper.SetHostDeviceType("ns3::Node"), std::invalid_argument);
    m_helper.SetSwitchAttribute("LosslessClasses", UintegerValue(1));
    EXPECT_THROW(m_helper.Install(*FatTree::SingleSwitch(3), three), std::invalid_argument)
        << "nobody honours PAUSE frames";
    m_helper.SetLosslessClasses(1);
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(10'000));
    EXPECT_THROW(m_helper.Install(*FatTree::SingleSwitch(3), three), std::invalid_argument)
        << "less than the headroom";
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(30'000));
    m_helper.Install(*FatTree::SingleSwitch(3), three);
}

TEST_F(SwitchForwarding, AHostWhoseFramesWouldBeTooLargeForTheSwitchIsRefused)
{
    m_helper.SetHostDeviceAttribute("Mtu", UintegerValue(4200));
    try
    {
        m_helper.Install(*FatTree::SingleSwitch(3), NodeContainer(3));
        FAIL() << "ports of 1500 bytes";
    }
    catch (const std::invalid_argument& error)
    {
        EXPECT_STREQ(error.what(),
                     "FabricHelper::Install: the Mtu of host 0's ns3::offload::LinkNetDevice is "
                     "4200, above the 1500 of the switch's ports; give "
                     "ns3::offload::SwitchPort::Mtu at least as much (SetPortAttribute)");
    }
    m_helper.SetPortAttribute("Mtu", UintegerValue(4200));
    m_helper.Install(*FatTree::SingleSwitch(3), NodeContainer(3));
}

} // namespace
} // namespace offload
} // namespace ns3
