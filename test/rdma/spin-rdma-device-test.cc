/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-rdma-test.h"

namespace ns3
{
namespace offload
{
namespace
{

TEST_F(SpinRdmaDevice, HandlersGetEachMessageAndTheRequesterItsAcknowledgement)
{
    Build();
    Attach(CreateObject<BroadcastProgram>());
    Fill(m_a, SOURCE, 100'000);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 100'000));
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET + 200'000, 1));
    Simulator::Run();
    ASSERT_EQ(m_a.sent.size(), 1u + 0u + 1u);
    EXPECT_EQ(m_a.sent[0].completion.status, WorkStatus::SUCCESS);
    EXPECT_EQ(Get(m_b, TARGET, 100'000), Get(m_a, SOURCE, 100'000));
    EXPECT_EQ(Get(m_b, TARGET + 200'000, 1), Get(m_a, SOURCE, 1));
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().handlersRun, 98u + 1u);
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u) << "only handlers touch host memory";
    ASSERT_EQ(m_b.received.size(), 2u);
    EXPECT_EQ(m_b.received[0].completion.bytes, 100'000u);
    EXPECT_EQ(m_b.received[0].completion.opcode, WorkOpcode::RECEIVE_WRITE);
    EXPECT_EQ(m_b.nic->GetUnit()->GetPacketsInside(), 0u);
}

TEST_F(SpinRdmaDevice, EveryByteComesBackOverABadNetworkExactlyOnce)
{
    for (const bool store : {false, true})
    {
        m_messageBytes = 50'000;
        Build();
        m_channel->loss = m_channel->duplication = m_channel->reordering = 0.01;
        Ptr<PutBackProgram> program = CreateObject<PutBackProgram>();
        program->SetAttribute("Store", BooleanValue(store));
        Attach(program);
        Fill(m_a, SOURCE, 50'000);
        for (uint32_t i = 0; i < 10; ++i)
        {
            Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 50'000));
        }
        Simulator::Run();
        EXPECT_GT(m_channel->lost, 0u);
        EXPECT_GT(m_channel->duplicated, 0u);
        ASSERT_EQ(m_a.sent.size(), 10u);
        for (const auto& done : m_a.sent)
        {
            EXPECT_EQ(done.completion.status, WorkStatus::SUCCESS);
        }
        EXPECT_EQ(Get(m_a, BACK, 50'000), Get(m_a, SOURCE, 50'000));
        EXPECT_EQ(m_a.region->GetBytesStored(), 500'000u) << "each packet once";
        EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().handlersRun, 490u);
        EXPECT_EQ(m_b.nic->GetUnit()->GetPacketsInside(), 0u);
        EXPECT_TRUE(m_b.drops.empty());
        TearDown();
    }
}

TEST_F(SpinRdmaDevice, OtherQueuePairsAreUntouched)
{
    Build();
    Attach(CreateObject<BroadcastProgram>());
    m_queuePairs = Connect();
    Fill(m_a, SOURCE, 20'000);
    ReceiveRequest receive{1, TARGET + 40'000, 20'000, m_b.region->GetLocalKey()};
    EXPECT_EQ(m_queuePairs.second->PostReceive(receive), PostResult::POSTED);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 20'000));
    Post(MakeWork(WorkOpcode::SEND, SOURCE, 0, 20'000));
    Post(MakeWork(WorkOpcode::READ, BACK, TARGET, 20'000));
    Simulator::Run();
    ASSERT_EQ(m_a.sent.size(), 3u);
    EXPECT_EQ(Get(m_b, TARGET, 20'000), Get(m_a, SOURCE, 20'000));
    EXPECT_EQ(Get(m_b, TARGET + 40'000, 20'000), Get(m_a, SOURCE, 20'000));
    EXPECT_EQ(Get(m_a, BACK, 20'000), Get(m_a, SOURCE, 20'000));
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().packetsIn, 0u);
}

TEST_F(SpinRdmaDevice, ReadsAndAtomicsOfAQueuePairWithHandlersAreTheEngines)
{
    Build();
    Attach(CreateObject<BroadcastProgram>());
    Fill(m_b, TARGET, 10'000);
    Post(MakeWork(WorkOpcode::READ, BACK, TARGET, 10'000));
    WorkRequest add = MakeWork(WorkOpcode::FETCH_ADD, BACK + 20'000, TARGET, 8);
    add.compareOrAdd = 1;
    const uint8_t before = Get(m_b, TARGET, 1)[0];
    Post(add);
    Simulator::Run();
    ASSERT_EQ(m_a.sent.size(), 2u);
    EXPECT_EQ(Get(m_a, BACK + 1, 9'999), Get(m_b, TARGET + 1, 9'999));
    EXPECT_EQ(Get(m_b, TARGET, 1)[0], static_cast<uint8_t>(before + 1));
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().packetsIn, 0u);
}

TEST_F(SpinRdmaDevice, HandlersGetSendsToo)
{
    std::vector<uint8_t> got;
    Build();
    Attach(MakeProgram([&](HandlerKind, Hpu& hpu) {
        const MemoryWindow packet = hpu.GetPacket();
        // Without RETH, the payload begins earlier; no receive is needed.
        const uint8_t* bytes = packet.Bytes(WriteView::RDMA, 100);
        got.insert(got.end(), bytes, bytes + 100);
        return HandlerStatus::SUCCESS;
    }));
    Fill(m_a, SOURCE, 100);
    Post(MakeWork(WorkOpcode::SEND, SOURCE, 0, 100));
    Simulator::Run();
    EXPECT_EQ(got, Get(m_a, SOURCE, 100));
    ASSERT_EQ(m_b.received.size(), 1u);
    EXPECT_EQ(m_b.received[0].completion.opcode, WorkOpcode::RECEIVE);
    EXPECT_EQ(m_b.received[0].completion.bytes, 100u);
}

TEST_F(SpinRdmaDevice, KeysAreCheckedBeforeHandlersRun)
{
    Build();
    Attach(CreateObject<BroadcastProgram>());
    WorkRequest work = MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 5'000);
    work.remoteKey ^= 1;
    Post(work);
    Simulator::Run();
    ASSERT_EQ(m_a.sent.size(), 1u);
    EXPECT_EQ(m_a.sent[0].completion.status, WorkStatus::REMOTE_ACCESS_ERROR);
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().packetsIn, 0u);
}

TEST_F(SpinRdmaDevice, AHandlerThatLeavesItsWindowEndsItsQueuePairOnly)
{
    Build();
    const RdmaHelper::Connection other = Connect();
    Attach(CreateObject<BroadcastProgram>());
    Fill(m_a, SOURCE, 5'000);
    const std::vector<uint8_t> before = Get(m_b, TARGET + WINDOW, 5'000);
    // The region allows it, the context's window does not.
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET + WINDOW, 5'000));
    Simulator::Run();
    EXPECT_FALSE(m_context->IsEnabled());
    EXPECT_EQ(Get(m_b, TARGET + WINDOW, 5'000), before);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 100));
    EXPECT_EQ(other.first->PostSend(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET + 8'000, 5'000)),
              PostResult::POSTED);
    Simulator::Run();
    ASSERT_GE(m_a.sent.size(), 2u);
    uint32_t failed = 0;
    for (const auto& done : m_a.sent)
    {
        failed += done.completion.status == WorkStatus::REMOTE_OPERATION_ERROR ? 1 : 0;
    }
    EXPECT_EQ(failed, 1u);
    EXPECT_EQ(m_queuePairs.first->GetState(), QueuePairState::ERROR);
    EXPECT_EQ(other.first->GetState(), QueuePairState::READY_TO_SEND);
    EXPECT_EQ(Get(m_b, TARGET + 8'000, 5'000), Get(m_a, SOURCE, 5'000));
    EXPECT_EQ(m_b.nic->GetUnit()->GetPacketsInside(), 0u);
}

TEST_F(SpinRdmaDevice, HandlersSendOnTheQueuePairsOnlyThatTheyWereGiven)
{
    Build();
    const RdmaHelper::Connection other = Connect();
    Attach(MakeProgram([&](HandlerKind, Hpu& hpu) {
        const WriteView packet(hpu.GetPacket());
        packet.SetTarget(other.second->GetNumber(), m_a.region->GetRemoteKey(), BACK);
        hpu.SendPacket(packet.GetFrame());
        return HandlerStatus::SUCCESS;
    }));
    Fill(m_a, SOURCE, 500);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 500));
    Simulator::Run();
    EXPECT_EQ(m_b.drops, std::vector<NicDropReason>{NicDropReason::BAD_QUEUE_PAIR});
    EXPECT_EQ(m_a.region->GetBytesStored(), 0u);
    m_b.nic->AllowSends(other.second);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 500));
    Simulator::Run();
    EXPECT_EQ(Get(m_a, BACK, 500), Get(m_a, SOURCE, 500));
}

TEST_F(SpinRdmaDevice, AMessageThatAHeaderHandlerLeavesToTheHostIsPlainRdma)
{
    Build();
    Ptr<TestProgram> program =
        MakeProgram([](HandlerKind, Hpu&) { return HandlerStatus::PROCEED; });
    program->kinds = {HandlerKind::HEADER};
    Attach(program);
    Fill(m_a, SOURCE, 10'000);
    ReceiveRequest receive{7, TARGET + 40'000, 20'000, m_b.region->GetLocalKey()};
    EXPECT_EQ(m_queuePairs.second->PostReceive(receive), PostResult::POSTED);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 10'000));
    Post(MakeWork(WorkOpcode::SEND, SOURCE, 0, 10'000));
    Simulator::Run();
    EXPECT_EQ(Get(m_b, TARGET, 10'000), Get(m_a, SOURCE, 10'000));
    EXPECT_EQ(Get(m_b, TARGET + 40'000, 10'000), Get(m_a, SOURCE, 10'000));
    ASSERT_EQ(m_b.received.size(), 1u);
    EXPECT_EQ(m_b.received[0].completion.id, 7u);
    EXPECT_EQ(m_b.received[0].completion.bytes, 10'000u);
}

TEST_F(SpinRdmaDevice, WithoutAContextTheQueuePairIsPlainAgain)
{
    Build();
    Attach(CreateObject<BroadcastProgram>());
    Fill(m_a, SOURCE, 30'000);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 10'000));
    Simulator::Run();
    m_b.nic->DetachContext(m_queuePairs.second);
    Simulator::Run();
    EXPECT_FALSE(m_context->IsAttached());
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 30'000));
    Simulator::Run();
    EXPECT_EQ(Get(m_b, TARGET, 30'000), Get(m_a, SOURCE, 30'000));
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().packetsIn, 10u);
    EXPECT_EQ(m_b.region->GetBytesStored(), 30'000u);
    // And may have another one.
    Attach(CreateObject<BroadcastProgram>());
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 1'024));
    Simulator::Run();
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().packetsIn, 11u);
}

TEST_F(SpinRdmaDevice, WhenTheUnitHasNoRoomThePeerTriesAgain)
{
    m_helper.SetInputBufferAttribute("Size", UintegerValue(10'000));
    m_helper.SetUnitAttribute("L2PacketBytes", UintegerValue(32'768));
    Build();
    Attach(MakeProgram([](HandlerKind, Hpu& hpu) {
        const WriteView packet(hpu.GetPacket());
        hpu.Execute(20'000);
        hpu.DmaToHost(packet.GetAddress(), packet.GetPayload());
        return HandlerStatus::SUCCESS;
    }));
    Fill(m_a, SOURCE, 500'000);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 500'000));
    Simulator::Run();
    ASSERT_EQ(m_a.sent.size(), 1u);
    EXPECT_EQ(m_a.sent[0].completion.status, WorkStatus::SUCCESS);
    EXPECT_EQ(Get(m_b, TARGET, 500'000), Get(m_a, SOURCE, 500'000));
    EXPECT_GT(m_channel->carried, 600u) << "packets were sent again";
    EXPECT_TRUE(m_b.drops.empty());
}

/** Two queue pairs, of one of which nothing is heard. */
class SpinRdmaSilentPeer : public SpinRdmaDevice
{
  public:
    /**
     * Send 40 packets to handlers.
     * @param silent answers to the first 20 go out on this connection, whose peer keeps silent
     * @param ran counts the handlers that ran
     */
    void AnswerTwentyOn(const RdmaHelper::Connection& silent, uint32_t& ran)
    {
        const uint32_t number = silent.second->GetNumber();
        Attach(MakeProgram([this, number, &ran](HandlerKind, Hpu& hpu) {
            const WriteView packet(hpu.GetPacket());
            packet.SetTarget(ran++ < 20 ? number : m_queuePairs.second->GetNumber(),
                             m_a.region->GetRemoteKey(),
                             BACK);
            hpu.SendPacket(packet.GetFrame());
            return HandlerStatus::SUCCESS;
        }));
        m_b.nic->AllowSends(silent.second);
        silent.first->Reset();
        Fill(m_a, SOURCE, 40'000);
        Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 40'000));
    }
};

TEST_F(SpinRdmaSilentPeer, WhenAcknowledgementsStayAwayHandlersSendsWaitAndThenGoOn)
{
    m_helper.SetQueuePairAttribute("RetryCount", UintegerValue(2));
    m_helper.SetDeviceAttribute("HandlerSends", UintegerValue(4));
    Build();
    const RdmaHelper::Connection other = Connect();
    uint32_t ran = 0;
    AnswerTwentyOn(other, ran);
    Simulator::Run();
    EXPECT_EQ(other.second->GetState(), QueuePairState::ERROR);
    EXPECT_EQ(ran, 40u);
    EXPECT_EQ(m_b.nic->GetUnit()->GetPacketsInside(), 0u);
    EXPECT_EQ(m_a.region->GetBytesStored(), 40'000u - 20 * 1'024u);
}

TEST_F(SpinRdmaSilentPeer, WhatWaitsForADestroyedQueuePairIsDroppedAndItsSuccessorIsUntouched)
{
    m_helper.SetDeviceAttribute("HandlerSends", UintegerValue(4));
    Build();
    RdmaHelper::Connection other = Connect();
    const uint32_t number = other.second->GetNumber();
    uint32_t ran = 0;
    AnswerTwentyOn(other, ran);
    Simulator::Stop(MicroSeconds(50));
    Simulator::Run();
    EXPECT_GT(m_b.nic->GetUnit()->GetPacketsInside(), 0u) << "they wait";
    m_b.nic->GetEngine()->DestroyQueuePair(other.second);
    other = Connect();
    ASSERT_EQ(other.second->GetNumber(), number);
    m_b.nic->AllowSends(other.second);
    Simulator::Run();
    EXPECT_EQ(m_b.nic->GetUnit()->GetPacketsInside(), 0u);
    ASSERT_FALSE(m_b.drops.empty());
    for (const NicDropReason reason : m_b.drops)
    {
        EXPECT_EQ(reason, NicDropReason::BAD_QUEUE_PAIR);
    }
    // Four had been sent, and were lost; what came later went out on the successor.
    EXPECT_EQ(m_a.region->GetBytesStored(), 40'000u - (4 + m_b.drops.size()) * 1'024u);
}

TEST_F(SpinRdmaDevice, PacketsOfQueuePairsPayForBeingMatched)
{
    std::array<int64_t, 2> times{};
    for (const int64_t match : {0, 1000})
    {
        m_helper.SetSteeringAttribute("MatchTime", TimeValue(NanoSeconds(match)));
        Build();
        Attach(CreateObject<BroadcastProgram>());
        Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 10));
        Simulator::Run();
        ASSERT_EQ(m_b.received.size(), 1u);
        times[match > 0 ? 1 : 0] = m_b.received[0].ps;
        TearDown();
    }
    EXPECT_NEAR(static_cast<double>(times[1] - times[0]), 1'000'000, 400) << "a cycle";
}

TEST_F(SpinRdmaDevice, WrongUseIsRefused)
{
    Build();
    Attach(CreateObject<BroadcastProgram>());
    EXPECT_THROW(m_b.nic->AttachContext(m_queuePairs.second, m_context), std::invalid_argument);
    EXPECT_THROW(m_b.nic->AllowSends(m_queuePairs.first), std::invalid_argument)
        << "another NIC's, with the same number but one";
}

TEST_F(SpinRdmaDevice, TriggeredRequestsLeaveWhenTheirMessagesHaveCome)
{
    Build();
    const Ptr<TriggerCounter> counter = m_b.nic->GetEngine()->CreateCounter();
    m_queuePairs.second->SetCounter(counter);
    int64_t cpu = 0;
    m_b.nic->GetHostPath()->GetCpu()->TraceConnectWithoutContext(
        "Work",
        MakeBoundCallback(
            +[](int64_t* sum, const CpuWork& w) { *sum += w.end - w.begin; },
            &cpu));
    WorkRequest back;
    back.opcode = WorkOpcode::WRITE;
    back.localAddress = TARGET;
    back.localKey = m_b.region->GetLocalKey();
    back.remoteAddress = BACK;
    back.remoteKey = m_a.region->GetRemoteKey();
    back.length = 30'000;
    counter->Trigger(3, m_queuePairs.second, back);
    Fill(m_a, SOURCE, 30'000);
    for (uint32_t i = 0; i < 3; ++i)
    {
        EXPECT_EQ(m_a.region->GetBytesStored(), 0u);
        Post(MakeWork(WorkOpcode::WRITE, SOURCE + i * 10'000, TARGET + i * 10'000, 10'000));
        Simulator::Run();
        EXPECT_EQ(counter->GetCount(), i + 1);
    }
    EXPECT_EQ(Get(m_a, BACK, 30'000), Get(m_a, SOURCE, 30'000));
    EXPECT_EQ(cpu, 0);
}

} // namespace
} // namespace offload
} // namespace ns3
