/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PSPIN_VIEW_H
#define OFFLOAD_PSPIN_VIEW_H

#include <cstdint>
#include <utility>

namespace ns3
{
namespace offload
{

/**
 * Turn an IPv4 header as it is on the wire into one as PsPIN's packet generator writes it, or back:
 * PsPIN's packets.h declares version and header length as bit fields, version first, which puts it
 * into the lower half of the byte on the HPUs, and lengths are in the HPU's byte order. Checksums
 * stay as they are: handlers do not look at them, and what comes back is as it was.
 * @param packet from the IPv4 header on
 * @param bytes its size
 */
inline void
SwapPspinView(uint8_t* packet, uint32_t bytes)
{
    constexpr uint32_t ipv4Header = 20; // RFC 791
    if (bytes >= ipv4Header)
    {
        packet[0] = static_cast<uint8_t>(packet[0] << 4 | packet[0] >> 4);
        std::swap(packet[2], packet[3]);
    }
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PSPIN_VIEW_H */
