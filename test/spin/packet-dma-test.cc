/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-test-bench.h"

#include "ns3/read-entrance.h"
#include "ns3/word-way.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Runs a program and keeps what its packets' DMA did. */
class PacketDmaBench : public SpinTestBench
{
  public:
    explicit PacketDmaBench(const std::string& program)
        : SpinTestBench(program)
    {
        unit->TraceConnectWithoutContext("Dma", MakeCallback(&PacketDmaBench::OnDma, this));
    }

    /** Packets of one message. */
    void Run(uint32_t bytes, uint32_t packets, int64_t gap)
    {
        PacketGenerator::Traffic traffic;
        traffic.packets = packets;
        traffic.packetGap = gap;
        SpinTestBench::Run(traffic, bytes);
        ASSERT_EQ(this->packets.size(), packets);
        ASSERT_EQ(runs.size(), packets);
    }

    void OnDma(const DmaRun& run)
    {
        runs.push_back(run);
    }

    std::vector<DmaRun> runs; //!< of packets
};

// Of a cluster's reads of L2 two are under way: hardware, 64 B two in 4 cycles, 128 B two in 5, and
// from 256 B on a word in each cycle.
TEST(PacketDmaTest, OneClusterBeginsATransferWhenTheOneBeforeTheLastIsRead)
{
    for (const auto& [bytes, cycles] :
         std::vector<std::pair<uint32_t, int64_t>>{{64, 4}, {128, 5}, {256, 8}, {512, 16}})
    {
        PacketDmaBench bench("EmptyProgram");
        bench.Run(bytes, 16, 0); // no more than the cluster has room for
        for (size_t i = 2; i < bench.runs.size(); i++)
        {
            ASSERT_EQ(bench.runs[i].cluster, bench.runs[0].cluster);
            EXPECT_EQ(bench.runs[i].end - bench.runs[i - 2].end, cycles * 1000)
                << bytes << ", " << i;
        }
    }
}

// Hardware, 64 B, a packet a cycle: the home cluster takes 20 and has them wait, up to its own
// limit at first; those of the other clusters, which come later, pass them when it is their turn.
TEST(PacketDmaTest, ClustersTakeTurnsAtTheirPortOfL2)
{
    constexpr int64_t HARDWARE[] = {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25,
                                    28, 31, -1, -1, -1, -1, -1, 14, 14, 14, 15, 15, 15};
    PacketDmaBench bench("EmptyProgram");
    bench.Run(64, 128, 0);
    std::sort(bench.runs.begin(), bench.runs.end(), [](const DmaRun& a, const DmaRun& b) {
        return a.begin < b.begin;
    });
    for (size_t i = 0; i < std::size(HARDWARE); i++)
    {
        EXPECT_EQ(bench.runs[i].cluster, i < 20 ? 0 : (i - 20) % 3 + 1) << i;
        if (HARDWARE[i] > 0) // otherwise a conflict with NIC inbound in L2, which is not modelled
        {
            EXPECT_EQ(bench.runs[i].end - bench.runs[i].begin, HARDWARE[i] * 1000) << i;
        }
    }
}

TEST(PacketDmaTest, AloneAPacketTakesACycleForEachWord)
{
    for (const std::string program : {"EmptyProgram", "CopyFromHostProgram"})
    {
        PacketDmaBench bench(program);
        bench.Run(1024, 4, 1000000);
        for (const DmaRun& run : bench.runs)
        {
            EXPECT_EQ(run.end - run.begin, (11 + 16) * 1000);
        }
    }
}

// Hardware, 1 KiB every 20 ns: from the 11th packet on one in 32 cycles.
TEST(PacketDmaTest, GoesAtHalfItsSpeedWhileSendsAndHostDmaTakeTurnsAtItsL1)
{
    PacketDmaBench bench("CopyFromHostProgram");
    bench.Run(1024, 32, 20000);
    for (size_t i = 14; i < 24; i++)
    {
        EXPECT_EQ(bench.runs[i].end - bench.runs[i - 1].end, 32000) << i;
    }
}

// Hardware, 1 KiB, a packet a cycle: a packet in 16 cycles, also when host DMA begins to write.
TEST(PacketDmaTest, APacketUnderWayWhenHostDmaBeginsToWriteIsNotLate)
{
    PacketDmaBench bench("CopyFromHostProgram");
    bench.Run(1024, 16, 0);
    for (size_t i = 1; i < 6; i++)
    {
        EXPECT_EQ(bench.runs[i].end - bench.runs[i - 1].end, 16000) << i;
    }
}

TEST(PacketDmaTest, KeepsItsSpeedBesideOneOfTheTwo)
{
    PacketDmaBench bench("CopyToHostProgram");
    bench.Run(1024, 32, 20000);
    for (const DmaRun& run : bench.runs)
    {
        EXPECT_LE(run.end - run.begin, (11 + 16 + 2) * 1000);
    }
}

// Requests and last words as the hardware has them, copy_from_host, 1 KiB, a packet a cycle.
TEST(ReadEntranceTest, LetsInThreeReadsWhoseIdsEndInTheSameBit)
{
    struct Request
    {
        uint32_t id;
        uint64_t pass;
        uint64_t over;
    };

    constexpr Request HARDWARE[] = {{1, 2373, 2468},
                                    {3, 2389, 2490},
                                    {0, 2405, 2512},
                                    {1, 2406, 2531},
                                    {2, 2437, 2547},
                                    {0, 2453, 2563},
                                    {2, 2469, 0},
                                    {3, 2470, 0},
                                    {0, 2513, 0},
                                    {1, 2548, 0},
                                    {2, 2549, 0},
                                    {3, 2564, 0},
                                    {0, 2565, 0}};
    constexpr size_t FREE = 6; // those before come later than they might
    ReadEntrance entrance;
    for (size_t i = 0; i < std::size(HARDWARE); i++)
    {
        const Request& request = HARDWARE[i];
        if (i < FREE)
        {
            EXPECT_LE(entrance.MayPass(), request.pass) << i;
        }
        else
        {
            EXPECT_EQ(entrance.MayPass(), request.pass) << i;
        }
        const uint64_t number = entrance.Pass(request.id, request.pass);
        if (request.over)
        {
            entrance.SetOver(number, request.over);
        }
    }
    EXPECT_EQ(entrance.MayPass(), ReadEntrance::UNKNOWN); // no end is known on which it depends
}

// The hardware's traces: a word that has lost two cycles before L1 makes one wait in L2, and a word
// of a transfer at half speed takes 12 cycles.
TEST(WordWayTest, AWordLeavesL2WhenThereIsRoomForIt)
{
    WordWay way;
    EXPECT_EQ(way.GetLastLeave(WordWay::WORDS), 0U);
    for (const uint64_t cycle : {1942, 1943, 1944, 1945, 1946, 1947, 1948, 1950})
    {
        way.Go(cycle);
    }
    EXPECT_EQ(way.GetLastLeave(WordWay::WORDS), 1954U);
    EXPECT_EQ(way.GetLastLeave(WordWay::WORDS - 1), 1952U);
    for (uint64_t i = 1; i <= WordWay::WORDS; i++)
    {
        way.Go(2000 + 2 * i);
    }
    const uint64_t last = 2000 + 2 * 2 * WordWay::WORDS; // when the last one that waits goes
    EXPECT_EQ(last - way.GetLastLeave(WordWay::WORDS), 12U);
}

} // namespace
} // namespace offload
} // namespace ns3
