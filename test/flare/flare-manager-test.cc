/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The network manager: trees over topologies, admission, several tenants, tear-down.
 */
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-manager.h"
#include "ns3/flare-net-device.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

/** Contributes a constant and expects a constant. */
class Constant : public FlareVector
{
  public:
    Constant(int32_t own, int32_t sum)
        : m_own(own),
          m_sum(sum)
    {
    }

    bool Read(uint32_t, uint32_t, FlarePacket& packet) override
    {
        packet.values = 256;
        packet.dataBytes = 1024;
        const std::vector<int32_t> values(256, m_own);
        std::memcpy(packet.data->bytes.data(), values.data(), 1024);
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        const std::vector<int32_t> values(256, m_sum);
        good = good && std::memcmp(packet.data->bytes.data(), values.data(), 1024) == 0;
        ++blocks;
    }

    bool good{true};
    uint32_t blocks{0};

  private:
    int32_t m_own;
    int32_t m_sum;
};

/** A network of FLARE switches with a manager. */
class Managed
{
  public:
    explicit Managed(std::unique_ptr<FabricTopology> shape,
                     uint32_t maxReductions = 8,
                     uint32_t clusters = 64)
        : topology(std::move(shape))
    {
        FabricHelper helper;
        helper.SetHostDeviceType("ns3::offload::FlareNetDevice");
        helper.SetSwitchType("ns3::offload::FlareSwitch");
        helper.SetSwitchAttribute("MaxReductions", UintegerValue(maxReductions));
        helper.SetSwitchAttribute("Clusters", UintegerValue(clusters));
        helper.SetDeviceAttribute("DataRate", StringValue("100Gbps"));
        NodeContainer nodes;
        nodes.Create(topology->GetHosts());
        fabric = helper.Install(*topology, nodes);
        manager = std::make_unique<FlareManager>(*topology, fabric.switches);
    }

    ~Managed()
    {
        Simulator::Destroy();
    }

    static FlareReduction Integers()
    {
        FlareReduction reduction;
        reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
        return reduction;
    }

    std::vector<uint32_t> All() const
    {
        std::vector<uint32_t> hosts(topology->GetHosts());
        std::iota(hosts.begin(), hosts.end(), 0);
        return hosts;
    }

    /** Have members add `own` each. */
    void Start(const FlareGroup& group,
               const std::vector<uint32_t>& members,
               int32_t own,
               uint32_t blocks)
    {
        for (uint32_t i = 0; i < members.size(); i++)
        {
            parts.push_back(
                std::make_unique<Constant>(own, own * static_cast<int32_t>(members.size())));
            FlareJob job = group.MakeJob(i);
            job.blocks = blocks;
            job.vector = parts.back().get();
            GetHost(members[i])->Start(job);
        }
    }

    void ExpectAll(uint32_t blocks) const
    {
        for (const auto& part : parts)
        {
            EXPECT_TRUE(part->good);
            EXPECT_EQ(part->blocks, blocks);
        }
    }

    Ptr<FlareNetDevice> GetHost(uint32_t host) const
    {
        return DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(host));
    }

    uint32_t CountReductions() const
    {
        uint32_t count = 0;
        for (const auto& device : fabric.switches)
        {
            count += DynamicCast<FlareSwitch>(device)->GetReductions();
        }
        return count;
    }

    std::unique_ptr<FabricTopology> topology;
    Fabric fabric;
    std::unique_ptr<FlareManager> manager;
    std::vector<std::unique_ptr<Constant>> parts;
};

} // namespace

TEST(FlareManager, TreesServeAnyTopology)
{
    for (int shape = 0; shape < 3; shape++)
    {
        std::unique_ptr<FabricTopology> topology;
        uint32_t levels = 0;
        switch (shape)
        {
        case 0:
            topology = FatTree::SingleSwitch(5);
            levels = 1;
            break;
        case 1:
            topology = FatTree::LeafSpine(4, 3, 2);
            levels = 2;
            break;
        default:
            topology = FatTree::KAry(4, 3);
            levels = 3;
        }
        Managed network(std::move(topology));
        const auto members = network.All();
        const auto group = network.manager->Create(members, Managed::Integers(), 16);
        ASSERT_TRUE(group);
        EXPECT_EQ(group->levels, levels);
        EXPECT_EQ(network.CountReductions(), group->switches);
        network.Start(*group, members, 3, 50);
        Simulator::Run();
        network.ExpectAll(50);
    }
}

TEST(FlareManager, SumsOfTenantsOnTheSameSwitchesDoNotMix)
{
    Managed network(FatTree::LeafSpine(4, 4, 1));
    std::vector<uint32_t> even;
    std::vector<uint32_t> odd;
    for (const uint32_t host : network.All())
    {
        (host % 2 ? odd : even).push_back(host);
    }
    const auto one = network.manager->Create(even, Managed::Integers(), 32);
    const auto other = network.manager->Create(odd, Managed::Integers(), 32);
    ASSERT_TRUE(one && other);
    EXPECT_NE(one->id, other->id);
    EXPECT_EQ(one->root, other->root); // there is only one
    network.Start(*one, even, 5, 200);
    network.Start(*other, odd, 7, 200);
    Simulator::Run();
    network.ExpectAll(200);
    // Each has its share: both take about the same time.
    const auto first = static_cast<double>(network.GetHost(even[0])->GetDoneTime());
    const auto second = static_cast<double>(network.GetHost(odd[0])->GetDoneTime());
    EXPECT_NEAR(first, second, 0.1 * first);
}

