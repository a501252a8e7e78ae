/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FAT_TREE_H
#define OFFLOAD_FAT_TREE_H

#include "fabric-topology.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A tree whose switches have several parents: an extended generalised fat tree, XGFT(h; m1 … mh;
 * w1 … wh) of Ohring et al., "On generalized fat trees", IPPS 1995.
 *
 * Level 0 are the hosts, switches stand on levels 1 to h. A node of level i has m_i children and
 * w_(i+1) parents; hosts have one parent here. One switch, leaf and spine, and the k-ary fat trees
 * of two and three levels are special cases. Ports 0 to m_i - 1 of a switch lead down, the others
 * up. All up ports lead to every host outside the switch's subtree. No frame goes up again after it
 * went down, so frames that wait for room never do so in a circle.
 *
 * Within a level, a switch is named by the subtree that it serves and its copy among the switches
 * that serve the same one: number = subtree * copies + copy. Switches are numbered from level 1 on.
 */
class FatTree : public FabricTopology
{
  public:
    /**
     * @param children m1 … mh, none zero
     * @param parents w2 … wh, one fewer, none zero
     * @throw std::invalid_argument if the numbers do not fit or are too large
     */
    FatTree(std::vector<uint32_t> children, std::vector<uint32_t> parents);

    /**
     * @param hosts on one switch
     * @return the topology
     */
    static std::unique_ptr<FatTree> SingleSwitch(uint32_t hosts);

    /**
     * Leaves with hosts, each connected with each spine once.
     * @param leaves number of leaf switches
     * @param hosts per leaf
     * @param spines number of spine switches
     * @return the topology
     */
    static std::unique_ptr<FatTree> LeafSpine(uint32_t leaves, uint32_t hosts, uint32_t spines);

    /**
     * The fat tree of switches with k ports (Al-Fares et al., "A scalable, commodity data center
     * network architecture", SIGCOMM 2008, for three levels): k^2/2 hosts with two levels, k^3/4
     * with three, if it is not oversubscribed.
     * @param ports k, even
     * @param levels 2 or 3
     * @param oversubscription r: the lowest switches have r times as many ports to hosts as
     *                         upwards, which are k / (r + 1), rounded down; 1 to k - 1. Where r + 1
     *                         does not divide k, they have ports that nobody uses
     * @return the topology
     * @throw std::invalid_argument if there is no such tree
     */
    static std::unique_ptr<FatTree> KAry(uint32_t ports,
                                         uint32_t levels,
                                         uint32_t oversubscription = 1);

    /**
     * Give each destination one way up instead of as many as there are parents: at a switch of
     * level i, digit i of the host's number says which (D-mod-K: Zahavi, Johnson, Kerbyson and
     * Lang, "Optimized InfiniBand fat-tree routing for shift all-to-all communication patterns",
     * CCPE 2010). Where hosts exchange data with those at the same distance, as in collectives, no
     * two flows share a link of a tree that is not oversubscribed.
     * @param single whether there is only one; the default is not
     */
    void SetSinglePath(bool single)
    {
        m_singlePath = single;
    }

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

    /** @return h, the number of levels of switches */
    uint32_t GetLevels() const
    {
        return static_cast<uint32_t>(m_levels.size());
    }

    /**
     * @param node a switch
     * @return its level, from 1
     */
    uint32_t GetLevel(uint32_t node) const;

    /// Most hosts, and switches: what a host's address has room for
    static constexpr uint32_t MAX_HOSTS = 1U << 24;

  private:
    /** The switches of a level. */
    struct Level
    {
        uint32_t first;    //!< number of the first switch
        uint32_t children; //!< of each switch
        uint32_t parents;  //!< of each switch
        uint32_t copies;   //!< switches that serve the same hosts
        uint32_t hosts;    //!< below each switch
        uint32_t subtrees; //!< how many different sets of hosts
    };

    std::vector<Level> m_levels; //!< from level 1
    bool m_singlePath{false};    //!< see SetSinglePath
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FAT_TREE_H */
