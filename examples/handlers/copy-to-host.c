/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Copies each packet to the beginning of the host memory window.
 */
#include "packet-view.h"

__handler__ void
copy_to_host_ph(handler_args_t* args)
{
    task_t* task = args->task;
    void* packet = task->pkt_mem;
    spin_cmd_t copy;
    spin_dma_to_host(host_address(task), (uint32_t)packet, frame_bytes(packet), true, &copy);
}

HANDLERS(NULL, copy_to_host_ph, NULL)
