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
#include "ns3/uinteger.h"

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

    void Read(uint32_t, FlarePacket& packet) override
    {
        packet.values = 256;
        packet.dataBytes = 1024;
        const std::vector<int32_t> values(256, m_own);
        std::memcpy(packet.data->bytes.data(), values.data(), 1024);
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
    explicit Managed(std::unique_ptr<FabricTopology> shape, uint32_t maxReductions = 8)
        : topology(std::move(shape))
    {
        FabricHelper helper;
        helper.SetHostDeviceType("ns3::offload::FlareNetDevice");
        helper.SetSwitchType("ns3::offload::FlareSwitch");
        helper.SetSwitchAttribute("MaxReductions", UintegerValue(maxReductions));
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
        for (size_t i = 0; i < members.size(); i++)
        {
            parts.push_back(
                std::make_unique<Constant>(own, own * static_cast<int32_t>(members.size())));
            FlareJob job;
            job.id = group.id;
            job.child = group.childNumber[i];
            job.blocks = blocks;
            job.window = group.window;
            job.start = static_cast<uint32_t>(i * group.window / members.size());
            job.group = group.address;
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
