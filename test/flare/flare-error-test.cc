/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Operations end: with the result or with an error, whatever dies, and however dense a vector is
 * that was said to be sparse.
 */
#include "flare-communicator-test.h"
#include "flare-pairs.h"

#include "ns3/canary-helper.h"

namespace ns3
{
namespace offload
{
namespace
{

class FlareErrorTest : public FlareCommunicatorTest
{
  public:
    /** Make as many parts as there are hosts. */
    template <typename Part, typename... Arguments>
    std::vector<std::unique_ptr<Part>> MakeParts(Arguments... arguments)
    {
        std::vector<std::unique_ptr<Part>> parts;
        m_vectors.clear();
        for (uint32_t host = 0; host < m_topology->GetHosts(); ++host)
        {
            parts.push_back(std::make_unique<Part>(host, arguments...));
            m_vectors.push_back(parts.back().get());
        }
        return parts;
    }

    /** Run, and be told of it on std::clog. */
    std::string RunAndListen()
    {
        testing::internal::CaptureStderr();
        Simulator::Run();
        return testing::internal::GetCapturedStderr();
    }

    std::vector<FlareVector*> m_vectors;
};

TEST_F(FlareErrorTest, WithoutACommunicatorARootThatDiesIsAnError)
{
    constexpr uint32_t BLOCKS = 200;
    Build(FatTree::LeafSpine(2, 2, 2));
    const auto parts = MakeParts<Values<int32_t>>(BLOCKS);
    const auto group = FlareHelper::Start(m_network, Integers(), m_vectors, BLOCKS, 8);
    ASSERT_TRUE(group);
    FailAt(5 * US, group->root);
    const std::string told = RunAndListen();
    EXPECT_NE(told.find("nothing has been answered 32 times 8000 us long"), std::string::npos);
    EXPECT_LT(Simulator::Now(), MilliSeconds(300));
    for (uint32_t host = 0; host < 4; ++host)
    {
        const auto device = DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(host));
        EXPECT_FALSE(device->IsBusy());
        EXPECT_NE(device->GetError().find("rank " + std::to_string(host)), std::string::npos);
    }
    EXPECT_NE(told.find(FlareHelper::GetError(m_network)), std::string::npos);
    // What comes next has no error.
    m_network.manager->Destroy(group->id);
    const auto next = FlareHelper::Start(m_network, Integers(), m_vectors, BLOCKS);
    ASSERT_TRUE(next);
    EXPECT_EQ(RunAndListen(), "");
    EXPECT_EQ(FlareHelper::GetError(m_network), "");
    EXPECT_TRUE(parts[3]->IsSumOf({0, 1, 2, 3}));
}

TEST_F(FlareErrorTest, ACanaryWithoutAWayToOneOfItsHostsIsAnError)
{
    constexpr uint32_t BLOCKS = 50;
    m_topology = FatTree::LeafSpine(2, 2, 2);
    CanaryHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    for (const uint32_t dead : {0U, 2U})
    {
        Fabric fabric = helper.Install(*m_topology, NodeContainer(4));
        const auto parts = MakeParts<Values<int32_t>>(BLOCKS);
        CanaryJob job;
        job.blocks = BLOCKS;
        CanaryHelper::StartAllreduce(fabric, job, m_vectors);
        Simulator::Schedule(MicroSeconds(3), &FabricSwitch::Fail, fabric.switches[dead]);
        const bool leaf = dead == 0;
        EXPECT_EQ(RunAndListen().find("no result has come for 1024000 us") != std::string::npos,
                  leaf);
        EXPECT_EQ(CanaryHelper::GetError(fabric).empty(), !leaf);
        EXPECT_LT(Simulator::Now(), MilliSeconds(1100));
        for (uint32_t host = 0; host < 4; ++host)
        {
            EXPECT_FALSE(DynamicCast<CanaryNetDevice>(fabric.hostDevices.Get(host))->IsBusy());
            EXPECT_TRUE(leaf || parts[host]->IsSumOf({0, 1, 2, 3}));
        }
        fabric = Fabric();
        Simulator::Destroy();
    }
}

TEST_F(FlareErrorTest, ABarrierSaidToBeSparseIsRepaired)
{
    Build(FatTree::LeafSpine(2, 2, 2));
    auto communicator = FlareHelper::CreateCommunicator(m_network);
    FlareReduction barrier;
    barrier.collective = FlareCollective::BARRIER;
    barrier.sparse = true;
    ASSERT_TRUE(communicator->Start(barrier, {}, 1, 1));
    m_network.fabric.switches[communicator->GetGroup()->root]->Fail();
    Simulator::Run();
    EXPECT_TRUE(communicator->GetOutcome().complete) << communicator->GetOutcome().reason;
    EXPECT_EQ(communicator->GetOutcome().repairs, 1U);
    communicator = nullptr;
    const auto group = FlareHelper::Start(m_network, barrier, {}, 1);
    ASSERT_TRUE(group);
    EXPECT_FALSE(group->sparse);
    EXPECT_EQ(RunAndListen(), "");
}

/** Ones at all indices of each block. */
class Full : public Pairs
{
  public:
    Full(uint32_t /*host*/, uint32_t range)
        : Pairs(2),
          m_range(range)
    {
    }

