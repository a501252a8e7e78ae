/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Sparse allreduces of communicators: by switches or hosts, whoever can; switches that die.
 */
#include "flare-communicator-test.h"
#include "flare-pairs.h"

#include "ns3/boolean.h"
#include "ns3/flare-parts.h"
#include "ns3/flare-sparse-vector.h"
#include "ns3/string.h"

#include <map>
#include <memory>
#include <numeric>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/** A communicator whose members have generated vectors, of which every value is checked. */
class SparseTenant
{
  public:
    static constexpr double DENSITY = 1.0 / 64;

    SparseTenant(const FlareNetwork& network,
                 const std::vector<uint32_t>& members,
                 uint32_t elements,
                 FlareType type = FlareType::INT32)
        : communicator(FlareHelper::CreateCommunicator(network, members)),
          reduction(FlareHelper::MakeSparse(network, type, DENSITY, elements)),
          m_hosts(static_cast<uint32_t>(communicator->GetMembers().size())),
          m_vectors({m_hosts, elements, type, DENSITY, 1}),
          m_parts(m_hosts, m_vectors, reduction.blockRange)
    {
    }

    bool Start(uint32_t window = 64)
    {
        m_parts = FlareParts<FlareSparseVector>(m_hosts, m_vectors, reduction.blockRange);
        told = 0;
        return communicator->Start(reduction,
                                   m_parts.GetPointers(),
                                   m_parts[0].GetBlocks(),
                                   window,
                                   MakeCallback(&SparseTenant::Note, this));
    }

    void Note(uint32_t, const FlareOutcome&)
    {
        ++told;
    }

    void ExpectSums(FlareExecutor executor, uint32_t repairs = 0) const
    {
        const FlareOutcome& outcome = communicator->GetOutcome();
        EXPECT_TRUE(outcome.complete) << outcome.reason;
        EXPECT_EQ(outcome.executor, executor) << ToString(outcome.executor);
        EXPECT_EQ(outcome.repairs, repairs);
        EXPECT_EQ(told, m_hosts);
        EXPECT_TRUE(m_parts.AreRight());
    }

    void ExpectError(const std::string& text) const
    {
        const FlareOutcome& outcome = communicator->GetOutcome();
        EXPECT_FALSE(outcome.complete);
        EXPECT_FALSE(communicator->IsBusy());
        EXPECT_NE(outcome.reason.find(text), std::string::npos) << outcome.reason;
        EXPECT_EQ(told, m_hosts);
        EXPECT_FALSE(m_parts[0].IsRight());
    }

    Ptr<FlareCommunicator> communicator;
    FlareReduction reduction;
    uint32_t told{0};

  private:
    uint32_t m_hosts;
    SparseVectors m_vectors;
    FlareParts<FlareSparseVector> m_parts;
};

class FlareSparseCommunicatorTest : public FlareCommunicatorTest
{
  public:
    /** Let others have all of a switch. */
    void Fill(uint32_t node)
    {
        FlareReduction other = Integers();
        other.id = 99;
        other.window = 1;
        DynamicCast<FlareSwitch>(m_network.fabric.switches[node])->Install(other, {0, 1});
    }

    void Clear()
    {
        m_network = FlareNetwork();
        Simulator::Destroy();
    }
};

TEST_F(FlareSparseCommunicatorTest, TheSwitchesReduceWhenTheyHaveRoomAndOtherwiseTheHostsDo)
{
    Build(FatTree::LeafSpine(2, 4, 1), 1);
    Tenant<int32_t> dense(m_network, {0, 1, 4, 5}, 70);
    SparseTenant sparse(m_network, {2, 3, 6, 7}, 1U << 18);
    EXPECT_TRUE(dense.Start(Integers()));
    EXPECT_TRUE(sparse.Start());
    EXPECT_EQ(sparse.communicator->GetOutcome().reason,
              "no tree of switches has room for the reduction");
    Simulator::Run();
    dense.ExpectSums(FlareExecutor::SWITCHES);
    sparse.ExpectSums(FlareExecutor::HOSTS);
    EXPECT_TRUE(sparse.Start());
    Simulator::Run();
    sparse.ExpectSums(FlareExecutor::SWITCHES);
}

