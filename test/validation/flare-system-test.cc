/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The sparse rows of SC 2021's figure 15 at a fiftieth of their size, 64 hosts and 2 MiB: bytes and
 * times per MiB are nearly those of 100 MiB; and which algorithm is chosen for many hosts.
 * doc/flare.rst tells which rows are reproduced.
 */
#include "rdma/rdma-network.h"

#include "ns3/data-rate.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-dense-vector.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-model.h"
#include "ns3/flare-parts.h"
#include "ns3/flare-sparse-vector.h"
#include "ns3/simulator.h"
#include "ns3/sparse-allreduce.h"
#include "ns3/sparse-vectors.h"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t HOSTS = 64;
constexpr uint32_t SIDE = 8;
constexpr double SCALE = 50; //!< from 2 to 100 MiB
constexpr uint32_t ELEMENTS = (2 << 20) / sizeof(float);
constexpr double BUCKET = 512;
constexpr double BYTES_PER_GIB = 1024.0 * 1024 * 1024;
constexpr double PS_PER_MS = 1e9;

class FlareFigure15 : public ::testing::Test
{
  public:
    FlareFigure15()
        : m_topology(FatTree::LeafSpine(SIDE, SIDE, SIDE)),
          m_vectors(Create<SparseVectors>(
              SparseVectors::Shape{HOSTS, ELEMENTS, FlareType::FP32, 1 / BUCKET, 1}))
    {
        m_topology->SetSinglePath(true);
    }

    ~FlareFigure15() override
    {
        Simulator::Destroy();
    }

    std::unique_ptr<FatTree> m_topology;
    Ptr<SparseVectors> m_vectors;
};

} // namespace

TEST_F(FlareFigure15, SparCmlGathersTheDenseResult)
{
    const Fabric fabric = InstallRdmaNetwork(*m_topology, 1024);
    SparseAllreduce allreduce(fabric.hostDevices, m_vectors, SparseAlgorithm::DSAR_SPLIT_ALLGATHER);
    allreduce.Start();
    Simulator::Run();
    EXPECT_TRUE(allreduce.IsComplete());
    const double gib =
        SCALE * static_cast<double>(FabricHelper::GetTraffic(fabric)) / BYTES_PER_GIB;
    EXPECT_NEAR(gib, 25.0, 0.05 * 25.0);
    // The latencies of all steps, some 5 us, are as many at any size.
    const double ms = SCALE * static_cast<double>(allreduce.GetEnd() - 5'000'000) / PS_PER_MS;
    EXPECT_NEAR(ms, 8.24, 0.10 * 8.24);
}

TEST_F(FlareFigure15, FlareSendsTheUnionOfAllChoicesDown)
{
    FlareHelper flare;
    flare.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    FlareNetwork network = flare.Install(*m_topology, NodeContainer(HOSTS));
    const FlareReduction reduction =
        FlareHelper::MakeSparse(network, FlareType::FP32, 1 / BUCKET, ELEMENTS);
    FlareParts<FlareSparseVector> parts(HOSTS, *m_vectors, reduction.blockRange);
    ASSERT_TRUE(
        FlareHelper::StartAllreduce(network, reduction, parts.GetPointers(), parts[0].GetBlocks()));
    Simulator::Run();
    EXPECT_TRUE(parts.AreRight());
    const auto getUnion = [](double hosts) {
        return ELEMENTS * (1 - std::pow(1 - 1 / BUCKET, hosts));
    };
    // Down over 64 + 8 links, up from 64 hosts and from 8 leaves
    constexpr double PAIR = 6;
    const double pairs =
        PAIR * ((HOSTS + SIDE) * getUnion(HOSTS) + HOSTS * getUnion(1) + SIDE * getUnion(SIDE));
    const auto traffic = static_cast<double>(FabricHelper::GetTraffic(network.fabric));
    EXPECT_GT(traffic, pairs);
    EXPECT_LT(traffic, 1.10 * pairs); // headers; the last packet of a block is not full
    // Published are 1.24 GiB: pairs that go down, without headers
    EXPECT_NEAR(SCALE * PAIR * (HOSTS + SIDE) * getUnion(HOSTS) / BYTES_PER_GIB, 1.24, 0.01);
}

TEST(FlareChoice, WithAWindowIsAsFastAsTheTree)
{
    // Results come to all hosts at once, and so do the packets of the next blocks to a switch: 16
    // of a block at a time.
    constexpr uint32_t LEAVES = 16;
    constexpr uint32_t WINDOW = FlareHelper::DEFAULT_WINDOW;
    constexpr uint32_t BLOCKS = 3 * WINDOW;
    const auto measure = [](const FlareChoice& choice) {
        FlareHelper helper;
        helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        const auto topology = FatTree::LeafSpine(LEAVES, LEAVES, LEAVES);
        FlareNetwork network = helper.Install(*topology, NodeContainer(LEAVES * LEAVES));
        const DenseVectors vectors(LEAVES * LEAVES, FlareType::FP32);
        FlareParts<FlareDenseVector> parts(LEAVES * LEAVES, vectors);
        FlareReduction reduction;
        reduction.choice = choice;
        reduction.operation = FlareOperator::Make(FlareType::FP32, FlareOperation::SUM);
        EXPECT_TRUE(
            FlareHelper::StartAllreduce(network, reduction, parts.GetPointers(), BLOCKS, WINDOW));
        Simulator::Run();
        EXPECT_TRUE(parts.AreRight(BLOCKS));
        const auto end = static_cast<double>(FlareHelper::GetEnd(network));
        network = FlareNetwork();
        Simulator::Destroy();
        return end;
    };
    constexpr uint64_t BYTES = uint64_t{BLOCKS} * flare::MAX_DATA_BYTES;
    constexpr uint64_t IN_FLIGHT = uint64_t{WINDOW} * flare::MAX_DATA_BYTES;
    EXPECT_LT(measure(ChooseFlareAlgorithm(BYTES, false, IN_FLIGHT)),
              1.1 * measure({FlareAlgorithm::TREE, 1}));
}

} // namespace offload
} // namespace ns3
