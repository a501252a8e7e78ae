/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Does nothing: what the unit itself costs.
 */
#include "packet-view.h"

__handler__ void
empty_ph(handler_args_t* args)
{
    (void)args;
}

HANDLERS(NULL, empty_ph, NULL)
