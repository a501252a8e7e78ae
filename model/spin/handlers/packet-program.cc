/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "packet-program.h"

#include "ns3/boolean.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(PacketProgram);

namespace
{
constexpr uint32_t ETHERNET_HEADER = 14; //!< bytes; IEEE 802.3 clause 3.1.1
constexpr uint32_t UDP_HEADER = 8;       //!< bytes; RFC 768
constexpr uint32_t WORD = 4;             //!< bytes; unit of IPv4's header length, RFC 791
constexpr uint32_t IP_LENGTH = 2;        //!< offset of the total length, RFC 791
} // namespace

TypeId
PacketProgram::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::PacketProgram")
            .SetParent<HandlerProgram>()
            .SetGroupName("Offload")
            .AddAttribute("Ethernet",
                          "Packets begin with an Ethernet header and are in network byte order; "
                          "otherwise with an IP header in the HPU's byte order, as PsPIN's "
                          "generic driver makes them (examples/generic_driver/gdriver.c)",
                          BooleanValue(false),
                          MakeBooleanAccessor(&PacketProgram::m_ethernet),
                          MakeBooleanChecker());
    return tid;
}

bool
PacketProgram::Has(HandlerKind kind) const
{
    return kind == HandlerKind::PAYLOAD;
}

PacketLayout
PacketProgram::Parse(const MemoryWindow& packet) const
{
    PacketLayout layout;
    layout.ip = m_ethernet ? ETHERNET_HEADER : 0;
    const auto first = packet.Load<uint8_t>(layout.ip);
    // IPv4 has the version in the high half of the byte and the length in the low one, PsPIN's
    // header (sw/runtime/include/packets.h) the other way round.
    const uint32_t words = m_ethernet ? first & 15U : first >> 4U;
    layout.udp = layout.ip + words * WORD;
    layout.payload = layout.udp + UDP_HEADER;
    uint8_t length[2];
    std::memcpy(length, packet.Bytes(layout.ip + IP_LENGTH, sizeof(length)), sizeof(length));
    const uint32_t bytes = m_ethernet ? length[0] << 8U | length[1] : length[1] << 8U | length[0];
    layout.frameBytes = layout.ip + bytes;
    packet.Bytes(layout.payload, 0);
    packet.Bytes(0, layout.frameBytes);
    layout.payloadBytes = layout.frameBytes - std::min(layout.payload, layout.frameBytes);
    return layout;
}

} // namespace offload
} // namespace ns3
