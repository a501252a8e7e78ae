/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Sends each packet back to where it came from.
 */
#include "packet-view.h"

__handler__ void
ping_pong_ph(handler_args_t* args)
{
    void* packet = args->task->pkt_mem;
    swap_addresses(packet);
    spin_cmd_t send;
    spin_send_packet(packet, frame_bytes(packet), &send);
}

HANDLERS(NULL, ping_pong_ph, NULL)
