/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Complete images: they boot on every HPU, load tasks from the drivers, and come back from traps.
 */
#include "cross-compiler.h"
#include "spin/spin-test-bench.h"

#include "ns3/riscv-program.h"
#include "ns3/riscv-system.h"
#include "ns3/spin-pipeline.h"
#include "ns3/string.h"

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

/** Links handlers with the runtime in test/riscv/image. */
class CompleteImage
{
  public:
    explicit CompleteImage(const std::string& handlers)
    {
        Link(FOLDER + "start.S", handlers);
    }

    /** The same with another start. */
    CompleteImage(const std::string& start, const std::string& handlers)
    {
        Link(m_compiler.Write("start.S", start), handlers);
    }

    /** Link other handlers over the image. */
    void Replace(const std::string& handlers)
    {
        Link(FOLDER + "start.S", handlers);
    }

    /** @return a copy under another name */
    std::string Copy() const
    {
        const std::string copy = m_file + ".copy";
        std::filesystem::copy_file(m_file, copy);
        return copy;
    }

    /** @param payload symbol of the handler; empty: the one whose name ends as it must */
    Ptr<RiscvProgram> MakeProgram(const std::string& payload = "") const
    {
        return CreateObjectWithAttributes<RiscvProgram>("File",
                                                        StringValue(m_file),
                                                        "Payload",
                                                        StringValue(payload));
    }

    /** @param payload symbol of the handler */
    Ptr<ExecutionContext> MakeContext(const std::string& payload) const
    {
        auto context = CreateObject<ExecutionContext>();
        context->SetProgram(MakeProgram(payload));
        return context;
    }

  private:
    inline static const std::string FOLDER = std::string(OFFLOAD_SOURCE) + "/test/riscv/image/";

    void Link(const std::string& start, const std::string& handlers)
    {
        m_file = m_compiler.Run(std::string("-O3 -march=rv32ima_zicsr -mabi=ilp32 -nostdlib "
                                            "-nostartfiles -static ") +
                                    CrossCompiler::Headers() + "-Wl,-T," + FOLDER + "link.ld " +
                                    start + " " + m_compiler.Write("handlers.c", handlers),
                                "image.elf");
    }

    CrossCompiler m_compiler; //!< its directory has the image
    std::string m_file;       //!< the image
};

const char* const EMPTY = "#include <handler.h>\n"
                          "__handler__ void empty_ph(handler_args_t *args) { (void)args; }\n";

/** A start that traps at once. */
const char* const NO_START = ".section .vectors,\"ax\"\n.option norvc\n.org 0x80\n"
                             ".global _start\n_start: ecall\n";

/** A context with a handler that needs no image. */
Ptr<ExecutionContext>
MakeBareContext(CrossCompiler& compiler, const std::string& body)
{
    const std::string source = "#include <handler.h>\n"
                               "__handler__ void bare_ph(handler_args_t *args)\n{\n" +
                               body + "\n}\n";
    auto context = CreateObject<ExecutionContext>();
    context->SetProgram(
        CreateObjectWithAttributes<RiscvProgram>("File", StringValue(compiler.Compile(source))));
    context->SetAttribute("ScratchpadBytes", UintegerValue(64));
    return context;
}

/** A handler that takes several microseconds, and leaves COUNTED. */
const char* const COUNT = "volatile uint8_t *counter = args->task->scratchpad[0];\n"
                          "for (int i = 0; i < 1000; i++) { *counter = *counter + 1; }";
constexpr uint8_t COUNTED = 1000 % 256; //!< the first byte of its scratchpad, then

/** A handler that fails, and one that does not. */
std::string
BadAndGood(const std::string& bad)
{
    return "#include <handler.h>\n"
           "__handler__ void bad_ph(handler_args_t *args)\n"
           "{ (void)args; " +
           bad +
           " }\n"
           "__handler__ void good_hh(handler_args_t *args) { (void)args; }\n";
}

/** @return so many packets of one message, one a cycle */
PacketGenerator::Traffic
Packets(uint32_t count)
{
    PacketGenerator::Traffic traffic;
    traffic.packets = count;
    return traffic;
}

