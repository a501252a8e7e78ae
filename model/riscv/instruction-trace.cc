/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "instruction-trace.h"

#include "disassembler.h"
#include "placed-image.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

InstructionTrace::InstructionTrace(const std::string& path)
    : m_path(path),
      m_file(std::fopen(path.c_str(), "w"))
{
    if (!m_file)
    {
        throw std::invalid_argument(path + ": cannot be written");
    }
    std::fputs("# time_ns\tcluster\thpu\tfunction\tpc\tsource\tinstruction\n", m_file.get());
}

InstructionTrace::~InstructionTrace() = default;

void
InstructionTrace::Comment(const std::string& text)
{
    std::fprintf(m_file.get(), "# %s\n", text.c_str());
}

void
InstructionTrace::Executed(const ExecutedInstruction& instruction)
{
    const ImageFunction* function = instruction.image->FunctionAt(instruction.pc);
    const std::string line = instruction.image->SourceLineAt(instruction.pc);
    std::fprintf(m_file.get(),
                 "%lld.%03lld\t%u\t%u\t%s\t0x%08x\t%s\t%s\n",
                 static_cast<long long>(instruction.time / 1000),
                 static_cast<long long>(instruction.time % 1000),
                 instruction.cluster,
                 instruction.hpu,
                 function ? function->name.c_str() : "-",
                 instruction.pc,
                 line.empty() ? "-" : line.c_str(),
                 Disassemble(instruction.pc, instruction.encoding).c_str());
}

void
InstructionTrace::Waits(uint32_t, uint32_t, int64_t)
{
}

void
InstructionTrace::Close()
{
    const bool failed = std::ferror(m_file.get()) || std::fflush(m_file.get());
    m_file.reset();
    if (failed)
    {
        throw std::runtime_error(m_path + ": could not be written completely");
    }
}

} // namespace offload
} // namespace ns3
