/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The disassembler beside the GNU one, on random instructions of every kind.
 */
#include "cross-compiler.h"

#include "ns3/disassembler.h"

#include <algorithm>
#include <cctype>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <set>
#include <sstream>
#include <vector>

using namespace ns3::offload;

namespace
{

constexpr uint32_t PC = 0x1D000100; //!< where the code is taken to be

/** Writes code to a file and has the GNU disassembler read it. */
std::vector<std::string>
GnuDisassembly(CrossCompiler& compiler, const std::vector<uint32_t>& words)
{
    // Each instruction in a word of its own; a compressed one is followed by another, c.nop.
    std::string code;
    for (const uint32_t word : words)
    {
        const uint32_t bits = (word & 3) == 3 ? word : (word & 0xFFFF) | 0x00010000;
        for (uint32_t i = 0; i < 32; i += 8)
        {
            code += static_cast<char>(bits >> i);
        }
    }
    const std::string file = compiler.Write("code.bin", code);
    const std::string command = "$(" OFFLOAD_RISCV_CC " -print-prog-name=objdump) -D -b binary "
                                "-m riscv:rv32 -M no-aliases --adjust-vma=" +
                                std::to_string(PC) + " " + file;
    std::vector<std::string> lines(words.size());
    FILE* pipe = popen(command.c_str(), "r");
    char text[256];
    while (pipe && fgets(text, sizeof(text), pipe))
    {
        // "1d000100:\t00052783          \tlw\ta5,0(a0) # 0x…"
        unsigned address = 0;
        if (std::sscanf(text, " %x:\t", &address) != 1 || (address - PC) % 4)
        {
            continue;
        }
        std::string line = text;
        line = line.substr(line.find('\t') + 1);
        line = line.substr(line.find('\t') + 1);
        line = line.substr(0, line.find_first_of("<#\n"));
        std::replace(line.begin(), line.end(), '\t', ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        lines.at((address - PC) / 4) = line;
    }
    EXPECT_TRUE(pipe && pclose(pipe) == 0) << command;
    return lines;
}

/** @return the mnemonic of a line */
std::string
NameOf(const std::string& line)
{
    return line.substr(0, line.find(' '));
}

TEST(Disassembler, AgreesWithTheGnuDisassembler)
{
    std::mt19937 random(42);
    std::vector<uint32_t> words;
    const uint32_t opcodes[] =
        {0x37, 0x17, 0x6F, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x0F, 0x73, 0x2F};
    for (const uint32_t opcode : opcodes)
    {
        for (uint32_t i = 0; i < 4000; i++)
        {
            uint32_t word = (random() & ~0x7FU) | opcode;
            // Most random words are no instructions where the upper bits say which one it is.
            if ((opcode == 0x33 || opcode == 0x13) && i % 2)
            {
                word &= i % 4 == 1 ? 0x01FFFFFF : 0x43FFFFFF;
            }
            if (opcode == 0x2F && i % 4)
            {
                word = (word & ~0x7000U) | 0x2000;
            }
            if (opcode == 0x73)
            {
                // Registers that a core of the unit has, and two without a name.
                const uint32_t numbers[] = {0x300, 0x301, 0x304, 0x305, 0x340, 0x341, 0x342, 0x343,
                                            0x344, 0x3A0, 0x3A3, 0x3B0, 0x3BF, 0xB00, 0xB02, 0xB80,
                                            0xB82, 0xC00, 0xC01, 0xC02, 0xC80, 0xC81, 0xC82, 0xF11,
                                            0xF12, 0xF13, 0xF14, 0x7C0, 0x123};
                word = (word & 0xFFFFF) | numbers[random() % std::size(numbers)] << 20;
            }
            if (opcode == 0x0F && i % 2)
            {
                word &= 0x0FF0007F;
            }
            if (opcode == 0x13 && (word & 0x3000) == 0x1000)
            {
                word &= ~(1U << 25); // the GNU disassembler also knows the shifts of RV64
            }
            words.push_back(word);
        }
    }
    const size_t uncompressed = words.size();
    for (uint32_t half = 0; half <= 0xFFFF; half++)
    {
        // Shifts by nothing have names of their own there, and those by more than 31 are RV64's.
        const bool shift = (half & 0xE003) == 0x0002 || (half & 0xE803) == 0x8001;
        const bool reserved = half == 0x6101; // an addition of 0, which it shows all the same
        if ((half & 3) != 3 && !reserved && !(shift && ((half & 0x107C) == 0 || (half & 0x1000))))
        {
            words.push_back(half);
        }
    }
    for (const uint32_t word : {0x00000073U, 0x00100073U, 0x30200073U, 0x10500073U, 0x0000100FU})
    {
        words.push_back(word);
    }

    CrossCompiler compiler;
    const auto reference = GnuDisassembly(compiler, words);
    std::vector<std::string> ours;
    std::set<std::string> names;
    for (size_t i = 0; i < words.size(); i++)
    {
        ours.push_back(Disassemble(PC + 4 * i, words[i]));
        names.insert(NameOf(ours.back()));
    }
    size_t known = 0;
    size_t wrong = 0;
    for (size_t i = 0; i < words.size() && wrong < 20; i++)
    {
        if (ours[i][0] != '.' && ours[i][0] != 'p')
        {
            EXPECT_EQ(ours[i], reference[i]) << std::hex << words[i];
            wrong += ours[i] != reference[i];
            known++;
        }
        else
        {
            const bool missed = names.count(NameOf(reference[i]));
            EXPECT_FALSE(missed) << std::hex << words[i] << ": " << ours[i] << " is "
                                 << reference[i];
            wrong += missed;
        }
    }
    EXPECT_GT(known, words.size() / 2);
    EXPECT_GT(uncompressed, 40000U);
    // RV32I 40 with fence.i, Zicsr 6, M 8, A 11 with up to four orders, C 26, mret, wfi.
    EXPECT_GT(names.size(), 40U + 6 + 8 + 11 + 26 + 2);
}

TEST(Disassembler, KnowsTheInstructionsOfPsPinsStart)
{
    EXPECT_EQ(Disassemble(PC, 0xF2633333), "p.bclr t1,t1,0x19,0x6");
    EXPECT_EQ(Disassemble(PC, 0x08096283), "p.elw t0,128(s2)");
}

TEST(Disassembler, JumpsShowWhereTheyGo)
{
    EXPECT_EQ(Disassemble(0x1D000400, 0xFE5FF0EF), "jal ra,0x1d0003e4");
    EXPECT_EQ(Disassemble(0x1D000400, 0x00008067), "jalr zero,0(ra)");
}

TEST(Disassembler, UnknownInstructionsAreNumbers)
{
    EXPECT_EQ(Disassemble(PC, 0xFFFFFFFF), ".word 0xffffffff");
    EXPECT_EQ(Disassemble(PC, 0x12340000), ".half 0x0000");
}

} // namespace
