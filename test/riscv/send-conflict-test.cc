/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Sends and packet DMA that want the same superbank of L1.
 */
#include "cross-compiler.h"

#include "ns3/execution-context.h"
#include "ns3/handler-check.h"
#include "ns3/packet-generator.h"
#include "ns3/riscv-program.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"

#include <gtest/gtest.h>
#include <map>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t CONFLICT_BYTES = 256;   //!< of a packet
constexpr uint32_t CONFLICT_PACKETS = 512; //!< one a cycle
constexpr size_t STEADY_FROM = 200;        //!< responses from which all HPUs are warm
constexpr size_t STEADY_TO = 450;          //!< and up to which packets wait

class SendConflictTest : public ::testing::Test
{
  public:
    void OnCommand(const CommandRun& run)
    {
        m_responses.push_back(run.response);
    }

    std::vector<int64_t> m_responses; //!< times, ps
};

// Hardware: a send in 5 cycles, but 6 for 18 % of them, for which packet DMA had the superbank
// last.
TEST_F(SendConflictTest, ASendGivesWayWherePacketDmaHadTheSuperbankLast)
{
    auto unit = CreateObject<SpinUnit>();
    auto context = CreateObject<ExecutionContext>();
    HandlerCheck check("ping_pong", CONFLICT_BYTES);
    context->SetProgram(CreateObjectWithAttributes<RiscvProgram>(
        "File",
        StringValue(CrossCompiler::ShippedHandler("ping-pong"))));
    unit->Attach(context);
    unit->TraceConnectWithoutContext("Command", MakeCallback(&SendConflictTest::OnCommand, this));
    PacketGenerator generator(unit, context);
    generator.SetOutputCallback(MakeCallback(&HandlerCheck::OnSend, &check));
    PacketGenerator::Traffic traffic;
    traffic.packets = CONFLICT_PACKETS;
    generator.Start(traffic, MakeCallback(&HandlerCheck::MakePacket, &check), unit->GetReadyTime());
    Simulator::Run();
    ASSERT_EQ(m_responses.size(), CONFLICT_PACKETS);
    std::map<int64_t, int> cycles;
    for (size_t i = STEADY_FROM; i < STEADY_TO; i++)
    {
        cycles[(m_responses[i] - m_responses[i - 1]) / 1000]++;
    }
    const int sends = STEADY_TO - STEADY_FROM;
    EXPECT_EQ(cycles[5] + cycles[6], sends);
    EXPECT_GT(cycles[6], sends / 20);
    EXPECT_LT(cycles[6], sends / 3);
    unit->Dispose();
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
