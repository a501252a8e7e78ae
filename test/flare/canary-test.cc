/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Canary: sums without trees, exact whatever meets, collides, comes late or is lost.
 */
#include "flare-communicator-test.h"

#include "ns3/canary-helper.h"
#include "ns3/nstime.h"

namespace ns3
{
namespace offload
{
namespace
{

class CanaryTest : public ::testing::Test
{
  public:
    CanaryTest()
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    }

    ~CanaryTest() override
    {
        m_fabric = Fabric();
        Simulator::Destroy();
    }

    void Build(std::unique_ptr<FatTree> topology, uint32_t blocks)
    {
        m_topology = std::move(topology);
        m_blocks = blocks;
        m_fabric = m_helper.Install(*m_topology, NodeContainer(m_topology->GetHosts()));
        for (uint32_t host = 0; host < m_topology->GetHosts(); ++host)
        {
            m_members.push_back(host);
            m_parts.push_back(std::make_unique<Values<int32_t>>(host, blocks));
            m_vectors.push_back(m_parts.back().get());
        }
    }

    void Start(uint32_t window = 64)
    {
        CanaryJob job;
        job.id = 5;
        job.blocks = m_blocks;
        job.window = window;
        CanaryHelper::StartAllreduce(m_fabric, job, m_vectors);
    }

    void ExpectSums() const
    {
        for (const uint32_t host : m_members)
        {
            EXPECT_FALSE(GetHost(host)->IsBusy()) << host;
            EXPECT_TRUE(m_parts[host]->IsSumOf(m_members)) << host;
        }
    }

    Ptr<CanaryNetDevice> GetHost(uint32_t host) const
    {
        return DynamicCast<CanaryNetDevice>(m_fabric.hostDevices.Get(host));
    }

    uint64_t Count(uint64_t CanaryCounters::*which) const
    {
        uint64_t sum = 0;
        for (const auto& device : m_fabric.switches)
        {
            sum += DynamicCast<CanarySwitch>(device)->GetCanaryCounters().*which;
        }
        return sum;
    }

    uint64_t Count(uint64_t CanaryHostCounters::*which) const
    {
        uint64_t sum = 0;
        for (const uint32_t host : m_members)
        {
            sum += GetHost(host)->GetCanaryCounters().*which;
        }
        return sum;
    }

    uint32_t CountDescriptors() const
    {
        uint32_t count = 0;
        for (const auto& device : m_fabric.switches)
        {
            count += DynamicCast<CanarySwitch>(device)->GetDescriptorsUsed();
        }
        return count;
    }

