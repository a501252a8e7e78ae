/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/flare-sparse-vector.h"
#include "ns3/simulator.h"
#include "ns3/sparse-vectors.h"

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <stdexcept>

namespace ns3
{
namespace offload
{

TEST(SparseVectors, EachHostHasOneValueInEachBucketAndTheSumIsThatOfAll)
{
    for (const double density : {0.001, 0.3, 1.0 / 512, 1.0})
    {
        const SparseVectors vectors({5, 10'000, FlareType::INT32, density, 7});
        EXPECT_NEAR(vectors.GetBuckets(), 10'000 * density, 1);
        std::map<uint32_t, uint32_t> sums;
        uint32_t same = 0;
        for (uint32_t host = 0; host < 5; ++host)
        {
            for (uint32_t bucket = 0; bucket < vectors.GetBuckets(); ++bucket)
            {
                const SparseVectors::Entry entry = vectors.GetEntry(host, bucket);
                ASSERT_GE(entry.index, vectors.GetBegin(bucket));
                ASSERT_LT(entry.index, vectors.GetBegin(bucket + 1));
                EXPECT_EQ(vectors.FindBucket(entry.index), bucket);
                EXPECT_EQ(vectors.FindFirst(host, entry.index), bucket);
                EXPECT_EQ(vectors.FindFirst(host, entry.index + 1), bucket + 1);
                same += entry.index == vectors.GetEntry(0, bucket).index;
                uint32_t value = 0;
                vectors.PutValue(entry.code, reinterpret_cast<uint8_t*>(&value));
                EXPECT_GT(value, 0u);
                sums[entry.index] += value;
            }
        }
        ASSERT_EQ(vectors.GetSumIndices().size(), sums.size());
        size_t position = 0;
        for (const auto& [index, sum] : sums)
        {
            EXPECT_EQ(vectors.GetSumIndices()[position], index);
            EXPECT_EQ(std::memcmp(vectors.GetSumValue(position++), &sum, sizeof(sum)), 0);
        }
        if (density < 0.01)
        {
            EXPECT_LT(same, vectors.GetBuckets() * 2); // host 0's own, and hardly more
        }
    }
    EXPECT_THROW(SparseVectors({2, 100, FlareType::FP32, 0, 0}), std::invalid_argument);
    EXPECT_THROW(SparseVectors({2, 100, FlareType::FP32, 1.1, 0}), std::invalid_argument);
}

TEST(FlareSparseVector, AWrongOrMissingOrForeignValueIsNoticed)
{
    const SparseVectors vectors({1, 1'000, FlareType::INT32, 0.1, 1});
    const auto pool = FlarePacketPool::Get();
    // What host 0 sends is the sum of one host.
    const auto check = [&](uint16_t index, uint8_t value, uint32_t values, int copies) {
        FlareSparseVector part(vectors, 0, 1'000);
        for (int copy = 0; copy < copies; ++copy)
        {
            FlarePacketPtr packet = pool->Create();
            packet->block = 0;
            packet->data = pool->CreateBuffer();
            EXPECT_FALSE(part.Read(0, 0, *packet));
            EXPECT_EQ(packet->values, 100);
            packet->data->bytes[0] ^= static_cast<uint8_t>(index);
            packet->data->bytes[2] ^= value;
            packet->values = static_cast<uint16_t>(values);
            part.Write(*packet);
        }
        return part.IsRight();
    };
    EXPECT_TRUE(check(0, 0, 100, 1));
    EXPECT_FALSE(check(1, 0, 100, 1));
    EXPECT_FALSE(check(0, 1, 100, 1));
    EXPECT_FALSE(check(0, 0, 99, 1));
    EXPECT_FALSE(check(0, 0, 100, 2));
    EXPECT_FALSE(check(0, 0, 50, 2)); // as many values, but half of them twice
    Simulator::Destroy();
}

} // namespace offload
} // namespace ns3
