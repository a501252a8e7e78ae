/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a requester makes of answers that are lost, come twice or find no room for a completion.
#include "rdma-test.h"

#include "ns3/double.h"

#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/** A frame comes once more. */
void
ComeAgain(Ptr<BadChannel> channel, uint32_t side, EthernetFrame frame)
{
    channel->LinkChannel::Deliver(side, std::move(frame));
}

class RdmaAnswers : public RdmaTest
{
  public:
    /** Have all NAKs of a kind come again after a while. */
    void RepeatNaks(uint8_t kind, Time after)
    {
        m_channel->change = [this, kind, after](uint32_t side, EthernetFrame& frame) {
            const RocePacket* packet = RocePacket::From(frame.content.get());
            if (side == 1 && packet->opcode == RoceOpcode::ACKNOWLEDGE &&
                (packet->syndrome & roce::Syndrome::KIND_MASK) == kind)
            {
                ++m_repeated;
                Simulator::ScheduleWithContext(m_channel->GetReceiverContext(side),
                                               after,
                                               &ComeAgain,
                                               m_channel,
                                               side,
                                               frame);
            }
        };
    }

    /** Lose the first packet of the responder. */
    void LoseFirstAnswer()
    {
        m_channel->lose = [this](uint32_t side, const EthernetFrame&) {
            return side == 1 && m_answers++ == 0;
        };
    }

    void PostAddition()
    {
        WorkRequest work = MakeWork(WorkOpcode::FETCH_ADD, 0, 0, 8);
        work.compareOrAdd = 1;
        Post(work);
    }

    static void PostReceiveLater(RdmaAnswers* test)
    {
        test->PostReceive(test->m_b, 0, 100);
    }

    uint32_t m_repeated{0};
    uint32_t m_answers{0};
};

TEST_F(RdmaAnswers, ARequestToWaitThatComesTwiceCountsOnce)
{
    m_helper.SetQueuePairAttribute("RnrRetryCount", UintegerValue(3));
    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1)); // 10 us
    Build();
    Watch();
    RepeatNaks(roce::Syndrome::RNR_NAK, MicroSeconds(1));
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 100));
    // By then the peer has been asked three times.
    Simulator::Schedule(MicroSeconds(25), &RdmaAnswers::PostReceiveLater, this);
    RunToSuccess(1, 1);
    EXPECT_EQ(m_repeated, 3u);
    EXPECT_EQ(m_a.retransmissions, 3u);
    EXPECT_LT(m_a.done[0].ps, 40'000'000) << "nor is the wait longer";
}

TEST_F(RdmaAnswers, AGapThatIsReportedTwiceCountsOnce)
{
    m_helper.SetQueuePairAttribute("RetryCount", UintegerValue(1));
    Build();
    Watch();
    RepeatNaks(roce::Syndrome::NAK, NanoSeconds(100));
    uint32_t seen = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) { return side == 0 && ++seen == 5; };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 40 * 4096));
    RunToSuccess(1);
    EXPECT_EQ(m_repeated, 1u);
    EXPECT_EQ(m_a.retransmissions, 1u);
}

TEST_F(RdmaAnswers, DataSayThatTheResultOfAnAtomicBeforeWasLost)
{
    m_helper.SetQueuePairAttribute("RetryCount", UintegerValue(0));
    Build();
    Watch();
    LoseFirstAnswer();
    Fill(m_b, 0, 8192, 1);
    const uint64_t before = GetWord(m_b, 0);
    PostAddition();
    Post(MakeWork(WorkOpcode::READ, 8, 8, 4096));
    RunToSuccess(2);
    EXPECT_EQ(GetWord(m_a, 0), before);
    EXPECT_EQ(GetWord(m_b, 0), before + 1);
    EXPECT_EQ(GetBytes(m_a, 8, 4096), GetBytes(m_b, 8, 4096));
    EXPECT_LT(m_a.done[1].ps, 50'000'000) << "long before the timeout";
    EXPECT_EQ(m_a.retransmissions, 1u);
    EXPECT_EQ(m_a.drops, std::vector<RdmaDropReason>{RdmaDropReason::OUT_OF_SEQUENCE});
}