/** ns-3's Schedule takes functions, not lambdas. */
void
Call(const std::function<void()>* function)
{
    (*function)();
}

TEST(RiscvCompleteImageTest, EveryHpuBootsAndWaits)
{
    const CompleteImage image(EMPTY);
    SpinTestBench bench(image.MakeProgram());
    bench.unit->Attach(bench.context);
    const Time ready = bench.unit->GetReadyTime();
    EXPECT_GT(ready, NanoSeconds(50));
    EXPECT_LT(ready, MicroSeconds(3)); // PsPIN's runtime takes 1.2 us
}

// The latencies of pspin.md, "Runs of the hardware description": its loop around the handler is
// the one in start.S.
TEST(RiscvCompleteImageTest, AnEmptyHandlersLatencyIsTheHardwares)
{
    const CompleteImage image(EMPTY);
    for (const auto& [bytes, latency] :
         std::vector<std::pair<uint32_t, int64_t>>{{64, 32}, {128, 34}, {256, 38}, {512, 46}})
    {
        SpinTestBench bench(image.MakeProgram());
        PacketGenerator::Traffic traffic;
        traffic.packetGap = 20000;
        bench.Run(traffic, bytes);
        ASSERT_EQ(bench.packets.size(), 32U);
        for (size_t i = 16; i < 32; i++)
        {
            EXPECT_EQ(bench.packets[i].feedback - bench.packets[i].arrival, latency * 1000) << i;
        }
        EXPECT_EQ(bench.handlers.back().instructions, 1U);
        EXPECT_EQ(bench.handlers.back().cycles, 2U);
    }
}

TEST(RiscvCompleteImageTest, AHandlerThatTrapsIsReportedAndItsHpuServesOthers)
{
    const CompleteImage image(BadAndGood("*(volatile int *)0x1c200000 = 1;"));
    SpinTestBench bench(image.MakeProgram());
    const auto good = image.MakeContext("good_hh");
    bench.unit->Attach(good);
    bench.Run(Packets(1), 64);
    ASSERT_FALSE(bench.events.empty());
    EXPECT_EQ(bench.events[0].type, ContextEvent::Type::HANDLER_ERROR);
    EXPECT_EQ(bench.events[0].status, HandlerStatus::SEGV);
    EXPECT_NE(bench.events[0].cause.find("a store to 0x1c200000"), std::string::npos)
        << bench.events[0].cause;
    EXPECT_NE(bench.events[0].cause.find("cause 7"), std::string::npos);
    EXPECT_NE(bench.events[0].cause.find("in bad_ph"), std::string::npos);
    EXPECT_TRUE(good->IsEnabled());
    const size_t before = bench.handlers.size();
    bench.Send(good, Packets(64));
    EXPECT_EQ(bench.handlers.size(), before + 64);
}

TEST(RiscvCompleteImageTest, AHandlerThatLoopsForEverIsStoppedAndItsHpuServesOthers)
{
    const CompleteImage image(BadAndGood("for (;;) __asm__ volatile(\"\");"));
    SpinTestBench bench(image.MakeProgram("bad_ph"));
    bench.context->SetAttribute("CycleBudget", UintegerValue(5000));
    const auto good = image.MakeContext("good_hh");
    bench.Run(Packets(1), 64);
    ASSERT_FALSE(bench.events.empty());
    EXPECT_NE(bench.events[0].cause.find("budget of 5000 cycles"), std::string::npos)
        << bench.events[0].cause;
    EXPECT_NE(bench.events[0].cause.find("in bad_ph"), std::string::npos);
    bench.unit->Attach(good);
    const size_t before = bench.handlers.size();
    bench.Send(good, Packets(64));
    EXPECT_EQ(bench.handlers.size(), before + 64);
    EXPECT_TRUE(good->IsEnabled());
}

