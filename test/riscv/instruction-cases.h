/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TEST_INSTRUCTION_CASES_H
#define OFFLOAD_TEST_INSTRUCTION_CASES_H

#include "assembled-program.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A program that is a list of cases, each of them a few lines of assembly that leave their result
 * in t2. Results go to memory one after the other, and at the end to the standard output.
 *
 * A case may use t0 to t6 and a0 to a5; s10 points at 256 bytes of data.
 */
class InstructionCases
{
  public:
    static constexpr uint32_t SCRATCH = 256; //!< bytes of data that cases may use

    /** Operands at which something may go wrong. */
    static const std::vector<uint32_t>& GetCorners();

    /**
     * @param name for messages
     * @param body assembly, several lines
     */
    void Add(const std::string& name, const std::string& body);

    /** Run under qemu and on the core, in several ways, and compare. */
    void Check();

  private:
    std::string GetSource() const;

    std::vector<std::string> m_names; //!< of each result
    std::string m_body;               //!< assembly
};

/** @return "li register, value" and a new line */
std::string LoadImmediate(const std::string& reg, uint32_t value);

/** Compare what the two say, word by word. */
void ExpectSameWords(const std::string& reference,
                     const std::string& result,
                     const std::vector<std::string>& names);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TEST_INSTRUCTION_CASES_H */
