/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Queue pairs behind PCIe: what posting, fetching, writing and telling take.
#include "rdma-test.h"

#include "ns3/boolean.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/** Hosts with memory and cores behind PCIe. */
class RdmaHostTest : public RdmaTest
{
  public:
    RdmaHostTest()
    {
        m_helper.EnableHost();
        m_helper.SetMemoryAttribute("Size", UintegerValue(MEMORY_BYTES));
        m_helper.SetCpuAttribute("Polling", BooleanValue(true));
        m_helper.SetCpuAttribute("PollingLatency", TimeValue(NanoSeconds(30)));
    }

    /** As Build, but the regions lie in the memory behind the NIC's PCIe link. */
    void BuildHosts()
    {
        Build();
        for (Host& host : m_hosts)
        {
            host.memory = host.engine->GetHost()->GetPcie()->GetMemory();
            host.region =
                host.engine->RegisterMemory(host.memory, {0, MEMORY_BYTES, ALL_RIGHTS, 0});
            host.engine->GetHost()->GetPcie()->TraceConnectWithoutContext(
                "Transfer",
                MakeBoundCallback(&RdmaHostTest::Count, &m_transfers));
        }
    }

    static void Count(std::vector<PcieTransfer>* transfers, const PcieTransfer& transfer)
    {
        transfers->push_back(transfer);
    }

    uint32_t CountTransfers(PcieTransfer::Kind kind) const
    {
        uint32_t bytes = 0;
        for (const PcieTransfer& transfer : m_transfers)
        {
            bytes += transfer.kind == kind ? transfer.bytes : 0;
        }
        return bytes;
    }

    std::vector<PcieTransfer> m_transfers;
};

