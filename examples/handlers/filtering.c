/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Looks the first eight bytes of each packet up in a hash table in the context's memory, writes the
 * entry over the packet's first word in L2 and copies the packet to the host.
 */
#include "packet-view.h"

#define ENTRIES 262144         // words of the table, 1 MiB
#define GOLDEN 0x9E3779B9u     // 2^32 / golden ratio; the hash's initial values
#define SEED (0xFEEDBEEFu + 8) // initial hash of PsPIN's example, and the key's size

/** A line of Bob Jenkins' mix: two subtractions and a shifted exclusive or. */
#define MIX_LINE(x, y, z, shifted) x = (x - y - z) ^ (shifted)

/** @return four bytes, the first one lowest; a packet's key may be anywhere, so byte by byte */
static inline uint32_t
load_word(const uint8_t* bytes)
{
    return bytes[0] + ((uint32_t)bytes[1] << 8) + ((uint32_t)bytes[2] << 16) +
           ((uint32_t)bytes[3] << 24);
}

/** @return Bob Jenkins' hash of a key of eight bytes (burtleburtle.net, lookup2, 1996) */
static inline uint32_t
hash_of(const uint8_t* key)
{
    uint32_t a = GOLDEN + load_word(key);
    uint32_t b = GOLDEN + load_word(key + 4);
    uint32_t c = SEED;
    MIX_LINE(a, b, c, c >> 13);
    MIX_LINE(b, c, a, a << 8);
    MIX_LINE(c, a, b, b >> 13);
    MIX_LINE(a, b, c, c >> 12);
    MIX_LINE(b, c, a, a << 16);
    MIX_LINE(c, a, b, b >> 5);
    MIX_LINE(a, b, c, c >> 3);
    MIX_LINE(b, c, a, a << 10);
    MIX_LINE(c, a, b, b >> 15);
    return c;
}

__handler__ void
filtering_ph(handler_args_t* args)
{
    task_t* task = args->task;
    const uint32_t* table = task->handler_mem;
    const uint32_t entry = table[hash_of(task->pkt_mem) % ENTRIES];
    *(uint32_t*)task->l2_pkt_mem = entry;
    spin_cmd_t copy;
    spin_dma_to_host(host_address(task),
                     (uint32_t)task->l2_pkt_mem,
                     task->pkt_mem_size,
                     false,
                     &copy);
}

HANDLERS(NULL, filtering_ph, NULL)
