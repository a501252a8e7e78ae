/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The code that doc/flare.rst shows.
 */
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-manager.h"
#include "ns3/flare-net-device.h"
#include "ns3/simulator.h"

#include <cstring>
#include <gtest/gtest.h>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

// [vector]
/** A host's part of a vector: 256 times its rank in each block. */
class Ranks : public FlareVector
{
  public:
    explicit Ranks(int32_t rank)
        : m_values(256, rank)
    {
    }

    bool Read(uint32_t, uint32_t, FlarePacket& packet) override
    {
        packet.values = 256;
        packet.dataBytes = 1024;
        std::memcpy(packet.data->bytes.data(), m_values.data(), 1024);
        return false; // a dense block is one packet
    }

    void Write(const FlarePacket& result) override
    {
        std::memcpy(&sum, result.data->bytes.data(), sizeof(sum));
    }

    int32_t sum{0};

  private:
    std::vector<int32_t> m_values;
};

// [vector]

} // namespace

TEST(FlareGuide, AnAllreduceOverLeavesAndSpines)
{
    // [network]
    FabricHelper helper;
    helper.SetSwitchType("ns3::offload::FlareSwitch");
    helper.SetHostDeviceType("ns3::offload::FlareNetDevice");
    const auto topology = FatTree::LeafSpine(4, 4, 2);
    NodeContainer nodes;
    nodes.Create(16);
    Fabric fabric = helper.Install(*topology, nodes);

    FlareReduction reduction;
    reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
    constexpr uint32_t WINDOW = 256; // blocks in flight
    reduction.choice = ChooseFlareAlgorithm(1 << 20, false, WINDOW * flare::MAX_DATA_BYTES);
    FlareManager manager(*topology, fabric.switches);
    const std::vector<uint32_t> members{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const auto group = manager.Create(members, reduction, WINDOW); // nothing if there is no room
    // [network]
    ASSERT_TRUE(group);

    // [start]
    std::vector<Ranks> parts(members.begin(), members.end());
    for (uint32_t i = 0; i < members.size(); i++)
    {
        FlareJob job = group->MakeJob(i);
        job.blocks = 1024; // 1 MiB
        job.vector = &parts[i];
        DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(members[i]))->Start(job);
    }
    Simulator::Run();
    manager.Destroy(group->id);
    // [start]
    for (const Ranks& part : parts)
    {
        EXPECT_EQ(part.sum, 120);
    }
    Simulator::Destroy();
}
