/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "start-cycle.h"

#include "ns3/l1-banks.h"

#include <gtest/gtest.h>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t L1 = 0x10004400;    //!< an address in it, in superbank 0
constexpr uint32_t ALIAS = 0x1b004400; //!< the same

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
    EXPECT_EQ(banks.WideTransfer(L1, 16, START), START + 16);
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

TEST(L1BanksTest, PacketDmaGoesFirstWhereItWasLast)
{
    L1Banks banks;
    EXPECT_FALSE(banks.IsTurnOfDma(L1, START)); // nobody was
    banks.MarkDma(L1, START);
    banks.Wide(L1 + 64, START + 1);
    EXPECT_TRUE(banks.IsTurnOfDma(L1, START + 3));
    EXPECT_FALSE(banks.IsTurnOfDma(L1 + 64, START + 3)); // another superbank
    banks.Wide(L1, START + 2);
    EXPECT_FALSE(banks.IsTurnOfDma(L1, START + 3));
    banks.ReleaseWide(L1, START + 2);
    EXPECT_TRUE(banks.IsTurnOfDma(L1, START + 3));
    EXPECT_FALSE(banks.IsTurnOfDma(L1, START)); // only what was before counts
}

/**
 * A run of ping_pong at the oracle, 1024 B packets every 20 cycles: while it looks at its packet,
 * two packets come in and two are sent.
 */
TEST(L1BanksTest, AHandlerAmongTransfersTakesTheHardwaresCycles)
{
    struct Instruction
    {
        uint64_t alone;   //!< cycles it takes alone
        uint32_t address; //!< in L1 that it accesses, or 0
        uint64_t cycles;  //!< cycles it took
    };

    const std::vector<Instruction> run{{1, 0x100003c0, 2},
                                       {1, 0, 1},
                                       {2, 0, 2},
                                       {1, 0x10007c00, 2},
                                       {1, 0x10007c0c, 1},
                                       {1, 0x10007c10, 3},
                                       {1, 0, 1},
                                       {1, 0, 1},
                                       {1, 0, 1},
                                       {1, 0x10007c14, 1},
                                       {1, 0x10007c16, 3},
                                       {1, 0x10007c10, 1},
                                       {1, 0x10007c0c, 3},
                                       {1, 0x10007c02, 1},
                                       {1, 0x10007c16, 3},
                                       {1, 0x10007c14, 1}};
    L1Banks banks;
    banks.WideTransfer(0x10007400, 16, START - 2);  // a send
    banks.WideTransfer(0x10007800, 16, START + 16); // the next one
    banks.WideTransfer(0x10008000, 16, START - 3);  // packet DMA
    banks.WideTransfer(0x10004400, 16, START + 17); // the next packet
    uint64_t cycle = START;
    for (std::size_t i = 0; i < run.size(); i++)
    {
        // the bank is asked in the cycle after the instruction has left decode
        const uint64_t asked = cycle + 1;
        const uint64_t granted = run[i].address != 0 ? banks.Access(run[i].address, asked) : asked;
        EXPECT_EQ(granted - asked + run[i].alone, run[i].cycles) << "instruction " << i;
        cycle += run[i].cycles;
    }
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
