/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a core does beside executing user code: traps, privilege, registers, its port, stopping.
#include "assembled-program.h"

#include "ns3/riscv-decode.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{

namespace
{

using Stop = RiscvCore::Stop;

/** An assembled program on a core with memory behind the port. */
struct Machine
{
    explicit Machine(const std::string& source)
        : program(".globl _start\n_start:\n" + source + "\n.data\n.space 64\n")
    {
        core.SetCode(program.code);
        core.Reset(program.entry);
    }

    Stop Run()
    {
        return core.Run(core.GetCycle() + 1000);
    }

    /** @return what a register holds after the program has come to an ecall */
    uint32_t RunTo(unsigned reg)
    {
        EXPECT_EQ(Run(), Stop::TRAP);
        EXPECT_TRUE(core.GetTrap().cause == RiscvCore::MACHINE_CALL ||
                    core.GetTrap().cause == RiscvCore::USER_CALL)
            << "cause " << core.GetTrap().cause;
        return core.GetRegister(reg);
    }

    AssembledProgram program;
    RiscvCore core{program.memory, 2 * 32 + 5};
};

constexpr unsigned T0 = 5; //!< register number
constexpr unsigned A0 = 10;

} // namespace

TEST(RiscvCore, RunStopsAtTheFirstInstructionThatIsNotBeforeTheLimit)
{
    Machine m("li t0,1\nli t0,2\nli t0,3\necall");
    EXPECT_EQ(m.core.Run(2), Stop::LIMIT);
    EXPECT_EQ(m.core.GetCycle(), 2U);
    EXPECT_EQ(m.core.GetRegister(T0), 2U);
    EXPECT_EQ(m.core.GetPc(), m.program.entry + 4);
    EXPECT_EQ(m.core.GetInstructions(), 2U);
    EXPECT_EQ(m.core.Run(2), Stop::LIMIT);
    EXPECT_EQ(m.core.GetInstructions(), 2U);
    EXPECT_EQ(m.RunTo(T0), 3U);
}

TEST(RiscvCore, AReturnToTheReturnAddressStops)
{
    Machine m("li t0,9\nret");
    m.core.SetRegister(1, RiscvCore::RETURN_ADDRESS);
    EXPECT_EQ(m.Run(), Stop::RETURN);
    EXPECT_EQ(m.core.GetPc(), RiscvCore::RETURN_ADDRESS);
    EXPECT_EQ(m.core.GetCycle(), 3U);
    EXPECT_EQ(m.core.GetInstructions(), 2U);
    EXPECT_EQ(m.Run(), Stop::RETURN);
}

TEST(RiscvCore, WaitLeavesTheCoreBeforeTheInstruction)
{
    Machine m("la a1,2f\nsw a1,0(a1)\nlw a1,0(a1)\necall\n.data\n2: .word 7\n.text");
    m.program.memory.waitEvery = 2; // the load is put off, and then not
    EXPECT_EQ(m.Run(), Stop::WAIT);
    const uint32_t address = m.core.GetRegister(11);
    const uint64_t cycle = m.core.GetCycle();
    const uint64_t instructions = m.core.GetInstructions();
    m.core.SetCycle(cycle + 50);
    EXPECT_EQ(m.RunTo(11), address);
    EXPECT_EQ(m.core.GetInstructions(), instructions + 1);
    EXPECT_EQ(m.core.GetCycle(), cycle + 51);
}

