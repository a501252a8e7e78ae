/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Writes one number to the host for each packet.
 */
#include "packet-view.h"

__handler__ void
host_write_ph(handler_args_t* args)
{
    spin_cmd_t write;
    spin_write_to_host(host_address(args->task), 0xCAFEBEBE, &write);
}

HANDLERS(NULL, host_write_ph, NULL)
