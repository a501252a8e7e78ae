/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TEST_INSTRUCTION_CASES_H
#define OFFLOAD_TEST_INSTRUCTION_CASES_H

#include "assembled-program.h"

#include <gtest/gtest.h>
#include <initializer_list>
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

    using Mnemonics = std::initializer_list<const char*>;

    // Mnemonics, by how their operands are written.
    static constexpr Mnemonics REGISTER_OPERATIONS = {"add",
                                                      "sub",
                                                      "sll",
                                                      "slt",
                                                      "sltu",
                                                      "xor",
                                                      "srl",
                                                      "sra",
                                                      "or",
                                                      "and",
                                                      "mul",
                                                      "mulh",
                                                      "mulhsu",
                                                      "mulhu",
                                                      "div",
                                                      "divu",
                                                      "rem",
                                                      "remu"};
    static constexpr Mnemonics IMMEDIATE_OPERATIONS =
        {"addi", "slti", "sltiu", "xori", "ori", "andi"};
    static constexpr Mnemonics SHIFTS = {"slli", "srli", "srai"};
    static constexpr Mnemonics BRANCHES = {"beq", "bne", "blt", "bge", "bltu", "bgeu"};
    static constexpr Mnemonics LOADS = {"lb", "lbu", "lh", "lhu", "lw"};
    static constexpr Mnemonics STORES = {"sb", "sh", "sw"};
    static constexpr Mnemonics ATOMICS = {"amoswap.w",
                                          "amoadd.w",
                                          "amoxor.w",
                                          "amoand.w",
                                          "amoor.w",
                                          "amomin.w",
                                          "amomax.w",
                                          "amominu.w",
                                          "amomaxu.w"};

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
