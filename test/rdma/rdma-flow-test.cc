/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Who may send when: receivers that are not ready, windows, turns, acknowledgements.
#include "rdma-test.h"

#include "ns3/boolean.h"
#include "ns3/log.h"

#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

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

TEST_F(RdmaFlow, StatesFollowOneAnother)
{
    Build();
    QueuePair::Parameters parameters;
    EXPECT_THROW(m_a.engine->CreateQueuePair(parameters), std::invalid_argument);
    parameters.sendCompletions = parameters.receiveCompletions = m_a.completions;
    Ptr<QueuePair> queuePair = m_a.engine->CreateQueuePair(parameters);
    const WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 0, 8);
    EXPECT_EQ(queuePair->GetState(), QueuePairState::RESET);
    EXPECT_EQ(queuePair->PostSend(work), PostResult::WRONG_STATE);
    EXPECT_EQ(queuePair->PostReceive({}), PostResult::WRONG_STATE);
    EXPECT_THROW(queuePair->SetReadyToSend(), std::logic_error);
    EXPECT_THROW(queuePair->SetReadyToReceive(m_b.queuePair->GetAddress()), std::logic_error);
    queuePair->Initialise();
    EXPECT_THROW(queuePair->Initialise(), std::logic_error);
    EXPECT_EQ(queuePair->PostSend(work), PostResult::WRONG_STATE);
    EXPECT_EQ(queuePair->PostReceive({}), PostResult::POSTED);
    queuePair->SetReadyToReceive(m_b.queuePair->GetAddress());
    EXPECT_EQ(queuePair->PostSend(work), PostResult::WRONG_STATE);
    queuePair->SetReadyToSend();
    EXPECT_EQ(queuePair->GetReceivesPosted(), 1u);
    queuePair->SetError();
    EXPECT_EQ(queuePair->GetReceivesPosted(), 0u);
    EXPECT_EQ(queuePair->PostSend(work), PostResult::POSTED) << "and flushed";
    EXPECT_EQ(queuePair->GetSendsPosted(), 0u);
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 2u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
    EXPECT_EQ(m_a.done[1].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
    queuePair->Reset();
    EXPECT_EQ(queuePair->GetState(), QueuePairState::RESET);
}

TEST_F(RdmaFlow, TheLogTellsOfStatesDropsAndWhatIsSentAgain)
{
#ifndef NS3_LOG_ENABLE
    GTEST_SKIP() << "ns-3 was built without logs";
#endif
    std::ostringstream log;
    std::streambuf* const before = std::clog.rdbuf(log.rdbuf());
    LogComponentEnable("RdmaEngine", LOG_LEVEL_LOGIC);
    LogComponentEnable("QueuePair", LOG_LEVEL_LOGIC);
    Build();
    m_channel->lose = [this](uint32_t side, const EthernetFrame&) {
        return side == 0 && m_channel->carried == 2;
    };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100'000));
    RunToSuccess(1);
    LogComponentDisable("RdmaEngine", LOG_LEVEL_ALL);
    LogComponentDisable("QueuePair", LOG_LEVEL_ALL);
    std::clog.rdbuf(before);
    EXPECT_NE(log.str().find("queue pair 2 made"), std::string::npos);
    EXPECT_NE(log.str().find("queue pair 2: RESET to INITIALISED"), std::string::npos);
    EXPECT_NE(log.str().find("dropped: out of sequence"), std::string::npos);
    EXPECT_NE(log.str().find("queue pair 2 sends again from packet"), std::string::npos);
}

TEST_F(RdmaFlow, QueuesHaveTheirDepths)
{
    m_helper.SetQueuePairAttribute("SendDepth", UintegerValue(3));
    m_helper.SetQueuePairAttribute("ReceiveDepth", UintegerValue(2));
    Build();
    for (uint32_t i = 0; i < 3; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 8));
    }
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 8)),
              PostResult::QUEUE_FULL);
    PostReceive(m_a, 0, 8);
    PostReceive(m_a, 0, 8);
    EXPECT_EQ(m_a.queuePair->PostReceive({}), PostResult::QUEUE_FULL);
    RunToSuccess(3);
}

