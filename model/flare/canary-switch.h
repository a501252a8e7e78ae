/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CANARY_SWITCH_H
#define OFFLOAD_CANARY_SWITCH_H

#include "canary-packet.h"

#include "ns3/fabric-switch.h"
#include "ns3/lookahead-queue.h"
#include "ns3/nstime.h"
#include "ns3/quad-heap.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/** What a CanarySwitch has counted. */
struct CanaryCounters
{
    uint64_t contributions{0}; //!< packets whose values could be summed here
    uint64_t sums{0};          //!< sent on with more than one packet's values
    uint64_t timeouts{0};      //!< sums that were sent on because their time was over
    uint64_t stragglers{0};    //!< contributions that came after that, and were passed on
    uint64_t collisions{0};    //!< contributions that found their descriptor taken
    uint64_t detours{0};       //!< packets that did not take their block's port for its long queue
    uint64_t results{0};       //!< that were passed down to those who had contributed
    uint64_t reclaimed{0};     //!< descriptors that no result had freed
};

/**
 * A switch that sums packets of allreduces of which it has never been told (De Sensi et al., Future
 * Generation Computer Systems 152, 2024: Canary).
 *
 * The first packet of a block takes a descriptor; others of the block are added, and the ports by
 * which they come are noted. When all hosts' values are in the sum, or when its time is over, it is
 * sent on towards the block's leader: by a port that the block's number chooses, unless its queue
 * is long; then by the one with the shortest queue. So trees form as packets go. The result takes
 * the noted ports the other way and frees the descriptor. Whoever finds the descriptor taken by
 * another block passes by.
 *
 * A block is bound to a core, which works on one packet after the other.
 */
class CanarySwitch : public FabricSwitch
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    CanarySwitch();
    ~CanarySwitch() override;

    /** @return what has been counted */
    const CanaryCounters& GetCanaryCounters() const
    {
        return m_counters;
    }

    /** @return descriptors in use */
    uint32_t GetDescriptorsUsed() const
    {
        return m_used;
    }

  protected:
    bool Consume(uint32_t ingress, EthernetFrame& frame) override;
    void DoDispose() override;

  private:
    /** A block that is summed, or whose result is waited for. */
    struct Descriptor
    {
        uint64_t key{0};         //!< see GetKey
        bool used{false};        //!< whether there is a block
        bool expired{false};     //!< its time is over
        bool sent{false};        //!< its sum has been sent on
        uint16_t counter{0};     //!< hosts whose values are in the sum
        uint32_t generation{0};  //!< tells the time-out of one use from that of another
        uint32_t ingress{0};     //!< port of the first packet
        int64_t since{0};        //!< of the first packet, ps
        CanaryPacketPtr first;   //!< header of what is sent on
        FlarePacketPtr sum;      //!< values; null once they are sent
        std::vector<bool> ports; //!< packets came by them
    };

    /** A packet that a core works on, or a sum whose time is running. */
    struct Event
    {
        int64_t time;        //!< ps
        uint64_t order;      //!< of scheduling
        uint32_t number;     //!< of the waiting packet, or of the descriptor
        uint32_t generation; //!< of the descriptor; PACKET for a packet

        bool operator<(const Event& other) const
        {
            return time != other.time ? time < other.time : order < other.order;
        }
    };

    static constexpr uint32_t PACKET = UINT32_MAX; //!< not a descriptor's generation

    /// @return communicator, allreduce and block: nobody else has the same while they last
    static uint64_t GetKey(const CanaryPacket& packet);
    static uint64_t Spread(uint64_t key); //!< what gives cores and descriptors to blocks
    uint32_t GetPlace(const CanaryPacket& packet) const;       //!< of its block's descriptor
    Descriptor* Find(const CanaryPacket& packet);              //!< null if its block has none
    void PassBy(uint32_t ingress, const CanaryPacket& packet); //!< towards the leader
    void GoBack(uint32_t ingress, const CanaryPacket& result); //!< by its trail
    const FlareOperator& GetOperator(const CanaryPacket& packet);
    void Prepare();
    void Schedule(int64_t time, uint32_t number, uint32_t generation);
    int64_t Work(uint64_t key, uint32_t cycles, int64_t now); //!< a handler's run: its end, ps
    void Advance(int64_t now);
    void Handle(uint32_t ingress, CanaryPacketPtr&& packet);
    void Open(Descriptor& descriptor, uint32_t ingress, CanaryPacketPtr&& packet);
    void SendOn(Descriptor& descriptor);
    void Route(uint32_t ingress, const CanaryPacketPtr& packet);
    void Transmit(uint32_t ingress, uint32_t egress, const CanaryPacketPtr& packet);
    bool PassDown(uint32_t ingress, const EthernetFrame& frame, const CanaryPacket& packet);
    void Forget(const CanaryPacket& result); //!< it passes on its way from host to host
    void Free(Descriptor& descriptor);

    Time m_timeout;                //!< attribute
    Time m_lifetime;               //!< attribute
    Time m_clockPeriod;            //!< attribute
    Time m_longQueue;              //!< attribute
    uint32_t m_descriptorCount{0}; //!< attribute
    uint32_t m_cores{0};           //!< attribute
    uint32_t m_handlerCycles{0};   //!< attribute

    std::vector<Descriptor> m_descriptors;                       //!< by what Spread says of the key
    std::vector<int64_t> m_coreFree;                             //!< by core: ps
    std::vector<std::pair<uint32_t, CanaryPacketPtr>> m_waiting; //!< ingress and packet
    std::vector<uint32_t> m_freeWaiting;                         //!< numbers not in use
    std::vector<Ptr<const FlareOperator>> m_operators;           //!< by type and operation
    QuadHeap<Event> m_events;                                    //!< what happens
    uint64_t m_order{0};                                         //!< events so far
    uint32_t m_used{0};                                          //!< see GetDescriptorsUsed
    CanaryCounters m_counters;                                   //!< see GetCanaryCounters
    LookaheadTimer<CanarySwitch, &CanarySwitch::Advance, false> m_timer{this}; //!< next event
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CANARY_SWITCH_H */