TEST_F(RdmaHostTest, EveryByteOfEachVerbCrossesPcie)
{
    BuildHosts();
    Fill(m_a, 0, 100'000, 1);
    PostReceive(m_b, 200'000, 10'000);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100'000));
    Post(MakeWork(WorkOpcode::SEND, 0, 0, 10'000));
    Post(MakeWork(WorkOpcode::READ, 300'000, 0, 50'000));
    RunToSuccess(3, 1);
    EXPECT_EQ(GetBytes(m_b, 0, 100'000), GetBytes(m_a, 0, 100'000));
    EXPECT_EQ(GetBytes(m_b, 200'000, 10'000), GetBytes(m_a, 0, 10'000));
    EXPECT_EQ(GetBytes(m_a, 300'000, 50'000), GetBytes(m_a, 0, 50'000));
    using Kind = PcieTransfer::Kind;
    EXPECT_EQ(CountTransfers(Kind::DOORBELL), 3 * 64u);
    EXPECT_EQ(CountTransfers(Kind::COMPLETION), 160'000u) << "payload fetched";
    EXPECT_EQ(CountTransfers(Kind::WRITE), 160'000u + 4 * 64) << "payload and completions";
}

TEST_F(RdmaHostTest, ASmallWriteTakesTheSumOfItsSteps)
{
    BuildHosts();
    Ptr<PcieLink> pcie = CreateObject<PcieLink>();
    pcie->SetMemory(CreateObject<HostMemory>());
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 64));
    RunToSuccess(1);
    // The same steps on a link of their own.
    const int64_t known = pcie->ReserveDoorbell(64, 65'000);
    const int64_t fetched = pcie->ReserveRead(64, known);
    const int64_t data = (8 + 14 + 20 + 8 + 12 + 16 + 64 + 4 + 4) * 80 + 500'000;
    const int64_t ack = (8 + 14 + 20 + 8 + 12 + 4 + 4 + 4) * 80 + 500'000;
    const int64_t told = pcie->ReserveWrite(64, fetched + data + ack) + 30'000;
    EXPECT_EQ(m_a.done[0].ps, told);
}

TEST_F(RdmaHostTest, FetchedRequestsTakeAReadMoreAndInlinedOnesALess)
{
    std::vector<int64_t> times;
    for (const bool push : {false, true})
    {
        for (const bool inlined : {false, true})
        {
            m_helper.SetHostAttribute("PushRequests", BooleanValue(push));
            BuildHosts();
            WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 0, 64);
            work.inlined = inlined;
            Post(work);
            RunToSuccess(1);
            times.push_back(m_a.done[0].ps);
            TearDown();
        }
    }
    // A round trip over PCIe and the memory's latency each.
    EXPECT_GT(times[0], times[2] + 400'000);
    EXPECT_GT(times[2], times[3] + 400'000);
    EXPECT_EQ(times[1], times[3]) << "what is inlined is pushed";
}

TEST_F(RdmaHostTest, PrefetchingHidesPcieBehindTheLine)
{
    BuildHosts();
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 2'000'000));
    RunToSuccess(1);
    const int64_t line = 2'000'000 * 80;
    EXPECT_LT(m_a.done[0].ps, line * 11 / 10);
    TearDown();
    m_helper.SetHostAttribute("Prefetch", UintegerValue(1));
    BuildHosts();
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 2'000'000));
    RunToSuccess(1);
    EXPECT_GT(m_a.done[0].ps, line * 15 / 10) << "each packet waits for its own payload";
}

TEST_F(RdmaHostTest, ASlowPcieLinkIsTheBottleneckOfReads)
{
    m_helper.SetPcieAttribute("Generation", UintegerValue(3));
    m_helper.SetPcieAttribute("Lanes", UintegerValue(4));
    BuildHosts();
    // The reader's own link is not what it waits for.
    m_a.engine->GetHost()->GetPcie()->SetAttribute("Generation", UintegerValue(5));
    m_a.engine->GetHost()->GetPcie()->SetAttribute("Lanes", UintegerValue(16));
    constexpr uint32_t BYTES = 4'000'000;
    Fill(m_b, 0, BYTES, 1);
    Post(MakeWork(WorkOpcode::READ, 0, 0, BYTES));
    RunToSuccess(1);
    EXPECT_EQ(GetBytes(m_a, 0, BYTES), GetBytes(m_b, 0, BYTES));
    // Completions of at most 256 bytes with 20 of headers, at 32 Gbit/s * 0.95 - 1 Gbit/s.
    const uint32_t wireBytes = PcieLink::Segment(BYTES, 256, 20);
    uint32_t completions = 0;
    for (const PcieTransfer& transfer : m_transfers)
    {
        completions += transfer.kind == PcieTransfer::Kind::COMPLETION ? transfer.wireBytes : 0;
    }
    EXPECT_EQ(completions, wireBytes);
    const double ps = wireBytes * 8e12 / 29.4e9;
    EXPECT_NEAR(static_cast<double>(m_a.done[0].ps), ps, ps / 100);
}

TEST_F(RdmaHostTest, WhoPollsMemoryIsToldWhenTheLastByteCanBeSeen)
{
    BuildHosts();
    Ptr<CompletionQueue> monitor = m_b.engine->CreateCompletionQueue(16);
    monitor->SetNotifyCallback(MakeBoundCallback(&RdmaTest::Poll, &m_b));
    m_b.region->SetMonitor(monitor);
    Post(MakeWork(WorkOpcode::WRITE, 0, 4'000, 10'000));
    RunToSuccess(1, 1);
    EXPECT_EQ(m_b.done[0].completion.id, 4'000u);
    EXPECT_EQ(m_b.done[0].completion.bytes, 10'000u);
    int64_t stored = 0;
    for (const PcieTransfer& transfer : m_transfers)
    {
        if (transfer.kind == PcieTransfer::Kind::WRITE && transfer.bytes > 64)
        {
            stored = transfer.end + 200'000;
        }
    }
    EXPECT_EQ(m_b.done[0].ps, stored + 30'000);
}

TEST_F(RdmaHostTest, AnAtomicTakesTheSumOfItsSteps)
{
    BuildHosts();
    Ptr<PcieLink> pcie = CreateObject<PcieLink>();
    Ptr<PcieLink> responder = CreateObject<PcieLink>();
    pcie->SetMemory(CreateObject<HostMemory>());
    responder->SetMemory(CreateObject<HostMemory>());
    WorkRequest work = MakeWork(WorkOpcode::FETCH_ADD, 0, 0, 8);
    work.compareOrAdd = 1;
    Post(work);
    RunToSuccess(1);
    EXPECT_EQ(GetWord(m_b, 0), 1u);
    // The same steps on links of their own: the responder reads before it answers, and both write.
    const int64_t known = pcie->ReserveDoorbell(64, 65'000);
    const int64_t question = (8 + 14 + 20 + 8 + 12 + 28 + 4 + 4) * 80 + 500'000;
    const int64_t read = responder->ReserveRead(8, known + question);
    const int64_t answer = (8 + 14 + 20 + 8 + 12 + 4 + 8 + 4 + 4) * 80 + 500'000;
    const int64_t written = pcie->ReserveWrite(8, read + answer) - pcie->GetPostedTime();
    const int64_t told = pcie->ReserveWrite(64, written) + 30'000;
    EXPECT_EQ(m_a.done[0].ps, told);
    using Kind = PcieTransfer::Kind;
    EXPECT_EQ(CountTransfers(Kind::COMPLETION), 8u) << "the responder reads";
    EXPECT_EQ(CountTransfers(Kind::WRITE), 8u + 8 + 64) << "new value, result, completion";
}

TEST_F(RdmaHostTest, ASwapThatDoesNotHappenWritesNothing)
{
    BuildHosts();
    WorkRequest work = MakeWork(WorkOpcode::COMPARE_SWAP, 0, 0, 8);
    work.compareOrAdd = 1;
    work.swap = 2;
    Post(work);
    RunToSuccess(1);
    EXPECT_EQ(CountTransfers(PcieTransfer::Kind::COMPLETION), 8u);
    EXPECT_EQ(CountTransfers(PcieTransfer::Kind::WRITE), 8u + 64) << "result, completion";
}

TEST_F(RdmaHostTest, AFencedWriteIsFetchedWhenTheReadBeforeItIsDone)
{
    BuildHosts();
    Fill(m_b, 0, 4096, 1);
    Post(MakeWork(WorkOpcode::WRITE, 100'000, 100'000, 12'000));
    Post(MakeWork(WorkOpcode::READ, 0, 0, 4096));
    WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 8192, 1000);
    work.fenced = true;
    Post(work);
    RunToSuccess(3);
    EXPECT_EQ(GetBytes(m_b, 8192, 1000), GetBytes(m_b, 0, 1000));
    int64_t arrived = 0;
    int64_t fetched = 0;
    for (const PcieTransfer& transfer : m_transfers)
    {
        using Kind = PcieTransfer::Kind;
        // The last whole packet is the READ's, and only the fenced WRITE has an end of that size.
        if (transfer.kind == Kind::WRITE && transfer.bytes == 4096)
        {
            arrived = transfer.begin;
        }
        if (transfer.kind == Kind::READ_REQUEST && transfer.bytes == 1000 - 512)
        {
            fetched = transfer.begin;
        }
    }
    EXPECT_GT(arrived, 0);
    EXPECT_GE(fetched, arrived);
}

TEST_F(RdmaHostTest, PostingOccupiesACore)
{
    BuildHosts();
    int64_t busy = 0;
    m_a.engine->GetHost()->GetCpu()->TraceConnectWithoutContext(
        "Work",
        MakeBoundCallback(
            +[](int64_t* sum, const CpuWork& work) { *sum += work.end - work.begin; },
            &busy));
    for (uint32_t i = 0; i < 10; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 8));
    }
    RunToSuccess(10);
    EXPECT_EQ(busy, 650'000);
}

TEST_F(RdmaHostTest, EveryByteArrivesOverABadNetworkToo)
{
    BuildHosts();
    m_channel->loss = m_channel->duplication = m_channel->reordering = 0.01;
    Fill(m_a, 0, 1'000'000, 1);
    for (uint32_t i = 0; i < 20; ++i)
    {
        Post(MakeWork(WorkOpcode::WRITE, 50'000 * i, 50'000 * i, 50'000));
        Post(MakeWork(WorkOpcode::READ, 2'000'000 + 50'000 * i, 50'000 * i, 50'000));
    }
    RunToSuccess(40);
    EXPECT_EQ(GetBytes(m_b, 0, 1'000'000), GetBytes(m_a, 0, 1'000'000));
    EXPECT_EQ(GetBytes(m_a, 2'000'000, 1'000'000), GetBytes(m_a, 0, 1'000'000));
}

TEST_F(RdmaHostTest, ImpossibleHostsAreRefused)
{
    EXPECT_THROW(m_helper.SetHostAttribute("NoSuch", UintegerValue(1)), std::invalid_argument);
    EXPECT_THROW(m_helper.SetHostAttribute("Prefetch", UintegerValue(0)), std::invalid_argument);
    m_helper.SetHostAttribute("Core", UintegerValue(1'000));
    EXPECT_THROW(m_helper.CreateDevice(CreateObject<Node>()), std::invalid_argument);
}

} // namespace
} // namespace offload
} // namespace ns3
