/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Who may touch which memory, and what becomes of those who try.
#include "rdma-test.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/** A region in the middle of the peer's memory, and requests that are not granted. */
class RdmaProtection : public RdmaTest
{
  public:
    static constexpr uint64_t ADDRESS = 1 << 20;
    static constexpr uint64_t LENGTH = 1 << 16;

    void BuildRegion(uint32_t access, uint32_t domain = 0)
    {
        Build();
        m_guarded = m_b.engine->RegisterMemory(m_b.memory, {ADDRESS, LENGTH, access, domain});
        Fill(m_b, 0, MEMORY_BYTES, 2);
        Fill(m_a, 0, MEMORY_BYTES, 3);
        m_before = GetBytes(m_b, 0, MEMORY_BYTES);
    }

    WorkRequest MakeGuarded(WorkOpcode opcode, uint64_t remote, uint32_t length)
    {
        WorkRequest work = MakeWork(opcode, 0, remote, length);
        work.remoteKey = m_guarded->GetRemoteKey();
        return work;
    }

    /** The request fails at the requester, those behind it are flushed, nothing is written. */
    void ExpectRefused(const WorkRequest& work, WorkStatus status = WorkStatus::REMOTE_ACCESS_ERROR)
    {
        const auto own = GetBytes(m_a, 0, MEMORY_BYTES);
        Post(work);
        WorkRequest next = MakeWork(WorkOpcode::WRITE, 0, 0, 100);
        next.signaled = false;
        Post(next);
        PostReceive(m_a, 0, 100);
        PostReceive(m_b, 0, 100);
        Simulator::Run();
        ASSERT_EQ(m_a.done.size(), 3u);
        EXPECT_EQ(m_a.done[0].completion.id, work.id);
        EXPECT_EQ(m_a.done[0].completion.status, status) << ToString(m_a.done[0].completion.status);
        EXPECT_EQ(m_a.done[1].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
        EXPECT_EQ(m_a.done[2].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
        EXPECT_EQ(GetBytes(m_b, 0, MEMORY_BYTES), m_before);
        EXPECT_EQ(GetBytes(m_a, 0, MEMORY_BYTES), own);
        EXPECT_EQ(m_a.queuePair->GetState(), QueuePairState::ERROR);
        ASSERT_EQ(m_b.done.size(), 1u);
        EXPECT_EQ(m_b.done[0].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
        EXPECT_EQ(m_b.queuePair->GetState(), QueuePairState::ERROR);
    }

    Ptr<MemoryRegion> m_guarded;
    std::vector<uint8_t> m_before;
};

TEST_F(RdmaProtection, TheWholeRegionMayBeUsed)
{
    BuildRegion(ALL_RIGHTS);
    Post(MakeGuarded(WorkOpcode::WRITE, ADDRESS, LENGTH));
    Post(MakeGuarded(WorkOpcode::READ, ADDRESS, LENGTH));
    Post(MakeGuarded(WorkOpcode::FETCH_ADD, ADDRESS + LENGTH - 8, 8));
    RunToSuccess(3);
}

TEST_F(RdmaProtection, AWrongKeyIsRefused)
{
    BuildRegion(ALL_RIGHTS);
    WorkRequest work = MakeGuarded(WorkOpcode::WRITE, ADDRESS, 100);
    work.remoteKey ^= 1;
    ExpectRefused(work);
}

TEST_F(RdmaProtection, AKeyThatNeverWasIsRefused)
{
    BuildRegion(ALL_RIGHTS);
    WorkRequest work = MakeGuarded(WorkOpcode::READ, ADDRESS, 100);
    work.remoteKey = 0xffffffff;
    ExpectRefused(work);
}

TEST_F(RdmaProtection, AnEarlierRegionsKeyIsRefused)
{
    BuildRegion(ALL_RIGHTS);
    const WorkRequest work = MakeGuarded(WorkOpcode::WRITE, ADDRESS, 100);
    m_b.engine->DeregisterMemory(m_guarded);
    m_guarded = m_b.engine->RegisterMemory(m_b.memory, {ADDRESS, LENGTH, ALL_RIGHTS, 0});
    ExpectRefused(work);
}

TEST_F(RdmaProtection, OneByteBeforeTheRegionIsRefused)
{
    BuildRegion(ALL_RIGHTS);
    ExpectRefused(MakeGuarded(WorkOpcode::WRITE, ADDRESS - 1, 100));
}

TEST_F(RdmaProtection, OneByteBehindTheRegionIsRefusedAndNothingOfTheMessageWritten)
{
    BuildRegion(ALL_RIGHTS);
    ExpectRefused(MakeGuarded(WorkOpcode::WRITE, ADDRESS + 1, LENGTH));
}

TEST_F(RdmaProtection, ARangeThatWrapsAroundIsRefused)
{
    BuildRegion(ALL_RIGHTS);
    ExpectRefused(MakeGuarded(WorkOpcode::WRITE, ~uint64_t{0} - 50, 100));
}

TEST_F(RdmaProtection, AReadBehindTheRegionIsRefused)
{
    BuildRegion(ALL_RIGHTS);
    ExpectRefused(MakeGuarded(WorkOpcode::READ, ADDRESS + 1, LENGTH));
}

TEST_F(RdmaProtection, WritingNeedsItsRight)
{
    BuildRegion(ALL_RIGHTS & ~MemoryAccess::REMOTE_WRITE);
    ExpectRefused(MakeGuarded(WorkOpcode::WRITE, ADDRESS, 100));
}

TEST_F(RdmaProtection, ReadingNeedsItsRight)
{
    BuildRegion(ALL_RIGHTS & ~MemoryAccess::REMOTE_READ);
    ExpectRefused(MakeGuarded(WorkOpcode::READ, ADDRESS, 100));
}

TEST_F(RdmaProtection, AtomicsNeedTheirRight)
{
    BuildRegion(ALL_RIGHTS & ~MemoryAccess::REMOTE_ATOMIC);
    ExpectRefused(MakeGuarded(WorkOpcode::FETCH_ADD, ADDRESS, 8));
}

TEST_F(RdmaProtection, AQueuePairOfAnotherProtectionDomainIsRefused)
{
    BuildRegion(ALL_RIGHTS, 1);
    ExpectRefused(MakeGuarded(WorkOpcode::WRITE, ADDRESS, 100));
}

TEST_F(RdmaProtection, AnAtomicAtAnOddAddressIsInvalid)
{
    BuildRegion(ALL_RIGHTS);
    ExpectRefused(MakeGuarded(WorkOpcode::FETCH_ADD, ADDRESS + 4, 8),
                  WorkStatus::REMOTE_INVALID_REQUEST);
}

TEST_F(RdmaProtection, RequestsBeforeTheRefusedOneAreDone)
{
    BuildRegion(ALL_RIGHTS);
    Post(MakeGuarded(WorkOpcode::READ, ADDRESS, LENGTH));
    Post(MakeGuarded(WorkOpcode::WRITE, ADDRESS, 1000));
    Post(MakeGuarded(WorkOpcode::READ, ADDRESS, LENGTH));
    Post(MakeGuarded(WorkOpcode::WRITE, ADDRESS - 1, 1000));
    Post(MakeGuarded(WorkOpcode::WRITE, ADDRESS + 2000, 1000));
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 5u);
    for (uint32_t i = 0; i < 3; ++i)
    {
        EXPECT_EQ(m_a.done[i].completion.status, WorkStatus::SUCCESS);
    }
    EXPECT_EQ(m_a.done[3].completion.status, WorkStatus::REMOTE_ACCESS_ERROR);
    EXPECT_EQ(m_a.done[4].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
    EXPECT_EQ(m_guarded->GetBytesStored(), 1000u);
}

TEST_F(RdmaProtection, OwnMemoryNeedsItsKeyToo)
{
    for (const WorkOpcode opcode : {WorkOpcode::WRITE, WorkOpcode::SEND, WorkOpcode::READ})
    {
        Build();
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100'000));
        WorkRequest work = MakeWork(opcode, MEMORY_BYTES - 99, 0, 100);
        Post(work);
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
        Simulator::Run();
        ASSERT_EQ(m_a.done.size(), 3u);
        EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::SUCCESS);
        EXPECT_EQ(m_a.done[1].completion.status, WorkStatus::LOCAL_PROTECTION_ERROR);
        EXPECT_EQ(m_a.done[2].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
        EXPECT_EQ(m_b.region->GetBytesStored(), 100'000u);
        TearDown();
    }
}

TEST_F(RdmaProtection, ReadingIntoMemoryNeedsTheRightToWriteThere)
{
    Build();
    const auto region = m_a.engine->RegisterMemory(m_a.memory, {0, 4096, 0, 0});
    WorkRequest work = MakeWork(WorkOpcode::READ, 0, 0, 100);
    work.localKey = region->GetLocalKey();
    Post(work);
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::LOCAL_PROTECTION_ERROR);
}

TEST_F(RdmaProtection, AReceiveWithAWrongKeyFailsAtBothEnds)
{
    Build();
    PostReceive(m_b, MEMORY_BYTES - 10, 100);
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 50));
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::REMOTE_OPERATION_ERROR);
    ASSERT_EQ(m_b.done.size(), 1u);
    EXPECT_EQ(m_b.done[0].completion.status, WorkStatus::LOCAL_PROTECTION_ERROR);
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
}

