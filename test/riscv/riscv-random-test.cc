/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Random programs with fixed seeds, against qemu-riscv32.
#include "instruction-cases.h"

#include <random>
#include <sstream>

namespace ns3
{
namespace offload
{

namespace
{

/** Registers that random instructions use. */
const std::vector<std::string> REGISTERS = {"t0", "t1", "t2", "t3", "t4", "t5", "a0", "a1",
                                            "a2", "a3", "a4", "a5", "a6", "a7", "s0", "s1",
                                            "s2", "s3", "s4", "s5", "s6", "s7", "s8"};

/** Writes random assembly. t6, s9, s10 and s11 are its own. */
class RandomProgram
{
  public:
    explicit RandomProgram(uint32_t seed)
        : m_random(seed)
    {
    }

    /** Some instructions, then all registers to memory at s11. */
    void AddBlock(unsigned instructions)
    {
        for (unsigned i = 0; i < instructions; i++)
        {
            AddInstruction(true);
        }
        const unsigned block = m_blocks++;
        for (std::size_t i = 0; i < REGISTERS.size(); i++)
        {
            m_text << "sw " << REGISTERS[i] << "," << 4 * i << "(s11)\n";
            m_names.push_back(REGISTERS[i] + " after block " + std::to_string(block));
        }
        m_text << "addi s11,s11," << 4 * REGISTERS.size() << "\n";
    }

    std::string GetSource()
    {
        for (uint32_t i = 0; i < InstructionCases::SCRATCH / 4; i++)
        {
            m_names.push_back("data word " + std::to_string(i));
        }
        std::ostringstream source;
        const std::size_t results = 4 * m_names.size() - InstructionCases::SCRATCH;
        source << ".globl _start\n_start:\nla s11,results\nla s10,scratch\n";
        for (const auto& name : REGISTERS)
        {
            source << LoadImmediate(name, Word());
        }
        source << m_text.str() << "li a0,1\nla a1,results\nli a2,"
               << results + InstructionCases::SCRATCH
               << "\nli a7,64\necall\nli a0,0\nli a7,93\necall\n.data\n.balign 16\nresults: .space "
               << results << "\nscratch:\n";
        for (uint32_t i = 0; i < InstructionCases::SCRATCH / 4; i++)
        {
            source << ".word " << Word() << "\n";
        }
        return source.str();
    }

    const std::vector<std::string>& GetNames() const
    {
        return m_names;
    }

  private:
    uint32_t Below(uint32_t bound)
    {
        return static_cast<uint32_t>(m_random()) % bound;
    }

    /** A word that is often at the edge of something. */
    uint32_t Word()
    {
        const auto& corners = InstructionCases::GetCorners();
        return Below(3) == 0 ? corners[Below(static_cast<uint32_t>(corners.size()))]
                             : static_cast<uint32_t>(m_random());
    }

    std::string Register()
    {
        return REGISTERS[Below(static_cast<uint32_t>(REGISTERS.size()))];
    }

    std::string Source()
    {
        return Below(16) == 0 ? "x0" : Register();
    }

    std::string Destination()
    {
        return Below(32) == 0 ? "x0" : Register();
    }

    std::string Pick(InstructionCases::Mnemonics names)
    {
        return names.begin()[Below(static_cast<uint32_t>(names.size()))];
    }

    void AddArithmetic()
    {
        switch (Below(4))
        {
        case 0:
            m_text << Pick(InstructionCases::IMMEDIATE_OPERATIONS) << " " << Destination() << ","
                   << Source() << "," << static_cast<int32_t>(Below(4096)) - 2048 << "\n";
            break;
        case 1:
            m_text << Pick(InstructionCases::SHIFTS) << " " << Destination() << "," << Source()
                   << "," << Below(32) << "\n";
            break;
        case 2: { // often compressed
            const std::string rd = Register();
            m_text << Pick({"add", "sub", "xor", "or", "and"}) << " " << rd << "," << rd << ","
                   << Register() << "\n";
            break;
        }
        default:
            m_text << Pick(InstructionCases::REGISTER_OPERATIONS) << " " << Destination() << ","
                   << Source() << "," << Source() << "\n";
            break;
        }
    }

    void AddMemory()
    {
        const uint32_t offset = Below(InstructionCases::SCRATCH - 3);
        switch (Below(3))
        {
        case 0:
            m_text << Pick(InstructionCases::LOADS) << " " << Destination() << "," << offset
                   << "(s10)\n";
            break;
        case 1:
            m_text << Pick(InstructionCases::STORES) << " " << Source() << "," << offset
                   << "(s10)\n";
            break;
        default:
            m_text << "addi t6,s10," << offset / 4 * 4 << "\n"
                   << Pick(InstructionCases::ATOMICS) << " " << Destination() << "," << Source()
                   << ",(t6)\n";
            break;
        }
    }

    void AddSeveral(bool nested)
    {
        const unsigned count = 1 + Below(5);
        for (unsigned i = 0; i < count; i++)
        {
            AddInstruction(nested);
        }
    }

    void AddControl()
    {
        const std::string label = "l" + std::to_string(m_labels++);
        switch (Below(4))
        {
        case 0:
            m_text << "la t6," << label << "\njalr " << Pick({"ra", "x0"}) << ",0(t6)\n";
            AddSeveral(false);
            break;
        case 1:
            m_text << "li s9," << 1 + Below(5) << "\n" << label << "b:\n";
            AddSeveral(false);
            m_text << "addi s9,s9,-1\nbnez s9," << label << "b\n";
            break;
        case 2:
            m_text << "jal ra," << label << "\n";
            AddSeveral(false);
            break;
        default:
            m_text << Pick(InstructionCases::BRANCHES) << " " << Source() << "," << Source() << ","
                   << label << "\n";
            AddSeveral(true);
            break;
        }
        m_text << label << ":\n";
    }

    /** @param control whether jumps may be among them */
    void AddInstruction(bool control)
    {
        const uint32_t kind = Below(16);
        if (kind < 10)
        {
            AddArithmetic();
        }
        else if (kind < 14 || !control)
        {
            AddMemory();
        }
        else if (kind == 14)
        {
            AddControl();
        }
        else
        {
            m_text << LoadImmediate(Register(), Word());
        }
    }

    std::mt19937 m_random;            //!< same on all platforms
    std::ostringstream m_text;        //!< assembly
    std::vector<std::string> m_names; //!< of results
    unsigned m_blocks{0};             //!< so far
    unsigned m_labels{0};             //!< so far
};

/** Seeds. */
class RiscvRandom : public ::testing::TestWithParam<uint32_t>
{
};

} // namespace

TEST_P(RiscvRandom, ProgramsRunAsUnderQemu)
{
    RandomProgram random(GetParam());
    for (unsigned block = 0; block < 60; block++)
    {
        random.AddBlock(60);
    }
    AssembledProgram program(random.GetSource());
    ASSERT_TRUE(program.IsGood());
    const std::string reference = program.RunReference();
    ASSERT_EQ(reference.size(), 4 * random.GetNames().size());
    for (const RunOptions& options : {RunOptions{false, 0, 0, false},
                                      RunOptions{true, 0, 0, false},
                                      RunOptions{false, 5, 7, true},
                                      RunOptions{true, 3, 0, true}})
    {
        ExpectSameWords(reference, RunOnCore(program, options), random.GetNames());
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RiscvRandom, ::testing::Range(1U, 9U));

} // namespace offload
} // namespace ns3
