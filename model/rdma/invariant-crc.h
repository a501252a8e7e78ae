/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INVARIANT_CRC_H
#define OFFLOAD_INVARIANT_CRC_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The invariant CRC of a RoCEv2 packet (annex A17.3.3): Ethernet's CRC-32 over everything that no
 * switch or router may change; what they may is taken as ones.
 *
 * @param packet from the IPv4 header, without options, to the padding behind the payload
 * @param size how many bytes; at least IPv4, UDP and base transport header
 * @return the CRC, to be sent least significant byte first
 */
uint32_t ComputeInvariantCrc(const uint8_t* packet, uint32_t size);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INVARIANT_CRC_H */
