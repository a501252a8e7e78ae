/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What holds for every topology, checked by walking along its cables.
 */
#ifndef OFFLOAD_TOPOLOGY_CHECK_H
#define OFFLOAD_TOPOLOGY_CHECK_H

#include "ns3/fabric-topology.h"

#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/** Walks through a topology. */
class TopologyCheck
{
  public:
    explicit TopologyCheck(const FabricTopology& topology)
        : m_topology(topology)
    {
        for (uint32_t i = 0; i < topology.GetSwitches(); ++i)
        {
            m_routing.push_back(topology.MakeRouting(i));
        }
        for (uint32_t i = 0; i < topology.GetHosts(); ++i)
        {
            const auto place = topology.GetHostPlace(i);
            m_hosts[{place.node, place.port}] = i;
        }
    }

    /** Each port has a host, or a peer whose peer it is. */
    void Cables()
    {
        ASSERT_EQ(m_hosts.size(), m_topology.GetHosts()) << "two hosts in one place";
        uint32_t hostPorts = 0;
        std::set<std::pair<uint32_t, uint32_t>> peers;
        for (uint32_t node = 0; node < m_topology.GetSwitches(); ++node)
        {
            for (uint32_t port = 0; port < m_topology.GetPorts(node); ++port)
            {
                const bool host = m_hosts.count({node, port}) > 0;
                ASSERT_EQ(m_topology.IsHostPort({node, port}), host) << node << ":" << port;
                hostPorts += host ? 1 : 0;
                if (host)
                {
                    ASSERT_THROW(m_topology.GetPeer({node, port}), std::invalid_argument);
                    continue;
                }
                const auto peer = m_topology.GetPeer({node, port});
                ASSERT_LT(peer.node, m_topology.GetSwitches()) << node << ":" << port;
                ASSERT_LT(peer.port, m_topology.GetPorts(peer.node)) << node << ":" << port;
                ASSERT_NE(peer.node, node) << "a cable from a switch to itself";
                ASSERT_FALSE(m_topology.IsHostPort(peer)) << node << ":" << port;
                ASSERT_TRUE(peers.insert({peer.node, peer.port}).second) << node << ":" << port;
                const auto back = m_topology.GetPeer(peer);
                ASSERT_EQ(back.node, node) << node << ":" << port;
                ASSERT_EQ(back.port, port) << node << ":" << port;
            }
        }
        EXPECT_EQ(hostPorts, m_topology.GetHosts());
    }

    /**
     * Every host reaches every other one by each of the ports that routing may choose.
     * @param step looks at hosts 0, step, 2 step and so on as sources
     * @param most switches on a path
     */
    void Routes(uint32_t step, uint32_t most)
    {
        m_longest = 0;
        for (uint32_t from = 0; from < m_topology.GetHosts(); from += step)
        {
            const auto place = m_topology.GetHostPlace(from);
            for (uint32_t to = 0; to < m_topology.GetHosts(); ++to)
            {
                if (to != from)
                {
                    Follow(place.node, place.port, to, 1, most);
                    if (::testing::Test::HasFatalFailure())
                    {
                        FAIL() << "from host " << from << " to host " << to;
                    }
                }
            }
        }
        // No host is that number, so nobody leads there for ever.
        uint32_t node = 0;
        uint32_t ingress = 0;
        for (uint32_t hops = 0; hops <= most; ++hops)
        {
            const PortRange ports = m_routing[node]->GetPorts(m_topology.GetHosts(), ingress);
            if (ports.count == 0)
            {
                return;
            }
            const auto peer = m_topology.GetPeer({node, ports.first});
            node = peer.node;
            ingress = peer.port;
        }
        FAIL() << "a frame to nobody goes round";
    }

    /** @return switches on the longest path that Routes() has found */
    uint32_t GetLongest() const
    {
        return m_longest;
    }

    /**
     * A frame for all reaches each other host exactly once, along the tree of that choice, and the
     * hosts behind a port are those that the tree tells.
     */
    void Broadcast(uint32_t from, uint32_t choice)
    {
        const auto place = m_topology.GetHostPlace(from);
        m_passed = 0;
        const auto reached = Flood(place.node, place.port, choice);
        std::set<uint32_t> expected;
        for (uint32_t host = 0; host < m_topology.GetHosts(); ++host)
        {
            if (host != from)
            {
                expected.insert(host);
            }
        }
        // Once each: otherwise there are more than the set has.
        ASSERT_EQ(reached.size(), expected.size()) << "from host " << from;
        ASSERT_EQ(std::set<uint32_t>(reached.begin(), reached.end()), expected);
    }

  private:
    void Follow(uint32_t node, uint32_t ingress, uint32_t to, uint32_t switches, uint32_t most)
    {
        ASSERT_LE(switches, most);
        const PortRange ports = m_routing[node]->GetPorts(to, ingress);
        ASSERT_GT(ports.count, 0U) << "no port at switch " << node;
        for (uint32_t port = ports.first; port < ports.first + ports.count; ++port)
        {
            ASSERT_LT(port, m_topology.GetPorts(node));
            ASSERT_NE(port, ingress) << "back where it came from, at switch " << node;
            const auto host = m_hosts.find({node, port});
            if (host != m_hosts.end())
            {
                ASSERT_EQ(host->second, to);
                m_longest = std::max(m_longest, switches);
                continue;
            }
            const auto peer = m_topology.GetPeer({node, port});
            Follow(peer.node, peer.port, to, switches + 1, most);
            if (::testing::Test::HasFatalFailure())
            {
                return;
            }
        }
    }

    std::vector<uint32_t> Flood(uint32_t node, uint32_t ingress, uint32_t choice)
    {
        std::vector<uint32_t> reached;
        m_routing[node]->GetTreePorts(
            ingress,
            choice,
            [&](uint32_t port, uint32_t begin, uint32_t end) {
                // A tree has fewer edges than that; more means a circle.
                ASSERT_LT(++m_passed, m_topology.GetHosts() + 2 * m_topology.GetSwitches());
                std::vector<uint32_t> behind;
                const auto host = m_hosts.find({node, port});
                if (host != m_hosts.end())
                {
                    behind.push_back(host->second);
                }
                else
                {
                    const auto peer = m_topology.GetPeer({node, port});
                    behind = Flood(peer.node, peer.port, choice);
                }
                for (const uint32_t one : behind)
                {
                    EXPECT_TRUE(begin == SwitchRouting::ALL_HOSTS || (begin <= one && one < end))
                        << "host " << one << " behind " << node << ":" << port;
                }
                EXPECT_TRUE(begin == SwitchRouting::ALL_HOSTS || behind.size() == end - begin)
                    << "behind " << node << ":" << port;
                reached.insert(reached.end(), behind.begin(), behind.end());
            });
        return reached;
    }

    const FabricTopology& m_topology;
    std::vector<std::unique_ptr<SwitchRouting>> m_routing;
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> m_hosts; //!< by switch and port
    uint32_t m_longest{0};
    uint32_t m_passed{0};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TOPOLOGY_CHECK_H */
