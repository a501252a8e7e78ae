/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What handlers see of the HPU driver's registers, of their commands and of memory that engines
 * share with them.
 */
#include "cross-compiler.h"
#include "spin/spin-test-bench.h"

#include "ns3/boolean.h"
#include "ns3/riscv-program.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Before each handler here. */
const char* const DRIVER_PROLOGUE =
    "#include <handler.h>\n"
    "static uint64_t host(const handler_args_t *args, uint32_t offset)\n"
    "{\n"
    "    const task_t *task = args->task;\n"
    "    return ((uint64_t)task->host_mem_high << 32 | task->host_mem_low) + offset;\n"
    "}\n"
    "static inline void pause(int turns)\n"
    "{\n"
    "    while (turns-- > 0) __asm__ volatile(\"nop\");\n"
    "}\n"
    "static void tell(const handler_args_t *args, uint32_t offset, uint64_t value)\n"
    "{\n"
    "    spin_cmd_t c;\n"
    "    spin_write_to_host(host(args, offset), value, &c);\n"
    "    spin_cmd_wait(c);\n"
    "}\n";

class RiscvDriver : public ::testing::Test
{
  protected:
    /**
     * Run a handler on packets of 64 bytes, one long after the other, on one cluster: the last
     * one finds its code in the cache.
     * @param body of the function that has `args`
     * @param stale whether the unit has the hardware's fault in command ids
     * @return 64-bit words of host memory that it leaves
     */
    std::vector<uint64_t> Run(const std::string& body, bool stale = true)
    {
        const std::string file = m_compiler.Compile(
            DRIVER_PROLOGUE + ("__handler__ void test_ph(handler_args_t *args)\n{\n" + body) +
            "}\n");
        SpinTestBench bench(CreateObjectWithAttributes<RiscvProgram>("File", StringValue(file)));
        bench.unit->SetAttribute("Clusters", UintegerValue(1));
        bench.unit->SetAttribute("StaleCommandIds", BooleanValue(stale));
        PacketGenerator::Traffic traffic;
        traffic.packets = 2;
        traffic.packetGap = 100'000'000;
        bench.Run(traffic, 64);
        misled = bench.unit->GetCounters().staleIdsUsed;
        for (const auto& event : bench.events)
        {
            EXPECT_NE(event.type, ContextEvent::Type::HANDLER_ERROR) << event.cause;
        }
        std::vector<uint64_t> words(8);
        std::memcpy(words.data(), bench.host.GetMemory().data(), words.size() * sizeof(words[0]));
        return words;
    }

    uint64_t misled{0}; //!< tests and waits for another command

  private:
    CrossCompiler m_compiler; //!< and its directory
};

TEST_F(RiscvDriver, WhatIsSentFromTheStackIsWhatWasThereThen)
{
    const auto words = Run("volatile uint32_t buffer[16] __attribute__((aligned(64)));\n"
                           "for (int i = 0; i < 16; i++) buffer[i] = 0x11111111;\n"
                           "spin_cmd_t c;\n"
                           "spin_dma_to_host(host(args, 0), (uint32_t)buffer, 64, 0, &c);\n"
                           "pause(30);\n"
                           "for (int i = 0; i < 16; i++) buffer[i] = 0x22222222;\n"
                           "spin_cmd_wait(c);\n");
    for (const uint64_t word : words)
    {
        EXPECT_EQ(word, 0x1111111111111111U);
    }
}

TEST_F(RiscvDriver, WhatIsCopiedFromTheStackIsWhatWasThereThen)
{
    const auto words = Run("volatile uint32_t buffer[16] __attribute__((aligned(64)));\n"
                           "for (int i = 0; i < 16; i++) buffer[i] = 0x11111111;\n"
                           "spin_dma_t d;\n"
                           "spin_dma(buffer, args->task->pkt_mem, 64, 0, 0, &d);\n"
                           "pause(30);\n"
                           "for (int i = 0; i < 16; i++) buffer[i] = 0x22222222;\n"
                           "spin_dma_wait(d);\n"
                           "tell(args, 0, *(volatile uint32_t *)args->task->pkt_mem);\n");
    EXPECT_EQ(words[0], 0x11111111U);
}

