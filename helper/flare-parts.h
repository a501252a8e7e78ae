/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_PARTS_H
#define OFFLOAD_FLARE_PARTS_H

#include "ns3/flare-net-device.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * All hosts' parts of an allreduce, by number.
 *
 * @tparam Part FlareDenseVector or FlareSparseVector
 */
template <typename Part>
class FlareParts
{
  public:
    /**
     * @param hosts how many
     * @param vectors contents; outlive this
     * @param arguments of each part, after contents and host
     */
    template <typename Vectors, typename... Arguments>
    FlareParts(uint32_t hosts, const Vectors& vectors, Arguments... arguments)
    {
        m_parts.reserve(hosts);
        for (uint32_t host = 0; host < hosts; ++host)
        {
            m_parts.emplace_back(vectors, host, arguments...);
        }
    }

    /** @return a host's part */
    const Part& operator[](uint32_t host) const
    {
        return m_parts[host];
    }

    /** @return the parts as helpers take them */
    std::vector<FlareVector*> GetPointers()
    {
        std::vector<FlareVector*> pointers;
        for (Part& part : m_parts)
        {
            pointers.push_back(&part);
        }
        return pointers;
    }

    /**
     * @param arguments of the parts' IsRight
     * @return whether each host has all of the result, and it is right
     */
    template <typename... Arguments>
    bool AreRight(Arguments... arguments) const
    {
        return std::all_of(m_parts.begin(), m_parts.end(), [&](const Part& part) {
            return part.IsRight(arguments...);
        });
    }

  private:
    std::vector<Part> m_parts; //!< by host
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_PARTS_H */
