/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_DISASSEMBLER_H
#define OFFLOAD_DISASSEMBLER_H

#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * Writes an instruction as assembly code, without the assembler's shorthands: "addi a0,zero,5",
 * "c.jr ra", and jumps with the address where they go.
 *
 * It knows RV32IMAC, Zicsr, Zifencei and the two Xpulp instructions of PsPIN's start code.
 * (Capstone knows RISC-V from version 5 on only, LLVM is a hundred times the size of this module,
 * and the GNU disassembler's licence does not agree with ns-3's.)
 *
 * @param pc address of the instruction
 * @param encoding its 32 bits; of a compressed instruction the upper half is ignored
 * @return the instruction; ".word 0x…" or ".half 0x…" if it is not known
 */
std::string Disassemble(uint32_t pc, uint32_t encoding);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_DISASSEMBLER_H */
