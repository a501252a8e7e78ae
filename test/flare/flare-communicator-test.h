/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Communicators with data of their own, every element of whose results is compared.
 */
#ifndef OFFLOAD_FLARE_COMMUNICATOR_TEST_H
#define OFFLOAD_FLARE_COMMUNICATOR_TEST_H

#include "ns3/data-rate.h"
#include "ns3/error-model.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/simulator.h"
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

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_COMMUNICATOR_TEST_H */
