/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "frame-flow.h"

#include "ns3/header.h"
#include "ns3/ip-protocol.h"

#include <algorithm>
#include <array>
#include <ostream>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t IPV6_HEADER = 40; // bytes
constexpr uint32_t PORTS = 4;
/// Longest IPv4 header and two ports
constexpr uint32_t MOST_BYTES = 60 + PORTS;

// Offsets in an IPv4 header (RFC 791) and in an IPv6 header (RFC 8200)
constexpr uint32_t IPV4_TOS = 1;
constexpr uint32_t IPV4_FRAGMENT = 6;
constexpr uint32_t IPV4_PROTOCOL = 9;
constexpr uint32_t IPV4_CHECKSUM = 10;
constexpr uint32_t IPV4_ADDRESSES = 12;
constexpr uint32_t IPV6_PROTOCOL = 6;
constexpr uint32_t IPV6_ADDRESSES = 8;

constexpr uint8_t ECN = 3; // both bits: CE

/** FNV-1a over some bytes. */
uint32_t
Hash(uint32_t hash, const uint8_t* bytes, uint32_t count)
{
    constexpr uint32_t PRIME = 16777619;
    for (uint32_t i = 0; i < count; ++i)
    {
        hash = (hash ^ bytes[i]) * PRIME;
    }
    return hash;
}

constexpr uint32_t HASH_START = 2166136261;

uint32_t
Get16(const uint8_t* bytes)
{
    return static_cast<uint32_t>(bytes[0] << 8 | bytes[1]);
}

/** The first bytes of an IP packet, to put others in their place. */
class PacketStart : public Header
{
  public:
    /// All that a mark touches, in both versions of IP
    static constexpr uint32_t BYTES = IPV4_CHECKSUM + 2;

    static TypeId GetTypeId()
    {
        static TypeId tid = TypeId("ns3::offload::PacketStart")
                                .SetParent<Header>()
                                .SetGroupName("Offload")
                                .AddConstructor<PacketStart>();
        return tid;
    }

    TypeId GetInstanceTypeId() const override
    {
        return GetTypeId();
    }

    uint32_t GetSerializedSize() const override
    {
        return BYTES;
    }

    void Serialize(Buffer::Iterator start) const override
    {
        start.Write(bytes.data(), BYTES);
    }

    uint32_t Deserialize(Buffer::Iterator start) override
    {
        start.Read(bytes.data(), BYTES);
        return BYTES;
    }

    void Print(std::ostream& os) const override
    {
        os << "start of a marked packet";
    }

    std::array<uint8_t, BYTES> bytes{}; //!< in network order
};

NS_OBJECT_ENSURE_REGISTERED(PacketStart);

} // namespace

FrameFlow
ReadFlow(const EthernetFrame& frame)
{
    std::array<uint8_t, MOST_BYTES> bytes{};
    const uint32_t size = std::min(frame.payload->CopyData(bytes.data(), MOST_BYTES), MOST_BYTES);
    uint32_t addresses = 0;
    uint32_t addressBytes = 0;
    uint32_t header = 0;
    uint8_t protocol = 0;
    uint32_t trafficClass = 0;
    if (frame.protocol == EthernetFrame::IPV4 && size >= 20)
    {
        header = 4 * (bytes[0] & 0xfU);
        addresses = IPV4_ADDRESSES;
        addressBytes = 8;
        // Of a datagram in fragments only the first has ports: none counts.
        const bool fragment = (Get16(&bytes[IPV4_FRAGMENT]) & 0x3fff) != 0;
        protocol = fragment ? 0 : bytes[IPV4_PROTOCOL];
        trafficClass = bytes[IPV4_TOS];
    }
    else if (frame.protocol == EthernetFrame::IPV6 && size >= IPV6_HEADER)
    {
        header = IPV6_HEADER;
        addresses = IPV6_ADDRESSES;
        addressBytes = 32;
        protocol = bytes[IPV6_PROTOCOL];
        trafficClass = Get16(bytes.data()) >> 4 & 0xff;
    }
    else
    {
        uint8_t raw[EthernetFrame::HEADER_BYTES];
        frame.WriteHeader(raw);
        return {Hash(HASH_START, raw, 2 * MAC_BYTES), false};
    }
    uint32_t hash = Hash(HASH_START, &bytes[addresses], addressBytes);
    hash = Hash(hash, &protocol, 1);
    if ((protocol == IpProtocol::TCP || protocol == IpProtocol::UDP) && size >= header + PORTS)
    {
        hash = Hash(hash, &bytes[header], PORTS);
    }
    return {hash, (trafficClass & ECN) == 1 || (trafficClass & ECN) == 2};
}

void
MarkPacket(EthernetFrame& frame)
{
    PacketStart start;
    uint8_t* bytes = start.bytes.data();
    // A copy, since others hold the packet, but with its tags.
    frame.payload = frame.payload->Copy();
    frame.payload->CopyData(bytes, PacketStart::BYTES);
    frame.payload->RemoveAtStart(PacketStart::BYTES);
    if (frame.protocol == EthernetFrame::IPV4)
    {
        // The incremental update of RFC 1624, equation 3.
        const uint32_t before = Get16(bytes);
        bytes[IPV4_TOS] |= ECN;
        uint32_t sum = (~Get16(&bytes[IPV4_CHECKSUM]) & 0xffff) + (~before & 0xffff) + Get16(bytes);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        // A sum of zero means that ns-3 computes no checksums.
        if (Get16(&bytes[IPV4_CHECKSUM]) != 0)
        {
            bytes[IPV4_CHECKSUM] = static_cast<uint8_t>(~sum >> 8 & 0xff);
            bytes[IPV4_CHECKSUM + 1] = static_cast<uint8_t>(~sum & 0xff);
        }
    }
    else
    {
        bytes[1] = static_cast<uint8_t>(bytes[1] | ECN << 4);
    }
    frame.payload->AddHeader(start);
}

} // namespace offload
} // namespace ns3
