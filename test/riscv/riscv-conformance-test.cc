/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Each instruction with corner-case operands, against qemu-riscv32.
#include "instruction-cases.h"

#include <sstream>

namespace ns3
{
namespace offload
{

namespace
{

std::string
Name(const std::string& instruction, uint32_t a, uint32_t b)
{
    std::ostringstream text;
    text << instruction << std::hex << " of " << a << ", " << b;
    return text.str();
}

} // namespace

TEST(RiscvConformance, RegisterOperationsAreExact)
{
    InstructionCases cases;
    for (const char* operation : InstructionCases::REGISTER_OPERATIONS)
    {
        for (const uint32_t a : InstructionCases::GetCorners())
        {
            for (const uint32_t b : InstructionCases::GetCorners())
            {
                cases.Add(Name(operation, a, b),
                          LoadImmediate("t0", a) + LoadImmediate("t1", b) + operation +
                              " t2,t0,t1\n");
            }
        }
    }
    cases.Check();
}

TEST(RiscvConformance, ImmediateOperationsAreExact)
{
    InstructionCases cases;
    for (const uint32_t a : InstructionCases::GetCorners())
    {
        for (const char* operation : InstructionCases::IMMEDIATE_OPERATIONS)
        {
            for (const int32_t b : {0, 1, -1, 31, 2047, -2048, 0x555})
            {
                cases.Add(Name(operation, a, static_cast<uint32_t>(b)),
                          LoadImmediate("t0", a) + operation + " t2,t0," + std::to_string(b) +
                              "\n");
            }
        }
        for (const char* operation : InstructionCases::SHIFTS)
        {
            for (const uint32_t b : {0U, 1U, 15U, 31U})
            {
                cases.Add(Name(operation, a, b),
                          LoadImmediate("t0", a) + operation + " t2,t0," + std::to_string(b) +
                              "\n");
            }
        }
    }
    for (const char* upper : {"0", "1", "0x80000", "0xfffff", "0x12345"})
    {
        cases.Add(std::string("lui ") + upper, std::string("lui t2,") + upper + "\n");
        cases.Add(std::string("auipc ") + upper, std::string("auipc t2,") + upper + "\n");
    }
    cases.Add("x0 stays 0", "li t2,5\nadd x0,t2,t2\nlw x0,0(s10)\nmv t2,x0\n");
    cases.Check();
}

TEST(RiscvConformance, BranchesGoWhereTheyShould)
{
    InstructionCases cases;
    for (const char* operation : InstructionCases::BRANCHES)
    {
        for (const uint32_t a : InstructionCases::GetCorners())
        {
            for (const uint32_t b : InstructionCases::GetCorners())
            {
                cases.Add(Name(operation, a, b),
                          LoadImmediate("t0", a) + LoadImmediate("t1", b) + "li t2,1\n" +
                              operation + " t0,t1,1f\nli t2,0\n1:\n");
            }
        }
    }
    cases.Add("backwards", "li t2,0\nli t0,5\n1: addi t2,t2,3\naddi t0,t0,-1\nbnez t0,1b\n");
    cases.Check();
}

TEST(RiscvConformance, JumpsLinkAndLand)
{
    InstructionCases cases;
    cases.Add("jal's link", "jal t2,1f\nnop\n1:\n");
    cases.Add("jal forward", "li t2,1\nj 1f\nli t2,0\n1:\n");
    cases.Add("jal backward", "li t2,1\nj 2f\n1: addi t2,t2,4\nj 3f\n2: addi t2,t2,8\nj 1b\n3:\n");
    cases.Add("a far jal", "li t2,1\nj 1f\n.space 70000\n1: addi t2,t2,1\n");
    cases.Add("jalr's link", "la t0,1f\njalr t2,0(t0)\nnop\n1:\n");
    cases.Add("jalr with offset", "li t2,1\nla t0,1f-8\njalr t1,8(t0)\nli t2,0\n1:\n");
    cases.Add("jalr drops bit 0", "li t2,1\nla t0,1f\njalr t1,1(t0)\nli t2,0\n1:\n");
    cases.Add("jalr to its own link register", "la t2,1f\njalr t2,0(t2)\nnop\n1:\n");
    cases.Add("call and return",
              "li t2,1\ncall 1f\naddi t2,t2,2\nj 2f\n1: addi t2,t2,4\nret\n2:\n");
    cases.Add("fence", "li t2,1\nfence\nfence.i\nfence rw,w\naddi t2,t2,1\n");
    cases.Check();
}

TEST(RiscvConformance, LoadsAndStoresOfAnyAlignment)
{
    InstructionCases cases;
    for (int offset = 0; offset < 9; offset++)
    {
        const std::string at = std::to_string(16 + offset) + "(s10)\n";
        for (const char* load : InstructionCases::LOADS)
        {
            cases.Add(std::string(load) + " at " + std::to_string(offset),
                      std::string(load) + " t2," + at);
        }
        for (const char* store : InstructionCases::STORES)
        {
            for (int word = 0; word < 4; word++)
            {
                cases.Add(std::string(store) + " at " + std::to_string(offset) + ", word " +
                              std::to_string(word),
                          LoadImmediate("t0", 0x8192a3b4 + static_cast<uint32_t>(offset)) + store +
                              " t0," + at + "lw t2," + std::to_string(16 + 4 * word) + "(s10)\n");
            }
        }
    }
    cases.Add("negative offset", "addi t0,s10,100\nlw t2,-100(t0)\n");
    cases.Add("largest offset", "addi t0,s10,-2000\nlw t2,2004(t0)\n");
    cases.Add("base is destination", "mv t2,s10\nlw t2,8(t2)\n");
    cases.Check();
}

TEST(RiscvConformance, AtomicsAreExact)
{
    InstructionCases cases;
    std::vector<std::string> operations(InstructionCases::ATOMICS.begin(),
                                        InstructionCases::ATOMICS.end());
    operations.push_back("amoadd.w.aqrl");
    for (const std::string& operation : operations)
    {
        for (const uint32_t a : InstructionCases::GetCorners())
        {
            for (const uint32_t b : InstructionCases::GetCorners())
            {
                const std::string run = LoadImmediate("t0", a) + LoadImmediate("t1", b) +
                                        "sw t0,0(s10)\n" + operation + " t2,t1,(s10)\n";
                cases.Add(Name(operation, a, b) + ", old", run);
                cases.Add(Name(operation, a, b) + ", new", run + "lw t2,0(s10)\n");
            }
        }
    }
    cases.Add("lr loads", "lr.w t2,(s10)\n");
    cases.Add("sc after lr succeeds", "lr.w t0,(s10)\nli t1,77\nsc.w t2,t1,(s10)\n");
    cases.Add("sc after lr stores", "lr.w t0,(s10)\nli t1,78\nsc.w t0,t1,(s10)\nlw t2,0(s10)\n");
    cases.Add("a second sc fails", "lr.w t0,(s10)\nsc.w t1,t0,(s10)\nsc.w t2,t0,(s10)\n");
    cases.Check();
}

TEST(RiscvConformance, CompressedInstructionsAreExact)
{
    InstructionCases cases;
    const auto add = [&cases](const std::string& body) { cases.Add(body, body); };
    for (const char* value : {"1", "-1", "31", "-32", "5"})
    {
        add(std::string("c.li t2,") + value + "\n");
        add(std::string("li t2,100\nc.addi t2,") + value + "\n");
        add(LoadImmediate("a0", 0xdeadbeef) + "c.andi a0," + value + "\nmv t2,a0\n");
    }
    for (const char* value : {"1", "31", "0xfffff", "0xfffe0"})
    {
        add(std::string("c.lui t2,") + value + "\n");
    }
    for (const char* amount : {"1", "5", "31"})
    {
        for (const char* shift : {"c.srli", "c.srai", "c.slli"})
        {
            add(LoadImmediate("a1", 0x9abcdef1) + shift + " a1," + amount + "\nmv t2,a1\n");
        }
    }
    for (const char* operation : {"c.sub", "c.xor", "c.or", "c.and", "c.add", "c.mv"})
    {
        add(LoadImmediate("a2", 0x89abcdef) + LoadImmediate("a3", 0x10325476) + operation +
            " a2,a3\nmv t2,a2\n");
    }
    for (const char* offset : {"-512", "-16", "16", "496", "32", "64", "128", "256"})
    {
        add(std::string("mv t0,sp\nli sp,0x1000\nc.addi16sp sp,") + offset +
            "\nmv t2,sp\nmv sp,t0\n");
    }
    for (const char* offset : {"4", "8", "16", "32", "64", "128", "256", "512", "1020"})
    {
        add(std::string("mv t0,sp\nli sp,0x1000\nc.addi4spn a4,sp,") + offset +
            "\nmv t2,a4\nmv sp,t0\n");
    }
    for (const char* offset : {"0", "4", "8", "16", "32", "64", "124"})
    {
        add(std::string("mv a0,s10\nli a1,0x1234\nc.lw a2,") + offset + "(a0)\nc.sw a1," + offset +
            "(a0)\nlw a3," + offset + "(s10)\nslli a3,a3,3\nxor t2,a2,a3\n");
        add(std::string("mv t0,sp\nmv sp,s10\nli a1,0x4321\nc.lwsp a2,") + offset +
            "(sp)\nc.swsp a1," + offset + "(sp)\nmv sp,t0\nlw a3," + offset +
            "(s10)\nslli a3,a3,3\nxor t2,a2,a3\n");
    }
    add("mv t0,sp\naddi sp,s10,-128\nc.lwsp t2,192(sp)\nmv sp,t0\n");
    add("mv t0,sp\naddi sp,s10,-128\nc.swsp t0,252(sp)\nc.swsp s10,252(sp)\nlw t2,124(s10)\nmv "
        "sp,t0\n");
    add("li t2,1\nc.j 1f\nli t2,0\n1:\n");
    add("li t2,1\nc.jal 1f\nli t2,0\n1: add t2,t2,ra\n");
    add("li t2,1\nla t0,1f\nc.jr t0\nli t2,0\n1:\n");
    add("li t2,1\nla t0,1f\nc.jalr t0\nli t2,0\n1: add t2,t2,ra\n");
    add("li t2,1\nc.j 2f\n.space 600\n1: c.addi t2,7\nc.j 3f\n.space 300\n2: c.addi t2,1\nc.j 1b\n"
        "3:\n");
    for (const char* value : {"0", "1"})
    {
        for (const char* branch : {"c.beqz", "c.bnez"})
        {
            add(std::string("li a5,") + value + "\nli t2,1\n" + branch + " a5,1f\nli t2,0\n1:\n");
            add(std::string("li a5,") + value + "\nli t2,1\n" + branch +
                " a5,1f\n.option push\n.option norvc\n.rept 60\naddi t2,t2,1\n.endr\n.option "
                "pop\n1:\n");
        }
    }
    add("li t2,1\nli a5,9\n1: c.addi t2,3\nc.addi a5,-1\nc.bnez a5,1b\n");
    add("c.li t2,3\nc.nop\n");
    cases.Check();
}

} // namespace offload
} // namespace ns3
