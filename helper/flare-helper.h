/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_HELPER_H
#define OFFLOAD_FLARE_HELPER_H

#include "collective-helper.h"
#include "flare-communicator.h"

#include "ns3/flare-manager.h"
#include "ns3/flare-net-device.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** A network whose switches reduce. */
struct FlareNetwork
{
    Fabric fabric;                         //!< hosts' devices and switches
    std::unique_ptr<FlareManager> manager; //!< gives reductions their trees
};

/**
 * Builds networks whose switches reduce, and starts collective operations in them.
 *
 *     FlareHelper flare;
 *     flare.SetDeviceAttribute("DataRate", StringValue("100Gbps"));
 *     NodeContainer hosts(64);
 *     const auto tree = FatTree::LeafSpine(8, 8, 8);
 *     FlareNetwork network = flare.Install(*tree, hosts);
 *     FlareReduction reduction;
 *     reduction.operation = FlareOperator::Make(FlareType::FP32, FlareOperation::SUM);
 *     const auto group = FlareHelper::Start(network, reduction, vectors, blocks);
 *     // no group: the switches have no room, and nothing begins; GetRefusal says why
 *     Simulator::Run();
 *     // GetError says whether a host has given up
 *     network.manager->Destroy(group->id); // or the group's next operation; see Start
 *
 * where `vectors` are the hosts' data (FlareVector). CreateCommunicator is for those who want their
 * result also when the switches have no room or die.
 */
class FlareHelper : public CollectiveHelper
{
  public:
    /** Devices are FlareNetDevice, switches FlareSwitch. */
    FlareHelper();

    /**
     * Build the network.
     * @param topology its structure; outlives what is returned
     * @param hosts one node per host
     * @return what was built
     * @throw std::invalid_argument as FabricHelper::Install, or if a node is two hosts
     */
    FlareNetwork Install(const FabricTopology& topology, const NodeContainer& hosts);

    /**
     * Describe a sparse reduction. A block is an index range; leaves keep hash tables, the root an
     * array, of which a core looks at each index when the block is complete.
     *
     * At most, a host's values of a block fill a packet on average, with some slack (SC 2021,
     * section 7), unless that is more than 16 bits can number, more than the packets of a block
     * can be counted for if all are values, or more than fits into a partition of each switch's L1
     * as an array. If the vector is longer than one such block for each cluster, or shorter, it is
     * divided evenly, so that all clusters have as much to do; but not into blocks of which a host
     * has no value on average, nor into smaller ones than a leaf's table, at all of whose entries a
     * core looks anyway.
     * @param network what Install has returned
     * @param type of the values, which are summed
     * @param density share of values that are not zero in a host's vector
     * @param elements of a host's vector, zeros included
     * @return the reduction
     * @throw std::invalid_argument if the switches have no room, the density is impossible, or
     * there are no elements
     */
    static FlareReduction MakeSparse(const FlareNetwork& network,
                                     FlareType type,
                                     double density,
                                     uint64_t elements);

    /**
     * @param reduction an operation and how it is done; of a sparse one, as MakeSparse describes it
     * @param children of each switch in its tree
     * @param ports of each switch
     * @return into how many partitions (FlareSwitch::MaxReductions) the default memory of the
     *         switches may be divided so that there is room for it in each
     */
    static uint32_t GetMaxPartitions(const FlareReduction& reduction,
                                     uint32_t children,
                                     uint32_t ports);

    /// Blocks in flight if nothing else is asked for: more than a round trip at 100 Gbit/s takes
    static constexpr uint32_t DEFAULT_WINDOW = 512;

    /**
     * Have all hosts begin a collective operation, now.
     * @param network what Install has returned
     * @param reduction what to do; ids, ports and addresses are filled in
     * @param vectors the hosts' data by number; they outlive the operation; none with a barrier
     * @param blocks of each vector; 1 with a barrier
     * @param window blocks in flight at most
     * @return the group, or nothing if the switches have no room for it
     * @throw std::invalid_argument if there are not as many vectors as hosts, if their first blocks
     *        are malformed or of different sizes, if a host takes part in another operation or has
     *        no FlareNetDevice, or if the reduction is impossible
     * @throw std::length_error if a host's sparse block takes more packets than can be counted
     */
    [[nodiscard]] static std::optional<FlareGroup> Start(FlareNetwork& network,
                                                         const FlareReduction& reduction,
                                                         const std::vector<FlareVector*>& vectors,
                                                         uint32_t blocks,
                                                         uint32_t window = DEFAULT_WINDOW);

    /**
     * Have all hosts begin the group's next operation, now; that before it must be complete.
     * @param network what Install has returned
     * @param group of all hosts, as returned by the first Start
     * @param vectors as with the first
     * @param blocks of each vector, not as many as before
     * @throw std::invalid_argument as the first, and if one of the group was given up
     * @throw std::length_error as the first
     */
    static void Start(FlareNetwork& network,
                      const FlareGroup& group,
                      const std::vector<FlareVector*>& vectors,
                      uint32_t blocks);

    /** @copydoc Start(FlareNetwork&,const FlareReduction&,const
     * std::vector<FlareVector*>&,uint32_t,uint32_t)
     */
    [[nodiscard]] static std::optional<FlareGroup> StartAllreduce(
        FlareNetwork& network,
        const FlareReduction& reduction,
        const std::vector<FlareVector*>& vectors,
        uint32_t blocks,
        uint32_t window = DEFAULT_WINDOW)
    {
        return Start(network, reduction, vectors, blocks, window);
    }

    /**
     * Make a communicator: its operations are repaired when a switch dies, and done by the hosts
     * when the switches have no room. Each host is in one operation at a time.
     * @param network what Install has returned; outlives the communicator
     * @param members hosts, each once; none: all
     * @return the communicator
     * @throw std::invalid_argument if members are wrong
     */
    static Ptr<FlareCommunicator> CreateCommunicator(const FlareNetwork& network,
                                                     std::vector<uint32_t> members = {});

    /**
     * @param network what Install has returned
     * @return when the last host had the last result of the last allreduce, ps
     */
    static int64_t GetEnd(const FlareNetwork& network);

    /**
     * @param network what Install has returned
     * @return why the first host that did so has given up the last allreduce, in one line; empty if
     *         none did
     */
    static std::string GetError(const FlareNetwork& network);

  private:
    static Ptr<FlareNetDevice> GetHost(const FlareNetwork& network, uint32_t host);
    static void CheckHosts(const FlareNetwork& network,
                           FlareCollective collective,
                           const std::vector<FlareVector*>& vectors);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_HELPER_H */