TEST_F(RdmaProtection, AMessageLongerThanTheReceiveFailsAtBothEnds)
{
    Build();
    PostReceive(m_b, 0, 10'000);
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 10'001));
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::REMOTE_INVALID_REQUEST);
    ASSERT_EQ(m_b.done.size(), 1u);
    EXPECT_EQ(m_b.done[0].completion.status, WorkStatus::LOCAL_LENGTH_ERROR);
    EXPECT_EQ(GetBytes(m_b, 10'000, 10), std::vector<uint8_t>(10));
}

TEST_F(RdmaProtection, AQueuePairThatIsNotThereGivesNoAnswer)
{
    Build();
    Watch();
    m_b.engine->DestroyQueuePair(m_b.queuePair);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::RETRY_EXCEEDED);
    EXPECT_EQ(m_b.drops, std::vector<RdmaDropReason>(8, RdmaDropReason::UNKNOWN_QUEUE_PAIR));
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
}

TEST_F(RdmaProtection, AnotherHostsQueuePairIsNotListenedTo)
{
    Build();
    Watch();
    m_b.queuePair->Reset();
    m_b.queuePair->Initialise();
    QueuePairAddress other = m_a.queuePair->GetAddress();
    other.ip = Ipv4Address("10.9.9.9");
    m_b.queuePair->SetReadyToReceive(other);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100));
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::RETRY_EXCEEDED);
    EXPECT_EQ(m_b.drops, std::vector<RdmaDropReason>(8, RdmaDropReason::WRONG_PEER));
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
}

