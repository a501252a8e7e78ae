/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Files that the HPUs cannot run: each is refused with one line that says why and what to do.
 */
#include "cross-compiler.h"

#include "ns3/riscv-image.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

using namespace ns3::offload;

namespace
{

const char* const HANDLER = "void some_ph(void* args) { *(volatile int*)args = 1; }\n";

/** Refuses what it loads. */
class RiscvImageErrorTest : public testing::Test
{
  protected:
    /** @return what Load says about a file, less the file's name */
    static std::string Refusal(const std::string& file)
    {
        try
        {
            RiscvImage::Load(file);
        }
        catch (const std::invalid_argument& error)
        {
            return LineOf(error, file);
        }
        return "loaded";
    }

    /** @return what Place says about an image, less the file's name */
    static std::string PlaceRefusal(const RiscvImage& image, uint32_t code, uint32_t data)
    {
        try
        {
            image.Place(code, data);
        }
        catch (const std::invalid_argument& error)
        {
            return LineOf(error, image.GetFileName());
        }
        return "placed";
    }

    /** Compile and load. */
    std::string CompileRefusal(const std::string& source, const std::string& options)
    {
        return Refusal(compiler.Compile(source, options));
    }

    /** Assemble and load. */
    std::string AssemblyRefusal(const std::string& source)
    {
        return Refusal(compiler.Compile(source, CrossCompiler::OPTIONS, "handler.s"));
    }

    /** Link and load. */
    std::string LinkRefusal(const std::string& options)
    {
        const std::string source = compiler.Write("handler.c", HANDLER);
        return Refusal(compiler.Run("-O2 -march=rv32imac -mabi=ilp32 -nostdlib -Wl,-e,0 " +
                                        options + " " + source,
                                    "handler.elf"));
    }

    /** @return all bytes of a file */
    static std::string ReadFile(const std::string& file)
    {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    }

    CrossCompiler compiler;