TEST_F(RdmaFlow, RequestsThatMakeNoSenseAreNotTaken)
{
    Build();
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::FETCH_ADD, 0, 0, 4)),
              PostResult::INVALID_REQUEST);
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::RECEIVE, 0, 0, 4)),
              PostResult::INVALID_REQUEST);
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 0x80000001)),
              PostResult::INVALID_REQUEST);
}

TEST_F(RdmaFlow, TheLongestMessageIsWhatTheConfigurationSays)
{
    // 2 GiB, or 2^22 packets, of which sequence numbers could tell no more apart.
    for (const auto& [mtu, longest] :
         std::map<uint32_t, uint32_t>{{256, 1U << 30}, {512, 1U << 31}, {4096, 1U << 31}})
    {
        m_helper.SetQueuePairAttribute("Mtu", UintegerValue(mtu));
        Build();
        EXPECT_EQ(m_a.queuePair->GetConfig().GetMaxMessage(), longest);
        EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, longest)),
                  PostResult::POSTED);
        EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, longest + 1)),
                  PostResult::INVALID_REQUEST);
        TearDown();
    }
}

TEST_F(RdmaFlow, ACompletionQueueThatOverflowsEndsItsQueuePairs)
{
    Build();
    QueuePair::Parameters parameters;
    parameters.sendCompletions = parameters.receiveCompletions =
        m_a.engine->CreateCompletionQueue(2);
    Ptr<QueuePair> queuePair = m_a.engine->CreateQueuePair(parameters);
    parameters.sendCompletions = parameters.receiveCompletions = m_b.completions;
    RdmaHelper::ConnectQueuePairs(queuePair, m_b.engine->CreateQueuePair(parameters));
    std::vector<std::pair<uint32_t, uint64_t>> lost;
    m_a.engine->TraceConnectWithoutContext(
        "CompletionOverflow",
        MakeBoundCallback(
            +[](std::vector<std::pair<uint32_t, uint64_t>>* seen, uint32_t number, uint64_t id) {
                seen->emplace_back(number, id);
            },
            &lost));
    for (uint32_t i = 0; i < 3; ++i)
    {
        EXPECT_EQ(queuePair->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 8)), PostResult::POSTED);
    }
    Simulator::Run();
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_EQ(lost[0], std::make_pair(queuePair->GetNumber(), m_lastId));
    EXPECT_TRUE(queuePair->GetParameters().sendCompletions->HasOverflown());
    EXPECT_EQ(queuePair->GetParameters().sendCompletions->GetSize(), 2u);
    EXPECT_EQ(queuePair->GetState(), QueuePairState::ERROR);
}

TEST_F(RdmaFlow, AHelpersCompletionQueueHoldsAllThatCanBeUnderWay)
{
    constexpr uint32_t SENDS = 5'000;
    constexpr uint32_t RECEIVES = 100;
    m_helper.SetQueuePairAttribute("SendDepth", UintegerValue(SENDS));
    m_helper.SetQueuePairAttribute("ReceiveDepth", UintegerValue(RECEIVES));
    Build();
    // Nobody polls until all of them are done.
    m_a.completions->SetNotifyCallback(CompletionQueue::NotifyCallback());
    for (uint32_t i = 0; i < RECEIVES; ++i)
    {
        PostReceive(m_a, 0, 8);
    }
    for (uint32_t i = 0; i < SENDS; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 8));
    }
    Simulator::Run();
    EXPECT_EQ(m_a.queuePair->GetState(), QueuePairState::READY_TO_SEND);
    EXPECT_EQ(m_a.completions->GetSize(), SENDS);
    m_a.queuePair->SetError();
    EXPECT_EQ(m_a.completions->GetSize(), SENDS + RECEIVES);
    EXPECT_FALSE(m_a.completions->HasOverflown());
}

