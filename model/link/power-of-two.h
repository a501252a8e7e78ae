/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_POWER_OF_TWO_H
#define OFFLOAD_POWER_OF_TWO_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** @return whether it is a power of two */
constexpr bool
IsPowerOfTwo(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_POWER_OF_TWO_H */
