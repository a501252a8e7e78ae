/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_ADDRESS_H
#define OFFLOAD_HOST_ADDRESS_H

#include "ns3/ethernet-frame.h"
#include "ns3/mac48-address.h"

#include <boost/endian/conversion.hpp>
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
    constexpr uint32_t PREFIX = 0x020fab;
    constexpr uint32_t NUMBER = 0xffffff;
    return ReadAddressWord(address, 0) >> 8 == PREFIX ? ReadAddressWord(address, 2) & NUMBER
                                                      : NO_HOST;
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_ADDRESS_H */
