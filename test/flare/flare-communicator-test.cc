/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Communicators: switches or hosts, whoever can; switches that die.
 */
#include "flare-communicator-test.h"

#include "ns3/boolean.h"
#include "ns3/string.h"

namespace ns3
{
namespace offload
{
namespace
{

/** A sum of doubles, which the cores of switches cannot do. */
class DoubleSum : public FlareOperator
{
  public:
    uint32_t GetElementBytes() const override
    {
        return sizeof(double);
    }

    void Combine(uint8_t* left, const uint8_t* right, uint32_t elements) const override
    {
        for (uint32_t i = 0; i < elements; ++i)
        {
            double a;
            double b;
            std::memcpy(&a, left + i * sizeof(a), sizeof(a));
            std::memcpy(&b, right + i * sizeof(b), sizeof(b));
            a += b;
            std::memcpy(left + i * sizeof(a), &a, sizeof(a));
        }
    }

    uint32_t GetCycles(uint32_t elements) const override
    {
        return elements;
    }

    uint32_t GetAccesses(uint32_t elements) const override
    {
        return elements;
    }

    bool IsForSwitches() const override
    {
        return false;
    }
};

TEST_F(FlareCommunicatorTest, TheSwitchesReduceWhileTheyHaveRoomAndThenTheHostsDo)
{
    Build(FatTree::LeafSpine(2, 6, 1), 2);
    std::vector<std::unique_ptr<Tenant<int32_t>>> tenants;
    for (uint32_t i = 0; i < 3; ++i)
    {
        tenants.push_back(
            std::make_unique<Tenant<int32_t>>(m_network,
                                              std::vector<uint32_t>{i, i + 3, i + 6, i + 9},
                                              70 + i));
        EXPECT_TRUE(tenants.back()->Start(Integers()));
    }
    EXPECT_EQ(tenants[2]->communicator->GetOutcome().reason,
              "no tree of switches has room for the reduction");
    Simulator::Run();
    tenants[0]->ExpectSums(FlareExecutor::SWITCHES);
    tenants[1]->ExpectSums(FlareExecutor::SWITCHES);
    tenants[2]->ExpectSums(FlareExecutor::HOSTS);
    // The others have given their memory back: now there is room, and the NICs do both.
    tenants[2]->told.clear();
    EXPECT_TRUE(tenants[2]->Start(Integers()));
    Simulator::Run();
    tenants[2]->ExpectSums(FlareExecutor::SWITCHES);
}

TEST_F(FlareCommunicatorTest, WithoutFallbackThereIsAnError)
{
    Build(FatTree::SingleSwitch(4), 1);
    Tenant<int32_t> first(m_network, {0, 1}, 10);
    Tenant<int32_t> second(m_network, {2, 3}, 10);
    second.communicator->SetAttribute("Fallback", BooleanValue(false));
    EXPECT_TRUE(first.Start(Integers()));
    EXPECT_FALSE(second.Start(Integers()));
    second.ExpectError("no tree of switches has room for the reduction; the hosts shall not");
    Simulator::Run();
    first.ExpectSums(FlareExecutor::SWITCHES);
    EXPECT_EQ(second.parts[0]->CountResults(), 0U);
}

TEST_F(FlareCommunicatorTest, WhatSwitchesCannotComputeHostsDo)
{
    for (const char* algorithm : {"ring", "recursive-doubling", "star"})
    {
        Build(FatTree::LeafSpine(2, 2, 2));
        FlareReduction reduction;
        reduction.operation = Create<DoubleSum>();
        // More hosts than blocks: some parts of the vector are empty.
        Tenant<double> tenant(m_network, {}, algorithm[1] == 'i' ? 50 : 3);
        tenant.communicator->SetAttribute("HostAlgorithm", StringValue(algorithm));
        if (tenant.Start(reduction))
        {
            Simulator::Run();
            tenant.ExpectSums(FlareExecutor::HOSTS);
        }
        else
        {
            tenant.ExpectError("star is not ring or recursive-doubling");
        }
        m_network = FlareNetwork();
        Simulator::Destroy();
    }
}

TEST_F(FlareCommunicatorTest, SumsStayExactUnderLossWhoeverReduces)
{
    Build(FatTree::LeafSpine(2, 4, 2), 1);
    AddLoss(0.01);
    Tenant<int32_t> one(m_network, {0, 1, 4, 5}, 200);
    Tenant<int32_t> other(m_network, {2, 3, 6, 7}, 100);
    EXPECT_TRUE(one.Start(Integers(), 16));
    EXPECT_TRUE(other.Start(Integers()));
    Simulator::Run();
    one.ExpectSums(FlareExecutor::SWITCHES);
    other.ExpectSums(FlareExecutor::HOSTS);
}

TEST_F(FlareCommunicatorTest, AnotherSpineTakesOverWhenTheRootDies)
{
    Build(FatTree::LeafSpine(4, 2, 3));
    Tenant<int32_t> tenant(m_network, {}, 400);
    ASSERT_TRUE(tenant.Start(Integers()));
    const uint32_t root = tenant.communicator->GetGroup()->root;
    FailAt(20 * US, root);
    Simulator::Run();
    tenant.ExpectSums(FlareExecutor::SWITCHES, 1);
    const FlareOutcome& outcome = tenant.communicator->GetOutcome();
    EXPECT_EQ(outcome.reason, "switch " + std::to_string(root) + " has failed");
    EXPECT_LT(outcome.end, 20 * US + GetNoticeTime() + 100 * US);
    // Some blocks had been complete everywhere, and were not repeated.
    const auto device = DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(0));
    const FlareHostCounters& counters = device->GetFlareCounters();
    EXPECT_LT(counters.sent - counters.repeated, 2 * 400U);
    // The manager has given all memory back.
    for (const auto& each : m_network.fabric.switches)
    {
        EXPECT_EQ(DynamicCast<FlareSwitch>(each)->GetReductions(), 0U);
    }
}

TEST_F(FlareCommunicatorTest, TwoSpinesDieOneAfterTheOther)
{
    Build(FatTree::LeafSpine(2, 2, 3));
    Tenant<int32_t> tenant(m_network, {}, 2000);
    ASSERT_TRUE(tenant.Start(Integers(), 8));
    m_victim = tenant.communicator;
    tenant.communicator->TraceConnectWithoutContext(
        "Repair",
        MakeCallback(&FlareCommunicatorTest::FailNext, this));
    FailNext("");
    Simulator::Run();
    tenant.ExpectSums(FlareExecutor::SWITCHES, 2);
    EXPECT_EQ(m_failures, 3U);
}

TEST_F(FlareCommunicatorTest, TheHostsGoOnWhenTheOnlyTreeDies)
{
    Build(FatTree::LeafSpine(2, 4, 2), 1);
    // The other spine is taken by others, whose leaves are no leaves of ours.
    Tenant<int32_t> tenant(m_network, {}, 300);
    ASSERT_TRUE(tenant.Start(Integers(), 16));
    const uint32_t root = tenant.communicator->GetGroup()->root;
    for (uint32_t node = 0; node < m_topology->GetSwitches(); ++node)
    {
        if (node != root && node >= 2)
        {
            FlareReduction other = Integers();
            other.id = 99;
            other.window = 1;
            DynamicCast<FlareSwitch>(m_network.fabric.switches[node])->Install(other, {0, 1});
        }
    }
    FailAt(20 * US, root);
    Simulator::Run();
    // Over the other spine: ECMP does not lead to the dead one any more.
    tenant.ExpectSums(FlareExecutor::HOSTS, 1);
}

TEST_F(FlareCommunicatorTest, HostsBehindADeadLeafAreAnErrorForAll)
{
    Build(FatTree::LeafSpine(3, 2, 2));
    Tenant<int32_t> tenant(m_network, {}, 400);
    ASSERT_TRUE(tenant.Start(Integers()));
    const uint32_t leaf = m_topology->GetHostPlace(2).node;
    FailAt(20 * US, leaf);
    Simulator::Run();
    tenant.ExpectError("switch " + std::to_string(leaf) + " has failed; host 2 cannot be reached");
    const FlareOutcome& outcome = tenant.communicator->GetOutcome();
    EXPECT_GT(outcome.end, 20 * US);
    EXPECT_LT(outcome.end, 20 * US + GetNoticeTime());
}

TEST_F(FlareCommunicatorTest, NoWayBetweenHostsEndsInAnErrorToo)
{
    Build(FatTree::LeafSpine(2, 2, 1));
    Tenant<int32_t> tenant(m_network, {}, 400);
    ASSERT_TRUE(tenant.Start(Integers()));
    FailAt(20 * US, tenant.communicator->GetGroup()->root);
    Simulator::Run();
    tenant.ExpectError("no tree of switches that work connects all hosts");
    // The queue pairs have tried eight times, 16.8 to 33.6 ms each.
    EXPECT_LT(tenant.communicator->GetOutcome().end, GetNoticeTime() + 280'000 * US);
}

TEST_F(FlareCommunicatorTest, AHostThatHasStoppedIsNoReasonToBlameSwitches)
{
    Build(FatTree::SingleSwitch(4));
    Tenant<int32_t> tenant(m_network, {}, 400);
    ASSERT_TRUE(tenant.Start(Integers()));
    DynamicCast<LinkNetDevice>(m_network.fabric.hostDevices.Get(3))->SetLinkUp(false);
    m_network.fabric.switches[0]->GetPort(m_topology->GetHostPlace(3).port)->SetLinkUp(false);
    Simulator::Run();
    tenant.ExpectError("the cable of host 3 is down; host 3 cannot be reached");
}

TEST_F(FlareCommunicatorTest, ATreeThatIsSilentForNoReasonIsLeftAtTheSecondAlarm)
{
    Build(FatTree::LeafSpine(2, 2, 1));
    Tenant<int32_t> tenant(m_network, {}, 400);
    ASSERT_TRUE(tenant.Start(Integers(), 16));
    // The spine has lost its handlers, but it forwards, and says that it is well.
    const auto root =
        DynamicCast<FlareSwitch>(m_network.fabric.switches[tenant.communicator->GetGroup()->root]);
    Simulator::Schedule(MicroSeconds(20),
                        &FlareSwitch::Remove,
                        root,
                        tenant.communicator->GetGroup()->id);
    Simulator::Run();
    tenant.ExpectSums(FlareExecutor::HOSTS, 1);
    const FlareOutcome& outcome = tenant.communicator->GetOutcome();
    EXPECT_EQ(outcome.reason, "no answers, though all switches of the tree work");
    EXPECT_LT(outcome.end, 3 * GetNoticeTime());
}

TEST_F(FlareCommunicatorTest, WrongUseIsRefused)
{
    Build(FatTree::SingleSwitch(4));
    EXPECT_THROW(FlareHelper::CreateCommunicator(m_network, {0, 0}), std::invalid_argument);
    EXPECT_THROW(FlareHelper::CreateCommunicator(m_network, {0, 4}), std::invalid_argument);
    Tenant<int32_t> tenant(m_network, {}, 5);
    Tenant<int32_t> overlapping(m_network, {1, 2}, 5);
    EXPECT_THROW(tenant.Start(FlareReduction()), std::invalid_argument);
    tenant.vectors.pop_back();
    EXPECT_THROW(tenant.Start(Integers()), std::invalid_argument);
    tenant.vectors.push_back(tenant.parts[3].get());
    EXPECT_TRUE(tenant.Start(Integers()));
    EXPECT_THROW(tenant.Start(Integers()), std::invalid_argument);
    EXPECT_THROW(overlapping.Start(Integers()), std::invalid_argument);
    Simulator::Run();
    tenant.ExpectSums(FlareExecutor::SWITCHES);
}

} // namespace
} // namespace offload
} // namespace ns3
