/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INSTRUCTION_TRACE_H
#define OFFLOAD_INSTRUCTION_TRACE_H

#include "instruction-observer.h"

#include <cstdio>
#include <memory>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * A text file with a line for each instruction: time in ns, cluster, HPU, function, pc, source line
 * ("-" without debugging information), disassembly; columns are separated by tabs.
 */
class InstructionTrace : public InstructionObserver
{
  public:
    /** @param path the file to write; std::invalid_argument if it cannot be opened */
    explicit InstructionTrace(const std::string& path);
    ~InstructionTrace() override;

    /** @param text a line of its own, such as which run begins */
    void Comment(const std::string& text);

    void Executed(const ExecutedInstruction& instruction) override;
    void Waits(uint32_t cluster, uint32_t hpu, int64_t time) override;

    /** Complete the file; std::runtime_error when something could not be written. */
    void Close();

  private:
    /** Closes a C stream. */
    struct FileCloser
    {
        void operator()(std::FILE* file) const
        {
            std::fclose(file);
        }
    };

    std::string m_path;                            //!< for error messages
    std::unique_ptr<std::FILE, FileCloser> m_file; //!< null after Close
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INSTRUCTION_TRACE_H */
