/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * DenseVectors: whatever goes wrong with an allreduce of them changes a sum.
 */
#include "ns3/flare-dense-vector.h"
#include "ns3/simulator.h"

#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using Block = std::vector<uint8_t>;

/** For all types, with so many hosts. */
class DenseVectorsTest : public ::testing::TestWithParam<uint32_t>
{
  public:
    static constexpr FlareType TYPES[] = {FlareType::INT8,
                                          FlareType::INT16,
                                          FlareType::INT32,
                                          FlareType::FP16,
                                          FlareType::FP32};

    static Block Fill(const DenseVectors& vectors, uint32_t host, uint32_t block)
    {
        Block bytes(flare::MAX_DATA_BYTES);
        vectors.Fill(host, block, bytes.data());
        return bytes;
    }

    static Block FillSum(const DenseVectors& vectors, uint32_t block)
    {
        Block bytes(flare::MAX_DATA_BYTES);
        vectors.FillSum(block, bytes.data());
        return bytes;
    }

    /** @return the switches' sum of two */
    static Block Add(FlareType type, Block left, const Block& right)
    {
        const uint32_t values = flare::MAX_DATA_BYTES / GetBytes(type);
        FlareOperator::Make(type, FlareOperation::SUM)->Combine(left.data(), right.data(), values);
        return left;
    }
};

constexpr FlareType DenseVectorsTest::TYPES[];

std::vector<uint32_t>
GetHostCounts()
{
    std::vector<uint32_t> counts;
    for (uint32_t hosts = 2; hosts <= 70; ++hosts)
    {
        counts.push_back(hosts);
    }
    counts.insert(counts.end(), {256, 1000, 1024, 2048, 4096});
    return counts;
}

TEST_P(DenseVectorsTest, SumsAreThoseOfAllHostsInAnyOrder)
{
    const uint32_t hosts = GetParam();
    for (const FlareType type : TYPES)
    {
        const DenseVectors vectors(hosts, type);
        for (const uint32_t block : {0U, 7U, 102'399U})
        {
            Block up = Fill(vectors, 0, block);
            Block down = Fill(vectors, hosts - 1, block);
            for (uint32_t host = 1; host < hosts; ++host)
            {
                up = Add(type, up, Fill(vectors, host, block));
                down = Add(type, down, Fill(vectors, hosts - 1 - host, block));
            }
            EXPECT_EQ(up, FillSum(vectors, block)) << ToString(type) << " " << block;
            EXPECT_EQ(down, up) << ToString(type) << " " << block;
        }
    }
}

TEST_P(DenseVectorsTest, BlocksAndElementsThatChangePlacesAreNoticed)
{
    for (const FlareType type : TYPES)
    {
        const DenseVectors vectors(GetParam(), type);
        constexpr uint32_t BLOCKS = 2000;
        std::set<Block> sums;
        for (uint32_t block = 0; block < BLOCKS; ++block)
        {
            const Block sum = FillSum(vectors, block);
            sums.insert(sum);
            // By an element, or by 64 bytes.
            for (const uint32_t bytes : {GetBytes(type), 64U})
            {
                EXPECT_NE(std::memcmp(sum.data(), &sum[bytes], sum.size() - bytes), 0)
                    << ToString(type) << " " << block;
            }
        }
        EXPECT_EQ(sums.size(), BLOCKS) << ToString(type);
    }
}

TEST_P(DenseVectorsTest, HostsThatAreLeftOutOrDoubledAreNoticed)
{
    const uint32_t hosts = GetParam();
    for (const FlareType type : TYPES)
    {
        const DenseVectors vectors(hosts, type);
        for (const uint32_t block : {0U, 1U, 55U})
        {
            // One in the place of another changes the sum if they differ.
            std::set<Block> contributions;
            for (uint32_t host = 0; host < hosts; ++host)
            {
                contributions.insert(Fill(vectors, host, block));
            }
            EXPECT_EQ(contributions.size(), hosts) << ToString(type) << " " << block;
            EXPECT_EQ(contributions.count(Block(flare::MAX_DATA_BYTES)), 0U);
            // Two in the place of two others.
            for (uint32_t host = 0; host + 3 < hosts; ++host)
            {
                const Block outer =
                    Add(type, Fill(vectors, host, block), Fill(vectors, host + 3, block));
                const Block inner =
                    Add(type, Fill(vectors, host + 1, block), Fill(vectors, host + 2, block));
                EXPECT_NE(outer, inner) << ToString(type) << " " << host;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Hosts,
                         DenseVectorsTest,
                         ::testing::ValuesIn(GetHostCounts()),
                         ::testing::PrintToStringParamName());

TEST(FlareDenseVector, EachBlockMustComeOnceAndBeRight)
{
    constexpr uint32_t BLOCKS = 100;
    const DenseVectors vectors(64, FlareType::FP32);
    const auto write = [&vectors](FlareDenseVector& part, uint32_t block, uint32_t sumOf) {
        const FlarePacketPtr packet = FlarePacketPool::Get()->Create();
        packet->data = FlarePacketPool::Get()->CreateBuffer();
        packet->values = static_cast<uint16_t>(vectors.GetElements());
        packet->dataBytes = flare::MAX_DATA_BYTES;
        packet->block = block;
        vectors.FillSum(sumOf, packet->data->bytes.data());
        part.Write(*packet);
    };
    FlareDenseVector good(vectors, 3);
    FlareDenseVector missing(vectors, 3);
    FlareDenseVector oneForAll(vectors, 3);
    FlareDenseVector twice(vectors, 3);
    FlareDenseVector swapped(vectors, 3);
    for (uint32_t i = 0; i < BLOCKS; ++i)
    {
        const uint32_t block = BLOCKS - 1 - i;
        write(good, block, block);
        if (block != 40)
        {
            write(missing, block, block);
            write(twice, block, block);
        }
        write(oneForAll, 0, 0);
        write(swapped, block, block == 40 ? 41 : block == 41 ? 40 : block);
    }
    EXPECT_TRUE(good.IsRight(BLOCKS));
    EXPECT_FALSE(good.IsRight(BLOCKS - 1));
    EXPECT_FALSE(good.IsRight(BLOCKS + 1));
    EXPECT_FALSE(missing.IsRight(BLOCKS));
    write(missing, BLOCKS, BLOCKS);
    EXPECT_FALSE(missing.IsRight(BLOCKS));
    write(twice, 41, 41);
    EXPECT_FALSE(twice.IsRight(BLOCKS));
    EXPECT_FALSE(oneForAll.IsRight(BLOCKS));
    EXPECT_FALSE(swapped.IsRight(BLOCKS));
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
