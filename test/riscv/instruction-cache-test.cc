/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fetch-replay.h"
#include "start-cycle.h"

#include "ns3/instruction-cache.h"

#include <array>
#include <cmath>
#include <deque>
#include <gtest/gtest.h>
#include <numeric>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t LINE = 0x1d000400;  //!< address of a line
constexpr uint32_t SAME_SET = 64 * 16; //!< distance of lines in a set
constexpr uint64_t MISS = 9;           //!< cycles from request to data

TEST(InstructionCacheTest, AMissTakesNineCyclesAndAHitOne)
{
    InstructionCache cache;
    EXPECT_EQ(cache.Fetch(0, LINE, START), START + MISS);
    EXPECT_EQ(cache.Fetch(0, LINE, START + MISS), START + MISS + 1);
    EXPECT_EQ(cache.GetMisses(), 1U);
}

TEST(InstructionCacheTest, HitsOfAllCoresInOneCycleDoNotWaitForEachOther)
{
    InstructionCache cache;
    cache.Fetch(0, LINE, 0);
    for (uint32_t core = 0; core < InstructionCache::CORES; core++)
    {
        EXPECT_EQ(cache.Fetch(core, LINE, START), START + 1);
    }
}

TEST(InstructionCacheTest, CoresThatMissALineTogetherGetItTogether)
{
    InstructionCache cache;
    for (uint32_t core = 0; core < 4; core++)
    {
        EXPECT_EQ(cache.Fetch(core, LINE, START), START + MISS);
    }
}

TEST(InstructionCacheTest, OneMissACycleReachesTheRefillUnit)
{
    InstructionCache cache;
    EXPECT_EQ(cache.Fetch(0, LINE, START), START + MISS);
    // the second line's two beats follow the first's two
    EXPECT_EQ(cache.Fetch(1, LINE + 16, START), START + MISS + 2);
}

TEST(InstructionCacheTest, ARequestThatMeetsTheRefillTriesAgain)
{
    InstructionCache cache;
    const uint64_t filled = cache.Fetch(0, LINE, START) - 1;
    EXPECT_EQ(cache.Fetch(1, LINE, filled), filled + 1);     // a hit
    EXPECT_EQ(cache.Fetch(2, LINE, filled - 3), filled + 2); // at the refill unit in that cycle
    EXPECT_EQ(cache.Fetch(3, LINE, filled - 2), filled + 3); // a cycle later
    EXPECT_EQ(cache.Fetch(4, LINE, filled - 1), filled - 1 + MISS); // too late: once more
}

TEST(InstructionCacheTest, ForgetsTheLinesOfCodeThatIsWritten)
{
    InstructionCache cache;
    for (uint32_t line = LINE; line <= LINE + 64; line += InstructionCache::LINE_BYTES)
    {
        cache.Fetch(0, line, 0);
    }
    cache.Flush(LINE + 16 + 4, 30); // of three lines
    uint64_t cycle = START;
    for (const uint64_t wait : {uint64_t{1}, MISS, MISS, MISS, uint64_t{1}})
    {
        const uint32_t line = LINE + static_cast<uint32_t>(cycle - START) * 16 / 100;
        EXPECT_EQ(cache.Fetch(0, line, cycle), cycle + wait) << line;
        cycle += 100;
    }
}

TEST(InstructionCacheTest, CachesShareTheProgramMemorysPort)
{
    ProgramMemoryPort memory;
    InstructionCache first(memory);
    InstructionCache second(memory);
    EXPECT_EQ(first.Fetch(0, LINE, START), START + MISS);
    EXPECT_EQ(second.Fetch(0, LINE, START), START + MISS + 2);
    EXPECT_EQ(second.Fetch(0, LINE + 16, START + 100), START + 100 + MISS);
}

TEST(InstructionCacheTest, ASetHoldsFourLines)
{
    InstructionCache cache;
    for (uint32_t i = 0; i < InstructionCache::WAYS; i++)
    {
        cache.Fetch(0, LINE + i * SAME_SET, START + 100 * i);
    }
    for (uint32_t i = 0; i < InstructionCache::WAYS; i++)
    {
        EXPECT_EQ(cache.Fetch(0, LINE + i * SAME_SET, 2 * START), 2 * START + 1);
    }
    cache.Fetch(0, LINE + InstructionCache::WAYS * SAME_SET, 3 * START);
    uint32_t there = 0;
    for (uint32_t i = 0; i < InstructionCache::WAYS; i++)
    {
        const uint64_t misses = cache.GetMisses();
        cache.Fetch(0, LINE + i * SAME_SET, 4 * START);
        there += cache.GetMisses() == misses;
        if (cache.GetMisses() != misses)
        {
            break; // that one may have evicted another
        }
    }
    EXPECT_LT(there, InstructionCache::WAYS);
}

TEST(InstructionCacheTest, FourKibibytesOfCodeStay)
{
    InstructionCache cache;
    for (uint32_t line = LINE; line < LINE + 4096; line += 16)
    {
        cache.Fetch(0, line, START);
    }
    const uint64_t misses = cache.GetMisses();
    for (uint32_t line = LINE; line < LINE + 4096; line += 16)
    {
        EXPECT_EQ(cache.Fetch(5, line, 10 * START), 10 * START + 1);
    }
    EXPECT_EQ(cache.GetMisses(), misses);
}

