/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fat-tree.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/** The ports of one switch of a FatTree. */
class FatTreeRouting : public SwitchRouting
{
  public:
    /**
     * @param first the first host below
     * @param hosts how many are below
     * @param children ports down
     * @param parents ports up
     * @param singlePath whether the destination chooses among these
     */
    FatTreeRouting(uint32_t first,
                   uint32_t hosts,
                   uint32_t children,
                   uint32_t parents,
                   bool singlePath)
        : SwitchRouting({first, hosts, hosts / children}, {children, singlePath ? 0 : parents}),
          m_children(children),
          m_parents(parents)
    {
    }

    void GetTreePorts(uint32_t ingress,
                      uint32_t choice,
                      const std::function<void(uint32_t, uint32_t, uint32_t)>& pass) const override
    {
        for (uint32_t child = 0; child < m_children; ++child)
        {
            if (child != ingress)
            {
                const uint32_t begin = m_below.first + child * m_below.portHosts;
                pass(child, begin, begin + m_below.portHosts);
            }
        }
        if (ingress < m_children && m_parents > 0)
        {
            pass(m_children + choice % m_parents, ALL_HOSTS, ALL_HOSTS);
        }
    }

    PortRange FindPorts(uint32_t host, uint32_t) const override
    {
        // With a single path; or at the top, where nothing leads to hosts that are not below.
        return m_parents > 0 ? PortRange{m_children + host / m_below.portHosts % m_parents, 1}
                             : PortRange{0, 0};
    }

  private:
    uint32_t m_children; //!< ports down
    uint32_t m_parents;  //!< ports up
};

} // namespace

FatTree::FatTree(std::vector<uint32_t> children, std::vector<uint32_t> parents)
{
    if (children.empty() || parents.size() + 1 != children.size())
    {
        throw std::invalid_argument("FatTree: needs one number of parents fewer than of children");
    }
    uint64_t total = 1;
    for (const uint32_t count : children)
    {
        total *= count;
        if (total == 0 || total > MAX_HOSTS)
        {
            throw std::invalid_argument("FatTree: the number of hosts must be 1 to " +
                                        std::to_string(MAX_HOSTS));
        }
    }
    uint64_t copies = 1;
    uint64_t hosts = 1;
    uint64_t first = 0;
    for (std::size_t i = 0; i < children.size(); ++i)
    {
        const uint32_t up = i < parents.size() ? parents[i] : 0;
        hosts *= children[i];
        const uint64_t subtrees = total / hosts;
        m_levels.push_back({static_cast<uint32_t>(first),
                            children[i],
                            up,
                            static_cast<uint32_t>(copies),
                            static_cast<uint32_t>(hosts),
                            static_cast<uint32_t>(subtrees)});
        first += subtrees * copies;
        copies *= up;
        if (first > MAX_HOSTS || (copies == 0 && i < parents.size()))
        {
            throw std::invalid_argument("FatTree: the number of switches must be 1 to " +
                                        std::to_string(MAX_HOSTS) + ", and no level without");
        }
    }
}

std::unique_ptr<FatTree>
FatTree::SingleSwitch(uint32_t hosts)
{
    return std::make_unique<FatTree>(std::vector<uint32_t>{hosts}, std::vector<uint32_t>{});
}

std::unique_ptr<FatTree>
FatTree::LeafSpine(uint32_t leaves, uint32_t hosts, uint32_t spines)
{
    return std::make_unique<FatTree>(std::vector<uint32_t>{hosts, leaves},
                                     std::vector<uint32_t>{spines});
}

std::unique_ptr<FatTree>
FatTree::KAry(uint32_t ports, uint32_t levels, uint32_t oversubscription)
{
    if (ports < 2 || ports % 2 != 0)
    {
        throw std::invalid_argument("FatTree: the number of ports must be even");
    }
    if (levels != 2 && levels != 3)
    {
        throw std::invalid_argument("FatTree: the number of levels must be 2 or 3");
    }
    if (oversubscription == 0 || oversubscription >= ports)
    {
        throw std::invalid_argument("FatTree: the oversubscription of switches with " +
                                    std::to_string(ports) + " ports must be 1 to " +
                                    std::to_string(ports - 1));
    }
    const uint32_t up = ports / (oversubscription + 1);
    const uint32_t down = oversubscription * up;
    const uint32_t half = ports / 2;
    if (levels == 2)
    {
        return std::make_unique<FatTree>(std::vector<uint32_t>{down, ports},
                                         std::vector<uint32_t>{up});
    }
    return std::make_unique<FatTree>(std::vector<uint32_t>{down, half, ports},
                                     std::vector<uint32_t>{up, half});
}

std::string
FatTree::GetName() const
{
    std::ostringstream name;
    name << "fat tree of " << GetHosts() << " hosts and " << GetSwitches() << " switches in "
         << GetLevels() << (GetLevels() == 1 ? " level" : " levels");
    return name.str();
}

uint32_t
FatTree::GetHosts() const
{
    return m_levels.back().hosts;
}

uint32_t
FatTree::GetSwitches() const
{
    const Level& top = m_levels.back();
    return top.first + top.copies;
}

uint32_t
FatTree::GetLevel(uint32_t node) const
{
    const auto above = std::find_if(m_levels.begin(), m_levels.end(), [node](const Level& level) {
        return node < level.first;
    });
    return static_cast<uint32_t>(above - m_levels.begin());
}

uint32_t
FatTree::GetPorts(uint32_t node) const
{
    const Level& level = m_levels[GetLevel(node) - 1];
    return level.children + level.parents;
}

FabricTopology::Place
FatTree::GetHostPlace(uint32_t host) const
{
    const uint32_t children = m_levels.front().children;
    return {host / children, host % children};
}

bool
FatTree::IsHostPort(Place place) const
{
    return GetLevel(place.node) == 1 && place.port < m_levels.front().children;
}

FabricTopology::Place
FatTree::GetPeer(Place from) const
{
    const uint32_t number = GetLevel(from.node);
    const Level& level = m_levels[number - 1];
    const uint32_t within = from.node - level.first;
    const uint32_t subtree = within / level.copies;
    const uint32_t copy = within % level.copies;
    if (from.port >= level.children)
    {
        // The parent's copy is this one's and the number of the port up.
        const Level& above = m_levels[number];
        const uint32_t up = from.port - level.children;
        return {above.first + subtree / above.children * above.copies + copy * level.parents + up,
                subtree % above.children};
    }
    if (number == 1)
    {
        throw std::invalid_argument("FatTree: a host is plugged in there");
    }
    const Level& below = m_levels[number - 2];
    return {below.first + (subtree * level.children + from.port) * below.copies +
                copy / below.parents,
            below.children + copy % below.parents};
}

std::unique_ptr<SwitchRouting>
FatTree::MakeRouting(uint32_t node) const
{
    const Level& level = m_levels[GetLevel(node) - 1];
    const uint32_t subtree = (node - level.first) / level.copies;
    return std::make_unique<FatTreeRouting>(subtree * level.hosts,
                                            level.hosts,
                                            level.children,
                                            level.parents,
                                            m_singlePath);
}

bool
FatTree::IsDeadlockFree() const
{
    return true;
}

} // namespace offload
} // namespace ns3
