/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HEXADECIMAL_H
#define OFFLOAD_HEXADECIMAL_H

#include <cinttypes>
#include <cstdio>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * A number for people.
 * @param value the number
 * @param digits at least so many of at most 16, with leading zeroes
 * @param capitals whether its letters are capitals
 * @return the text, such as 0x1d00
 */
inline std::string
Hexadecimal(uint64_t value, int digits = 1, bool capitals = false)
{
    char text[24];
    std::snprintf(text, sizeof(text), capitals ? "0x%0*" PRIX64 : "0x%0*" PRIx64, digits, value);
    return text;
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HEXADECIMAL_H */
