/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What arrives when the network loses, repeats and reorders packets.
#include "rdma-test.h"

#include "ns3/double.h"

#include <set>

namespace ns3
{
namespace offload
{
namespace
{

/** How bad the network is. */
struct Network
{
    const char* name;
    double loss;
    double duplication;
    double reordering;
};

std::ostream&
operator<<(std::ostream& stream, const Network& network)
{
    return stream << network.name;
}

/** All verbs over networks that are bad in different ways. */
class RdmaLoss : public RdmaTest, public ::testing::WithParamInterface<Network>
{
  public:
    void BuildBad()
    {
        m_helper.SetQueuePairAttribute("Mtu", UintegerValue(1024));
        m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1));
        Build();
        Watch();
        m_channel->loss = GetParam().loss;
        m_channel->duplication = GetParam().duplication;
        m_channel->reordering = GetParam().reordering;
    }

    /** The network was as bad as it should be, and the queue pairs had something to mend. */
    void CheckNetwork() const
    {
        EXPECT_EQ(m_channel->lost > 0, GetParam().loss > 0);
        EXPECT_EQ(m_channel->duplicated > 0, GetParam().duplication > 0);
        EXPECT_EQ(m_channel->reordered > 0, GetParam().reordering > 0);
        EXPECT_EQ(m_a.retransmissions > 0, GetParam().loss > 0 || GetParam().reordering > 0);
    }
};

TEST_P(RdmaLoss, EveryByteOfWritesArrives)
{
    BuildBad();
    Fill(m_a, 0, 2'000'000, 1);
    Fill(m_b, 0, MEMORY_BYTES, 2);
    auto expected = GetBytes(m_b, 0, MEMORY_BYTES);
    uint64_t from = 0;
    uint32_t count = 0;
    for (uint32_t length = 1; from + length < 2'000'000; length += length / 2 + 100, ++count)
    {
        Post(MakeWork(WorkOpcode::WRITE, from, from + 77, length));
        from += length;
    }
    const auto sent = GetBytes(m_a, 0, from);
    std::copy(sent.begin(), sent.end(), expected.begin() + 77);
    RunToSuccess(count);
    EXPECT_EQ(GetBytes(m_b, 0, MEMORY_BYTES), expected);
    EXPECT_EQ(m_b.region->GetBytesStored(), from) << "each byte is written once";
    CheckNetwork();
}

TEST_P(RdmaLoss, EveryByteOfSendsArrivesInOrder)
{
    BuildBad();
    Fill(m_a, 0, 2'000'000, 1);
    const uint32_t count = 300;
    for (uint32_t i = 0; i < count; ++i)
    {
        PostReceive(m_b, 6'500 * i, 6'500);
    }
    for (uint32_t i = 0; i < count; ++i)
    {
        WorkRequest work = MakeWork(i % 3 ? WorkOpcode::SEND : WorkOpcode::SEND_WITH_IMMEDIATE,
                                    6'500 * i,
                                    0,
                                    20 * i + 1);
        work.immediate = i;
        Post(work);
    }
    RunToSuccess(count, count);
    for (uint32_t i = 0; i < count; ++i)
    {
        const uint32_t length = 20 * i + 1;
        EXPECT_EQ(GetBytes(m_b, 6'500 * i, length), GetBytes(m_a, 6'500 * i, length)) << i;
        EXPECT_EQ(GetBytes(m_b, 6'500 * i + length, 10), std::vector<uint8_t>(10));
        EXPECT_EQ(m_b.done[i].completion.id, i + 1);
        EXPECT_EQ(m_b.done[i].completion.bytes, length);
        EXPECT_EQ(m_b.done[i].completion.immediate, i % 3 ? 0 : i);
    }
    CheckNetwork();
}

TEST_P(RdmaLoss, EveryByteOfReadsArrives)
{
    BuildBad();
    Fill(m_b, 0, 2'000'000, 1);
    const uint32_t count = 100;
    for (uint32_t i = 0; i < count; ++i)
    {
        Post(MakeWork(WorkOpcode::READ, 20'000 * i + 1, 20'000 * i, 199 * i + 1));
    }
    RunToSuccess(count);
    for (uint32_t i = 0; i < count; ++i)
    {
        const uint32_t length = 199 * i + 1;
        EXPECT_EQ(GetBytes(m_a, 20'000 * i + 1, length), GetBytes(m_b, 20'000 * i, length)) << i;
        EXPECT_EQ(GetBytes(m_a, 20'000 * i + 1 + length, 10), std::vector<uint8_t>(10));
    }
    CheckNetwork();
}

TEST_P(RdmaLoss, EachAtomicIsDoneExactlyOnce)
{
    BuildBad();
    const uint32_t count = 1'000;
    for (uint32_t i = 0; i < count; ++i)
    {
        WorkRequest work =
            MakeWork(i % 2 ? WorkOpcode::FETCH_ADD : WorkOpcode::COMPARE_SWAP, 8 * i, 4096, 8);
        // Each swap finds the value before it and adds ten by swapping; each addition adds one.
        work.compareOrAdd = i % 2 ? 1 : 11 * (i / 2);
        work.swap = 11 * (i / 2) + 10;
        Post(work);
    }
    RunToSuccess(count);
    for (uint32_t i = 0; i < count; ++i)
    {
        EXPECT_EQ(GetWord(m_a, 8 * i), 11 * (i / 2) + (i % 2 ? 10 : 0)) << i;
    }
    EXPECT_EQ(GetWord(m_b, 4096), 11 * count / 2);
    CheckNetwork();
}

TEST_P(RdmaLoss, MixedVerbsKeepTheirOrder)
{
    BuildBad();
    Fill(m_a, 0, 1'000'000, 1);
    const uint32_t rounds = 100;
    for (uint32_t i = 0; i < rounds; ++i)
    {
        PostReceive(m_b, 3'000'000 + 3'000 * i, 3'000);
    }
    for (uint32_t i = 0; i < rounds; ++i)
    {
        const uint64_t data = 5'000 * i;
        const uint64_t result = 1'000'000 + 10'000 * i;
        // A READ that is done once more must not see a later WRITE.
        WorkRequest work = MakeWork(WorkOpcode::WRITE, data, 0, 5'000);
        work.fenced = true;
        Post(work);
        Post(MakeWork(WorkOpcode::READ, result, 0, 5'000));
        work = MakeWork(WorkOpcode::FETCH_ADD, result + 5'000, 8'000, 8);
        work.compareOrAdd = 1;
        Post(work);
        Post(MakeWork(WorkOpcode::SEND, data + 1, 0, 3'000));
    }
    RunToSuccess(4 * rounds, rounds);
    for (uint32_t i = 0; i < rounds; ++i)
    {
        const uint64_t result = 1'000'000 + 10'000 * i;
        EXPECT_EQ(GetBytes(m_a, result, 5'000), GetBytes(m_a, 5'000 * i, 5'000)) << i;
        EXPECT_EQ(GetWord(m_a, result + 5'000), i);
        EXPECT_EQ(GetBytes(m_b, 3'000'000 + 3'000 * i, 3'000), GetBytes(m_a, 5'000 * i + 1, 3'000));
    }
    for (uint32_t i = 0; i < 4 * rounds; ++i)
    {
        EXPECT_EQ(m_a.done[i].completion.id, rounds + i + 1) << "in the order of posting";
    }
    CheckNetwork();
}

TEST_P(RdmaLoss, PatternsArriveWithoutAMismatch)
{
    BuildBad();
    const uint64_t length = 5'000'000;
    const auto from = m_a.engine->RegisterPattern(PayloadPattern(5), {0, length, 0, 0});
    const auto to =
        m_b.engine->RegisterPattern(PayloadPattern(5), {0, length, MemoryAccess::REMOTE_WRITE, 0});
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 0, length);
    work.localKey = from->GetLocalKey();
    work.remoteKey = to->GetRemoteKey();
    Post(work);
    RunToSuccess(1);
    EXPECT_EQ(to->GetBytesStored(), length);
    EXPECT_EQ(to->GetMismatches(), 0u);
    CheckNetwork();
}

INSTANTIATE_TEST_SUITE_P(Networks,
                         RdmaLoss,
                         ::testing::Values(Network{"Good", 0, 0, 0},
                                           Network{"Loss", 0.01, 0, 0},
                                           Network{"Duplication", 0, 0.01, 0},
                                           Network{"Reordering", 0, 0, 0.01},
                                           Network{"All", 0.01, 0.01, 0.01},
                                           Network{"Terrible", 0.05, 0.05, 0.05}),
                         [](const auto& info) { return info.param.name; });

using RdmaRecovery = RdmaTest;

TEST_F(RdmaRecovery, ALostPacketIsAskedForOnceAndSentAgainFromThere)
{
    Build();
    Watch();
    uint32_t seen = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) { return side == 0 && ++seen == 5; };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 40 * 4096));
    RunToSuccess(1);
    EXPECT_EQ(m_channel->lost, 1u);
    EXPECT_EQ(m_a.retransmissions, 1u);
    // What followed the lost packet within a round trip was sent in vain.
    for (const RdmaDropReason reason : m_b.drops)
    {
        EXPECT_EQ(reason, RdmaDropReason::OUT_OF_SEQUENCE);
    }
    EXPECT_GE(m_b.drops.size(), 2u);
    EXPECT_LE(m_b.drops.size(), 6u);
    EXPECT_EQ(seen, 40 + m_b.drops.size() + 1);
    EXPECT_LT(m_a.done[0].ps, 50'000'000) << "long before the timeout";
}

TEST_F(RdmaRecovery, TheLostEndOfAMessageIsSentAgainAfterTheTimeout)
{
    m_helper.SetQueuePairAttribute("TimeoutSpread", DoubleValue(0));
    Build();
    Watch();
    uint32_t seen = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) { return side == 0 && ++seen == 1; };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    RunToSuccess(1);
    EXPECT_EQ(m_a.retransmissions, 1u);
    EXPECT_GT(m_a.done[0].ps, 100'000'000);
    EXPECT_LT(m_a.done[0].ps, 103'000'000);
}

TEST_F(RdmaRecovery, ALostAcknowledgementCostsATimeoutAndNothingIsWrittenTwice)
{
    Build();
    Watch();
    uint32_t seen = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) { return side == 1 && ++seen == 1; };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 3 * 4096));
    RunToSuccess(1);
    EXPECT_EQ(m_b.region->GetBytesStored(), 3 * 4096u);
    EXPECT_EQ(m_a.retransmissions, 1u);
}

TEST_F(RdmaRecovery, OnlyTheMissingPartOfAReadIsReadAgain)
{
    Build();
    Watch();
    uint32_t responses = 0;
    std::vector<uint32_t> asked;
    m_channel->lose = [&](uint32_t side, const EthernetFrame& frame) {
        const RocePacket* packet = RocePacket::From(frame.content.get());
        if (side == 0 && packet->opcode == RoceOpcode::READ_REQUEST)
        {
            asked.push_back(packet->length);
        }
        return side == 1 && ++responses == 3;
    };
    Fill(m_b, 0, 10 * 4096, 1);
    Post(MakeWork(WorkOpcode::READ, 0, 0, 10 * 4096));
    RunToSuccess(1);
    EXPECT_EQ(GetBytes(m_a, 0, 10 * 4096), GetBytes(m_b, 0, 10 * 4096));
    EXPECT_EQ(asked, (std::vector<uint32_t>{10 * 4096, 8 * 4096}));
}

TEST_F(RdmaRecovery, WithoutAnyAnswerTheRetriesAreExhausted)
{
    m_helper.SetQueuePairAttribute("TimeoutSpread", DoubleValue(0));
    m_helper.SetQueuePairAttribute("RetryCount", UintegerValue(3));
    Build();
    Watch();
    m_channel->lose = [](uint32_t side, const EthernetFrame&) { return side == 0; };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    Post(MakeWork(WorkOpcode::READ, 0, 0, 100));
    PostReceive(m_a, 0, 100);
    Simulator::Run();
    EXPECT_EQ(m_a.retransmissions, 3u);
    EXPECT_EQ(m_channel->lost, 4u * 3);
    ASSERT_EQ(m_a.done.size(), 4u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::RETRY_EXCEEDED);
    for (uint32_t i = 1; i < 4; ++i)
    {
        EXPECT_EQ(m_a.done[i].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
    }
    // Four times the timeout, from the first packet on.
    EXPECT_EQ(m_a.done[0].ps, 400'000'000);
    EXPECT_EQ(m_a.queuePair->GetState(), QueuePairState::ERROR);
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
}

TEST_F(RdmaRecovery, ProgressGivesNewRetries)
{
    m_helper.SetQueuePairAttribute("RetryCount", UintegerValue(1));
    Build();
    // Each packet is lost the first time.
    std::set<uint32_t> seen;
    m_channel->lose = [&](uint32_t side, const EthernetFrame& frame) {
        return side == 0 && seen.insert(RocePacket::From(frame.content.get())->sequence).second;
    };
    for (uint32_t i = 0; i < 10; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
        Post(MakeWork(WorkOpcode::READ, 0, 0, 10'000));
    }
    RunToSuccess(20);
}

TEST_F(RdmaRecovery, APacketTooFewForAnAcknowledgementIsAcknowledgedWhenItComesAgain)
{
    Build();
    Fill(m_a, 0, MEMORY_BYTES, 1);
    // Of each burst only the first eight packets get through; the sixteenth would ask.
    constexpr uint32_t PASS = 8;
    constexpr int64_t PAUSE = 50'000'000; // ps
    int64_t last = -PAUSE;
    uint32_t passed = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) {
        if (side != 0)
        {
            return false;
        }
        const int64_t now = Simulator::Now().GetTimeStep();
        passed = now - last > PAUSE ? 1 : passed + 1;
        last = now;
        return passed > PASS;
    };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 64 * 4096));
    RunToSuccess(1);
    EXPECT_EQ(GetBytes(m_b, 0, 64 * 4096), GetBytes(m_a, 0, 64 * 4096));
}

/** A frame comes once more. */
void
Repeat(Ptr<BadChannel> channel, uint32_t side, EthernetFrame frame)
{
    channel->LinkChannel::Deliver(side, std::move(frame));
}

TEST_F(RdmaRecovery, AQuestionThatComesAgainLateTakesNoRoomFromNewOnes)
{
    Build();
    Fill(m_b, 0, MEMORY_BYTES, 1);
    // The first question comes again when a READ more than MaxReads later is asked for.
    constexpr uint64_t LATE_NS = 1100;
    bool repeated = false;
    m_channel->change = [&](uint32_t side, EthernetFrame& frame) {
        if (!repeated && side == 0)
        {
            repeated = true;
            Simulator::ScheduleWithContext(m_channel->GetReceiverContext(side),
                                           NanoSeconds(LATE_NS),
                                           &Repeat,
                                           m_channel,
                                           side,
                                           frame);
        }
    };
    for (uint32_t i = 0; i < 40; ++i)
    {
        Post(MakeWork(WorkOpcode::READ, i * 4096, i * 4096, 4096));
    }
    RunToSuccess(40);
    EXPECT_TRUE(repeated);
    EXPECT_EQ(GetBytes(m_a, 0, 40 * 4096), GetBytes(m_b, 0, 40 * 4096));
}

} // namespace
} // namespace offload
} // namespace ns3
