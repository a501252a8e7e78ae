/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_ADDRESS_H
#define OFFLOAD_HOST_ADDRESS_H

#include "ns3/ethernet-frame.h"
#include "ns3/mac48-address.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The MAC address of a fabric's host, from which a switch reads the host's number: no table and no
 * learning. Locally administered (IEEE 802-2014, 8.4: second least significant bit of the first
 * byte), three bytes of prefix and three of number.
 *
 * @param host number, below 2^24
 * @return its address
 */
inline Mac48Address
MakeHostAddress(uint32_t host)
{
    const uint8_t bytes[MAC_BYTES] = {0x02,
                                      0x0f,
                                      0xab,
                                      static_cast<uint8_t>(host >> 16),
                                      static_cast<uint8_t>(host >> 8 & 0xff),
                                      static_cast<uint8_t>(host & 0xff)};
    Mac48Address address;
    ReadAddress(address, bytes);
    return address;
}

/// What GetHostNumber says of other addresses
constexpr uint32_t NO_HOST = UINT32_MAX;

/**
 * @param address of a frame
 * @return number of the host, NO_HOST if the address is not one of MakeHostAddress
 */
inline uint32_t
GetHostNumber(const Mac48Address& address)
{
    uint8_t bytes[MAC_BYTES];
    WriteAddress(address, bytes);
    if (bytes[0] != 0x02 || bytes[1] != 0x0f || bytes[2] != 0xab)
    {
        return NO_HOST;
    }
    return static_cast<uint32_t>(bytes[3] << 16 | bytes[4] << 8 | bytes[5]);
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_ADDRESS_H */
