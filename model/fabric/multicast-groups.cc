/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "multicast-groups.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(MulticastGroups);

TypeId
MulticastGroups::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::MulticastGroups")
                            .SetParent<Object>()
                            .SetGroupName("Offload")
                            .AddConstructor<MulticastGroups>();
    return tid;
}

void
MulticastGroups::Join(const Mac48Address& group, uint32_t host)
{
    if (!group.IsGroup() || group.IsBroadcast())
    {
        throw std::invalid_argument("MulticastGroups: not the MAC address of a multicast group");
    }
    auto& members = m_members[group];
    const auto place = std::lower_bound(members.begin(), members.end(), host);
    if (place == members.end() || *place != host)
    {
        members.insert(place, host);
    }
}

void
MulticastGroups::Leave(const Mac48Address& group, uint32_t host)
{
    const auto found = m_members.find(group);
    if (found != m_members.end())
    {
        auto& members = found->second;
        members.erase(std::remove(members.begin(), members.end(), host), members.end());
    }
}

bool
MulticastGroups::HasMember(const Mac48Address& group, uint32_t begin, uint32_t end) const
{
    const auto found = m_members.find(group);
    if (found == m_members.end())
    {
        return false;
    }
    const auto& members = found->second;
    const auto member = std::lower_bound(members.begin(), members.end(), begin);
    return member != members.end() && *member < end;
}

} // namespace offload
} // namespace ns3
