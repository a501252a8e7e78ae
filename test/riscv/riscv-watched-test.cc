/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Whoever watches a unit with RISC-V handlers does not change what it does.
 */
#include "cross-compiler.h"

#include "ns3/execution-context.h"
#include "ns3/handler-check.h"
#include "ns3/instruction-observer.h"
#include "ns3/packet-generator.h"
#include "ns3/riscv-program.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint64_t WATCHED_HOST_ADDRESS = 0xDEADBEEF; //!< as PsPIN's drivers have it
constexpr uint64_t WATCHED_HOST_BYTES = 1 << 18;      //!< of the context's window

/** What a run leaves. */
struct Left
{
    std::vector<std::pair<int64_t, std::vector<uint8_t>>> sent; //!< packets with their times, ps
    std::vector<uint8_t> host;                                  //!< host memory
    std::vector<uint8_t> scratchpads;                           //!< of all clusters
    std::vector<int64_t> events;                                //!< times of context events, ps
    uint64_t handlers{0};                                       //!< run
    uint64_t done{0};                                           //!< packets
};

/** Connects to everything that a unit lets others see, and counts. */
class Watcher : public InstructionObserver
{
  public:
    explicit Watcher(Ptr<SpinUnit> unit)
    {
        unit->TraceConnectWithoutContext("Handler", MakeCallback(&Watcher::OnHandler, this));
        unit->TraceConnectWithoutContext("Packet", MakeCallback(&Watcher::OnPacket, this));
        unit->TraceConnectWithoutContext("Dma", MakeCallback(&Watcher::OnDma, this));
        unit->TraceConnectWithoutContext("Command", MakeCallback(&Watcher::OnCommand, this));
        unit->TraceConnectWithoutContext("Send", MakeCallback(&Watcher::OnSend, this));
        unit->AddInstructionObserver(*this);
    }

    void Executed(const ExecutedInstruction&) override
    {
        instructions++;
    }

    void Waits(uint32_t, uint32_t, int64_t) override
    {
        waits++;
    }

    void OnHandler(const HandlerRun&)
    {
        handlers++;
    }

    void OnPacket(const PacketRun&)
    {
        packets++;
    }

    void OnDma(const DmaRun&)
    {
        transfers++;
    }

    void OnCommand(const CommandRun&)
    {
        commands++;
    }

    void OnSend(Ptr<const Packet>)
    {
        sends++;
    }

    uint64_t instructions{0}; //!< executed
    uint64_t waits{0};        //!< of HPUs for tasks
    uint64_t handlers{0};     //!< run
    uint64_t packets{0};      //!< done
    uint64_t transfers{0};    //!< of packet DMA
    uint64_t commands{0};     //!< carried out
    uint64_t sends{0};        //!< of handlers
};

/** Runs a shipped handler on more packets than the unit has HPUs. */
class WatchedBench
{
  public:
    static constexpr uint32_t PACKETS = 120; //!< of two messages
    static constexpr uint32_t BYTES = 256;   //!< of a packet

    explicit WatchedBench(std::string handler)
        : m_handler(std::move(handler)),
          m_check(m_handler, BYTES)
    {
    }

    Left Run(bool watched, int64_t gap)
    {
        m_left = {};
        auto unit = CreateObject<SpinUnit>();
        auto context = CreateObject<ExecutionContext>();
        TestBenchHost host(WATCHED_HOST_ADDRESS, WATCHED_HOST_BYTES);
        std::string name = m_handler;
        std::replace(name.begin(), name.end(), '_', '-');
        context->SetProgram(CreateObjectWithAttributes<RiscvProgram>(
            "File",
            StringValue(CrossCompiler::ShippedHandler(name))));
        context->SetAttribute("NicMemoryBytes", UintegerValue(m_check.GetNicMemoryBytes()));
        context->SetAttribute("ScratchpadBytes", UintegerValue(m_check.GetScratchpadBytes()));
        context->SetAttribute("HostMemoryAddress", UintegerValue(WATCHED_HOST_ADDRESS));
        context->SetAttribute("HostMemoryBytes", UintegerValue(WATCHED_HOST_BYTES));
        context->SetEventCallback(MakeCallback(&WatchedBench::OnEvent, this));
        unit->SetHostPort(&host);
        unit->Attach(context);
        m_check.PrepareMemory(*context, host);
        PacketGenerator generator(unit, context);
        generator.SetOutputCallback(MakeCallback(&WatchedBench::OnSend, this));
        std::unique_ptr<Watcher> watcher;
        if (watched)
        {
            watcher = std::make_unique<Watcher>(unit);
        }
        PacketGenerator::Traffic traffic;
        traffic.messages = 2;
        traffic.packets = PACKETS / 2;
        traffic.packetGap = traffic.messageGap = gap;
        generator.Start(traffic, MakeCallback(&HandlerCheck::MakePacket, &m_check));
        Simulator::Run();
        m_left.host = host.GetMemory();
        for (uint32_t i = 0; i < unit->GetConfig().clusters; i++)
        {
            const uint8_t* scratchpad = context->GetScratchpad(i);
            m_left.scratchpads.insert(m_left.scratchpads.end(),
                                      scratchpad,
                                      scratchpad + context->GetScratchpadBytes());
        }
        m_left.handlers = unit->GetCounters().handlersRun;
        m_left.done = unit->GetCounters().packetsDone;
        if (watcher)
        {
            EXPECT_EQ(watcher->packets, PACKETS);
            EXPECT_EQ(watcher->handlers, m_left.handlers);
            EXPECT_EQ(watcher->transfers, m_left.handlers); // each task has its packet moved
            EXPECT_EQ(watcher->sends, m_left.sent.size());
            EXPECT_GE(watcher->commands, watcher->sends);
            EXPECT_GE(watcher->instructions, watcher->handlers);
        }
        unit->Dispose();
        Simulator::Destroy();
        return m_left;
    }

  private:
    void OnSend(Ptr<Packet> packet)
    {
        std::vector<uint8_t> bytes(packet->GetSize());
        packet->CopyData(bytes.data(), packet->GetSize());
        m_left.sent.emplace_back(Simulator::Now().GetTimeStep(), std::move(bytes));
    }

    void OnEvent(const ContextEvent&)
    {
        m_left.events.push_back(Simulator::Now().GetTimeStep());
    }

    std::string m_handler; //!< which
    HandlerCheck m_check;  //!< its memories and packets
    Left m_left;           //!< being recorded
};

class RiscvWatchedTest : public ::testing::TestWithParam<std::string>
{
};

TEST_P(RiscvWatchedTest, AUnitDoesTheSameAtTheSameTimeWhetherSomebodyLooksOrNot)
{
    for (const int64_t gap : {0, 20000})
    {
        WatchedBench bench(GetParam());
        const Left unwatched = bench.Run(false, gap);
        const Left watched = bench.Run(true, gap);
        EXPECT_EQ(unwatched.done, WatchedBench::PACKETS);
        EXPECT_EQ(watched.done, unwatched.done);
        EXPECT_EQ(watched.handlers, unwatched.handlers);
        EXPECT_TRUE(watched.sent == unwatched.sent) << gap;
        EXPECT_EQ(watched.events, unwatched.events) << gap;
        EXPECT_TRUE(watched.host == unwatched.host) << gap;
        EXPECT_TRUE(watched.scratchpads == unwatched.scratchpads) << gap;
    }
}

INSTANTIATE_TEST_SUITE_P(Shipped,
                         RiscvWatchedTest,
                         ::testing::ValuesIn(HandlerCheck::Known()),
                         [](const auto& info) { return info.param; });

} // namespace
} // namespace offload
} // namespace ns3
