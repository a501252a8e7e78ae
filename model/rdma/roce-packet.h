/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ROCE_PACKET_H
#define OFFLOAD_ROCE_PACKET_H

#include "payload-pattern.h"
#include "roce-opcode.h"

#include "ns3/content-pool.h"
#include "ns3/ethernet-frame.h"
#include "ns3/frame-content.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <algorithm>
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

class RocePacketPool;

/** The payload of a packet from memory that has real bytes. */
using PayloadBuffer = std::array<uint8_t, roce::MAX_MTU>;

/** Why a frame is no packet that a RoCEv2 NIC takes. */
enum class RoceParseResult : uint8_t
{
    GOOD,           //!< it is one
    NOT_ROCE,       //!< another protocol
    BAD_PACKET,     //!< lengths, versions or checksum are wrong
    UNKNOWN_OPCODE, //!< not of the reliable connected service
    BAD_ICRC,       //!< it was corrupted on its way
};

/**
 * A RoCEv2 packet as its fields: what queue pairs exchange. The bytes, with IPv4 and UDP headers,
 * padding and ICRC, are made only for those who look at them.
 *
 * The payload is either a piece of a pattern or a buffer of bytes. Only the fields that belong to
 * the opcode mean anything.
 */
class RocePacket final : public FrameContent
{
  public:
    RocePacket() = default;
    ~RocePacket() override;

    /// @name All packets
    /// @{
    uint32_t source{0};                         //!< IPv4 address, of the sender
    uint32_t destination{0};                    //!< IPv4 address, of the receiver
    uint32_t destinationQueue{0};               //!< queue pair number at the receiver
    uint32_t sequence{0};                       //!< packet sequence number
    uint16_t sourcePort{0};                     //!< UDP, entropy of the flow
    RoceOpcode opcode{RoceOpcode::ACKNOWLEDGE}; //!< what it is for
    uint8_t codePoint{0};                       //!< DSCP
    uint8_t timeToLive{0};                      //!< IPv4, hops
    bool acknowledge{false};                    //!< the responder shall acknowledge
    bool solicited{false};                      //!< the receiver wants to be told
    /// @}
    uint8_t syndrome{0};         //!< AETH: see roce::Syndrome
    uint32_t messageSequence{0}; //!< AETH: messages completed
    uint32_t immediate{0};       //!< ImmDt
    uint64_t address{0};         //!< RETH, AtomicETH
    uint32_t key{0};             //!< RETH, AtomicETH
    uint32_t length{0};          //!< RETH: bytes of the message
    uint64_t swapOrAdd{0};       //!< AtomicETH; AtomicAckETH: the original value
    uint64_t compare{0};         //!< AtomicETH

    uint32_t payloadBytes{0};             //!< without padding
    PayloadPattern pattern;               //!< the payload, if there are no bytes
    std::unique_ptr<PayloadBuffer> bytes; //!< the payload, if there is any and it is no pattern

    /**
     * Everything has been set: the packet can be sent.
     * @param flowHash see FrameContent
     * @param priority see FrameContent
     * @param ecnCapable see FrameContent
     */
    void Seal(uint32_t flowHash, uint8_t priority, bool ecnCapable)
    {
        m_size = std::max(GetDatagramBytes(), EthernetFrame::MIN_PAYLOAD_BYTES);
        m_flowHash = flowHash;
        m_priority = priority;
        m_ecnCapable = ecnCapable;
    }

    /** @return bytes of the IPv4 packet, from its header to the ICRC */
    uint32_t GetDatagramBytes() const
    {
        return roce::NETWORK_HEADER_BYTES + roce::GetTraits(opcode).headerBytes + payloadBytes +
               GetPadding() + static_cast<uint32_t>(sizeof(roce::InvariantCrcTrailer));
    }

    /** @return bytes that fill up the payload's last word */
    uint32_t GetPadding() const
    {
        return -payloadBytes & (roce::WORD_BYTES - 1);
    }

    /** @param[out] to where the payload's bytes are written */
    void CopyPayload(uint8_t* to) const;

    Ptr<Packet> ToPacket(bool congested) const override;

    /**
     * Read a packet from its bytes.
     * @param packet an IPv4 packet; what follows it is ignored
     * @param pool makes the packet
     * @param[out] result the packet, if it is good
     * @param[out] congested whether a switch has marked it
     * @return whether it is good
     */
    static RoceParseResult Parse(Ptr<const Packet> packet,
                                 RocePacketPool& pool,
                                 boost::intrusive_ptr<RocePacket>& result,
                                 bool& congested);

    /**
     * @param content of a frame
     * @return it, if it is such a packet; otherwise null
     */
    static const RocePacket* From(const FrameContent* content)
    {
        return content && typeid(*content) == typeid(RocePacket)
                   ? static_cast<const RocePacket*>(content)
                   : nullptr;
    }

  private:
    friend class ContentPool<RocePacketPool, RocePacket>;

    void Release() override;

    uint32_t WriteHeaders(uint8_t* bytes, bool congested) const; //!< all; returns their size
    uint32_t WriteExtendedHeaders(uint8_t* bytes) const;         //!< all behind the BTH
    void ReadTransport(const uint8_t* bytes);                    //!< BTH and extended headers

    RocePacketPool* m_pool{nullptr}; //!< where it goes in the end, while it is in use
    RocePacket* m_nextFree{nullptr}; //!< in the pool's list, while it is not
};

/** Refers to a packet. */
using RocePacketPtr = boost::intrusive_ptr<RocePacket>;

/** Where a simulation's RoCE packets and their buffers come from and go to. */
class RocePacketPool : public ContentPool<RocePacketPool, RocePacket>
{
  public:
    /** @return this simulation's pool; Simulator::Destroy lets go of it */
    static Ptr<RocePacketPool> Get();

    /** @return a packet whose fields are those of its last use, without payload */
    RocePacketPtr Create()
    {
        RocePacket& packet = Take();
        packet.payloadBytes = 0;
        return RocePacketPtr(&packet);
    }

    /** @return a buffer with any content */
    std::unique_ptr<PayloadBuffer> CreateBuffer()
    {
        return m_buffers.Create();
    }

  private:
    friend class RocePacket;

    BufferPool<PayloadBuffer> m_buffers; //!< not in use
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ROCE_PACKET_H */
