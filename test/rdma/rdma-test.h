/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What the tests of RDMA share: two hosts, a cable that may misbehave, and a record of completions.
 */
#ifndef OFFLOAD_RDMA_TEST_H
#define OFFLOAD_RDMA_TEST_H

#include "ns3/callback.h"
#include "ns3/data-rate.h"
#include "ns3/host-memory.h"
#include "ns3/link-channel.h"
#include "ns3/node.h"
#include "ns3/nstime.h"
#include "ns3/rdma-helper.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace ns3
{
namespace offload
{

/** A cable that loses, repeats and delays frames at random, or as a test says. */
class BadChannel : public LinkChannel
{
  public:
    double loss{0};                                                //!< probability
    double duplication{0};                                         //!< probability
    double reordering{0};                                          //!< probability
    std::function<bool(uint32_t side, const EthernetFrame&)> lose; //!< asked first
    std::function<void(uint32_t side, EthernetFrame&)> change;     //!< on the way
    uint32_t lost{0};
    uint32_t duplicated{0};
    uint32_t reordered{0};
    uint32_t carried{0};

    LinkNetDevice* GetReceiver(uint32_t) const override
    {
        return nullptr;
    }

    void Deliver(uint32_t side, EthernetFrame&& frame) override
    {
        ++carried;
        if (change)
        {
            change(side, frame);
        }
        if ((lose && lose(side, frame)) || Happens(loss))
        {
            ++lost;
            return;
        }
        if (Happens(duplication))
        {
            ++duplicated;
            Later(side, frame);
        }
        if (Happens(reordering))
        {
            ++reordered;
            Later(side, frame);
            return;
        }
        LinkChannel::Deliver(side, std::move(frame));
    }

  private:
    bool Happens(double probability)
    {
        return probability > 0 && std::uniform_real_distribution<>()(m_random) < probability;
    }

    void Later(uint32_t side, const EthernetFrame& frame)
    {
        const int64_t ps = std::uniform_int_distribution<int64_t>(1, 5'000'000)(m_random);
        Simulator::ScheduleWithContext(GetReceiverContext(side),
                                       TimeStep(static_cast<uint64_t>(ps)),
                                       &BadChannel::Hand,
                                       Ptr<BadChannel>(this),
                                       side,
                                       frame);
    }

    void Hand(uint32_t side, EthernetFrame frame)
    {
        LinkChannel::Deliver(side, std::move(frame));
    }

    std::mt19937_64 m_random{1};
};

/** Two hosts with real memory, connected by a queue pair; leaves the simulator clean. */
class RdmaTest : public ::testing::Test
{
  public:
    static constexpr uint64_t MEMORY_BYTES = 1 << 22;
    static constexpr uint32_t ALL_RIGHTS = MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE |
                                           MemoryAccess::REMOTE_READ | MemoryAccess::REMOTE_ATOMIC;

    /** What was polled, and when. */
    struct Done
    {
        Completion completion;
        int64_t ps;
    };

    /** A host. */
    struct Host
    {
        Ptr<RdmaNetDevice> device;
        Ptr<RdmaEngine> engine;
        Ptr<HostMemory> memory;
        Ptr<MemoryRegion> region;
        Ptr<QueuePair> queuePair;
        Ptr<CompletionQueue> completions;
        std::vector<Done> done;
        std::vector<RdmaDropReason> drops;
        uint32_t retransmissions{0};
    };

    RdmaTest()
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        // Losses of the last packet of a burst are only noticed by timeout.
        m_helper.SetQueuePairAttribute("Timeout", TimeValue(MicroSeconds(100)));
    }

    void TearDown() override
    {
        m_hosts = {};
        m_channel = nullptr;
        Simulator::Destroy();
    }

    /** Make the hosts; attributes of m_helper are set before. */
    void Build()
    {
        NodeContainer nodes;
        nodes.Create(2);
        m_channel = CreateObject<BadChannel>();
        m_channel->SetAttribute("Delay", TimeValue(NanoSeconds(500)));
        for (uint32_t i = 0; i < 2; ++i)
        {
            AddHost(m_hosts[i], m_helper.CreateDevice(nodes.Get(i)));
            m_hosts[i].device->Attach(m_channel);
        }
        ConnectHosts();
    }

    /** Give a host a NIC and memory. */
    static void AddHost(Host& host, Ptr<RdmaNetDevice> device)
    {
        host.device = device;
        host.engine = device->GetEngine();
        host.memory = CreateObjectWithAttributes<HostMemory>("Size", UintegerValue(MEMORY_BYTES));
        host.region = host.engine->RegisterMemory(host.memory, {0, MEMORY_BYTES, ALL_RIGHTS, 0});
    }

    /** Connect the hosts by a queue pair. */
    void ConnectHosts()
    {
        const auto connection = RdmaHelper::ConnectQueuePairs(m_a.device, m_b.device);
        m_a.queuePair = connection.first;
        m_b.queuePair = connection.second;
        for (Host& host : m_hosts)
        {
            host.completions = host.queuePair->GetParameters().sendCompletions;
            host.completions->SetNotifyCallback(MakeBoundCallback(&RdmaTest::Poll, &host));
        }
    }

    /** Record what is dropped and sent again. Without it, the engine may run ahead. */
    void Watch()
    {
        for (Host& host : m_hosts)
        {
            host.engine->TraceConnectWithoutContext("Drop",
                                                    MakeBoundCallback(&RdmaTest::NoteDrop, &host));
            host.engine->TraceConnectWithoutContext(
                "Retransmit",
                MakeBoundCallback(&RdmaTest::NoteRetransmit, &host));
        }
    }

    static void Poll(Host* host, Ptr<CompletionQueue> queue)
    {
        Completion completion;
        while (queue->Poll(completion))
        {
            host->done.push_back({completion, Simulator::Now().GetTimeStep()});
        }
    }

    static void NoteDrop(Host* host, Ptr<const Packet>, RdmaDropReason reason)
    {
        host->drops.push_back(reason);
    }

    static void NoteRetransmit(Host* host, uint32_t, uint32_t)
    {
        ++host->retransmissions;
    }

    /** Fill memory with bytes that depend on the place. */
    static void Fill(Host& host, uint64_t address, uint64_t size, uint64_t seed)
    {
        std::mt19937_64 random(seed);
        uint8_t* bytes = host.memory->GetBytes(address, size);
        for (uint64_t i = 0; i < size; i += sizeof(uint64_t))
        {
            const uint64_t word = random();
            std::memcpy(bytes + i, &word, std::min(size - i, uint64_t{sizeof(word)}));
        }
    }

    static std::vector<uint8_t> GetBytes(const Host& host, uint64_t address, uint64_t size)
    {
        std::vector<uint8_t> bytes(size);
        host.memory->Read(address, bytes.data(), size);
        return bytes;
    }

    static uint64_t GetWord(const Host& host, uint64_t address)
    {
        uint64_t word = 0;
        for (const uint8_t byte : GetBytes(host, address, 8))
        {
            word = word >> 8 | uint64_t{byte} << 56;
        }
        return word;
    }

    /** @return a request of m_a to m_b; both use their whole memory's keys */
    WorkRequest MakeWork(WorkOpcode opcode, uint64_t local, uint64_t remote, uint32_t length)
    {
        WorkRequest work;
        work.id = ++m_lastId;
        work.opcode = opcode;
        work.localAddress = local;
        work.remoteAddress = remote;
        work.length = length;
        work.localKey = m_a.region->GetLocalKey();
        work.remoteKey = m_b.region->GetRemoteKey();
        return work;
    }

    uint64_t Post(const WorkRequest& work)
    {
        EXPECT_EQ(m_a.queuePair->PostSend(work), PostResult::POSTED);
        return work.id;
    }

    void PostReceive(Host& host, uint64_t address, uint32_t length)
    {
        ReceiveRequest receive;
        receive.id = ++m_lastId;
        receive.address = address;
        receive.length = length;
        receive.localKey = host.region->GetLocalKey();
        EXPECT_EQ(host.queuePair->PostReceive(receive), PostResult::POSTED);
    }

    /** Run until nothing happens any more, and see that all requests have succeeded. */
    void RunToSuccess(std::size_t sends, std::size_t receives = 0)
    {
        Simulator::Run();
        EXPECT_EQ(m_a.done.size(), sends);
        EXPECT_EQ(m_b.done.size(), receives);
        for (const Host& host : m_hosts)
        {
            for (const Done& done : host.done)
            {
                EXPECT_EQ(done.completion.status, WorkStatus::SUCCESS)
                    << ToString(done.completion.status) << " of " << done.completion.id;
            }
        }
        EXPECT_EQ(m_a.queuePair->GetSendsPosted(), 0u);
        EXPECT_EQ(m_a.queuePair->GetInFlight(), 0u);
    }

    RdmaHelper m_helper;
    Ptr<BadChannel> m_channel;
    std::array<Host, 2> m_hosts;
    Host& m_a{m_hosts[0]}; //!< sends
    Host& m_b{m_hosts[1]}; //!< receives
    uint64_t m_lastId{0};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_TEST_H */
