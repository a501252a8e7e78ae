/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-manager.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t GROUPS = 0xef000000;   //!< 239.0.0.0/8, for local use (RFC 2365)
constexpr uint32_t SWITCHES = 0x0af00000; //!< 10.240.0.0: addresses of switches. Assumption

} // namespace

FlareJob
FlareGroup::MakeJob(uint32_t rank) const
{
    FlareJob job;
    job.id = id;
    job.child = childNumber[rank];
    job.window = window;
    job.start = static_cast<uint32_t>(uint64_t{rank} * window / childNumber.size());
    job.group = address;
    job.address = flare::FIRST_ADDRESS + members[rank];
    job.sparse = sparse;
    job.collective = collective;
    job.isRoot = members[rank] == rootHost;
    job.sequence = sequences[rank];
    job.rank = rank;
    job.elementBytes = elementBytes;
    return job;
}

FlareManager::FlareManager(const FabricTopology& topology,
                           const std::vector<Ptr<FabricSwitch>>& switches)
    : m_topology(topology)
{
    if (switches.size() != topology.GetSwitches())
    {
        throw std::invalid_argument("FlareManager: the " + topology.GetName() + " has " +
                                    std::to_string(topology.GetSwitches()) + " switches, not " +
                                    std::to_string(switches.size()));
    }
    for (const auto& device : switches)
    {
        m_switches.push_back(DynamicCast<FlareSwitch>(device));
    }
    m_full.assign(m_switches.size(), false);
}

bool
FlareManager::IsUp(FabricTopology::Place port) const
{
    return m_switches[port.node]->GetPort(port.port)->IsLinkUp();
}

bool
FlareManager::IsConnected(uint32_t host) const
{
    const FabricTopology::Place place = m_topology.GetHostPlace(host);
    return m_switches[place.node] && !m_switches[place.node]->HasFailed() && IsUp(place);
}

std::string
FlareManager::FindFailure(uint16_t id) const
{
    const auto found = m_groups.find(id);
    if (found == m_groups.end())
    {
        return "reduction " + std::to_string(id) + " is not installed";
    }
    for (const uint32_t node : found->second.switches)
    {
        if (m_switches[node]->HasFailed())
        {
            return "switch " + std::to_string(node) + " has failed";
        }
    }
    for (const uint32_t host : found->second.members)
    {
        if (!IsConnected(host))
        {
            return "the cable of host " + std::to_string(host) + " is down";
        }
    }
    for (const FabricTopology::Place& port : found->second.parentPorts)
    {
        if (!IsUp(port))
        {
            return "a cable of switch " + std::to_string(port.node) + " is down";
        }
    }
    return "";
}

bool
FlareManager::Grow(uint32_t root, const std::vector<uint32_t>& members)
{
    m_tree.assign(m_switches.size(), Vertex());
    m_order.assign(1, root);
    m_tree[root].depth = 0;
    for (size_t i = 0; i < m_order.size(); i++)
    {
        const uint32_t node = m_order[i];
        for (uint32_t port = 0; port < m_topology.GetPorts(node); port++)
        {
            if (m_topology.IsHostPort({node, port}) || !IsUp({node, port}))
            {
                continue;
            }
            const FabricTopology::Place peer = m_topology.GetPeer({node, port});
            Vertex& next = m_tree[peer.node];
            if (next.depth == NOWHERE && m_switches[peer.node] && !m_full[peer.node])
            {
                next.depth = m_tree[node].depth + 1;
                next.parent = node;
                next.parentPort = peer.port;
                next.upstreamPort = port;
                m_order.push_back(peer.node);
            }
        }
    }
    if (!PlaceMembers(members))
    {
        return false;
    }
    KeepNeeded(root);
    NumberChildren(root, members);
    // A root with one child only reduces nothing.
    return m_tree[root].children.size() > 1 || members.size() == 1;
}

bool
FlareManager::PlaceMembers(const std::vector<uint32_t>& members)
{
    for (uint32_t rank = 0; rank < members.size(); rank++)
    {
        const FabricTopology::Place place = m_topology.GetHostPlace(members[rank]);
        Vertex& vertex = m_tree[place.node];
        if (vertex.depth == NOWHERE || !IsUp(place))
        {
            return false;
        }
        vertex.needed = true;
        vertex.lowest = std::min(vertex.lowest, rank);
        vertex.highest = rank;
        vertex.members++;
    }
    return true;
}

