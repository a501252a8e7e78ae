/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/l1-banks.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t L1 = 0x10004400;    //!< an address in it, in superbank 0
constexpr uint32_t ALIAS = 0x1b004400; //!< the same
constexpr uint64_t START = 1000;       //!< a cycle

TEST(L1BanksTest, AnAccessAloneIsGrantedAtOnce)
{
    L1Banks banks;
    EXPECT_EQ(banks.Access(L1, START), START);
    EXPECT_EQ(banks.Access(L1, START + 1), START + 1);
}

TEST(L1BanksTest, DifferentBanksDoNotConflict)
{
    L1Banks banks;
    for (uint32_t bank = 0; bank < L1Banks::BANKS; bank++)
    {
        EXPECT_EQ(banks.Access(L1 + 4 * bank, START), START);
    }
    EXPECT_EQ(banks.Access(L1 + 4 * L1Banks::BANKS, START), START + 1);
}

TEST(L1BanksTest, TheAliasIsTheSameMemory)
{
    L1Banks banks;
    banks.Access(L1, START);
    EXPECT_EQ(banks.Access(ALIAS, START), START + 1);
}

// mt_c_l1same.c at the oracle: 8 cores, one word, a turn every 8 cycles
TEST(L1BanksTest, CoresTakeTurnsAtABank)
{
    L1Banks banks;
    for (uint64_t core = 0; core < 8; core++)
    {
        EXPECT_EQ(banks.Access(L1, START), START + core);
    }
}

// mt_c_l1amo.c at the oracle: 8 cores, one word, a turn every 16 cycles
TEST(L1BanksTest, AnAtomicKeepsItsBankTwoCycles)
{
    L1Banks banks;
    for (uint64_t core = 0; core < 8; core++)
    {
        EXPECT_EQ(banks.AccessAtomic(L1, START), START + 2 * core);
    }
    EXPECT_EQ(banks.Access(L1 + 4, START + 1), START + 1);
}

TEST(L1BanksTest, ABeatTakesItsSuperbankFromTheCores)
{
    L1Banks banks;
    EXPECT_EQ(banks.Wide(L1, START), START);
    EXPECT_EQ(banks.Access(L1, START), START + 1);
    EXPECT_EQ(banks.Access(L1 + 60, START), START + 1);
    EXPECT_EQ(banks.Access(L1 + 64, START), START);
}

TEST(L1BanksTest, ATransferPassesASuperbankEveryFourthCycle)
{
    L1Banks banks;
    EXPECT_EQ(banks.WideTransfer(L1, 1024, START), START + 16);
    for (uint64_t cycle = START; cycle < START + 16; cycle++)
    {
        EXPECT_EQ(banks.Access(L1 + 4 * (cycle % 4), cycle), cycle + (cycle % 4 == START % 4));
    }
}

TEST(L1BanksTest, TheWidePortsTakeTurnsAtASuperbank)
{
    L1Banks banks;
    EXPECT_EQ(banks.Wide(L1, START), START);
    EXPECT_EQ(banks.Wide(L1, START), START + 1);
    EXPECT_EQ(banks.Wide(L1 + 64, START), START);
    EXPECT_EQ(banks.Access(L1, START), START + 2);
}

TEST(L1BanksTest, CoresMayRunAheadOfEachOther)
{
    L1Banks banks;
    EXPECT_EQ(banks.Access(L1, START + 100), START + 100);
    EXPECT_EQ(banks.Access(L1, START), START);
    EXPECT_EQ(banks.Access(L1, START + 100), START + 101);
}

TEST(L1BanksTest, WhatIsLongOverCountsAsFree)
{
    L1Banks banks;
    banks.Access(L1, START + 10 * L1Banks::REMEMBERED);
    EXPECT_EQ(banks.Access(L1, START), START);
    EXPECT_EQ(banks.Access(L1, START + 10 * L1Banks::REMEMBERED),
              START + 10 * L1Banks::REMEMBERED + 1);
}

} // namespace
} // namespace offload
} // namespace ns3
