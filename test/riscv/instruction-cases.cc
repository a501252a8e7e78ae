/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "instruction-cases.h"

#include <cstring>
#include <sstream>

namespace ns3
{
namespace offload
{

const std::vector<uint32_t>&
InstructionCases::GetCorners()
{
    static const std::vector<uint32_t> corners = {0,
                                                  1,
                                                  2,
                                                  31,
                                                  32,
                                                  0x7fff,
                                                  0x8000,
                                                  0x55aa1234,
                                                  0x7fffffff,
                                                  0x80000000,
                                                  0x80000001,
                                                  0xfffffff7,
                                                  0xffffffff};
    return corners;
}

std::string
LoadImmediate(const std::string& reg, uint32_t value)
{
    std::ostringstream text;
    text << "li " << reg << ",0x" << std::hex << value << "\n";
    return text.str();
}

void
InstructionCases::Add(const std::string& name, const std::string& body)
{
    m_names.push_back(name);
    m_body += body + "sw t2,0(s11)\naddi s11,s11,4\n";
}

std::string
InstructionCases::GetSource() const
{
    std::ostringstream source;
    const std::size_t bytes = 4 * m_names.size();
    source << ".globl _start\n_start:\nla s11,results\nla s10,scratch\n"
           << m_body << "li a0,1\nla a1,results\nli a2," << bytes
           << "\nli a7,64\necall\nli a0,0\nli a7,93\necall\n.data\n.balign 16\nresults: .space "
           << bytes << "\n.balign 16\nscratch:\n";
    for (uint32_t i = 0; i < SCRATCH; i++)
    {
        source << ".byte " << (i * 0x9d + 0x81) % 256 << "\n";
    }
    return source.str();
}

void
InstructionCases::Check()
{
    AssembledProgram program(GetSource());
    ASSERT_TRUE(program.IsGood());
    const std::string reference = program.RunReference();
    ASSERT_EQ(reference.size(), 4 * m_names.size());
    for (const RunOptions& options : {RunOptions{false, 0, 0, false},
                                      RunOptions{true, 0, 0, false},
                                      RunOptions{false, 7, 3, true},
                                      RunOptions{true, 0, 1, true}})
    {
        if (options.waitEvery != 0 && m_body.find("(s10)") == std::string::npos &&
            m_names.size() < options.waitEvery)
        {
            continue; // too few accesses to put one off
        }
        ExpectSameWords(reference, RunOnCore(program, options), m_names);
    }
}

void
ExpectSameWords(const std::string& reference,
                const std::string& result,
                const std::vector<std::string>& names)
{
    ASSERT_EQ(reference.size(), result.size());
    unsigned shown = 0;
    for (std::size_t i = 0; i + 4 <= reference.size() && shown < 10; i += 4)
    {
        uint32_t expected;
        uint32_t actual;
        std::memcpy(&expected, &reference[i], 4);
        std::memcpy(&actual, &result[i], 4);
        if (expected != actual)
        {
            ADD_FAILURE() << names.at(i / 4) << ": qemu " << std::hex << expected << ", here "
                          << actual;
            shown++;
        }
    }
}

} // namespace offload
} // namespace ns3
