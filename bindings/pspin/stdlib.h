/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * <stdlib.h> for a compiler without a C library: the types; the HPUs have no heap.
 */
#ifndef OFFLOAD_PSPIN_STDLIB_H
#define OFFLOAD_PSPIN_STDLIB_H

#if __has_include(<picolibc.h>) || __has_include(<newlib.h>)
#include_next <stdlib.h>
#else
#include <stddef.h>

static inline int
abs(int value)
{
    return value < 0 ? -value : value;
}

__attribute__((noreturn)) static inline void
abort(void)
{
    __builtin_trap();
}
#endif

#endif
