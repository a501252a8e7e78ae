/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PROGRAM_MEMORY_H
#define OFFLOAD_PROGRAM_MEMORY_H

#include "ns3/nic-memory.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The part of PsPIN's memory map that only RISC-V code knows (pspin.md "Parameters"; PsPIN
 * hw/src/pspin_cfg_pkg.sv, sw/pulp-sdk/linker/link.ld).
 */
namespace memory_map
{
constexpr uint32_t PROGRAM_BASE = 0x1D000000;   //!< program memory
constexpr uint32_t PROGRAM_BYTES = 0x8000;      //!< its size, 32 KiB
constexpr uint32_t PROGRAM_START = 0x1D000080;  //!< where a core begins after reset
constexpr uint32_t L1_ALIAS = 0x1B000000;       //!< the own cluster's L1, in each cluster
constexpr uint32_t L1_BYTES = 0x100000;         //!< L1 of a cluster, 1 MiB
constexpr uint32_t L1_WINDOWS = 4;              //!< clusters whose L1 has an address window
constexpr uint32_t L2_HANDLER_BYTES = 0x400000; //!< L2 handler memory, 4 MiB
} // namespace memory_map

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PROGRAM_MEMORY_H */