TEST(InstructionCacheTest, AFlushTakesAllLinesOut)
{
    InstructionCache cache;
    cache.Fetch(0, LINE, START);
    cache.Flush();
    EXPECT_EQ(cache.Fetch(0, LINE, 2 * START), 2 * START + MISS);
}

TEST(InstructionCacheTest, ACoreThatHasRunAheadDoesNotDelayAnother)
{
    InstructionCache cache;
    EXPECT_EQ(cache.Fetch(0, LINE, START + 200), START + 200 + MISS);
    EXPECT_EQ(cache.Fetch(1, LINE, START), START + MISS);
    EXPECT_EQ(cache.Fetch(0, LINE, START + 209), START + 210);
}

/** A core's first run of ping_pong when all 32 start together, at the hardware description. */
struct ColdRun
{
    uint32_t cluster; //!< of the core
    uint32_t core;    //!< in the cluster
    uint64_t start;   //!< cycle of the call
    uint64_t cycles;  //!< handler cycles
};

// 4 messages of 8 packets of 64 bytes at once, ids 0 to 3; max/min/mean 97/77/86.8
constexpr std::array<ColdRun, 32> TOGETHER{
    {{0, 0, 10, 83}, {0, 1, 12, 83}, {0, 5, 20, 81}, {0, 6, 22, 79}, {0, 7, 24, 77}, {0, 2, 14, 84},
     {0, 3, 16, 83}, {0, 4, 18, 93}, {1, 3, 27, 86}, {1, 4, 29, 88}, {1, 5, 31, 86}, {1, 6, 33, 84},
     {1, 7, 36, 81}, {1, 0, 20, 89}, {1, 1, 23, 90}, {1, 2, 25, 95}, {2, 0, 28, 90}, {2, 3, 34, 88},
     {2, 4, 37, 89}, {2, 5, 39, 87}, {2, 6, 41, 85}, {2, 7, 43, 83}, {2, 1, 30, 91}, {2, 2, 32, 92},
     {3, 3, 42, 82}, {3, 4, 44, 90}, {3, 5, 46, 88}, {3, 6, 48, 86}, {3, 7, 50, 84}, {3, 0, 35, 92},
     {3, 1, 38, 93}, {3, 2, 40, 97}}};

/**
 * Run all 32 cores.
 * @param quantum cycles that a core may run ahead of the others
 * @return handler cycles in the order of TOGETHER
 */
std::vector<uint64_t>
RunTogether(uint64_t quantum)
{
    ProgramMemoryPort memory;
    std::deque<InstructionCache> caches;
    for (uint32_t cluster = 0; cluster < 4; cluster++)
    {
        caches.emplace_back(memory).Fetch(0, 0x1d0001d0, 0);
    }
    caches[0].Fetch(0, 0x1d000420, 0); // init_handlers ran there
    std::deque<FetchReplay> runs;
    for (const ColdRun& run : TOGETHER)
    {
        runs.emplace_back(caches[run.cluster],
                          run.core,
                          START + run.start,
                          FetchReplay::PingPong());
    }
    for (uint64_t now = START; now < START + 500; now += quantum)
    {
        for (FetchReplay& run : runs)
        {
            while (!run.IsFinished() && run.GetCycle() < now + quantum)
            {
                run.Step();
            }
        }
    }
    std::vector<uint64_t> cycles;
    for (const FetchReplay& run : runs)
    {
        EXPECT_TRUE(run.IsFinished());
        cycles.push_back(run.GetHandlerCycles());
    }
    return cycles;
}

/** @return mean of the cycles, relative to the hardware's */
double
RelativeMean(const std::vector<uint64_t>& cycles)
{
    double hardware = 0;
    for (const ColdRun& run : TOGETHER)
    {
        hardware += static_cast<double>(run.cycles);
    }
    return std::accumulate(cycles.begin(), cycles.end(), 0.0) / hardware;
}

TEST(InstructionCacheTest, ThirtyTwoCoresStartingTogetherTakeTheHardwaresTime)
{
    const std::vector<uint64_t> cycles = RunTogether(1);
    for (std::size_t i = 0; i < cycles.size(); i++)
    {
        EXPECT_NEAR(cycles[i], TOGETHER[i].cycles, 0.15 * TOGETHER[i].cycles) << i;
    }
    EXPECT_NEAR(RelativeMean(cycles), 1, 0.05);
}

TEST(InstructionCacheTest, CoresMayRunAheadOfEachOther)
{
    for (const uint64_t quantum : {4, 16, 32, 64, 500})
    {
        const std::vector<uint64_t> cycles = RunTogether(quantum);
        for (std::size_t i = 0; i < cycles.size(); i++)
        {
            EXPECT_NEAR(cycles[i], TOGETHER[i].cycles, 0.3 * TOGETHER[i].cycles)
                << i << " quantum " << quantum;
        }
        EXPECT_NEAR(RelativeMean(cycles), 1, 0.1) << "quantum " << quantum;
    }
}

} // namespace
} // namespace offload
} // namespace ns3
