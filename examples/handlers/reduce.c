/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Adds the words of each packet to a vector in the cluster's scratchpad, then tells the host.
 */
#include "packet-view.h"

__handler__ void
reduce_ph(handler_args_t* args)
{
    task_t* task = args->task;
    uint32_t count;
    const word_t* words = payload_of(task->pkt_mem, &count);
    volatile int32_t* vector = task->scratchpad[args->cluster_id];
    for (uint32_t i = 0; i < count; i++)
    {
        amo_add(&vector[i], words[i].value); // other HPUs of the cluster add to the same words
    }
}

__handler__ void
reduce_th(handler_args_t* args)
{
    spin_cmd_t write;
    spin_write_to_host(host_address(args->task), 1, &write);
}

HANDLERS(NULL, reduce_ph, reduce_th)
