/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Hosts and FLARE switches together: exact sums over one and two levels, other traffic, loss.
 */
#include "ns3/error-model.h"
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-net-device.h"
#include "ns3/flare-switch.h"
#include "ns3/host-address.h"
#include "ns3/node-container.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

/** Integers that are a function of host and index, and a check of their sum. */
class IntegerVector : public FlareVector
{
  public:
    IntegerVector(uint32_t host, uint32_t hosts, uint32_t blocks)
        : m_host(host),
          m_hosts(hosts),
          m_seen(blocks)
    {
    }

    static int32_t Value(uint32_t host, uint32_t index)
    {
        return static_cast<int32_t>((host + 1) * 2654435761U ^ index * 40503U);
    }

    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        packet.values = 256;
        packet.dataBytes = 1024;
        for (uint32_t i = 0; i < 256; i++)
        {
            const int32_t value = Value(m_host, block * 256 + i);
            std::memcpy(packet.data->bytes.data() + 4 * i, &value, 4);
        }
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        ASSERT_EQ(packet.dataBytes, 1024U);
        m_seen[packet.block]++;
        for (uint32_t i = 0; i < 256; i += 17)
        {
            uint32_t expected = 0;
            for (uint32_t host = 0; host < m_hosts; host++)
            {
                expected += static_cast<uint32_t>(Value(host, packet.block * 256 + i));
            }
            uint32_t value;
            std::memcpy(&value, packet.data->bytes.data() + 4 * i, 4);
            good = good && value == expected;
        }
    }

    bool IsComplete() const
    {
        for (const int seen : m_seen)
        {
            if (seen != 1)
            {
                return false;
            }
        }
        return good;
    }

    bool good{true};

  private:
    uint32_t m_host;
    uint32_t m_hosts;
    std::vector<int> m_seen;
};

void
CountBytes(uint64_t* bytes, Ptr<const Packet> frame)
{
    *bytes += frame->GetSize();
}

/** A two-level tree of FLARE switches, all hosts of which take part. */
class Network
{
  public:
    Network(uint32_t leaves, uint32_t hostsPerLeaf, uint32_t blocks, uint32_t window)
        : hosts(leaves * hostsPerLeaf)
    {
        FabricHelper helper;
        helper.SetHostDeviceType("ns3::offload::FlareNetDevice");
        helper.SetSwitchType("ns3::offload::FlareSwitch");
        helper.SetDeviceAttribute("DataRate", StringValue("100Gbps"));
        NodeContainer nodes;
        nodes.Create(hosts);
        topology = FatTree::LeafSpine(leaves, hostsPerLeaf, hostsPerLeaf);
        fabric = helper.Install(*topology, nodes);
        FlareReduction reduction;
        reduction.id = 7;
        reduction.group = 0xef000007;
        reduction.window = window;
        reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
        // The root is the first switch above host 0's; all leaves have a cable to it.
        const auto leafOf = [&](uint32_t host) { return topology->GetHostPlace(host).node; };
        const FabricTopology::Place up = {leafOf(0), hostsPerLeaf};
        root = topology->GetPeer(up).node;
        std::vector<uint32_t> rootPorts;
        for (uint32_t leaf = 0; leaf < leaves; leaf++)
        {
            const uint32_t node = leafOf(leaf * hostsPerLeaf);
            FlareReduction part = reduction;
            part.childNumber = static_cast<uint8_t>(leaf);
            std::vector<uint32_t> ports;
            for (uint32_t i = 0; i < hostsPerLeaf; i++)
            {
                ports.push_back(topology->GetHostPlace(leaf * hostsPerLeaf + i).port);
            }
            GetSwitch(node)->Install(part, ports, hostsPerLeaf);
            const FabricTopology::Place peer = topology->GetPeer({node, hostsPerLeaf});
            EXPECT_EQ(peer.node, root);
            rootPorts.push_back(peer.port);
        }
        GetSwitch(root)->Install(reduction, rootPorts);
        for (uint32_t host = 0; host < hosts; host++)
        {
            vectors.push_back(std::make_unique<IntegerVector>(host, hosts, blocks));
            FlareJob job;
            job.id = 7;
            job.child = static_cast<uint8_t>(host % hostsPerLeaf);
            job.blocks = blocks;
            job.window = window;
            job.start = host * window / hosts;
            job.address = 0x0a000001 + host;
            job.group = 0xef000007;
            job.vector = vectors.back().get();
            GetHost(host)->Start(job);
        }
    }

    ~Network()
    {
        Simulator::Destroy();
    }

    Ptr<FlareSwitch> GetSwitch(uint32_t node)
    {
        return DynamicCast<FlareSwitch>(fabric.switches[node]);
    }

    Ptr<FlareNetDevice> GetHost(uint32_t host)
    {
        return DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(host));
    }

    bool IsComplete() const
    {
        for (const auto& vector : vectors)
        {
            if (!vector->IsComplete())
            {
                return false;
            }
        }
        return true;
    }

    uint32_t hosts;
    uint32_t root{0};
    std::unique_ptr<FatTree> topology;
    Fabric fabric;
    std::vector<std::unique_ptr<IntegerVector>> vectors;
};

} // namespace