TEST_F(RdmaFlow, QueuePairsAreSmallAndTheirNumbersAreUsedAgain)
{
    Build();
    EXPECT_LT(sizeof(QueuePair), 1024u);
    QueuePair::Parameters parameters;
    parameters.sendCompletions = parameters.receiveCompletions = m_a.completions;
    Ptr<QueuePair> first = m_a.engine->CreateQueuePair(parameters);
    Ptr<QueuePair> second = m_a.engine->CreateQueuePair(parameters);
    const uint32_t number = first->GetNumber();
    EXPECT_EQ(m_a.engine->GetQueuePair(number), PeekPointer(first));
    m_a.engine->DestroyQueuePair(first);
    EXPECT_EQ(m_a.engine->GetQueuePair(number), nullptr);
    EXPECT_EQ(m_a.engine->CreateQueuePair(parameters)->GetNumber(), number);
}

TEST_F(RdmaFlow, DestroyingAQueuePairTwiceLeavesItsSuccessorAlone)
{
    Build();
    QueuePair::Parameters parameters;
    parameters.sendCompletions = parameters.receiveCompletions = m_a.completions;
    Ptr<QueuePair> first = m_a.engine->CreateQueuePair(parameters);
    m_a.engine->DestroyQueuePair(first);
    Ptr<QueuePair> second = m_a.engine->CreateQueuePair(parameters);
    ASSERT_EQ(second->GetNumber(), first->GetNumber());
    second->Initialise();
    m_a.engine->DestroyQueuePair(first);
    EXPECT_EQ(m_a.engine->GetQueuePair(second->GetNumber()), PeekPointer(second));
    EXPECT_EQ(second->GetState(), QueuePairState::INITIALISED);
    EXPECT_THROW(first->Initialise(), std::logic_error) << "the engine does not know it";
    m_b.engine->DestroyQueuePair(second);
    EXPECT_EQ(m_b.engine->GetQueuePair(m_b.queuePair->GetNumber()), PeekPointer(m_b.queuePair));
}

TEST_F(RdmaFlow, AQueuePairAndItsCounterDoNotKeepEachOther)
{
    Build();
    const Ptr<TriggerCounter> counter = m_a.engine->CreateCounter();
    const auto arm = [&] {
        m_a.queuePair->SetCounter(counter);
        counter->Trigger(1, m_a.queuePair, MakeWork(WorkOpcode::WRITE, 0, 0, 8));
    };
    // The test's and the engine's.
    ASSERT_EQ(m_a.queuePair->GetReferenceCount(), 2u);
    arm();
    EXPECT_EQ(m_a.queuePair->GetReferenceCount(), 3u);
    m_a.queuePair->Reset();
    EXPECT_EQ(m_a.queuePair->GetReferenceCount(), 2u) << "what waited is forgotten";
    arm();
    m_a.device->Dispose();
    EXPECT_EQ(m_a.queuePair->GetReferenceCount(), 1u);
    EXPECT_EQ(counter->GetReferenceCount(), 1u);
    counter->Count(0);
    Simulator::Run();
    EXPECT_EQ(counter->GetCount(), 0u) << "nobody is there to count for";
}

TEST_F(RdmaFlow, AQueuePairMayBeDestroyedWhileItSends)
{
    Build();
    std::vector<RdmaHelper::Connection> connections;
    for (uint32_t i = 0; i < 3; ++i)
    {
        connections.push_back(RdmaHelper::ConnectQueuePairs(m_a.device, m_b.device));
        EXPECT_EQ(connections.back().first->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 500'000)),
                  PostResult::POSTED);
    }
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 500'000));
    Simulator::Schedule(MicroSeconds(20),
                        &RdmaEngine::DestroyQueuePair,
                        m_a.engine,
                        connections[1].first);
    connections[1].first = nullptr;
    RunToSuccess(1);
    for (const uint32_t i : {0u, 2u})
    {
        EXPECT_EQ(connections[i].first->GetSendsPosted(), 0u);
    }
}

} // namespace
} // namespace offload
} // namespace ns3
