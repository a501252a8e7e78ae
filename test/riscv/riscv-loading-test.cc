/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Programs come into units and go: what runs is always what the file says, at its addresses.
 */
#include "cross-compiler.h"
#include "spin/spin-test-bench.h"

#include "ns3/riscv-program.h"
#include "ns3/string.h"

#include <cstring>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Programs whose handler tells a word of its own data. */
class RiscvLoadingTest : public ::testing::Test
{
  protected:
    /** @return the source of such a program */
    static std::string Teller(uint32_t word)
    {
        return "#include <handler.h>\n"
               "volatile uint32_t word __attribute__((aligned(16))) = " +
               std::to_string(word) +
               ";\n__handler__ void teller_ph(handler_args_t *args)\n"
               "{ *(volatile uint32_t *)args->task->scratchpad[0] = word; }\n";
    }

    static Ptr<RiscvProgram> MakeProgram(const std::string& file)
    {
        return CreateObjectWithAttributes<RiscvProgram>("File", StringValue(file));
    }

    /** @return a context that takes so much L2 handler memory */
    static Ptr<ExecutionContext> MakeContext(Ptr<HandlerProgram> program, uint32_t nicBytes = 0)
    {
        auto context = CreateObject<ExecutionContext>();
        context->SetProgram(program);
        context->SetAttribute("NicMemoryBytes", UintegerValue(nicBytes));
        context->SetAttribute("ScratchpadBytes", UintegerValue(64));
        return context;
    }

    /** @return the word that the handler of a packet tells */
    static uint32_t Tell(SpinTestBench& bench, Ptr<ExecutionContext> context)
    {
        PacketGenerator::Traffic traffic;
        traffic.packets = 1;
        bench.Send(context, traffic);
        uint32_t told;
        std::memcpy(&told, context->GetScratchpad(0), sizeof(told));
        return told;
    }

    CrossCompiler compiler;
};

TEST_F(RiscvLoadingTest, AProgramOnTwoUnitsRunsTheCodeOfEachPlace)
{
    const auto program = MakeProgram(compiler.Compile(Teller(4711)));
    SpinTestBench first("EmptyProgram");
    SpinTestBench second("EmptyProgram");
    // The code is at the same address of both units, the data is not.
    second.unit->Attach(MakeContext(second.context->GetProgram(), 4096));
    const auto here = MakeContext(program);
    const auto there = MakeContext(program);
    first.unit->Attach(here);
    second.unit->Attach(there);
    EXPECT_EQ(Tell(first, here), 4711U);
    EXPECT_EQ(Tell(second, there), 4711U);
}

TEST_F(RiscvLoadingTest, AProgramLinkedSomewhereIsThereAndOthersStandBesideIt)
{
    const std::string linked = compiler.Run(
        CrossCompiler::OPTIONS + CrossCompiler::Headers() +
            "-nostdlib -static -Wl,--no-relax,-e,0,-Ttext=0x1d000450,-Tdata=0x1c000050 " +
            compiler.Write("linked.c", Teller(1002)),
        "linked.elf");
    // The first one takes what is at the beginning of both memories, the last one what is left.
    const std::vector<std::string> files = {
        compiler.Compile(Teller(1001), CrossCompiler::OPTIONS, "before.c"),
        linked,
        compiler.Compile(Teller(1003), CrossCompiler::OPTIONS, "behind.c")};
    std::vector<Ptr<ExecutionContext>> contexts;
    SpinTestBench bench("EmptyProgram");
    for (const std::string& file : files)
    {
        contexts.push_back(MakeContext(MakeProgram(file)));
        ASSERT_NO_THROW(bench.unit->Attach(contexts.back())) << file;
    }
    for (uint32_t i = 0; i < contexts.size(); i++)
    {
        EXPECT_EQ(Tell(bench, contexts[i]), 1001 + i);
    }
    // What is free again can be had again.
    for (const auto& context : contexts)
    {
        bench.unit->Detach(context);
    }
    Simulator::Run();
    for (const auto& context : contexts)
    {
        EXPECT_NO_THROW(bench.unit->Attach(context));
    }
}

TEST_F(RiscvLoadingTest, BadFilesAndSymbolsAreRefusedAtAttach)
{
    const std::string file =
        compiler.Compile("int only_one(void) { return 1; }\n"
                         "__attribute__((used)) static int mine_ph(void) { return 2; }\n");
    for (const auto& [symbol, told] : std::vector<std::pair<std::string, std::string>>{
             {"", "(static ones do not count); name the handlers"},
             {"missing_ph", ": Payload=missing_ph: it has no function of that name"},
             {"mine_ph",
              ": Payload=mine_ph: it has a function of that name that is local: a "
              "handler must not be static"}})
    {
        SpinTestBench bench(CreateObjectWithAttributes<RiscvProgram>("File",
                                                                     StringValue(file),
                                                                     "Payload",
                                                                     StringValue(symbol)));
        try
        {
            bench.unit->Attach(bench.context);
            ADD_FAILURE() << "attached";
        }
        catch (const std::invalid_argument& error)
        {
            EXPECT_NE(std::string(error.what()).find(told), std::string::npos) << error.what();
        }
    }
}