TEST(RiscvCompleteImageTest, AHandlerThatSpoilsWhatTheRuntimeNeedsHarmsNoOtherContext)
{
    const struct
    {
        const char* body;
        const char* told;
    } cases[] = {
        {"__asm__ volatile(\"wfi\");", "never comes"},
        {"(void)*(volatile int *)0x1b204080;", "no register that handlers have"},
        {"(void)*(volatile int *)0x1b205050;", "the doorbell"},
        {"((void (*)(void))-1)();", "it jumped to 0xfffffffe"},
        {"__asm__ volatile(\"li sp, 0\");", "in x2 instead of its caller's"},
        {"__asm__ volatile(\"li s1, 0; li s0, 1\");", "instead of its caller's"},
        // From its own frame to the end of the stack, but for the arguments
        {"volatile unsigned *top = (volatile unsigned *)(((unsigned)args & ~1023u) + 1024);"
         "for (volatile unsigned *p = (volatile unsigned *)(args + 1); p < top; p++) { *p = 0; }"
         "for (volatile unsigned *p = top - 1; p < top; p++) { *p = 0x55aa; }",
         "over its caller's stack"},
    };

    for (const auto& [body, told] : cases)
    {
        SCOPED_TRACE(body);
        const CompleteImage image(
            "#include <handler.h>\n__handler__ void bad_ph(handler_args_t *args) { (void)args; " +
            std::string(body) +
            " }\n__handler__ void good_hh(handler_args_t *args)\n"
            "{ amo_add((volatile int32_t *)args->task->scratchpad[0], 1); }\n");
        SpinTestBench bench(image.MakeProgram("bad_ph"));
        bench.context->SetAttribute("CycleBudget", UintegerValue(5000));
        const auto good = image.MakeContext("good_hh");
        good->SetAttribute("ScratchpadBytes", UintegerValue(64));
        bench.unit->Attach(good);
        bench.Run(Packets(40), 64);
        ASSERT_FALSE(bench.events.empty());
        EXPECT_NE(bench.events[0].cause.find(told), std::string::npos) << bench.events[0].cause;
        bench.Send(good, Packets(64));
        EXPECT_TRUE(good->IsEnabled());
        uint32_t counted = 0;
        for (uint32_t i = 0; i < 4; i++)
        {
            counted += good->GetScratchpad(i)[0];
        }
        EXPECT_EQ(counted, 64u);
        EXPECT_EQ(bench.unit->GetPacketsInside(), 0u);
    }
}

TEST(RiscvCompleteImageTest, AnImageThatDoesNotComeToItsLoopIsRefused)
{
    const CompleteImage image(NO_START, EMPTY);
    SpinTestBench bench(image.MakeProgram());
    try
    {
        bench.unit->Attach(bench.context);
        FAIL() << "attached";
    }
    catch (const std::invalid_argument& error)
    {
        EXPECT_NE(std::string(error.what()).find("the image does not start"), std::string::npos)
            << error.what();
    }
    EXPECT_FALSE(bench.context->IsAttached());
}

TEST(RiscvCompleteImageTest, AnImageThatWasRefusedLeavesTheUnitToOthers)
{
    const CompleteImage bad(NO_START, EMPTY);
    const CompleteImage good(EMPTY);
    SpinTestBench bench("EmptyProgram");
    bench.unit->Attach(bench.context); // the unit stays as it is when an Attach fails
    EXPECT_THROW(bench.unit->Attach(bad.MakeContext("")), std::invalid_argument);
    // Its cores are not stuck in the boot,
    CrossCompiler compiler;
    const auto bare = MakeBareContext(compiler, "*(volatile int *)args->task->scratchpad[0] = 21;");
    bench.unit->Attach(bare);
    bench.Send(bare, Packets(1));
    EXPECT_EQ(bare->GetScratchpad(0)[0], 21);
    bench.unit->Detach(bare);
    Simulator::Run();
    // and its place in program memory is free.
    const auto next = good.MakeContext("empty_ph");
    ASSERT_NO_THROW(bench.unit->Attach(next));
    bench.Send(next, Packets(8));
    EXPECT_EQ(bench.handlers.size(), 9U);
}

