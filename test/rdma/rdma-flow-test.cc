/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Who may send when: receivers that are not ready, windows, turns, acknowledgements.
#include "rdma-test.h"

#include "ns3/boolean.h"

#include <map>
#include <set>

namespace ns3
{
namespace offload
{
namespace
{

/** Looks at the packets on the cable. */
class RdmaFlow : public RdmaTest
{
  public:
    /** A packet on the cable. */
    struct Seen
    {
        uint32_t side;
        RoceOpcode opcode;
        uint32_t queuePair;
        uint32_t sequence;
        bool acknowledge;
        uint8_t syndrome;
        int64_t ps;
    };

    void BuildSeen()
    {
        Build();
        m_channel->lose = [this](uint32_t side, const EthernetFrame& frame) {
            const RocePacket* packet = RocePacket::From(frame.content.get());
            m_seen.push_back({side,
                              packet->opcode,
                              packet->destinationQueue,
                              packet->sequence,
                              packet->acknowledge,
                              packet->syndrome,
                              Simulator::Now().GetTimeStep()});
            return false;
        };
    }

    uint32_t CountSeen(uint32_t side) const
    {
        uint32_t count = 0;
        for (const Seen& seen : m_seen)
        {
            count += seen.side == side;
        }
        return count;
    }

    std::vector<Seen> m_seen;
};

TEST_F(RdmaFlow, ASendWaitsForAReceiveToBePosted)
{
    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(5)); // 60 us
    BuildSeen();
    Watch();
    Fill(m_a, 0, 10'000, 1);
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 10'000));
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 100));
    Simulator::Schedule(MicroSeconds(150), &RdmaFlow::PostReceive, this, std::ref(m_b), 0, 10'000);
    Simulator::Schedule(MicroSeconds(150),
                        &RdmaFlow::PostReceive,
                        this,
                        std::ref(m_b),
                        20'000,
                        100);
    RunToSuccess(2, 2);
    EXPECT_EQ(GetBytes(m_b, 0, 10'000), GetBytes(m_a, 0, 10'000));
    EXPECT_EQ(GetBytes(m_b, 20'000, 100), GetBytes(m_a, 0, 100));
    uint32_t refused = 0;
    for (const Seen& seen : m_seen)
    {
        refused += seen.side == 1 && seen.syndrome == (0x20 | 5);
    }
    EXPECT_EQ(refused, 3u) << "at 0, 60 and 120 us";
    EXPECT_EQ(m_a.retransmissions, 3u);
    EXPECT_GT(m_a.done[0].ps, 180'000'000);
    EXPECT_LT(m_a.done[0].ps, 190'000'000);
}

TEST_F(RdmaFlow, AWriteWithImmediateWaitsForAReceive)
{
    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1)); // 10 us
    BuildSeen();
    Fill(m_a, 0, 10'000, 1);
    Post(MakeWork(WorkOpcode::WRITE_WITH_IMMEDIATE, 0, 0, 10'000));
    Simulator::Schedule(MicroSeconds(15), &RdmaFlow::PostReceive, this, std::ref(m_b), 0, 0);
    RunToSuccess(1, 1);
    EXPECT_EQ(GetBytes(m_b, 0, 10'000), GetBytes(m_a, 0, 10'000));
    EXPECT_EQ(m_b.region->GetBytesStored(), 10'000u);
}

TEST_F(RdmaFlow, AReceiverThatIsNeverReadyExhaustsItsRetries)
{
    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1));
    m_helper.SetQueuePairAttribute("RnrRetryCount", UintegerValue(2));
    Build();
    Watch();
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 100));
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::RNR_RETRY_EXCEEDED);
    EXPECT_EQ(m_a.retransmissions, 2u);
}

TEST_F(RdmaFlow, RnrTimersAreThoseOfTheSpecification)
{
    // IBTA 9.7.5.2.8, table 45, in ms
    const std::map<uint8_t, double>
        timers{{0, 655.36}, {1, 0.01}, {4, 0.04}, {5, 0.06}, {12, 0.64}, {20, 10.24}, {31, 491.52}};
    for (const auto& [code, ms] : timers)
    {
        EXPECT_EQ(QueuePairConfig::DecodeRnrTimer(code), static_cast<int64_t>(ms * 1e9 + 0.5));
    }
}

TEST_F(RdmaFlow, NoMorePacketsThanTheWindowAreUnderWay)
{
    for (const uint32_t window : {1u, 2u, 5u, 64u})
    {
        m_seen.clear();
        m_helper.SetQueuePairAttribute("Window", UintegerValue(window));
        BuildSeen();
        // A long cable: the window is what limits.
        m_channel->SetAttribute("Delay", TimeValue(MicroSeconds(40)));
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 200 * 4096));
        RunToSuccess(1);
        uint32_t sent = 0;
        uint32_t acknowledged = 0;
        const uint32_t first = m_a.queuePair->GetAddress().sequence;
        uint32_t most = 0;
        for (const Seen& seen : m_seen)
        {
            if (seen.side == 0)
            {
                // It was sent a delay ago, when what has come in this moment was still under way.
                ++sent;
                most = std::max(most, sent - acknowledged);
            }
            else
            {
                acknowledged = (seen.sequence - first + 1) & 0xffffff;
            }
        }
        EXPECT_EQ(sent, 200u);
        EXPECT_EQ(acknowledged, 200u);
        // Acknowledgements seen here still have to reach the sender, so this is the window itself.
        EXPECT_LE(most, window);
        EXPECT_GE(most, std::min(window, 3u));
        TearDown();
    }
}