TEST(RiscvCore, FaultsAreTraps)
{
    const struct
    {
        const char* source;
        uint32_t cause;
        uint32_t offset;
        uint32_t value;
    } cases[] = {{"lw t0,8(x0)", RiscvCore::LOAD_FAULT, 0, 8},
                 {"nop\nsb t0,9(x0)", RiscvCore::STORE_FAULT, 2, 9},
                 {"li a0,4\namoadd.w t0,t0,(a0)", RiscvCore::STORE_FAULT, 2, 4},
                 {"li a0,4\nlr.w t0,(a0)", RiscvCore::LOAD_FAULT, 2, 4},
                 {"li a0,6\nlr.w t0,(a0)", RiscvCore::LOAD_MISALIGNED, 2, 6},
                 {"li a0,5\namoswap.w t0,t0,(a0)", RiscvCore::STORE_MISALIGNED, 2, 5},
                 {"li a0,5\nsc.w t0,t0,(a0)", RiscvCore::STORE_MISALIGNED, 2, 5},
                 {".word 0xffffffff", RiscvCore::ILLEGAL_INSTRUCTION, 0, 0xffffffff},
                 {"csrw mhartid,t0", RiscvCore::ILLEGAL_INSTRUCTION, 0, 0xf1429073},
                 {"csrr t0,fcsr", RiscvCore::ILLEGAL_INSTRUCTION, 0, 0x003022f3},
                 {"csrr t0,0x780", RiscvCore::ILLEGAL_INSTRUCTION, 0, 0x780022f3},
                 {"ebreak", RiscvCore::BREAKPOINT, 0, AssembledProgram::TEXT}};

    for (const auto& c : cases)
    {
        SCOPED_TRACE(c.source);
        Machine m(c.source);
        ASSERT_EQ(m.Run(), Stop::TRAP);
        EXPECT_EQ(m.core.GetTrap().cause, c.cause);
        EXPECT_EQ(m.core.GetTrap().pc, m.program.entry + c.offset);
        EXPECT_EQ(m.core.GetPc(), m.program.entry + c.offset);
        EXPECT_EQ(m.core.GetInstructions(), c.offset == 0 ? 0U : 1U);
        if (c.cause != RiscvCore::BREAKPOINT)
        {
            EXPECT_EQ(m.core.GetTrap().value, c.value);
        }
    }
}

TEST(RiscvCore, AJumpToNowhereIsAFetchFault)
{
    Machine m("li a0,64\njr a0");
    ASSERT_EQ(m.Run(), Stop::TRAP);
    EXPECT_EQ(m.core.GetTrap().cause, RiscvCore::FETCH_FAULT);
    EXPECT_EQ(m.core.GetTrap().pc, 64U);
    EXPECT_EQ(m.core.GetJump(), m.program.entry + 4);
    EXPECT_EQ(m.core.GetPc(), 64U);
    EXPECT_EQ(m.core.GetInstructions(), 2U);
    ASSERT_EQ(m.Run(), Stop::TRAP);
    EXPECT_EQ(m.core.GetTrap().pc, 64U);
}

TEST(RiscvCore, ExecutionGoesOnInOtherCode)
{
    // c.nop · c.nop | c.li t0,5 · c.ebreak, where the first piece ends within an instruction's line
    const std::vector<uint8_t> first = {0x01, 0x00, 0x01, 0x00};
    const std::vector<uint8_t> second = {0x95, 0x42, 0x02, 0x90};
    FlatMemory memory;
    RiscvCore core(memory, 0);
    core.SetCode(std::make_shared<RiscvCode>(0x1000, first));
    core.Reset(0x1000);
    EXPECT_EQ(core.Run(100), Stop::TRAP);
    EXPECT_EQ(core.GetTrap().cause, RiscvCore::FETCH_FAULT);
    EXPECT_EQ(core.GetTrap().pc, 0x1004U);
    EXPECT_EQ(core.GetJump(), 0x1004U);
    core.SetCode(std::make_shared<RiscvCode>(0x1004, second));
    EXPECT_EQ(core.Run(100), Stop::TRAP);
    EXPECT_EQ(core.GetTrap().cause, RiscvCore::BREAKPOINT);
    EXPECT_EQ(core.GetRegister(T0), 5U);
    EXPECT_EQ(core.GetInstructions(), 3U);
}

