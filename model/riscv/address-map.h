/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ADDRESS_MAP_H
#define OFFLOAD_ADDRESS_MAP_H

#include "ns3/nic-memory.h"

#include <cstdint>

namespace ns3
{
namespace offload
{
/**
 * The part of PsPIN's memory map that only RISC-V code knows (pspin.md "Parameters", "Command
 * interface", "Booting a complete image"; PsPIN hw/src/pspin_cfg_pkg.sv,
 * sw/pulp-sdk/linker/link.ld; the PULP cluster's map: L1 first, then its peripherals, 2 MiB on).
 */
namespace memory_map
{
constexpr uint32_t PROGRAM_BASE = 0x1D000000;       //!< program memory
constexpr uint32_t PROGRAM_BYTES = 0x8000;          //!< its size, 32 KiB
constexpr uint32_t PROGRAM_START = 0x1D000080;      //!< where a core begins after reset
constexpr uint32_t L1_ALIAS = 0x1B000000;           //!< the own cluster's window, in each cluster
constexpr uint32_t L1_BYTES = 0x100000;             //!< L1 of a cluster, 1 MiB
constexpr uint32_t L1_WINDOWS = 4;                  //!< clusters whose L1 has an address window
constexpr uint32_t L2_HANDLER_BYTES = 0x400000;     //!< L2 handler memory, 4 MiB
constexpr uint32_t PERIPHERALS = 0x200000;          //!< offset in a cluster's window
constexpr uint32_t ICACHE_FLUSH = 0x201404;         //!< offset: a store flushes
constexpr uint32_t EVENT_UNIT = 0x204000;           //!< offset
constexpr uint32_t DISPATCH_FIFO = 0x204080;        //!< offset: hands work to the other cores
constexpr uint32_t CLUSTER_DMA_BYTES = 0x400;       //!< its registers
constexpr uint32_t CLUSTER_DMA = 0x204400;          //!< offset: cluster DMA, the core's own port
constexpr uint32_t HPU_DRIVER = 0x205000;           //!< offset
constexpr uint32_t HPU_DRIVER_BYTES = 0x100;        //!< its registers
constexpr uint32_t SOC_PERIPHERALS = 0x1A100000;    //!< standard output and other devices
constexpr uint32_t SOC_PERIPHERALS_BYTES = 0x10000; //!< as the protection unit allows
constexpr uint32_t STACK_BYTES = 0x400;             //!< of a core (__rt_stack_size), from the start
                                                    //!< of L1 on

/**
 * @param address as a core sees it
 * @return whether it is in program memory
 */
constexpr bool
IsProgram(uint32_t address)
{
    return address - PROGRAM_BASE < PROGRAM_BYTES;
}

/**
 * @param address as a core sees it
 * @return whether it means the core's own cluster, whichever that is
 */
constexpr bool
IsInOwnCluster(uint32_t address)
{
    return address - L1_ALIAS < L1_STRIDE;
}

/**
 * @param address as a core sees it
 * @param cluster the core's
 * @return the address by which the whole unit knows the same
 */
constexpr uint32_t
ToGlobal(uint32_t address, uint32_t cluster)
{
    return IsInOwnCluster(address) ? address - L1_ALIAS + L1_BASE + cluster * L1_STRIDE : address;
}
} // namespace memory_map

/** Registers of the HPU driver, offsets (pspin.md, MMIO map; hw/src/pkt_scheduler/hpu_driver.sv).
 */
namespace driver_register
{
constexpr uint32_t HANDLER = 0x00;          //!< load: stalls until there is a task
constexpr uint32_t HANDLER_SIZE = 0x04;     //!< bytes of code
constexpr uint32_t TASK = 0x08;             //!< task_t
constexpr uint32_t NIC_MEMORY = 0x08;       //!< L2 handler memory of the context
constexpr uint32_t NIC_MEMORY_SIZE = 0x0c;  //!< bytes
constexpr uint32_t PACKET = 0x10;           //!< packet in L1
constexpr uint32_t PACKET_SIZE = 0x14;      //!< bytes
constexpr uint32_t SCRATCHPAD = 0x18;       //!< four words, one per cluster
constexpr uint32_t SCRATCHPAD_SIZE = 0x28;  //!< four words
constexpr uint32_t HOST_MEMORY_HIGH = 0x38; //!< host window
constexpr uint32_t HOST_MEMORY_LOW = 0x3c;  //!< host window
constexpr uint32_t HOST_MEMORY_SIZE = 0x40; //!< bytes
constexpr uint32_t L2_PACKET = 0x44;        //!< packet in L2
constexpr uint32_t HOME_CLUSTER = 0x48;     //!< of the message
constexpr uint32_t MESSAGE = 0x4c;          //!< its id
constexpr uint32_t DOORBELL = 0x50;         //!< load: the handler has returned
constexpr uint32_t ERROR = 0x54;            //!< store: mcause
constexpr uint32_t COMMAND_ISSUE = 0x80;    //!< load: issues, gives the command's id
constexpr uint32_t COMMAND_WAIT = 0x84;     //!< store an id: stalls until the response
constexpr uint32_t COMMAND_TEST = 0x88;     //!< store an id, load whether it is done
constexpr uint32_t COMMAND_INFO = 0x8c;     //!< bits 2:1: interface
constexpr uint32_t COMMAND_WORDS = 0x90;    //!< seven words
constexpr uint32_t SCRATCHPADS = 4;         //!< words for scratchpads in task_t
} // namespace driver_register

/** Registers of the cluster DMA, offsets (axi/src/dma/frontends/pulp_cluster_frontend). */
namespace dma_register
{
constexpr uint32_t SOURCE = 0;      //!< address; the word after it is the high half, unused
constexpr uint32_t DESTINATION = 8; //!< address; the word after it is the high half, unused
constexpr uint32_t BYTES = 16;      //!< length
constexpr uint32_t LAUNCH = 24;     //!< load: launches, gives the copy's id
constexpr uint32_t DONE = 32;       //!< load: id of the last copy that is done
} // namespace dma_register
} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ADDRESS_MAP_H */
