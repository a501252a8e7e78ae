/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What an HPU says of a handler that was stopped.
 */
#include "hexadecimal.h"
#include "placed-image.h"
#include "riscv-decode.h"
#include "riscv-hpu.h"
#include "riscv-image.h"
#include "riscv-system.h"

#include "ns3/execution-context.h"
#include "ns3/hpu-driver.h"

#include <string>

namespace ns3
{
namespace offload
{

void
RiscvHpu::NoteFault(HandlerStatus status, const std::string& cause)
{
    if (!IsError(m_status))
    {
        m_status = status;
        m_cause = cause;
    }
}

void
RiscvHpu::NoteBudget()
{
    NoteFault(HandlerStatus::FAIL,
              "the handler ran longer than its budget of " +
                  std::to_string(GetLimit() - m_driver.m_task->entry) + " cycles, at " +
                  Where(m_core.GetPc()));
}

void
RiscvHpu::NoteWait()
{
    NoteFault(HandlerStatus::FAIL,
              "it waits for an event of its core (wfi, the event unit), which never comes; " +
                  Where(m_core.GetPc()));
}

void
RiscvHpu::NoteTrap()
{
    const Trap& trap = m_core.GetTrap();
    const bool access = trap.cause == RiscvCore::FETCH_FAULT ||
                        trap.cause == RiscvCore::LOAD_FAULT || trap.cause == RiscvCore::STORE_FAULT;
    NoteFault(access ? HandlerStatus::SEGV : HandlerStatus::FAIL, DescribeTrap(trap));
    m_portFault.clear();
}

std::string
RiscvHpu::Where(uint32_t pc) const
{
    std::string where = "pc " + Hexadecimal(pc, 8);
    const PlacedImage& placed = m_program->GetPlaced();
    const ImageFunction* function = placed.FunctionAt(pc);
    const std::string line = placed.SourceLineAt(pc);
    if (function)
    {
        where += " in " + function->name;
    }
    if (!line.empty())
    {
        where += " (" + line + ")";
    }
    return where;
}

std::string
RiscvHpu::DescribeTrap(const Trap& trap) const
{
    const std::string value = Hexadecimal(trap.value, 8);
    std::string what;
    switch (trap.cause)
    {
    case RiscvCore::FETCH_FAULT:
        what = (m_core.GetJump() == trap.pc ? "it ran on to " : "it jumped to ") + value +
               ", where there is no code of it";
        break;
    case RiscvCore::ILLEGAL_INSTRUCTION:
        what = "illegal instruction: " + DescribeIllegal(trap.value);
        break;
    case RiscvCore::BREAKPOINT:
        what = "it executed ebreak (abort, a failed assertion or undefined behaviour)";
        break;
    case RiscvCore::LOAD_MISALIGNED:
    case RiscvCore::STORE_MISALIGNED:
        what = "a misaligned atomic access at " + value;
        break;
    case RiscvCore::LOAD_FAULT:
        what = "a load from " + value + ", which is not its memory";
        break;
    case RiscvCore::STORE_FAULT:
        what = "a store to " + value + ", which is not its memory";
        break;
    case RiscvCore::USER_CALL:
        what = "it executed ecall, which PsPIN's runtime does not serve";
        break;
    default:
        what = "trap";
        break;
    }
    if (!m_portFault.empty())
    {
        what = m_portFault;
    }
    const uint32_t pc = trap.cause == RiscvCore::FETCH_FAULT ? m_core.GetJump() : trap.pc;
    return what + "; cause " + std::to_string(trap.cause) + ", " + Where(pc);
}

} // namespace offload
} // namespace ns3
