/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Objects placed by the module, and the same objects linked by the GNU linker to the same
 * addresses: not a byte may differ.
 */
#include "cross-compiler.h"

#include "ns3/elf-file.h"
#include "ns3/riscv-image.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace ns3::offload;

namespace
{

/** C code with calls, branches, tables, and all kinds of data. */
const char* const PROGRAM = R"(
#include <handler.h>
extern int somewhere_else __attribute__((weak));
void maybe(void) __attribute__((weak));
static int counter = 7;
int zeroes[100];
const int table[] = {3, 1, 4, 1, 5};
const char* const words[] = {"header", "payload", "completion"};
const int* const pointers[] = {&table[1], &zeroes[99], &counter};
__attribute__((noinline)) int add(int a, int b) { counter += a; return a * counter + b; }
__attribute__((noinline)) int choose(int x)
{
    switch (x)
    {
    case 0: return add(1, 2);
    case 1: return table[x];
    case 2: return words[x][1];
    case 3: return zeroes[x];
    case 4: return *pointers[2];
    case 5: return add(x, 5);
    case 6: return -table[x & 3] * 9;
    default: return 0;
    }
}
__handler__ void work_ph(handler_args_t* args)
{
    for (uint32_t i = 0; i < args->hpu_id; i++)
    {
        zeroes[i] = choose(i) + (&somewhere_else ? 1 : 2);
    }
    zeroes[50] = add(zeroes[1], maybe ? 1 : zeroes[99]);
}
)";

/** Assembly code with the relocations that a compiler makes in debugging information only. */
const char* const NUMBERS = R"(
.text
.globl first_ph
first_ph:
    nop
    c.nop
    .p2align 4
second:
    c.nop
    .p2align 3
third:
    ret
    .p2align 5
fourth:
    j second
    c.j third
    beq a0, a1, fourth
    c.beqz a0, third
    call first_ph
    tail fourth
.data
    .byte fourth - second
    .half fourth - first_ph
    .word fourth - third
    .word first_ph + 3
    .word fourth - .
six: .byte 0xC1
    .reloc six, R_RISCV_SET6, fourth
less: .byte 0xFF
    .reloc less, R_RISCV_SUB6, third
    .reloc ., R_RISCV_SET8, third
    .byte 0
    .reloc ., R_RISCV_SET16, fourth
    .half 0
    .reloc ., R_RISCV_SET32, second
    .word 0
)";

/** Where things are: bytes by address, and global symbols. */
std::map<uint32_t, uint8_t>
BytesOf(const PlacedImage& image)
{
    std::map<uint32_t, uint8_t> bytes;
    for (const ImageSegment& segment : image.GetSegments())
    {
        for (uint32_t i = 0; i < segment.bytes.size() + segment.zeroBytes; i++)
        {
            EXPECT_EQ(bytes.count(segment.address + i), 0U) << "segments overlap";
            bytes[segment.address + i] = i < segment.bytes.size() ? segment.bytes[i] : 0;
        }
    }
    return bytes;
}

/** @return the first byte that is not the same, empty if there is none */
std::string
DifferenceOf(const PlacedImage& a, const PlacedImage& b)
{
    const auto left = BytesOf(a);
    const auto right = BytesOf(b);
    const auto first = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    if (first.first == left.end() && first.second == right.end())
    {
        return "";
    }
    const uint32_t address = first.first == left.end() ? first.second->first : first.first->first;
    const auto number = [address](const std::map<uint32_t, uint8_t>& bytes) {
        const auto found = bytes.find(address);
        return found == bytes.end() ? std::string("nothing") : std::to_string(found->second);
    };
    const ImageFunction* function = a.FunctionAt(address);
    return "address " + std::to_string(address) + (function ? " in " + function->name : "") + ": " +
           number(left) + " and " + number(right);
}

