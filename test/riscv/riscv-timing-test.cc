/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Cycles of instruction sequences. The numbers are RI5CY's: from runs of the released hardware
// description under Verilator, or counted by hand from the files of PsPIN's hw/deps/riscv that the
// test names.
#include "assembled-program.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{

namespace
{

/** An instruction and the cycles until the next one leaves the decode stage; 0: not executed. */
struct Step
{
    const char* assembly;
    uint64_t cycles;
};

/** Writes down when instructions execute. */
class CycleTracer : public InstructionTracer
{
  public:
    void Instruction(uint64_t cycle, uint32_t, const DecodedInstruction&) override
    {
        cycles.push_back(cycle);
    }

    std::vector<uint64_t> cycles; //!< of each instruction
};

constexpr uint32_t FAR = 0x300000;   //!< memory behind the port
constexpr uint64_t FAR_LATENCY = 21; //!< cycles

/**
 * Run steps; a4 points at own memory, a3 at memory that takes FAR_LATENCY cycles, t2 is 1, t0 5.
 * @param steps with the cycles of each
 * @param timing of the core
 * @param fetch null: instructions are always there
 * @param warm all are in the cache
 */
void
ExpectCycles(const std::vector<Step>& steps,
             const CoreTiming& timing = {},
             PrefetchBuffer* fetch = nullptr,
             bool warm = true)
{
    std::string source = ".option norelax\n.option norvc\n.globl _start\n_start:\n";
    for (const auto& step : steps)
    {
        source += std::string(step.assembly) + "\n";
    }
    AssembledProgram program(source + "ecall\n.data\n.space 256\n", timing);
    ASSERT_TRUE(program.IsGood());
    FlatMemory memory;
    memory.segments.push_back({FAR, std::vector<uint8_t>(256)});
    memory.segments.push_back({AssembledProgram::DATA, std::vector<uint8_t>(256)});
    memory.latency = FAR_LATENCY;
    RiscvCore core(memory, 0);
    core.SetCode(program.code);
    const auto banks = std::make_unique<L1Banks>();
    core.SetOwnMemory(1,
                      {AssembledProgram::DATA, 256, memory.Find(AssembledProgram::DATA, 256)},
                      banks.get());
    core.SetFetch(fetch);
    if (fetch != nullptr && warm)
    {
        core.Reset(program.entry);
        ASSERT_EQ(core.Run(UINT64_MAX), RiscvCore::Stop::TRAP);
    }
    core.Reset(program.entry);
    core.SetRegister(5, 5);
    core.SetRegister(7, 1);
    core.SetRegister(13, FAR);
    core.SetRegister(14, AssembledProgram::DATA);
    core.SetCycle(1000);
    CycleTracer tracer;
    core.SetTracer(&tracer);
    ASSERT_EQ(core.Run(UINT64_MAX), RiscvCore::Stop::TRAP);
    ASSERT_EQ(core.GetTrap().cause, RiscvCore::MACHINE_CALL);
    std::size_t i = 0;
    for (const auto& step : steps)
    {
        if (step.cycles == 0)
        {
            continue;
        }
        ASSERT_LT(i + 1, tracer.cycles.size());
        EXPECT_EQ(tracer.cycles[i + 1] - tracer.cycles[i], step.cycles) << step.assembly;
        i++;
    }
    EXPECT_EQ(i + 1, tracer.cycles.size());
    EXPECT_TRUE(!warm || tracer.cycles.front() == 1000U);
}

} // namespace