TEST_F(RdmaFlow, AcknowledgementsStandForManyPackets)
{
    for (const uint32_t interval : {1u, 4u, 16u, 100u})
    {
        m_seen.clear();
        m_helper.SetQueuePairAttribute("AckInterval", UintegerValue(interval));
        BuildSeen();
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 320 * 4096));
        RunToSuccess(1);
        EXPECT_EQ(CountSeen(0), 320u);
        // Not more than half the window of 64 counts.
        EXPECT_EQ(CountSeen(1), 320 / std::min(interval, 32u)) << interval;
        TearDown();
    }
}

TEST_F(RdmaFlow, MessagesMayShareAnAcknowledgement)
{
    m_helper.SetQueuePairAttribute("AckEachMessage", BooleanValue(false));
    BuildSeen();
    for (uint32_t i = 0; i < 40; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 64));
    }
    RunToSuccess(40);
    // The first leaves before others are posted; of the other 39 every 16th asks, and the last.
    EXPECT_EQ(CountSeen(1), 1u + 2u + 1u);
}

TEST_F(RdmaFlow, NoMoreReadsThanAgreedAreUnderWay)
{
    m_helper.SetQueuePairAttribute("MaxReads", UintegerValue(3));
    BuildSeen();
    for (uint32_t i = 0; i < 20; ++i)
    {
        Post(MakeWork(i % 2 ? WorkOpcode::READ : WorkOpcode::FETCH_ADD, 8 * i, 8 * i, 8));
    }
    RunToSuccess(20);
    uint32_t asked = 0;
    uint32_t answered = 0;
    for (const Seen& seen : m_seen)
    {
        (seen.side == 0 ? asked : answered) += 1;
        EXPECT_LE(asked, answered + 3);
    }
    EXPECT_EQ(answered, 20u);
}

TEST_F(RdmaFlow, QueuePairsTakeTurnsPacketByPacket)
{
    BuildSeen();
    const uint32_t count = 5;
    std::vector<RdmaHelper::Connection> connections;
    for (uint32_t i = 0; i < count; ++i)
    {
        connections.push_back(RdmaHelper::ConnectQueuePairs(m_a.device, m_b.device));
    }
    for (const auto& connection : connections)
    {
        EXPECT_EQ(connection.first->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 100 * 4096)),
                  PostResult::POSTED);
    }
    Simulator::Run();
    std::map<uint32_t, uint32_t> packets;
    for (const Seen& seen : m_seen)
    {
        if (seen.side == 0)
        {
            ++packets[seen.queuePair];
            uint32_t least = 100;
            uint32_t most = 0;
            for (const auto& connection : connections)
            {
                const uint32_t sent = packets[connection.second->GetNumber()];
                least = std::min(least, sent);
                most = std::max(most, sent);
            }
            // The first one had the port to itself for a moment, twice a burst at most.
            EXPECT_LE(most - least, 3u);
        }
    }
    EXPECT_EQ(packets.size(), count);
}

TEST_F(RdmaFlow, AMessageOfManyPacketsFillsTheLine)
{
    Build();
    const uint64_t length = 4'000'000;
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, length));
    RunToSuccess(1);
    // 976.5 packets with 8 + 14 + 20 + 8 + 12 + 4 + 4 + 12 bytes beside their payload, 80 ps each,
    // then one acknowledgement; within a packet time of that.
    const int64_t line = (length + 977 * 82 + 16) * 80;
    EXPECT_NEAR(static_cast<double>(m_a.done[0].ps), static_cast<double>(line + 1'000'000), 400e3);
}

TEST_F(RdmaFlow, ThePortsQueueStaysShort)
{
    Build();
    uint32_t longest = 0;
    m_channel->lose = [&](uint32_t, const EthernetFrame&) {
        longest = std::max(longest, m_a.device->GetQueueLength());
        return false;
    };
    for (uint32_t i = 0; i < 50; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 50'000));
    }
    RunToSuccess(50);
    EXPECT_LE(longest, 2u);
}

} // namespace
} // namespace offload
} // namespace ns3
