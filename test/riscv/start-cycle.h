/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TEST_START_CYCLE_H
#define OFFLOAD_TEST_START_CYCLE_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** A cycle in which tests begin: late enough to look back from. */
inline constexpr uint64_t START = 1000;

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TEST_START_CYCLE_H */
