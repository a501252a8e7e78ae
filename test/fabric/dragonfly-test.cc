/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"
#include "topology-check.h"

#include "ns3/dragonfly.h"

#include <gtest/gtest.h>
#include <set>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/** Parameters, and the number of groups that come out. */
struct Shape
{
    uint32_t p;
    uint32_t a;
    uint32_t h;
    uint32_t g;
    uint32_t groups;
};

class DragonflyShapes : public ::testing::TestWithParam<Shape>
{
  public:
    Dragonfly m_topology{GetParam().p, GetParam().a, GetParam().h, GetParam().g};
};

TEST_P(DragonflyShapes, HasAsManyGroupsRoutersAndHosts)
{
    EXPECT_EQ(m_topology.GetGroups(), GetParam().groups);
    EXPECT_EQ(m_topology.GetSwitches(), GetParam().groups * GetParam().a);
    EXPECT_EQ(m_topology.GetHosts(), GetParam().groups * GetParam().a * GetParam().p);
}

TEST_P(DragonflyShapes, EachCableIsTheSameFromBothEnds)
{
    TopologyCheck(m_topology).Cables();
}

TEST_P(DragonflyShapes, RoutersOfAGroupAndAllGroupsAreConnectedEvenly)
{
    const uint32_t a = GetParam().a;
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> routers;
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> groups;
    for (uint32_t node = 0; node < m_topology.GetSwitches(); ++node)
    {
        for (uint32_t port = GetParam().p; port < m_topology.GetPorts(node); ++port)
        {
            const uint32_t peer = m_topology.GetPeer({node, port}).node;
            if (peer / a == node / a)
            {
                ++routers[{node, peer}];
            }
            else
            {
                ++groups[{node / a, peer / a}];
            }
        }
    }
    EXPECT_EQ(routers.size(), m_topology.GetSwitches() * (a - 1));
    EXPECT_EQ(groups.size(), GetParam().groups * (GetParam().groups - 1));
    for (const auto& pair : routers)
    {
        EXPECT_EQ(pair.second, 1U);
    }
    for (const auto& pair : groups)
    {
        EXPECT_EQ(pair.second, a * GetParam().h / (GetParam().groups - 1));
    }
}

TEST_P(DragonflyShapes, EveryRouteHasOneGlobalHopAndALocalOneAtEachEnd)
{
    TopologyCheck check(m_topology);
    check.Routes(1, 4);
    if (GetParam().a > 1 && GetParam().h < GetParam().groups - 1)
    {
        EXPECT_EQ(check.GetLongest(), 4U);
    }
    // Global hops one after the other would pass the check above.
    for (uint32_t from = 0; from < m_topology.GetHosts(); ++from)
    {
        for (uint32_t to = 0; to < m_topology.GetHosts(); ++to)
        {
            auto place = m_topology.GetHostPlace(from);
            uint32_t global = 0;
            while (place.node != m_topology.GetHostPlace(to).node)
            {
                const auto ports = m_topology.MakeRouting(place.node)->GetPorts(to, place.port);
                const uint32_t before = place.node;
                place = m_topology.GetPeer({place.node, ports.first});
                global += before / GetParam().a != place.node / GetParam().a ? 1 : 0;
            }
            ASSERT_LE(global, 1U) << from << " to " << to;
        }
    }
}

TEST_P(DragonflyShapes, ABroadcastReachesEachHostOnce)
{
    TopologyCheck check(m_topology);
    for (uint32_t choice = 0; choice < 3 * GetParam().groups; ++choice)
    {
        for (uint32_t from = 0; from < m_topology.GetHosts(); from += 3)
        {
            check.Broadcast(from, choice);
            ASSERT_FALSE(HasFailure()) << "choice " << choice << " from " << from;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         DragonflyShapes,
                         ::testing::Values(Shape{2, 4, 2, 0, 9},
                                           Shape{1, 2, 1, 0, 3},
                                           Shape{3, 1, 4, 0, 5},
                                           Shape{1, 4, 2, 2, 2},
                                           Shape{2, 4, 2, 4, 4},   // two links left over
                                           Shape{2, 3, 3, 4, 4},   // three each
                                           Shape{1, 5, 3, 7, 7},   // two each, three left over
                                           Shape{2, 4, 2, 6, 6})); // one each, three left over

TEST(Dragonfly, ImpossibleOnesAreRefused)
{
    EXPECT_THROW(Dragonfly(0, 4, 2), std::invalid_argument);
    EXPECT_THROW(Dragonfly(2, 0, 2), std::invalid_argument);
    EXPECT_THROW(Dragonfly(2, 4, 0), std::invalid_argument);
    EXPECT_THROW(Dragonfly(2, 4, 2, 1), std::invalid_argument);
    EXPECT_THROW(Dragonfly(2, 4, 2, 10), std::invalid_argument);
    EXPECT_THROW(Dragonfly(1, 1U << 16, 1U << 16), std::invalid_argument);
    EXPECT_THROW(Dragonfly(1U << 31, 1U << 11, 1U << 12), std::invalid_argument);
    EXPECT_EQ(Dragonfly(2, 4, 2).GetName(), "dragonfly of 72 hosts and 36 switches in 9 groups");
}

class DragonflyFabric : public FabricTest
{
};

TEST_F(DragonflyFabric, EveryHostReachesEveryHostAndABroadcastAll)
{
    const Dragonfly topology(2, 3, 1);
    Build(topology);
    const uint32_t hosts = topology.GetHosts();
    for (uint32_t from = 0; from < hosts; ++from)
    {
        for (uint32_t to = 0; to < hosts; ++to)
        {
            if (from != to)
            {
                SendAt(0, from, to, MakePacket(Pattern(200, from * hosts + to)));
            }
        }
    }
    SendAt(0, 7, Mac48Address::GetBroadcast(), Create<Packet>(100));
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), hosts * (hosts - 1) + hosts - 1);
    for (const auto& arrival : m_arrivals)
    {
        if (arrival.bytes.size() == 200)
        {
            EXPECT_EQ(arrival.bytes, Pattern(200, arrival.source * hosts + arrival.host));
        }
    }
    ExpectEmptyBuffers();
}

TEST_F(DragonflyFabric, LosslessClassesAreRefusedAtSetUp)
{
    m_helper.SetLosslessClasses(1 << 3);
    m_hosts.Create(72);
    try
    {
        m_helper.Install(Dragonfly(2, 4, 2), m_hosts);
        FAIL();
    }
    catch (const std::invalid_argument& error)
    {
        EXPECT_STREQ(
            error.what(),
            "FabricHelper::Install: LosslessClasses must be 0 in the dragonfly of 72 hosts "
            "and 36 switches in 9 groups, where frames that wait for each other could "
            "deadlock");
    }
    EXPECT_EQ(m_hosts.Get(0)->GetNDevices(), 0U) << "nothing was built";
    m_helper.SetLosslessClasses(0);
    m_helper.Install(Dragonfly(2, 4, 2), m_hosts);
}

} // namespace
} // namespace offload
} // namespace ns3
