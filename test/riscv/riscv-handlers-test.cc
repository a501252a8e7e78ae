/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The shipped handlers in C++ and in C on the cores: the same bytes, about the same time.
 */
#include "cross-compiler.h"

#include "ns3/boolean.h"
#include "ns3/execution-context.h"
#include "ns3/handler-check.h"
#include "ns3/packet-generator.h"
#include "ns3/ping-pong-program.h"
#include "ns3/riscv-program.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint64_t HOST_ADDRESS = 0xDEADBEEF; //!< as PsPIN's drivers have it
constexpr uint64_t HOST_BYTES = 1 << 16;      //!< of the context's window
constexpr uint32_t PACKETS = 24;              //!< of a run, in two messages
constexpr double TOLERANCE = 0.15;            //!< native cycles against the core's

/** What a run of a handler leaves. */
struct Outcome
{
    std::vector<std::vector<uint8_t>> sent; //!< packets, in order
    std::vector<uint8_t> host;              //!< host memory
    std::vector<uint8_t> scratchpads;       //!< of all clusters
    std::vector<uint64_t> cycles;           //!< of payload handlers
    uint32_t handlers{0};                   //!< run
    std::string cause;                      //!< of an error
};

/** Runs one handler on random packets. */
class Bench
{
  public:
    Bench(std::string handler, uint32_t bytes)
        : m_handler(std::move(handler)),
          m_bytes(bytes),
          m_check(m_handler, bytes)
    {
    }

    Outcome Run(bool riscv)
    {
        m_outcome = {};
        m_random.seed(m_bytes);
        auto unit = CreateObject<SpinUnit>();
        auto context = CreateObject<ExecutionContext>();
        TestBenchHost host(HOST_ADDRESS, HOST_BYTES);
        context->SetProgram(riscv ? MakeRiscv() : m_check.MakeProgram());
        context->SetAttribute("NicMemoryBytes", UintegerValue(m_check.GetNicMemoryBytes()));
        context->SetAttribute("ScratchpadBytes", UintegerValue(m_check.GetScratchpadBytes()));
        context->SetAttribute("HostMemoryAddress", UintegerValue(HOST_ADDRESS));
        context->SetAttribute("HostMemoryBytes", UintegerValue(HOST_BYTES));
        context->SetEventCallback(MakeCallback(&Bench::OnEvent, this));
        unit->SetHostPort(&host);
        unit->Attach(context);
        m_check.PrepareMemory(*context, host);
        unit->TraceConnectWithoutContext("Handler", MakeCallback(&Bench::OnHandler, this));
        PacketGenerator generator(unit, context);
        generator.SetOutputCallback(MakeCallback(&Bench::OnSend, this));
        PacketGenerator::Traffic traffic;
        traffic.messages = 2;
        traffic.packets = PACKETS / 2;
        traffic.packetGap = traffic.messageGap = 20000000; // one at a time: the order is the same
        generator.Start(traffic, MakeCallback(&Bench::MakePacket, this));
        Simulator::Run();
        m_outcome.host = host.GetMemory();
        for (uint32_t i = 0; i < unit->GetConfig().clusters; i++)
        {
            const uint8_t* scratchpad = context->GetScratchpad(i);
            m_outcome.scratchpads.insert(m_outcome.scratchpads.end(),
                                         scratchpad,
                                         scratchpad + context->GetScratchpadBytes());
        }
        unit->Dispose();
        Simulator::Destroy();
        return m_outcome;
    }

  private:
    Ptr<HandlerProgram> MakeRiscv() const
    {
        std::string name = m_handler;
        std::replace(name.begin(), name.end(), '_', '-');
        return CreateObjectWithAttributes<RiscvProgram>(
            "File",
            StringValue(CrossCompiler::ShippedHandler(name)));
    }

    Ptr<Packet> MakePacket(uint32_t index)
    {
        // Headers as they must be, a random payload; histogram takes words below 1024.
        Ptr<Packet> packet = m_check.MakePacket(index);
        std::vector<uint8_t> bytes(m_bytes);
        packet->CopyData(bytes.data(), m_bytes);
        for (uint32_t i = 28; i < m_bytes; i++)
        {
            const uint8_t mask = m_handler != "histogram" ? 0xFF
                                 : i % 4 == 0             ? 0xFF
                                 : i % 4 == 1             ? 3
                                                          : 0;
            bytes[i] = static_cast<uint8_t>(m_random()) & mask;
        }
        return Create<Packet>(bytes.data(), m_bytes);
    }

    void OnSend(Ptr<Packet> packet)
    {
        std::vector<uint8_t> bytes(packet->GetSize());
        packet->CopyData(bytes.data(), packet->GetSize());
        m_outcome.sent.push_back(std::move(bytes));
    }

    void OnHandler(const HandlerRun& run)
    {
        m_outcome.handlers++;
        if (run.kind == HandlerKind::PAYLOAD)
        {
            m_outcome.cycles.push_back(run.cycles);
        }
    }