void
FlareManager::KeepNeeded(uint32_t root)
{
    // From the leaves up: whose parents are needed.
    std::vector<uint32_t> kept;
    for (size_t i = m_order.size(); i-- > 0;)
    {
        const uint32_t node = m_order[i];
        const Vertex& vertex = m_tree[node];
        if (vertex.needed && node != root)
        {
            Vertex& parent = m_tree[vertex.parent];
            parent.needed = true;
            parent.lowest = std::min(parent.lowest, vertex.lowest);
            parent.highest = std::max(parent.highest, vertex.highest);
            parent.members += vertex.members;
        }
        if (vertex.needed)
        {
            kept.push_back(node);
        }
    }
    m_order.assign(kept.rbegin(), kept.rend());
}

void
FlareManager::NumberChildren(uint32_t root, const std::vector<uint32_t>& members)
{
    // Each switch is its parent's child when the first of its ranks comes, as a host is.
    for (const uint32_t host : members)
    {
        const FabricTopology::Place place = m_topology.GetHostPlace(host);
        uint32_t node = place.node;
        uint32_t port = place.port;
        while (true)
        {
            Vertex& vertex = m_tree[node];
            const bool first = vertex.children.empty();
            vertex.children.push_back(port);
            if (!first || node == root)
            {
                break;
            }
            vertex.childNumber = static_cast<uint8_t>(m_tree[vertex.parent].children.size());
            port = vertex.upstreamPort;
            node = vertex.parent;
        }
    }
}

bool
FlareManager::KeepsOrder() const
{
    return std::all_of(m_order.begin(), m_order.end(), [this](uint32_t node) {
        const Vertex& vertex = m_tree[node];
        return vertex.highest - vertex.lowest + 1 == vertex.members;
    });
}

uint32_t
FlareManager::FindRoot(const std::vector<uint32_t>& members, bool ordered)
{
    uint32_t best = NOWHERE;
    uint64_t least = UINT64_MAX;
    for (uint32_t root = 0; root < m_switches.size(); root++)
    {
        if (!m_switches[root] || m_full[root] || !Grow(root, members) || (ordered && !KeepsOrder()))
        {
            continue;
        }
        const uint32_t depth = m_tree[m_order.back()].depth;
        // Fewest levels, then fewest reductions, then fewest switches.
        const uint64_t cost = uint64_t{depth} << 48 |
                              uint64_t{m_switches[root]->GetReductions()} << 24 | m_order.size();
        if (cost < least)
        {
            least = cost;
            best = root;
        }
    }
    return best;
}

uint32_t
FlareManager::GetChildNumber(uint32_t host) const
{
    const FabricTopology::Place place = m_topology.GetHostPlace(host);
    const auto& children = m_tree[place.node].children;
    return static_cast<uint32_t>(std::find(children.begin(), children.end(), place.port) -
                                 children.begin());
}

std::vector<uint32_t>
FlareManager::FindDataChildren(uint32_t host) const
{
    std::vector<uint32_t> dataChildren(m_switches.size(), FlareReduction::NONE);
    uint32_t node = m_topology.GetHostPlace(host).node;
    dataChildren[node] = GetChildNumber(host);
    while (m_tree[node].parent != NOWHERE)
    {
        dataChildren[m_tree[node].parent] = m_tree[node].childNumber;
        node = m_tree[node].parent;
    }
    return dataChildren;
}

