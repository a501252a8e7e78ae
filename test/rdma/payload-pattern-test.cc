/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/payload-pattern.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

std::vector<uint8_t>
Generate(const PayloadPattern& pattern, uint32_t size)
{
    std::vector<uint8_t> bytes(size);
    pattern.Generate(bytes.data(), size);
    return bytes;
}

TEST(PayloadPatternTest, AnyPieceIsThatPartOfTheWhole)
{
    const PayloadPattern pattern(9);
    const auto whole = Generate(pattern, 2'000);
    for (uint32_t offset = 0; offset < 40; ++offset)
    {
        for (const uint32_t size : {0u, 1u, 7u, 8u, 9u, 300u, 1'900u})
        {
            EXPECT_EQ(Generate(pattern.From(offset), size),
                      std::vector<uint8_t>(whole.begin() + offset, whole.begin() + offset + size));
        }
    }
}

TEST(PayloadPatternTest, EveryWordIsDifferentInPlaceAndSeed)
{
    std::set<std::vector<uint8_t>> words;
    for (uint64_t seed = 0; seed < 100; ++seed)
    {
        const auto bytes = Generate(PayloadPattern(seed), 8'000);
        for (std::size_t i = 0; i < bytes.size(); i += 8)
        {
            words.insert(
                {bytes.begin() + static_cast<long>(i), bytes.begin() + static_cast<long>(i) + 8});
        }
    }
    EXPECT_EQ(words.size(), 100u * 1'000);
}

TEST(PayloadPatternTest, ComparingPatternsIsComparingTheirBytes)
{
    const PayloadPattern left(1);
    for (const PayloadPattern& right : {PayloadPattern(1), PayloadPattern(2)})
    {
        for (const uint64_t a : {0, 3, 8, 4096})
        {
            for (const uint64_t b : {0, 3, 8, 16, 4096})
            {
                for (const uint32_t size : {0u, 1u, 8u, 64u, 500u, 512u, 520u, 4096u})
                {
                    const auto bytes = Generate(left.From(a), size);
                    const auto others = Generate(right.From(b), size);
                    uint32_t different = 0;
                    for (uint32_t i = 0; i < size; ++i)
                    {
                        different += bytes[i] != others[i];
                    }
                    EXPECT_EQ(left.From(a).CountDifferences(right.From(b), size), different);
                    EXPECT_EQ(right.From(b).CountDifferences(bytes.data(), size), different);
                }
            }
        }
    }
}

TEST(PayloadPatternTest, PatternsThatOnlyBeginAlikeAreDifferent)
{
    PayloadPattern zeros(7);
    zeros -= PayloadPattern(7);
    const PayloadPattern rising; // its first word is zero, too
    const auto bytes = Generate(rising, 4096);
    uint32_t different = 0;
    for (const uint8_t byte : bytes)
    {
        different += byte != 0;
    }
    EXPECT_GT(different, 4000u);
    EXPECT_EQ(rising.CountDifferences(zeros, 8), 0u);
    EXPECT_EQ(rising.CountDifferences(zeros, 4096), different);
    EXPECT_EQ(zeros.CountDifferences(rising, 4096), different);
}

TEST(PayloadPatternTest, OneWrongByteIsFoundWhereverItIs)
{
    const PayloadPattern pattern(4);
    auto bytes = Generate(pattern, 600);
    for (auto& byte : bytes)
    {
        byte ^= 0x10;
        EXPECT_EQ(pattern.CountDifferences(bytes.data(), 600), 1u);
        byte ^= 0x10;
    }
    EXPECT_EQ(pattern.CountDifferences(bytes.data(), 600), 0u);
}

} // namespace
} // namespace offload
} // namespace ns3