TEST_F(RdmaProtection, RegionsMustLieInMemory)
{
    Build();
    EXPECT_THROW(m_a.engine->RegisterMemory(m_a.memory, {1, MEMORY_BYTES, 0, 0}),
                 std::invalid_argument);
    EXPECT_THROW(m_a.engine->RegisterMemory(nullptr, {0, 1, 0, 0}), std::invalid_argument);
    EXPECT_THROW(m_a.engine->RegisterPattern(PayloadPattern(1), {0, 1, ALL_RIGHTS, 0}),
                 std::invalid_argument);
}

/** Regions that are deregistered while a message of a megabyte is on its way. */
class RdmaRevocation : public RdmaTest
{
  public:
    static constexpr uint32_t LENGTH = 1'000'000;
    static constexpr int64_t INSTANT = 20'000'000; //!< ps; the message takes 82 us

    /** Post a request, take one end's region away, and see how the request ends. */
    void Revoke(WorkOpcode opcode, Host& host, WorkStatus status)
    {
        Build();
        PostReceive(m_b, 0, LENGTH);
        Post(MakeWork(opcode, 0, 0, LENGTH));
        Simulator::Schedule(TimeStep(INSTANT),
                            &RdmaEngine::DeregisterMemory,
                            host.engine,
                            host.region);
        Simulator::Run();
        ASSERT_EQ(m_a.done.size(), 1u);
        EXPECT_EQ(m_a.done[0].completion.status, status) << ToString(m_a.done[0].completion.status);
        EXPECT_EQ(m_a.queuePair->GetState(), QueuePairState::ERROR);
        // What was on the wire at that instant may still come.
        EXPECT_LT(m_a.done[0].ps, INSTANT + 5'000'000);
        EXPECT_LT(m_a.region->GetBytesStored() + m_b.region->GetBytesStored(), LENGTH / 2);
    }
};

TEST_F(RdmaRevocation, TheRestOfAWriteIsRefused)
{
    Revoke(WorkOpcode::WRITE, m_b, WorkStatus::REMOTE_ACCESS_ERROR);
}

TEST_F(RdmaRevocation, TheRestOfAWriteWithImmediateIsRefused)
{
    Revoke(WorkOpcode::WRITE_WITH_IMMEDIATE, m_b, WorkStatus::REMOTE_ACCESS_ERROR);
    ASSERT_EQ(m_b.done.size(), 1u);
    EXPECT_EQ(m_b.done[0].completion.status, WorkStatus::WORK_REQUEST_FLUSHED);
}

TEST_F(RdmaRevocation, TheRestOfAReadIsRefused)
{
    Revoke(WorkOpcode::READ, m_b, WorkStatus::REMOTE_ACCESS_ERROR);
}

TEST_F(RdmaRevocation, TheRestOfASendFindsNoReceive)
{
    Revoke(WorkOpcode::SEND, m_b, WorkStatus::REMOTE_OPERATION_ERROR);
    ASSERT_EQ(m_b.done.size(), 1u);
    EXPECT_EQ(m_b.done[0].completion.status, WorkStatus::LOCAL_PROTECTION_ERROR);
}

TEST_F(RdmaRevocation, WhatIsLeftOfOwnMemoryIsNotSent)
{
    Revoke(WorkOpcode::WRITE, m_a, WorkStatus::LOCAL_PROTECTION_ERROR);
}

TEST_F(RdmaRevocation, AReadDoesNotWriteWhereItMayNotAnyMore)
{
    Revoke(WorkOpcode::READ, m_a, WorkStatus::LOCAL_PROTECTION_ERROR);
}

} // namespace
} // namespace offload
} // namespace ns3
