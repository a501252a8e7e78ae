/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/flare-operator.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

/** Compare an operator with a scalar function on random elements. */
template <typename T, typename Reference>
void
ExpectLike(FlareType type, FlareOperation operation, Reference reference)
{
    std::mt19937 random(7);
    for (const uint32_t elements : {0U, 1U, 15U, 256U, 1021U})
    {
        std::vector<T> left(elements);
        std::vector<T> right(elements);
        for (uint32_t i = 0; i < elements; i++)
        {
            left[i] = static_cast<T>(random());
            right[i] = static_cast<T>(random());
        }
        std::vector<T> expected(elements);
        for (uint32_t i = 0; i < elements; i++)
        {
            expected[i] = reference(left[i], right[i]);
        }
        FlareOperator::Make(type, operation)
            ->Combine(reinterpret_cast<uint8_t*>(left.data()),
                      reinterpret_cast<const uint8_t*>(right.data()),
                      elements);
        EXPECT_EQ(left, expected) << ToString(type) << ", " << elements << " elements";
    }
}

template <typename T>
void
ExpectAll(FlareType type)
{
    ExpectLike<T>(type, FlareOperation::SUM, [](T a, T b) {
        if constexpr (std::is_integral_v<T>)
        {
            return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
        }
        else
        {
            return a + b;
        }
    });
    ExpectLike<T>(type, FlareOperation::MIN, [](T a, T b) { return std::min(a, b); });
    ExpectLike<T>(type, FlareOperation::MAX, [](T a, T b) { return std::max(a, b); });
}

} // namespace

TEST(FlareOperator, CombinesLikeScalarArithmetic)
{
    ExpectAll<int8_t>(FlareType::INT8);
    ExpectAll<int16_t>(FlareType::INT16);
    ExpectAll<int32_t>(FlareType::INT32);
    ExpectAll<float>(FlareType::FP32);
}

/** All orders and both ways to bracket three operands give the same bits: those expected. */
template <typename Bits>
void
ExpectInAnyOrder(FlareType type, FlareOperation operation, std::vector<Bits> values, Bits expected)
{
    const auto op = FlareOperator::Make(type, operation);
    // 65 elements: some in vectors of the host's, and one by itself.
    const auto combine = [&](std::vector<Bits> left, const std::vector<Bits>& right) {
        op->Combine(reinterpret_cast<uint8_t*>(left.data()),
                    reinterpret_cast<const uint8_t*>(right.data()),
                    static_cast<uint32_t>(left.size()));
        return left;
    };
    std::sort(values.begin(), values.end());
    do
    {
        const std::vector<Bits> a(65, values[0]);
        const std::vector<Bits> b(65, values[1]);
        const std::vector<Bits> c(65, values[2]);
        EXPECT_EQ(combine(combine(a, b), c), std::vector<Bits>(65, expected));
        EXPECT_EQ(combine(a, combine(b, c)), std::vector<Bits>(65, expected));
    } while (std::next_permutation(values.begin(), values.end()));
}

template <typename Bits>
struct Floats
{
    FlareType type;
    Bits one, minusOne, infinity, minusInfinity, zero, minusZero, canonical, otherNan, minusNan;
};

template <typename Bits>
void
ExpectExtremaInAnyOrder(const Floats<Bits>& f)
{
    constexpr auto MIN = FlareOperation::MIN;
    constexpr auto MAX = FlareOperation::MAX;
    for (const Bits nan : {f.canonical, f.otherNan, f.minusNan})
    {
        ExpectInAnyOrder<Bits>(f.type, MIN, {nan, f.one, f.infinity}, f.one);
        ExpectInAnyOrder<Bits>(f.type, MAX, {nan, f.minusOne, f.minusInfinity}, f.minusOne);
        ExpectInAnyOrder<Bits>(f.type, MIN, {nan, f.infinity, f.otherNan}, f.infinity);
        ExpectInAnyOrder<Bits>(f.type, MAX, {nan, f.minusInfinity, f.minusNan}, f.minusInfinity);
        ExpectInAnyOrder<Bits>(f.type, MIN, {nan, f.otherNan, f.minusNan}, f.canonical);
        ExpectInAnyOrder<Bits>(f.type, MAX, {nan, f.otherNan, f.minusNan}, f.canonical);
    }
    ExpectInAnyOrder<Bits>(f.type, MIN, {f.zero, f.minusZero, f.one}, f.minusZero);
    ExpectInAnyOrder<Bits>(f.type, MAX, {f.zero, f.minusZero, f.minusOne}, f.zero);
    ExpectInAnyOrder<Bits>(f.type, MIN, {f.one, f.minusOne, f.minusInfinity}, f.minusInfinity);
    ExpectInAnyOrder<Bits>(f.type, MAX, {f.one, f.minusOne, f.infinity}, f.infinity);
}

