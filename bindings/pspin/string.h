/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * <string.h> for a compiler without a C library. Handlers are one file, so the functions are here:
 * as weak symbols, since the compiler itself also calls them by name.
 */
#ifndef OFFLOAD_PSPIN_STRING_H
#define OFFLOAD_PSPIN_STRING_H

#if __has_include(<picolibc.h>) || __has_include(<newlib.h>)
#include_next <string.h>
#else
#include <stddef.h>

#ifdef __cplusplus
#define OFFLOAD_PSPIN_C extern "C"
#else
#define OFFLOAD_PSPIN_C
#endif

// The optimiser must not find out that each loop is a call of the function that it is in.
#define OFFLOAD_PSPIN_MEMORY_FUNCTION                                                              \
    OFFLOAD_PSPIN_C __attribute__((weak, used, optimize("Os", "no-tree-loop-distribute-patterns")))

OFFLOAD_PSPIN_MEMORY_FUNCTION void*
memcpy(void* destination, const void* source, size_t size)
{
    char* to = (char*)destination;
    const char* from = (const char*)source;
    while (size--)
    {
        *to++ = *from++;
    }
    return destination;
}

OFFLOAD_PSPIN_MEMORY_FUNCTION void*
memmove(void* destination, const void* source, size_t size)
{
    char* to = (char*)destination;
    const char* from = (const char*)source;
    if (to < from)
    {
        return memcpy(destination, source, size);
    }
    while (size--)
    {
        to[size] = from[size];
    }
    return destination;
}

OFFLOAD_PSPIN_MEMORY_FUNCTION void*
memset(void* destination, int value, size_t size)
{
    char* to = (char*)destination;
    while (size--)
    {
        *to++ = (char)value;
    }
    return destination;
}

OFFLOAD_PSPIN_MEMORY_FUNCTION int
memcmp(const void* left, const void* right, size_t size)
{
    const unsigned char* a = (const unsigned char*)left;
    const unsigned char* b = (const unsigned char*)right;
    for (; size; size--, a++, b++)
    {
        if (*a != *b)
        {
            return *a - *b;
        }
    }
    return 0;
}

#undef OFFLOAD_PSPIN_MEMORY_FUNCTION
#undef OFFLOAD_PSPIN_C
#endif

#endif
