/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-communicators.h"

#include "ns3/simulation-singleton.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

CanaryCommunicators&
CanaryCommunicators::Get()
{
    return *SimulationSingleton<CanaryCommunicators>::Get();
}

uint16_t
CanaryCommunicators::GetNumber(const std::vector<uint32_t>& members)
{
    const auto found = m_numbers.find(members);
    if (found != m_numbers.end())
    {
        return found->second;
    }
    std::vector<uint32_t> sorted = members;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end())
    {
        throw std::invalid_argument("CanaryCommunicators: host " + std::to_string(*twice) +
                                    " is a member twice");
    }
    if (m_numbers.size() > UINT16_MAX)
    {
        throw std::invalid_argument("CanaryCommunicators: " + std::to_string(m_numbers.size()) +
                                    " sets of hosts have all numbers");
    }
    return m_numbers.emplace(members, static_cast<uint16_t>(m_numbers.size())).first->second;
}

} // namespace offload
} // namespace ns3