  private:
    static std::string LineOf(const std::invalid_argument& error, const std::string& file)
    {
        const std::string line = error.what();
        EXPECT_EQ(line.find('\n'), std::string::npos) << "more than a line";
        EXPECT_EQ(line.rfind(file + ": ", 0), 0U) << line;
        return line.substr(std::min(line.size(), file.size() + 2));
    }
};

const std::string COMPILE = "compile with -march=rv32imac_zicsr -mabi=ilp32";

TEST_F(RiscvImageErrorTest, FilesThatAreNoPrograms)
{
    EXPECT_EQ(Refusal("/nonexistent/handler.o"), "No such file or directory");
    EXPECT_EQ(Refusal("/"), "cannot be read, or is empty");
    EXPECT_EQ(Refusal(compiler.Write("empty.o", "")), "cannot be read, or is empty");
    EXPECT_EQ(Refusal(compiler.Write("handler.c", HANDLER)), "is not an ELF file");
    EXPECT_EQ(Refusal("/proc/self/exe").substr(0, 22), "is for another machine");
}

TEST_F(RiscvImageErrorTest, FilesThatAreNotReadWhole)
{
    const std::string good = ReadFile(compiler.Compile(HANDLER));
    // Without the sections' headers, which are last, and without most of the ELF header.
    EXPECT_EQ(Refusal(compiler.Write("short.o", good.substr(0, good.size() - 1))),
              "is truncated: its end is missing");
    EXPECT_EQ(Refusal(compiler.Write("header.o", good.substr(0, 20))),
              "is truncated: its end is missing");
    const std::string sparse = compiler.Write("sparse.o", good);
    std::filesystem::resize_file(sparse, uint64_t{3} << 30);
    EXPECT_EQ(Refusal(sparse), "is larger than 64 MiB");
    EXPECT_EQ(Refusal("/dev/zero"), "is not an ELF file"); // it never ends
}

TEST_F(RiscvImageErrorTest, NamesThatAreNoText)
{
    std::string file = ReadFile(compiler.Compile("extern int absent_name;\n"
                                                 "int a_ph(void) { return absent_name; }\n"));
    file[file.find("absent_name") + 6] = '\n';
    EXPECT_EQ(Refusal(compiler.Write("lines.o", file)),
              "undefined symbol absent?name: link the object with what it calls, "
              "riscv64-unknown-elf-gcc -r -nostdlib -march=rv32imac -mabi=ilp32 … -lgcc");
}

TEST_F(RiscvImageErrorTest, OtherKindsOfRiscv)
{
    EXPECT_EQ(CompileRefusal(HANDLER, "-march=rv64imac -mabi=lp64"),
              "is 64 bit, the HPUs are 32 bit: " + COMPILE);
    EXPECT_EQ(CompileRefusal(HANDLER, "-march=rv32imafc -mabi=ilp32f"),
              "was built for the hard-float ABI, the HPUs have no floating-point unit: " + COMPILE);
    EXPECT_EQ(CompileRefusal(HANDLER, "-march=rv32imafc -mabi=ilp32"),
              "needs the F extension, which the HPUs do not have: " + COMPILE);
    EXPECT_EQ(CompileRefusal(HANDLER, "-march=rv32imac_zicsr_zifencei -mabi=ilp32"), "loaded");
    EXPECT_EQ(CompileRefusal(HANDLER, "-march=rv32i -mabi=ilp32"), "loaded");
}

TEST_F(RiscvImageErrorTest, ObjectsThatLackSomething)
{
    const std::string link = "link the object with what it calls, riscv64-unknown-elf-gcc -r "
                             "-nostdlib -march=rv32imac -mabi=ilp32 … -lgcc";
    EXPECT_EQ(CompileRefusal("long long divide_ph(long long a, long long b) { return a / b; }",
                             CrossCompiler::OPTIONS),
              "undefined symbol __divdi3: " + link);
    const std::string object = compiler.GetDirectory() / "handler.c.o";
    EXPECT_EQ(Refusal(compiler.Run("-r -nostdlib -march=rv32imac -mabi=ilp32 " + object + " -lgcc",
                                   "whole.o")),
              "loaded");
    EXPECT_EQ(CompileRefusal("void copy_ph(char* to, char* from, int size) { "
                             "__builtin_memcpy(to, from, size); }",
                             CrossCompiler::OPTIONS),
              "undefined symbol memcpy: #include <string.h> of bindings/pspin, which has it");
    EXPECT_EQ(CompileRefusal("int data[4];", CrossCompiler::OPTIONS), "has no code");
    EXPECT_EQ(LinkRefusal("-static -s -Wl,-Ttext=0x1D000000"),
              "has no symbols: do not strip it, handlers are found by name");
}

TEST_F(RiscvImageErrorTest, ThingsThatAHandlerCannotHave)
{
    EXPECT_EQ(CompileRefusal("_Thread_local int mine = 1; int* mine_ph(void) { return &mine; }",
                             CrossCompiler::OPTIONS),
              "has thread-local data (.tdata), HPUs have no threads");
    EXPECT_EQ(AssemblyRefusal("make: ret\n.section .init_array,\"aw\"\n.word make\n"),
              "has constructors (.init_array), which nobody would run");
    const auto usesTable = RiscvImage::Load(
        compiler.Compile("extern int other; int other = 3; int get_ph(void) { return other; }",
                         std::string(CrossCompiler::OPTIONS) + " -fpic"));
    EXPECT_EQ(PlaceRefusal(*usesTable, 0x1D000000, 0x1C000000),
              "relocation R_RISCV_GOT_HI20 at .text+0x0 is not known: compile without -fpic");
    // This compiler makes no shared objects, so change the type in a program's header.
    constexpr size_t typeOffset = 16;
    constexpr char shared = 3;
    std::string program = ReadFile(compiler.Compile(HANDLER));
    program[typeOffset] = shared;
    EXPECT_EQ(Refusal(compiler.Write("shared.so", program)),
              "is position independent or shared: link with -static -no-pie, or with -r to an "
              "object");
}

TEST_F(RiscvImageErrorTest, ProgramsThatDoNotFit)
{
    EXPECT_EQ(AssemblyRefusal(".globl big_ph\nbig_ph: .fill 10000, 4, 0x13\n"),
              "its code of 40000 B is larger than the program memory of 32768 B");
    EXPECT_EQ(AssemblyRefusal("big_ph: ret\n.bss\n.skip 0x400004\n"),
              "its data of 4194308 B is larger than the L2 handler memory of 4194304 B");
    const auto image = RiscvImage::Load(
        compiler.Compile("x_ph: .fill 16, 4, 0x13\n.data\n.p2align 5\n.word 1, 2, 3\n",
                         CrossCompiler::OPTIONS,
                         "handler.s"));
    const std::string program = "into program memory, 0x1D000000 to 0x1D007FFF";
    const std::string memory = "into L2 handler memory, 0x1C000000 to 0x1C3FFFFF";
    EXPECT_EQ(PlaceRefusal(*image, 0x1D007FE0, 0x1C000000),
              "its code of 64 B does not fit at 0x1D007FE0 " + program);
    EXPECT_EQ(PlaceRefusal(*image, 0x1C000000, 0x1C000000),
              "its code of 64 B does not fit at 0x1C000000 " + program);
    EXPECT_EQ(PlaceRefusal(*image, 0x1D007FC0, 0x1C400000),
              "its data of 12 B does not fit at 0x1C400000 " + memory);
    EXPECT_EQ(PlaceRefusal(*image, 0x1D000001, 0x1C000000),
              "its code must be placed at a multiple of 2, not at 0x1D000001");
    EXPECT_EQ(PlaceRefusal(*image, 0x1D000010, 0x1C000010),
              "its data must be placed at a multiple of 32, not at 0x1C000010");
    EXPECT_EQ(PlaceRefusal(*image, 0x1D000010, 0x1C000020), "placed");
    EXPECT_EQ(PlaceRefusal(*image, 0x1D007FC0, 0x1C3FFFE0), "placed");
}

TEST_F(RiscvImageErrorTest, ProgramsLinkedToOtherAddresses)
{
    EXPECT_EQ(LinkRefusal("-static -Wl,-Ttext=0x1D000200"), "loaded");
    EXPECT_EQ(LinkRefusal("-static -Wl,-Ttext=0x80000000"),
              "section .text (6 B at 0x80000000) is outside program memory, 0x1D000000 to "
              "0x1D007FFF");
    EXPECT_EQ(LinkRefusal("-static -Wl,-Ttext=0x1D000000 -DDATA -include " +
                          compiler.Write("data.h", "int data = 1;\n") +
                          " -Wl,--section-start=.sdata=0x1B000000"),
              "section .sdata (4 B at 0x1B000000) is outside L2 handler memory, 0x1C000000 to "
              "0x1C3FFFFF");
}

TEST_F(RiscvImageErrorTest, SectionsInPlacesThatCannotBe)
{
    const std::string at = "-static -Wl,--no-check-sections,-Ttext=0x1D000000,--section-start=";
    const std::string other = " -include " + compiler.Write("other.h",
                                                            "__attribute__((section(\".other\")))"
                                                            "void other_ph(void) {}\n");
    EXPECT_EQ(LinkRefusal(at + ".other=0x1D000008" + other), "loaded");
    EXPECT_EQ(LinkRefusal(at + ".other=0x1D000004" + other),
              "section .other at 0x1D000004 overlaps .text, 0x1D000000 to 0x1D000005");
    EXPECT_EQ(AssemblyRefusal(".option norvc\n.byte 0\n.globl x_ph\n"
                              ".type x_ph,@function\nx_ph: .byte 0x13, 0, 0, 0\n"),
              "function x_ph is at the odd address 0x00000001, instructions are at even ones");
    std::string program = ReadFile(compiler.Run(
        "-O2 -march=rv32imac -mabi=ilp32 -nostdlib -static -Wl,-e,0,-Ttext=0x1D000450 " +
            compiler.Write("handler.c", HANDLER),
        "handler.elf"));
    constexpr char address[] = "\x50\x04\x00\x1d";
    for (size_t i = 0; (i = program.find(address, i)) != std::string::npos; i++)
    {
        program[i]++; // in the headers, and of the function
    }
    EXPECT_EQ(Refusal(compiler.Write("odd.elf", program)),
              "section .text is at the odd address 0x1D000451, instructions are at even ones");
}

TEST_F(RiscvImageErrorTest, RelocationsThatNobodyKnows)
{
    const std::string object =
        compiler.Compile("x_ph: .reloc ., R_RISCV_TPREL_HI20, x_ph\n.word 0\n",
                         CrossCompiler::OPTIONS,
                         "handler.s");
    const auto refusal = [](const std::string& file) {
        return PlaceRefusal(*RiscvImage::Load(file), 0x1D000000, 0);
    };
    EXPECT_EQ(refusal(object), "relocation R_RISCV_TPREL_HI20 at .text+0x0 is not known");
    // The entry: offset 0, and the type in the lowest byte of the next word.
    constexpr char tprelHigh = 29;
    const std::string good = ReadFile(object);
    const size_t entry = good.find(std::string(4, '\0') + tprelHigh);
    ASSERT_NE(entry, std::string::npos);
    for (const int number : {14, 100})
    {
        std::string changed = good;
        changed[entry + 4] = static_cast<char>(number);
        EXPECT_EQ(refusal(compiler.Write("changed.o", changed)),
                  "relocation number " + std::to_string(number) + " at .text+0x0 is not known");
    }
}

TEST_F(RiscvImageErrorTest, JumpsThatAreTooFar)
{
    const auto image = RiscvImage::Load(
        compiler.Compile("far_ph: .reloc ., R_RISCV_BRANCH, end\nbeq a0, a1, far_ph\n"
                         ".fill 2000, 4, 0x13\nend: ret\n",
                         CrossCompiler::OPTIONS,
                         "handler.s"));
    EXPECT_EQ(PlaceRefusal(*image, 0x1D000000, 0),
              "relocation R_RISCV_BRANCH at .text+0x0 is out of reach");
}

TEST_F(RiscvImageErrorTest, DamagedFilesNeverCrash)
{
    const std::string good = ReadFile(compiler.Compile(HANDLER));
    size_t refused = 0;
    const auto tryIt = [&](const std::string& content) {
        try
        {
            const auto placed = RiscvImage::Load(compiler.Write("damaged.o", content))
                                    ->Place(0x1D000000, 0x1C000000);
            placed->FunctionAt(0x1D000000);
            placed->SourceLineAt(0x1D000000);
        }
        catch (const std::invalid_argument&)
        {
            refused++;
        }
    };
    for (size_t size = 0; size < good.size(); size += 7)
    {
        tryIt(good.substr(0, size));
    }
    EXPECT_GT(refused, good.size() / 7 / 2);
    for (size_t at = 0; at < good.size(); at++)
    {
        std::string content = good;
        content[at] = static_cast<char>(~content[at]);
        tryIt(content);
    }
}

} // namespace
