/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "topology-check.h"

#include "ns3/fat-tree.h"

#include <gtest/gtest.h>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Some tree and what is known of it. */
struct Tree
{
    std::vector<uint32_t> children;
    std::vector<uint32_t> parents;
    uint32_t hosts;
    uint32_t switches;
};

class FatTreeShapes : public ::testing::TestWithParam<Tree>
{
  public:
    FatTree m_tree{GetParam().children, GetParam().parents};
};

TEST_P(FatTreeShapes, HasAsManyHostsAndSwitches)
{
    EXPECT_EQ(m_tree.GetHosts(), GetParam().hosts);
    EXPECT_EQ(m_tree.GetSwitches(), GetParam().switches);
    EXPECT_EQ(m_tree.GetLevels(), GetParam().children.size());
}

TEST_P(FatTreeShapes, EachCableIsTheSameFromBothEnds)
{
    TopologyCheck(m_tree).Cables();
}

TEST_P(FatTreeShapes, EveryPortUpLeadsToEveryHostOnAShortestPath)
{
    const uint32_t most = 2 * m_tree.GetLevels() - 1;
    TopologyCheck check(m_tree);
    check.Routes(1, most);
    if (GetParam().children.back() > 1)
    {
        EXPECT_EQ(check.GetLongest(), most);
    }
}

