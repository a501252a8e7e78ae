/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Counts the words of each packet, which are numbers of bins, in the cluster's scratchpad, then
 * tells the host. The last word of a packet is not counted, as in PsPIN's example.
 */
#include "packet-view.h"

__handler__ void
histogram_ph(handler_args_t* args)
{
    task_t* task = args->task;
    uint32_t count;
    const word_t* words = payload_of(task->pkt_mem, &count);
    volatile int32_t* bins = task->scratchpad[args->cluster_id];
    // The next bin's number is loaded while the addition to this one is on its way.
    volatile int32_t* bin = &bins[words[0].value];
    for (uint32_t i = 1; i < count; i++)
    {
        amo_add(bin, 1);
        bin = &bins[words[i].value];
    }
}

__handler__ void
histogram_th(handler_args_t* args)
{
    spin_cmd_t write;
    spin_write_to_host(host_address(args->task), 1, &write);
}

HANDLERS(NULL, histogram_ph, histogram_th)
