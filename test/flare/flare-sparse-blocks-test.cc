/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * How a sparse vector is divided into blocks, and that it takes no longer for it.
 */
#include "ns3/data-rate.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-parts.h"
#include "ns3/flare-sparse-vector.h"
#include "ns3/simulator.h"
#include "ns3/sparse-vectors.h"
#include "ns3/uinteger.h"

#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/** Leaves and spines that reduce. */
class BlockNetwork
{
  public:
    explicit BlockNetwork(uint32_t side, uint32_t partitions = 8)
        : m_topology(FatTree::LeafSpine(side, side, side))
    {
        FlareHelper helper;
        helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        helper.SetSwitchAttribute("MaxReductions", UintegerValue(partitions));
        network = helper.Install(*m_topology, NodeContainer(side * side));
    }

    ~BlockNetwork()
    {
        network = FlareNetwork();
        Simulator::Destroy();
    }

  private:
    std::unique_ptr<FatTree> m_topology;

  public:
    FlareNetwork network;
};

} // namespace

TEST(FlareSparseBlocks, BlocksOfLongVectorsFillAPacketAsFarAsIndicesAndMemoryAllow)
{
    constexpr uint64_t LONG = 1U << 30;
    BlockNetwork sparse(2);
    const auto range = [&](FlareType type, double density) {
        return FlareHelper::MakeSparse(sparse.network, type, density, LONG).blockRange;
    };
    EXPECT_EQ(range(FlareType::FP32, 1), 148u); // 164 values and some slack
    EXPECT_EQ(range(FlareType::FP32, 0.1), 1'480u);
    // An eighth of 943 KiB is what a root's array may take.
    EXPECT_NEAR(range(FlareType::FP32, 1.0 / 512), 943 * 1024 / 8 / 4, 100);
    EXPECT_NEAR(range(FlareType::FP32, 1e-6), range(FlareType::FP32, 1.0 / 512), 100);
    BlockNetwork whole(2, 1);
    EXPECT_NEAR(FlareHelper::MakeSparse(whole.network, FlareType::FP32, 1.0 / 512, LONG).blockRange,
                255 * 164, // a dense block's packets can be counted
                100);
    EXPECT_THROW(range(FlareType::FP32, 0), std::invalid_argument);
    EXPECT_THROW(range(FlareType::FP32, 1.5), std::invalid_argument);
    EXPECT_THROW(FlareHelper::MakeSparse(sparse.network, FlareType::FP32, 0.1, 0),
                 std::invalid_argument);
}

TEST(FlareSparseBlocks, AVectorIsDividedEvenlyAmongTheClusters)
{
    BlockNetwork sparse(2);
    const auto range = [&](double density, uint64_t elements) {
        return FlareHelper::MakeSparse(sparse.network, FlareType::FP32, density, elements)
            .blockRange;
    };
    constexpr double SPARSE = 1.0 / 512;
    EXPECT_EQ(range(SPARSE, 64 * 16'384), 16'384u); // 4 MiB
    EXPECT_EQ(range(SPARSE, 64 * 16'384 - 63), 16'384u);
    EXPECT_EQ(range(SPARSE, 2 * 64 * 16'384), 16'384u); // two for each; one has no room
    EXPECT_EQ(range(SPARSE, 64 * 100), 512u);           // a value of each host
    EXPECT_EQ(range(0.1, 64 * 100), 256u);              // a leaf's hash table
    EXPECT_EQ(range(1, 64 * 100), 148u);                // a packet
    EXPECT_EQ(range(SPARSE, 200), 200u);
    EXPECT_EQ(range(1, 1), 1u);
}

namespace
{

/** @return time of an allreduce of 16 hosts that have one value of 512, ps */
int64_t
MeasureSparse(uint32_t elements)
{
    BlockNetwork sparse(4);
    constexpr double DENSITY = 1.0 / 512;
    const SparseVectors vectors({16, elements, FlareType::FP32, DENSITY, 1});
    const FlareReduction reduction =
        FlareHelper::MakeSparse(sparse.network, FlareType::FP32, DENSITY, elements);
    FlareParts<FlareSparseVector> parts(16, vectors, reduction.blockRange);
    EXPECT_TRUE(FlareHelper::StartAllreduce(sparse.network,
                                            reduction,
                                            parts.GetPointers(),
                                            parts[0].GetBlocks()));
    Simulator::Run();
    EXPECT_TRUE(parts.AreRight());
    return FlareHelper::GetEnd(sparse.network);
}

} // namespace

TEST(FlareSparseBlocks, AShorterVectorTakesLessTime)
{
    int64_t longer = INT64_MAX;
    for (const uint32_t elements : {1U << 20, 1U << 18, 1U << 14, 1U << 8})
    {
        const int64_t time = MeasureSparse(elements);
        EXPECT_LT(time, longer) << elements;
        longer = time;
    }
    EXPECT_LT(longer, 10'000'000); // 256 entries are looked at in 1.6 us
}

} // namespace offload
} // namespace ns3
