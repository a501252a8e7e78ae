/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ethernet-frame.h"

#include "ns3/ethernet-header.h"

namespace ns3
{
namespace offload
{

void
EthernetFrame::PadPacket()
{
    payload = payload->Copy();
    // Not AddPaddingAtEnd, whose bytes are whatever the memory held.
    payload->AddAtEnd(Create<Packet>(MIN_PAYLOAD_BYTES - payload->GetSize()));
}

Ptr<Packet>
EthernetFrame::ToPacket() const
{
    EthernetFrame padded(*this);
    padded.Pad();
    return padded.Join();
}

Ptr<Packet>
EthernetFrame::Join() const
{
    Ptr<Packet> bytes = GetPayload()->Copy();
    EthernetHeader header(false);
    header.SetDestination(destination);
    header.SetSource(source);
    header.SetLengthType(protocol);
    bytes->AddHeader(header);
    return bytes;
}

uint8_t
EthernetFrame::ReadPacketPriority() const
{
    uint8_t bytes[2] = {0, 0};
    if (protocol != IPV4 && protocol != IPV6)
    {
        return 0;
    }
    payload->CopyData(bytes, sizeof(bytes));
    // The second byte of IPv4 (RFC 791); behind four bits of version in IPv6 (RFC 8200).
    return protocol == IPV4 ? bytes[1] >> 5 : bytes[0] >> 1 & 7;
}

bool
EthernetFrame::FromPacket(Ptr<const Packet> bytes, EthernetFrame& frame)
{
    if (bytes->GetSize() < HEADER_BYTES)
    {
        return false;
    }
    // Read by hand: the packet may be raw bytes without ns-3's header metadata.
    uint8_t raw[HEADER_BYTES];
    bytes->CopyData(raw, HEADER_BYTES);
    frame.ReadHeader(raw);
    frame.content = nullptr;
    frame.payload = bytes->Copy();
    frame.payload->RemoveAtStart(HEADER_BYTES);
    return true;
}

} // namespace offload
} // namespace ns3
