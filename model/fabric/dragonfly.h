/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_DRAGONFLY_H
#define OFFLOAD_DRAGONFLY_H

#include "fabric-topology.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * Groups of fully connected routers, fully connected with each other: the dragonfly of Kim et al.,
 * "Technology-driven, highly-scalable dragonfly topology", ISCA 2008.
 *
 * Each of g groups has a routers, each of these p hosts and h global links. Router r of group G is
 * switch G * a + r; its ports are the p hosts', then one to each other router of the group in
 * ascending order, then the global ones. With fewer groups than a * h + 1 the global links are
 * dealt out evenly among the other groups, neighbouring ones to the same group; those that are left
 * over are not there.
 *
 * Routing is minimal: at most one hop in the source's group, one between groups and one in the
 * destination's group. A router that has a link to the destination's group takes it.
 *
 * Minimal routes of different flows may wait for each other in a circle (local, global, local),
 * unless a packet changes to another virtual channel after its global hop. Switches do not do that
 * here: lossless classes on a dragonfly could deadlock, and FabricHelper refuses them.
 */
class Dragonfly : public FabricTopology
{
  public:
    /**
     * @param hosts p per router
     * @param routers a per group
     * @param links h per router, to other groups
     * @param groups g, 2 to a * h + 1; 0 for a * h + 1
     * @throw std::invalid_argument if there is no such network
     */
    Dragonfly(uint32_t hosts, uint32_t routers, uint32_t links, uint32_t groups = 0);

    // From FabricTopology
    std::string GetName() const override;
    uint32_t GetHosts() const override;
    uint32_t GetSwitches() const override;
    uint32_t GetPorts(uint32_t node) const override;
    Place GetHostPlace(uint32_t host) const override;
    Place GetPeer(Place from) const override;
    bool IsHostPort(Place place) const override;
    std::unique_ptr<SwitchRouting> MakeRouting(uint32_t node) const override;
    bool IsDeadlockFree() const override;

    /** @return g, the number of groups */
    uint32_t GetGroups() const
    {
        return m_groups;
    }

    /// Most hosts and switches: what a host's address has room for
    static constexpr uint32_t MAX_HOSTS = 1U << 24;

  private:
    class Routing;

    /**
     * @param group the source
     * @param other the destination
     * @return the number of the first global link of a group that leads to another one; there are
     *         m_parallel of them
     */
    uint32_t GetFirstLink(uint32_t group, uint32_t other) const;

    uint32_t m_hosts;    //!< p
    uint32_t m_routers;  //!< a
    uint32_t m_links;    //!< h
    uint32_t m_groups;   //!< g
    uint32_t m_parallel; //!< links between each two groups
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_DRAGONFLY_H */
