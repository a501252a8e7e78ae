/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * A fault of the released hardware: a handler's first command may get it another command's id.
 */
#include "cross-compiler.h"

#include "ns3/boolean.h"
#include "ns3/execution-context.h"
#include "ns3/handler-check.h"
#include "ns3/packet-generator.h"
#include "ns3/riscv-program.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <gtest/gtest.h>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint64_t STALE_HOST_ADDRESS = 0xDEADBEEF; //!< as PsPIN's drivers have it
constexpr uint64_t STALE_HOST_BYTES = 1 << 16;      //!< of the context's window
constexpr uint32_t STALE_PACKETS = 64;              //!< so many that feedback waits
constexpr uint32_t STALE_PACKET_BYTES = 1024;

/** copy_from_host as in PsPIN's examples: it waits for what it was told. */
const char* const WAITS_FOR_ITS_HANDLE =
    "#include \"packet-view.h\"\n"
    "__handler__ void trusting_ph(handler_args_t *args)\n"
    "{\n"
    "    task_t *task = args->task;\n"
    "    void *packet = task->pkt_mem;\n"
    "    const uint32_t bytes = frame_bytes(packet);\n"
    "    spin_cmd_t copy;\n"
    "    spin_dma_from_host(host_address(task), (uint32_t)packet, bytes, true, &copy);\n"
    "    spin_cmd_wait(copy);\n"
    "    spin_cmd_t send;\n"
    "    spin_send_packet(packet, bytes, &send);\n"
    "}\n"
    "HANDLERS(NULL, trusting_ph, NULL)\n";

/** What a run of copy_from_host leaves. */
class StaleRun
{
  public:
    StaleRun(Ptr<HandlerProgram> program, bool stale)
    {
        auto unit = CreateObjectWithAttributes<SpinUnit>("StaleCommandIds", BooleanValue(stale));
        Run(unit, program);
    }

    /** With the unit as it is by default. */
    explicit StaleRun(Ptr<HandlerProgram> program)
    {
        Run(CreateObject<SpinUnit>(), program);
    }

    SpinCounters counters; //!< of the unit
    uint64_t told{0};      //!< by the trace source
    uint32_t sent{0};      //!< packets
    bool isRight{false};   //!< all that was sent

  private:
    void Run(Ptr<SpinUnit> unit, Ptr<HandlerProgram> program)
    {
        HandlerCheck check("copy_from_host", STALE_PACKET_BYTES);
        TestBenchHost host(STALE_HOST_ADDRESS, STALE_HOST_BYTES);
        auto context = CreateObject<ExecutionContext>();
        context->SetProgram(program ? program : check.MakeProgram());
        context->SetAttribute("HostMemoryAddress", UintegerValue(STALE_HOST_ADDRESS));
        context->SetAttribute("HostMemoryBytes", UintegerValue(STALE_HOST_BYTES));
        unit->SetHostPort(&host);
        unit->Attach(context);
        check.PrepareMemory(*context, host);
        unit->TraceConnectWithoutContext("StaleCommandId", MakeCallback(&StaleRun::OnStale, this));
        PacketGenerator generator(unit, context);
        generator.SetOutputCallback(MakeCallback(&HandlerCheck::OnSend, &check));
        PacketGenerator::Traffic traffic;
        traffic.packets = STALE_PACKETS;
        generator.Start(traffic,
                        MakeCallback(&HandlerCheck::MakePacket, &check),
                        unit->GetReadyTime());
        Simulator::Run();
        counters = unit->GetCounters();
        isRight = check.Verify(*context, host, 1, STALE_PACKETS);
        unit->Dispose();
        Simulator::Destroy();
    }

    void OnStale(const StaleCommandId& id)
    {
        EXPECT_NE(id.id, id.told);
        EXPECT_EQ(id.id, 0U); // a first command's
        EXPECT_EQ(id.message, 0U);
        told++;
    }
};

class StaleCommandIdTest : public ::testing::Test
{
  protected:
    Ptr<HandlerProgram> MakeTrusting()
    {
        return Load(m_compiler.Compile(WAITS_FOR_ITS_HANDLE,
                                       std::string(CrossCompiler::OPTIONS) + " -I " +
                                           OFFLOAD_SOURCE + "/examples/handlers"));
    }

    static Ptr<HandlerProgram> Load(const std::string& file)
    {
        return CreateObjectWithAttributes<RiscvProgram>("File", StringValue(file));
    }

    CrossCompiler m_compiler; //!< its directory has the handlers
};

TEST_F(StaleCommandIdTest, MisleadsAHandlerThatTrustsItAndIsTold)
{
    const StaleRun run(MakeTrusting());
    EXPECT_GT(run.counters.staleIdsUsed, 0U);
    EXPECT_EQ(run.counters.staleIdsUsed, run.told); // it waits for all that it is given
    EXPECT_EQ(run.counters.staleIds, run.told);
    EXPECT_FALSE(run.isRight); // some packets left before their data had come
}

TEST_F(StaleCommandIdTest, IsGoneWithoutTheFault)
{
    const StaleRun run(MakeTrusting(), false);
    EXPECT_EQ(run.counters.staleIds, 0U);
    EXPECT_EQ(run.told, 0U);
    EXPECT_TRUE(run.isRight);
}

TEST_F(StaleCommandIdTest, DoesNoHarmToTheShippedHandler)
{
    const StaleRun run(Load(CrossCompiler::ShippedHandler("copy-from-host")));
    EXPECT_GT(run.counters.staleIds, 0U);
    EXPECT_EQ(run.counters.staleIdsUsed, 0U); // 0 is right
    EXPECT_TRUE(run.isRight);
}

TEST_F(StaleCommandIdTest, IsNotForNativeHandlers)
{
    const StaleRun run(nullptr);
    EXPECT_EQ(run.counters.staleIds, 0U);
    EXPECT_TRUE(run.isRight);
}

} // namespace
} // namespace offload
} // namespace ns3
