/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Copies between the memories of the unit by a cluster's DMA engine.
 */
#ifndef OFFLOAD_PSPIN_SPIN_DMA_H
#define OFFLOAD_PSPIN_SPIN_DMA_H

#include <assert.h>
#include <stdint.h>

/** Registers of a DMA engine. */
typedef struct spin_dma_engine
{
    volatile uint32_t source;           //!< address
    volatile uint32_t source_high;      //!< upper half, 0 within the unit
    volatile uint32_t destination;      //!< address
    volatile uint32_t destination_high; //!< upper half, 0 within the unit
    volatile uint32_t bytes;            //!< to copy
    uint32_t unused0;
    volatile uint32_t start; //!< a load starts a copy and gives its number
    uint32_t unused1;
    volatile uint32_t done; //!< number of the last copy that has ended
    uint32_t unused2;
    volatile uint32_t config;
} spin_dma_engine_t;

static_assert(__builtin_offsetof(spin_dma_engine_t, start) == 0x18, "as the hardware has it");
static_assert(__builtin_offsetof(spin_dma_engine_t, config) == 0x28, "as the hardware has it");

/** @return the own cluster's engine, through the own core's port */
static inline spin_dma_engine_t*
spin__private_engine(void)
{
    return (spin_dma_engine_t*)0x1B204400;
}

/**
 * @param cluster_id number of a cluster
 * @return its engine, through the peripherals of that cluster
 */
static inline spin_dma_engine_t*
spin__public_engine(uint32_t cluster_id)
{
    return (spin_dma_engine_t*)(0x10201800 + cluster_id * 0x400000);
}

/** Start a copy; @return its number. */
static inline uint32_t
spin__start_copy(spin_dma_engine_t* engine, const void* source, void* destination, uint32_t bytes)
{
    engine->source = (uint32_t)source;
    engine->destination = (uint32_t)destination;
    engine->bytes = bytes;
    __asm__ volatile("" ::: "memory"); // what is copied must have been written
    return engine->start;
}

/** @return whether a copy has ended; they end in order */
static inline char
spin__has_ended(const spin_dma_engine_t* engine, uint32_t id)
{
    const char ended = id <= engine->done;
    __asm__ volatile("" ::: "memory"); // what was copied must be read again
    return ended;
}

/** Wait until a copy has ended. */
static inline void
spin__wait_for_end(const spin_dma_engine_t* engine, uint32_t id)
{
    while (!spin__has_ended(engine, id))
    {
        __asm__ volatile("nop");
    }
}

/** Start a copy by the own cluster's engine; @return its number. */
static inline uint32_t
spin__memcpy_nonblk(void* src_addr, void* dst_addr, uint32_t num_bytes)
{
    return spin__start_copy(spin__private_engine(), src_addr, dst_addr, num_bytes);
}

/** Copy by the own cluster's engine. */
static inline void
spin__memcpy(void* src_addr, void* dst_addr, uint32_t num_bytes)
{
    spin_dma_engine_t* engine = spin__private_engine();
    spin__wait_for_end(engine, spin__start_copy(engine, src_addr, dst_addr, num_bytes));
}

/** Wait for a copy by the own cluster's engine. */
static inline void
spin__wait_for_tf_completion(uint32_t tf_id)
{
    spin__wait_for_end(spin__private_engine(), tf_id);
}

/** @return whether a copy by the own cluster's engine has ended */
static inline char
spin__tf_completed(uint32_t tf_id)
{
    return spin__has_ended(spin__private_engine(), tf_id);
}

/** Start a copy by another cluster's engine; @return its number. Not modelled: the handler is
 * stopped. */
static inline uint32_t
spin__public_memcpy_nonblk(void* src_addr, void* dst_addr, uint32_t num_bytes, uint32_t cluster_id)
{
    return spin__start_copy(spin__public_engine(cluster_id), src_addr, dst_addr, num_bytes);
}

/** Copy by another cluster's engine. Not modelled: the handler is stopped. */
static inline void
spin__public_memcpy(void* src_addr, void* dst_addr, uint32_t num_bytes, uint32_t cluster_id)
{
    spin_dma_engine_t* engine = spin__public_engine(cluster_id);
    spin__wait_for_end(engine, spin__start_copy(engine, src_addr, dst_addr, num_bytes));
}

/** Wait for a copy by another cluster's engine. */
static inline void
spin__public_wait_for_tf_completion(uint32_t tf_id, uint32_t cluster_id)
{
    spin__wait_for_end(spin__public_engine(cluster_id), tf_id);
}

/** @return whether a copy by another cluster's engine has ended */
static inline char
spin__public_tf_completed(uint32_t tf_id, uint32_t cluster_id)
{
    return spin__has_ended(spin__public_engine(cluster_id), tf_id);
}

#endif
