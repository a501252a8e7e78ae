/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Bare handlers that do what they must not: stopped, told why, nobody else harmed.
 */
#include "cross-compiler.h"
#include "spin/spin-test-bench.h"

#include "ns3/riscv-program.h"
#include "ns3/string.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Compiles a payload handler from the statements of its body. */
Ptr<RiscvProgram>
MakeProgram(CrossCompiler& compiler,
            const std::string& body,
            const std::string& options = CrossCompiler::OPTIONS)
{
    const std::string source = "#include <handler.h>\n"
                               "__handler__ void test_ph(handler_args_t *args)\n{\n" +
                               body + "\n}\n";
    return CreateObjectWithAttributes<RiscvProgram>("File",
                                                    StringValue(compiler.Compile(source, options)));
}

/** A handler's body, and what the application must be told. */
struct Fault
{
    const char* name;
    const char* body;
    HandlerStatus status;
    std::vector<std::string> told; //!< parts of the cause
};

void
PrintTo(const Fault& fault, std::ostream* out)
{
    *out << fault.name;
}

class RiscvFaultTest : public ::testing::TestWithParam<Fault>
{
};

TEST_P(RiscvFaultTest, IsReportedAndHarmsNobodyElse)
{
    const Fault& fault = GetParam();
    CrossCompiler compiler;
    SpinTestBench bench(
        MakeProgram(compiler, fault.body, std::string(CrossCompiler::OPTIONS) + " -g"));
    bench.context->SetAttribute("CycleBudget", UintegerValue(3000));
    CrossCompiler other;
    auto neighbour = CreateObject<ExecutionContext>();
    neighbour->SetProgram(MakeProgram(other, "*(volatile int *)args->task->scratchpad[0] = 77;"));
    neighbour->SetAttribute("ScratchpadBytes", UintegerValue(64));
    bench.unit->Attach(neighbour);
    PacketGenerator::Traffic traffic;
    traffic.packets = 1;
    bench.Run(traffic, 64);

    ASSERT_FALSE(bench.events.empty());
    const ContextEvent& event = bench.events[0];
    EXPECT_EQ(event.type, ContextEvent::Type::HANDLER_ERROR);
    EXPECT_EQ(event.status, fault.status);
    for (const std::string& part : fault.told)
    {
        EXPECT_NE(event.cause.find(part), std::string::npos) << part << " in: " << event.cause;
    }
    EXPECT_NE(event.cause.find("pc 0x1d00"), std::string::npos) << event.cause;
    EXPECT_FALSE(bench.context->IsEnabled());
    EXPECT_TRUE(neighbour->IsEnabled());

    traffic.packets = 40;
    bench.Send(neighbour, traffic);
    EXPECT_EQ(neighbour->GetScratchpad(0)[0], 77);
    EXPECT_EQ(bench.unit->GetPacketsInside(), 0U);
}

const Fault FAULTS[] = {
    {"LoadOfAnotherStack",
     "(void)*(volatile int *)(0x10000000 + 0x400000 * args->cluster_id + 0x400 * "
     "((args->hpu_id + 1) % 8) + 64);",
     HandlerStatus::SEGV,
     {"a load from 0x10000440", "cause 5", "in test_ph", "handler.c:"}},
    {"StoreBeforeItsPacket",
     "((volatile char *)args->task->pkt_mem)[-1] = 1;",
     HandlerStatus::SEGV,
     {"a store to 0x1000", "cause 7"}},
    {"StoreToProgramMemory",
     "*(volatile int *)0x1d000000 = 0;",
     HandlerStatus::SEGV,
     {"a store to 0x1d000000", "cause 7"}},
    {"LoadOfItsOwnCode",
     "(void)*(volatile int *)&test_ph;",
     HandlerStatus::SEGV,
     {"a load from 0x1d0000", "program memory", "constants belong into L2", "cause 5"}},
    {"LoadReservedInL1",
     "(void)load_reserved((uint32_t *)args->task->pkt_mem);",
     HandlerStatus::SEGV,
     {"lr.w and sc.w work in L2 only", "cause 5"}},
    {"StoreConditionalInL1",
     "(void)store_conditional((uint32_t *)args->task->pkt_mem, 1);",
     HandlerStatus::SEGV,
     {"lr.w and sc.w work in L2 only", "cause 7"}},
    {"LoadFromNowhere", "(void)*(volatile int *)0x40000000;", HandlerStatus::SEGV, {"0x40000000"}},
    {"JumpToItsPacket",
     "((void (*)(void))args->task->pkt_mem)();",
     HandlerStatus::SEGV,
     {"it jumped to 0x1000", "no code", "cause 1"}},
    {"RunPastItsEnd", // behind the neighbour's 64 bytes and one instruction of its own
     "__asm__ volatile(\".word 0x00000013\"); __builtin_unreachable();", // nop
     HandlerStatus::SEGV,
     {"it ran on to 0x1d000044", "no code", "cause 1", "pc 0x1d000044"}},
    {"Loop", "for (;;) __asm__ volatile(\"\");", HandlerStatus::FAIL, {"budget of 3000 cycles"}},
    {"Break", "__builtin_trap();", HandlerStatus::FAIL, {"ebreak", "cause 3"}},
    {"SystemCall", "__asm__ volatile(\"ecall\");", HandlerStatus::FAIL, {"ecall", "cause 8"}},
    {"FloatingPoint",
     "__asm__ volatile(\".word 0x00007053\");", // fadd.s f0, f0, f0
     HandlerStatus::FAIL,
     {"illegal instruction", "F extension", "-march=rv32imac_zicsr", "cause 2"}},
    {"MachineRegister",
     "unsigned h; __asm__ volatile(\"csrr %0, mhartid\" : \"=r\"(h)); (void)h;",
     HandlerStatus::FAIL,
     {"cause 2"}},
    {"SendOfForeignMemory",
     "spin_cmd_t c; spin_send_packet((void *)0x1c200000, 64, &c);",
     HandlerStatus::SEGV,
     {"0x1c200000"}},
    {"SendOfNothing",
     "spin_cmd_t c; spin_send_packet(args->task->pkt_mem, 1, &c);",
     HandlerStatus::SEGV,
     {"a packet of 1 bytes cannot be sent"}},
    {"HostMemoryOutsideTheWindow",
     "spin_cmd_t c; spin_dma_to_host(0x1000, (uint32_t)args->task->pkt_mem, 64, 0, &c);",
     HandlerStatus::SEGV,
     {"0x1000"}},
    {"WaitForWhatDoesNotExist", "spin_cmd_wait(9);", HandlerStatus::SEGV, {"does not exist"}},
    {"WaitForAnEvent",
     "__asm__ volatile(\"wfi\");",
     HandlerStatus::FAIL,
     {"never comes", "in test_ph"}},
    {"LoadOfTheRuntimesFifo",
     "(void)*(volatile int *)0x1b204080;",
     HandlerStatus::SEGV,
     {"0x1b204080", "no register that handlers have"}},
    {"RingTheDoorbell",
     "(void)*(volatile int *)0x1b205050;",
     HandlerStatus::SEGV,
     {"0x1b205050, the doorbell"}},
    {"CallAnErrorCode",
     "((void (*)(void))-1)();",
     HandlerStatus::SEGV,
     {"it jumped to 0xfffffffe", "no code"}},
    {"AnotherClustersDma",
     "spin__public_memcpy(args->task->pkt_mem, args->task->scratchpad[0], 64, args->cluster_id);",
     HandlerStatus::SEGV,
     {"a store to 0x102018", "spin__public_memcpy"}},
    {"ReturnWithAnotherStackPointer",
     "__asm__ volatile(\"addi sp, sp, -16\");",
     HandlerStatus::FAIL,
     {"its stack pointer"}},
    {"DmaFromForeignMemory",
     "spin_dma_t t; spin_dma((void *)0x1c200000, args->task->pkt_mem, 64, 0, 0, &t);",
     HandlerStatus::SEGV,
     {"spin_dma", "0x1c200000"}},
};

INSTANTIATE_TEST_SUITE_P(All, RiscvFaultTest, ::testing::ValuesIn(FAULTS), [](const auto& info) {
    return std::string(info.param.name);
});

