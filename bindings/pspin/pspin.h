/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Atomic memory operations, locks and waiting.
 *
 * The operations work in L1 and in L2 handler memory; load-reserved and store-conditional in L2
 * only.
 */
#ifndef OFFLOAD_PSPIN_PSPIN_H
#define OFFLOAD_PSPIN_PSPIN_H

#include "pspin_rt.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define MEM_ALIGNMENT 4
#define ALIGN_UP(number, alignment) (((uint32_t)(number) + ((alignment)-1)) & ~((alignment)-1))
#define DMA_MAX_XFER_SIZE 32768
#define DMA_NULL 0

typedef uint32_t dma_t;            //!< number of a copy
typedef volatile uint32_t futex_t; //!< a lock: 0 free, 1 taken

/**
 * Wait, four cycles a turn: one for the subtraction, three for the taken branch.
 * @param cycles how long; nothing happens up to 4
 */
static inline void
rt_time_wait_cycles(const unsigned cycles)
{
    unsigned turns = cycles / 4;
    __asm__ volatile("ble %[cycles], %[least], 2f\n"
                     "1: addi %[turns], %[turns], -1\n"
                     "bnez %[turns], 1b\n"
                     "2:"
                     : [turns] "+r"(turns)
                     : [cycles] "r"(cycles), [least] "r"(4));
}

/** The compiler moves no access to memory across this. */
static inline void
asm_mem_fence(void)
{
    __asm__ volatile("" ::: "memory");
}

/** Define amo_NAME: change a word by an instruction in one step; returns what was there. */
#define OFFLOAD_PSPIN_AMO(name, instruction, type)                                                 \
    static inline type name(volatile type* const addr, const type val)                             \
    {                                                                                              \
        type old;                                                                                  \
        __asm__ volatile(instruction " %0, %1, (%2)"                                               \
                         : "=r"(old)                                                               \
                         : "r"(val), "r"(addr)                                                     \
                         : "memory");                                                              \
        return old;                                                                                \
    }

OFFLOAD_PSPIN_AMO(amo_swap, "amoswap.w", uint32_t)
OFFLOAD_PSPIN_AMO(amo_add, "amoadd.w", int32_t)
OFFLOAD_PSPIN_AMO(amo_and, "amoand.w", uint32_t)
OFFLOAD_PSPIN_AMO(amo_or, "amoor.w", uint32_t)
OFFLOAD_PSPIN_AMO(amo_xor, "amoxor.w", uint32_t)
OFFLOAD_PSPIN_AMO(amo_max, "amomax.w", int32_t)
OFFLOAD_PSPIN_AMO(amo_maxu, "amomaxu.w", uint32_t)
OFFLOAD_PSPIN_AMO(amo_min, "amomin.w", int32_t)
OFFLOAD_PSPIN_AMO(amo_minu, "amominu.w", uint32_t)
#undef OFFLOAD_PSPIN_AMO

/** Store a word in one step with respect to the other operations. */
static inline void
amo_store(volatile uint32_t* const addr, const uint32_t val)
{
    __asm__ volatile("amoswap.w zero, %0, (%1)" : : "r"(val), "r"(addr) : "memory");
}

/** @return a word of L2, which is reserved from now on */
static inline uint32_t
load_reserved(const volatile uint32_t* const addr)
{
    uint32_t value;
    __asm__ volatile("lr.w %0, (%1)" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

/** Store to a reserved word of L2; @return 0 if the reservation held, else nothing was stored. */
static inline unsigned
store_conditional(volatile uint32_t* const addr, const uint32_t val)
{
    unsigned failed;
    __asm__ volatile("sc.w %0, %1, (%2)" : "=r"(failed) : "r"(val), "r"(addr) : "memory");
    return failed;
}

/**
 * Replace a word of L2 if it has a value.
 * @return 0 if it was replaced, -1 if it has another value, more if somebody came between
 */
static inline int
compare_and_swap(volatile uint32_t* const addr, const uint32_t expected, const uint32_t desired)
{
    return load_reserved(addr) == expected ? (int)store_conditional(addr, desired) : -1;
}

/** Make a lock, free. */
static inline void
futex_init(futex_t* futex)
{
    amo_store(futex, 0);
}

/** @return whether the lock was free and is now taken by the caller */
static inline int
futex_try_lock(futex_t* futex)
{
    return amo_or(futex, 1) == 0;
}

/** Take a lock, asking all the time; @return 1. */
static inline int
futex_lock(futex_t* futex)
{
    while (amo_or(futex, 1))
    {
    }
    return 1;
}

/** Take a lock, asking every 32 cycles or so; @return 1. */
static inline int
futex_lock_s(futex_t* futex)
{
    while (amo_or(futex, 1))
    {
        rt_time_wait_cycles(32);
    }
    return 1;
}

/** Give a lock back. */
static inline void
futex_unlock(futex_t* futex)
{
    amo_store(futex, 0);
}

#endif