TEST_F(FlareSparseCommunicatorTest, HostsAreExactWithEachTypeAndAlgorithmAndUnderLoss)
{
    for (const char* algorithm : {"dsar-split-allgather", "ssar-split-allgather"})
    {
        for (const FlareType type : {FlareType::INT8, FlareType::FP16, FlareType::FP32})
        {
            Build(FatTree::LeafSpine(2, 2, 1), 1);
            SparseTenant tenant(m_network, {}, 100'000, type);
            tenant.communicator->SetAttribute("SparseHostAlgorithm", StringValue(algorithm));
            Fill(0);
            AddLoss(0.005);
            EXPECT_TRUE(tenant.Start());
            Simulator::Run();
            tenant.ExpectSums(FlareExecutor::HOSTS);
            Clear();
        }
    }
}

TEST_F(FlareSparseCommunicatorTest, AnyNumberOfHostsReducesByItself)
{
    for (const uint32_t hosts : {2, 3, 5, 6, 7})
    {
        Build(FatTree::LeafSpine(2, 4, 1), 1);
        std::vector<uint32_t> members(hosts);
        std::iota(members.begin(), members.end(), 0);
        SparseTenant tenant(m_network, members, 10'000);
        Fill(0);
        EXPECT_TRUE(tenant.Start());
        Simulator::Run();
        tenant.ExpectSums(FlareExecutor::HOSTS);
        Clear();
    }
}

TEST_F(FlareSparseCommunicatorTest, HostsGetTheSameSumsFromSwitchesAndFromEachOther)
{
    std::map<uint32_t, int32_t> sums;
    for (const bool switches : {true, false})
    {
        Build(FatTree::LeafSpine(2, 2, 1), 1);
        FlareReduction reduction = Integers();
        reduction.sparse = true;
        reduction.storage = FlareStorage::HASH;
        reduction.hashSize = 256;
        reduction.blockRange = Pairs::RANGE;
        std::vector<std::unique_ptr<Pairs>> parts;
        std::vector<FlareVector*> vectors;
        sums.clear();
        for (uint32_t host = 0; host < 4; ++host)
        {
            parts.push_back(std::make_unique<Pairs>(host));
            vectors.push_back(parts.back().get());
            for (const auto& [index, value] : parts.back()->values)
            {
                sums[index] += value;
            }
        }
        if (!switches)
        {
            Fill(0);
        }
        const auto communicator = FlareHelper::CreateCommunicator(m_network);
        EXPECT_TRUE(communicator->Start(reduction, vectors, Pairs::BLOCKS, 8));
        Simulator::Run();
        EXPECT_TRUE(communicator->GetOutcome().complete);
        EXPECT_EQ(communicator->GetOutcome().executor,
                  switches ? FlareExecutor::SWITCHES : FlareExecutor::HOSTS);
        uint32_t zeros = 0;
        for (const auto& part : parts)
        {
            EXPECT_GE(part->packets, Pairs::BLOCKS); // each block, if there is nothing in it, too
            for (const auto& [index, sum] : sums)
            {
                const auto found = part->result.find(index);
                // What is zero may be missing.
                EXPECT_EQ(found == part->result.end() ? 0 : found->second, sum) << index;
                zeros += sum == 0 ? 1 : 0;
            }
            EXPECT_LE(part->result.size(), sums.size());
        }
        EXPECT_GT(zeros, 0U);
        Clear();
    }
}

TEST_F(FlareSparseCommunicatorTest, WhenASwitchDiesItIsBegunAnewAndEverySumIsExact)
{
    // Before anything has come, while shards are coming, and near the end; with another tree and
    // without one.
    uint32_t began = 0;
    for (const auto& [time, executor] :
         std::vector<std::pair<int64_t, FlareExecutor>>{{1, FlareExecutor::SWITCHES},
                                                        {60, FlareExecutor::SWITCHES},
                                                        {90, FlareExecutor::SWITCHES},
                                                        {120, FlareExecutor::SWITCHES},
                                                        {60, FlareExecutor::HOSTS},
                                                        {120, FlareExecutor::HOSTS}})
    {
        Build(FatTree::LeafSpine(2, 2, 2), 1);
        SparseTenant tenant(m_network, {}, 1U << 22);
        ASSERT_TRUE(tenant.Start());
        const uint32_t root = tenant.communicator->GetGroup()->root;
        if (executor == FlareExecutor::HOSTS)
        {
            // The other spine has no room.
            Fill(root + 1 < m_network.fabric.switches.size() ? root + 1 : root - 1);
        }
        FailAt(time * US, root);
        Simulator::Run();
        tenant.ExpectSums(executor, 1);
        EXPECT_EQ(tenant.communicator->GetOutcome().reason,
                  "switch " + std::to_string(root) + " has failed" +
                      (executor == FlareExecutor::HOSTS
                           ? "; no tree of switches has room for the reduction"
                           : ""));
        const auto device = DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(0));
        began += device->GetFlareCounters().received > 0 ? 1 : 0;
        for (uint32_t leaf = 0; leaf < 2; ++leaf)
        {
            const auto each = DynamicCast<FlareSwitch>(m_network.fabric.switches[leaf]);
            EXPECT_EQ(each->GetReductions(), 0U);
        }
        Clear();
    }
    EXPECT_GE(began, 4U); // results had come, and were forgotten
}

TEST_F(FlareSparseCommunicatorTest, AVectorThatCannotForgetMakesAnErrorOfIt)
{
    Build(FatTree::LeafSpine(2, 2, 2), 1);
    FlareReduction reduction = Integers();
    reduction.sparse = true;
    reduction.blockRange = Pairs::RANGE;
    std::vector<std::unique_ptr<Pairs>> parts;
    std::vector<FlareVector*> vectors;
    for (uint32_t host = 0; host < 4; ++host)
    {
        parts.push_back(std::make_unique<Pairs>(host));
        vectors.push_back(parts.back().get());
    }
    parts[3]->forgets = false;
    const auto communicator = FlareHelper::CreateCommunicator(m_network);
    ASSERT_TRUE(communicator->Start(reduction, vectors, Pairs::BLOCKS, 2));
    FailAt(3 * US, communicator->GetGroup()->root);
    Simulator::Run();
    const FlareOutcome& outcome = communicator->GetOutcome();
    EXPECT_FALSE(outcome.complete);
    EXPECT_EQ(outcome.repairs, 1U);
    EXPECT_NE(outcome.reason.find("a sparse vector cannot forget"), std::string::npos)
        << outcome.reason;
    EXPECT_LT(outcome.end, 3 * US + GetNoticeTime());
}

TEST_F(FlareSparseCommunicatorTest, NoWayBetweenHostsEndsInAnError)
{
    Build(FatTree::LeafSpine(2, 2, 1));
    SparseTenant tenant(m_network, {}, 1U << 20);
    ASSERT_TRUE(tenant.Start());
    FailAt(10 * US, tenant.communicator->GetGroup()->root);
    Simulator::Run();
    tenant.ExpectError("a host's message was not delivered");
    EXPECT_LT(tenant.communicator->GetOutcome().end, GetNoticeTime() + 280'000 * US);
}

TEST_F(FlareSparseCommunicatorTest, HundredsOfHostsDoItByThemselves)
{
    Build(FatTree::LeafSpine(2, 150, 1), 1);
    Fill(0);
    SparseTenant tenant(m_network, {}, 20'000);
    ASSERT_TRUE(tenant.Start()) << tenant.communicator->GetOutcome().reason;
    Simulator::Run();
    tenant.ExpectSums(FlareExecutor::HOSTS);
}

TEST_F(FlareSparseCommunicatorTest, WhatHostsCannotDoIsRefusedInOneLine)
{
    Build(FatTree::SingleSwitch(4), 1);
    SparseTenant four(m_network, {}, 10'000);
    Fill(0);
    four.communicator->SetAttribute("SparseHostAlgorithm", StringValue("star"));
    EXPECT_FALSE(four.Start());
    four.ExpectError("star is not dsar-split-allgather");
    four.communicator->SetAttribute("Fallback", BooleanValue(false));
    EXPECT_FALSE(four.Start());
    four.ExpectError("the hosts shall not reduce by themselves");
}

} // namespace
} // namespace offload
} // namespace ns3
