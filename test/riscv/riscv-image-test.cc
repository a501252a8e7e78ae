/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What an image says about itself: kind, size, handlers, functions and source lines.
 */
#include "cross-compiler.h"

#include "ns3/address-map.h"
#include "ns3/riscv-image.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <utility>

using namespace ns3::offload;

namespace
{

constexpr uint32_t CODE = 0x1D000400; //!< somewhere in program memory
constexpr uint32_t DATA = 0x1C010000; //!< somewhere in L2 handler memory

/** A start like that of PsPIN's runtime, with all kinds of memory. */
const char* const RUNTIME = R"(
.section .vectors, "ax"
vectors:
    j vectors
    .org 0x80
.globl _start
_start:
    j enter
.text
enter:
    wfi
    j enter
.globl empty_ph
.type empty_ph, @function
empty_ph:
    ret
.size empty_ph, . - empty_ph
after:
    ret
.section .rodata
    .word 1, 2, 3
.section .tiny_l1, "aw"
    .word 4
.section .stack, "aw", @nobits
    .skip 0x400
)";

const char* const RUNTIME_SCRIPT = R"(
ENTRY(_start)
SECTIONS {
    .vectors 0x1D000000 : { *(.vectors) }
    .text 0x1D000100 : { *(.text) }
    .rodata 0x1C000000 : { *(.rodata) }
    .tiny_l1 0x1B000000 : { *(.tiny_l1) }
    .stack 0x10000000 : { *(.stack) }
}
)";

std::string
BuildRuntime(CrossCompiler& compiler)
{
    const std::string object = compiler.Compile(RUNTIME, CrossCompiler::OPTIONS, "runtime.s");
    return compiler.Run("-march=rv32imac -mabi=ilp32 -nostdlib -static -T " +
                            compiler.Write("runtime.ld", RUNTIME_SCRIPT) + " " + object,
                        "runtime.elf");
}

/** @return the segment at an address */
const ImageSegment&
SegmentAt(const PlacedImage& image, uint32_t address)
{
    for (const ImageSegment& segment : image.GetSegments())
    {
        if (segment.address == address)
        {
            return segment;
        }
    }
    throw std::out_of_range("no segment there");
}

TEST(RiscvImage, ShippedHandlersAreBareAndNameTheirHandlers)
{
    const std::map<std::string, std::vector<std::string>> expected = {
        {"empty", {"empty_ph"}},
        {"ping-pong", {"ping_pong_ph"}},
        {"ping-pong-ethernet", {"ping_pong_ph"}},
        {"ping-pong-l2", {"ping_pong_l2_ph"}},
        {"aggregate", {"aggregate_ph", "aggregate_th"}},
        {"reduce", {"reduce_ph", "reduce_th"}},
        {"histogram", {"histogram_ph", "histogram_th"}},
        {"filtering", {"filtering_ph"}},
        {"copy-to-host", {"copy_to_host_ph"}},
        {"copy-from-host", {"copy_from_host_ph"}},
        {"host-write", {"host_write_ph"}},
    };
    for (const auto& [name, handlers] : expected)
    {
        const auto image = RiscvImage::Load(CrossCompiler::ShippedHandler(name));
        EXPECT_FALSE(image->IsComplete()) << name;
        EXPECT_TRUE(image->IsRelocatable()) << name;
        EXPECT_EQ(image->GetHandlerCandidates(), handlers);
        EXPECT_TRUE(image->HasFunction(handlers.front()));
        EXPECT_FALSE(image->HasFunction("no_ph"));
        EXPECT_GT(image->GetCodeBytes(), 0U);
        EXPECT_LT(image->GetCodeBytes(), 1024U);
        const auto placed = image->Place(CODE, DATA);
        ASSERT_TRUE(placed->FindSymbol(handlers.front()).has_value());
        const uint32_t pc = *placed->FindSymbol(handlers.front());
        EXPECT_GE(pc, CODE);
        EXPECT_LT(pc, CODE + image->GetCodeBytes());
        ASSERT_NE(placed->FunctionAt(pc), nullptr);
        EXPECT_EQ(placed->FunctionAt(pc)->name, handlers.front());
    }
}

