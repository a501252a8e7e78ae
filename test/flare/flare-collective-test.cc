/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Reduce, broadcast and barrier, in the switches and by the hosts, with and without loss.
 */
#include "flare-communicator-test.h"

#include <algorithm>

namespace ns3
{
namespace offload
{
namespace
{

/** Where it happens. */
struct Place
{
    bool switches; //!< have room
    double loss;   //!< of frames, at each receipt
};

class FlareCollectiveTest : public FlareCommunicatorTest,
                            public ::testing::WithParamInterface<Place>
{
  public:
    FlareCollectiveTest()
    {
        Build(FatTree::LeafSpine(3, 3, 2), 1);
        if (!GetParam().switches)
        {
            // Somebody else has all of the first leaf.
            FlareReduction other = Integers();
            other.id = 99;
            other.window = 1;
            DynamicCast<FlareSwitch>(m_network.fabric.switches[0])->Install(other, {0, 1});
        }
        if (GetParam().loss > 0)
        {
            AddLoss(GetParam().loss);
        }
    }

    static FlareExecutor GetExecutor()
    {
        return GetParam().switches ? FlareExecutor::SWITCHES : FlareExecutor::HOSTS;
    }

    /** Run an operation of all hosts with a root host, and expect it to end well. */
    static void Run(Tenant<int32_t>& tenant, FlareCollective collective, uint32_t rootHost)
    {
        FlareReduction reduction = Integers();
        reduction.collective = collective;
        reduction.rootHost = rootHost;
        ASSERT_TRUE(tenant.Start(reduction));
        Simulator::Run();
        const FlareOutcome& outcome = tenant.communicator->GetOutcome();
        EXPECT_TRUE(outcome.complete) << outcome.reason;
        EXPECT_EQ(outcome.executor, GetExecutor());
    }

    uint64_t GetTraffic() const
    {
        return FabricHelper::GetTraffic(m_network.fabric);
    }
};

TEST_P(FlareCollectiveTest, AReductionGivesTheSumToOneHost)
{
    constexpr uint32_t BLOCKS = 150;
    Tenant<int32_t> tenant(m_network, {}, BLOCKS);
    Run(tenant, FlareCollective::REDUCE, 4);
    for (uint32_t host = 0; host < 9; ++host)
    {
        EXPECT_EQ(tenant.parts[host]->CountResults(), host == 4 ? BLOCKS : 0) << host;
    }
    EXPECT_TRUE(tenant.parts[4]->IsSumOf(tenant.communicator->GetMembers()));
    if (GetParam().switches && GetParam().loss == 0)
    {
        // Values cross 9 + 3 cables upwards, one of them downwards twice; elsewhere there are
        // frames of 84 bytes.
        const double values = (12 + 2) * BLOCKS * (1064.0 + 26);
        const double news = (12 - 2) * BLOCKS * (64.0 + 8);
        EXPECT_NEAR(static_cast<double>(GetTraffic()), values + news, 0.01 * values);
    }
}

TEST_P(FlareCollectiveTest, ABroadcastGivesOneHostsValuesToAllOthers)
{
    constexpr uint32_t BLOCKS = 150;
    Tenant<int32_t> tenant(m_network, {}, BLOCKS);
    Run(tenant, FlareCollective::BROADCAST, 7);
    for (uint32_t host = 0; host < 9; ++host)
    {
        EXPECT_EQ(tenant.parts[host]->CountResults(), host == 7 ? 0 : BLOCKS) << host;
        EXPECT_EQ(tenant.parts[host]->IsSumOf({7}), host != 7) << host;
    }
}

TEST_P(FlareCollectiveTest, NobodyLeavesABarrierBeforeAllHaveEntered)
{
    Tenant<int32_t> tenant(m_network, {}, 1);
    FlareReduction reduction;
    reduction.collective = FlareCollective::BARRIER;
    ASSERT_TRUE(tenant.Start(reduction, 1));
    // Host 0's link is down for a while: it does not enter, and the others wait.
    const auto device = DynamicCast<LinkNetDevice>(m_network.fabric.hostDevices.Get(0));
    const auto port = m_network.fabric.switches[0]->GetPort(m_topology->GetHostPlace(0).port);
    device->SetLinkUp(false);
    port->SetLinkUp(false);
    Simulator::Schedule(MilliSeconds(5), &LinkNetDevice::SetLinkUp, device, true);
    Simulator::Schedule(MilliSeconds(5), &LinkNetDevice::SetLinkUp, port, true);
    Simulator::Run();
    const FlareOutcome& outcome = tenant.communicator->GetOutcome();
    EXPECT_TRUE(outcome.complete) << outcome.reason;
    EXPECT_EQ(outcome.executor, GetExecutor());
    EXPECT_GT(outcome.end, 5000 * US);
    EXPECT_EQ(tenant.told, tenant.communicator->GetMembers());
    EXPECT_EQ(tenant.parts[1]->CountResults(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Places,
    FlareCollectiveTest,
    ::testing::Values(Place{true, 0}, Place{true, 0.02}, Place{false, 0}, Place{false, 0.005}));

TEST_F(FlareCommunicatorTest, ABroadcastGoesOnWhenTheRootSwitchDies)
{
    Build(FatTree::LeafSpine(2, 2, 2));
    Tenant<int32_t> tenant(m_network, {}, 600);
    FlareReduction reduction = Integers();
    reduction.collective = FlareCollective::BROADCAST;
    reduction.rootHost = 3;
    ASSERT_TRUE(tenant.Start(reduction, 16));
    FailAt(20 * US, tenant.communicator->GetGroup()->root);
    Simulator::Run();
    EXPECT_TRUE(tenant.communicator->GetOutcome().complete);
    EXPECT_EQ(tenant.communicator->GetOutcome().repairs, 1U);
    for (uint32_t host = 0; host < 3; ++host)
    {
        EXPECT_TRUE(tenant.parts[host]->IsSumOf({3}));
    }
}

TEST_F(FlareCommunicatorTest, ARootHostIsAMember)
{
    Build(FatTree::SingleSwitch(4));
    Tenant<int32_t> tenant(m_network, {0, 1, 2}, 1);
    FlareReduction reduction = Integers();
    reduction.rootHost = 3;
    for (const auto collective : {FlareCollective::REDUCE, FlareCollective::BROADCAST})
    {
        reduction.collective = collective;
        EXPECT_THROW(tenant.Start(reduction), std::invalid_argument);
        EXPECT_THROW(m_network.manager->Create({0, 1}, reduction, 1), std::invalid_argument);
    }
}

} // namespace
} // namespace offload
} // namespace ns3
