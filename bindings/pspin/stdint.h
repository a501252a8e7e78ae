/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * <stdint.h> for a compiler without a C library; with one, the library's own.
 */
#ifndef OFFLOAD_PSPIN_STDINT_H
#define OFFLOAD_PSPIN_STDINT_H

#if __has_include(<picolibc.h>) || __has_include(<newlib.h>)
#include_next <stdint.h>
#else
#include <stdint-gcc.h>
#endif

#endif