TEST(RiscvSharedMemoryTest, ALockKeepsHpusApart)
{
    CrossCompiler compiler;
    SpinTestBench bench(
        MakeProgram(compiler,
                    "spin_lock_t *lock = args->task->handler_mem;\n"
                    "volatile int *counter = (int *)args->task->handler_mem + 1;\n"
                    "spin_lock_lock(lock);\n"
                    "int value = *counter; rt_time_wait_cycles(20); *counter = value + 1;\n"
                    "spin_lock_unlock(lock);"));
    PacketGenerator::Traffic traffic;
    traffic.messages = 4;
    traffic.packets = 50;
    bench.Run(traffic, 64);
    EXPECT_TRUE(bench.events.empty() || bench.events[0].cause.empty()) << bench.events[0].cause;
    uint32_t counter;
    std::memcpy(&counter, bench.context->GetNicMemory() + 4, sizeof(counter));
    EXPECT_EQ(counter, 200U);
    EXPECT_GE(bench.unit->GetCounters().hpusBusyMax, 8U); // they did meet
}

TEST(RiscvSharedMemoryTest, CompareAndSwapLosesNoUpdate)
{
    CrossCompiler compiler;
    SpinTestBench bench(MakeProgram(
        compiler,
        "volatile uint32_t *counter = args->task->handler_mem;\n"
        "uint32_t old;\n"
        "do { old = *counter; } while (compare_and_swap(counter, old, old + 1) != 0);"));
    PacketGenerator::Traffic traffic;
    traffic.messages = 4;
    traffic.packets = 50;
    bench.Run(traffic, 64);
    uint32_t counter;
    std::memcpy(&counter, bench.context->GetNicMemory(), sizeof(counter));
    EXPECT_EQ(counter, 200U);
}

TEST(RiscvSharedMemoryTest, TheClusterDmaCopiesBetweenMemories)
{
    CrossCompiler compiler;
    SpinTestBench bench(MakeProgram(
        compiler,
        "task_t *t = args->task; spin_dma_t d;\n"
        "spin_dma(t->pkt_mem, t->handler_mem, 64, 0, 0, &d); spin_dma_wait(d);\n"
        "spin_dma(t->handler_mem, t->scratchpad[(args->cluster_id + 1) % 4], 64, 0, 0, &d);"));
    PacketGenerator::Traffic traffic;
    traffic.packets = 1;
    bench.Run(traffic, 64);
    std::vector<uint8_t> packet(64);
    bench.MakePacket(0)->CopyData(packet.data(), 64);
    EXPECT_TRUE(std::equal(packet.begin(), packet.end(), bench.context->GetNicMemory()));
    const uint32_t next = (bench.handlers.at(0).cluster + 1) % 4;
    EXPECT_TRUE(std::equal(packet.begin(), packet.end(), bench.context->GetScratchpad(next)));
    // The packet's feedback waited for the second copy, which nobody waits for.
    EXPECT_GE(bench.packets.at(0).feedback, bench.handlers[0].doorbell + 5000);
}

TEST(RiscvProgramTest, ManyUnitsAndContextsShareOneProgram)
{
    CrossCompiler compiler;
    auto program = MakeProgram(compiler, "*(volatile int *)args->task->scratchpad[0] = 5;");
    for (int i = 0; i < 3; i++)
    {
        SpinTestBench bench(program);
        auto second = CreateObject<ExecutionContext>();
        second->SetProgram(program);
        second->SetAttribute("ScratchpadBytes", UintegerValue(64));
        bench.unit->Attach(second);
        PacketGenerator::Traffic traffic;
        traffic.packets = 8;
        bench.Run(traffic, 64);
        EXPECT_EQ(bench.context->GetScratchpad(0)[0], 5);
        bench.unit->Detach(second);
        EXPECT_FALSE(second->IsAttached());
    }
}

TEST(RiscvProgramTest, StoresToStandardOutputAreIgnored)
{
    CrossCompiler compiler;
    SpinTestBench bench(MakeProgram(compiler,
                                    "*(volatile uint32_t *)0x1a100008 = 'x';\n"
                                    "*(volatile int *)args->task->scratchpad[0] = 5;"));
    PacketGenerator::Traffic traffic;
    traffic.packets = 1;
    bench.Run(traffic, 64);
    EXPECT_EQ(bench.handlers.at(0).status, HandlerStatus::SUCCESS);
    EXPECT_EQ(bench.context->GetScratchpad(0)[0], 5);
}

} // namespace
} // namespace offload
} // namespace ns3
