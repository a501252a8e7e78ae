/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "start-cycle.h"

#include "ns3/memory-ports.h"

#include <array>
#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

/**
 * Cores that do one access after the other, at once.
 * @param cores how many
 * @param access what they do: cycle to cycle of the next instruction
 * @return cycles between two accesses of a core, later on
 */
template <typename Access>
double
Interval(std::size_t cores, Access access)
{
    constexpr uint64_t WARM = 20;
    constexpr uint64_t TURNS = 60;
    std::array<uint64_t, 32> cycles{};
    cycles.fill(START);
    uint64_t begin = 0;
    for (uint64_t turn = 0; turn < WARM + TURNS; turn++)
    {
        begin = turn == WARM ? cycles[0] : begin;
        for (std::size_t core = 0; core < cores; core++)
        {
            cycles[core] = access(cycles[core]);
        }
    }
    return static_cast<double>(cycles[0] - begin) / TURNS;
}

TEST(MemoryPortsTest, AnAccessAloneTakesItsLatency)
{
    L2Ports ports;
    EXPECT_EQ(ports.LoadHandler(START), START + 21);
    EXPECT_EQ(ports.StoreHandler(START), START + 21);
    EXPECT_EQ(ports.LoadPacket(START), START + 20);
    EXPECT_EQ(ports.StorePacket(START + 10), START + 31);
    EXPECT_EQ(ports.AtomicHandler(START + 20), START + 47);
    RemoteL1Port remote;
    EXPECT_EQ(remote.Load(START), START + 22);
    EXPECT_EQ(remote.Store(START + 1), START + 24);
    EXPECT_EQ(remote.Atomic(START + 2), START + 26);
}

// Rates of 32 cores at the oracle (mt_c_l2ld.c and others)
TEST(MemoryPortsTest, AllCoresTogetherHaveTheHardwaresRates)
{
    L2Ports ports;
    EXPECT_NEAR(Interval(32, [&](uint64_t t) { return ports.LoadHandler(t); }), 64, 0.5);
    EXPECT_NEAR(Interval(32, [&](uint64_t t) { return ports.LoadPacket(t); }), 32, 0.5);
    ports = L2Ports();
    EXPECT_NEAR(Interval(32, [&](uint64_t t) { return ports.StoreHandler(t); }), 96, 0.5);
    ports = L2Ports();
    EXPECT_NEAR(Interval(32, [&](uint64_t t) { return ports.StorePacket(t); }), 96, 0.5);
    ports = L2Ports();
    EXPECT_NEAR(Interval(32, [&](uint64_t t) { return ports.AtomicHandler(t); }), 320, 0.5);
    RemoteL1Port remote;
    EXPECT_NEAR(Interval(24, [&](uint64_t t) { return remote.Load(t); }), 24, 0.5);
}

TEST(MemoryPortsTest, TheCoresOfAClusterHaveTheHardwaresRates)
{
    L2Ports ports;
    EXPECT_NEAR(Interval(8, [&](uint64_t t) { return ports.LoadHandler(t); }), 22.5, 1.6);
    EXPECT_NEAR(Interval(8, [&](uint64_t t) { return ports.StoreHandler(t); }), 24, 0.5);
    EXPECT_NEAR(Interval(8, [&](uint64_t t) { return ports.LoadPacket(t); }), 20, 0.5);
    ports = L2Ports();
    EXPECT_NEAR(Interval(8, [&](uint64_t t) { return ports.AtomicHandler(t); }), 80, 0.5);
}

// mt_f_mix.c and mt_f_amost.c at the oracle: a pair every 96 and every 359 cycles
TEST(MemoryPortsTest, LoadsDoNotDelayStoresButAtomicsDo)
{
    L2Ports ports;
    EXPECT_NEAR(Interval(32, [&](uint64_t t) { return ports.StoreHandler(ports.LoadHandler(t)); }),
                96,
                1);
    ports = L2Ports();
    EXPECT_NEAR(
        Interval(32, [&](uint64_t t) { return ports.StoreHandler(ports.AtomicHandler(t)); }),
        359,
        36);
}

} // namespace
} // namespace offload
} // namespace ns3
