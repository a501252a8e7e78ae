/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "caller-frame.h"

#include "hexadecimal.h"
#include "riscv-core.h"

#include <algorithm>

namespace ns3
{
namespace offload
{
namespace
{

constexpr unsigned SP = 2;  //!< register: stack pointer
constexpr unsigned A0 = 10; //!< register: first argument

} // namespace

void
CallerFrame::Keep(const RiscvCore& core, uint32_t base, uint8_t* stack, uint32_t argumentBytes)
{
    for (std::size_t i = 0; i < PRESERVED.size(); i++)
    {
        m_registers[i] = core.GetRegister(PRESERVED[i]);
    }
    m_base = base;
    m_stack = stack;
    // A runtime with its stack elsewhere has nothing here.
    m_begin = std::min(core.GetRegister(SP) - base, memory_map::STACK_BYTES);
    m_arguments = core.GetRegister(A0) - base;
    m_argumentBytes = argumentBytes;
    std::copy(stack + m_begin, stack + memory_map::STACK_BYTES, m_bytes.begin() + m_begin);
}

std::string
CallerFrame::FindDamage(const RiscvCore& core) const
{
    for (std::size_t i = 0; i < PRESERVED.size(); i++)
    {
        if (core.GetRegister(PRESERVED[i]) != m_registers[i])
        {
            return "it returned with " + Hexadecimal(core.GetRegister(PRESERVED[i]), 8) + " in x" +
                   std::to_string(PRESERVED[i]) + " instead of its caller's " +
                   Hexadecimal(m_registers[i], 8);
        }
    }
    for (uint32_t i = m_begin; i < memory_map::STACK_BYTES; i++)
    {
        if (m_stack[i] != m_bytes[i] && !IsArgument(i))
        {
            return "it has written over its caller's stack, at " + Hexadecimal(m_base + i, 8);
        }
    }
    return "";
}

void
CallerFrame::RestoreStack()
{
    std::copy(m_bytes.begin() + m_begin, m_bytes.end(), m_stack + m_begin);
}

} // namespace offload
} // namespace ns3