TEST_P(FatTreeShapes, ABroadcastReachesEachHostOnce)
{
    TopologyCheck check(m_tree);
    for (uint32_t choice = 0; choice < 7; ++choice)
    {
        for (uint32_t from = 0; from < m_tree.GetHosts(); from += 3)
        {
            check.Broadcast(from, choice);
            ASSERT_FALSE(HasFailure()) << "choice " << choice << " from " << from;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         FatTreeShapes,
                         ::testing::Values(Tree{{5}, {}, 5, 1},
                                           Tree{{2, 2}, {1}, 4, 3},
                                           Tree{{3, 4}, {2}, 12, 6},
                                           Tree{{2, 3, 4}, {3, 2}, 24, 12 + 12 + 6},
                                           Tree{{4, 2, 3}, {1, 5}, 24, 6 + 3 + 5},
                                           Tree{{2, 2, 2, 2}, {2, 3, 2}, 16, 8 + 8 + 12 + 12}));

/** k, levels and oversubscription, and the tree that Al-Fares et al. draw. */
struct KAry
{
    uint32_t ports;
    uint32_t levels;
    uint32_t oversubscription;
    uint32_t hosts;
    uint32_t switches;
};

class FatTreeKAry : public ::testing::TestWithParam<KAry>
{
};

TEST_P(FatTreeKAry, HasSwitchesOfAsManyPortsAndRightHosts)
{
    const KAry k = GetParam();
    const auto tree = FatTree::KAry(k.ports, k.levels, k.oversubscription);
    EXPECT_EQ(tree->GetHosts(), k.hosts);
    EXPECT_EQ(tree->GetSwitches(), k.switches);
    uint32_t down = 0;
    uint32_t up = 0;
    for (uint32_t node = 0; node < tree->GetSwitches(); ++node)
    {
        // The lowest switches have idle ports where the proportion takes them.
        const uint32_t part = k.oversubscription + 1;
        const bool lowest = tree->GetLevel(node) == 1;
        ASSERT_EQ(tree->GetPorts(node), lowest ? k.ports / part * part : k.ports)
            << "switch " << node;
        for (uint32_t port = 0; lowest && port < tree->GetPorts(node); ++port)
        {
            ++(tree->IsHostPort({node, port}) ? down : up);
        }
    }
    EXPECT_EQ(down, k.oversubscription * up);
    TopologyCheck check(*tree);
    check.Cables();
    check.Routes(17, 2 * k.levels - 1);
    check.Broadcast(k.hosts - 1, 5);
}

INSTANTIATE_TEST_SUITE_P(Sizes,
                         FatTreeKAry,
                         ::testing::Values(KAry{2, 2, 1, 2, 2 + 1},
                                           KAry{4, 2, 1, 8, 4 + 2},
                                           KAry{4, 3, 1, 16, 8 + 8 + 4},
                                           KAry{8, 3, 1, 128, 32 + 32 + 16},
                                           KAry{6, 2, 2, 24, 6 + 2},
                                           KAry{8, 3, 3, 192, 32 + 16 + 8},
                                           KAry{8, 3, 2, 128, 32 + 16 + 8},
                                           KAry{8, 2, 5, 40, 8 + 1},
                                           KAry{4, 2, 2, 8, 4 + 1},
                                           KAry{6, 3, 5, 90, 18 + 6 + 3}));

TEST(FatTree, ALeafSpineConnectsEachLeafWithEachSpineOnce)
{
    const auto tree = FatTree::LeafSpine(5, 3, 4);
    EXPECT_EQ(tree->GetHosts(), 15U);
    EXPECT_EQ(tree->GetSwitches(), 9U);
    for (uint32_t leaf = 0; leaf < 5; ++leaf)
    {
        std::set<uint32_t> spines;
        for (uint32_t port = 3; port < tree->GetPorts(leaf); ++port)
        {
            spines.insert(tree->GetPeer({leaf, port}).node);
        }
        EXPECT_EQ(spines, (std::set<uint32_t>{5, 6, 7, 8}));
    }
}

TEST(FatTree, SaysWhatItIs)
{
    EXPECT_EQ(FatTree::KAry(4, 3)->GetName(), "fat tree of 16 hosts and 20 switches in 3 levels");
    EXPECT_EQ(FatTree::SingleSwitch(3)->GetName(), "fat tree of 3 hosts and 1 switches in 1 level");
}

TEST(FatTree, ImpossibleTreesAreRefused)
{
    const auto make = [](std::vector<uint32_t> children, std::vector<uint32_t> parents) {
        FatTree(std::move(children), std::move(parents));
    };
    EXPECT_THROW(make({}, {}), std::invalid_argument);
    EXPECT_THROW(make({2}, {2}), std::invalid_argument);
    EXPECT_THROW(make({2, 2}, {}), std::invalid_argument);
    EXPECT_THROW(make({0}, {}), std::invalid_argument);
    EXPECT_THROW(make({2, 0}, {1}), std::invalid_argument);
    EXPECT_THROW(make({2, 2}, {0}), std::invalid_argument);
    EXPECT_THROW(make({1U << 25}, {}), std::invalid_argument);
    EXPECT_THROW(make({1U << 16, 1U << 16}, {1}), std::invalid_argument);
    // More switches than a 64-bit number counts, if nobody looked on the way
    EXPECT_THROW(make({2, 2, 2}, {0xffffffff, 0xffffffff}), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(3, 2), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(0, 2), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(4, 1), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(4, 4), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(4, 2, 0), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(4, 2, 4), std::invalid_argument);
    EXPECT_THROW(FatTree::KAry(4, 2, 0xffffffff), std::invalid_argument);
    EXPECT_THROW(FatTree::SingleSwitch(0), std::invalid_argument);
}

TEST(FatTree, WithASinglePathExchangesAtTheSameDistanceShareNoLink)
{
    for (const uint32_t levels : {2u, 3u})
    {
        const auto tree = levels == 2 ? FatTree::LeafSpine(8, 8, 8) : FatTree::KAry(8, 3);
        tree->SetSinglePath(true);
        for (uint32_t distance = 1; distance < tree->GetHosts(); distance *= 2)
        {
            std::set<std::pair<uint32_t, uint32_t>> used;
            for (uint32_t host = 0; host < tree->GetHosts(); ++host)
            {
                FabricTopology::Place place = tree->GetHostPlace(host);
                for (bool there = false; !there;)
                {
                    const PortRange ports =
                        tree->MakeRouting(place.node)->GetPorts(host ^ distance, place.port);
                    ASSERT_EQ(ports.count, 1u);
                    EXPECT_TRUE(used.emplace(place.node, ports.first).second);
                    const FabricTopology::Place out{place.node, ports.first};
                    there = tree->IsHostPort(out);
                    EXPECT_TRUE(!there || tree->GetHostPlace(host ^ distance).node == out.node);
                    place = there ? out : tree->GetPeer(out);
                }
            }
        }
    }
}

} // namespace
} // namespace offload
} // namespace ns3