TEST_F(RdmaAnswers, AResultSaysThatTheDataOfAReadBeforeWereLost)
{
    m_helper.SetQueuePairAttribute("RetryCount", UintegerValue(0));
    Build();
    Watch();
    LoseFirstAnswer();
    Fill(m_b, 0, 8192, 1);
    const uint64_t before = GetWord(m_b, 0);
    Post(MakeWork(WorkOpcode::READ, 8, 8, 4096));
    PostAddition();
    RunToSuccess(2);
    EXPECT_EQ(GetWord(m_a, 0), before);
    EXPECT_EQ(GetWord(m_b, 0), before + 1);
    EXPECT_EQ(GetBytes(m_a, 8, 4096), GetBytes(m_b, 8, 4096));
    EXPECT_LT(m_a.done[1].ps, 50'000'000) << "long before the timeout";
    EXPECT_EQ(m_a.retransmissions, 1u);
}

TEST_F(RdmaAnswers, AResetForgetsThatThePeerAskedToWait)
{
    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(0)); // 655.36 ms
    m_helper.SetQueuePairAttribute("TimeoutSpread", DoubleValue(0));
    m_helper.SetQueuePairAttribute("Timeout", TimeValue(MicroSeconds(100)));
    Build();
    Watch();
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 100));
    Simulator::Stop(MicroSeconds(10));
    Simulator::Run();
    m_a.queuePair->Reset();
    m_b.queuePair->Reset();
    RdmaHelper::ConnectQueuePairs(m_a.queuePair, m_b.queuePair);
    uint32_t seen = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) { return side == 0 && seen++ == 0; };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    RunToSuccess(1);
    EXPECT_LT(m_a.done[0].ps, 200'000'000) << "after its own timeout";
}

TEST_F(RdmaAnswers, QueuePairsDoNotWaitForTheSameTime)
{
    m_helper.SetQueuePairAttribute("TimeoutSpread", DoubleValue(0.5));
    Build();
    const auto other = RdmaHelper::ConnectQueuePairs(m_a.device, m_b.device);
    const auto queue = other.first->GetParameters().sendCompletions;
    queue->SetNotifyCallback(MakeBoundCallback(&RdmaTest::Poll, &m_b));
    std::vector<int64_t> sent;
    m_channel->lose = [&sent](uint32_t side, const EthernetFrame&) {
        sent.push_back(Simulator::Now().GetTimeStep());
        return side == 0;
    };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    EXPECT_EQ(other.first->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 100)), PostResult::POSTED);
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    ASSERT_EQ(m_b.done.size(), 1u);
    constexpr int64_t LEAST = 8 * 100'000'000; // without a spread
    for (const Host& host : m_hosts)
    {
        EXPECT_EQ(host.done[0].completion.status, WorkStatus::RETRY_EXCEEDED);
        EXPECT_GT(host.done[0].ps, LEAST);
        EXPECT_LT(host.done[0].ps, LEAST * 3 / 2);
    }
    // From the first time on, and each time: a microsecond is long beside two packets.
    ASSERT_EQ(sent.size(), 16u);
    std::sort(sent.begin() + 2, sent.end());
    for (std::size_t i = 3; i < sent.size(); ++i)
    {
        EXPECT_GT(sent[i] - sent[i - 1], 1'000'000) << i;
    }
}

/** The kind of request whose completion finds no room. */
class RdmaOverflow : public RdmaTest, public ::testing::WithParamInterface<WorkOpcode>
{
};

TEST_P(RdmaOverflow, NothingIsInFlightAfterwards)
{
    constexpr uint32_t ROOM = 4;
    Build();
    const auto connect = [](Host& host) {
        const auto queue = host.engine->CreateCompletionQueue(ROOM);
        const auto queuePair = host.engine->CreateQueuePair({nullptr, queue, queue, 0});
        queuePair->Initialise();
        return queuePair;
    };
    const auto from = connect(m_a);
    const auto to = connect(m_b);
    from->SetReadyToReceive(to->GetAddress());
    to->SetReadyToReceive(from->GetAddress());
    from->SetReadyToSend();
    to->SetReadyToSend();
    for (uint32_t i = 0; i < 10; ++i)
    {
        EXPECT_EQ(from->PostSend(MakeWork(GetParam(), 0, 0, 8)), PostResult::POSTED);
    }
    Simulator::Run();
    EXPECT_EQ(from->GetState(), QueuePairState::ERROR);
    EXPECT_EQ(from->GetParameters().sendCompletions->GetSize(), ROOM);
    EXPECT_EQ(from->GetSendsPosted(), 0u);
    EXPECT_EQ(from->GetInFlight(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Verbs,
                         RdmaOverflow,
                         ::testing::Values(WorkOpcode::WRITE,
                                           WorkOpcode::READ,
                                           WorkOpcode::FETCH_ADD));

} // namespace
} // namespace offload
} // namespace ns3
