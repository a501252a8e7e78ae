/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-packet.h"

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
constexpr uint8_t TIME_TO_LIVE = 64;           //!< RFC 1700, default
constexpr uint32_t IPV4_BYTES = 20;            //!< RFC 791, without options
constexpr uint32_t MOST_BYTES =
    flare::NETWORK_HEADER_BYTES + flare::HEADER_BYTES + flare::MAX_DATA_BYTES;

// Offsets, IPv4 (RFC 791), UDP (RFC 768), FLARE
constexpr uint32_t AT_LENGTH = 2;
constexpr uint32_t AT_FRAGMENT = 6;
constexpr uint32_t AT_TTL = 8;
constexpr uint32_t AT_PROTOCOL = 9;
constexpr uint32_t AT_CHECKSUM = 10;
constexpr uint32_t AT_SOURCE = 12;
constexpr uint32_t AT_DESTINATION = 16;
constexpr uint32_t AT_SOURCE_PORT = 20;
constexpr uint32_t AT_DESTINATION_PORT = 22;
constexpr uint32_t AT_UDP_LENGTH = 24;
constexpr uint32_t AT_BLOCK = 28;
constexpr uint32_t AT_ROOT = 32;
constexpr uint32_t AT_VALUES = 36;
constexpr uint32_t AT_SHARD = 38;
constexpr uint32_t AT_PORT = 39;
constexpr uint32_t AT_DATA = 40;

/// In the number of values, which needs nine bits: the last packet of a sparse block
constexpr uint16_t LAST_SHARD = 0x8000;

using boost::endian::load_big_u16;
using boost::endian::load_big_u32;
using boost::endian::store_big_u16;
using boost::endian::store_big_u32;

/** @return the Internet checksum of an IPv4 header (RFC 1071); zero if its own is right */
uint16_t
ComputeChecksum(const uint8_t* header)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < IPV4_BYTES; i += 2)
    {
        sum += load_big_u16(header + i);
    }
    sum = (sum >> 16) + (sum & 0xffff);
    sum += sum >> 16;
    return static_cast<uint16_t>(~sum);
}

} // namespace

const char*
ToString(FlareFault fault)
{
    switch (fault)
    {
    case FlareFault::MALFORMED:
        return "it is malformed";
    case FlareFault::SIZE:
        return "it has not as many values as another child's";
    case FlareFault::SHARDS:
        return "its values take more packets than a sparse block may have; use smaller blocks";
    }
    return "?";
}

FlarePacket::~FlarePacket() = default;

void
FlarePacket::Release()
{
    // The pool may go away with its last packet, and this with it.
    const Ptr<FlarePacketPool> pool = FlarePacketPool::TakeBack(*this);
    pool->GiveBack(std::move(data));
}

Ptr<Packet>
FlarePacket::ToPacket(bool) const
{
    std::array<uint8_t, MOST_BYTES> all{};
    uint8_t* to = all.data();
    const uint32_t total = GetDatagramBytes();
    to[0] = IPV4_WITHOUT_OPTIONS;
    store_big_u16(to + AT_LENGTH, static_cast<uint16_t>(total));
    store_big_u16(to + AT_FRAGMENT, DONT_FRAGMENT);
    to[AT_TTL] = TIME_TO_LIVE;
    to[AT_PROTOCOL] = IpProtocol::UDP;
    store_big_u32(to + AT_SOURCE, source);
    store_big_u32(to + AT_DESTINATION, destination);
    store_big_u16(to + AT_CHECKSUM, ComputeChecksum(to));
    store_big_u16(to + AT_SOURCE_PORT, allreduce);
    store_big_u16(to + AT_DESTINATION_PORT,
                  static_cast<uint16_t>(flare::UDP_PORT + static_cast<unsigned>(kind)));
    store_big_u16(to + AT_UDP_LENGTH, static_cast<uint16_t>(total - IPV4_BYTES));
    store_big_u32(to + AT_BLOCK, block);
    store_big_u32(to + AT_ROOT, root);
    const bool last = IsSparse() && shards != 0;
    store_big_u16(to + AT_VALUES, last ? values | LAST_SHARD : values);
    to[AT_SHARD] = last ? shards : shard;
    to[AT_PORT] = port;
    if (dataBytes > 0)
    {
        std::memcpy(to + AT_DATA, data->bytes.data(), dataBytes);
    }
    // Ethernet pads what is too short; the array is zero.
    return Create<Packet>(to, m_size);
}

FlarePacketPtr
FlarePacket::Parse(Ptr<const Packet> packet, FlarePacketPool& pool)
{
    std::array<uint8_t, MOST_BYTES> all;
    const uint32_t size = packet->CopyData(all.data(), MOST_BYTES);
    const uint8_t* from = all.data();
    if (size < AT_DATA || from[0] != IPV4_WITHOUT_OPTIONS || from[AT_PROTOCOL] != IpProtocol::UDP ||
        (load_big_u16(from + AT_FRAGMENT) & FRAGMENT_BITS) != 0)
    {
        return nullptr;
    }
    const uint32_t kind = load_big_u16(from + AT_DESTINATION_PORT) - uint32_t{flare::UDP_PORT};
    const uint32_t total = load_big_u16(from + AT_LENGTH);
    if (kind >= FLARE_KINDS || total < AT_DATA || total > size ||
        load_big_u16(from + AT_UDP_LENGTH) != total - IPV4_BYTES || ComputeChecksum(from) != 0)
    {
        return nullptr;
    }
    FlarePacketPtr result = pool.Create();
    result->kind = static_cast<FlareKind>(kind);
    result->source = load_big_u32(from + AT_SOURCE);
    result->destination = load_big_u32(from + AT_DESTINATION);
    result->allreduce = load_big_u16(from + AT_SOURCE_PORT);
    result->block = load_big_u32(from + AT_BLOCK);
    result->root = load_big_u32(from + AT_ROOT);
    result->values = load_big_u16(from + AT_VALUES);
    result->shard = from[AT_SHARD];
    if (result->IsSparse() && (result->values & LAST_SHARD) != 0)
    {
        if (result->shard == 0)
        {
            return nullptr; // a block of no packets
        }
        result->values ^= LAST_SHARD;
        result->shards = result->shard--;
    }
    result->port = from[AT_PORT];
    result->dataBytes = total - AT_DATA;
    if (result->dataBytes > 0)
    {
        result->data = pool.CreateBuffer();
        std::memcpy(result->data->bytes.data(), from + AT_DATA, result->dataBytes);
    }
    result->Seal();
    return result;
}

FlarePacketPtr
FlarePacket::Of(const EthernetFrame& frame)
{
    if (frame.content)
    {
        // A content knows the references to it; nobody changes the rest.
        return FlarePacketPtr(const_cast<FlarePacket*>(From(frame.content.get())));
    }
    uint8_t start[AT_DESTINATION_PORT + 2];
    if (frame.protocol != EthernetFrame::IPV4 || !frame.payload ||
        frame.payload->CopyData(start, sizeof(start)) != sizeof(start) ||
        start[AT_PROTOCOL] != IpProtocol::UDP ||
        load_big_u16(start + AT_DESTINATION_PORT) - uint32_t{flare::UDP_PORT} >= FLARE_KINDS)
    {
        return nullptr;
    }
    return Parse(frame.payload, *FlarePacketPool::Get());
}

Ptr<FlarePacketPool>
FlarePacketPool::Get()
{
    return SimulationSingleton<FlarePacketPool::Holder>::Get()->pool;
}

} // namespace offload
} // namespace ns3
