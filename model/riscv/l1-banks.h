/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_L1_BANKS_H
#define OFFLOAD_L1_BANKS_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** Stub until branch `fetch` is merged: no bank is ever busy. */
class L1Banks
{
  public:
    uint64_t Atomic(uint32_t a, uint64_t c)
    {
        return Access(a, c);
    }

    /** @return the cycle in which the access is granted */
    uint64_t Access(uint32_t address, uint64_t cycle)
    {
        static_cast<void>(address);
        return cycle;
    }
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_L1_BANKS_H */
