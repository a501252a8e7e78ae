/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FRAME_FLOW_H
#define OFFLOAD_FRAME_FLOW_H

#include "ns3/ethernet-frame.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/** What a switch reads from a frame beside its addresses. */
struct FrameFlow
{
    uint32_t hash;   //!< of addresses, protocol and ports
    bool ecnCapable; //!< ECT(0) or ECT(1) (RFC 3168)
};

/**
 * @param frame with a Packet as payload
 * @return what its IPv4 or IPv6, and UDP or TCP header say; other frames are told apart by their
 *         MAC addresses
 */
FrameFlow ReadFlow(const EthernetFrame& frame);

/**
 * Set CE in the IP header of a frame whose payload is a Packet (RFC 3168).
 * @param frame gets a payload of its own
 */
void MarkPacket(EthernetFrame& frame);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FRAME_FLOW_H */