    bool Read(uint32_t, uint32_t shard, FlarePacket& packet) override
    {
        const uint32_t capacity = flare::GetSparseCapacity(sizeof(int32_t));
        const uint32_t first = shard * capacity;
        packet.values = static_cast<uint16_t>(std::min(capacity, m_range - first));
        packet.dataBytes = packet.values * (flare::INDEX_BYTES + sizeof(int32_t));
        uint8_t* pair = packet.data->bytes.data();
        for (uint32_t i = 0; i < packet.values; ++i)
        {
            const auto index = static_cast<uint16_t>(first + i);
            const int32_t one = 1;
            std::memcpy(pair, &index, sizeof(index));
            std::memcpy(pair + sizeof(index), &one, sizeof(one));
            pair += sizeof(index) + sizeof(one);
        }
        return first + packet.values < m_range;
    }

    void Write(const FlarePacket& packet) override
    {
        for (uint32_t i = 0; i < packet.values; ++i)
        {
            const uint8_t* pair = &packet.data->bytes[i * (flare::INDEX_BYTES + sizeof(int32_t))];
            uint16_t index;
            std::memcpy(&index, pair, sizeof(index));
            std::memcpy(&sums[packet.block * flare::MAX_BLOCK_RANGE + index],
                        pair + sizeof(index),
                        sizeof(int32_t));
        }
    }

    bool Forget() override
    {
        sums.clear();
        return forgets;
    }

    std::map<uint32_t, int32_t> sums;

  private:
    uint32_t m_range;
};

/** Dense vectors in blocks for sparse ones, of which a leaf would pass on too many packets. */
class FlareDenserTest : public FlareErrorTest
{
  public:
    FlareDenserTest()
    {
        Build(FatTree::LeafSpine(2, 4, 1));
        m_reduction = Integers();
        m_reduction.sparse = true;
        m_reduction.storage = FlareStorage::HASH;
        m_reduction.hashSize = 256;
        m_reduction.blockRange = 25000;
    }

    FlareReduction m_reduction;
};

TEST_F(FlareDenserTest, TheHostsDoItAndOtherTenantsGoOn)
{
    constexpr uint32_t BLOCKS = 2;
    const auto parts = MakeParts<Full>(m_reduction.blockRange);
    const std::vector<uint32_t> few{0, 1, 4, 5};
    std::vector<FlareVector*> vectors;
    for (const uint32_t host : few)
    {
        vectors.push_back(m_vectors[host]);
    }
    auto communicator = FlareHelper::CreateCommunicator(m_network, few);
    Tenant<int32_t> other(m_network, {2, 3, 6, 7}, 1000);
    ASSERT_TRUE(communicator->Start(m_reduction, vectors, BLOCKS, 1));
    ASSERT_TRUE(other.Start(Integers()));
    EXPECT_EQ(communicator->GetOutcome().executor, FlareExecutor::SWITCHES);
    Simulator::Run();
    other.ExpectSums(FlareExecutor::SWITCHES);
    const FlareOutcome outcome = communicator->GetOutcome();
    EXPECT_TRUE(outcome.complete) << outcome.reason;
    EXPECT_EQ(outcome.executor, FlareExecutor::HOSTS);
    EXPECT_NE(outcome.reason.find("more packets than a sparse block may have"), std::string::npos)
        << outcome.reason;
    EXPECT_LT(outcome.end, 8000 * US); // nobody has waited for an alarm
    for (const uint32_t host : few)
    {
        EXPECT_EQ(parts[host]->sums.size(), BLOCKS * m_reduction.blockRange);
        for (const auto& [index, sum] : parts[host]->sums)
        {
            ASSERT_EQ(sum, 4) << index;
        }
    }
}

TEST_F(FlareDenserTest, VectorsThatCannotForgetGetAnError)
{
    const auto parts = MakeParts<Full>(m_reduction.blockRange);
    parts[5]->forgets = false;
    auto communicator = FlareHelper::CreateCommunicator(m_network);
    ASSERT_TRUE(communicator->Start(m_reduction, m_vectors, 1, 1));
    Simulator::Run();
    EXPECT_FALSE(communicator->GetOutcome().complete);
    EXPECT_NE(communicator->GetOutcome().reason.find("cannot forget"), std::string::npos);
}

TEST_F(FlareDenserTest, WithoutACommunicatorItIsAnErrorToo)
{
    const auto parts = MakeParts<Full>(m_reduction.blockRange);
    ASSERT_TRUE(FlareHelper::Start(m_network, m_reduction, m_vectors, 1));
    EXPECT_NE(RunAndListen().find("more packets than a sparse block may have"), std::string::npos);
    EXPECT_LT(Simulator::Now(), MilliSeconds(8));
}

TEST_F(FlareDenserTest, AHostWhosePacketsCannotBeCountedLeavesItToTheHosts)
{
    m_reduction.storage = FlareStorage::ARRAY;

    // More than 255 packets, for want of values in them.
    struct Thin : public Full
    {
        explicit Thin(uint32_t host)
            : Full(host, 1)
        {
        }

        bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override
        {
            Full::Read(block, 0, packet);
            const auto index = static_cast<uint16_t>(shard);
            std::memcpy(packet.data->bytes.data(), &index, sizeof(index));
            return shard < 299;
        }
    };

    const auto parts = MakeParts<Thin>();
    EXPECT_THROW(static_cast<void>(FlareHelper::Start(m_network, m_reduction, m_vectors, 1)),
                 std::length_error);
    auto communicator = FlareHelper::CreateCommunicator(m_network);
    ASSERT_TRUE(communicator->Start(m_reduction, m_vectors, 1, 1));
    Simulator::Run();
    EXPECT_TRUE(communicator->GetOutcome().complete) << communicator->GetOutcome().reason;
    EXPECT_EQ(communicator->GetOutcome().executor, FlareExecutor::HOSTS);
    EXPECT_EQ(parts[0]->sums.size(), 300U);
}

} // namespace
} // namespace offload
} // namespace ns3
