/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Sums the words of all packets of a message: each cluster in a word of its scratchpad, then the
 * completion handler over all clusters, for the host and with the words cleared for the next
 * message.
 */
#include "packet-view.h"

__handler__ void
aggregate_ph(handler_args_t* args)
{
    task_t* task = args->task;
    uint32_t count;
    const word_t* words = payload_of(task->pkt_mem, &count);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
    {
        sum += words[i].value;
    }
    amo_add((volatile int32_t*)task->scratchpad[args->cluster_id], sum);
}

__handler__ void
aggregate_th(handler_args_t* args)
{
    task_t* task = args->task;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < NB_CLUSTERS; i++)
    {
        // At once: payload handlers of the next message may be adding already.
        sum += amo_swap(task->scratchpad[i], 0);
    }
    spin_cmd_t write;
    spin_write_to_host(host_address(task), sum, &write);
}

HANDLERS(NULL, aggregate_ph, aggregate_th)
