/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What handlers leave to the host, contexts that leave, and connections that end meanwhile.
 */
#include "spin-rdma-test.h"

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint64_t RECEIVES = TARGET + 100'000; //!< where the first receive's memory is
constexpr uint32_t ROOM = 20'000;               //!< of each receive
constexpr uint64_t FIRST_RECEIVE = 100;         //!< its id
constexpr uint32_t SLOW = 20'000;               //!< cycles

/** Messages that handlers leave to the host. */
class SpinRdmaOrder : public SpinRdmaDevice
{
  public:
    /** Attach a header handler that takes some time for the first message only. */
    void AttachProceeding(uint32_t cycles)
    {
        m_headers = 0;
        Ptr<TestProgram> program = MakeProgram([this, cycles](HandlerKind, Hpu& hpu) {
            if (m_headers++ == 0)
            {
                hpu.Execute(cycles);
            }
            return HandlerStatus::PROCEED;
        });
        program->kinds = {HandlerKind::HEADER};
        Attach(program);
        Fill(m_a, SOURCE, 100'000);
    }

    void PostReceives(uint32_t count)
    {
        for (uint32_t i = 0; i < count; ++i)
        {
            const ReceiveRequest receive{FIRST_RECEIVE + i,
                                         RECEIVES + i * uint64_t{ROOM},
                                         ROOM,
                                         m_b.region->GetLocalKey()};
            EXPECT_EQ(m_queuePairs.second->PostReceive(receive), PostResult::POSTED);
        }
    }

    void PostOneReceive()
    {
        PostReceives(1);
    }

    void PostSend(uint32_t i, uint32_t bytes)
    {
        Post(MakeWork(WorkOpcode::SEND, SOURCE + i * uint64_t{ROOM}, 0, bytes));
    }

    /** A receive has got a message, and its completion is told in its turn. */
    void ExpectReceived(uint32_t i, uint32_t bytes)
    {
        ASSERT_GT(m_b.received.size(), i);
        const Completion& completion = m_b.received[i].completion;
        EXPECT_EQ(completion.id, FIRST_RECEIVE + i);
        EXPECT_EQ(completion.status, WorkStatus::SUCCESS);
        EXPECT_EQ(completion.bytes, bytes);
        EXPECT_EQ(Get(m_b, RECEIVES + i * uint64_t{ROOM}, bytes),
                  Get(m_a, SOURCE + i * uint64_t{ROOM}, bytes));
    }

    void Detach()
    {
        m_b.nic->DetachContext(m_queuePairs.second);
    }

    /** Both ends begin anew. */
    void Reconnect()
    {
        const auto [a, b] = m_queuePairs;
        a->Reset();
        b->Reset();
        a->Initialise();
        b->Initialise();
        a->SetReadyToReceive(b->GetAddress());
        b->SetReadyToReceive(a->GetAddress());
        a->SetReadyToSend();
        b->SetReadyToSend();
    }

    /** Another queue pair gets the number of the one with handlers. */
    void Replace()
    {
        const uint32_t number = m_queuePairs.second->GetNumber();
        m_b.nic->GetEngine()->DestroyQueuePair(m_queuePairs.second);
        m_queuePairs = Connect();
        EXPECT_EQ(m_queuePairs.second->GetNumber(), number);
    }

    void SetError()
    {
        m_queuePairs.second->SetError();
    }

    uint32_t m_headers{0}; //!< runs of a header handler
};

TEST_F(SpinRdmaOrder, SendsTakeReceivesInTheirOrderHoweverLongTheFirstHandlerTakes)
{
    for (const uint32_t cycles : {0U, 1'000U, 1'500U, 1'700U, 1'800U, 2'500U, SLOW})
    {
        Build();
        m_b.received.clear();
        AttachProceeding(cycles);
        PostReceives(4);
        for (uint32_t i = 0; i < 4; ++i)
        {
            PostSend(i, 10'000 - 1'000 * i);
        }
        Simulator::Run();
        for (uint32_t i = 0; i < 4; ++i)
        {
            SCOPED_TRACE(cycles);
            ExpectReceived(i, 10'000 - 1'000 * i);
        }
        EXPECT_EQ(m_b.received.size(), 4u);
        EXPECT_EQ(m_queuePairs.second->GetReceivesPosted(), 0u);
        TearDown();
    }
}

TEST_F(SpinRdmaOrder, ASendWithoutAReceiveEndsTheQueuePairAndNoOtherMessage)
{
    Build();
    AttachProceeding(1'800);
    PostReceives(1);
    PostSend(0, 10'000);
    PostSend(1, 9'000);
    Simulator::Run();
    ExpectReceived(0, 10'000);
    EXPECT_EQ(m_b.received.size(), 1u);
    EXPECT_EQ(m_queuePairs.second->GetReceivesPosted(), 0u);
    EXPECT_EQ(m_queuePairs.second->GetState(), QueuePairState::ERROR);
}

TEST_F(SpinRdmaOrder, AMessageLeftToTheHostIsToldAfterAnOlderOneThatIsHandled)
{
    Build();
    Ptr<TestProgram> program = MakeProgram([this](HandlerKind kind, Hpu& hpu) {
        if (kind == HandlerKind::HEADER)
        {
            return m_headers++ == 0 ? HandlerStatus::SUCCESS : HandlerStatus::PROCEED;
        }
        hpu.Execute(SLOW);
        return HandlerStatus::SUCCESS;
    });
    program->kinds = {HandlerKind::HEADER, HandlerKind::PAYLOAD};
    Attach(program);
    Fill(m_a, SOURCE, 40'000);
    PostReceives(1);
    PostSend(1, 5'000);
    PostSend(0, 9'000);
    Simulator::Run();
    ASSERT_EQ(m_b.received.size(), 2u);
    EXPECT_EQ(m_b.received[0].completion.bytes, 5'000u);
    EXPECT_EQ(m_b.received[1].completion.id, FIRST_RECEIVE);
    EXPECT_EQ(m_b.received[1].completion.bytes, 9'000u);
    EXPECT_EQ(Get(m_b, RECEIVES, 9'000), Get(m_a, SOURCE, 9'000));
}

TEST_F(SpinRdmaOrder, WhatWaitsForAnOlderMessageIsBounded)
{
    m_helper.SetInputBufferAttribute("Size", UintegerValue(10'000));
    Build();
    AttachProceeding(SLOW);
    ReceiveRequest receive{2, RECEIVES + ROOM, 300'000, m_b.region->GetLocalKey()};
    PostReceives(1);
    EXPECT_EQ(m_queuePairs.second->PostReceive(receive), PostResult::POSTED);
    Fill(m_a, SOURCE, 400'000);
    PostSend(0, 2'000);
    PostSend(1, 300'000);
    Simulator::Stop(MicroSeconds(6));
    Simulator::Run();
    EXPECT_LT(m_b.nic->GetUnit()->GetCounters().packetsIn, 30u) << "the first one's handler runs";
    Simulator::Run();
    ExpectReceived(0, 2'000);
    ASSERT_EQ(m_b.received.size(), 2u);
    EXPECT_EQ(m_b.received[1].completion.bytes, 300'000u);
    EXPECT_EQ(Get(m_b, RECEIVES + ROOM, 300'000), Get(m_a, SOURCE + ROOM, 300'000));
}

TEST_F(SpinRdmaOrder, AReceiveWhoseMessageIsCutOffIsFlushedFirst)
{
    Build();
    Fill(m_a, SOURCE, 100'000);
    PostReceives(2);
    PostSend(0, ROOM);
    Simulator::Schedule(NanoSeconds(1'500), &SpinRdmaOrder::SetError, this);
    Simulator::Stop(NanoSeconds(1'499));
    Simulator::Run();
    EXPECT_GT(m_b.region->GetBytesStored(), 0u);
    EXPECT_EQ(m_queuePairs.second->GetReceivesPosted(), 2u) << "until it is completed";
    Simulator::Run();
    ASSERT_EQ(m_b.received.size(), 2u);
    for (uint32_t i = 0; i < 2; ++i)
    {
        EXPECT_EQ(m_b.received[i].completion.id, FIRST_RECEIVE + i);
        EXPECT_EQ(m_b.received[i].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
    }
    EXPECT_EQ(m_queuePairs.second->GetReceivesPosted(), 0u);
}

TEST_F(SpinRdmaOrder, AMessageAfterADetachmentComesAfterTheOneInside)
{
    Build();
    AttachProceeding(SLOW);
    PostReceives(2);
    PostSend(0, 10'000);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::Detach, this);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::PostSend, this, 1, 5'000);
    Simulator::Run();
    ExpectReceived(0, 10'000);
    ExpectReceived(1, 5'000);
    EXPECT_FALSE(m_context->IsAttached());
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().packetsIn, 10u) << "the second one is plain RDMA";
}

TEST_F(SpinRdmaOrder, AMessageThatTheUnitHasNotBegunWithIsTheHostsAfterADetachment)
{
    m_helper.SetUnitAttribute("L2PacketBytes", UintegerValue(32'768));
    Build();
    Attach(MakeProgram([](HandlerKind, Hpu& hpu) {
        hpu.Execute(SLOW);
        return HandlerStatus::SUCCESS;
    }));
    Fill(m_a, SOURCE, 100'000);
    PostReceives(1);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 60'000));
    PostSend(0, 5'000);
    Simulator::Schedule(MicroSeconds(9), &SpinRdmaOrder::Detach, this);
    Simulator::Run();
    ASSERT_EQ(m_b.received.size(), 2u);
    EXPECT_EQ(m_b.received[0].completion.bytes, 60'000u);
    EXPECT_EQ(m_b.received[1].completion.id, FIRST_RECEIVE);
    EXPECT_EQ(Get(m_b, RECEIVES, 5'000), Get(m_a, SOURCE, 5'000));
    EXPECT_FALSE(m_context->IsAttached());
}

TEST_F(SpinRdmaOrder, AContextMayBeDetachedTwiceWhileItsMessageWaitsForTheUnit)
{
    m_helper.SetUnitAttribute("L2PacketBytes", UintegerValue(32'768));
    Build();
    Attach(MakeProgram([](HandlerKind, Hpu& hpu) {
        hpu.Execute(SLOW);
        return HandlerStatus::SUCCESS;
    }));
    Fill(m_a, SOURCE, 100'000);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 60'000));
    m_queuePairs = Connect();
    Attach(CreateObject<BroadcastProgram>());
    PostReceives(1);
    Simulator::Schedule(MicroSeconds(5), &SpinRdmaOrder::PostSend, this, 0, 5'000);
    Simulator::Stop(MicroSeconds(9));
    Simulator::Run();
    Detach();
    EXPECT_FALSE(m_context->IsAttached()) << "nothing of it is in the unit";
    EXPECT_NO_THROW(Detach());
    Simulator::Run();
    ASSERT_EQ(m_b.received.size(), 2u);
    EXPECT_EQ(m_b.received[1].completion.bytes, 60'000u);
    m_b.received.pop_back();
    ExpectReceived(0, 5'000);
}

TEST_F(SpinRdmaOrder, OneOfTwoQueuePairsOfAContextMayGetAnotherOne)
{
    Build();
    const RdmaHelper::Connection other = Connect();
    Attach(CreateObject<BroadcastProgram>());
    const Ptr<ExecutionContext> shared = m_context;
    m_b.nic->AttachContext(other.second, shared);
    Fill(m_a, SOURCE, 30'000);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 10'000));
    Simulator::Schedule(MicroSeconds(2), &SpinRdmaOrder::Detach, this);
    Simulator::Run();
    EXPECT_TRUE(shared->IsAttached()) << "it has the other queue pair";
    EXPECT_EQ(Get(m_b, TARGET, 10'000), Get(m_a, SOURCE, 10'000));
    Attach(CreateObject<BroadcastProgram>());
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 20'000));
    EXPECT_EQ(other.first->PostSend(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET + 40'000, 30'000)),
              PostResult::POSTED);
    Simulator::Run();
    EXPECT_EQ(m_b.received.size(), 3u) << "each message is told once";
    EXPECT_EQ(Get(m_b, TARGET, 20'000), Get(m_a, SOURCE, 20'000));
    EXPECT_EQ(Get(m_b, TARGET + 40'000, 30'000), Get(m_a, SOURCE, 30'000));
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u) << "all of it by handlers";
}

TEST_F(SpinRdmaOrder, WhatIsInsideDoesNotReachTheNextConnection)
{
    Build();
    AttachProceeding(SLOW);
    PostSend(0, 10'000);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::Reconnect, this);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::PostOneReceive, this);
    Simulator::Run();
    EXPECT_TRUE(m_b.received.empty());
    EXPECT_EQ(m_queuePairs.second->GetState(), QueuePairState::READY_TO_SEND);
    EXPECT_EQ(m_b.drops, std::vector<NicDropReason>(10, NicDropReason::CONNECTION_ENDED));
    PostSend(0, 7'000);
    Simulator::Run();
    ExpectReceived(0, 7'000);
}

TEST_F(SpinRdmaOrder, WhatIsInsideDoesNotReachAQueuePairWithTheSameNumber)
{
    Build();
    AttachProceeding(SLOW);
    PostSend(0, 10'000);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::Replace, this);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::PostOneReceive, this);
    Simulator::Run();
    EXPECT_TRUE(m_b.received.empty());
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
    PostSend(0, 7'000);
    Simulator::Run();
    ExpectReceived(0, 7'000);
}

TEST_F(SpinRdmaOrder, WhatWasHandledIsNotToldToTheNextConnection)
{
    Build();
    Attach(MakeProgram([](HandlerKind, Hpu& hpu) {
        hpu.Execute(SLOW);
        return HandlerStatus::SUCCESS;
    }));
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 10'000));
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::Reconnect, this);
    Simulator::Run();
    EXPECT_TRUE(m_b.received.empty());
}

TEST_F(SpinRdmaOrder, AMessageThatAResetCutsOffDoesNotGoOnWithTheNextOnes)
{
    Build();
    std::array<uint32_t, 3> runs{};
    Ptr<TestProgram> program = MakeProgram([&runs](HandlerKind kind, Hpu&) {
        ++runs[static_cast<std::size_t>(kind)];
        return HandlerStatus::SUCCESS;
    });
    program->kinds = {HandlerKind::HEADER, HandlerKind::PAYLOAD, HandlerKind::COMPLETION};
    Attach(program);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 100'000));
    Simulator::Schedule(MicroSeconds(2), &SpinRdmaOrder::Reconnect, this);
    Simulator::Stop(MicroSeconds(3));
    Simulator::Run();
    EXPECT_EQ(runs[0], 1u);
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().messagesAborted, 1u) << "before its timeout";
    for (uint32_t i = 0; i < 2; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 10'000));
    }
    Simulator::Run();
    EXPECT_EQ(runs[0], 3u);
    EXPECT_EQ(runs[2], 2u) << "not for the one that was cut off";
    EXPECT_EQ(m_a.sent.size(), 2u);
    EXPECT_EQ(m_b.received.size(), 2u);
    EXPECT_EQ(m_b.nic->GetUnit()->GetPacketsInside(), 0u);
}

TEST_F(SpinRdmaOrder, AfterAnErrorInTheMiddleOfAMessageItsContextMayLeave)
{
    Build();
    const RdmaHelper::Connection other = Connect();
    Attach(CreateObject<BroadcastProgram>());
    m_b.nic->AttachContext(other.second, m_context);
    Post(MakeWork(WorkOpcode::WRITE, SOURCE, TARGET, 100'000));
    Simulator::Schedule(MicroSeconds(2), &SpinRdmaOrder::SetError, this);
    Simulator::Schedule(MicroSeconds(3), &SpinRdmaOrder::Detach, this);
    Simulator::Stop(MicroSeconds(4));
    Simulator::Run();
    EXPECT_EQ(m_b.nic->GetUnit()->GetCounters().messagesAborted, 1u);
    EXPECT_NO_THROW(Attach(CreateObject<BroadcastProgram>())) << "the context is gone";
}

} // namespace
} // namespace offload
} // namespace ns3