TEST(RiscvCore, HalfAnInstructionAtTheEndIsAFetchFault)
{
    FlatMemory memory;
    RiscvCore core(memory, 0);
    core.SetCode(std::make_shared<RiscvCode>(0x1000, std::vector<uint8_t>{0x01, 0x00, 0x13, 0x05}));
    core.Reset(0x1000);
    EXPECT_EQ(core.Run(100), Stop::TRAP);
    EXPECT_EQ(core.GetTrap().cause, RiscvCore::FETCH_FAULT);
    EXPECT_EQ(core.GetTrap().pc, 0x1002U);
    EXPECT_EQ(core.GetJump(), 0x1002U);
}

TEST(RiscvCore, ATrapGoesToTheHandlerAndMretBack)
{
    Machine m(
        "la t1,handler\ncsrw mtvec,t1\ncsrwi mstatus,8\nlw t0,8(x0)\nli a0,2\ncsrr a5,mstatus\n"
        "ecall\n"
        ".balign 256\nhandler: csrr a1,mcause\ncsrr a2,mepc\ncsrr a3,mstatus\n"
        "csrr a4,0xc10\naddi a2,a2,4\ncsrw mepc,a2\nmret");
    ASSERT_EQ(m.Run(), Stop::TRAP);
    const uint32_t pc = m.core.GetTrap().pc;
    const uint64_t cycle = m.core.GetCycle();
    m.core.EnterTrap();
    EXPECT_EQ(m.core.GetPc() % 256, 0U);
    EXPECT_EQ(m.core.GetCycle(), cycle + CoreTiming().trap);
    EXPECT_EQ(m.RunTo(A0), 2U);
    EXPECT_EQ(m.core.GetRegister(11), RiscvCore::LOAD_FAULT);
    EXPECT_EQ(m.core.GetRegister(12), pc + 4);
    EXPECT_EQ(m.core.GetRegister(13), 0x1880U) << "MPP machine, MPIE, not MIE";
    EXPECT_EQ(m.core.GetRegister(14), 3U);
    EXPECT_EQ(m.core.GetRegister(15), 0x88U) << "MPP user, MPIE, MIE";
    EXPECT_EQ(m.core.GetTrap().cause, RiscvCore::MACHINE_CALL);
}

TEST(RiscvCore, UserModeHasNoMachineRegisters)
{
    const std::string toUser = "li t0,0x1800\ncsrc mstatus,t0\nla t0,1f\ncsrw mepc,t0\nmret\n1: ";
    for (const char* forbidden : {"csrr t0,mhartid",
                                  "csrr t0,mstatus",
                                  "csrw mscratch,t0",
                                  "csrr t0,mcycle",
                                  "csrr t0,0x3b0",
                                  "mret"})
    {
        SCOPED_TRACE(forbidden);
        Machine m(toUser + forbidden);
        ASSERT_EQ(m.Run(), Stop::TRAP);
        EXPECT_EQ(m.core.GetTrap().cause, RiscvCore::ILLEGAL_INSTRUCTION);
        EXPECT_FALSE(m.core.IsMachineMode());
        m.core.EnterTrap();
        EXPECT_TRUE(m.core.IsMachineMode());
    }
    Machine m(toUser + "csrr a0,0xc10\ncsrr a1,0x014\necall");
    EXPECT_TRUE(m.core.IsMachineMode());
    EXPECT_EQ(m.RunTo(A0), 0U) << "privlv";
    EXPECT_EQ(m.core.GetRegister(11), 69U) << "uhartid";
    EXPECT_EQ(m.core.GetTrap().cause, RiscvCore::USER_CALL);
}

