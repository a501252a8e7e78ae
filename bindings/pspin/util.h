/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Small macros of PsPIN's handler API.
 */
#ifndef OFFLOAD_PSPIN_UTIL_H
#define OFFLOAD_PSPIN_UTIL_H

#include <stdio.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define DIV_CEIL(a, b) (((a) + (b)-1) / (b))
#define AND(a, b) ((a) & (b))

// For divisors that are powers of two.
#define FAST_DIV(a, log2_b) ((a) >> (log2_b))
#define FAST_MOD(a, b) ((a) & ((b)-1))

#define STRINGIFY(x) #x

// Control and status registers are for machine mode; handlers run in user mode.
#define read_csr(csr, value) __asm__ volatile("csrr %0, " STRINGIFY(csr) : "=r"(value));
#define write_csr(csr, value)                                                                      \
    __asm__ volatile("csrw " STRINGIFY(csr) ", %0" : : "rK"(value) : "memory");
#define clear_csr(csr, mask)                                                                       \
    __asm__ volatile("csrc " STRINGIFY(csr) ", %0" : : "rK"(mask) : "memory");
#define read_register(name, value) __asm__ volatile("mv %0, " STRINGIFY(name) : "=r"(value));
#define write_register(name, value)                                                                \
    __asm__ volatile("mv " STRINGIFY(name) ", %0" : : "r"(value) : "memory");

/** A symbol at this place of the code. */
#define LABEL(name) __asm__ volatile(#name ":" ::: "memory")

/** End the simulation; PsPIN's test bench listens at this address. */
#define TERMINATE                                                                                  \
    {                                                                                              \
        *(volatile unsigned*)0x1B200000 = 1;                                                       \
    }

#ifdef CHECK_ASSERTS
#define ASSERT(condition)                                                                          \
    if (!(condition))                                                                              \
    {                                                                                              \
        __builtin_trap();                                                                          \
    }
#else
#define ASSERT(condition)
#endif

#define SPIN_PRINTF(format, ...)                                                                   \
    printf("%s:%s:%d: " format, __FILE__, __func__, __LINE__, ##__VA_ARGS__)

#ifdef LOG
#define DEBUG_PRINT(format, ...) SPIN_PRINTF(format, ##__VA_ARGS__)
#else
#define DEBUG_PRINT(...)
#endif

#ifdef ENABLE_TRACING
#define TRACING_DUMMY_INSTR() __asm__ volatile("nop")
#else
#define TRACING_DUMMY_INSTR()
#endif

#endif