// riscv_controller.sv load_stall_o; measured.
TEST(RiscvTiming, LoadStallsTheNextInstructionThatUsesItsValue)
{
    ExpectCycles(
        {{"lw t0,0(a4)", 2},  {"add t0,t0,t0", 1}, {"lw t0,0(a4)", 1}, {"nop", 1},
         {"add t0,t0,t0", 1}, {"lw t0,0(a4)", 1},  {"lw t1,4(a4)", 2}, {"add t0,t0,t1", 1},
         {"sw t0,0(a4)", 1},  {"lw t1,0(a4)", 1},  {"nop", 1},         {"lw t0,0(a4)", 2},
         {"sw t0,4(a4)", 1},  {"lw t0,0(a4)", 2},  {"bnez t0,1f", 1},  {"1: sw a4,8(a4)", 1},
         {"lw t1,8(a4)", 2},  {"lw t0,0(t1)", 1},  {"lw t1,8(a4)", 2}, {"sw t2,0(t1)", 1}});
}

// The comparison of the destination registers has no exception for x0; measured.
TEST(RiscvTiming, LoadStallsTheNextInstructionThatWritesItsRegister)
{
    ExpectCycles({{"lw x0,0(a4)", 2},
                  {"nop", 1},
                  {"lw x0,0(a4)", 1},
                  {"add t2,t2,t2", 1},
                  {"lw t0,0(a4)", 2},
                  {"li t0,3", 1},
                  {"lw t0,0(a4)", 1}, // a second load writes later as well
                  {"lw t0,4(a4)", 1},
                  {"nop", 1}});
}

// Measured.
TEST(RiscvTiming, AtomicsAreLoads)
{
    ExpectCycles({{"addi t1,a4,16", 1},
                  {"amoadd.w t0,t2,(a3)", FAR_LATENCY},
                  {"nop", 1},
                  {"amoadd.w t0,t2,(a3)", FAR_LATENCY + 1},
                  {"add t0,t0,t0", 1},
                  {"amoadd.w x0,t2,(a3)", FAR_LATENCY + 1},
                  {"nop", 1},
                  {"lr.w t0,(a3)", FAR_LATENCY + 1},
                  {"sc.w t1,t0,(a3)", FAR_LATENCY + 1},
                  {"bnez t1,1f", 1},
                  {"1: nop", 1}});
}

// riscv_load_store_unit.sv data_misaligned_o; measured.
TEST(RiscvTiming, AccessesOverAWordBoundaryAreTwo)
{
    ExpectCycles({{"lw t0,1(a4)", 2},
                  {"nop", 1},
                  {"lw t0,1(a4)", 3},
                  {"add t0,t0,t0", 1},
                  {"lw t0,2(a4)", 2},
                  {"nop", 1},
                  {"lhu t0,3(a4)", 2},
                  {"nop", 1},
                  {"lhu t0,1(a4)", 1},
                  {"nop", 1},
                  {"sw t0,1(a4)", 2},
                  {"sh t0,3(a4)", 2},
                  {"sh t0,1(a4)", 1},
                  {"sw t0,5(a4)", 2},
                  {"lw t0,5(a4)", 2},
                  {"nop", 1},
                  {"lb t0,3(a4)", 1},
                  {"nop", 1},
                  {"lw t0,2(a3)", 2 * FAR_LATENCY},
                  {"nop", 1},
                  {"sw t0,3(a3)", 2 * FAR_LATENCY},
                  {"nop", 1}});
}

// riscv_controller.sv: branches are decided in the execution stage, jumps in decode; measured.
TEST(RiscvTiming, BranchesAndJumps)
{
    ExpectCycles({{"beq x0,x0,1f", 3},
                  {"nop", 0},
                  {"1: bne x0,x0,1b", 1},
                  {"lw t0,0(a4)", 1},
                  {"j 2f", 2},
                  {"nop", 0},
                  {"2: auipc t1,0", 1},
                  {"addi t1,t1,16", 1},
                  {"lw t0,0(a4)", 1},
                  {"jr t1", 2},
                  {"jal ra,3f", 2},
                  {"nop", 0},
                  {"3: la t1,4f", 1}, // two instructions
                  {"", 2},
                  {"jalr t1", 2},
                  {"nop", 0},
                  {"4: nop", 1}});
}