TEST(RiscvCore, ControlAndStatusRegisters)
{
    const struct
    {
        const char* source;
        uint32_t value;
    } cases[] = {{"csrr a0,mhartid", 69},
                 {"csrr a0,misa", 0x40901105},
                 {"csrr a0,mtvec", 1},
                 {"csrr a0,mvendorid", 0},
                 {"csrr a0,mstatus", 0x1800},
                 {"li t0,-1\ncsrw mstatus,t0\ncsrr a0,mstatus", 0x21899},
                 {"li t0,-1\ncsrw mtvec,t0\ncsrr a0,mtvec", 0xffffff01},
                 {"li t0,-1\ncsrw mepc,t0\ncsrr a0,mepc", 0xfffffffe},
                 {"li t0,-1\ncsrw mcause,t0\ncsrr a0,mcause", 0x8000003f},
                 {"li t0,-1\ncsrw mtval,t0\ncsrr a0,mtval", 0},
                 {"li t0,0x1234\ncsrw mscratch,t0\ncsrr a0,mscratch", 0x1234},
                 {"li t0,0x1234\ncsrw mscratch,t0\ncsrrwi a0,mscratch,3", 0x1234},
                 {"csrwi mscratch,12\ncsrsi mscratch,3\ncsrci mscratch,4\ncsrr a0,mscratch", 11},
                 {"li t0,5\ncsrw mscratch,t0\ncsrrc a0,mscratch,t0\ncsrr a1,mscratch\n"
                  "slli a1,a1,8\nor a0,a0,a1",
                  5},
                 {"li t0,77\ncsrw 0x3a1,t0\ncsrr a0,0x3a1", 77},
                 {"li t0,78\ncsrw 0x3bf,t0\ncsrr a0,0x3bf", 78},
                 {"csrr a0,mcycle", 0},
                 {"csrr a0,0x320", 0xffffffff},
                 {"csrwi 0x320,0\nnop\nnop\nnop\ncsrr a0,mcycle", 4},
                 {"csrwi 0x320,0\nnop\nnop\ncsrr a0,minstret", 3},
                 {"csrwi 0x320,0\ncsrwi 0x320,15\nnop\nnop\ncsrr a0,mcycle", 1},
                 {"csrwi 0x320,0\nli t0,100\ncsrw mcycle,t0\nnop\ncsrr a0,mcycle", 102},
                 {"li t0,100\ncsrw mcycleh,t0\ncsrr a0,mcycleh", 100},
                 {"csrwi 0x323,1\ncsrwi 0x320,0\nnop\nnop\ncsrr a0,0xb03", 3}};

    for (const auto& c : cases)
    {
        SCOPED_TRACE(c.source);
        Machine m(std::string(c.source) + "\necall");
        EXPECT_EQ(m.RunTo(A0), c.value);
    }
}

// RI5CY riscv_alu.sv bclr_result; the two of PsPIN's crt0.S and some more by hand.
TEST(RiscvCore, BitClear)
{
    const struct
    {
        const char* encoding;
        uint32_t value;
    } cases[] = {{"0x60+25,a0,t0,x6", 0x3f & 0x9abcdef7}, // p.bclr a0,t0,25,6
                 {"0x60+26,a0,t0,x5", 0x1f & 0x9abcdef7}, // p.bclr a0,t0,26,5
                 {"0x60+0,a0,t0,x0", 0x9abcdef6},         // one bit
                 {"0x60+31,a0,t0,x0", 0},                 // all
                 {"0x60+31,a0,t0,x31", 0x1abcdef7},       // the highest
                 {"0x60+3,a0,t0,x8", 0x9abcd0f7}};        // four in the middle

    for (const auto& c : cases)
    {
        SCOPED_TRACE(c.encoding);
        Machine m(std::string("li t0,0x9abcdef7\n.insn r 0x33,3,") + c.encoding + "\necall");
        EXPECT_EQ(m.RunTo(A0), c.value);
    }
}

// riscv_controller.sv ELW_EXE: the pipeline is empty behind it.
TEST(RiscvCore, EventLoadWaitsForThePort)
{
    Machine m("la a1,2f\n.insn i 0x03,6,a0,4(a1)\necall\n.data\n2: .word 7,8\n.text");
    m.program.memory.waitEvery = 1;
    EXPECT_EQ(m.Run(), Stop::WAIT);
    EXPECT_EQ(m.Run(), Stop::WAIT);
    m.program.memory.waitEvery = 0;
    const uint64_t cycle = m.core.GetCycle();
    EXPECT_EQ(m.RunTo(A0), 8U);
    EXPECT_EQ(m.core.GetCycle(), cycle + CoreTiming().eventLoad);
}

