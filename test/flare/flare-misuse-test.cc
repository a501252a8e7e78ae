/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What an application does wrong is an error that says so: before an operation begins where that
 * can be seen, otherwise as soon as it is; and never a wrong sum.
 */
#include "flare-communicator-test.h"

#include "ns3/canary-helper.h"

#include <functional>
#include <limits>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/** Ones, of which the last blocks may have another size. */
class Ones : public FlareVector
{
  public:
    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        const bool odd = block >= oddFrom;
        packet.values = odd ? oddValues : values;
        packet.dataBytes = odd && oddBytes > 0 ? oddBytes : packet.values * bytesPerValue;
        const int32_t one = 1;
        for (uint32_t i = 0; i < packet.dataBytes / sizeof(one) && i < 256; ++i)
        {
            std::memcpy(&packet.data->bytes[i * sizeof(one)], &one, sizeof(one));
        }
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        ++blocks;
        for (uint32_t i = 0; i < packet.values; ++i)
        {
            int32_t value = 0;
            std::memcpy(&value, &packet.data->bytes[i * sizeof(value)], sizeof(value));
            wrong += value == 4 ? 0 : 1;
        }
    }

    uint32_t bytesPerValue{4};
    uint16_t values{100};
    uint32_t oddFrom{std::numeric_limits<uint32_t>::max()};
    uint16_t oddValues{0};
    uint32_t oddBytes{0};
    uint32_t blocks{0};
    uint32_t wrong{0};
};

/** @return the message of the exception; empty if there is none */
std::string
Catch(const std::function<void()>& what)
{
    try
    {
        what();
    }
    catch (const std::invalid_argument& error)
    {
        return error.what();
    }
    return "";
}

class FlareMisuseTest : public FlareCommunicatorTest
{
  public:
    static constexpr uint32_t HOSTS = 4;
    static constexpr uint32_t BLOCKS = 40;
    static constexpr uint32_t WINDOW = 8;

    FlareMisuseTest()
        : m_parts(HOSTS)
    {
        for (Ones& part : m_parts)
        {
            m_vectors.push_back(&part);
        }
    }

    void BuildSmall(uint32_t maxReductions = 8)
    {
        Build(FatTree::LeafSpine(2, 2, 2), maxReductions);
    }

    static FlareReduction By(FlareAlgorithm algorithm)
    {
        FlareReduction reduction = Integers();
        reduction.choice = {algorithm, algorithm == FlareAlgorithm::MULTI ? 2U : 1U};
        return reduction;
    }

    std::string CatchHelper(const FlareReduction& reduction)
    {
        return Catch([&] {
            EXPECT_FALSE(FlareHelper::Start(m_network, reduction, m_vectors, BLOCKS, WINDOW));
        });
    }

    std::string CatchCommunicator(const FlareReduction& reduction)
    {
        const auto communicator = FlareHelper::CreateCommunicator(m_network);
        return Catch([&] { communicator->Start(reduction, m_vectors, BLOCKS, WINDOW); });
    }

    /** @return what came of it, without switches if they are full */
    FlareOutcome RunCommunicator(const FlareReduction& reduction)
    {
        const auto communicator = FlareHelper::CreateCommunicator(m_network);
        communicator->Start(reduction, m_vectors, BLOCKS, WINDOW);
        Simulator::Stop(Seconds(1));
        Simulator::Run();
        EXPECT_FALSE(communicator->IsBusy());
        return communicator->GetOutcome();
    }

    void ExpectNoWrongSum() const
    {
        for (const Ones& part : m_parts)
        {
            EXPECT_EQ(part.wrong, 0U);
        }
    }

    void FillSwitches()
    {
        for (const auto& device : m_network.fabric.switches)
        {
            FlareReduction other = Integers();
            other.id = 999;
            other.window = 1;
            DynamicCast<FlareSwitch>(device)->Install(other, {0});
        }
    }

    std::vector<Ones> m_parts;
    std::vector<FlareVector*> m_vectors;
};

