/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ETHERNET_FRAME_H
#define OFFLOAD_ETHERNET_FRAME_H

#include "frame-content.h"

#include "ns3/mac48-address.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ns3
{
namespace offload
{

/// Bytes of a MAC address
constexpr uint32_t MAC_BYTES = 6;
/// Whether a Mac48Address is its bytes and nothing else; ns-3's own copying asks its log first
constexpr bool PLAIN_ADDRESSES =
    sizeof(Mac48Address) == MAC_BYTES && std::is_trivially_copyable<Mac48Address>::value;

/**
 * @param address an address
 * @param bytes where its MAC_BYTES are written
 */
inline void
WriteAddress(const Mac48Address& address, uint8_t* bytes)
{
    if constexpr (PLAIN_ADDRESSES)
    {
        std::memcpy(bytes, &address, MAC_BYTES);
    }
    else
    {
        address.CopyTo(bytes);
    }
}

/**
 * @param address an address
 * @param first the first byte, at most 2
 * @return four bytes from there on, as a number (big endian)
 */
inline uint32_t
ReadAddressWord(const Mac48Address& address, uint32_t first)
{
    if constexpr (PLAIN_ADDRESSES)
    {
        // From where it is: for a word of a copy, made of other words, the processor waits.
        return boost::endian::load_big_u32(reinterpret_cast<const uint8_t*>(&address) + first);
    }
    else
    {
        uint8_t bytes[MAC_BYTES];
        address.CopyTo(bytes);
        return boost::endian::load_big_u32(bytes + first);
    }
}

/**
 * @param[out] address an address
 * @param bytes its MAC_BYTES
 */
inline void
ReadAddress(Mac48Address& address, const uint8_t* bytes)
{
    if constexpr (PLAIN_ADDRESSES)
    {
        std::memcpy(static_cast<void*>(&address), bytes, MAC_BYTES);
    }
    else
    {
        address.CopyFrom(bytes);
    }
}

/**
 * @param address of a frame
 * @return whether it stands for many (IEEE 802.3-2018, 3.2.3)
 */
inline bool
IsGroupAddress(const Mac48Address& address)
{
    uint8_t bytes[MAC_BYTES];
    WriteAddress(address, bytes);
    return (bytes[0] & 1) != 0;
}

/** The header of an EthernetFrame, for itself because it is copied as a whole on every hop. */
struct FrameHeader
{
    Mac48Address destination; //!< where the frame goes
    Mac48Address source;      //!< where it comes from
    uint16_t protocol{0};     //!< EtherType
    uint16_t transit{0};      //!< notes of the switches: see EthernetFrame's accessors
};

/**
 * An Ethernet II frame whose header travels beside the packet.
 *
 * Adding a header to a Packet and removing it again on every hop costs more than the hop itself;
 * the bytes of the whole frame exist only where somebody looks at them (ToPacket()).
 *
 * The payload is shared between whoever holds the frame: nobody changes it in place. It is a Packet
 * or, if a NIC's own transport made it, a FrameContent; Materialise() turns the latter into the
 * former.
 */
struct EthernetFrame : FrameHeader
{
    EthernetFrame() = default;

    /** @param header of a frame whose payload comes later */
    explicit EthernetFrame(const FrameHeader& header)
        : FrameHeader(header)
    {
    }

    /**
     * @param packet the payload
     * @param to where the frame goes
     * @param from where it comes from
     * @param type EtherType
     */
    EthernetFrame(const Ptr<Packet>& packet,
                  const Mac48Address& to,
                  const Mac48Address& from,
                  uint16_t type)
        : FrameHeader{to, from, type, 0},
          payload(packet)
    {
    }

    /// Destination, source and type (IEEE 802.3-2018, 3.2)
    static constexpr uint32_t HEADER_BYTES = 14;
    /// Frame check sequence (IEEE 802.3-2018, 3.2.9)
    static constexpr uint32_t FCS_BYTES = 4;
    /// minFrameSize is 64 bytes with the FCS (IEEE 802.3-2018, 4.4.2)
    static constexpr uint32_t MIN_FRAME_BYTES = 64;
    /// What the MAC pads a short payload to (IEEE 802.3-2018, 3.2.8)
    static constexpr uint32_t MIN_PAYLOAD_BYTES = MIN_FRAME_BYTES - FCS_BYTES - HEADER_BYTES;
    /// EtherType of MAC control frames (IEEE 802.3-2018, 31.4.1.3)
    static constexpr uint16_t MAC_CONTROL = 0x8808;
    /// EtherType of IPv4 (RFC 894)
    static constexpr uint16_t IPV4 = 0x0800;
    /// EtherType of IPv6 (RFC 2464)
    static constexpr uint16_t IPV6 = 0x86dd;

    Ptr<Packet> payload;     //!< MAC client data; padded to MIN_PAYLOAD_BYTES once it was sent
    FrameContentPtr content; //!< the payload, if it is no Packet

    /// Most ports of a switch: what fits beside the other notes
    static constexpr uint32_t MAX_INGRESS = 0x0fff;

    /** @return port of the switch by which the frame came in */
    uint32_t GetIngress() const
    {
        return transit & MAX_INGRESS;
    }

    /** @return class of service, 0 to 7 */
    uint8_t GetPriority() const
    {
        return static_cast<uint8_t>(transit >> PRIORITY_SHIFT & 7);
    }

    /** @return whether a switch has marked the frame (RFC 3168, CE) */
    bool IsCongested() const
    {
        return (transit & CONGESTED) != 0;
    }

    /** @param port by which the frame came in */
    void SetIngress(uint32_t port)
    {
        transit = static_cast<uint16_t>((transit & ~MAX_INGRESS) | port);
    }

    /** @param priority class of service, 0 to 7 */
    void SetPriority(uint8_t priority)
    {
        transit =
            static_cast<uint16_t>((transit & ~(7 << PRIORITY_SHIFT)) | priority << PRIORITY_SHIFT);
    }

    /**
     * Set what a switch notes of a frame that comes in.
     * @param port see SetIngress
     * @param priority see SetPriority
     */
    void SetIngressAndPriority(uint32_t port, uint32_t priority)
    {
        transit = static_cast<uint16_t>((transit & CONGESTED) | priority << PRIORITY_SHIFT | port);
    }

    /** Mark the frame. */
    void SetCongested()
    {
        transit |= CONGESTED;
    }

    /**
     * @return class of service that the payload asks for: the upper three bits of the DSCP in an
     *         IPv4 or IPv6 header (class selector, RFC 2474, 4.2.2.2), 0 for anything else
     */
    uint8_t ReadPriority() const
    {
        return content ? content->GetPriority() : ReadPacketPriority();
    }

    /** @return bytes of the payload */
    uint32_t GetPayloadSize() const
    {
        return content ? content->GetSize() : payload->GetSize();
    }

    /** @return the payload's bytes */
    Ptr<Packet> GetPayload() const
    {
        return content ? content->ToPacket(IsCongested()) : payload;
    }

    /** Have the payload as a Packet. */
    void Materialise()
    {
        if (content)
        {
            payload = content->ToPacket(IsCongested());
            content = nullptr;
        }
    }

    /** @return the size in bytes of header and payload, without the FCS: what a capture shows */
    uint32_t GetSize() const
    {
        return HEADER_BYTES + GetPayloadSize();
    }

    /** Pad a payload that is too short for Ethernet with zeros; others keep their short payload. */
    void Pad()
    {
        // A content counts its own padding.
        if (!content && payload->GetSize() < MIN_PAYLOAD_BYTES)
        {
            PadPacket();
        }
    }

    /** @return a new packet with header and payload as it is, without the FCS */
    Ptr<Packet> Join() const;

    /** @return a new packet with header, payload and padding, without the FCS */
    Ptr<Packet> ToPacket() const;

    /** @param bytes where the HEADER_BYTES of the header are written */
    void WriteHeader(uint8_t* bytes) const
    {
        WriteAddress(destination, bytes);
        WriteAddress(source, bytes + MAC_BYTES);
        bytes[12] = static_cast<uint8_t>(protocol >> 8);
        bytes[13] = static_cast<uint8_t>(protocol & 0xff);
    }

    /** @param bytes the HEADER_BYTES of a header */
    void ReadHeader(const uint8_t* bytes)
    {
        ReadAddress(destination, bytes);
        ReadAddress(source, bytes + MAC_BYTES);
        protocol = static_cast<uint16_t>(bytes[12] << 8 | bytes[13]);
    }

    /**
     * Read a frame back from its bytes.
     * @param bytes a whole frame without FCS
     * @param[out] frame the frame; its payload is a new packet
     * @return false if the bytes are too few to hold a header
     */
    static bool FromPacket(Ptr<const Packet> bytes, EthernetFrame& frame);

  private:
    uint8_t ReadPacketPriority() const; //!< see ReadPriority
    void PadPacket();                   //!< see Pad

    static constexpr uint32_t PRIORITY_SHIFT = 12;  //!< above the ingress port
    static constexpr uint16_t CONGESTED = 1U << 15; //!< above the priority
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ETHERNET_FRAME_H */
