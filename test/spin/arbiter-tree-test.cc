/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/arbiter-tree.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

/** Who wins, and is granted. */
unsigned
Serve(ArbiterTree& arbiter, uint64_t requests)
{
    const unsigned winner = arbiter.Choose(requests);
    arbiter.Grant();
    return winner;
}

TEST(ArbiterTreeTest, ServesAllInTurnWhenAllAsk)
{
    ArbiterTree arbiter(4);
    for (const unsigned expected : {0U, 1U, 2U, 3U, 0U, 1U})
    {
        EXPECT_EQ(Serve(arbiter, 0b1111), expected);
    }
}

TEST(ArbiterTreeTest, PassesTheTurnToTheNextThatAskedNotToTheOneAfterTheWinner)
{
    ArbiterTree arbiter(4);
    // The turn is 0's, which does not ask; its half has 1, so 1 wins and gets the turn.
    EXPECT_EQ(Serve(arbiter, 0b1010), 1U);
    EXPECT_EQ(Serve(arbiter, 0b1010), 1U); // and again; now it is 3's turn
    EXPECT_EQ(Serve(arbiter, 0b1010), 3U);
}

TEST(ArbiterTreeTest, PrefersTheHalfOfWhoHasTheTurn)
{
    ArbiterTree arbiter(4);
    arbiter.GrantOnly(2);
    EXPECT_EQ(arbiter.Choose(0b1001), 3U); // simple round robin after 2 agrees,
    arbiter.GrantOnly(3);
    EXPECT_EQ(arbiter.Choose(0b0101), 2U); // after 3 it would be 0
}

TEST(ArbiterTreeTest, DoesNotSeeLaterRequestsBeforeItHasGrantedOne)
{
    ArbiterTree arbiter(4);
    EXPECT_EQ(arbiter.Choose(0b0100), 2U);
    arbiter.Hold();
    EXPECT_EQ(arbiter.Choose(0b1111), 2U);
    arbiter.Hold();
    EXPECT_EQ(Serve(arbiter, 0b1111), 2U); // and keeps the turn, since it asked alone
    EXPECT_EQ(Serve(arbiter, 0b1111), 2U);
    EXPECT_EQ(Serve(arbiter, 0b1111), 3U);
}

TEST(ArbiterTreeTest, TakesAnyNumberOfInputs)
{
    ArbiterTree one(1);
    EXPECT_EQ(Serve(one, 1), 0U);
    EXPECT_EQ(Serve(one, 1), 0U);
    ArbiterTree three(3);
    EXPECT_EQ(Serve(three, 0b110), 1U); // half of 0, then the half of 2
    EXPECT_EQ(Serve(three, 0b101), 0U);
    EXPECT_EQ(Serve(three, 0b101), 2U);
    ArbiterTree most(64);
    EXPECT_EQ(Serve(most, uint64_t{1} << 63), 63U);
}

} // namespace
} // namespace offload
} // namespace ns3
