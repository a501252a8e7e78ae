/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "invariant-crc.h"

#include "roce-headers.h"

#include <array>
#include <boost/crc.hpp>
#include <cstring>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint8_t ONES = 0xff; //!< stands for what may change on the way
/// In the place of InfiniBand's local route header, which Ethernet does not have
constexpr uint32_t DUMMY_BYTES = 8;

} // namespace

uint32_t
ComputeInvariantCrc(const uint8_t* packet, uint32_t size)
{
    roce::Ipv4Fields ip;
    roce::UdpFields udp;
    roce::BaseTransportHeader transport;
    std::array<uint8_t, DUMMY_BYTES> dummy;
    dummy.fill(ONES);
    std::memcpy(&ip, packet, sizeof(ip));
    std::memcpy(&udp, packet + sizeof(ip), sizeof(udp));
    std::memcpy(&transport, packet + roce::NETWORK_HEADER_BYTES, sizeof(transport));
    ip.trafficClass = ONES;
    ip.timeToLive = ONES;
    ip.checksum = 0xffff;
    udp.checksum = 0xffff;
    transport.congestion = ONES;

    boost::crc_32_type crc;
    crc.process_bytes(dummy.data(), dummy.size());
    crc.process_bytes(&ip, sizeof(ip));
    crc.process_bytes(&udp, sizeof(udp));
    crc.process_bytes(&transport, sizeof(transport));
    constexpr uint32_t masked = roce::NETWORK_HEADER_BYTES + sizeof(transport);
    crc.process_bytes(packet + masked, size - masked);
    return crc.checksum();
}

} // namespace offload
} // namespace ns3
