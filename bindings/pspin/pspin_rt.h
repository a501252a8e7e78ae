/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Where a handler is, and the control and status registers of its core.
 */
#ifndef OFFLOAD_PSPIN_PSPIN_RT_H
#define OFFLOAD_PSPIN_PSPIN_RT_H

#include "util.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define ECALL_PSPIN_HANDLER_EXIT 0xA

// RISC-V Privileged Architecture, "CSR Listing"; PRIVLV is RI5CY's own.
#define PULP_CSR_MSTATUS 0x300
#define PULP_CSR_MTVEC 0x305
#define PULP_CSR_MEPC 0x341
#define PULP_CSR_MCAUSE 0x342
#define PULP_CSR_PRIVLV 0xC10
#define PULP_CSR_PMPCFG0 0x3A0
#define PULP_CSR_PMPCFG1 0x3A1
#define PULP_CSR_PMPCFG2 0x3A2
#define PULP_CSR_PMPCFG3 0x3A3
#define PULP_CSR_PMPADDR0 0x3B0
#define PULP_CSR_PMPADDR1 0x3B1
#define PULP_CSR_PMPADDR2 0x3B2
#define PULP_CSR_PMPADDR3 0x3B3
#define PULP_CSR_PMPADDR4 0x3B4
#define PULP_CSR_PMPADDR5 0x3B5
#define PULP_CSR_PMPADDR6 0x3B6
#define PULP_CSR_PMPADDR7 0x3B7
#define PULP_CSR_PMPADDR8 0x3B8
#define PULP_CSR_PMPADDR9 0x3B9
#define PULP_CSR_PMPADDR10 0x3BA
#define PULP_CSR_PMPADDR11 0x3BB
#define PULP_CSR_PMPADDR12 0x3BC
#define PULP_CSR_PMPADDR13 0x3BD
#define PULP_CSR_PMPADDR14 0x3BE
#define PULP_CSR_PMPADDR15 0x3BF

/** @return the hart id: cluster in bits 10:5, core in bits 4:0; machine mode only */
static inline uint32_t
rt_hart_id(void)
{
    uint32_t id;
    __asm__("csrr %0, mhartid" : "=r"(id));
    return id;
}

/** @return the core's number in its cluster; machine mode only, handlers have args->hpu_id */
static inline uint32_t
rt_core_id(void)
{
    return rt_hart_id() & 0x1F;
}

/** @return the cluster's number; machine mode only, handlers have args->cluster_id */
static inline uint32_t
rt_cluster_id(void)
{
    return (rt_hart_id() >> 5) & 0x3F;
}

#endif