constexpr FlareAlgorithm ALGORITHMS[] = {FlareAlgorithm::SINGLE,
                                         FlareAlgorithm::MULTI,
                                         FlareAlgorithm::TREE};

TEST_F(FlareMisuseTest, ARankOfAnotherSizeIsRefusedByName)
{
    BuildSmall();
    for (const uint16_t values : {50, 200})
    {
        m_parts[3].values = values;
        const std::string expected = "rank 3 has " + std::to_string(values) + " values in block 0";
        EXPECT_NE(CatchHelper(Integers()).find(expected), std::string::npos);
        EXPECT_NE(CatchCommunicator(Integers()).find(expected), std::string::npos);
    }
    EXPECT_EQ(DynamicCast<FlareSwitch>(m_network.fabric.switches[0])->GetReductions(), 0U);
}

TEST_F(FlareMisuseTest, ALaterBlockOfAnotherSizeIsAnErrorAndNoSum)
{
    for (const FlareAlgorithm algorithm : ALGORITHMS)
    {
        for (const uint16_t values : {50, 200})
        {
            BuildSmall();
            m_parts[3].oddFrom = 20;
            m_parts[3].oddValues = values;
            const FlareOutcome outcome = RunCommunicator(By(algorithm));
            EXPECT_FALSE(outcome.complete);
            EXPECT_NE(outcome.reason.find("rank 3 has " + std::to_string(values) +
                                          " values in block 20, and rank 0 has 100"),
                      std::string::npos)
                << outcome.reason;
            EXPECT_LT(outcome.end, 100 * US); // nobody has waited for a time-out
            ExpectNoWrongSum();
            m_network = FlareNetwork();
            Simulator::Destroy();
        }
    }
}

TEST_F(FlareMisuseTest, WithoutACommunicatorEachHostSaysSo)
{
    for (const FlareAlgorithm algorithm : ALGORITHMS)
    {
        BuildSmall();
        m_parts[3].oddFrom = 20;
        m_parts[3].oddValues = 50;
        ASSERT_TRUE(FlareHelper::Start(m_network, By(algorithm), m_vectors, BLOCKS, WINDOW));
        testing::internal::CaptureStderr();
        Simulator::Run();
        EXPECT_NE(testing::internal::GetCapturedStderr().find("block 2"), std::string::npos);
        EXPECT_LT(Simulator::Now(), MicroSeconds(100));
        for (uint32_t host = 0; host < HOSTS; ++host)
        {
            const auto device = DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(host));
            EXPECT_FALSE(device->IsBusy());
            EXPECT_NE(device->GetError().find("not as many values"), std::string::npos)
                << device->GetError();
        }
        EXPECT_FALSE(FlareHelper::GetError(m_network).empty());
        ExpectNoWrongSum();
        m_network = FlareNetwork();
        Simulator::Destroy();
    }
}

TEST_F(FlareMisuseTest, HostsByThemselvesRefuseOtherSizesToo)
{
    BuildSmall(1);
    FillSwitches();
    m_parts[1].oddFrom = 20;
    m_parts[1].oddValues = 200;
    const FlareOutcome outcome = RunCommunicator(Integers());
    EXPECT_FALSE(outcome.complete);
    EXPECT_NE(outcome.reason.find("rank 1 has 200 values in block 20"), std::string::npos)
        << outcome.reason;
    ExpectNoWrongSum();
}

TEST_F(FlareMisuseTest, BytesThatAreNotTheValuesAreRefusedByRankAndBlock)
{
    BuildSmall();
    m_parts[2].oddFrom = 0;
    m_parts[2].oddValues = 100;
    for (const uint32_t bytes : {404U, 2048U})
    {
        m_parts[2].oddBytes = bytes;
        EXPECT_NE(CatchHelper(Integers()).find("rank 2 fills block 0"), std::string::npos);
        EXPECT_NE(CatchCommunicator(Integers()).find("rank 2 fills block 0"), std::string::npos);
    }
    // Nor do hosts by themselves copy more than there is room for.
    m_parts[2].oddFrom = 20;
    const FlareOutcome outcome = RunCommunicator(Integers());
    EXPECT_FALSE(outcome.complete);
    EXPECT_NE(outcome.reason.find("rank 2 fills block 20"), std::string::npos) << outcome.reason;
    EXPECT_LT(outcome.end, 100 * US);
    m_network = FlareNetwork();
    Simulator::Destroy();
    BuildSmall(1);
    FillSwitches();
    EXPECT_NE(RunCommunicator(Integers()).reason.find("rank 2 fills block 20"), std::string::npos);
}