    CanaryHelper m_helper;
    std::unique_ptr<FatTree> m_topology;
    Fabric m_fabric;
    uint32_t m_blocks{0};
    std::vector<uint32_t> m_members;
    std::vector<std::unique_ptr<Values<int32_t>>> m_parts;
    std::vector<FlareVector*> m_vectors;
};

TEST_F(CanaryTest, SumsAreMadeWhereThePacketsMeet)
{
    for (const uint32_t levels : {1U, 2U, 3U})
    {
        Build(levels == 1   ? FatTree::SingleSwitch(5)
              : levels == 2 ? FatTree::LeafSpine(4, 4, 4)
                            : FatTree::KAry(4, 3),
              200);
        Start();
        Simulator::Run();
        ExpectSums();
        EXPECT_EQ(Count(&CanaryHostCounters::requests), 0U);
        EXPECT_EQ(Count(&CanaryCounters::collisions), 0U);
        // For its leader, each block is a packet from each level of switches, not one from each
        // host: what is near has waited long enough when what is far comes.
        EXPECT_LT(Count(&CanaryHostCounters::collected), 1.1 * levels * m_blocks);
        // Each result has freed what its block had taken.
        EXPECT_EQ(CountDescriptors(), 0U);
        m_fabric = Fabric();
        m_members.clear();
        m_parts.clear();
        m_vectors.clear();
        Simulator::Destroy();
    }
}

TEST_F(CanaryTest, TrafficIsThatOfAReductionInTheNetwork)
{
    Build(FatTree::LeafSpine(4, 4, 4), 400);
    Start(128);
    Simulator::Run();
    ExpectSums();
    // A block crosses 15 cables of hosts and 3 of leaves, then one to the leader's switch and twice
    // the leader's own, from far and near; back it crosses 16 of hosts and 4 others.
    constexpr double FRAMES = 400 * (15 + 3 + 1 + 2 + 16 + 4);
    constexpr double BYTES = 8 + 14 + 28 + 18 + 1024 + 4;
    EXPECT_NEAR(static_cast<double>(FabricHelper::GetTraffic(m_fabric)),
                FRAMES * BYTES,
                0.02 * FRAMES * BYTES);
}

TEST_F(CanaryTest, WhoComesLateOrFindsNoDescriptorIsAddedByTheLeader)
{
    // Hardly any descriptors, and no patience: nearly nothing is summed on the way.
    m_helper.SetSwitchAttribute("Descriptors", UintegerValue(3));
    m_helper.SetSwitchAttribute("BlockTimeout", TimeValue(NanoSeconds(200)));
    Build(FatTree::LeafSpine(4, 4, 4), 150);
    Start();
    Simulator::Run();
    ExpectSums();
    EXPECT_GT(Count(&CanaryCounters::collisions), 100U);
    EXPECT_GT(Count(&CanaryCounters::stragglers), 0U);
    EXPECT_GT(Count(&CanaryCounters::timeouts), 0U);
    EXPECT_EQ(Count(&CanaryHostCounters::requests), 0U);
    EXPECT_EQ(CountDescriptors(), 0U);
}

TEST_F(CanaryTest, LossIsRepairedByTheLeadersAndTheSumsStayExact)
{
    m_helper.SetSwitchAttribute("DescriptorLifetime", TimeValue(MicroSeconds(1500)));
    m_helper.SetSwitchAttribute("Descriptors", UintegerValue(40));
    Build(FatTree::LeafSpine(2, 4, 2), 300);
    int64_t stream = 1;
    const auto add = [&stream](Ptr<LinkNetDevice> device) {
        auto errors = CreateObject<RateErrorModel>();
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        errors->SetRate(0.01);
        errors->AssignStreams(stream++);
        device->SetReceiveErrorModel(errors);
    };
    for (const uint32_t host : m_members)
    {
        add(GetHost(host));
    }
    for (const auto& device : m_fabric.switches)
    {
        for (uint32_t port = 0; port < device->GetPorts(); ++port)
        {
            add(device->GetPort(port));
        }
    }
    Start(32);
    Simulator::Stop(Seconds(2));
    Simulator::Run();
    ExpectSums();
    EXPECT_GT(Count(&CanaryHostCounters::requests), 0U);
    EXPECT_GT(Count(&CanaryHostCounters::repeats), 0U);
    EXPECT_GT(Count(&CanaryCounters::reclaimed), 0U);
}

TEST_F(CanaryTest, PacketsGoAroundALongQueue)
{
    int64_t ends[2];
    for (const bool adaptive : {false, true})
    {
        m_helper.SetSwitchAttribute("LongQueue",
                                    TimeValue(adaptive ? MicroSeconds(2) : Seconds(1)));
        Build(FatTree::LeafSpine(4, 4, 4), 400);
        // The first leaf's cables to two of the spines have a fiftieth of the rate.
        for (uint32_t spine = 0; spine < 2; ++spine)
        {
            m_fabric.switches[0]->GetPort(4 + spine)->SetDataRate(DataRate("2Gbps"));
        }
        Start(64);
        Simulator::Run();
        ExpectSums();
        EXPECT_EQ(Count(&CanaryCounters::detours) > 0, adaptive);
        ends[adaptive ? 1 : 0] = CanaryHelper::GetEnd(m_fabric);
        m_fabric = Fabric();
        m_members.clear();
        m_parts.clear();
        m_vectors.clear();
        Simulator::Destroy();
    }
    EXPECT_LT(static_cast<double>(ends[1]), 0.6 * static_cast<double>(ends[0]));
}

TEST_F(CanaryTest, ASpineThatDiesCostsTimeAndNothingElse)
{
    Build(FatTree::LeafSpine(3, 2, 3), 600);
    Start(32);
    Simulator::Schedule(MicroSeconds(30), &FabricSwitch::Fail, m_fabric.switches[4]);
    Simulator::Stop(Seconds(2));
    Simulator::Run();
    ExpectSums();
    EXPECT_GT(Count(&CanaryHostCounters::requests), 0U);
}

TEST_F(CanaryTest, ImpossibleJobsAreRefused)
{
    Build(FatTree::SingleSwitch(2), 4);
    CanaryJob job;
    EXPECT_THROW(CanaryHelper::StartAllreduce(m_fabric, job, m_vectors), std::invalid_argument);
    job.blocks = 4;
    EXPECT_THROW(CanaryHelper::StartAllreduce(m_fabric, job, {}), std::invalid_argument);
    CanaryHelper::StartAllreduce(m_fabric, job, m_vectors);
    EXPECT_THROW(CanaryHelper::StartAllreduce(m_fabric, job, m_vectors), std::invalid_argument);
    Simulator::Run();
    ExpectSums();
}

TEST(CanaryPacket, HasTheBytesOfItsFields)
{
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    CanaryPacketPtr packet = CanaryPacketPool::Get()->Create();
    packet->kind = CanaryKind::RESULT;
    packet->source = 1;
    packet->destination = 2;
    packet->leader = 1;
    packet->communicator = 77;
    packet->sequence = 0x0506;
    packet->counter = 0x0102;
    packet->rank = 9;
    packet->bypass = true;
    packet->round = 1;
    packet->type = FlareType::FP32;
    packet->operation = FlareOperation::MAX;
    packet->block = 0x01020304;
    packet->body = pool->Create();
    packet->body->values = 2;
    packet->body->dataBytes = 8;
    packet->body->data = pool->CreateBuffer();
    std::memcpy(packet->body->data->bytes.data(), "abcdefgh", 8);
    packet->Seal();
    EXPECT_EQ(packet->GetSize(), 28U + 18 + 8);
    std::vector<uint8_t> bytes(packet->GetSize());
    packet->ToPacket(false)->CopyData(bytes.data(), packet->GetSize());
    const std::vector<uint8_t> header{0xf1, 0xb1, 0, 34};
    EXPECT_EQ(std::vector<uint8_t>(bytes.begin() + 22, bytes.begin() + 26), header);
    const std::vector<uint8_t> rest{1, 2, 3, 4,    10, 0,   0,   2,   5,   6,   1,   2,   0,
                                    9, 0, 2, 0x42, 3,  'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
    EXPECT_EQ(std::vector<uint8_t>(bytes.begin() + 28, bytes.end()), rest);
    packet = nullptr;
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