namespace
{

/** A light tenant, with or without a heavy one on a switch whose cores are the bottleneck. */
struct Shares
{
    double alone;   //!< time of the light tenant by itself
    double light;   //!< beside the heavy one
    double heavy;   //!< of the heavy one
    uint32_t drops; //!< frames that the switch had no room for
};

Shares
MeasureShares(uint32_t lightWindow, uint32_t lightCores, uint32_t l2PacketBytes = 4194304)
{
    constexpr uint32_t LIGHT_BLOCKS = 64;
    constexpr uint32_t HEAVY_BLOCKS = 512;
    const std::vector<uint32_t> first{0, 1, 2, 3, 4, 5, 6, 7};
    const std::vector<uint32_t> second{8, 9, 10, 11, 12, 13, 14, 15};
    Shares shares{};
    for (const bool both : {false, true})
    {
        Managed network(FatTree::SingleSwitch(16), 2, 1);
        network.fabric.switches[0]->SetAttribute("L2PacketBytes", UintegerValue(l2PacketBytes));
        FlareReduction reduction = Managed::Integers();
        if (both)
        {
            const auto group = network.manager->Create(first, reduction, 1024);
            EXPECT_GT(group->window, 3 * lightWindow);
            network.Start(*group, first, 3, HEAVY_BLOCKS);
        }
        reduction.coresPerBlock = lightCores;
        const auto group = network.manager->Create(second, reduction, lightWindow);
        network.Start(*group, second, 5, LIGHT_BLOCKS);
        Simulator::Run();
        for (const auto& part : network.parts)
        {
            EXPECT_TRUE(part->good);
            EXPECT_TRUE(part->blocks == LIGHT_BLOCKS || part->blocks == HEAVY_BLOCKS);
        }
        const auto time = static_cast<double>(network.GetHost(8)->GetDoneTime());
        (both ? shares.light : shares.alone) = time;
        shares.heavy = static_cast<double>(network.GetHost(0)->GetDoneTime());
        shares.drops = network.fabric.switches[0]->GetDrops();
    }
    return shares;
}

} // namespace

TEST(FlareManager, ALightTenantHasHalfOfTheCoresBesideAHeavyOne)
{
    // Its packets take turns with those of a tenant that has ten times as many in the switch;
    // first come, first served, it would take more than eight times as long as alone.
    const Shares shares = MeasureShares(4, 8);
    EXPECT_GT(shares.light, 1.5 * shares.alone); // the cores are the bottleneck
    EXPECT_LT(shares.light, 2.1 * shares.alone);
    EXPECT_GT(shares.heavy, 3 * shares.light);
    // Also if its blocks are bound to other sets of cores.
    const Shares single = MeasureShares(16, 1);
    EXPECT_LT(single.light, 2.2 * single.alone);
}

TEST(FlareManager, AHeavyTenantLeavesPacketMemoryToALightOne)
{
    // Room for 120 packets: the heavy tenant would like to have all of it.
    const Shares shares = MeasureShares(4, 8, 131072);
    EXPECT_GT(shares.drops, 0U);
    EXPECT_LT(shares.light, 2.2 * shares.alone);
}

namespace
{

constexpr uint32_t RANGE = 512 * 148; //!< indices of a block: one value of 512, a packet less slack
constexpr uint32_t SPARSE_BLOCKS = 6;

/** One value from each bucket of 512 indices, and all sums. */
class SparseVector : public FlareVector
{
  public:
    SparseVector(uint32_t host, uint32_t hosts, uint32_t range)
        : m_host(host),
          m_hosts(hosts),
          m_range(range),
          m_sums(SPARSE_BLOCKS, std::vector<int32_t>(range))
    {
    }

    static uint32_t Index(uint32_t host, uint32_t block, uint32_t bucket)
    {
        return bucket * 512 + (host * 37 + block * 101 + bucket * 59) % 512;
    }

    bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override
    {
        const uint32_t buckets = m_range / 512;
        const uint32_t capacity = flare::GetSparseCapacity(4);
        const uint32_t first = shard * capacity;
        const uint32_t last = std::min(buckets, first + capacity);
        for (uint32_t bucket = first; bucket < last; bucket++)
        {
            const auto index = static_cast<uint16_t>(Index(m_host, block, bucket));
            const auto value = static_cast<int32_t>(m_host + bucket + 1);
            uint8_t* to = packet.data->bytes.data() + 6 * packet.values++;
            std::memcpy(to, &index, 2);
            std::memcpy(to + 2, &value, 4);
        }
        packet.dataBytes = 6U * packet.values;
        return last < buckets;
    }