// riscv_controller.sv jr_stall_o; measured. A function's end, lw ra · addi sp · ret, is such a
// case.
TEST(RiscvTiming, JalrWaitsForItsRegister)
{
    ExpectCycles({{"auipc t1,0", 1},
                  {"addi t1,t1,12", 2},
                  {"jr t1", 2},
                  {"auipc t1,0", 1},
                  {"addi t1,t1,16", 1},
                  {"nop", 1},
                  {"jr t1", 2},
                  {"auipc ra,0", 2},
                  {"jalr ra,8(ra)", 2},
                  {"auipc t1,0", 1},
                  {"addi t1,t1,16", 1},
                  {"mul t1,t1,t2", 2},
                  {"jr t1", 2},
                  {"auipc t1,0", 1},
                  {"addi t1,t1,20", 1},
                  {"nop", 1},
                  {"div t1,t1,t2", 35},
                  {"jr t1", 2},
                  {"nop", 1}});
}

// As above; measured: behind the load 2, behind one instruction 1, then 0. The one cycle is
// charged to the load here, on the hardware's trace to the instruction between; the sum counts.
TEST(RiscvTiming, JalrWaitsForALoadedRegister)
{
    ExpectCycles({{"auipc t1,0", 1},
                  {"addi t1,t1,20", 1},
                  {"sw t1,0(a4)", 1},
                  {"lw t1,0(a4)", 3},
                  {"jr t1", 2},
                  {"auipc t1,0", 1},
                  {"addi t1,t1,24", 1},
                  {"sw t1,0(a4)", 1},
                  {"lw t1,0(a4)", 2},
                  {"nop", 1},
                  {"jr t1", 2},
                  {"auipc t1,0", 1},
                  {"addi t1,t1,28", 1},
                  {"sw t1,0(a4)", 1},
                  {"lw t1,0(a4)", 1},
                  {"nop", 1},
                  {"nop", 1},
                  {"jr t1", 2},
                  {"nop", 1}});
}

// riscv_controller.sv jump_done; measured: a ret behind a blocked access costs 1. Here the access
// is shorter by that cycle, and the jump has its 2.
TEST(RiscvTiming, AJumpPassesHalfOfItsTimeBehindAStall)
{
    ExpectCycles({{"lw t0,0(a3)", FAR_LATENCY - 1},
                  {"j 1f", 2},
                  {"1: sw t0,0(a3)", FAR_LATENCY - 1},
                  {"j 2f", 2},
                  {"2: mulh t0,t0,t0", 4},
                  {"j 3f", 2},
                  {"3: auipc t1,0", 1},
                  {"addi t1,t1,20", 1},
                  {"sw t1,0(a3)", FAR_LATENCY},
                  {"lw t1,0(a3)", FAR_LATENCY + 2}, // the jump needs the value
                  {"jr t1", 2},
                  {"sw t0,1(a4)", 1}, // two accesses
                  {"j 4f", 2},
                  {"4: nop", 1}});
}

// riscv_mult.sv; measured.
TEST(RiscvTiming, MultiplicationTakesOneCycleOrFive)
{
    ExpectCycles({{"mul t0,t0,t0", 1},
                  {"mul t0,t0,t0", 1},
                  {"mulh t0,t0,t0", 5},
                  {"mul t0,t0,t0", 1},
                  {"lw t1,0(a4)", 2},
                  {"mulhu t0,t1,t1", 5},
                  {"mulhsu t0,x0,x0", 5},
                  {"nop", 1}});
}

