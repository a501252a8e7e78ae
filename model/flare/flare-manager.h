/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_MANAGER_H
#define OFFLOAD_FLARE_MANAGER_H

#include "flare-net-device.h"
#include "flare-switch.h"

#include "ns3/fabric-topology.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** What an application gets for its communicator. */
struct FlareGroup
{
    uint16_t id{0};                                         //!< of its allreduces
    uint32_t root{0};                                       //!< switch
    uint32_t levels{0};                                     //!< of switches in the tree
    uint32_t switches{0};                                   //!< in the tree
    uint32_t window{0};                                     //!< blocks in flight
    uint32_t address{0};                                    //!< IPv4 address of the group
    bool sparse{false};                                     //!< pairs of index and value
    uint32_t elementBytes{0};                               //!< of a value
    FlareCollective collective{FlareCollective::ALLREDUCE}; //!< what is done
    uint32_t rootHost{0};             //!< reduce, broadcast: the host that gets or has the values
    std::vector<uint32_t> members;    //!< hosts by rank
    std::vector<uint8_t> childNumber; //!< by member: at its switch
    /// By member; shared by all copies of the group
    std::vector<std::shared_ptr<FlareSequence>> sequences;

    /**
     * A member's part of one of the group's operations: it has as many as are asked for, one after
     * the other. All members begin them in the same order and with the same number of blocks, each
     * as soon as its own part of the one before is complete (FlareNetDevice::Start).
     * @param rank of a member
     * @return what its device is told, but for the number of blocks and the vector
     */
    FlareJob MakeJob(uint32_t rank) const;
};

/**
 * The network manager: finds a reduction tree for a set of hosts in any topology, installs the
 * handlers on its switches, and takes them away again (SC 2021, section 4).
 *
 * The tree is that of the shortest ways from a root to all hosts; of equal roots it takes the one
 * with the fewest reductions. A switch that has no room is left out, and another tree is tried. If
 * there is none, the request is rejected, and the hosts have to do without the network. A tree's
 * edges are cables, so all its switches must be FlareSwitches. Switches that have failed and cables
 * that are down belong to no tree.
 */
class FlareManager
{
  public:
    /**
     * @param topology of the network; outlives this
     * @param switches by number
     */
    FlareManager(const FabricTopology& topology, const std::vector<Ptr<FabricSwitch>>& switches);

    FlareManager(const FlareManager&) = delete;
    FlareManager& operator=(const FlareManager&) = delete;

    /** @return refers to the manager as long as it lives, without owning it */
    std::weak_ptr<FlareManager> GetHandle() const
    {
        return m_handle;
    }

    /**
     * Install a reduction.
     * @param members hosts, each once
     * @param reduction what to do; id, ports, window and addresses are filled in, and the root of a
     *                  sparse one keeps an array
     * @param window blocks in flight at most; the switches' memory may allow fewer
     * @return the group, or nothing if no tree has room; GetRefusal says why
     * @throw std::invalid_argument if members are wrong or the reduction is impossible anywhere
     */
    std::optional<FlareGroup> Create(const std::vector<uint32_t>& members,
                                     const FlareReduction& reduction,
                                     uint32_t window);

    /** @return why the last Create has returned nothing, in one line */
    const std::string& GetRefusal() const
    {
        return m_refusal;
    }

    /**
     * Ask all switches of a tree, and look at its cables.
     * @param id as in the group
     * @return what has failed, in one line; empty if all is well
     */
    std::string FindFailure(uint16_t id) const;

    /**
     * @param host a host
     * @return whether its cable and the switch at the other end work
     */
    bool IsConnected(uint32_t host) const;

    /**
     * Take a reduction away.
     * @param id as in the group
     * @return whether there was one
     */
    bool Destroy(uint16_t id);

  private:
    static constexpr uint32_t NOWHERE = UINT32_MAX; //!< no switch

    /** A switch's place in a tree. */
    struct Vertex
    {
        uint32_t depth{NOWHERE};        //!< from the root; NOWHERE if it is not reached
        uint32_t parentPort{NOWHERE};   //!< own port to the parent
        uint32_t parent{NOWHERE};       //!< switch
        uint32_t upstreamPort{NOWHERE}; //!< the parent's port
        bool needed{false};             //!< a member is below
        uint8_t childNumber{0};         //!< at the parent
        uint32_t lowest{NOWHERE};       //!< rank below
        uint32_t highest{0};            //!< rank below
        uint32_t members{0};            //!< below
        std::vector<uint32_t> children; //!< ports, by the lowest rank behind each
    };

    /** A tree, once it is installed. */
    struct Tree
    {
        std::vector<uint32_t> switches;                 //!< from the root
        std::vector<FabricTopology::Place> parentPorts; //!< of all but the root
        std::vector<uint32_t> members;                  //!< hosts
    };

    bool IsUp(FabricTopology::Place port) const;
    bool Grow(uint32_t root, const std::vector<uint32_t>& members);
    bool PlaceMembers(const std::vector<uint32_t>& members);
    void KeepNeeded(uint32_t root);
    void NumberChildren(uint32_t root, const std::vector<uint32_t>& members);
    bool KeepsOrder() const; //!< of ranks, in each switch of the tree
    uint32_t GetChildNumber(uint32_t host) const;
    std::vector<uint32_t> FindDataChildren(uint32_t host) const; //!< by switch: on the way to it
    uint32_t FindRoot(const std::vector<uint32_t>& members, bool ordered);
    uint32_t Install(const FlareReduction& reduction, FlareGroup& group, uint32_t window);

    const FabricTopology& m_topology;         //!< cables
    std::vector<Ptr<FlareSwitch>> m_switches; //!< by number; null: no FlareSwitch
    std::vector<bool> m_full;                 //!< in this search: no room, or failed
    std::vector<Vertex> m_tree;               //!< being grown
    std::vector<uint32_t> m_order;            //!< its switches, from the root
    std::map<uint16_t, Tree> m_groups;        //!< by id
    std::string m_refusal;                    //!< see GetRefusal
    uint16_t m_nextId{1};                     //!< first one to try
    /// This, which deletes nothing; whoever has a handle notices when it is gone
    std::shared_ptr<FlareManager> m_handle{this, [](FlareManager*) {}};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_MANAGER_H */
