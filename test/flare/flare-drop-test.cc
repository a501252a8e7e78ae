/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Communicators that are thrown away, or disposed of, while they are busy: nothing of them is left.
 */
#include "flare-communicator-test.h"
#include "flare-pairs.h"

#include "ns3/rdma-engine.h"

#include <memory>

namespace ns3
{
namespace offload
{
namespace
{

/** How a communicator that is busy ends. */
struct End
{
    bool dispose;  //!< or nobody refers to it any more
    bool switches; //!< have room for it
    double loss;   //!< of frames, at each receipt
};

class FlareDropTest : public FlareCommunicatorTest, public ::testing::WithParamInterface<End>
{
  public:
    static constexpr uint32_t BLOCKS = 1000;

    FlareDropTest()
    {
        Build(FatTree::LeafSpine(2, 3, 1), 1);
        if (!GetParam().switches)
        {
            TakePartition();
        }
        AddLoss(GetParam().loss);
    }

    /** Somebody else has all of the first leaf. */
    void TakePartition()
    {
        FlareReduction other = Integers();
        other.id = 99;
        other.window = 1;
        DynamicCast<FlareSwitch>(m_network.fabric.switches[0])->Install(other, {0, 1});
    }

    uint32_t CountReductions() const
    {
        uint32_t count = 0;
        for (const auto& device : m_network.fabric.switches)
        {
            count += DynamicCast<FlareSwitch>(device)->GetReductions();
        }
        return count;
    }

    /** End the first communicator, whose vectors are gone, too; the second one begins. */
    void Replace()
    {
        ASSERT_TRUE(m_first->communicator->IsBusy());
        if (GetParam().dispose)
        {
            m_first->communicator->Dispose();
            EXPECT_FALSE(m_first->communicator->IsBusy());
            EXPECT_THROW(m_first->Start(Integers()), std::invalid_argument);
        }
        m_told = m_first->told.size();
        m_first.reset();
        EXPECT_EQ(CountReductions(), GetParam().switches ? 0U : 1U);
        m_second = std::make_unique<Tenant<int32_t>>(m_network, std::vector<uint32_t>(), BLOCKS);
        ASSERT_TRUE(m_second->Start(Integers()));
    }

    std::unique_ptr<Tenant<int32_t>> m_first;
    std::unique_ptr<Tenant<int32_t>> m_second;
    size_t m_told{1};
};

TEST_P(FlareDropTest, TheNextCommunicatorHasThePartitionsAndItsOwnSums)
{
    m_first = std::make_unique<Tenant<int32_t>>(m_network, std::vector<uint32_t>(), 2 * BLOCKS);
    ASSERT_TRUE(m_first->Start(Integers()));
    Simulator::Schedule(MicroSeconds(40),
                        &FlareDropTest::Replace,
                        static_cast<FlareDropTest*>(this));
    Simulator::Run();
    EXPECT_EQ(m_told, 0U);
    m_second->ExpectSums(GetParam().switches ? FlareExecutor::SWITCHES : FlareExecutor::HOSTS);
    EXPECT_EQ(CountReductions(), GetParam().switches ? 0U : 1U);
    m_second.reset();
}

INSTANTIATE_TEST_SUITE_P(Ends,
                         FlareDropTest,
                         ::testing::Values(End{false, true, 0},
                                           End{true, true, 0},
                                           End{false, true, 0.01},
                                           End{false, false, 0},
                                           End{true, false, 0},
                                           End{false, false, 0.005}));

/** A switch that is full, so that hosts do it by themselves. */
class FlareHostDropTest : public FlareCommunicatorTest
{
  public:
    static constexpr uint32_t HOSTS = 4;

    FlareHostDropTest()
    {
        Build(FatTree::SingleSwitch(HOSTS), 1);
        FlareReduction other = Integers();
        other.id = 99;
        other.window = 1;
        DynamicCast<FlareSwitch>(m_network.fabric.switches[0])->Install(other, {0, 1});
    }

    /** Nothing more is sent, and nobody is told, once what is on its way has arrived. */
    template <typename Owner>
    void ExpectSilenceWithout(std::unique_ptr<Owner> owner)
    {
        Simulator::Stop(MicroSeconds(20));
        Simulator::Run();
        owner.reset();
        Simulator::Stop(MicroSeconds(20));
        Simulator::Run();
        const uint64_t bytes = FabricHelper::GetTraffic(m_network.fabric);
        EXPECT_GT(bytes, 0U);
        Simulator::Run();
        EXPECT_EQ(FabricHelper::GetTraffic(m_network.fabric), bytes);
    }
};

TEST_F(FlareHostDropTest, HostsThatAreGivenUpSendNothingMore)
{
    auto tenant = std::make_unique<Tenant<int32_t>>(m_network, std::vector<uint32_t>(), 4000);
    ASSERT_TRUE(tenant->Start(Integers()));
    ExpectSilenceWithout(std::move(tenant));
}

TEST_F(FlareHostDropTest, NorDoTheyWithSparseVectors)
{
    /** Its vectors go with it. */
    struct Owner
    {
        std::vector<std::unique_ptr<Pairs>> parts;
        Ptr<FlareCommunicator> communicator;
    };

    auto owner = std::make_unique<Owner>();
    owner->communicator = FlareHelper::CreateCommunicator(m_network);
    std::vector<FlareVector*> vectors;
    for (uint32_t host = 0; host < HOSTS; ++host)
    {
        owner->parts.push_back(std::make_unique<Pairs>(host));
        vectors.push_back(owner->parts.back().get());
    }
    FlareReduction reduction = Integers();
    reduction.sparse = true;
    reduction.blockRange = Pairs::RANGE;
    // A slow link: they are far from done.
    DynamicCast<LinkNetDevice>(m_network.fabric.hostDevices.Get(0))
        ->SetAttribute("DataRate", DataRateValue(DataRate("1Gbps")));
    ASSERT_TRUE(owner->communicator->Start(reduction, vectors, Pairs::BLOCKS, 1));
    EXPECT_EQ(owner->communicator->GetOutcome().executor, FlareExecutor::HOSTS);
    ExpectSilenceWithout(std::move(owner));
}

TEST_F(FlareCommunicatorTest, ANetworkMayGoBeforeACommunicatorThatIsBusy)
{
    Build(FatTree::SingleSwitch(4));
    Tenant<int32_t> tenant(m_network, {}, 4000);
    ASSERT_TRUE(tenant.Start(Integers()));
    Simulator::Stop(MicroSeconds(10));
    Simulator::Run();
    m_network = FlareNetwork();
    tenant.communicator = nullptr;
}

} // namespace
} // namespace offload
} // namespace ns3