uint32_t
FlareManager::Install(const FlareReduction& reduction, FlareGroup& group, uint32_t window)
{
    FlareReduction part = reduction;
    part.id = group.id;
    part.group = group.address;
    part.window = window;
    for (const uint32_t node : m_order)
    {
        part.children = static_cast<uint32_t>(m_tree[node].children.size());
        part.storage = node == group.root ? FlareStorage::ARRAY : reduction.storage;
        part.window = std::min(part.window, m_switches[node]->GetMaxWindow(part));
        if (part.window == 0)
        {
            return node;
        }
    }
    std::vector<uint32_t> dataChildren;
    if (reduction.collective == FlareCollective::REDUCE)
    {
        dataChildren = FindDataChildren(reduction.rootHost);
    }
    for (size_t i = 0; i < m_order.size(); i++)
    {
        const uint32_t node = m_order[i];
        const Vertex& vertex = m_tree[node];
        part.dataChild = dataChildren.empty() ? FlareReduction::ALL : dataChildren[node];
        part.childNumber = vertex.childNumber;
        // The root sums all that the hash tables below have let pass.
        part.storage = node == group.root ? FlareStorage::ARRAY : reduction.storage;
        part.address = SWITCHES + node;
        try
        {
            m_switches[node]->Install(part,
                                      vertex.children,
                                      node == group.root ? FlareSwitch::NO_PORT
                                                         : vertex.parentPort);
        }
        catch (const std::invalid_argument&)
        {
            for (size_t installed = 0; installed < i; installed++)
            {
                m_switches[m_order[installed]]->Remove(group.id);
            }
            return node;
        }
    }
    group.window = part.window;
    return NOWHERE;
}

std::optional<FlareGroup>
FlareManager::Create(const std::vector<uint32_t>& members,
                     const FlareReduction& reduction,
                     uint32_t window)
{
    const std::set<uint32_t> hosts(members.begin(), members.end());
    if (members.empty() || hosts.size() != members.size() ||
        *hosts.rbegin() >= m_topology.GetHosts() || window == 0 || !reduction.operation)
    {
        throw std::invalid_argument("FlareManager: a group needs different hosts below " +
                                    std::to_string(m_topology.GetHosts()) +
                                    ", a window and an operation");
    }
    while (m_groups.count(m_nextId) != 0)
    {
        ++m_nextId;
    }
    if (reduction.HasRootHost() && hosts.count(reduction.rootHost) == 0)
    {
        throw std::invalid_argument("FlareManager: the root host, " +
                                    std::to_string(reduction.rootHost) + ", is no member");
    }
    FlareGroup group;
    group.id = m_nextId++;
    group.address = GROUPS + group.id;
    for (uint32_t node = 0; node < m_switches.size(); node++)
    {
        m_full[node] = m_switches[node] && m_switches[node]->HasFailed();
    }
    bool tried = false;
    while (true)
    {
        group.root = FindRoot(members, reduction.NeedsOrder());
        if (group.root == NOWHERE)
        {
            const bool order = !tried && FindRoot(members, false) != NOWHERE;
            m_refusal = order   ? "no tree of switches has neighbours in the order of ranks below "
                                  "each switch, which the operator needs"
                        : tried ? "no tree of switches has room for the reduction"
                                : "no tree of switches that work connects all hosts";
            return std::nullopt;
        }
        Grow(group.root, members);
        const uint32_t full = Install(reduction, group, window);
        if (full == NOWHERE)
        {
            break;
        }
        m_full[full] = true;
        tried = true;
    }
    group.levels = m_tree[m_order.back()].depth + 1;
    group.switches = static_cast<uint32_t>(m_order.size());
    group.sparse = reduction.sparse;
    group.elementBytes = reduction.operation->GetElementBytes();
    group.collective = reduction.collective;
    group.rootHost = reduction.rootHost;
    group.members = members;
    for (const uint32_t host : members)
    {
        group.childNumber.push_back(static_cast<uint8_t>(GetChildNumber(host)));
        group.sequences.push_back(std::make_shared<FlareSequence>());
    }
    Tree& tree = m_groups[group.id];
    tree.switches = m_order;
    tree.members = members;
    for (const uint32_t node : m_order)
    {
        if (node != group.root)
        {
            tree.parentPorts.push_back({node, m_tree[node].parentPort});
        }
    }
    return group;
}

bool
FlareManager::Destroy(uint16_t id)
{
    const auto found = m_groups.find(id);
    if (found == m_groups.end())
    {
        return false;
    }
    for (const uint32_t node : found->second.switches)
    {
        m_switches[node]->Remove(id);
    }
    m_groups.erase(found);
    return true;
}

} // namespace offload
} // namespace ns3
