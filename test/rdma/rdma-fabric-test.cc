/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// RDMA over switched networks: content, losslessness and recovery, from end to end.
#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/dcqcn.h"
#include "ns3/error-model.h"
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/nstime.h"
#include "ns3/pointer.h"
#include "ns3/rdma-helper.h"
#include "ns3/rdma-net-device.h"
#include "ns3/rdma-traffic.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <stdexcept>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** A fat tree of 128 hosts with RDMA NICs. */
class RdmaFabricTest : public ::testing::Test
{
  public:
    ~RdmaFabricTest() override
    {
        Clear();
    }

    void Clear()
    {
        m_traffic.reset();
        m_fabric = Fabric();
        m_devices = NetDeviceContainer();
        Simulator::Destroy();
    }

    void SetLossless()
    {
        constexpr uint8_t RDMA_CLASS = 3; // of QueuePairConfig's CodePoint
        m_switches.SetLosslessClasses(1U << RDMA_CLASS);
        m_nics.SetDeviceAttribute("PriorityFlowControl", BooleanValue(true));
    }

    void SetBuffer(uint64_t bytes)
    {
        m_switches.SetSwitchAttribute("BufferSize", UintegerValue(bytes));
    }

    void Build(uint32_t ports = 8)
    {
        Build(*FatTree::KAry(ports, 3));
    }

    void Build(const FabricTopology& topology)
    {
        const DataRateValue rate(DataRate("100Gbps"));
        m_nics.SetDeviceAttribute("DataRate", rate);
        m_switches.SetPortAttribute("DataRate", rate);
        m_switches.SetPortAttribute("Mtu", UintegerValue(LinkNetDevice::MAX_MTU));
        NodeContainer hosts(topology.GetHosts());
        for (auto host = hosts.Begin(); host != hosts.End(); ++host)
        {
            m_devices.Add(m_nics.CreateDevice(*host));
        }
        m_fabric = m_switches.Install(topology, m_devices);
    }

    void Run(const std::vector<RdmaFlow>& flows)
    {
        m_traffic = std::make_unique<RdmaTraffic>(m_devices);
        m_traffic->Start(flows);
        Simulator::Run();
    }

    uint64_t Count(uint64_t (FabricSwitch::*count)() const) const
    {
        uint64_t sum = 0;
        for (const auto& device : m_fabric.switches)
        {
            sum += (PeekPointer(device)->*count)();
        }
        return sum;
    }

    RdmaHelper m_nics;
    FabricHelper m_switches;
    NetDeviceContainer m_devices;
    Fabric m_fabric;
    std::unique_ptr<RdmaTraffic> m_traffic;
};

constexpr uint64_t MESSAGE = 1'000'000;

TEST_F(RdmaFabricTest, LosslessIncastOf64IsPausedAndLosesNothing)
{
    SetLossless();
    SetBuffer(2'000'000);
    Build();
    Run(MakeIncast(64, MESSAGE));
    EXPECT_TRUE(m_traffic->IsComplete());
    EXPECT_EQ(Count(&FabricSwitch::GetDrops), 0U);
    EXPECT_GT(Count(&FabricSwitch::GetPauses), 0U);
}

TEST_F(RdmaFabricTest, WithoutPausesIncastOf64IsDroppedAndRecovers)
{
    SetBuffer(2'000'000);
    Build();
    Run(MakeIncast(64, MESSAGE));
    EXPECT_TRUE(m_traffic->IsComplete());
    EXPECT_GT(Count(&FabricSwitch::GetDrops), 0U);
    EXPECT_EQ(Count(&FabricSwitch::GetPauses), 0U);
}

