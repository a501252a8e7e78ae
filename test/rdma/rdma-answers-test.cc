/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a requester makes of answers that come twice.
#include "rdma-test.h"

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

    static void PostReceiveLater(RdmaAnswers* test)
    {
        test->PostReceive(test->m_b, 0, 100);
    }

    uint32_t m_repeated{0};
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

} // namespace
} // namespace offload
} // namespace ns3