// riscv_alu.sv div_shift, riscv_alu_div.sv; measured.
TEST(RiscvTiming, DivisionDependsOnTheDivisor)
{
    const struct
    {
        const char* divisor;
        uint64_t isUnsigned;
        uint64_t isSigned;
    } cases[] = {{"0", 35, 35},
                 {"1", 34, 34},
                 {"2", 33, 33},
                 {"5", 32, 32},
                 {"0x7fffffff", 4, 4},
                 {"0x80000000", 3, 3},
                 {"-1", 3, 34},
                 {"-2", 3, 33},
                 {"-8", 3, 31},
                 {"-9", 3, 30}};

    for (const auto& c : cases)
    {
        SCOPED_TRACE(c.divisor);
        const std::string load = std::string("lui t1,%hi(") + c.divisor + ")";
        const std::string rest = std::string("addi t1,t1,%lo(") + c.divisor + ")";
        ExpectCycles({{load.c_str(), 1},
                      {rest.c_str(), 1},
                      {"divu t3,t0,t1", c.isUnsigned},
                      {"remu t3,t0,t1", c.isUnsigned},
                      {"div t3,t0,t1", c.isSigned},
                      {"rem t3,t0,t1", c.isSigned},
                      {"nop", 1}});
    }
}

// riscv_controller.sv FLUSH_EX, FLUSH_WB, XRET_JUMP; fences and registers measured.
TEST(RiscvTiming, FlushesOfThePipeline)
{
    ExpectCycles({{"nop", 1},
                  {"fence", 4},
                  {"nop", 1},
                  {"fence.i", 4},
                  {"csrr t0,mhartid", 1},
                  {"csrw mscratch,t0", 1},
                  {"csrr t1,mstatus", 4},
                  {"csrw mstatus,t1", 4},
                  {"auipc t0,0", 1},
                  {"addi t0,t0,24", 1},
                  {"csrw mepc,t0", 1},
                  {"lui t1,2", 1}, // MPP: machine
                  {"csrs mstatus,t1", 4},
                  {"mret", 5},
                  {"nop", 1}});
}

// riscv_prefetch_L0_buffer.sv BRANCHED, NOT_VALID_CROSS; measured with a warm cache.
TEST(RiscvTiming, WarmFetchStallsWhereAnInstructionBehindAJumpIsInTwoLines)
{
    const char* skip2 = ".option rvc\nc.nop\n.option norvc";
    const char* skip4 = "nop";
    InstructionCache cache;
    PrefetchBuffer fetch(cache, 0);
    ExpectCycles({{"nop", 1},
                  {"j 1f", 2},
                  {".balign 16", 0},
                  {skip2, 0},
                  {"1: add t0,t0,t1", 1}, // offset 2
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"j 2f", 2},
                  {".balign 16", 0},
                  {skip4, 0},
                  {skip2, 0},
                  {"2: add t0,t0,t1", 1}, // 6
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"j 3f", 2},
                  {".balign 16", 0},
                  {skip4, 0},
                  {skip4, 0},
                  {skip2, 0},
                  {"3: add t0,t0,t1", 2}, // 10
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"j 4f", 3},
                  {".balign 16", 0},
                  {skip4, 0},
                  {skip4, 0},
                  {skip4, 0},
                  {skip2, 0},
                  {"4: add t0,t0,t1", 1}, // 14
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1},
                  {"j 5f", 2},
                  {".balign 16", 0},
                  {skip4, 0},
                  {skip4, 0},
                  {skip4, 0},
                  {"5: add t0,t0,t1", 1}, // 12
                  {"add t0,t0,t1", 1},
                  {"add t0,t0,t1", 1}},
                 {},
                 &fetch);
}

// riscv_prefetch_L0_buffer.sv: the line is asked for when the instruction in its last word comes to
// the fetch stage, two behind the one in decode. Measured: copy_from_host, four cores at once.
TEST(RiscvTiming, ALineComesWhileAnInstructionThreeBeforeItStalls)
{
    for (const unsigned before : {1U, 2U, 3U})
    {
        InstructionCache cache;
        PrefetchBuffer fetch(cache, 0);
        std::vector<Step> steps =
            {{".balign 16", 0}, {"nop", 1}, {"nop", 1}, {"nop", 1}, {"nop", 1}, {"nop", 1}};
        steps[5 - before] = {"lw t0,0(a3)", FAR_LATENCY};
        ExpectCycles(steps, {}, &fetch, false);
    }
}