    void OnEvent(const ContextEvent& event)
    {
        m_outcome.cause += event.cause;
    }

    std::string m_handler; //!< which
    uint32_t m_bytes;      //!< of a packet
    HandlerCheck m_check;  //!< its memories
    std::mt19937 m_random; //!< payloads
    Outcome m_outcome;     //!< being recorded
};

double
Median(std::vector<uint64_t> values)
{
    std::sort(values.begin(), values.end());
    return static_cast<double>(values.at(values.size() / 2));
}

class RiscvHandlersTest : public ::testing::TestWithParam<std::string>
{
};

TEST_P(RiscvHandlersTest, LeaveWhatTheirNativeTwinsLeaveInAboutTheSameTime)
{
    for (const uint32_t bytes : {64, 100, 1024})
    {
        Bench bench(GetParam(), bytes);
        const Outcome native = bench.Run(false);
        const Outcome riscv = bench.Run(true);
        EXPECT_EQ(riscv.cause, "");
        EXPECT_EQ(native.cause, "");
        EXPECT_EQ(riscv.sent, native.sent) << bytes;
        EXPECT_TRUE(riscv.host == native.host) << bytes;
        EXPECT_TRUE(riscv.scratchpads == native.scratchpads) << bytes;
        EXPECT_EQ(riscv.handlers, native.handlers) << bytes;
        ASSERT_EQ(riscv.cycles.size(), PACKETS);
        const double cycles = Median(riscv.cycles);
        EXPECT_NEAR(Median(native.cycles), cycles, TOLERANCE * cycles) << bytes;
    }
}

void
NoteCycles(Outcome* outcome, const HandlerRun& run)
{
    outcome->cycles.push_back(run.cycles);
}

void
NoteSent(Outcome* outcome, Ptr<Packet> packet)
{
    outcome->sent.emplace_back(packet->GetSize());
    packet->CopyData(outcome->sent.back().data(), packet->GetSize());
}

/** @return one of a datagram's two fragments, as a NIC receives it */
Ptr<Packet>
MakeFragment(uint32_t index)
{
    std::vector<uint8_t> bytes(74);
    std::iota(bytes.begin(), bytes.end(), static_cast<uint8_t>(index));
    bytes[14] = 0x45; // IPv4, header of five words
    bytes[16] = 0;
    bytes[17] = 60;                              // total length
    bytes[20] = index % 2 == 0 ? 0x20 : 0;       // more fragments
    bytes[21] = static_cast<uint8_t>(index % 2); // offset
    return Create<Packet>(bytes.data(), bytes.size());
}

Outcome
AnswerFragments(Ptr<HandlerProgram> program)
{
    Outcome outcome;
    auto unit = CreateObject<SpinUnit>();
    auto context = CreateObject<ExecutionContext>();
    context->SetProgram(program);
    unit->Attach(context);
    unit->TraceConnectWithoutContext("Handler", MakeBoundCallback(&NoteCycles, &outcome));
    PacketGenerator generator(unit, context);
    generator.SetOutputCallback(MakeBoundCallback(&NoteSent, &outcome));
    PacketGenerator::Traffic traffic;
    traffic.messages = 1;
    traffic.packets = 4;
    traffic.packetGap = 20000000;
    generator.Start(traffic, MakeCallback(&MakeFragment));
    Simulator::Run();
    unit->Dispose();
    Simulator::Destroy();
    return outcome;
}

TEST(RiscvEthernetHandlersTest, PingPongTakesEthernetFramesAndFragmentsAsItsTwinDoes)
{
    for (const bool fromL2 : {false, true})
    {
        const Outcome native =
            AnswerFragments(CreateObjectWithAttributes<PingPongProgram>("Ethernet",
                                                                        BooleanValue(true),
                                                                        "FromL2",
                                                                        BooleanValue(fromL2)));
        const Outcome riscv = AnswerFragments(CreateObjectWithAttributes<RiscvProgram>(
            "File",
            StringValue(CrossCompiler::ShippedHandler(fromL2 ? "ping-pong-l2-ethernet"
                                                             : "ping-pong-ethernet"))));
        EXPECT_EQ(riscv.sent, native.sent);
        ASSERT_EQ(native.sent.size(), 4U);
        EXPECT_EQ(native.sent[1][34], 34 + 1); // data where the first fragment has its ports
        ASSERT_EQ(riscv.cycles.size(), 4U);
        const double cycles = Median(riscv.cycles);
        EXPECT_NEAR(Median(native.cycles), cycles, TOLERANCE * cycles) << fromL2;
    }
}

INSTANTIATE_TEST_SUITE_P(Shipped,
                         RiscvHandlersTest,
                         ::testing::ValuesIn(HandlerCheck::Known()),
                         [](const auto& info) { return info.param; });

} // namespace
} // namespace offload
} // namespace ns3
