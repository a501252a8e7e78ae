/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_DECODE_H
#define OFFLOAD_RISCV_DECODE_H

#include "riscv-instruction.h"

#include <string>

namespace ns3
{
namespace offload
{

/**
 * Decode one instruction of RV32IMAC_Zicsr_Zifencei and of what PsPIN's start code uses of Xpulp:
 * p.bclr with constant bounds and p.elw (RISC-V unprivileged specification, chapter 24; RI5CY
 * riscv_decoder.sv).
 *
 * @param encoding 32 bits from memory; of a compressed instruction the lower 16 count
 * @param pc its address
 * @return without timing, and with flags that follow from the encoding alone
 */
DecodedInstruction DecodeInstruction(uint32_t encoding, uint32_t pc);

/**
 * Expand a compressed instruction (unprivileged specification, chapter 16; RI5CY
 * riscv_compressed_decoder.sv).
 *
 * @param encoding 16 bits
 * @return the same as a 32-bit instruction, or 0 when it is illegal
 */
uint32_t ExpandCompressed(uint16_t encoding);

/**
 * Say what an encoding is that DecodeInstruction refuses, and what to do about it.
 *
 * @param encoding as in memory
 * @return for example "an Xpulp post-increment load (p.lw); compile with -march=…"
 */
std::string DescribeIllegal(uint32_t encoding);

/** @param encoding as in memory @return whether it is two bytes long */
constexpr bool
IsCompressed(uint32_t encoding)
{
    return (encoding & 3) != 3;
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_DECODE_H */