TEST(RiscvCore, WaitForInterruptWaitsForEver)
{
    Machine m("wfi\nli a0,1\necall");
    EXPECT_EQ(m.Run(), Stop::WAIT);
    EXPECT_EQ(m.Run(), Stop::WAIT);
    EXPECT_EQ(m.core.GetPc(), m.program.entry);
}

TEST(RiscvCore, OwnMemoryEndsWhereItEnds)
{
    FlatMemory memory;
    RiscvCore core(memory, 0);
    // lw a0,0(a1) · c.ebreak
    core.SetCode(
        std::make_shared<RiscvCode>(0x1000,
                                    std::vector<uint8_t>{0x03, 0xa5, 0x05, 0x00, 0x02, 0x90}));
    std::vector<uint8_t> own = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    core.SetOwnMemory(2, {0x8000, 10, own.data()}, nullptr);
    for (const uint32_t good : {0x8000U, 0x8001U, 0x8004U, 0x8006U})
    {
        core.Reset(0x1000);
        core.SetRegister(11, good);
        EXPECT_EQ(core.Run(UINT64_MAX), Stop::TRAP);
        EXPECT_EQ(core.GetTrap().cause, RiscvCore::BREAKPOINT) << std::hex << good;
        EXPECT_EQ(core.GetRegister(10), (good - 0x8000 + 1) * 0x01010101U + 0x03020100U);
    }
    for (const uint32_t bad : {0x7fffU, 0x7ffcU, 0x8007U, 0x8008U, 0x800aU})
    {
        core.Reset(0x1000);
        core.SetRegister(11, bad);
        EXPECT_EQ(core.Run(UINT64_MAX), Stop::TRAP);
        EXPECT_EQ(core.GetTrap().cause, RiscvCore::LOAD_FAULT) << std::hex << bad;
    }
}

TEST(RiscvDecode, IllegalInstructionsSayWhatTheyAre)
{
    const struct
    {
        uint32_t encoding;
        const char* what;
    } cases[] = {{0x0047a50b, "an Xpulp post-increment load (p.lw)"},
                 {0x0017c58b, "an Xpulp post-increment load (p.lbu)"},
                 {0x20c7f583, "an Xpulp register-offset load (p.lw)"},
                 {0x00e7a22b, "an Xpulp post-increment store (p.sw)"},
                 {0x0087c07b, "an Xpulp hardware loop (lp.setup)"},
                 {0x00a0d07b, "an Xpulp hardware loop (lp.setupi)"},
                 {0xc0a51533, "an Xpulp bit manipulation (p.extractu)"},
                 {0x42b50533, "an Xpulp operation (p.mac)"},
                 {0x04b56533, "an Xpulp operation (p.max)"},
                 {0x00552063, "an Xpulp branch (p.beqimm)"},
                 {0x00b57053, "fadd.s (F extension)"},
                 {0x02b57053, "fadd.d (D extension)"},
                 {0x00052507, "flw (F extension)"},
                 {0x00006108, "c.flw (F extension)"},
                 {0x00053503, "ld (RV64)"},
                 {0x00000000, "all zeros"},
                 {0x003022f3, "control and status register 0x003"},
                 {0x0000007f, "encoding 0x0000007f"}};

    for (const auto& c : cases)
    {
        const std::string text = DescribeIllegal(c.encoding);
        EXPECT_NE(text.find(c.what), std::string::npos) << text;
        EXPECT_NE(text.find("compile with -march=rv32imac_zicsr -mabi=ilp32"), std::string::npos);
        if ((c.encoding & 0x7f) != 0x73)
        {
            EXPECT_EQ(DecodeInstruction(c.encoding, 0).operation, RiscvOperation::ILLEGAL) << text;
        }
    }
}

} // namespace offload
} // namespace ns3
