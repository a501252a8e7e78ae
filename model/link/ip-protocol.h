/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_IP_PROTOCOL_H
#define OFFLOAD_IP_PROTOCOL_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** Numbers of the protocols above IP: those of IPv4's Protocol and IPv6's Next Header. */
struct IpProtocol
{
    static constexpr uint8_t TCP = 6;  //!< RFC 9293
    static constexpr uint8_t UDP = 17; //!< RFC 768
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_IP_PROTOCOL_H */
