/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Queue pairs and what belongs to them: states, depths, lifetimes, and what is said of them.
#include "log-capture.h"
#include "rdma-test.h"

#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using QueuePairTest = RdmaTest;

TEST_F(QueuePairTest, StatesFollowOneAnother)
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

TEST_F(QueuePairTest, TheLogTellsOfStatesDropsAndWhatIsSentAgain)
{
    const LogCapture log({"RdmaEngine", "QueuePair"});
    Build();
    m_channel->lose = [this](uint32_t side, const EthernetFrame&) {
        return side == 0 && m_channel->carried == 2;
    };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100'000));
    RunToSuccess(1);
    EXPECT_EQ(log.Says("queue pair 2 made"), LogCapture::HAS_LOGS);
    EXPECT_EQ(log.Says("queue pair 2: RESET to INITIALISED"), LogCapture::HAS_LOGS);
    EXPECT_EQ(log.Says("dropped: out of sequence"), LogCapture::HAS_LOGS);
    EXPECT_EQ(log.Says("queue pair 2 sends again from packet"), LogCapture::HAS_LOGS);
}

TEST_F(QueuePairTest, QueuesHaveTheirDepths)
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

TEST_F(QueuePairTest, RequestsThatMakeNoSenseAreNotTaken)
{
    Build();
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::FETCH_ADD, 0, 0, 4)),
              PostResult::INVALID_REQUEST);
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::RECEIVE, 0, 0, 4)),
              PostResult::INVALID_REQUEST);
    EXPECT_EQ(m_a.queuePair->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 0x80000001)),
              PostResult::INVALID_REQUEST);
}

TEST_F(QueuePairTest, TheLongestMessageIsWhatTheConfigurationSays)
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

TEST_F(QueuePairTest, ACompletionQueueThatOverflowsEndsItsQueuePairs)
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

TEST_F(QueuePairTest, AHelpersCompletionQueueHoldsAllThatCanBeUnderWay)
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

TEST_F(QueuePairTest, QueuePairsAreSmallAndTheirNumbersAreUsedAgain)
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

TEST_F(QueuePairTest, DestroyingAQueuePairTwiceLeavesItsSuccessorAlone)
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

TEST_F(QueuePairTest, AQueuePairAndItsCounterDoNotKeepEachOther)
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

TEST_F(QueuePairTest, AQueuePairMayBeDestroyedWhileItSends)
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

TEST_F(QueuePairTest, PacketsOfAnEarlierConnectionAreNotThoseOfTheNext)
{
    Build();
    Fill(m_a, 0, MEMORY_BYTES, 1);
    constexpr uint32_t BYTES = 4096;
    constexpr uint64_t OLD = 0;
    constexpr uint64_t NEW = 8192;
    PostReceive(m_b, OLD, BYTES);
    Post(MakeWork(WorkOpcode::SEND, OLD, 0, BYTES));
    // The packet is on the cable.
    Simulator::Stop(NanoSeconds(300));
    Simulator::Run();
    m_a.queuePair->Reset();
    m_b.queuePair->Reset();
    RdmaHelper::ConnectQueuePairs(m_a.queuePair, m_b.queuePair);
    PostReceive(m_b, NEW, BYTES);
    Post(MakeWork(WorkOpcode::SEND, NEW, 0, BYTES));
    RunToSuccess(1, 1);
    EXPECT_EQ(GetBytes(m_b, NEW, BYTES), GetBytes(m_a, NEW, BYTES));
    EXPECT_EQ(GetBytes(m_b, OLD, BYTES), std::vector<uint8_t>(BYTES));
}

} // namespace
} // namespace offload
} // namespace ns3
