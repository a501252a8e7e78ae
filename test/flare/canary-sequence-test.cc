/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Canary: several communicators, and hosts that go on before others are done, without and with
 * loss. Numbers of allreduces are the default throughout.
 */
#include "flare-communicator-test.h"

#include "ns3/canary-helper.h"
#include "ns3/nstime.h"

#include <algorithm>
#include <random>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

using Members = std::shared_ptr<const std::vector<uint32_t>>;

/** Each host takes part in its allreduces in the order of a list, one after the other. */
class CanarySequenceTest : public ::testing::Test
{
  public:
    static constexpr uint32_t BLOCKS = 20;

    ~CanarySequenceTest() override
    {
        Clear();
    }

    void Build(uint32_t leaves, uint32_t hostsPerLeaf)
    {
        CanaryHelper helper;
        const auto topology = FatTree::LeafSpine(leaves, hostsPerLeaf, 2);
        m_fabric = helper.Install(*topology, NodeContainer(leaves * hostsPerLeaf));
        m_next.assign(m_fabric.hostDevices.GetN(), 0);
    }

    void Add(const std::vector<uint32_t>& members)
    {
        Operation operation;
        operation.members = std::make_shared<const std::vector<uint32_t>>(members);
        for (const uint32_t host : members)
        {
            operation.contents.push_back(host + 100 * static_cast<uint32_t>(m_operations.size()));
            operation.parts.push_back(
                std::make_unique<Values<int32_t>>(operation.contents.back(), BLOCKS));
        }
        m_operations.push_back(std::move(operation));
    }

    void AddLoss(double rate, int64_t stream)
    {
        const auto add = [rate, &stream](Ptr<LinkNetDevice> device) {
            auto errors = CreateObject<RateErrorModel>();
            errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
            errors->SetRate(rate);
            errors->AssignStreams(stream++);
            device->SetReceiveErrorModel(errors);
        };
        for (uint32_t host = 0; host < m_next.size(); ++host)
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
    }

    /** Have a host begin its next allreduce. */
    void Begin(uint32_t host)
    {
        while (m_next[host] < m_operations.size())
        {
            const Operation& operation = m_operations[m_next[host]++];
            const auto& members = *operation.members;
            const auto found = std::find(members.begin(), members.end(), host);
            if (found == members.end())
            {
                continue;
            }
            CanaryJob job;
            job.rank = static_cast<uint16_t>(found - members.begin());
            job.members = operation.members;
            job.blocks = BLOCKS;
            job.window = 16;
            job.vector = operation.parts[job.rank].get();
            GetHost(host)->Start(job, MakeBoundCallback(&CanarySequenceTest::Continue, this, host));
            return;
        }
    }

    void Run()
    {
        for (uint32_t host = 0; host < m_next.size(); ++host)
        {
            Begin(host);
        }
        Simulator::Stop(Seconds(1));
        Simulator::Run();
    }

    void ExpectSums() const
    {
        for (uint32_t number = 0; number < m_operations.size(); ++number)
        {
            const Operation& operation = m_operations[number];
            for (const auto& part : operation.parts)
            {
                EXPECT_EQ(part->CountResults(), BLOCKS) << number;
                EXPECT_TRUE(part->IsSumOf(operation.contents)) << number;
            }
        }
    }

    uint64_t CountRequests() const
    {
        uint64_t sum = 0;
        for (uint32_t host = 0; host < m_next.size(); ++host)
        {
            sum += GetHost(host)->GetCanaryCounters().requests;
        }
        return sum;
    }

    void Clear()
    {
        m_fabric = Fabric();
        m_operations.clear();
        Simulator::Destroy();
    }

    Ptr<CanaryNetDevice> GetHost(uint32_t host) const
    {
        return DynamicCast<CanaryNetDevice>(m_fabric.hostDevices.Get(host));
    }

    struct Operation
    {
        Members members;
        std::vector<uint32_t> contents; //!< what members contribute, as Values calls hosts
        std::vector<std::unique_ptr<Values<int32_t>>> parts; //!< by rank
    };

    Fabric m_fabric;
    std::vector<Operation> m_operations;
    std::vector<uint32_t> m_next; //!< operation to look at, by host

  private:
    static void Continue(CanarySequenceTest* test, uint32_t host, uint16_t)
    {
        test->Begin(host);
    }
};

TEST_F(CanarySequenceTest, HostsGoOnAndNobodyLacksAResult)
{
    for (const double loss : {0.0, 0.01, 0.03})
    {
        for (int64_t seed = 1; seed <= 10; ++seed)
        {
            Build(2, 3);
            AddLoss(loss, seed * 1000);
            for (int i = 0; i < 6; ++i)
            {
                Add({0, 1, 2, 3, 4, 5});
            }
            Run();
            SCOPED_TRACE(std::to_string(loss) + " " + std::to_string(seed));
            ExpectSums();
            // Who is early is not forgotten either.
            EXPECT_EQ(CountRequests() > 0, loss > 0);
            Clear();
        }
    }
}

TEST_F(CanarySequenceTest, SumsOfDisjointHostsNeverMix)
{
    Build(3, 4);
    Add({0, 4, 8});
    Add({1, 5, 9, 2});
    Add({11, 7, 3});
    Add({6, 10});
    Run();
    ExpectSums();
    EXPECT_EQ(CountRequests(), 0U);
}

TEST_F(CanarySequenceTest, SumsOfOverlappingHostsNeverMix)
{
    std::mt19937 random(7);
    for (const double loss : {0.0, 0.02})
    {
        for (int64_t seed = 1; seed <= 10; ++seed)
        {
            Build(2, 4);
            AddLoss(loss, seed * 1000);
            std::vector<uint32_t> hosts{0, 1, 2, 3, 4, 5, 6, 7};
            std::vector<std::vector<uint32_t>> communicators;
            for (int i = 0; i < 4; ++i)
            {
                for (uint32_t k = 7; k > 0; --k)
                {
                    std::swap(hosts[k], hosts[random() % (k + 1)]);
                }
                const auto size = static_cast<int64_t>(2 + random() % 6);
                communicators.emplace_back(hosts.begin(), hosts.begin() + size);
            }
            for (int i = 0; i < 12; ++i)
            {
                Add(communicators[random() % communicators.size()]);
            }
            Run();
            SCOPED_TRACE(std::to_string(loss) + " " + std::to_string(seed));
            ExpectSums();
            Clear();
        }
    }
}

TEST_F(CanarySequenceTest, WhatComesBeforeALeaderBeginsIsKept)
{
    Build(2, 4);
    Add({0, 1, 2, 3, 4, 5, 6, 7});
    Simulator::Schedule(MicroSeconds(100), &CanarySequenceTest::Begin, this, 0);
    for (uint32_t host = 1; host < 8; ++host)
    {
        Begin(host);
    }
    Simulator::Stop(MicroSeconds(500)); // half of the time after which a leader is asked
    Simulator::Run();
    ExpectSums();
}

TEST_F(CanarySequenceTest, AHostIsAMemberOnce)
{
    Build(2, 2);
    Add({0, 1, 0});
    EXPECT_THROW(Begin(1), std::invalid_argument);
    EXPECT_FALSE(GetHost(1)->IsBusy());
}

} // namespace
} // namespace offload
} // namespace ns3
