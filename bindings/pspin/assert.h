/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * <assert.h> for a compiler without a C library: a failed assertion traps, and the unit reports it.
 */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : __builtin_trap())
#endif

#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif
