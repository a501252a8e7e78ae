/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "roce-packet.h"

#include "invariant-crc.h"

#include "ns3/ip-protocol.h"
#include "ns3/simulation-singleton.h"

#include <boost/endian/conversion.hpp>
#include <cstring>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint8_t IPV4_WITHOUT_OPTIONS = 0x45; //!< version 4, five words (RFC 791)
constexpr uint16_t DONT_FRAGMENT = 0x4000;     //!< RFC 791
constexpr uint16_t FRAGMENT_BITS = 0x3fff;     //!< more fragments, and offset (RFC 791)
constexpr uint32_t CODE_POINT_SHIFT = 2;       //!< DSCP in the traffic class (RFC 2474)
constexpr uint8_t ECN_MASK = 0x3;              //!< ECN in the traffic class (RFC 3168)
constexpr uint8_t ECN_CAPABLE = 0x2;           //!< ECT(0) (RFC 3168)
constexpr uint8_t ECN_CONGESTED = 0x3;         //!< CE (RFC 3168)

/** Write or read a header at a cursor, and go on. */
template <typename Header>
void
Put(uint8_t*& cursor, const Header& header)
{
    std::memcpy(cursor, &header, sizeof(header));
    cursor += sizeof(header);
}

/** @copydoc Put */
template <typename Header>
Header
Take(const uint8_t*& cursor)
{
    Header header;
    std::memcpy(&header, cursor, sizeof(header));
    cursor += sizeof(header);
    return header;
}

/** @return the Internet checksum of a header (RFC 1071); zero if its own checksum is right */
uint16_t
ComputeChecksum(const roce::Ipv4Fields& header)
{
    const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < sizeof(header); i += sizeof(uint16_t))
    {
        sum += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    }
    sum = (sum >> 16) + (sum & 0xffff);
    sum += sum >> 16;
    return static_cast<uint16_t>(~sum);
}

} // namespace

RocePacket::~RocePacket() = default;

void
RocePacket::Release()
{
    // The pool may go away with its last packet, and this with it.
    const Ptr<RocePacketPool> pool = RocePacketPool::TakeBack(*this);
    pool->m_buffers.GiveBack(std::move(bytes));
}

void
RocePacket::CopyPayload(uint8_t* to) const
{
    if (bytes)
    {
        std::memcpy(to, bytes->data(), payloadBytes);
    }
    else
    {
        pattern.Generate(to, payloadBytes);
    }
}

uint32_t
RocePacket::WriteExtendedHeaders(uint8_t* to) const
{
    const RoceTraits& traits = roce::GetTraits(opcode);
    uint8_t* cursor = to;
    if (traits.rdma)
    {
        roce::RdmaExtendedHeader header;
        header.address = address;
        header.key = key;
        header.length = length;
        Put(cursor, header);
    }
    if (traits.family == RoceTraits::Family::ATOMIC_REQUEST)
    {
        roce::AtomicExtendedHeader header;
        header.address = address;
        header.key = key;
        header.swapOrAdd = swapOrAdd;
        header.compare = compare;
        Put(cursor, header);
    }
    if (traits.acknowledge)
    {
        roce::AckExtendedHeader header;
        header.syndrome = syndrome;
        header.messageSequence = messageSequence;
        Put(cursor, header);
    }
    if (traits.family == RoceTraits::Family::ATOMIC_ACKNOWLEDGE)
    {
        roce::AtomicAckExtendedHeader header;
        header.original = swapOrAdd;
        Put(cursor, header);
    }
    if (traits.immediate)
    {
        roce::ImmediateHeader header;
        header.data = immediate;
        Put(cursor, header);
    }
    if (traits.family == RoceTraits::Family::CONGESTION_NOTIFICATION)
    {
        std::memset(cursor, 0, roce::CNP_PAYLOAD_BYTES);
        cursor += roce::CNP_PAYLOAD_BYTES;
    }
    return static_cast<uint32_t>(cursor - to);
}

uint32_t
RocePacket::WriteHeaders(uint8_t* to, bool congested) const
{
    uint8_t* cursor = to;
    roce::Ipv4Fields ip{};
    ip.versionAndLength = IPV4_WITHOUT_OPTIONS;
    const uint8_t ecn = congested ? ECN_CONGESTED : IsEcnCapable() ? ECN_CAPABLE : 0;
    ip.trafficClass = static_cast<uint8_t>(codePoint << CODE_POINT_SHIFT | ecn);
    ip.totalLength = static_cast<uint16_t>(GetDatagramBytes());
    ip.flagsAndFragment = DONT_FRAGMENT;
    ip.timeToLive = timeToLive;
    ip.protocol = IpProtocol::UDP;
    ip.source = source;
    ip.destination = destination;
    ip.checksum = ComputeChecksum(ip);
    Put(cursor, ip);

    roce::UdpFields udp{};
    udp.source = sourcePort;
    udp.destination = roce::UDP_PORT;
    udp.length = static_cast<uint16_t>(GetDatagramBytes() - sizeof(ip));
    Put(cursor, udp);

    using Transport = roce::BaseTransportHeader;
    Transport transport{};
    transport.opcode = static_cast<uint8_t>(opcode);
    transport.flags = static_cast<uint8_t>((solicited ? Transport::SOLICITED : 0) |
                                           GetPadding() << Transport::PAD_SHIFT);
    transport.partition = roce::DEFAULT_PARTITION;
    const bool notification = opcode == RoceOpcode::CONGESTION_NOTIFICATION;
    transport.congestion = notification ? Transport::BACKWARD_CONGESTION : 0;
    transport.destinationQueue = destinationQueue;
    transport.acknowledge = acknowledge ? Transport::REQUEST : 0;
    transport.sequence = sequence;
    Put(cursor, transport);
    cursor += WriteExtendedHeaders(cursor);
    return static_cast<uint32_t>(cursor - to);
}

Ptr<Packet>
RocePacket::ToPacket(bool congested) const
{
    std::array<uint8_t, roce::MAX_OVERHEAD_BYTES + roce::MAX_MTU> all;
    uint32_t size = WriteHeaders(all.data(), congested);
    if (payloadBytes > 0)
    {
        CopyPayload(all.data() + size);
        size += payloadBytes;
        std::memset(all.data() + size, 0, GetPadding());
        size += GetPadding();
    }
    roce::InvariantCrcTrailer trailer;
    trailer.crc = ComputeInvariantCrc(all.data(), size);
    std::memcpy(all.data() + size, &trailer, sizeof(trailer));
    size += sizeof(trailer);
    // Ethernet pads what is too short.
    std::memset(all.data() + size, 0, m_size - size);
    return Create<Packet>(all.data(), m_size);
}

void
RocePacket::ReadTransport(const uint8_t* from)
{
    using Transport = roce::BaseTransportHeader;
    const RoceTraits& traits = roce::GetTraits(opcode);
    const uint8_t* cursor = from;
    const auto transport = Take<Transport>(cursor);
    destinationQueue = transport.destinationQueue;
    sequence = transport.sequence;
    acknowledge = (transport.acknowledge & Transport::REQUEST) != 0;
    solicited = (transport.flags & Transport::SOLICITED) != 0;
    if (traits.rdma)
    {
        const auto header = Take<roce::RdmaExtendedHeader>(cursor);
        address = header.address;
        key = header.key;
        length = header.length;
    }
    if (traits.family == RoceTraits::Family::ATOMIC_REQUEST)
    {
        const auto header = Take<roce::AtomicExtendedHeader>(cursor);
        address = header.address;
        key = header.key;
        swapOrAdd = header.swapOrAdd;
        compare = header.compare;
    }
    if (traits.acknowledge)
    {
        const auto header = Take<roce::AckExtendedHeader>(cursor);
        syndrome = header.syndrome;
        messageSequence = header.messageSequence;
    }
    if (traits.family == RoceTraits::Family::ATOMIC_ACKNOWLEDGE)
    {
        swapOrAdd = Take<roce::AtomicAckExtendedHeader>(cursor).original;
    }
    if (traits.immediate)
    {
        immediate = Take<roce::ImmediateHeader>(cursor).data;
    }
}