TEST(RiscvImage, ACompleteImageStartsItselfAndHasFixedAddresses)
{
    CrossCompiler compiler;
    const auto image = RiscvImage::Load(BuildRuntime(compiler));
    EXPECT_TRUE(image->IsComplete());
    EXPECT_FALSE(image->IsRelocatable());
    EXPECT_EQ(image->GetCodeBase(), 0x1D000000U);
    EXPECT_EQ(image->GetDataBase(), 0x1C000000U);
    EXPECT_EQ(image->GetDataBytes(), 12U);
    const auto placed = image->Place(1, 2);
    EXPECT_EQ(placed->FindSymbol("_start"), memory_map::PROGRAM_START);
    EXPECT_TRUE(SegmentAt(*placed, 0x1D000000).executable);
    EXPECT_EQ(SegmentAt(*placed, 0x1D000000).bytes.size(), 0x80U + 4U);
    const std::vector<uint8_t> constants{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};
    EXPECT_EQ(SegmentAt(*placed, 0x1C000000).bytes, constants);
    EXPECT_FALSE(SegmentAt(*placed, 0x1C000000).executable);
    EXPECT_EQ(SegmentAt(*placed, 0x1B000000).bytes.size(), 4U);
    EXPECT_TRUE(SegmentAt(*placed, 0x10000000).bytes.empty());
    EXPECT_EQ(SegmentAt(*placed, 0x10000000).zeroBytes, 0x400U);
}

TEST(RiscvImage, LabelsOfAssemblyCodeCountAsFunctions)
{
    CrossCompiler compiler;
    const auto placed = RiscvImage::Load(BuildRuntime(compiler))->Place(0, 0);
    const auto nameAt = [&](uint32_t pc) {
        const ImageFunction* function = placed->FunctionAt(pc);
        return function ? function->name : "";
    };
    EXPECT_EQ(nameAt(0x1D000000), "vectors");
    EXPECT_EQ(nameAt(0x1D000080), "_start");
    EXPECT_EQ(nameAt(0x1D000084), "") << "between sections";
    EXPECT_EQ(nameAt(0x1D000100), "enter");
    const uint32_t handler = *placed->FindSymbol("empty_ph");
    EXPECT_EQ(nameAt(handler - 2), "enter");
    EXPECT_EQ(nameAt(handler), "empty_ph");
    EXPECT_EQ(nameAt(handler + 2), "after");
    EXPECT_EQ(nameAt(0x1C000000), "") << "data";
    EXPECT_EQ(nameAt(0), "");
    EXPECT_EQ(nameAt(UINT32_MAX), "");
    EXPECT_EQ(placed->FunctionAt(handler), placed->FunctionAt(handler)) << "the same object";
}

TEST(RiscvImage, InstructionsHaveTheSourceLinesOfTheCompiler)
{
    CrossCompiler compiler;
    const std::string source = "#include <handler.h>\n" // line 1
                               "int calls;\n"
                               "__attribute__((noinline)) void one(void)\n"
                               "{\n"
                               "    calls = 5;\n" // line 5
                               "}\n"
                               "__handler__ void lines_ph(handler_args_t* args)\n"
                               "{\n"
                               "    MMIO_WRITE(CMD_WAIT, 0);\n" // line 9
                               "    one();\n"
                               "}\n";
    for (const char* debug : {"-g", "-g -gdwarf-4", "-g -march=rv32ima_zicsr -mno-relax"})
    {
        const auto image =
            RiscvImage::Load(compiler.Compile(source,
                                              std::string("-O1 -march=rv32imac_zicsr "
                                                          "-mabi=ilp32 ") +
                                                  debug));
        for (const uint32_t base : {CODE, CODE + 0x40})
        {
            const auto placed = image->Place(base, DATA);
            const uint32_t one = *placed->FindSymbol("one");
            EXPECT_TRUE(placed->SourceLineAt(one) == "handler.c:5" ||
                        placed->SourceLineAt(one) == "handler.c:4")
                << placed->SourceLineAt(one);
            std::set<std::string> lines;
            for (uint32_t pc = *placed->FindSymbol("lines_ph");
                 placed->FunctionAt(pc) && placed->FunctionAt(pc)->name == "lines_ph";
                 pc += 2)
            {
                lines.insert(placed->SourceLineAt(pc));
            }
            EXPECT_EQ(lines.count("handler.c:9"), 1U);
            EXPECT_EQ(lines.count("handler.c:10"), 1U);
            EXPECT_EQ(lines.count("handler.c:5"), 0U);
            EXPECT_EQ(placed->SourceLineAt(base - 2), "");
            EXPECT_EQ(placed->SourceLineAt(base + image->GetCodeBytes()), "");
        }
    }
    const auto without = RiscvImage::Load(compiler.Compile(source));
    EXPECT_EQ(without->Place(CODE, DATA)->SourceLineAt(CODE), "");
}