TEST(FlareOperator, ExtremaOfFloatsDoNotDependOnTheOrder)
{
    ExpectExtremaInAnyOrder<uint32_t>({FlareType::FP32,
                                       0x3f800000,
                                       0xbf800000,
                                       0x7f800000,
                                       0xff800000,
                                       0,
                                       0x80000000,
                                       0x7fc00000,
                                       0x7fffffff,
                                       0xffffffff});
    ExpectExtremaInAnyOrder<uint16_t>(
        {FlareType::FP16, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 0, 0x8000, 0x7e00, 0x7fff, 0xffff});
}

TEST(FlareOperator, HalfSurvivesTheWayThroughFloat)
{
    for (uint32_t half = 0; half < 0x10000; half++)
    {
        const float value = HalfToFloat(static_cast<uint16_t>(half));
        if (!std::isnan(value))
        {
            ASSERT_EQ(FloatToHalf(value), half);
        }
        else
        {
            ASSERT_TRUE(std::isnan(HalfToFloat(FloatToHalf(value))));
        }
    }
}

TEST(FlareOperator, HalfRoundsToNearestEven)
{
    EXPECT_EQ(HalfToFloat(0x3c01), 1 + 0x1p-10F);
    EXPECT_EQ(FloatToHalf(1 + 0x1p-11F), 0x3c00);     // tie to even, down
    EXPECT_EQ(FloatToHalf(1 + 3 * 0x1p-11F), 0x3c02); // tie to even, up
    EXPECT_EQ(FloatToHalf(65519), 0x7bff);            // largest
    EXPECT_EQ(FloatToHalf(65520), 0x7c00);            // infinity
    EXPECT_EQ(FloatToHalf(0x1p-24F), 1);              // least subnormal
    EXPECT_EQ(FloatToHalf(0x1p-25F), 0);              // tie to even
    EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::infinity()), 0xfc00);
}

TEST(FlareOperator, HalfSumIsTheNearestHalf)
{
    const uint16_t values[][3] = {{0x3c00, 0x3c00, 0x4000}, {0x6400, 0x3800, 0x6400}};
    for (const auto& v : values)
    {
        uint16_t left = v[0];
        FlareOperator::Make(FlareType::FP16, FlareOperation::SUM)
            ->Combine(reinterpret_cast<uint8_t*>(&left),
                      reinterpret_cast<const uint8_t*>(&v[1]),
                      1);
        EXPECT_EQ(left, v[2]);
    }
}

TEST(FlareOperator, CyclesFollowTheWidthOfTheSimdUnit)
{
    const auto cycles = [](FlareType type, uint32_t elements) {
        return FlareOperator::Make(type, FlareOperation::SUM)->GetCycles(elements);
    };
    // Four a word, and five for each eight words of the loop.
    EXPECT_EQ(cycles(FlareType::FP32, 256), 1024U + 32 * 5);
    EXPECT_EQ(cycles(FlareType::INT32, 256), 1184U);
    EXPECT_EQ(cycles(FlareType::INT16, 512), 1184U);
    EXPECT_EQ(cycles(FlareType::INT8, 1024), 1184U);
    EXPECT_EQ(cycles(FlareType::FP16, 512), 2368U); // no packed half precision
    EXPECT_EQ(cycles(FlareType::INT8, 5), 8U + 5);
    EXPECT_EQ(cycles(FlareType::INT32, 0), 0U);
    EXPECT_EQ(FlareOperator::Make(FlareType::INT32, FlareOperation::SUM)->GetAccesses(256), 768U);
}

TEST(FlareOperator, UnknownTypeNamesTheKnownOnes)
{
    EXPECT_EQ(ParseFlareType("fp16"), FlareType::FP16);
    try
    {
        ParseFlareType("fp64");
        FAIL();
    }
    catch (const std::invalid_argument& error)
    {
        EXPECT_STREQ(error.what(), "type fp64: the types are int8, int16, int32, fp16, fp32");
    }
}