TEST(FlareNetwork, EveryHostGetsTheExactSumOverTwoLevels)
{
    Network network(4, 4, 300, 64);
    Simulator::Run();
    EXPECT_TRUE(network.IsComplete());
    const FlareCounters* root = network.GetSwitch(network.root)->GetReductionCounters(7);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->blocks, 300U);
    EXPECT_EQ(root->packets, 4 * 300U);
    EXPECT_EQ(root->duplicates, 0U);
    for (uint32_t host = 0; host < network.hosts; host++)
    {
        EXPECT_EQ(network.GetHost(host)->GetFlareCounters().sent, 300U);
        EXPECT_FALSE(network.GetHost(host)->IsBusy());
    }
}

TEST(FlareNetwork, LossIsRepairedAndTheSumsStayExact)
{
    Network network(2, 4, 400, 32);
    for (uint32_t host = 0; host < network.hosts; host++)
    {
        auto errors = CreateObject<RateErrorModel>();
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        errors->SetRate(0.01);
        errors->AssignStreams(host);
        network.GetHost(host)->SetReceiveErrorModel(errors);
    }
    for (const auto& device : network.fabric.switches)
    {
        for (uint32_t port = 0; port < device->GetPorts(); port++)
        {
            auto errors = CreateObject<RateErrorModel>();
            errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
            errors->SetRate(0.01);
            errors->AssignStreams(1000 + port);
            device->GetPort(port)->SetReceiveErrorModel(errors);
        }
    }
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    EXPECT_TRUE(network.IsComplete());
    uint64_t repeated = 0;
    for (uint32_t host = 0; host < network.hosts; host++)
    {
        repeated += network.GetHost(host)->GetFlareCounters().repeated;
    }
    EXPECT_GT(repeated, 0U);
}

TEST(FlareNetwork, OtherTrafficPassesAndTracesChangeNothing)
{
    int64_t times[2];
    for (int traced = 0; traced < 2; traced++)
    {
        Network network(2, 2, 16, 8);
        uint64_t bytes = 0;
        if (traced)
        {
            for (uint32_t host = 0; host < network.hosts; host++)
            {
                network.GetHost(host)->TraceConnectWithoutContext(
                    "MacRx",
                    MakeBoundCallback(&CountBytes, &bytes));
            }
        }
        network.GetHost(0)->Send(Create<Packet>(100), MakeHostAddress(3), 0x88b5);
        Simulator::Run();
        EXPECT_TRUE(network.IsComplete());
        times[traced] = network.GetHost(1)->GetDoneTime();
        // 16 results for each of four hosts, 1064 bytes and the Ethernet header
        EXPECT_EQ(bytes, traced ? 4 * 16 * (1064 + 14) + 100 + 14 : 0U);
    }
    EXPECT_EQ(times[0], times[1]);
}

TEST(FlareSwitch, ThereAreAsManyPartitionsAsHaveRoomForABlock)
{
    FlareReduction reduction;
    reduction.operation = FlareOperator::Make(FlareType::FP32, FlareOperation::SUM);
    reduction.children = 8;
    const auto fresh = CreateObject<FlareSwitch>();
    const uint32_t most = fresh->GetMaxPartitions(reduction);
    // 8 KiB a block, of 1 MiB less what PsPIN keeps
    EXPECT_GT(most, 100U);
    EXPECT_LT(most, 128U);
    const auto full = CreateObjectWithAttributes<FlareSwitch>("MaxReductions", UintegerValue(most));
    EXPECT_EQ(full->GetMaxWindow(reduction), 64U); // one in each cluster
    const auto over =
        CreateObjectWithAttributes<FlareSwitch>("MaxReductions", UintegerValue(most + 1));
    EXPECT_EQ(over->GetMaxWindow(reduction), 0U);
    for (const auto& device : {fresh, full, over})
    {
        device->Dispose();
    }
    Simulator::Destroy();
}

TEST(FlareSwitch, InstallationsThatCannotBeAreRefused)
{
    auto node = CreateObject<Node>();
    auto device = CreateObjectWithAttributes<FlareSwitch>("MaxReductions", UintegerValue(2));
    node->AggregateObject(device);
    for (int i = 0; i < 4; i++)
    {
        auto port = CreateObject<SwitchPort>();
        node->AddDevice(port);
        device->AddPort(port);
    }
    FlareReduction reduction;
    reduction.id = 1;
    reduction.operation = FlareOperator::Make(FlareType::FP32, FlareOperation::SUM);
    reduction.window = 1;
    EXPECT_THROW(device->Install(reduction, {0, 0}), std::invalid_argument);
    EXPECT_THROW(device->Install(reduction, {0, 4}), std::invalid_argument);
    EXPECT_THROW(device->Install(reduction, {0, 1}, 1), std::invalid_argument);
    EXPECT_THROW(device->Install(reduction, {0, 1}, 4), std::invalid_argument);
    EXPECT_THROW(device->Install(reduction, {}), std::invalid_argument);
    reduction.children = 2;
    reduction.window = device->GetMaxWindow(reduction) + 1000;
    EXPECT_THROW(device->Install(reduction, {0, 1}), std::invalid_argument);
    reduction.window = 64;
    device->Install(reduction, {0, 1}, 3);
    EXPECT_THROW(device->Install(reduction, {0, 1}), std::invalid_argument);
    reduction.id = 2;
    device->Install(reduction, {0, 1, 2, 3});
    reduction.id = 3;
    EXPECT_THROW(device->Install(reduction, {0, 1}), std::invalid_argument);
    EXPECT_TRUE(device->Remove(2));
    EXPECT_FALSE(device->Remove(2));
    device->Install(reduction, {0, 1});
    EXPECT_EQ(device->GetReductions(), 2U);
    node->Dispose();
    Simulator::Destroy();
}
