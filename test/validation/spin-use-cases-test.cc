/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The orderings of the sPIN paper (SC'17, spin.md "Use cases"), with its NICs, hosts and network.
 */
#include "ns3/simulator.h"
#include "ns3/spin-use-case.h"
#include "ns3/transport-ping-pong.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

const std::vector<std::string> NICS{"sc17-discrete", "sc17-integrated"};

/** @return half a round trip, ps */
int64_t
PingPong(const std::string& path, const std::string& host, uint32_t bytes)
{
    TransportPingPong::Outcome outcome;
    {
        TransportPingPong pingPong({path, host, bytes, 2});
        outcome = pingPong.Run();
        EXPECT_EQ(outcome.rounds, 2u) << path << " " << bytes;
        EXPECT_EQ(outcome.wrong, 0u) << path << " " << bytes;
        EXPECT_EQ(outcome.cpuBytes > 0, path == "tcp") << "only TCP's cores copy";
        const bool touched = path != "tcp" && path.substr(0, 4) != "rdma" ? outcome.cpuTime > 0
                                                                          : outcome.cpuTime == 0;
        EXPECT_FALSE(touched) << "who answers with the NIC needs no core: " << path;
    }
    Simulator::Destroy();
    return outcome.roundTrip / 2;
}

/** @return the time of a use case, ps */
template <typename UseCase>
int64_t
Time(const std::string& path, const std::string& host, uint32_t processes, uint32_t bytes)
{
    int64_t time = 0;
    {
        UseCase useCase({path, host, processes, bytes});
        const auto outcome = useCase.Run();
        EXPECT_TRUE(outcome.done) << path << " " << processes << " " << bytes;
        EXPECT_EQ(outcome.wrong, 0u) << path << " " << processes << " " << bytes;
        time = outcome.time;
    }
    Simulator::Destroy();
    return time;
}

TEST(SpinUseCases, PingPongStreamsBeforeItStoresBeforeTriggeredBeforeRdmaBeforeTcp)
{
    for (const std::string& nic : NICS)
    {
        for (const uint32_t bytes : {8U, 512U, 4096U, 4097U, 8192U, 16384U, 65536U, 262144U})
        {
            const int64_t stream = PingPong("spin-stream", nic, bytes);
            const int64_t store = PingPong("spin-store", nic, bytes);
            const int64_t triggered = PingPong("triggered", nic, bytes);
            const int64_t write = PingPong("rdma-write", nic, bytes);
            const int64_t send = PingPong("rdma-send", nic, bytes);
            EXPECT_LT(stream, store) << nic << " " << bytes;
            EXPECT_LE(store, triggered) << nic << " " << bytes;
            EXPECT_LT(triggered, write) << nic << " " << bytes;
            EXPECT_LT(triggered, send) << nic << " " << bytes;
            if (bytes <= 65536)
            {
                EXPECT_LT(send, PingPong("tcp", nic, bytes)) << nic << " " << bytes;
            }
        }
    }
}

TEST(SpinUseCases, MessagesThatFillTheNicAreNotHeldUpByReceiverNotReady)
{
    constexpr uint32_t mib = 1 << 20;
    for (const std::string& nic : NICS)
    {
        EXPECT_LT(Time<SpinRaid>("spin", nic, 5, 2 * mib), Time<SpinRaid>("rdma", nic, 5, 2 * mib))
            << nic;
    }
    EXPECT_LT(Time<SpinAccumulate>("spin", "sc17-discrete", 5, 4 * mib),
              Time<SpinAccumulate>("rdma", "sc17-discrete", 5, 4 * mib));
}

TEST(SpinUseCases, ASmallPingTakesTheSumOfItsSteps)
{
    // Discrete NIC, 8 bytes by RDMA WRITE: o, doorbell, read of the data, wire, match, write,
    // the load that finds it, o of the core that finds it.
    const int64_t wire = 2 * (8 + 14 + 20 + 8 + 12 + 16 + 8 + 4 + 4) * 20; // 20 ps a byte, twice
    const int64_t network = wire + 2 * 33'400 + 50'000;
    const int64_t post = 65'000 + 250'000 + 500'000 + 51'000;
    const int64_t found = 30'000 + 250'000 + 51'000 + 65'000;
    // The doorbell's 64 bytes and the data on PCIe, in ps.
    const int64_t pcie = 1'000 + 3 * 125;
    // The client does not charge for finding the answer: half of an o a way.
    EXPECT_NEAR(static_cast<double>(PingPong("rdma-write", "sc17-discrete", 8)),
                static_cast<double>(network + post + found + pcie) - 65'000 / 2.0,
                500);
    // Of a whole round, with a NIC that answers by itself in the place of a host: what is left.
    const auto answer = [&](const std::string& path) {
        return 2 * PingPong(path, "sc17-discrete", 8) -
               (post + pcie + 2 * network + found - 65'000);
    };
    // Match, the data on their way to the host, TriggerTime, read of what was posted before.
    EXPECT_NEAR(static_cast<double>(answer("triggered")),
                30'000 + 250'000 + 30'000 + 551'000,
                1000);
    // Match, and a handler's way through the unit: PsPIN's ping_pong takes 60 cycles of 0.4 ns from
    // arrival to feedback, and a frame with RDMA's headers some more.
    EXPECT_GT(answer("spin-stream"), 30'000 + 60 * 400);
    EXPECT_LT(answer("spin-stream"), 30'000 + 2 * 60 * 400);
}

TEST(SpinUseCases, BroadcastBySpinBeforeTriggeredBeforeRdmaUpTo1024Processes)
{
    for (const std::string& nic : NICS)
    {
        for (const uint32_t bytes : {8U, 65536U})
        {
            for (const uint32_t processes : {2U, 4U, 16U, 64U, 1024U})
            {
                const int64_t spin = Time<SpinBroadcast>("spin", nic, processes, bytes);
                const int64_t triggered = Time<SpinBroadcast>("triggered", nic, processes, bytes);
                const int64_t rdma = Time<SpinBroadcast>("rdma", nic, processes, bytes);
                // Of two, nobody sends on.
                EXPECT_LT(spin, triggered + (processes == 2 ? 1 : 0)) << nic << " " << processes;
                EXPECT_LT(triggered, rdma) << nic << " " << processes << " " << bytes;
            }
        }
    }
}

TEST(SpinUseCases, AccumulateLosesWithSmallMessagesOnADiscreteNicAndWinsWithLargeOnes)
{
    for (const uint32_t bytes : {8U, 64U, 512U})
    {
        // The extra read over PCIe.
        EXPECT_GT(Time<SpinAccumulate>("spin", "sc17-discrete", 2, bytes),
                  Time<SpinAccumulate>("rdma", "sc17-discrete", 2, bytes) + 400'000)
            << bytes;
    }
    for (const uint32_t bytes : {65536U, 262144U, 1048576U})
    {
        EXPECT_LT(Time<SpinAccumulate>("spin", "sc17-integrated", 2, bytes),
                  Time<SpinAccumulate>("rdma", "sc17-integrated", 2, bytes))
            << bytes;
    }
}

TEST(SpinUseCases, RaidUpdatesAreFasterWithHandlersAndRight)
{
    for (const std::string& nic : NICS)
    {
        for (const uint32_t bytes : {64U, 16384U, 262144U})
        {
            EXPECT_LT(Time<SpinRaid>("spin", nic, 5, bytes), Time<SpinRaid>("rdma", nic, 5, bytes))
                << nic << " " << bytes;
        }
    }
}

TEST(SpinUseCases, OddSizesAndNumbersAreRightToo)
{
    for (const char* path : {"spin", "rdma", "cpu"})
    {
        Time<SpinBroadcast>(path, NICS[0], 7, 10'001);
        Time<SpinBroadcast>(path, NICS[1], 37, 1);
        Time<SpinAccumulate>(path, NICS[0], 4, 10'004);
        // More senders than contexts would fit into the NIC's memory.
        Time<SpinAccumulate>(path, NICS[1], 200, 8);
        Time<SpinRaid>(path, NICS[0], 200, 199);
        Time<SpinRaid>(path, NICS[1], 2, 10'001);
        Time<SpinRaid>(path, NICS[0], 6, 40'003);
    }
    Time<SpinBroadcast>("triggered", NICS[0], 700, 5'000);
    // The parity node has more to tell than fits into a send queue of usual depth.
    Time<SpinRaid>("cpu", NICS[0], 2'000, 2'000);
}

TEST(SpinUseCases, ARequestThatIsNotTakenEndsTheRunWithTheReason)
{
    constexpr uint32_t FIRST = 2; // number of a NIC's first queue pair
    const auto refused = [](auto& program) {
        program.GetCluster().GetNic(0)->GetEngine()->GetQueuePair(FIRST)->Reset();
        try
        {
            program.Run();
        }
        catch (const std::runtime_error& error)
        {
            return std::string(error.what());
        }
        return std::string();
    };
    const std::string reason = "a request could not be posted: the queue pair cannot take requests "
                               "in its state";
    for (const std::string path : {"rdma-write", "rdma-send"})
    {
        {
            TransportPingPong pingPong({path, NICS[0], 64, 2});
            EXPECT_EQ(refused(pingPong), reason) << path;
        }
        Simulator::Destroy();
    }
    {
        SpinBroadcast broadcast({"rdma", NICS[0], 2, 64});
        EXPECT_EQ(refused(broadcast), reason);
    }
    Simulator::Destroy();
}

TEST(SpinUseCases, TcpMessagesLongerThanARingOverrunNone)
{
    // One lost packet costs a timeout, hundreds of milliseconds.
    const int64_t shorter = PingPong("tcp", NICS[0], 1U << 20);
    const int64_t longer = PingPong("tcp", NICS[0], 1U << 22);
    EXPECT_LT(longer, 5 * shorter);
}

TEST(SpinUseCases, TheTreeReachesEverybodyOnce)
{
    for (const uint32_t processes : {2U, 3U, 8U, 1000U})
    {
        std::vector<uint32_t> reached(processes);
        for (uint32_t i = 0; i < processes; ++i)
        {
            for (const uint32_t child : SpinBroadcast::GetChildren(i, processes))
            {
                EXPECT_GT(child, i);
                ++reached[child];
            }
        }
        reached[0] = 1;
        EXPECT_EQ(reached, std::vector<uint32_t>(processes, 1)) << processes;
    }
}

} // namespace
} // namespace offload
} // namespace ns3
