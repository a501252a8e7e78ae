/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Division by multiplication gives what the processor's division gives.
 */
#include "ns3/invariant-divisor.h"

#include <gtest/gtest.h>
#include <random>

namespace ns3
{
namespace offload
{
namespace
{

TEST(InvariantDivisorTest, DividesAsTheProcessorDoes)
{
    std::mt19937_64 random(1);
    for (int i = 0; i < 100000; i++)
    {
        const uint64_t divisor = (random() >> (random() % 64)) | 1U << (random() % 32);
        const InvariantDivisor invariant(divisor);
        const uint64_t multiple = random() / divisor * divisor; // its neighbours are the hard ones
        for (const uint64_t number : {uint64_t{0},
                                      random(),
                                      random() >> (random() % 64),
                                      multiple,
                                      multiple - 1,
                                      UINT64_MAX})
        {
            ASSERT_EQ(invariant.Divide(number), number / divisor) << number << " / " << divisor;
            ASSERT_EQ(invariant.Remainder(number), number % divisor) << number << " / " << divisor;
        }
    }
}

TEST(InvariantDivisorTest, RoundsUp)
{
    const InvariantDivisor words(64);
    EXPECT_EQ(words.DivideUp(0), 0U);
    EXPECT_EQ(words.DivideUp(1), 1U);
    EXPECT_EQ(words.DivideUp(64), 1U);
    EXPECT_EQ(words.DivideUp(65), 2U);
    EXPECT_EQ(InvariantDivisor(1).DivideUp(7), 7U);
}

} // namespace
} // namespace offload
} // namespace ns3