TEST_F(RiscvLoadingTest, TheInstructionCachesForgetAProgramThatHasLeft)
{
    const auto first = MakeContext(MakeProgram(compiler.Compile(Teller(1))));
    const auto second =
        MakeContext(MakeProgram(compiler.Compile(Teller(2), CrossCompiler::OPTIONS, "second.c")));
    std::vector<int64_t> latencies;
    for (const bool warm : {false, true})
    {
        SpinTestBench bench("EmptyProgram");
        bench.unit->SetAttribute("Clusters", UintegerValue(1));
        if (warm)
        {
            bench.unit->Attach(first);
            Tell(bench, first);
            bench.unit->Detach(first);
            Simulator::Run();
            bench.packets.clear();
        }
        bench.unit->Attach(second);
        Tell(bench, second);
        latencies.push_back(bench.packets.at(0).feedback - bench.packets[0].arrival);
    }
    EXPECT_EQ(latencies[0], latencies[1]);
}

TEST_F(RiscvLoadingTest, WideAlignmentsAreKeptWhateverWasThereBefore)
{
    const auto neighbour = MakeContext(MakeProgram(compiler.Compile(Teller(1))), 64);
    SpinTestBench bench("EmptyProgram");
    bench.unit->Attach(neighbour); // takes 64 bytes of each memory, and more
    const std::string source =
        "#include <handler.h>\n"
        "volatile uint32_t data[2] __attribute__((aligned(4096))) = {2, 3};\n"
        "__attribute__((aligned(512))) __handler__ void wide_ph(handler_args_t *args)\n"
        "{ *(volatile uint32_t *)args->task->scratchpad[0] =\n"
        "((uint32_t)data & 4095) + ((uint32_t)&wide_ph & 511) + data[1]; }\n";
    const auto wide =
        MakeContext(MakeProgram(compiler.Compile(source, CrossCompiler::OPTIONS, "wide.c")));
    ASSERT_NO_THROW(bench.unit->Attach(wide));
    EXPECT_EQ(Tell(bench, wide), 3U);
    EXPECT_EQ(Tell(bench, neighbour), 1U);
    // The gap before it is for others.
    const auto third = MakeContext(MakeProgram(compiler.Compile(Teller(4))), 64);
    ASSERT_NO_THROW(bench.unit->Attach(third));
    EXPECT_EQ(Tell(bench, third), 4U);
    EXPECT_LT(third->GetNicMemoryAddress(), 0x1C001000U);
    EXPECT_EQ(Tell(bench, wide), 3U);
}

TEST_F(RiscvLoadingTest, AttributesSetBetweenTwoUsesTakeEffect)
{
    const auto program = MakeProgram(compiler.Compile(Teller(1)));
    const auto context = MakeContext(program);
    SpinTestBench bench("EmptyProgram");
    bench.unit->Attach(context);
    EXPECT_EQ(Tell(bench, context), 1U);
    bench.unit->Detach(context);
    Simulator::Run();
    const std::string two = "#include <handler.h>\n"
                            "#define TELL(word) *(volatile int *)args->task->scratchpad[0] = word\n"
                            "__handler__ void a_ph(handler_args_t *args) { TELL(2); }\n"
                            "__handler__ void b_ph(handler_args_t *args) { TELL(3); }\n";
    const std::string file = compiler.Compile(two, CrossCompiler::OPTIONS, "two.c");
    program->SetAttribute("File", StringValue(file));
    program->SetAttribute("Payload", StringValue("b_ph"));
    bench.unit->Attach(context);
    EXPECT_EQ(Tell(bench, context), 3U);
    bench.unit->Detach(context);
    Simulator::Run();
    // The same name, but the file is another one by now.
    compiler.Compile(Teller(4), CrossCompiler::OPTIONS, "two.c");
    program->SetAttribute("File", StringValue(file));
    program->SetAttribute("Payload", StringValue(""));
    bench.unit->Attach(context);
    EXPECT_EQ(Tell(bench, context), 4U);
}

TEST_F(RiscvLoadingTest, AttributesOfAProgramInUseAreRefused)
{
    const std::string file = compiler.Compile(Teller(1));
    const auto program = MakeProgram(file);
    {
        SpinTestBench bench(program);
        bench.unit->Attach(bench.context);
        for (const char* attribute : {"File", "Header", "Payload", "Completion"})
        {
            try
            {
                program->SetAttribute(attribute, StringValue("other"));
                ADD_FAILURE() << attribute;
            }
            catch (const std::invalid_argument& error)
            {
                EXPECT_EQ(error.what(),
                          file + ": RiscvProgram's attributes cannot be set while a NIC has the "
                                 "program; detach its contexts first");
            }
        }
        EXPECT_EQ(Tell(bench, bench.context), 1U);
    }
    // A unit that is disposed of has it no more.
    EXPECT_NO_THROW(program->SetAttribute("Payload", StringValue("teller_ph")));
}

} // namespace
} // namespace offload
} // namespace ns3
