/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_RDMA_TEST_H
#define OFFLOAD_SPIN_RDMA_TEST_H

#include "rdma-test.h"

#include "ns3/boolean.h"
#include "ns3/hpu.h"
#include "ns3/spin-rdma-helper.h"
#include "ns3/write-program.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace ns3
{
namespace offload
{

/// Bytes of a host's memory
constexpr uint64_t MEMORY = 1 << 22;
constexpr uint32_t RIGHTS = RdmaTest::ALL_RIGHTS;
constexpr uint64_t SOURCE = 0;       //!< of the first host: what it sends
constexpr uint64_t BACK = 2 << 20;   //!< of the first host: where it comes back to
constexpr uint64_t TARGET = 1 << 20; //!< of the second host: where handlers put it
constexpr uint64_t WINDOW = 1 << 19; //!< bytes there

/** Does with packets as a test says. */
class TestProgram : public WriteProgram
{
  public:
    std::function<HandlerStatus(HandlerKind, Hpu&)> run;
    std::vector<HandlerKind> kinds{HandlerKind::PAYLOAD};

    bool Has(HandlerKind kind) const override
    {
        return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
    }

    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override
    {
        return run(kind, hpu);
    }
};

/** Two sPIN NICs that speak RoCEv2, over a cable that may be bad. */
class SpinRdmaDevice : public ::testing::Test
{
  public:
    struct Host
    {
        Ptr<SpinRdmaNetDevice> nic;
        Ptr<HostMemory> memory;
        Ptr<MemoryRegion> region;
        std::vector<RdmaTest::Done> sent;
        std::vector<RdmaTest::Done> received;
        std::vector<NicDropReason> drops;
    };

    SpinRdmaDevice()
    {
        m_helper.UseHost(HostPreset::Get("sc17-discrete"));
        m_helper.UseSc17Nic();
        m_helper.SetMemoryAttribute("Size", UintegerValue(MEMORY));
        // Losses of a burst's last packet are only noticed by timeout.
        m_helper.SetQueuePairAttribute("Timeout", TimeValue(MicroSeconds(100)));
        m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1));
        m_helper.SetQueuePairAttribute("Mtu", UintegerValue(1024));
    }

    void TearDown() override
    {
        m_hosts = {};
        m_channel = nullptr;
        m_queuePairs = {};
        m_context = nullptr;
        Simulator::Destroy();
    }

    void Build()
    {
        NodeContainer nodes(2);
        m_channel = CreateObject<BadChannel>();
        m_channel->SetAttribute("Delay", TimeValue(NanoSeconds(100)));
        for (uint32_t i = 0; i < 2; ++i)
        {
            Host& host = m_hosts[i];
            host.nic = m_helper.CreateDevice(nodes.Get(i));
            host.nic->Attach(m_channel);
            host.memory = nodes.Get(i)->GetObject<HostMemory>();
            host.region =
                host.nic->GetEngine()->RegisterMemory(host.memory, {0, MEMORY, RIGHTS, 0});
            host.nic->TraceConnectWithoutContext(
                "Drop",
                MakeBoundCallback(
                    +[](Host* h, Ptr<const Packet>, NicDropReason r) { h->drops.push_back(r); },
                    &host));
        }
        m_queuePairs = Connect();
    }

    RdmaHelper::Connection Connect()
    {
        const auto connection = SpinRdmaHelper::ConnectQueuePairs(m_a.nic, m_b.nic);
        Listen(connection.first, m_a);
        Listen(connection.second, m_b);
        return connection;
    }

    static void Listen(const Ptr<QueuePair>& queuePair, Host& host)
    {
        const auto poll = [](std::vector<RdmaTest::Done>* done, Ptr<CompletionQueue> queue) {
            Completion completion;
            while (queue->Poll(completion))
            {
                done->push_back({completion, Simulator::Now().GetTimeStep()});
            }
        };
        queuePair->GetParameters().sendCompletions->SetNotifyCallback(
            MakeBoundCallback(+poll, &host.sent));
        queuePair->GetParameters().receiveCompletions->SetNotifyCallback(
            MakeBoundCallback(+poll, &host.received));
    }

    /** Attach handlers to the second host's end; they know TARGET and the first host's memory. */
    void Attach(const Ptr<WriteProgram>& program, bool tells = true)
    {
        WriteProgram::Setup setup;
        setup.address = TARGET;
        setup.local = TARGET;
        setup.localKey = m_b.region->GetLocalKey();
        setup.messageBytes = m_messageBytes;
        setup.ownAddress = m_b.nic->GetEngine()->GetAddress().Get();
        program->SetUp(setup,
                       {{m_queuePairs.second->GetNumber(), m_a.region->GetRemoteKey(), BACK}});
        m_context = CreateObject<ExecutionContext>();
        m_context->SetProgram(program);
        m_context->SetAttribute("HostMemoryAddress", UintegerValue(TARGET));
        m_context->SetAttribute("HostMemoryBytes", UintegerValue(WINDOW));
        m_context->SetAttribute("ScratchpadBytes", UintegerValue(program->GetScratchpadBytes(4)));
        m_b.nic->AttachContext(m_queuePairs.second, m_context, tells);
    }

    Ptr<TestProgram> MakeProgram(std::function<HandlerStatus(HandlerKind, Hpu&)> run)
    {
        Ptr<TestProgram> program = CreateObject<TestProgram>();
        program->run = std::move(run);
        return program;
    }

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

    void Post(const WorkRequest& work)
    {
        EXPECT_EQ(m_queuePairs.first->PostSend(work), PostResult::POSTED);
    }

    static void Fill(Host& host, uint64_t address, uint64_t size)
    {
        uint8_t* bytes = host.memory->GetBytes(address, size);
        for (uint64_t i = 0; i < size; ++i)
        {
            bytes[i] = static_cast<uint8_t>(i * 2654435761U >> 11);
        }
    }

    static std::vector<uint8_t> Get(const Host& host, uint64_t address, uint64_t size)
    {
        std::vector<uint8_t> bytes(size);
        host.memory->Read(address, bytes.data(), size);
        return bytes;
    }

    SpinRdmaHelper m_helper;
    Ptr<BadChannel> m_channel;
    std::array<Host, 2> m_hosts;
    Host& m_a{m_hosts[0]}; //!< sends
    Host& m_b{m_hosts[1]}; //!< has the handlers
    RdmaHelper::Connection m_queuePairs;
    Ptr<ExecutionContext> m_context;
    uint32_t m_messageBytes{0};
    uint64_t m_lastId{0};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_RDMA_TEST_H */
