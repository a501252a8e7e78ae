/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "dragonfly.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace ns3
{
namespace offload
{

/** The ports of one router. */
class Dragonfly::Routing : public SwitchRouting
{
  public:
    /**
     * @param topology copied
     * @param node number of the router
     */
    Routing(const Dragonfly& topology, uint32_t node)
        : m_topology(topology),
          m_group(node / topology.m_routers),
          m_router(node % topology.m_routers)
    {
    }

    PortRange FindPorts(uint32_t host, uint32_t) const override
    {
        const uint32_t node = host / m_topology.m_hosts;
        const uint32_t group = node / m_topology.m_routers;
        if (group >= m_topology.m_groups)
        {
            return {0, 0};
        }
        if (group == m_group)
        {
            const uint32_t router = node % m_topology.m_routers;
            return {router == m_router ? host % m_topology.m_hosts : GetLocalPort(router), 1};
        }
        const uint32_t first = m_topology.GetFirstLink(m_group, group);
        const uint32_t end = first + m_topology.m_parallel;
        // Links of this router, if any leads there
        const uint32_t own = m_router * m_topology.m_links;
        const uint32_t ownFirst = std::max(first, own);
        const uint32_t ownEnd = std::min(end, own + m_topology.m_links);
        if (ownFirst < ownEnd)
        {
            return {GetGlobalPort(ownFirst), ownEnd - ownFirst};
        }
        // Routers that have one; all before this one or all behind it
        const uint32_t router = first / m_topology.m_links;
        const uint32_t last = (end - 1) / m_topology.m_links;
        return {GetLocalPort(router), last - router + 1};
    }

    /**
     * A tree that spans all routers: one group is the root, with a link to each other group, and in
     * each group one router is connected with all others. In other groups that is the one with the
     * link to the root.
     */
    void GetTreePorts(uint32_t ingress,
                      uint32_t choice,
                      const std::function<void(uint32_t, uint32_t, uint32_t)>& pass) const override
    {
        const uint32_t groups = m_topology.m_groups;
        const uint32_t routers = m_topology.m_routers;
        const uint32_t hosts = m_topology.m_hosts;
        const uint32_t root = choice % groups;
        const uint32_t link = choice / groups % m_topology.m_parallel;
        const uint32_t self = m_group * routers + m_router;
        for (uint32_t port = 0; port < hosts; ++port)
        {
            if (port != ingress)
            {
                pass(port, self * hosts + port, self * hosts + port + 1);
            }
        }
        const uint32_t up =
            m_group == root ? 0 : m_topology.GetFirstLink(m_group, root) + link; // if not the root
        const uint32_t hub = m_group == root ? choice / groups % routers : up / m_topology.m_links;
        for (uint32_t other = 0; other < routers; ++other)
        {
            if (other == m_router || (m_router != hub && other != hub) ||
                GetLocalPort(other) == ingress)
            {
                continue;
            }
            // Behind the routers of the root are other groups, and behind a hub are all.
            const uint32_t begin = (m_group * routers + other) * hosts;
            const bool leaf = m_group != root && m_router == hub;
            pass(GetLocalPort(other), leaf ? begin : ALL_HOSTS, leaf ? begin + hosts : ALL_HOSTS);
        }
        if (m_group != root)
        {
            if (m_router == hub && GetGlobalPort(up) != ingress)
            {
                pass(GetGlobalPort(up), ALL_HOSTS, ALL_HOSTS);
            }
            return;
        }
        for (uint32_t group = 0; group < groups; ++group)
        {
            if (group == root)
            {
                continue;
            }
            const uint32_t down = m_topology.GetFirstLink(root, group) + link;
            if (down / m_topology.m_links == m_router && GetGlobalPort(down) != ingress)
            {
                const uint32_t begin = group * routers * hosts;
                pass(GetGlobalPort(down), begin, begin + routers * hosts);
            }
        }
    }

  private:
    uint32_t GetLocalPort(uint32_t router) const
    {
        return m_topology.m_hosts + router - (router > m_router ? 1 : 0);
    }

    uint32_t GetGlobalPort(uint32_t link) const
    {
        return m_topology.m_hosts + m_topology.m_routers - 1 + link % m_topology.m_links;
    }

    Dragonfly m_topology; //!< a few numbers
    uint32_t m_group;     //!< of the router
    uint32_t m_router;    //!< in the group
};

Dragonfly::Dragonfly(uint32_t hosts, uint32_t routers, uint32_t links, uint32_t groups)
    : m_hosts(hosts),
      m_routers(routers),
      m_links(links),
      m_groups(groups),
      m_parallel(0)
{
    const uint64_t most = uint64_t{routers} * links + 1;
    if (hosts == 0 || routers == 0 || links == 0 || most > MAX_HOSTS)
    {
        throw std::invalid_argument("Dragonfly: a router needs hosts, a group routers, a router "
                                    "global links, and a group at most " +
                                    std::to_string(MAX_HOSTS - 1) + " of these");
    }
    m_groups = groups == 0 ? static_cast<uint32_t>(most) : groups;
    if (m_groups < 2 || m_groups > most)
    {
        throw std::invalid_argument("Dragonfly: the number of groups must be 2 to " +
                                    std::to_string(most) +
                                    ", which is all global links of a "
                                    "group and one, or 0 for that");
    }
    // Each factor is below 2^24 now, but not their product.
    const uint64_t switches = uint64_t{m_groups} * routers;
    if (switches > MAX_HOSTS || switches * hosts > MAX_HOSTS)
    {
        throw std::invalid_argument("Dragonfly: the number of hosts must be at most " +
                                    std::to_string(MAX_HOSTS));
    }
    m_parallel = routers * links / (m_groups - 1);
}

std::string
Dragonfly::GetName() const
{
    std::ostringstream name;
    name << "dragonfly of " << GetHosts() << " hosts and " << GetSwitches() << " switches in "
         << m_groups << " groups";
    return name.str();
}

uint32_t
Dragonfly::GetHosts() const
{
    return GetSwitches() * m_hosts;
}

uint32_t
Dragonfly::GetSwitches() const
{
    return m_groups * m_routers;
}

uint32_t
Dragonfly::GetPorts(uint32_t node) const
{
    // The last links of a group may lead nowhere, and are not there.
    const uint32_t used = m_parallel * (m_groups - 1);
    const uint32_t before = node % m_routers * m_links;
    const uint32_t global = used > before ? std::min(used - before, m_links) : 0;
    return m_hosts + m_routers - 1 + global;
}

FabricTopology::Place
Dragonfly::GetHostPlace(uint32_t host) const
{
    return {host / m_hosts, host % m_hosts};
}

bool
Dragonfly::IsHostPort(Place place) const
{
    return place.port < m_hosts;
}

uint32_t
Dragonfly::GetFirstLink(uint32_t group, uint32_t other) const
{
    // The next group comes first.
    return (other + m_groups - group - 1) % m_groups * m_parallel;
}

FabricTopology::Place
Dragonfly::GetPeer(Place from) const
{
    if (IsHostPort(from))
    {
        throw std::invalid_argument("Dragonfly: a host is plugged in there");
    }
    const uint32_t group = from.node / m_routers;
    const uint32_t router = from.node % m_routers;
    const uint32_t port = from.port - m_hosts;
    if (port < m_routers - 1)
    {
        const uint32_t other = port + (port >= router ? 1 : 0);
        return {group * m_routers + other, m_hosts + router - (router > other ? 1 : 0)};
    }
    const uint32_t link = router * m_links + port - (m_routers - 1);
    const uint32_t peerGroup = (group + 1 + link / m_parallel) % m_groups;
    const uint32_t peerLink = GetFirstLink(peerGroup, group) + link % m_parallel;
    return {peerGroup * m_routers + peerLink / m_links,
            m_hosts + m_routers - 1 + peerLink % m_links};
}

std::unique_ptr<SwitchRouting>
Dragonfly::MakeRouting(uint32_t node) const
{
    return std::make_unique<Routing>(*this, node);
}

bool
Dragonfly::IsDeadlockFree() const
{
    return false;
}

} // namespace offload
} // namespace ns3