TEST_F(RdmaFabricTest, WithoutPausesIncastRecoversWhereHardlyAPacketOfEachFits)
{
    SetBuffer(500'000);
    Build(*FatTree::SingleSwitch(65));
    Run(MakeIncast(64, MESSAGE));
    EXPECT_TRUE(m_traffic->IsComplete());
    EXPECT_GT(Count(&FabricSwitch::GetDrops), 0U);
    // Four rounds or so; those that begin again together never get through.
    EXPECT_LT(Simulator::Now(), MilliSeconds(150));
}

TEST_F(RdmaFabricTest, AllPermutationsFinishOnALosslessTree)
{
    SetLossless();
    SetBuffer(1'000'000);
    Build();
    std::vector<RdmaFlow> flows;
    for (uint64_t seed = 1; seed <= 4; ++seed)
    {
        const auto more = MakePermutation(128, MESSAGE / 4, seed);
        flows.insert(flows.end(), more.begin(), more.end());
    }
    Run(flows);
    EXPECT_TRUE(m_traffic->IsComplete());
    EXPECT_EQ(Count(&FabricSwitch::GetDrops), 0U);
}

TEST_F(RdmaFabricTest, PacketsThatOvertakeEachOtherArriveRight)
{
    m_switches.SetSwitchAttribute("PacketSpraying", BooleanValue(true));
    Build(4);
    Run(MakeAllToAll(16, MESSAGE / 16));
    EXPECT_TRUE(m_traffic->IsComplete());
}

TEST_F(RdmaFabricTest, CorruptFramesAreSentAgain)
{
    Build(4);
    std::vector<Ptr<RateErrorModel>> models;
    for (uint32_t i = 0; i < m_devices.GetN(); ++i)
    {
        Ptr<RateErrorModel> model = CreateObject<RateErrorModel>();
        model->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        model->SetRate(0.01);
        model->AssignStreams(i);
        DynamicCast<LinkNetDevice>(m_devices.Get(i))->SetReceiveErrorModel(model);
    }
    Run(MakePermutation(16, MESSAGE, 1));
    EXPECT_TRUE(m_traffic->IsComplete());
}

TEST_F(RdmaFabricTest, CongestionControlKeepsQueuesShort)
{
    m_switches.SetSwitchAttribute("Ecn", BooleanValue(true));
    m_nics.SetQueuePairAttribute("Dcqcn", PointerValue(CreateObject<DcqcnConfig>()));
    SetLossless();
    Build(4);
    Run(MakeIncast(8, MESSAGE));
    EXPECT_TRUE(m_traffic->IsComplete());
    EXPECT_GT(Count(&FabricSwitch::GetMarks), 0U);
}

TEST_F(RdmaFabricTest, CongestionNotificationsOfAnIncastOf64AreNotDroppedInTheLeastBufferEither)
{
    m_switches.SetSwitchAttribute("Ecn", BooleanValue(true));
    m_nics.SetQueuePairAttribute("Dcqcn", PointerValue(CreateObject<DcqcnConfig>()));
    SetLossless();
    const auto star = FatTree::SingleSwitch(65);
    Build(*star);
    UintegerValue reserved;
    m_fabric.switches[0]->GetAttribute("ReservedPerPort", reserved);
    const uint64_t least =
        65 *
        (m_fabric.switches[0]->GetHeadroom(*m_fabric.switches[0]->GetPort(0)) + reserved.Get());
    Clear();
    SetBuffer(least);
    EXPECT_THROW(Build(*star), std::invalid_argument);
    Clear();
    SetBuffer(least + 1);
    Build(*star);
    Run(MakeIncast(64, MESSAGE / 4));
    EXPECT_TRUE(m_traffic->IsComplete());
    EXPECT_EQ(Count(&FabricSwitch::GetDrops), 0U);
    EXPECT_GT(Count(&FabricSwitch::GetPauses), 0U);
    EXPECT_GT(Count(&FabricSwitch::GetMarks), 0U);
}

TEST_F(RdmaFabricTest, AFlowLongerThanAMessageOfSmallPacketsIsSent)
{
    m_nics.SetQueuePairAttribute("Mtu", UintegerValue(256));
    Build(4);
    m_traffic = std::make_unique<RdmaTraffic>(m_devices);
    m_traffic->Start({{0, 1, (1ULL << 30) + 1}});
    Simulator::Stop(MicroSeconds(10));
    Simulator::Run();
    EXPECT_EQ(m_traffic->GetOutcomes()[0].posted, PostResult::POSTED);
    EXPECT_FALSE(m_traffic->GetOutcomes()[0].done);
    constexpr uint32_t FIRST = 2; // number of a NIC's first queue pair
    const auto sender = DynamicCast<RdmaNetDevice>(m_devices.Get(0));
    EXPECT_GT(sender->GetEngine()->GetQueuePair(FIRST)->GetInFlight(), 0U);
}

TEST_F(RdmaFabricTest, AFlowThatCannotBePostedSaysWhy)
{
    Build(4);
    m_traffic = std::make_unique<RdmaTraffic>(m_devices);
    m_traffic->Start({{0, 1, MESSAGE}});
    constexpr uint32_t FIRST = 2; // number of a NIC's first queue pair
    DynamicCast<RdmaNetDevice>(m_devices.Get(0))->GetEngine()->GetQueuePair(FIRST)->Reset();
    Simulator::Run();
    EXPECT_EQ(m_traffic->GetDone(), 1U);
    EXPECT_EQ(m_traffic->GetOutcomes()[0].posted, PostResult::WRONG_STATE);
    EXPECT_FALSE(m_traffic->IsComplete());
}

TEST(RdmaFlows, APermutationHasEachHostOnceAndNobodySendsToItself)
{
    for (uint64_t seed = 1; seed <= 20; ++seed)
    {
        std::set<uint32_t> targets;
        for (const auto& flow : MakePermutation(17, 5, seed))
        {
            EXPECT_NE(flow.source, flow.destination);
            EXPECT_EQ(flow.bytes, 5U);
            targets.insert(flow.destination);
        }
        EXPECT_EQ(targets.size(), 17U);
    }
}

TEST(RdmaFlows, AnotherSeedIsAnotherPermutation)
{
    uint32_t same = 0;
    const auto a = MakePermutation(64, 1, 1);
    const auto b = MakePermutation(64, 1, 2);
    for (uint32_t i = 0; i < 64; ++i)
    {
        same += a[i].destination == b[i].destination ? 1 : 0;
    }
    EXPECT_LT(same, 10U);
}

TEST(RdmaFlows, AllToAllHasEachPairOnce)
{
    std::set<std::pair<uint32_t, uint32_t>> pairs;
    for (const auto& flow : MakeAllToAll(5, 1))
    {
        pairs.emplace(flow.source, flow.destination);
        EXPECT_NE(flow.source, flow.destination);
    }
    EXPECT_EQ(pairs.size(), 20U);
}

} // namespace
} // namespace offload
} // namespace ns3