TEST(RiscvImage, AllUnitsWithAnImageAtAPlaceShareIt)
{
    const auto image = RiscvImage::Load(CrossCompiler::ShippedHandler("ping-pong"));
    const auto here = image->Place(CODE, DATA);
    EXPECT_EQ(image->Place(CODE, DATA), here);
    EXPECT_NE(image->Place(CODE + 64, DATA), here);
    EXPECT_EQ(here.use_count(), 1) << "the image itself does not keep it";
}

TEST(RiscvImage, CommonSymbolsAndZeroesTakeDataMemory)
{
    CrossCompiler compiler;
    const auto image = RiscvImage::Load(
        compiler.Compile("#include <handler.h>\n"
                         "int common[10]; static int zeroes[6]; int one = 1;\n"
                         "__handler__ void data_ph(handler_args_t* args)\n"
                         "{ common[args->hpu_id] = zeroes[args->hpu_id]++ + one++; }\n",
                         std::string(CrossCompiler::OPTIONS) + " -fcommon"));
    EXPECT_EQ(image->GetDataBytes(), 4U * (10 + 6 + 1));
    const auto placed = image->Place(CODE, DATA);
    uint32_t zeroes = 0;
    uint32_t bytes = 0;
    for (const ImageSegment& segment : placed->GetSegments())
    {
        if (!segment.executable)
        {
            EXPECT_GE(segment.address, DATA);
            EXPECT_LE(segment.address + segment.bytes.size() + segment.zeroBytes,
                      DATA + image->GetDataBytes());
            zeroes += segment.zeroBytes;
            bytes += segment.bytes.size();
        }
    }
    EXPECT_EQ(zeroes, 4U * 16);
    EXPECT_EQ(bytes, 4U);
}

TEST(HandlerBindings, CommandsCostAsManyInstructionsAsThoseOfPsPin)
{
    // Instructions of PsPIN's own examples with PsPIN's headers and this compiler (pspin.md, "Runs
    // of the hardware description"); these handlers do the same.
    CrossCompiler compiler;
    const std::map<std::string, uint32_t> expected = {{"empty", 1},
                                                      {"ping-pong", 26},
                                                      {"copy-to-host", 15},
                                                      {"copy-from-host", 37}};
    for (const auto& [name, instructions] : expected)
    {
        const std::string object =
            compiler.Run("-O3 -march=rv32ima_zicsr -mabi=ilp32 -c" + CrossCompiler::Headers() +
                             OFFLOAD_SOURCE + "/examples/handlers/" + name + ".c",
                         name + ".o");
        const auto image = RiscvImage::Load(object);
        const auto placed = image->Place(CODE, DATA);
        const ImageFunction* handler =
            placed->FunctionAt(*placed->FindSymbol(image->GetHandlerCandidates().front()));
        EXPECT_EQ((handler->end - handler->address) / 4, instructions) << name;
    }
}