RoceParseResult
RocePacket::Parse(Ptr<const Packet> packet,
                  RocePacketPool& pool,
                  RocePacketPtr& result,
                  bool& congested)
{
    using Result = RoceParseResult;
    constexpr uint32_t trailerBytes = sizeof(roce::InvariantCrcTrailer);
    constexpr uint32_t least =
        roce::NETWORK_HEADER_BYTES + sizeof(roce::BaseTransportHeader) + trailerBytes;
    std::array<uint8_t, roce::MAX_OVERHEAD_BYTES + roce::MAX_MTU> all;
    const uint32_t size = packet->CopyData(all.data(), static_cast<uint32_t>(all.size()));
    if (size < least)
    {
        return Result::NOT_ROCE;
    }
    const uint8_t* cursor = all.data();
    const auto ip = Take<roce::Ipv4Fields>(cursor);
    const auto udp = Take<roce::UdpFields>(cursor);
    if (ip.versionAndLength != IPV4_WITHOUT_OPTIONS || ip.protocol != IpProtocol::UDP ||
        (ip.flagsAndFragment & FRAGMENT_BITS) != 0 || udp.destination != roce::UDP_PORT)
    {
        return Result::NOT_ROCE;
    }
    const uint32_t total = ip.totalLength;
    using Transport = roce::BaseTransportHeader;
    const Transport transport = Take<Transport>(cursor);
    const uint32_t padding = transport.flags >> Transport::PAD_SHIFT & Transport::PAD_MASK;
    if (total < least || total > size || udp.length != total - sizeof(ip) ||
        ComputeChecksum(ip) != 0 || (transport.flags & Transport::VERSION_MASK) != 0)
    {
        return Result::BAD_PACKET;
    }
    const RoceTraits& traits = roce::TRAITS[transport.opcode];
    if (traits.family == RoceTraits::Family::UNKNOWN)
    {
        return Result::UNKNOWN_OPCODE;
    }
    const uint32_t headers = roce::NETWORK_HEADER_BYTES + traits.headerBytes;
    const uint32_t rest = total - trailerBytes;
    if (rest < headers + padding || (!traits.payload && rest != headers) ||
        (rest - headers) % roce::WORD_BYTES != 0 || rest - headers - padding > roce::MAX_MTU)
    {
        return Result::BAD_PACKET;
    }
    const uint8_t* end = all.data() + rest;
    if (Take<roce::InvariantCrcTrailer>(end).crc != ComputeInvariantCrc(all.data(), rest))
    {
        return Result::BAD_ICRC;
    }

    result = pool.Create();
    result->opcode = static_cast<RoceOpcode>(transport.opcode);
    result->source = ip.source;
    result->destination = ip.destination;
    result->sourcePort = udp.source;
    result->codePoint = static_cast<uint8_t>(ip.trafficClass >> CODE_POINT_SHIFT);
    result->timeToLive = ip.timeToLive;
    result->ReadTransport(all.data() + roce::NETWORK_HEADER_BYTES);
    result->payloadBytes = rest - headers - padding;
    if (result->payloadBytes > 0)
    {
        result->bytes = pool.CreateBuffer();
        std::memcpy(result->bytes->data(), all.data() + headers, result->payloadBytes);
    }
    const uint8_t ecn = ip.trafficClass & ECN_MASK;
    result->Seal(0, 0, ecn != 0);
    congested = ecn == ECN_CONGESTED;
    return Result::GOOD;
}

Ptr<RocePacketPool>
RocePacketPool::Get()
{
    return SimulationSingleton<RocePacketPool::Holder>::Get()->pool;
}

} // namespace offload
} // namespace ns3
