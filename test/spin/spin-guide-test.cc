/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/execution-context.h"
#include "ns3/hpu.h"
#include "ns3/packet-generator.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/uinteger.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

// doc/spin.rst quotes what is between the markers.
// [program]
/** Discards messages that begin with a zero; adds up the others' bytes and reports the sum. */
class ByteCounter : public HandlerProgram
{
  public:
    bool Has(HandlerKind) const override
    {
        return true;
    }

    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override
    {
        const MemoryWindow sum = hpu.GetScratchpad(0);
        InstructionMix mix;
        switch (kind)
        {
        case HandlerKind::HEADER:
            mix.load = 3; // task, packet's address, first byte
            mix.loadUse = 2;
            mix.branchNotTaken = 1;
            mix.alu = 1;
            mix.jump = 1;
            hpu.Execute(mix);
            return hpu.GetPacket().Load<uint8_t>(0) == 0 ? HandlerStatus::DROP
                                                         : HandlerStatus::PROCESS_DATA;
        case HandlerKind::PAYLOAD:
            mix.load = 3; // task, packet's size, scratchpad's address
            mix.atomic = 1;
            mix.jump = 1;
            hpu.Execute(mix);
            hpu.Synchronise(); // the addition takes place when the time above has passed
            sum.Store(0, sum.Load<uint32_t>(0) + hpu.GetPacket().GetSize());
            return HandlerStatus::SUCCESS;
        case HandlerKind::COMPLETION:
            mix.load = 4; // task, scratchpad's address, sum, host address
            mix.loadUse = 2;
            mix.jump = 1;
            hpu.Execute(mix);
            hpu.WriteToHost(hpu.GetHostAddress(), sum.Load<uint32_t>(0));
            return HandlerStatus::SUCCESS;
        }
        return HandlerStatus::FAIL;
    }
};

// [program]

void
OnEvent(uint32_t* completed, const ContextEvent& event)
{
    *completed += event.type == ContextEvent::Type::MESSAGE_COMPLETE ? 1 : 0;
}

TEST(SpinGuide, ProgramOfTheDocumentationCounts)
{
    uint32_t completed = 0;
    uint64_t reported = 0;
    {
        // [unit]
        auto unit = CreateObject<SpinUnit>();
        unit->SetAttribute("Clusters", UintegerValue(2));
        TestBenchHost host(0x1000, 4096); // or HostMemory behind a PcieLink, as in a SpinNetDevice
        unit->SetHostPort(&host);

        auto context = CreateObject<ExecutionContext>();
        context->SetProgram(CreateObject<ByteCounter>());
        context->SetAttribute("ScratchpadBytes", UintegerValue(64));
        context->SetAttribute("HostMemoryAddress", UintegerValue(0x1000));
        context->SetAttribute("HostMemoryBytes", UintegerValue(8));
        context->SetEventCallback(MakeBoundCallback(&OnEvent, &completed));
        unit->Attach(context);

        const uint8_t data[100] = {1};
        for (uint32_t i = 0; i < 3; i++)
        {
            // key, first, last; false would mean: no room now, wait for the resume callback
            EXPECT_TRUE(unit->Receive(context, Create<Packet>(data, 100), {7, i == 0, i == 2}));
        }
        Simulator::Run();
        // [unit]
        host.ReadBytes(0x1000, reinterpret_cast<uint8_t*>(&reported), sizeof(reported));
        EXPECT_EQ(unit->GetCounters().packetsDropped, 0U);

        EXPECT_TRUE(unit->Receive(context, Create<Packet>(100), {8, true, false}));
        EXPECT_TRUE(unit->Receive(context, Create<Packet>(100), {8, false, true}));
        Simulator::Run();
        EXPECT_EQ(unit->GetCounters().packetsDropped, 2U);
        EXPECT_EQ(unit->GetCounters().handlersRun, 1U + 3U + 1U + 1U);
        unit->Dispose();
    }
    Simulator::Destroy();
    EXPECT_EQ(reported, 300U);
    EXPECT_EQ(completed, 2U);
}

} // namespace
} // namespace offload
} // namespace ns3
