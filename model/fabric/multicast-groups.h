/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MULTICAST_GROUPS_H
#define OFFLOAD_MULTICAST_GROUPS_H

#include "ns3/mac48-address.h"
#include "ns3/object.h"

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{
namespace offload
{

/** Which hosts of a fabric are members of which multicast groups; all its switches share one. */
class MulticastGroups : public Object
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();

    /**
     * @param group its MAC address
     * @param host a member from now on
     * @throw std::invalid_argument if the address is not a group's or is the broadcast address
     */
    void Join(const Mac48Address& group, uint32_t host);

    /**
     * @param group its MAC address
     * @param host no member any more
     */
    void Leave(const Mac48Address& group, uint32_t host);

    /**
     * @param group its MAC address
     * @param begin a host
     * @param end another one, exclusive
     * @return whether any of the hosts from begin on is a member
     */
    bool HasMember(const Mac48Address& group, uint32_t begin, uint32_t end) const;

  private:
    std::map<Mac48Address, std::vector<uint32_t>> m_members; //!< hosts in ascending order
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MULTICAST_GROUPS_H */