TEST(HandlerBindings, EveryFunctionCompilesWithoutWarnings)
{
    CrossCompiler compiler;
    const std::string source = R"(
#include <handler.h>
#include <packets.h>
#include <pspin_rt.h>
#include <spin_dma.h>
#include <string.h>
__handler__ void all_hh(handler_args_t* args)
{
    task_t* task = args->task;
    uint8_t* data;
    uint32_t length, done;
    GET_IP_UDP_PLD(task->pkt_mem, data, length);
    spin_dma_t copy = DMA_NULL;
    if (spin_dma(task->pkt_mem, task->handler_mem, length, SPIN_DMA_LOC2EXT, 0, &copy) != SPIN_OK)
        return;
    spin_dma_wait(copy);
    spin_dma_test(copy, &done);
    spin__memcpy(data, task->handler_mem, MIN(length, 64));
    spin__public_memcpy(data, task->handler_mem, MAX(length, 64), 1);
    spin__wait_for_tf_completion(spin__memcpy_nonblk(data, task->handler_mem, 4));
    done = spin__public_tf_completed(spin__public_memcpy_nonblk(data, data, 4, 2), 2);
    spin_lock_t lock;
    spin_lock_init(&lock);
    if (spin_lock_try_lock(&lock))
        spin_lock_unlock(&lock);
    spin_lock_lock(&lock);
    spin_rw_lock_t* shared = (spin_rw_lock_t*)task->scratchpad[0];
    spin_rw_lock_r_lock(shared);
    spin_rw_lock_r_unlock(shared);
    spin_rw_lock_w_lock(shared);
    spin_rw_lock_w_unlock(shared);
    memset(data, 0, length);
    memcpy(data, task->handler_mem, length);
}
__handler__ void all_ph(handler_args_t* args)
{
    uint32_t* word = (uint32_t*)args->task->handler_mem;
    int32_t* number = (int32_t*)word;
    *word += amo_swap(word, 1) + amo_add(number, 2) + amo_and(word, 3) + amo_or(word, 4) +
             amo_xor(word, 5) + amo_max(number, 6) + amo_maxu(word, 7) + amo_min(number, 8) +
             amo_minu(word, 9);
    amo_store(word, 10);
    while (compare_and_swap(word, load_reserved(word), 11))
        rt_time_wait_cycles(32);
    DEBUG_PRINT("%lu", *word);
    printf("%lu\n", *word);
    assert(*word);
}
__handler__ void all_th(handler_args_t* args)
{
    task_t* task = args->task;
    spin_cmd_t command;
    bool ended = false;
    const uint64_t host = (uint64_t)task->host_mem_high << 32 | task->host_mem_low;
    spin_rdma_put(1, task->pkt_mem, 64, &command);
    spin_send_packet(task->pkt_mem, 64, &command);
    spin_dma_to_host(host, (uint32_t)task->pkt_mem, 64, true, &command);
    spin_dma_from_host(host, (uint32_t)task->pkt_mem, 64, false, NULL);
    spin_write_to_host(host, 1, NULL);
    spin_host_write(host, 1, &command);
    while (!ended)
        spin_cmd_test(command, &ended);
    spin_cmd_wait(command);
}
void init_handlers(handler_fn* hh, handler_fn* ph, handler_fn* th, void** memory)
{
    *hh = all_hh;
    *ph = all_ph;
    *th = all_th;
    *memory = NULL;
}
)";
    const std::pair<const char*, const char*> cases[] = {
        {"handler.c", "-O0"},
        {"handler.c", "-O3"},
        {"handler.c", "-Os -std=c99"},
        {"handler.c", "-O2 -DCHECK_ASSERTS -DLOG"},
        {"handler.cc", "-O0 -std=c++11"},
        {"handler.cc", "-O3 -std=c++20 -DCHECK_ASSERTS -DLOG"}};
    for (const auto& [name, options] : cases)
    {
        const auto image = RiscvImage::Load(compiler.Compile(
            source,
            std::string(options) + " -Wall -Wextra -Werror -march=rv32imac_zicsr -mabi=ilp32",
            name));
        EXPECT_EQ(image->GetHandlerCandidates(),
                  (std::vector<std::string>{"all_hh", "all_ph", "all_th"}))
            << options;
    }
}

} // namespace
