/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Each verb on a good network: content and completions.
#include "rdma-test.h"

namespace ns3
{
namespace offload
{
namespace
{

using RdmaVerbs = RdmaTest;

/// Lengths around the limits of packets and words
const std::vector<uint32_t> LENGTHS{1, 3, 4, 8, 255, 256, 257, 4095, 4096, 4097, 8192, 100'001};

TEST_F(RdmaVerbs, WriteMovesEveryByteAndNothingElse)
{
    Build();
    Fill(m_a, 0, MEMORY_BYTES / 2, 1);
    Fill(m_b, 0, MEMORY_BYTES, 2);
    auto expected = GetBytes(m_b, 0, MEMORY_BYTES);
    uint64_t address = 5;
    for (const uint32_t length : LENGTHS)
    {
        Post(MakeWork(WorkOpcode::WRITE, address, 3 * address, length));
        const auto bytes = GetBytes(m_a, address, length);
        std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<long>(3 * address));
        address += length + 7;
    }
    RunToSuccess(LENGTHS.size());
    EXPECT_EQ(GetBytes(m_b, 0, MEMORY_BYTES), expected);
    for (std::size_t i = 0; i < LENGTHS.size(); ++i)
    {
        EXPECT_EQ(m_a.done[i].completion.id, i + 1) << "in the order of posting";
        EXPECT_EQ(m_a.done[i].completion.opcode, WorkOpcode::WRITE);
        EXPECT_EQ(m_a.done[i].completion.bytes, LENGTHS[i]);
        EXPECT_EQ(m_a.done[i].completion.queuePair, m_a.queuePair->GetNumber());
    }
}

TEST_F(RdmaVerbs, SendGoesToPostedReceivesInOrder)
{
    Build();
    Fill(m_a, 0, MEMORY_BYTES / 2, 1);
    uint64_t address = 0;
    for (const uint32_t length : LENGTHS)
    {
        PostReceive(m_b, address, length + 50);
        address += 200'000;
    }
    uint64_t from = 11;
    for (const uint32_t length : LENGTHS)
    {
        Post(MakeWork(WorkOpcode::SEND, from, 0, length));
        from += length;
    }
    RunToSuccess(LENGTHS.size(), LENGTHS.size());
    address = 0;
    from = 11;
    for (std::size_t i = 0; i < LENGTHS.size(); ++i)
    {
        EXPECT_EQ(GetBytes(m_b, address, LENGTHS[i]), GetBytes(m_a, from, LENGTHS[i]));
        EXPECT_EQ(GetBytes(m_b, address + LENGTHS[i], 50), std::vector<uint8_t>(50));
        EXPECT_EQ(m_b.done[i].completion.id, i + 1);
        EXPECT_EQ(m_b.done[i].completion.opcode, WorkOpcode::RECEIVE);
        EXPECT_EQ(m_b.done[i].completion.bytes, LENGTHS[i]);
        EXPECT_FALSE(m_b.done[i].completion.withImmediate);
        address += 200'000;
        from += LENGTHS[i];
    }
}

TEST_F(RdmaVerbs, ReadFetchesEveryByte)
{
    Build();
    Fill(m_b, 0, MEMORY_BYTES / 2, 1);
    uint64_t address = 0;
    for (const uint32_t length : LENGTHS)
    {
        Post(MakeWork(WorkOpcode::READ, 2 * address, address, length));
        address += length;
    }
    RunToSuccess(LENGTHS.size());
    address = 0;
    for (const uint32_t length : LENGTHS)
    {
        EXPECT_EQ(GetBytes(m_a, 2 * address, length), GetBytes(m_b, address, length)) << length;
        address += length;
    }
}

TEST_F(RdmaVerbs, ImmediateDataComeWithTheCompletion)
{
    Build();
    Fill(m_a, 0, 10'000, 1);
    PostReceive(m_b, 50'000, 10'000);
    PostReceive(m_b, 0, 0);
    WorkRequest work = MakeWork(WorkOpcode::SEND_WITH_IMMEDIATE, 0, 0, 10'000);
    work.immediate = 0x12345678;
    Post(work);
    work = MakeWork(WorkOpcode::WRITE_WITH_IMMEDIATE, 100, 80'000, 5'000);
    work.immediate = 0x9abcdef0;
    Post(work);
    RunToSuccess(2, 2);
    EXPECT_EQ(GetBytes(m_b, 50'000, 10'000), GetBytes(m_a, 0, 10'000));
    EXPECT_EQ(GetBytes(m_b, 80'000, 5'000), GetBytes(m_a, 100, 5'000));
    EXPECT_TRUE(m_b.done[0].completion.withImmediate);
    EXPECT_EQ(m_b.done[0].completion.immediate, 0x12345678u);
    EXPECT_EQ(m_b.done[0].completion.opcode, WorkOpcode::RECEIVE);
    EXPECT_EQ(m_b.done[0].completion.bytes, 10'000u);
    EXPECT_TRUE(m_b.done[1].completion.withImmediate);
    EXPECT_EQ(m_b.done[1].completion.immediate, 0x9abcdef0u);
    EXPECT_EQ(m_b.done[1].completion.opcode, WorkOpcode::RECEIVE_WRITE);
    EXPECT_EQ(m_b.done[1].completion.bytes, 5'000u);
}

TEST_F(RdmaVerbs, MessagesWithoutBytesComplete)
{
    Build();
    PostReceive(m_b, 0, 0);
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 0));
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 0));
    Post(MakeWork(WorkOpcode::READ, 0, 0, 0));
    RunToSuccess(3, 1);
    EXPECT_EQ(m_b.done[0].completion.bytes, 0u);
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
}

TEST_F(RdmaVerbs, FetchAddReturnsTheOldValueAndAdds)
{
    Build();
    const uint64_t start = 0xfffffffffffffff0;
    m_b.memory->Write(64, reinterpret_cast<const uint8_t*>(&start), 8);
    for (uint32_t i = 0; i < 10; ++i)
    {
        WorkRequest work = MakeWork(WorkOpcode::FETCH_ADD, 8 * i, 64, 8);
        work.compareOrAdd = 3;
        Post(work);
    }
    RunToSuccess(10);
    for (uint32_t i = 0; i < 10; ++i)
    {
        EXPECT_EQ(GetWord(m_a, 8 * i), start + 3 * i);
    }
    EXPECT_EQ(GetWord(m_b, 64), start + 30);
}

TEST_F(RdmaVerbs, CompareSwapOnlyWritesWhereTheValueIsAsExpected)
{
    Build();
    WorkRequest work = MakeWork(WorkOpcode::COMPARE_SWAP, 0, 128, 8);
    work.compareOrAdd = 1;
    work.swap = 77;
    Post(work);
    work = MakeWork(WorkOpcode::COMPARE_SWAP, 8, 128, 8);
    work.compareOrAdd = 0;
    work.swap = 0x1122334455667788;
    Post(work);
    work = MakeWork(WorkOpcode::COMPARE_SWAP, 16, 128, 8);
    work.compareOrAdd = 0;
    work.swap = 99;
    Post(work);
    RunToSuccess(3);
    EXPECT_EQ(GetWord(m_a, 0), 0u);
    EXPECT_EQ(GetWord(m_a, 8), 0u);
    EXPECT_EQ(GetWord(m_a, 16), 0x1122334455667788u);
    EXPECT_EQ(GetWord(m_b, 128), 0x1122334455667788u);
}

TEST_F(RdmaVerbs, RequestsOfAllKindsKeepTheirOrder)
{
    Build();
    Fill(m_a, 0, 20'000, 1);
    // Each READ sees the WRITE posted before it and, thanks to the fence, not the one after.
    for (uint32_t i = 0; i < 40; ++i)
    {
        WorkRequest work = MakeWork(WorkOpcode::WRITE, 100 * i, 0, 9'000);
        work.fenced = true;
        Post(work);
        Post(MakeWork(WorkOpcode::READ, 100'000 + 10'000 * i, 0, 9'000));
    }
    RunToSuccess(80);
    for (uint32_t i = 0; i < 40; ++i)
    {
        EXPECT_EQ(GetBytes(m_a, 100'000 + 10'000 * i, 9'000), GetBytes(m_a, 100 * i, 9'000)) << i;
    }
    for (uint32_t i = 0; i < 80; ++i)
    {
        EXPECT_EQ(m_a.done[i].completion.id, i + 1);
    }
}

TEST_F(RdmaVerbs, InlinedDataAreTakenWhenPosted)
{
    Build();
    Fill(m_a, 0, 200, 1);
    const auto before = GetBytes(m_a, 0, 200);
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 1000, 200);
    work.inlined = true;
    // The window is full of other packets, so it leaves later.
    Post(MakeWork(WorkOpcode::WRITE, 0, 100'000, 1'000'000));
    Post(work);
    Fill(m_a, 0, 200, 2);
    RunToSuccess(2);
    EXPECT_EQ(GetBytes(m_b, 1000, 200), before);
    work.length = 221;
    EXPECT_EQ(m_a.queuePair->PostSend(work), PostResult::INVALID_REQUEST);
    work = MakeWork(WorkOpcode::READ, 0, 0, 8);
    work.inlined = true;
    EXPECT_EQ(m_a.queuePair->PostSend(work), PostResult::INVALID_REQUEST);
}

TEST_F(RdmaVerbs, InlinedDataNeedNoKey)
{
    Build();
    // What has its bytes elsewhere is not asked.
    m_a.engine->RegisterPattern(PayloadPattern(1), {0, MEMORY_BYTES, 0, 0});
    Fill(m_a, 0, 400, 1);
    const auto before = GetBytes(m_a, 0, 400);
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 1000, 200);
    work.inlined = true;
    work.localKey = 0;
    Post(work);
    work.localAddress = 200;
    work.remoteAddress = 1200;
    work.localKey = 0x12345678;
    Post(work);
    Fill(m_a, 0, 400, 2);
    RunToSuccess(2);
    EXPECT_EQ(GetBytes(m_b, 1000, 400), before);
}

TEST_F(RdmaVerbs, WithoutKeyOnlyMemoryThatIsThereCanBeInlined)
{
    Build();
    WorkRequest work = MakeWork(WorkOpcode::WRITE, MEMORY_BYTES - 100, 0, 200);
    work.inlined = true;
    Post(work);
    Simulator::Run();
    ASSERT_EQ(m_a.done.size(), 1u);
    EXPECT_EQ(m_a.done[0].completion.status, WorkStatus::LOCAL_PROTECTION_ERROR);
}

TEST_F(RdmaVerbs, UnsignaledRequestsCompleteSilently)
{
    Build();
    for (uint32_t i = 0; i < 10; ++i)
    {
        WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 0, 64);
        work.signaled = i == 9;
        Post(work);
    }
    RunToSuccess(1);
    EXPECT_EQ(m_a.done[0].completion.id, 10u);
    EXPECT_EQ(m_b.region->GetBytesStored(), 640u);
}

TEST_F(RdmaVerbs, BothEndsSendAtTheSameTime)
{
    Build();
    Fill(m_a, 0, 1'000'000, 1);
    Fill(m_b, 1'000'000, 1'000'000, 2);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 1'000'000));
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 1'000'000, 1'000'000, 1'000'000);
    work.localKey = m_b.region->GetLocalKey();
    work.remoteKey = m_a.region->GetRemoteKey();
    EXPECT_EQ(m_b.queuePair->PostSend(work), PostResult::POSTED);
    RunToSuccess(1, 1);
    EXPECT_EQ(GetBytes(m_a, 0, 2'000'000), GetBytes(m_b, 0, 2'000'000));
    // Full duplex: neither had to wait for the other, but for some acknowledgements.
    EXPECT_LT(m_a.done[0].ps, 85'000'000);
    EXPECT_LT(m_b.done[0].ps, 85'000'000);
}

TEST_F(RdmaVerbs, EveryMtuCarriesEveryByte)
{
    for (const uint32_t mtu : {256u, 512u, 1024u, 2048u, 4096u})
    {
        m_helper.SetQueuePairAttribute("Mtu", UintegerValue(mtu));
        Build();
        Fill(m_a, 0, 100'000, mtu);
        PostReceive(m_b, 200'000, 50'000);
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100'000));
        Post(MakeWork(WorkOpcode::SEND, 50'000, 0, 50'000));
        Post(MakeWork(WorkOpcode::READ, 300'000, 1, 99'999));
        RunToSuccess(3, 1);
        EXPECT_EQ(GetBytes(m_b, 0, 100'000), GetBytes(m_a, 0, 100'000));
        EXPECT_EQ(GetBytes(m_b, 200'000, 50'000), GetBytes(m_a, 50'000, 50'000));
        EXPECT_EQ(GetBytes(m_a, 300'000, 99'999), GetBytes(m_a, 1, 99'999));
        TearDown();
        m_lastId = 0;
    }
}

TEST_F(RdmaVerbs, SequenceNumbersWrapAround)
{
    Build();
    m_a.queuePair->Reset();
    m_b.queuePair->Reset();
    m_a.queuePair->SetFirstSequence(0xfffff0);
    RdmaHelper::ConnectQueuePairs(m_a.queuePair, m_b.queuePair);
    Fill(m_a, 0, 1'000'000, 1);
    Post(MakeWork(WorkOpcode::READ, 2'000'000, 0, 50'000));
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 1'000'000));
    Post(MakeWork(WorkOpcode::READ, 2'000'000, 0, 1'000'000));
    RunToSuccess(3);
    EXPECT_EQ(GetBytes(m_a, 2'000'000, 1'000'000), GetBytes(m_a, 0, 1'000'000));
}

TEST_F(RdmaVerbs, ALoneWriteTakesTheTimeOfItsPackets)
{
    Build();
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 8192));
    RunToSuccess(1);
    // Wire bytes: preamble 8, Ethernet 14, IPv4 20, UDP 8, BTH 12, RETH 16 in the first,
    // payload, ICRC 4, FCS 4, gap 12 between the two; 80 ps each; the same for the ACK; 2 * 500 ns.
    const int64_t first = (8 + 14 + 20 + 8 + 12 + 16 + 4096 + 4 + 4 + 12) * 80;
    const int64_t second = (8 + 14 + 20 + 8 + 12 + 4096 + 4 + 4) * 80;
    const int64_t ack = (8 + 14 + 20 + 8 + 12 + 4 + 4 + 4) * 80;
    EXPECT_EQ(m_a.done[0].ps, first + second + ack + 1'000'000);
}

TEST_F(RdmaVerbs, PatternsAreComparedAndNotStored)
{
    Build();
    const uint64_t length = 10'000'000;
    const auto from = m_a.engine->RegisterPattern(PayloadPattern(42), {0, length, 0, 0});
    const auto right = m_b.engine->RegisterPattern(PayloadPattern(42),
                                                   {0x1000, length, MemoryAccess::REMOTE_WRITE, 0});
    const auto wrong =
        m_b.engine->RegisterPattern(PayloadPattern(43), {0, length, MemoryAccess::REMOTE_WRITE, 0});
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 0x1000, length);
    work.localKey = from->GetLocalKey();
    work.remoteKey = right->GetRemoteKey();
    Post(work);
    work.remoteKey = wrong->GetRemoteKey();
    work.remoteAddress = 0;
    Post(work);
    // The right pattern, eight bytes off.
    work.remoteKey = right->GetRemoteKey();
    work.remoteAddress = 0x1008;
    work.length = 4096;
    Post(work);
    // The right bytes of it at an odd place.
    work.localAddress = 13;
    work.remoteAddress = 0x1000 + 13;
    work.length = 5'000;
    Post(work);
    RunToSuccess(4);
    EXPECT_EQ(right->GetBytesStored(), length + 4096 + 5'000);
    EXPECT_GT(right->GetMismatches(), 4096u * 9 / 10);
    EXPECT_LE(right->GetMismatches(), 4096u);
    EXPECT_GT(wrong->GetMismatches(), length * 9 / 10);
}

TEST_F(RdmaVerbs, PatternsAndMemoryUnderstandEachOther)
{
    Build();
    const PayloadPattern pattern(7);
    const auto generated = m_a.engine->RegisterPattern(
        pattern,
        {0, 100'000, MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_READ, 0});
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 3, 100'000);
    work.localKey = generated->GetLocalKey();
    Post(work);
    work = MakeWork(WorkOpcode::READ, 0, 3, 100'000);
    work.localKey = generated->GetLocalKey();
    Post(work);
    RunToSuccess(2);
    std::vector<uint8_t> expected(100'000);
    pattern.Generate(expected.data(), 100'000);
    EXPECT_EQ(GetBytes(m_b, 3, 100'000), expected);
    EXPECT_EQ(generated->GetBytesStored(), 100'000u);
    EXPECT_EQ(generated->GetMismatches(), 0u);
    // One wrong byte is noticed.
    m_b.memory->GetBytes(5'003, 1)[0] ^= 1;
    Post(work);
    Simulator::Run();
    EXPECT_EQ(generated->GetMismatches(), 1u);
}

} // namespace
} // namespace offload
} // namespace ns3