/** Link an object to the addresses that an image of it has got. */
std::string
LinkedLike(CrossCompiler& compiler, const std::string& object, const PlacedImage& image)
{
    std::string script = "SECTIONS {\n";
    const ElfFile file = ElfFile::Read(object);
    size_t segment = 0;
    for (const ElfSection& section : file.sections)
    {
        if (section.allocated && section.size)
        {
            const uint32_t address = image.GetSegments().at(segment++).address;
            script +=
                section.name + " " + std::to_string(address) + " : { *(" + section.name + ") }\n";
        }
    }
    script += "/DISCARD/ : { *(.eh_frame) *(.comment) }\n}\n";
    return compiler.Run("-march=rv32imac -mabi=ilp32 -nostdlib -static -Wl,--no-relax,-e,0 -T " +
                            compiler.Write("addresses.ld", script) + " " + object,
                        "linked.elf");
}

/** Objects: how they are compiled. */
class RelocationTest : public testing::TestWithParam<const char*>
{
  protected:
    std::string Build()
    {
        const std::string parameter = GetParam();
        return parameter == "numbers"
                   ? compiler.Compile(NUMBERS, CrossCompiler::OPTIONS, "numbers.s")
                   : compiler.Compile(PROGRAM, "-mabi=ilp32 -fno-common " + parameter);
    }

    CrossCompiler compiler;
};

TEST_P(RelocationTest, AnObjectIsWhatTheLinkerMakesOfIt)
{
    const std::string object = Build();
    const auto image = RiscvImage::Load(object);
    ASSERT_TRUE(image->IsRelocatable());
    const std::pair<uint32_t, uint32_t> places[] = {{0x1D000000, 0x1C000000},
                                                    {0x1D002F40, 0x1C31FFC0},
                                                    {0x1D007000, 0x1C3F0000}};
    std::set<std::vector<uint8_t>> different;
    for (const auto& [code, data] : places)
    {
        const auto placed = image->Place(code, data);
        const auto linked = RiscvImage::Load(LinkedLike(compiler, object, *placed));
        ASSERT_FALSE(linked->IsRelocatable());
        EXPECT_FALSE(linked->IsComplete());
        const auto reference = linked->Place(0, 0);
        EXPECT_EQ(DifferenceOf(*placed, *reference), "");
        for (const char* name : {"add", "choose", "work_ph", "zeroes", "table", "first_ph"})
        {
            EXPECT_EQ(placed->FindSymbol(name), reference->FindSymbol(name)) << name;
        }
        different.insert(placed->GetSegments().front().bytes);
        different.insert(placed->GetSegments().back().bytes);
    }
    EXPECT_GT(different.size(), 2U) << "the address makes no difference, so nothing was tested";
}

INSTANTIATE_TEST_SUITE_P(Compilers,
                         RelocationTest,
                         testing::Values("-O3 -march=rv32imac_zicsr",
                                         "-O3 -march=rv32ima_zicsr",
                                         "-O0 -march=rv32imac_zicsr",
                                         "-Os -march=rv32imac_zicsr -mcmodel=medany",
                                         "-O2 -march=rv32ima_zicsr -mcmodel=medany -g",
                                         "-O2 -march=rv32imac_zicsr -fdata-sections -mno-relax",
                                         "numbers"));

TEST(RiscvRelocation, PaddingBeforeAlignedCodeIsNoMoreThanNecessary)
{
    CrossCompiler compiler;
    const auto image =
        RiscvImage::Load(compiler.Compile(NUMBERS, CrossCompiler::OPTIONS, "numbers.s"));
    const auto placed = image->Place(0x1D000040, 0x1C000000);
    std::map<std::string, uint32_t> starts;
    for (uint32_t pc = 0x1D000040; pc < 0x1D000040 + image->GetCodeBytes(); pc += 2)
    {
        const ImageFunction* function = placed->FunctionAt(pc);
        ASSERT_NE(function, nullptr) << std::hex << pc;
        starts.emplace(function->name, pc - 0x1D000040);
    }
    // first_ph takes 6 bytes, second 2, third 2.
    EXPECT_EQ(starts,
              (std::map<std::string, uint32_t>{{"first_ph", 0},
                                               {"second", 16},
                                               {"third", 24},
                                               {"fourth", 32}}));
}

} // namespace
