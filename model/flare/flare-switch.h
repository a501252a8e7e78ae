/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SWITCH_H
#define OFFLOAD_FLARE_SWITCH_H

#include "flare-unit.h"

#include "ns3/fabric-switch.h"
#include "ns3/lookahead-queue.h"

#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A switch with a sPIN unit that reduces packets as they pass, and forwards all others as any
 * FabricSwitch (SC 2021, section 3).
 *
 * A reduction is installed with the ports that its children are behind and, unless this switch is
 * the root, the port of the parent. Contributions that come from the children's ports go to the
 * unit; what it sends goes to the parent or, at the root, to all children. Results from the parent
 * are passed on to the children without a handler.
 *
 * Where a port's queue is long, what the unit sends waits in the unit's memory, so that results
 * that are larger than contributions do not fill the switch's buffer.
 *
 * A packet that does not come by the port that it should is dropped, and so is one that finds no
 * packet memory; both are traced as drops of the switch. Packets of reductions that are not
 * installed are forwarded.
 */
class FlareSwitch : public FabricSwitch, private FlareOutput
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    FlareSwitch();
    ~FlareSwitch() override;

    /// No parent: the switch is the root
    static constexpr uint32_t NO_PORT = UINT32_MAX;

    /**
     * Give a reduction its handlers and memory. Reads the switch's attributes when it is the first.
     * @param reduction what to do; `children` and `isRoot` are set from the ports
     * @param children port behind which each child is, in the order of their numbers
     * @param parent port of the parent, or NO_PORT
     * @throw std::invalid_argument with one line if a reduction of the same id is installed, if
     *         ports are wrong, or if there is no room: the number of reductions or the memory
     */
    void Install(FlareReduction reduction,
                 const std::vector<uint32_t>& children,
                 uint32_t parent = NO_PORT);

    /**
     * Take a reduction away; packets in the unit are handled to their end.
     * @param id which
     * @return whether it was installed
     */
    bool Remove(uint16_t id);

    /**
     * @param reduction what would be installed, its number of children set
     * @return blocks in flight for which a partition of the memory has room
     */
    uint32_t GetMaxWindow(const FlareReduction& reduction);

    /**
     * @param reduction what would be installed, its number of children set
     * @return into how many partitions (MaxReductions) the memory may be divided so that each has
     *         room for a block in each cluster, while nothing is installed
     */
    uint32_t GetMaxPartitions(const FlareReduction& reduction);

    /**
     * @param reduction a sparse one that keeps an array
     * @return most indices that its blocks may have, so that a partition has room for one in each
     *         cluster; 0 if there is no room for any
     */
    uint32_t GetMaxBlockRange(const FlareReduction& reduction);

    /**
     * @param id of an installed reduction
     * @return what it has counted; null if it is not installed
     */
    const FlareCounters* GetReductionCounters(uint16_t id) const;

    /** @return clusters of its unit */
    uint32_t GetClusters() const
    {
        return m_clusters;
    }

    /** @return number of installed reductions */
    uint32_t GetReductions() const
    {
        return static_cast<uint32_t>(m_reductions.size());
    }

    /** @return the sPIN unit, built now if it was not yet */
    FlareUnit& GetUnit();

  protected:
    bool Consume(uint32_t ingress, EthernetFrame& frame) override;
    void DoDispose() override;

  private:
    /** A reduction beside its handlers. */
    struct Installed
    {
        uint16_t id;                    //!< which
        FlareHandler* handler;          //!< the unit's
        std::vector<uint32_t> children; //!< ports
        uint32_t parent;                //!< port or NO_PORT
        Mac48Address group;             //!< where what is sent goes
    };

    Installed* Find(uint16_t id);
    void SendReduced(FlareHandler& handler, FlarePacketPtr&& packet, int64_t time) override;
    void ResendReduced(FlareHandler& handler,
                       FlarePacketPtr&& packet,
                       uint32_t child,
                       int64_t time) override;
    void Advance(int64_t now);
    void SetTimer();
    void Transmit(const Installed& reduction, uint32_t port, const FlarePacketPtr& packet);
    /** Pass a result on to the children: with its values to those that want them. */
    void PassDown(const Installed& reduction, const FlarePacketPtr& packet);
    void PassFault(const Installed& reduction,
                   uint32_t ingress,
                   const EthernetFrame& frame,
                   const FlarePacketPtr& packet);
    bool MustWait(uint32_t port, int64_t now) const; //!< there is enough in the port's queue
    void HoldBack(uint32_t port, EthernetFrame&& frame);
    void EmptyOutbox(int64_t now);

    uint32_t m_clusters{0};        //!< attribute
    uint32_t m_coresPerCluster{0}; //!< attribute
    uint32_t m_clustersPerPort{0}; //!< attribute
    uint32_t m_l1Bytes{0};         //!< attribute
    uint32_t m_l2PacketBytes{0};   //!< attribute
    uint32_t m_maxReductions{0};   //!< attribute
    double m_packetShare{0};       //!< attribute
    Time m_clockPeriod;            //!< attribute
    Time m_outputBacklog;          //!< attribute

    std::unique_ptr<FlareUnit> m_unit;   //!< null until first used
    std::vector<Installed> m_reductions; //!< few
    uint64_t m_partition{0};             //!< bytes of each L1 for one reduction
    LookaheadTimer<FlareSwitch, &FlareSwitch::Advance, false> m_timer{
        this}; //!< the unit's next step

    std::vector<boost::circular_buffer<EthernetFrame>> m_outbox; //!< by port: they wait for it
    LookaheadTimer<FlareSwitch, &FlareSwitch::EmptyOutbox, false> m_outboxTimer{
        this}; //!< a port has less to send
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SWITCH_H */