TEST_F(FlareMisuseTest, ASecondOperationOfAGroupIsLookedAtToo)
{
    BuildSmall();
    const auto group = FlareHelper::Start(m_network, Integers(), m_vectors, BLOCKS, WINDOW);
    ASSERT_TRUE(group);
    Simulator::Run();
    m_parts[2].values = 99;
    EXPECT_NE(Catch([&] {
                  FlareHelper::Start(m_network, *group, m_vectors, BLOCKS);
              }).find("rank 2 has 99 values"),
              std::string::npos);
}

TEST_F(FlareMisuseTest, AnIndexBeyondTheBlockIsAnErrorAtOnce)
{
    /** A pair in each block. */
    struct Pair : public Ones
    {
        bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
        {
            const auto index = static_cast<uint16_t>(block == 30 ? 100 : 1);
            const int32_t one = 1;
            packet.values = 1;
            packet.dataBytes = sizeof(index) + sizeof(one);
            std::memcpy(&packet.data->bytes[0], &index, sizeof(index));
            std::memcpy(&packet.data->bytes[sizeof(index)], &one, sizeof(one));
            return false;
        }

        void Write(const FlarePacket&) override
        {
        }

        bool Forget() override
        {
            return true;
        }
    };

    std::vector<Pair> parts(HOSTS);
    m_vectors.clear();
    for (Pair& part : parts)
    {
        m_vectors.push_back(&part);
    }
    BuildSmall();
    FlareReduction reduction = Integers();
    reduction.sparse = true;
    reduction.blockRange = 100;
    const FlareOutcome outcome = RunCommunicator(reduction);
    EXPECT_FALSE(outcome.complete);
    EXPECT_NE(outcome.reason.find("malformed"), std::string::npos) << outcome.reason;
    EXPECT_NE(outcome.reason.find("index 100"), std::string::npos) << outcome.reason;
    EXPECT_LT(outcome.end, 100 * US);
}

/** An operator that the author has not finished. */
class Unfinished : public FlareOperator
{
  public:
    uint32_t GetElementBytes() const override
    {
        return 0;
    }

    void Combine(uint8_t*, const uint8_t*, uint32_t) const override
    {
    }

    uint32_t GetCycles(uint32_t) const override
    {
        return 1;
    }

    uint32_t GetAccesses(uint32_t) const override
    {
        return 1;
    }
};

TEST_F(FlareMisuseTest, ImpossibleReductionsAreRefused)
{
    BuildSmall();
    FlareReduction reduction;
    reduction.operation = Create<Unfinished>();
    EXPECT_NE(CatchHelper(reduction).find("bytes, not 0"), std::string::npos);
    EXPECT_NE(CatchCommunicator(reduction).find("bytes, not 0"), std::string::npos);
    reduction = Integers();
    reduction.collective = static_cast<FlareCollective>(7);
    EXPECT_NE(CatchHelper(reduction).find("no collective operation 7"), std::string::npos);
    EXPECT_NE(CatchCommunicator(reduction).find("no collective operation 7"), std::string::npos);
}

