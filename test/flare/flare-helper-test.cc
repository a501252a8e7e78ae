/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/data-rate.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-operator.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t VALUES = flare::MAX_DATA_BYTES / sizeof(int32_t);

/** Element i of block b is host + 1 times b + i; the sum is known. */
class Progression : public FlareVector
{
  public:
    Progression(uint32_t host, uint32_t hosts)
        : m_host(host),
          m_sum(hosts * (hosts + 1) / 2)
    {
    }

    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        packet.values = VALUES;
        packet.dataBytes = flare::MAX_DATA_BYTES;
        for (uint32_t i = 0; i < VALUES; ++i)
        {
            const auto value = static_cast<int32_t>((m_host + 1) * (block + i));
            std::memcpy(&packet.data->bytes[i * sizeof(value)], &value, sizeof(value));
        }
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        ++blocks;
        std::memcpy(&heads[packet.block], packet.data->bytes.data(), sizeof(uint32_t));
        for (uint32_t i = 0; i < VALUES; ++i)
        {
            int32_t value = 0;
            std::memcpy(&value, &packet.data->bytes[i * sizeof(value)], sizeof(value));
            wrong += value == static_cast<int32_t>(m_sum * (packet.block + i)) ? 0 : 1;
        }
    }

    uint32_t blocks{0};
    uint32_t wrong{0};
    std::map<uint32_t, uint32_t> heads; //!< first element of each block

  private:
    uint32_t m_host;
    uint32_t m_sum;
};

class FlareHelperTest : public ::testing::Test
{
  public:
    FlareHelperTest()
        : m_topology(FatTree::LeafSpine(4, 4, 4))
    {
        FlareHelper helper;
        helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        m_network = helper.Install(*m_topology, NodeContainer(16));
        for (uint32_t host = 0; host < 16; ++host)
        {
            m_parts.push_back(std::make_unique<Progression>(host, 16));
            m_vectors.push_back(m_parts.back().get());
        }
        m_reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
    }

    ~FlareHelperTest() override
    {
        m_network = FlareNetwork();
        Simulator::Destroy();
    }

    std::unique_ptr<FatTree> m_topology;
    FlareNetwork m_network;
    std::vector<std::unique_ptr<Progression>> m_parts;
    std::vector<FlareVector*> m_vectors;
    FlareReduction m_reduction;
};

TEST_F(FlareHelperTest, EveryHostGetsEverySum)
{
    constexpr uint32_t BLOCKS = 100;
    ASSERT_TRUE(FlareHelper::StartAllreduce(m_network, m_reduction, m_vectors, BLOCKS));
    Simulator::Run();
    for (const auto& part : m_parts)
    {
        EXPECT_EQ(part->blocks, BLOCKS);
        EXPECT_EQ(part->wrong, 0U);
    }
    // Each vector crosses a host's link up and down, and 3 or 4 links between switches both ways.
    constexpr double VECTOR = BLOCKS * 1024.0;
    const auto traffic = static_cast<double>(FabricHelper::GetTraffic(m_network.fabric));
    EXPECT_GT(traffic, VECTOR * 2 * (16 + 3));
    EXPECT_LT(traffic, VECTOR * 2 * (16 + 4) * 1.1);
    // 100 KiB at 100 Gbit/s take 8.2 us each way, which overlap.
    EXPECT_GT(FlareHelper::GetEnd(m_network), 8'000'000);
    EXPECT_LT(FlareHelper::GetEnd(m_network), 30'000'000);
}

TEST_F(FlareHelperTest, VectorsForSomeHostsOnlyAreRefused)
{
    m_vectors.pop_back();
    EXPECT_THROW(
        static_cast<void>(FlareHelper::StartAllreduce(m_network, m_reduction, m_vectors, 1)),
        std::invalid_argument);
}

TEST_F(FlareHelperTest, OtherCollectivesWork)
{
    constexpr uint32_t BLOCKS = 20;
    constexpr uint32_t ROOT_HOST = 2;
    m_reduction.rootHost = ROOT_HOST;
    m_reduction.collective = FlareCollective::REDUCE;
    auto group = FlareHelper::Start(m_network, m_reduction, m_vectors, BLOCKS);
    ASSERT_TRUE(group);
    Simulator::Run();
    for (uint32_t host = 0; host < 16; ++host)
    {
        EXPECT_EQ(m_parts[host]->blocks, host == ROOT_HOST ? BLOCKS : 0) << host;
    }
    EXPECT_EQ(m_parts[ROOT_HOST]->wrong, 0U);
    m_network.manager->Destroy(group->id);

    m_reduction.collective = FlareCollective::BROADCAST;
    group = FlareHelper::StartAllreduce(m_network, m_reduction, m_vectors, BLOCKS);
    ASSERT_TRUE(group);
    Simulator::Run();
    for (uint32_t host = 0; host < 16; ++host)
    {
        EXPECT_EQ(m_parts[host]->blocks, BLOCKS) << host; // now, or before
        // What comes is the root host's; it has the sum still.
        EXPECT_EQ(m_parts[host]->heads[BLOCKS - 1],
                  (BLOCKS - 1) * (host == ROOT_HOST ? 16 * 17 / 2 : ROOT_HOST + 1));
    }
    m_network.manager->Destroy(group->id);

    FlareReduction barrier;
    barrier.collective = FlareCollective::BARRIER;
    group = FlareHelper::Start(m_network, barrier, {}, 1);
    ASSERT_TRUE(group);
    Simulator::Run();
    FlareHelper::Start(m_network, *group, {}, 1);
    Simulator::Run();
    EXPECT_EQ(group->sequences[0]->next, 2U);
}

TEST_F(FlareHelperTest, TheMostPartitionsHaveRoomAndOneMoreHasNot)
{
    std::vector<uint32_t> all(16);
    std::iota(all.begin(), all.end(), 0);
    for (const bool sparse : {false, true})
    {
        m_reduction.sparse = sparse;
        const uint32_t most = FlareHelper::GetMaxPartitions(m_reduction, 4, 8);
        for (const uint32_t partitions : {most, most + 1})
        {
            FlareHelper helper;
            helper.SetSwitchAttribute("MaxReductions", UintegerValue(partitions));
            auto network = helper.Install(*m_topology, NodeContainer(16));
            const auto start = [&] {
                const auto reduction =
                    sparse ? FlareHelper::MakeSparse(network, FlareType::INT32, 0.5, 1000)
                           : m_reduction;
                return network.manager->Create(all, reduction, 1).has_value();
            };
            bool room = false;
            try
            {
                room = start();
            }
            catch (const std::invalid_argument&)
            {
                EXPECT_TRUE(sparse); // MakeSparse looks first
            }
            EXPECT_EQ(room, partitions == most) << partitions;
        }
    }
}

TEST_F(FlareHelperTest, WhatCannotBeStartedTakesNoRoom)
{
    EXPECT_THROW(static_cast<void>(
                     FlareHelper::Start(m_network, m_reduction, m_vectors, flare::MAX_BLOCKS + 1)),
                 std::invalid_argument);
    for (const auto& device : m_network.fabric.switches)
    {
        EXPECT_EQ(DynamicCast<FlareSwitch>(device)->GetReductions(), 0U);
    }
    m_vectors[3] = nullptr;
    EXPECT_THROW(static_cast<void>(FlareHelper::Start(m_network, m_reduction, m_vectors, 1)),
                 std::invalid_argument);
}

} // namespace
} // namespace offload
} // namespace ns3
