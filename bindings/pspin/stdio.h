/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * <stdio.h> for a compiler without a C library. The HPUs have no console: printf drops its text.
 */
#ifndef OFFLOAD_PSPIN_STDIO_H
#define OFFLOAD_PSPIN_STDIO_H

#if __has_include(<picolibc.h>) || __has_include(<newlib.h>)
#include_next <stdio.h>
#else
#include <stddef.h>

/**
 * Does nothing; its arguments are evaluated, and the call itself costs no instruction.
 * @param format how the text would look
 * @return 0, characters printed
 */
__attribute__((unused, format(printf, 1, 2))) static int
printf(const char* format, ...)
{
    (void)format;
    return 0;
}
#endif

#endif