    void Write(const FlarePacket& packet) override
    {
        for (uint32_t i = 0; i < packet.values; i++)
        {
            uint16_t index;
            int32_t value;
            std::memcpy(&index, packet.data->bytes.data() + 6 * i, 2);
            std::memcpy(&value, packet.data->bytes.data() + 6 * i + 2, 4);
            m_sums[packet.block][index] += value;
        }
    }

    bool IsRight() const
    {
        std::vector<std::vector<int32_t>> expected(SPARSE_BLOCKS, std::vector<int32_t>(m_range));
        for (uint32_t host = 0; host < m_hosts; host++)
        {
            for (uint32_t block = 0; block < SPARSE_BLOCKS; block++)
            {
                for (uint32_t bucket = 0; bucket < m_range / 512; bucket++)
                {
                    expected[block][Index(host, block, bucket)] +=
                        static_cast<int32_t>(host + bucket + 1);
                }
            }
        }
        return m_sums == expected;
    }

  private:
    uint32_t m_host;
    uint32_t m_hosts;
    uint32_t m_range;
    std::vector<std::vector<int32_t>> m_sums;
};

} // namespace

TEST(FlareManager, SparseVectorsDensifyUpTheTreeAndAreExact)
{
    constexpr uint32_t BLOCK = 512 * 120; // an array of 240 KiB at the root
    static_assert(BLOCK < RANGE);
    Managed network(FatTree::LeafSpine(4, 4, 2));
    const auto members = network.All();
    FlareReduction reduction = Managed::Integers();
    reduction.sparse = true;
    reduction.storage = FlareStorage::HASH;
    reduction.blockRange = BLOCK;
    reduction.hashSize = 256;
    // A partition of L1 has no room for such an array, all of it has.
    EXPECT_FALSE(network.manager->Create(members, reduction, 4));
    Managed large(FatTree::LeafSpine(4, 4, 2), 1);
    const auto group = large.manager->Create(members, reduction, 4);
    ASSERT_TRUE(group);
    std::vector<std::unique_ptr<SparseVector>> parts;
    for (const uint32_t host : members)
    {
        parts.push_back(std::make_unique<SparseVector>(host, members.size(), BLOCK));
        FlareJob job = group->MakeJob(host);
        job.blocks = SPARSE_BLOCKS;
        job.sparse = true;
        job.vector = parts.back().get();
        large.GetHost(host)->Start(job);
    }
    Simulator::Run();
    for (const uint32_t host : members)
    {
        EXPECT_FALSE(large.GetHost(host)->IsBusy());
        EXPECT_TRUE(parts[host]->IsRight());
    }
}

TEST(FlareManager, AFullSwitchIsAvoidedAndAFullNetworkRejects)
{
    Managed network(FatTree::LeafSpine(2, 2, 2), 2);
    const auto members = network.All();
    const auto a = network.manager->Create(members, Managed::Integers(), 4);
    const auto b = network.manager->Create(members, Managed::Integers(), 4);
    ASSERT_TRUE(a && b);
    EXPECT_NE(a->root, b->root); // the other spine has fewer reductions
    // Both leaves are full now.
    EXPECT_FALSE(network.manager->Create(members, Managed::Integers(), 4));
    EXPECT_EQ(network.CountReductions(), 6U);
    EXPECT_TRUE(network.manager->Destroy(a->id));
    EXPECT_FALSE(network.manager->Destroy(a->id));
    const auto c = network.manager->Create(members, Managed::Integers(), 4);
    ASSERT_TRUE(c);
    network.Start(*c, members, 1, 20);
    Simulator::Run();
    network.ExpectAll(20);
}

TEST(FlareManager, TheWindowIsWhatASwitchHasMemoryFor)
{
    Managed network(FatTree::SingleSwitch(16), 8);
    FlareReduction reduction = Managed::Integers();
    const auto group = network.manager->Create(network.All(), reduction, 1U << 20);
    ASSERT_TRUE(group);
    EXPECT_LT(group->window, 1U << 20);
    EXPECT_GT(group->window, 64U);
}

TEST(FlareManager, ASubsetOfHostsUsesOnlyTheSwitchesBetweenThem)
{
    Managed network(FatTree::KAry(4, 3));
    const auto group = network.manager->Create({0, 1}, Managed::Integers(), 4);
    ASSERT_TRUE(group);
    EXPECT_EQ(group->switches, 1U);
    EXPECT_EQ(group->levels, 1U);
}

TEST(FlareManager, WrongMembersAreRefused)
{
    Managed network(FatTree::SingleSwitch(4));
    EXPECT_THROW(network.manager->Create({}, Managed::Integers(), 1), std::invalid_argument);
    EXPECT_THROW(network.manager->Create({0, 0}, Managed::Integers(), 1), std::invalid_argument);
    EXPECT_THROW(network.manager->Create({4}, Managed::Integers(), 1), std::invalid_argument);
    EXPECT_THROW(network.manager->Create({0}, FlareReduction(), 1), std::invalid_argument);
}