TEST_F(FlareMisuseTest, ANetworkThatIsNotBuiltOrOfOtherDevicesIsRefused)
{
    FlareReduction barrier;
    barrier.collective = FlareCollective::BARRIER;
    m_vectors.clear();
    EXPECT_NE(CatchHelper(Integers()).find("not been built"), std::string::npos);
    EXPECT_NE(CatchHelper(barrier).find("not been built"), std::string::npos);
    EXPECT_THROW(FlareHelper::CreateCommunicator(m_network), std::invalid_argument);
    EXPECT_THROW(FlareHelper::CreateCommunicator(m_network, {0, 1}), std::invalid_argument);
    const auto topology = FatTree::LeafSpine(2, 2, 2);
    FlareHelper helper;
    helper.SetHostDeviceType("ns3::offload::LinkNetDevice");
    m_network = helper.Install(*topology, NodeContainer(HOSTS));
    EXPECT_NE(CatchHelper(barrier).find("host 0 has no FlareNetDevice"), std::string::npos);
    EXPECT_THROW(FlareHelper::CreateCommunicator(m_network), std::invalid_argument);
    const NodeContainer two(2);
    const NodeContainer twice(two, two);
    EXPECT_NE(Catch([&] { FlareHelper().Install(*topology, twice); }).find("hosts 0 and 2"),
              std::string::npos);
}

class CanaryMisuseTest : public FlareMisuseTest
{
  public:
    CanaryMisuseTest()
        : m_fabric(CanaryHelper().Install(*m_tree, NodeContainer(HOSTS)))
    {
        m_job.blocks = BLOCKS;
        m_job.window = WINDOW;
    }

    std::string CatchStart()
    {
        return Catch([&] { CanaryHelper::StartAllreduce(m_fabric, m_job, m_vectors); });
    }

    std::unique_ptr<FatTree> m_tree{FatTree::LeafSpine(2, 2, 2)};
    Fabric m_fabric;
    CanaryJob m_job;
};

TEST_F(CanaryMisuseTest, MisuseIsRefusedBeforeAnyHostBegins)
{
    EXPECT_THROW(CanaryHelper::StartAllreduce(Fabric(), m_job, {}), std::invalid_argument);
    m_job.operation = static_cast<FlareOperation>(7);
    EXPECT_NE(CatchStart().find("unknown type or operation"), std::string::npos);
    m_job.operation = FlareOperation::SUM;
    m_parts[3].values = 50;
    EXPECT_NE(CatchStart().find("rank 3 has 50 values in block 0"), std::string::npos);
    m_parts[3].values = 100;
    m_parts[2].bytesPerValue = 3;
    EXPECT_NE(CatchStart().find("rank 2 fills block 0"), std::string::npos);
    m_parts[2].bytesPerValue = 4;
    m_vectors[3] = nullptr;
    EXPECT_NE(CatchStart().find("host 3 has no"), std::string::npos);
    m_vectors[3] = &m_parts[3];
    EXPECT_EQ(CatchStart(), "");
    Simulator::Run();
    for (const Ones& part : m_parts)
    {
        EXPECT_EQ(part.blocks, BLOCKS);
    }
    ExpectNoWrongSum();
}

TEST_F(CanaryMisuseTest, ALaterBlockOfAnotherSizeOrWithOtherBytesIsAnErrorAtAllHosts)
{
    // In the first window, where others have begun, and later.
    for (const auto& [from, bytes] : {std::pair{1U, 0U}, {1U, 80U}, {20U, 0U}, {20U, 80U}})
    {
        m_parts[3].oddFrom = from;
        m_parts[3].oddValues = 50;
        m_parts[3].oddBytes = bytes;
        testing::internal::CaptureStderr();
        ASSERT_EQ(CatchStart(), "");
        Simulator::Run();
        EXPECT_NE(testing::internal::GetCapturedStderr().find("given up"), std::string::npos);
        EXPECT_LT(Simulator::Now(), MicroSeconds(200)); // all were told
        for (uint32_t host = 0; host < HOSTS; ++host)
        {
            const auto device = DynamicCast<CanaryNetDevice>(m_fabric.hostDevices.Get(host));
            EXPECT_FALSE(device->IsBusy());
            EXPECT_FALSE(device->GetError().empty());
        }
        EXPECT_FALSE(CanaryHelper::GetError(m_fabric).empty());
        ExpectNoWrongSum();
        m_fabric = Fabric();
        Simulator::Destroy();
        m_fabric = CanaryHelper().Install(*m_tree, NodeContainer(HOSTS));
    }
}

} // namespace
} // namespace offload
} // namespace ns3