TEST(RiscvCompleteImageTest, AnImageThatWasReplacedUnderItsNameIsRefusedWhileTheOldOneIsThere)
{
    CompleteImage image(EMPTY);
    SpinTestBench bench(image.MakeProgram());
    bench.unit->Attach(bench.context);
    image.Replace(BadAndGood("__builtin_trap();"));
    const auto late = image.MakeContext("good_hh");
    try
    {
        bench.unit->Attach(late);
        FAIL() << "attached";
    }
    catch (const std::invalid_argument& error)
    {
        const std::string told = error.what();
        EXPECT_NE(told.find("image.elf: the file has changed since it was attached; detach"),
                  std::string::npos)
            << told;
        EXPECT_EQ(told.find('\n'), std::string::npos);
    }
    bench.unit->Detach(bench.context);
    Simulator::Run();
    ASSERT_NO_THROW(bench.unit->Attach(late));
    bench.Send(late, Packets(8));
    EXPECT_EQ(bench.handlers.size(), 8U);
}

TEST(RiscvCompleteImageTest, TheSameImageUnderAnotherNameSharesItsPlace)
{
    const CompleteImage image(EMPTY);
    SpinTestBench bench(image.MakeProgram());
    bench.unit->Attach(bench.context);
    const auto other = image.MakeContext("");
    other->SetProgram(CreateObjectWithAttributes<RiscvProgram>("File", StringValue(image.Copy())));
    ASSERT_NO_THROW(bench.unit->Attach(other));
    bench.unit->Detach(bench.context);
    Simulator::Run();
    bench.Send(other, Packets(8)); // the cores have kept the image
    EXPECT_EQ(bench.handlers.size(), 8U);
}

TEST(RiscvCompleteImageTest, AnImageLeavesWhileAnotherProgramsHandlerRuns)
{
    const CompleteImage image(EMPTY);
    SpinTestBench bench(image.MakeProgram());
    bench.unit->Attach(bench.context);
    CrossCompiler compiler;
    const auto bare = MakeBareContext(compiler, COUNT);
    bench.unit->Attach(bare);
    Simulator::Schedule(bench.unit->GetReadyTime() + MicroSeconds(1),
                        &SpinUnit::Detach,
                        bench.unit,
                        bench.context);
    bench.Send(bare, Packets(1));
    EXPECT_FALSE(bench.context->IsAttached());
    ASSERT_EQ(bench.handlers.size(), 1U);
    EXPECT_EQ(bench.handlers[0].status, HandlerStatus::SUCCESS);
    EXPECT_EQ(bare->GetScratchpad(0)[0], COUNTED);
    bench.Send(bare, Packets(1)); // on the same HPU, without the image's runtime
    EXPECT_EQ(bare->GetScratchpad(0)[0], 2000 % 256);
}

TEST(RiscvCompleteImageTest, AnImageIsRefusedWhileAnotherProgramsHandlerRuns)
{
    const CompleteImage image(EMPTY);
    SpinTestBench bench(image.MakeProgram());
    bench.unit->Attach(bench.context);
    CrossCompiler compiler;
    // It gets a place beside the image's, which is free when that leaves.
    const auto bare = MakeBareContext(compiler, COUNT);
    bench.unit->Attach(bare);
    const auto late = image.MakeContext("empty_ph");
    std::string refusal;
    const std::function<void()> attach = [&] {
        bench.unit->Detach(bench.context);
        try
        {
            bench.unit->Attach(late);
        }
        catch (const std::invalid_argument& error)
        {
            refusal = error.what();
        }
    };
    Simulator::Schedule(bench.unit->GetReadyTime() + MicroSeconds(1), Call, &attach);
    bench.Send(bare, Packets(1));
    EXPECT_NE(refusal.find("handlers of another program are under way"), std::string::npos)
        << refusal;
    EXPECT_EQ(bare->GetScratchpad(0)[0], COUNTED);
    ASSERT_NO_THROW(bench.unit->Attach(late));
    bench.Send(late, Packets(1));
    EXPECT_EQ(bench.handlers.size(), 2U);
}

} // namespace
} // namespace offload
} // namespace ns3