/** @return a handler that looks for what comes from the host into a buffer */
std::string
WaitForBytes(const std::string& buffer)
{
    return "volatile uint64_t stack[8] __attribute__((aligned(64)));\n"
           "volatile uint64_t *buffer = (volatile uint64_t *)" +
           buffer +
           ";\n"
           "tell(args, 0, 77);\n"
           "buffer[0] = 5;\n"
           "spin_cmd_t c;\n"
           "spin_dma_from_host(host(args, 0), (uint32_t)buffer, 64, 0, &c);\n"
           "uint32_t turns = 0;\n"
           "while (buffer[0] == 5 && turns < 100000) turns++;\n"
           "tell(args, 8, buffer[0]);\n"
           "tell(args, 16, turns);\n"
           "spin_cmd_wait(c);\n";
}

TEST_F(RiscvDriver, AHandlerSeesInItsStackWhatComesFromTheHost)
{
    const auto words = Run(WaitForBytes("stack"));
    EXPECT_EQ(words[1], 77U);
    EXPECT_EQ(words[2], Run(WaitForBytes("args->task->pkt_mem"))[2]) << "as in the packet";
}

// Verilator run of the released hardware.
TEST_F(RiscvDriver, ALoadOfAPartOfARegisterGetsThatPart)
{
    const auto words = Run("const uint32_t base = 0x1B205000;\n"
                           "uint32_t word, first, third, upper;\n"
                           "__asm__ volatile(\"lw %0,0x10(%4)\\n lbu %1,0x11(%4)\\n\"\n"
                           "    \"lbu %2,0x13(%4)\\n lhu %3,0x12(%4)\"\n"
                           "    : \"=&r\"(word), \"=&r\"(first), \"=&r\"(third), \"=&r\"(upper)\n"
                           "    : \"r\"(base));\n"
                           "tell(args, 0, word);\n"
                           "tell(args, 8, first);\n"
                           "tell(args, 16, third);\n"
                           "tell(args, 24, upper);\n");
    ASSERT_NE(words[0], 0U);
    EXPECT_EQ(words[1], words[0] >> 8 & 0xff);
    EXPECT_EQ(words[2], words[0] >> 24);
    EXPECT_EQ(words[3], words[0] >> 16);
}

/** @return a handler that tests a host write so many cycles after it was issued */
std::string
TestAfter(int cycles)
{
    return "const uint32_t base = 0x1B205000;\n"
           "const uint64_t at = host(args, 0);\n"
           "uint32_t done;\n"
           "__asm__ volatile(\"sw %1,0x90(%3)\\n sw %2,0x94(%3)\\n li t0,17\\n\"\n"
           "    \"sw t0,0x98(%3)\\n sw t0,0x9c(%3)\\n sw t0,0xa0(%3)\\n li t0,4\\n\"\n"
           "    \"sw t0,0x8c(%3)\\n .balign 16\\n lw t1,0x80(%3)\\n .rept " +
           std::to_string(cycles - 2) +
           "\\n nop\\n .endr\\n sw x0,0x88(%3)\\n lw %0,0x88(%3)\"\n"
           "    : \"=&r\"(done) : \"r\"((uint32_t)at), \"r\"((uint32_t)(at >> 32)),\n"
           "    \"r\"(base) : \"t0\", \"t1\", \"memory\");\n"
           "spin_cmd_wait(0);\n"
           "tell(args, 8, done);\n";
}

// Verilator run of the released hardware: hpu_driver.sv, wt_cmd_finished.
TEST_F(RiscvDriver, ATestSeesAResponseInTheCycleInWhichItComes)
{
    constexpr int HARDWARE = 7; // cycles from the issue of a host write
    EXPECT_EQ(Run(TestAfter(HARDWARE - 1))[1], 0U);
    EXPECT_EQ(Run(TestAfter(HARDWARE))[1], 1U);
}

// Verilator runs: the load's write data, which is 0, is the id.
TEST_F(RiscvDriver, ATestIsForCommand0AsInTheHardware)
{
    const char* const body =
        "spin_cmd_t first, second;\n"
        "spin_dma_from_host(host(args, 64), (uint32_t)args->task->handler_mem, 16384, 0, &first);\n"
        "spin_write_to_host(host(args, 0), 1, &second);\n"
        "bool done = false;\n"
        "uint64_t turns = 0;\n"
        "while (!done) { spin_cmd_test(second, &done); turns++; }\n"
        "spin_cmd_wait(first);\n"
        "tell(args, 8, turns);\n";
    const uint64_t turns = Run(body)[1];
    EXPECT_GT(misled, 0U);
    EXPECT_LT(Run(body, false)[1], turns);
    EXPECT_EQ(misled, 0U);
}

} // namespace
} // namespace offload
} // namespace ns3
