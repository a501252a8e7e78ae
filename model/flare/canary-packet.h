/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CANARY_PACKET_H
#define OFFLOAD_CANARY_PACKET_H

#include "flare-operator.h"
#include "flare-packet.h"

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <memory>
#include <typeinfo>
#include <vector>

namespace ns3
{
namespace offload
{

namespace canary
{
constexpr uint32_t HEADER_BYTES = 18; //!< of Canary's own, after IPv4 and UDP
constexpr uint32_t MAX_HOPS = 8;      //!< switches between two hosts that a trail has room for
/// UDP destination ports, one for each CanaryKind from here on. Assumption: none is registered.
constexpr uint16_t UDP_PORT = 61872;
} // namespace canary

/** What a packet of an allreduce without a tree is for; the order is that of the UDP ports. */
enum class CanaryKind : uint8_t
{
    CONTRIBUTION, //!< values of one host or several, towards the block's leader
    RESULT,       //!< the block's values, from the leader
    REQUEST,      //!< a host has no result: to the leader
    REPEAT,       //!< the leader asks a host for its values once more
    FAULT,        //!< a host gives up: the allreduce has no result
};

/**
 * The ports by which a packet that passes switches by has come, from the switch on where it found
 * its descriptor taken. Its result goes back by them, to a switch that has noted ports, or a host.
 */
struct CanaryTrail
{
    uint8_t hops{0};                                //!< how many
    std::array<uint16_t, canary::MAX_HOPS> ports{}; //!< from the first

    /** @param port by which the packet has come */
    void Push(uint32_t port)
    {
        if (hops < canary::MAX_HOPS)
        {
            ports[hops++] = static_cast<uint16_t>(port);
        }
    }
};

class CanaryPacketPool;

/**
 * A packet of Canary as its fields: 28 bytes of IPv4 and UDP, then in network byte order {u32
 * block, u32 leader (IPv4), u16 sequence, u16 counter, u16 rank, u16 values, u8 operation, u8 hops,
 * round and bypass}, a u16 for each hop of the trail, then the values. The communicator is the UDP
 * source port.
 */
class CanaryPacket final : public FrameContent
{
  public:
    uint32_t source{0};       //!< host that sent it; of several, the first
    uint32_t destination{0};  //!< host that it is for
    uint32_t leader{0};       //!< host that collects the block
    uint16_t communicator{0}; //!< see CanaryCommunicators
    uint16_t sequence{0};     //!< which of its allreduces; counted from 0, and again after 65,536
    uint16_t hosts{0};   //!< that take part; not in the packet: part of the communicator's meaning
    uint16_t counter{0}; //!< hosts whose values are in the sum
    uint16_t rank{0};    //!< of the host that sent it
    uint8_t round{0};    //!< 0: summed on the way; 1: from host to leader
    bool bypass{false};  //!< switches do not look at it
    CanaryKind kind{CanaryKind::CONTRIBUTION};     //!< what it is for
    FlareType type{FlareType::INT32};              //!< of the values
    FlareOperation operation{FlareOperation::SUM}; //!< what is done with them
    uint32_t block{0};                             //!< which part of the vector
    CanaryTrail trail;                             //!< way back of what passes by
    FlarePacketPtr body; //!< values, shared by all who pass them on; null if there are none

    /** @return bytes of the IPv4 packet */
    uint32_t GetDatagramBytes() const
    {
        return flare::NETWORK_HEADER_BYTES + canary::HEADER_BYTES + trail.hops * sizeof(uint16_t) +
               (body ? body->dataBytes : 0);
    }

    /** Everything has been set: the packet can be sent. */
    void Seal();

    Ptr<Packet> ToPacket(bool congested) const override;

    /**
     * @param content of a frame
     * @return it, if it is such a packet; otherwise null
     */
    static const CanaryPacket* From(const FrameContent* content)
    {
        return content && typeid(*content) == typeid(CanaryPacket)
                   ? static_cast<const CanaryPacket*>(content)
                   : nullptr;
    }

  private:
    friend class ContentPool<CanaryPacketPool, CanaryPacket>;

    void Release() override;

    CanaryPacketPool* m_pool{nullptr}; //!< where it goes in the end, while it is in use
    CanaryPacket* m_nextFree{nullptr}; //!< in the pool's list, while it is not
};

/** Refers to a packet. */
using CanaryPacketPtr = boost::intrusive_ptr<CanaryPacket>;

/** Where a simulation's Canary packets come from and go to. */
class CanaryPacketPool : public ContentPool<CanaryPacketPool, CanaryPacket>
{
  public:
    /** @return this simulation's pool; Simulator::Destroy lets go of it */
    static Ptr<CanaryPacketPool> Get();

    /** @return a packet whose fields are those of its last use, without values, in round 0 */
    CanaryPacketPtr Create();

    /** @return a packet with another one's header, without values, in round 0 */
    CanaryPacketPtr CreateLike(const CanaryPacket& other);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CANARY_PACKET_H */
