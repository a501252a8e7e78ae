/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The programs of doc/rdma.rst.
#include "ns3/data-rate.h"
#include "ns3/node-container.h"
#include "ns3/node.h"
#include "ns3/rdma-helper.h"
#include "ns3/simulator.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

// [completion begins]
/** Called at the instant at which completions appear. */
void
CountSuccesses(uint32_t* count, Ptr<CompletionQueue> queue)
{
    Completion completion;
    while (queue->Poll(completion))
    {
        *count += completion.status == WorkStatus::SUCCESS;
    }
}

// [completion ends]

TEST(RdmaGuide, TwoHostsExchangeAMessage)
{
    // [documentation begins]
    NodeContainer nodes;
    nodes.Create(2);
    RdmaHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    NetDeviceContainer devices = helper.Install(nodes);
    auto client = DynamicCast<RdmaNetDevice>(devices.Get(0));
    auto server = DynamicCast<RdmaNetDevice>(devices.Get(1));

    // Two queue pairs that are connected with each other, READY_TO_SEND.
    auto [queuePair, peer] = RdmaHelper::ConnectQueuePairs(client, server);

    // Memory that the NICs may use; the server's may be written from outside.
    Ptr<HostMemory> memory = helper.GetMemory(nodes.Get(0));
    Ptr<HostMemory> remote = helper.GetMemory(nodes.Get(1));
    MemoryRegion::Range range;
    range.length = 1 << 20;
    Ptr<MemoryRegion> source = client->GetEngine()->RegisterMemory(memory, range);
    range.access = MemoryAccess::REMOTE_WRITE;
    Ptr<MemoryRegion> target = server->GetEngine()->RegisterMemory(remote, range);

    const std::string text = "written by the NIC";
    memory->Write(0, reinterpret_cast<const uint8_t*>(text.data()), text.size());

    WorkRequest work;
    work.opcode = WorkOpcode::WRITE;
    work.localKey = source->GetLocalKey();
    work.remoteKey = target->GetRemoteKey();
    work.remoteAddress = 4096;
    work.length = static_cast<uint32_t>(text.size());
    const PostResult posted = queuePair->PostSend(work);

    uint32_t successes = 0;
    queuePair->GetParameters().sendCompletions->SetNotifyCallback(
        MakeBoundCallback(&CountSuccesses, &successes));
    Simulator::Run();
    // [documentation ends]

    EXPECT_EQ(posted, PostResult::POSTED);
    EXPECT_EQ(successes, 1u);
    std::string read(text.size(), ' ');
    remote->Read(4096, reinterpret_cast<uint8_t*>(&read[0]), read.size());
    EXPECT_EQ(read, text);
    EXPECT_EQ(peer->GetState(), QueuePairState::READY_TO_SEND);
    Simulator::Destroy();
}

TEST(RdmaGuide, GigabytesAreCheckedAndNotStored)
{
    RdmaHelper helper;
    NodeContainer nodes;
    nodes.Create(2);
    NetDeviceContainer devices = helper.Install(nodes);
    auto client = DynamicCast<RdmaNetDevice>(devices.Get(0));
    auto server = DynamicCast<RdmaNetDevice>(devices.Get(1));
    auto [queuePair, peer] = RdmaHelper::ConnectQueuePairs(client, server);
    WorkRequest work;
    work.opcode = WorkOpcode::WRITE;
    // [pattern begins]
    MemoryRegion::Range range;
    range.length = 1 << 30;
    range.access = MemoryAccess::REMOTE_WRITE;
    const PayloadPattern pattern(1); // the seed: what the bytes are
    Ptr<MemoryRegion> source = client->GetEngine()->RegisterPattern(pattern, range);
    Ptr<MemoryRegion> target = server->GetEngine()->RegisterPattern(pattern, range);
    // ... after the run:
    // target->GetBytesStored() is what has come, target->GetMismatches() what of it was wrong
    // [pattern ends]
    work.localKey = source->GetLocalKey();
    work.remoteKey = target->GetRemoteKey();
    work.length = 1 << 30;
    EXPECT_EQ(queuePair->PostSend(work), PostResult::POSTED);
    Simulator::Run();
    EXPECT_EQ(target->GetBytesStored(), range.length);
    EXPECT_EQ(target->GetMismatches(), 0u);
    EXPECT_EQ(peer->GetSendsPosted(), 0u);
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
