/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Communicators: switches or hosts, whoever can; switches that die; every element is compared.
 */
#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/error-model.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr int64_t US = 1'000'000; // ps

/** Values of any type that are a function of host, block and index; all results are kept. */
template <typename T>
class Values : public FlareVector
{
  public:
    static constexpr uint32_t COUNT = flare::MAX_DATA_BYTES / sizeof(T);

    Values(uint32_t host, uint32_t blocks)
        : m_host(host),
          m_results(blocks)
    {
    }

    static T Get(uint32_t host, uint32_t block, uint32_t i)
    {
        return static_cast<T>((host + 1) * 1009 + block * 31 + i * (host + 3));
    }

    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        packet.values = COUNT;
        packet.dataBytes = flare::MAX_DATA_BYTES;
        for (uint32_t i = 0; i < COUNT; ++i)
        {
            const T value = Get(m_host, block, i);
            std::memcpy(&packet.data->bytes[i * sizeof(T)], &value, sizeof(T));
        }
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        EXPECT_EQ(packet.dataBytes, flare::MAX_DATA_BYTES);
        m_results[packet.block].resize(COUNT);
        std::memcpy(m_results[packet.block].data(), packet.data->bytes.data(), packet.dataBytes);
    }

    /** @return whether all results are there and are the sums of these hosts */
    bool IsSumOf(const std::vector<uint32_t>& hosts) const
    {
        for (uint32_t block = 0; block < m_results.size(); ++block)
        {
            std::vector<T> sum(COUNT);
            for (const uint32_t host : hosts)
            {
                for (uint32_t i = 0; i < COUNT; ++i)
                {
                    sum[i] += Get(host, block, i);
                }
            }
            if (m_results[block] != sum)
            {
                return false;
            }
        }
        return true;
    }

    uint32_t CountResults() const
    {
        uint32_t count = 0;
        for (const auto& result : m_results)
        {
            count += result.empty() ? 0 : 1;
        }
        return count;
    }

  private:
    uint32_t m_host;
    std::vector<std::vector<T>> m_results;
};

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

/** A communicator, what its members contribute, and what they were told. */
template <typename T>
struct Tenant
{
    Tenant(const FlareNetwork& network, const std::vector<uint32_t>& members, uint32_t blocks)
        : communicator(FlareHelper::CreateCommunicator(network, members)),
          blocks(blocks)
    {
        for (const uint32_t host : communicator->GetMembers())
        {
            parts.push_back(std::make_unique<Values<T>>(host, blocks));
            vectors.push_back(parts.back().get());
        }
    }

    bool Start(const FlareReduction& reduction, uint32_t window = 64)
    {
        return communicator->Start(reduction,
                                   vectors,
                                   blocks,
                                   window,
                                   MakeCallback(&Tenant::Note, this));
    }

    void Note(uint32_t host, const FlareOutcome& outcome)
    {
        told.push_back(host);
        EXPECT_EQ(outcome.end, Simulator::Now().GetTimeStep());
        EXPECT_EQ(outcome.complete, communicator->GetOutcome().complete);
    }

    void ExpectSums(FlareExecutor executor, uint32_t repairs = 0) const
    {
        const FlareOutcome& outcome = communicator->GetOutcome();
        EXPECT_TRUE(outcome.complete) << outcome.reason;
        EXPECT_EQ(outcome.executor, executor) << ToString(outcome.executor);
        EXPECT_EQ(outcome.repairs, repairs);
        EXPECT_EQ(told, communicator->GetMembers());
        for (const auto& part : parts)
        {
            EXPECT_TRUE(part->IsSumOf(communicator->GetMembers()));
        }
    }

    void ExpectError(const std::string& text) const
    {
        const FlareOutcome& outcome = communicator->GetOutcome();
        EXPECT_FALSE(outcome.complete);
        EXPECT_NE(outcome.reason.find(text), std::string::npos) << outcome.reason;
        EXPECT_EQ(told, communicator->GetMembers());
    }

    Ptr<FlareCommunicator> communicator;
    uint32_t blocks;
    std::vector<std::unique_ptr<Values<T>>> parts;
    std::vector<FlareVector*> vectors;
    std::vector<uint32_t> told;
};

class FlareCommunicatorTest : public ::testing::Test
{
  public:
    void Build(std::unique_ptr<FatTree> topology, uint32_t maxReductions = 8)
    {
        m_topology = std::move(topology);
        FlareHelper helper;
        helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        helper.SetSwitchAttribute("MaxReductions", UintegerValue(maxReductions));
        m_network = helper.Install(*m_topology, NodeContainer(m_topology->GetHosts()));
    }

    ~FlareCommunicatorTest() override
    {
        m_victim = nullptr;
        m_network = FlareNetwork();
        Simulator::Destroy();
    }

    static FlareReduction Integers()
    {
        FlareReduction reduction;
        reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
        return reduction;
    }

    void AddLoss(double rate)
    {
        int64_t stream = 1;
        const auto add = [&](Ptr<LinkNetDevice> device) {
            auto errors = CreateObject<RateErrorModel>();
            errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
            errors->SetRate(rate);
            errors->AssignStreams(stream++);
            device->SetReceiveErrorModel(errors);
        };
        for (uint32_t host = 0; host < m_topology->GetHosts(); ++host)
        {
            add(DynamicCast<LinkNetDevice>(m_network.fabric.hostDevices.Get(host)));
        }
        for (const auto& device : m_network.fabric.switches)
        {
            for (uint32_t port = 0; port < device->GetPorts(); ++port)
            {
                add(device->GetPort(port));
            }
        }
    }

    void FailAt(int64_t ps, uint32_t node)
    {
        Simulator::Schedule(TimeStep(ps), &FabricSwitch::Fail, m_network.fabric.switches[node]);
    }

    /** @return time in which hosts and manager notice a failure */
    int64_t GetNoticeTime() const
    {
        const auto device = DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(0));
        // Hosts look at what is due when something is; and the manager takes 100 us.
        return device->GetPatience().GetTimeStep() + 1000 * US + 100 * US;
    }

    /** The root dies 50 us later, twice. */
    void FailNext(const std::string&)
    {
        if (m_failures++ < 2)
        {
            Simulator::Schedule(MicroSeconds(50), &FlareCommunicatorTest::FailRoot, this);
        }
    }

    void FailRoot()
    {
        ASSERT_TRUE(m_victim->GetGroup());
        m_network.fabric.switches[m_victim->GetGroup()->root]->Fail();
    }

    Ptr<FlareCommunicator> m_victim;
    uint32_t m_failures{0};
    std::unique_ptr<FatTree> m_topology;
    FlareNetwork m_network;
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
    // The queue pairs have tried eight times, 16.8 ms each.
    EXPECT_LT(tenant.communicator->GetOutcome().end, GetNoticeTime() + 150'000 * US);
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
