/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-packet.h"

#include "ns3/ip-protocol.h"
#include "ns3/ipv4-header.h"
#include "ns3/simulation-singleton.h"
#include "ns3/udp-header.h"

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint8_t TIME_TO_LIVE = 64; //!< RFC 1700, default
constexpr uint32_t OPERATION_BITS = 4;

// Offsets in Canary's header
constexpr uint32_t AT_BLOCK = 0;
constexpr uint32_t AT_LEADER = 4;
constexpr uint32_t AT_SEQUENCE = 8;
constexpr uint32_t AT_COUNTER = 10;
constexpr uint32_t AT_RANK = 12;
constexpr uint32_t AT_VALUES = 14;
constexpr uint32_t AT_OPERATION = 16;
constexpr uint32_t AT_FLAGS = 17;

using boost::endian::store_big_u16;
using boost::endian::store_big_u32;

} // namespace

void
CanaryPacket::Seal()
{
    m_size = std::max(GetDatagramBytes(), EthernetFrame::MIN_PAYLOAD_BYTES);
    constexpr uint32_t SPREAD = 0x9e3779b9; // Fibonacci hashing (Knuth, volume 3, 6.4)
    m_flowHash = (source ^ destination << 16 ^ communicator) * SPREAD;
    m_priority = 0;
    m_ecnCapable = false;
}

Ptr<Packet>
CanaryPacket::ToPacket(bool) const
{
    std::array<uint8_t, canary::HEADER_BYTES> header{};
    store_big_u32(&header[AT_BLOCK], block);
    store_big_u32(&header[AT_LEADER], flare::FIRST_ADDRESS + leader);
    store_big_u16(&header[AT_SEQUENCE], sequence);
    store_big_u16(&header[AT_COUNTER], counter);
    store_big_u16(&header[AT_RANK], rank);
    store_big_u16(&header[AT_VALUES], body ? body->values : uint16_t{0});
    header[AT_OPERATION] = static_cast<uint8_t>(static_cast<unsigned>(type) << OPERATION_BITS |
                                                static_cast<unsigned>(operation));
    header[AT_FLAGS] = static_cast<uint8_t>(trail.hops << 2 | round << 1 | (bypass ? 1 : 0));
    Ptr<Packet> packet = Create<Packet>(header.data(), canary::HEADER_BYTES);
    for (uint32_t i = 0; i < trail.hops; ++i)
    {
        std::array<uint8_t, sizeof(uint16_t)> port{};
        store_big_u16(port.data(), trail.ports[i]);
        packet->AddAtEnd(Create<Packet>(port.data(), port.size()));
    }
    if (body && body->dataBytes > 0)
    {
        packet->AddAtEnd(Create<Packet>(body->data->bytes.data(), body->dataBytes));
    }
    UdpHeader udp;
    udp.SetSourcePort(communicator);
    udp.SetDestinationPort(static_cast<uint16_t>(canary::UDP_PORT + static_cast<unsigned>(kind)));
    packet->AddHeader(udp);
    Ipv4Header ip;
    ip.EnableChecksum();
    ip.SetSource(Ipv4Address(flare::FIRST_ADDRESS + source));
    ip.SetDestination(Ipv4Address(flare::FIRST_ADDRESS + destination));
    ip.SetProtocol(IpProtocol::UDP);
    ip.SetTtl(TIME_TO_LIVE);
    ip.SetPayloadSize(static_cast<uint16_t>(packet->GetSize()));
    packet->AddHeader(ip);
    // Ethernet pads what is too short.
    packet->AddPaddingAtEnd(m_size - packet->GetSize());
    return packet;
}

void
CanaryPacket::Release()
{
    // The pool may go away with its last packet, and this with it.
    const Ptr<CanaryPacketPool> pool = CanaryPacketPool::TakeBack(*this);
    body = nullptr;
}

Ptr<CanaryPacketPool>
CanaryPacketPool::Get()
{
    return SimulationSingleton<CanaryPacketPool::Holder>::Get()->pool;
}

CanaryPacketPtr
CanaryPacketPool::Create()
{
    CanaryPacket& packet = Take();
    packet.round = 0;
    packet.bypass = false;
    packet.counter = 0;
    packet.rank = 0;
    packet.trail.hops = 0;
    return CanaryPacketPtr(&packet);
}

CanaryPacketPtr
CanaryPacketPool::CreateLike(const CanaryPacket& other)
{
    CanaryPacketPtr packet = Create();
    packet->source = other.source;
    packet->destination = other.destination;
    packet->leader = other.leader;
    packet->communicator = other.communicator;
    packet->sequence = other.sequence;
    packet->hosts = other.hosts;
    packet->counter = other.counter;
    packet->rank = other.rank;
    packet->kind = other.kind;
    packet->type = other.type;
    packet->operation = other.operation;
    packet->block = other.block;
    return packet;
}

} // namespace offload
} // namespace ns3
