/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fetch-replay.h"
#include "start-cycle.h"

#include "ns3/prefetch-buffer.h"

#include <gtest/gtest.h>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t CODE = 0x1d001000; //!< a line's address

/** A buffer with 16 lines of code in the cache. */
class WarmPrefetchBufferTest : public testing::Test
{
  protected:
    WarmPrefetchBufferTest()
    {
        for (uint32_t line = CODE; line < CODE + 256; line += 16)
        {
            m_cache.Fetch(0, line, 1);
        }
    }

    InstructionCache m_cache;
    PrefetchBuffer m_buffer{m_cache, 0};
};

TEST_F(WarmPrefetchBufferTest, SequentialCodeDoesNotStall)
{
    EXPECT_EQ(m_buffer.Jump(CODE, START), START);
    EXPECT_EQ(m_buffer.Next(CODE + 16, START + 4), START + 4);
    EXPECT_EQ(m_buffer.Next(CODE + 32, START + 8), START + 8);
}

TEST_F(WarmPrefetchBufferTest, JumpsDoNotStallWhateverTheOffsetOfTheirTarget)
{
    for (uint32_t offset = 0; offset < 16; offset += 2)
    {
        EXPECT_EQ(m_buffer.Jump(CODE + 64 + offset, START + 10 * offset), START + 10 * offset);
    }
}

TEST_F(WarmPrefetchBufferTest, AJumpToTheLastWordDoesNotDelayTheNextLine)
{
    EXPECT_EQ(m_buffer.Jump(CODE + 12, START), START);
    EXPECT_EQ(m_buffer.Next(CODE + 16, START + 1), START + 1);
}

// mt_rvc.c at the oracle: 0x1d00043a jumps to 0x1d00044e, which has the first half of its target
TEST_F(WarmPrefetchBufferTest, AJumpToAnInstructionThatCrossesWaitsForTheSecondLine)
{
    EXPECT_EQ(m_buffer.Jump(CODE + 14, START), START);
    EXPECT_EQ(m_buffer.Next(CODE + 16, START), START + 1);
}

// mt_rvc.c: 0x1d000416 jumps to 0x1d00042a, whose successor crosses; 2 cycles instead of 1
TEST_F(WarmPrefetchBufferTest, ACrossingInstructionRightAfterAJumpsTargetWaits)
{
    EXPECT_EQ(m_buffer.Jump(CODE + 10, START), START);
    EXPECT_EQ(m_buffer.Next(CODE + 16, START + 1), START + 2);
}

// mt_rvc.c: 0x1d0003f6 jumps to 0x1d000406, and nothing waits
TEST_F(WarmPrefetchBufferTest, ACrossingInstructionLaterAfterAJumpDoesNotWait)
{
    EXPECT_EQ(m_buffer.Jump(CODE + 6, START), START);
    EXPECT_EQ(m_buffer.Next(CODE + 16, START + 2), START + 2);
}

TEST(PrefetchBufferTest, TheFirstCyclesOfASimulationAreGoodCycles)
{
    InstructionCache cache;
    PrefetchBuffer buffer(cache, 0);
    EXPECT_GE(buffer.Jump(CODE, 0), 9U);
    EXPECT_LT(buffer.Jump(CODE + 16, 1), 100U);
}

TEST(PrefetchBufferTest, AMissInSequenceCostsEightCycles)
{
    InstructionCache cache;
    PrefetchBuffer buffer(cache, 0);
    const uint64_t first = buffer.Jump(CODE, START);
    EXPECT_EQ(first, START + 8);
    EXPECT_EQ(buffer.Next(CODE + 16, first + 4), first + 12);
}

TEST(PrefetchBufferTest, ALongInstructionHidesAMissBehindIt)
{
    InstructionCache cache;
    PrefetchBuffer buffer(cache, 0);
    const uint64_t first = buffer.Jump(CODE, START);
    // the last instruction of the line takes 35 cycles
    EXPECT_EQ(buffer.Next(CODE + 16, first + 38, first + 2), first + 38);
}

// aggregate at the oracle: bne at 0x1d00040c, taken, 10 cycles instead of 3
TEST(PrefetchBufferTest, AJumpWaitsForTheUselessLineBehindIt)
{
    InstructionCache cache;
    cache.Fetch(0, CODE, 1);
    PrefetchBuffer buffer(cache, 0);
    EXPECT_EQ(buffer.Jump(CODE, START), START);
    const uint64_t target = START + 3 + 3;
    EXPECT_EQ(buffer.Jump(CODE, target, CODE + 12, CODE + 16), target + 7);
    EXPECT_EQ(buffer.Jump(CODE, target + 20, CODE + 12, CODE + 16), target + 20);
}

TEST(PrefetchBufferTest, AJumpFromTheMiddleOfALineFetchesNothingElse)
{
    InstructionCache cache;
    PrefetchBuffer buffer(cache, 0);
    buffer.Jump(CODE, START);
    buffer.Jump(CODE, START + 30, CODE + 4, CODE + 8);
    EXPECT_EQ(cache.GetMisses(), 1U);
    buffer.Jump(CODE, START + 60, CODE + 8, CODE + 12);
    EXPECT_EQ(cache.GetMisses(), 2U);
}

// First runs on an idle unit: every instruction in its cycle.
TEST(PrefetchBufferTest, TheFirstRunOfPingPongTakesTheHardwaresCycles)
{
    InstructionCache cache;
    FetchReplay replay(cache, 0, START, FetchReplay::PingPong());
    replay.Warm({0x1d0001d0, 0x1d000420}); // the runtime's loop and init_handlers have run
    replay.Finish();
    for (std::size_t i = 0; i < replay.GetCode().size(); i++)
    {
        EXPECT_EQ(replay.GetCycle(i), START + replay.GetCode()[i].cold) << "instruction " << i;
    }
    EXPECT_EQ(replay.GetHandlerCycles(), 75U);
}

TEST(PrefetchBufferTest, TheFirstRunOfAggregateTakesTheHardwaresCycles)
{
    InstructionCache cache;
    FetchReplay replay(cache, 0, START, FetchReplay::Aggregate());
    replay.Warm({0x1d0001d0});
    replay.Finish();
    for (std::size_t i = 0; i < replay.GetCode().size(); i++)
    {
        EXPECT_EQ(replay.GetCycle(i), START + replay.GetCode()[i].cold) << "instruction " << i;
    }
    EXPECT_EQ(replay.GetHandlerCycles(), 131U);
}

TEST(PrefetchBufferTest, TheSecondRunOfAHandlerNeverWaits)
{
    InstructionCache cache;
    FetchReplay(cache, 0, START, FetchReplay::PingPong()).Finish();
    const uint64_t misses = cache.GetMisses();
    FetchReplay replay(cache, 0, 2 * START, FetchReplay::PingPong());
    replay.Finish();
    EXPECT_EQ(replay.GetHandlerCycles(), 28U);
    EXPECT_EQ(cache.GetMisses(), misses);
}

} // namespace
} // namespace offload
} // namespace ns3
