/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Registers of an HPU's driver: the task, the end of a handler, and commands.
 *
 * Each is a word; the driver decodes word accesses only.
 */
#ifndef OFFLOAD_PSPIN_HWSCHED_H
#define OFFLOAD_PSPIN_HWSCHED_H

#include <stdint.h>

#define HWSCHED_BASE 0x1B205000 //!< the own HPU's driver, in every cluster

// The task. Loading the first one waits until there is a task.
#define HWSCHED_HANDLER_FUN_ADDR (HWSCHED_BASE + 0x00)
#define HWSCHED_HANDLER_FUN_SIZE (HWSCHED_BASE + 0x04)
#define HWSCHED_HANDLER_MEM_ADDR (HWSCHED_BASE + 0x08)
#define HWSCHED_HANDLER_MEM_SIZE (HWSCHED_BASE + 0x0C)
#define HWSCHED_PKT_ADDR (HWSCHED_BASE + 0x10)
#define HWSCHED_PKT_SIZE (HWSCHED_BASE + 0x14)
#define HWSCHED_SCRATCHPAD_0_ADDR (HWSCHED_BASE + 0x18)
#define HWSCHED_SCRATCHPAD_1_ADDR (HWSCHED_BASE + 0x1C)
#define HWSCHED_SCRATCHPAD_2_ADDR (HWSCHED_BASE + 0x20)
#define HWSCHED_SCRATCHPAD_3_ADDR (HWSCHED_BASE + 0x24)
#define HWSCHED_SCRATCHPAD_0_SIZE (HWSCHED_BASE + 0x28)
#define HWSCHED_SCRATCHPAD_1_SIZE (HWSCHED_BASE + 0x2C)
#define HWSCHED_SCRATCHPAD_2_SIZE (HWSCHED_BASE + 0x30)
#define HWSCHED_SCRATCHPAD_3_SIZE (HWSCHED_BASE + 0x34)
#define HWSCHED_HOST_MEM_ADDR_HIGH (HWSCHED_BASE + 0x38)
#define HWSCHED_HOST_MEM_ADDR_LOW (HWSCHED_BASE + 0x3C)
#define HWSCHED_HOST_MEM_SIZE (HWSCHED_BASE + 0x40)
#define HWSCHED_HOST_L2_PKT_ADDR (HWSCHED_BASE + 0x44)
#define HWSCHED_HOME_CLUSTER_ID (HWSCHED_BASE + 0x48)
#define HWSCHED_FLOW_ID (HWSCHED_BASE + 0x4C)

#define HWSCHED_DOORBELL (HWSCHED_BASE + 0x50) //!< a load says that the handler has ended
#define HWSCHED_ERROR (HWSCHED_BASE + 0x54)    //!< store the cause of a trap here before that

// Commands: write the words and what it is, then load the command's number.
#define CMD_ISSUE (HWSCHED_BASE + 0x80)
#define CMD_WAIT (HWSCHED_BASE + 0x84) //!< storing a command's number waits for its end
#define CMD_TEST (HWSCHED_BASE + 0x88)
#define CMD_INFO (HWSCHED_BASE + 0x8C) //!< interface in bits 2:1, event in bit 0
#define CMD_WORD0 (HWSCHED_BASE + 0x90)
#define CMD_WORD1 (HWSCHED_BASE + 0x94)
#define CMD_WORD2 (HWSCHED_BASE + 0x98)
#define CMD_WORD3 (HWSCHED_BASE + 0x9C)
#define CMD_WORD4 (HWSCHED_BASE + 0xA0)
#define CMD_WORD5 (HWSCHED_BASE + 0xA4)
#define CMD_WORD6 (HWSCHED_BASE + 0xA8)

#define MMIO_READ(address) (*(volatile uint32_t*)(address))
#define MMIO_WRITE(address, value) (*(volatile uint32_t*)(address) = (value))

#endif