// riscv_id_stage.sv id_valid_o, riscv_decoder.sv deassert_we; measured.
TEST(RiscvTiming, ATakenBranchRunsTheDivisionBehindIt)
{
    ExpectCycles({{"beq x0,x0,1f", 2 + 34},
                  {"div t1,t0,t2", 0},
                  {"1: bne x0,x0,2f", 1},
                  {"remu t1,t0,t2", 34},
                  {"2: beq x0,x0,3f", 3},
                  {"mulh t1,t0,t2", 0},
                  {"3: beq x0,x0,4f", 3},
                  {"nop", 0},
                  {"div t1,t0,t2", 0},
                  {"4: j 5f", 2}, // its target is known before the next instruction is there
                  {"div t1,t0,t2", 0},
                  {"5: beq x0,x0,6f", 2 + 35},
                  {"divu t1,t0,x0", 0},
                  {"6: nop", 1}});
}

// As above; measured.
TEST(RiscvTiming, ADivisionRunsTwiceIfTheNextInstructionIsNotThere)
{
    InstructionCache cache;
    PrefetchBuffer fetch(cache, 0);
    const std::vector<Step> steps = {{"nop", 1},
                                     {"j 1f", 2},
                                     {".balign 16", 0},
                                     {".option rvc\nc.nop\n.option norvc", 0},
                                     {"nop", 0},
                                     {"nop", 0},
                                     {"1: div t1,t0,t2", 2 * 34}, // the next is in two lines
                                     {"nop", 1},
                                     {"nop", 1},
                                     {"div t1,t0,t2", 34},
                                     {"nop", 1},
                                     {"nop", 1}};
    ExpectCycles(steps, {}, &fetch);
    InstructionCache cold;
    PrefetchBuffer first(cold, 0);
    ExpectCycles({{".balign 16", 0},
                  {"nop", 1},
                  {"nop", 1},
                  {"nop", 1},
                  {"div t1,t0,t2", 2 * 34},
                  {"nop", 1}},
                 {},
                 &first,
                 false);
}

// Measured: all of the cycles beyond an instruction's first one.
TEST(RiscvTiming, ALineComesWhileAnInstructionBeforeItMultipliesOrDivides)
{
    constexpr uint64_t MISS = 8; // cycles more than a hit
    const auto run = [](std::vector<Step> steps) {
        InstructionCache cache;
        PrefetchBuffer fetch(cache, 0);
        steps.insert(steps.begin(), {".balign 16", 0});
        ExpectCycles(steps, {}, &fetch, false);
    };
    run({{"nop", 1}, {"nop", 1}, {"nop", 1}, {"nop", 1 + MISS}, {"nop", 1}});
    run({{"nop", 1}, {"nop", 1}, {"nop", 1}, {"mulh t1,t0,t2", 1 + MISS}, {"nop", 1}});
    run({{"nop", 1}, {"nop", 1}, {"mulh t1,t0,t2", 5}, {"nop", 1 + MISS - 4}, {"nop", 1}});
    run({{"nop", 1}, {"nop", 1}, {"div t1,t0,t2", 34}, {"nop", 1}, {"nop", 1}});
    run({{"nop", 1}, {"div t1,t0,t2", 34}, {"nop", 1}, {"nop", 1}, {"nop", 1}});
}

TEST(RiscvTiming, NumbersAreAttributes)
{
    CoreTiming timing;
    timing.jump = 7;
    timing.branchTaken = 9;
    timing.loadUse = 3;
    ExpectCycles({{"j 1f", 7}, {"1: beq x0,x0,2f", 9}, {"2: lw t0,0(a4)", 4}, {"mv t1,t0", 1}},
                 timing);
}

} // namespace offload
} // namespace ns3
