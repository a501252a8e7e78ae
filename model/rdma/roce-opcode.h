/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What RoCEv2 packets of the reliable connected service are for, and which headers they have.
 */
#ifndef OFFLOAD_ROCE_OPCODE_H
#define OFFLOAD_ROCE_OPCODE_H

#include "roce-headers.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** Opcode of the base transport header: reliable connection, and congestion notification. */
enum class RoceOpcode : uint8_t
{
    SEND_FIRST = 0x00,
    SEND_MIDDLE = 0x01,
    SEND_LAST = 0x02,
    SEND_LAST_WITH_IMMEDIATE = 0x03,
    SEND_ONLY = 0x04,
    SEND_ONLY_WITH_IMMEDIATE = 0x05,
    WRITE_FIRST = 0x06,
    WRITE_MIDDLE = 0x07,
    WRITE_LAST = 0x08,
    WRITE_LAST_WITH_IMMEDIATE = 0x09,
    WRITE_ONLY = 0x0a,
    WRITE_ONLY_WITH_IMMEDIATE = 0x0b,
    READ_REQUEST = 0x0c,
    READ_RESPONSE_FIRST = 0x0d,
    READ_RESPONSE_MIDDLE = 0x0e,
    READ_RESPONSE_LAST = 0x0f,
    READ_RESPONSE_ONLY = 0x10,
    ACKNOWLEDGE = 0x11,
    ATOMIC_ACKNOWLEDGE = 0x12,
    COMPARE_SWAP = 0x13,
    FETCH_ADD = 0x14,
    CONGESTION_NOTIFICATION = 0x81, //!< annex A17.9
};

/** What follows from an opcode (IBTA 9.2.1, table 38). */
struct RoceTraits
{
    /** Families of opcodes. */
    enum class Family : uint8_t
    {
        UNKNOWN, //!< not of this service
        SEND,
        WRITE,
        READ_REQUEST,
        ATOMIC_REQUEST,
        READ_RESPONSE,
        ACKNOWLEDGE,
        ATOMIC_ACKNOWLEDGE,
        CONGESTION_NOTIFICATION,
    };

    Family family{Family::UNKNOWN}; //!< what it is about
    bool first{false};              //!< begins a message
    bool last{false};               //!< ends a message
    bool payload{false};            //!< may carry payload
    bool immediate{false};          //!< has an ImmDt
    bool rdma{false};               //!< has a RETH
    bool acknowledge{false};        //!< has an AETH
    uint8_t headerBytes{0};         //!< BTH and all extended headers

    /** @return whether the requester sends it, and the responder answers */
    constexpr bool IsRequest() const
    {
        return family >= Family::SEND && family <= Family::ATOMIC_REQUEST;
    }

    /** @return whether the responder sends it */
    constexpr bool IsResponse() const
    {
        return family >= Family::READ_RESPONSE && family <= Family::ATOMIC_ACKNOWLEDGE;
    }
};

namespace roce
{

/**
 * @param opcode as on the wire
 * @return what follows from it, worked out from the rules rather than listed
 */
constexpr RoceTraits
DeriveTraits(uint8_t opcode)
{
    using Family = RoceTraits::Family;
    const auto in = [opcode](RoceOpcode first, RoceOpcode last) {
        return opcode >= static_cast<uint8_t>(first) && opcode <= static_cast<uint8_t>(last);
    };
    const auto is = [in](RoceOpcode which) { return in(which, which); };
    RoceTraits traits;
    if (in(RoceOpcode::SEND_FIRST, RoceOpcode::SEND_ONLY_WITH_IMMEDIATE))
    {
        traits.family = Family::SEND;
    }
    else if (in(RoceOpcode::WRITE_FIRST, RoceOpcode::WRITE_ONLY_WITH_IMMEDIATE))
    {
        traits.family = Family::WRITE;
    }
    else if (in(RoceOpcode::READ_RESPONSE_FIRST, RoceOpcode::READ_RESPONSE_ONLY))
    {
        traits.family = Family::READ_RESPONSE;
    }
    else if (in(RoceOpcode::COMPARE_SWAP, RoceOpcode::FETCH_ADD))
    {
        traits.family = Family::ATOMIC_REQUEST;
    }
    else
    {
        traits.family = is(RoceOpcode::READ_REQUEST)              ? Family::READ_REQUEST
                        : is(RoceOpcode::ACKNOWLEDGE)             ? Family::ACKNOWLEDGE
                        : is(RoceOpcode::ATOMIC_ACKNOWLEDGE)      ? Family::ATOMIC_ACKNOWLEDGE
                        : is(RoceOpcode::CONGESTION_NOTIFICATION) ? Family::CONGESTION_NOTIFICATION
                                                                  : Family::UNKNOWN;
    }
    traits.payload = traits.family == Family::SEND || traits.family == Family::WRITE ||
                     traits.family == Family::READ_RESPONSE;
    const bool middle = is(RoceOpcode::SEND_MIDDLE) || is(RoceOpcode::WRITE_MIDDLE) ||
                        is(RoceOpcode::READ_RESPONSE_MIDDLE);
    const bool onlyFirst = is(RoceOpcode::SEND_FIRST) || is(RoceOpcode::WRITE_FIRST) ||
                           is(RoceOpcode::READ_RESPONSE_FIRST);
    const bool onlyLast = in(RoceOpcode::SEND_LAST, RoceOpcode::SEND_LAST_WITH_IMMEDIATE) ||
                          in(RoceOpcode::WRITE_LAST, RoceOpcode::WRITE_LAST_WITH_IMMEDIATE) ||
                          is(RoceOpcode::READ_RESPONSE_LAST);
    traits.first = traits.family != Family::UNKNOWN && !middle && !onlyLast;
    traits.last = traits.family != Family::UNKNOWN && !middle && !onlyFirst;
    traits.immediate =
        is(RoceOpcode::SEND_LAST_WITH_IMMEDIATE) || is(RoceOpcode::SEND_ONLY_WITH_IMMEDIATE) ||
        is(RoceOpcode::WRITE_LAST_WITH_IMMEDIATE) || is(RoceOpcode::WRITE_ONLY_WITH_IMMEDIATE);
    traits.rdma =
        (traits.family == Family::WRITE && traits.first) || traits.family == Family::READ_REQUEST;
    traits.acknowledge = (traits.family == Family::READ_RESPONSE && !middle) ||
                         traits.family == Family::ACKNOWLEDGE ||
                         traits.family == Family::ATOMIC_ACKNOWLEDGE;
    uint32_t bytes = sizeof(BaseTransportHeader);
    bytes += traits.rdma ? sizeof(RdmaExtendedHeader) : 0;
    bytes += traits.family == Family::ATOMIC_REQUEST ? sizeof(AtomicExtendedHeader) : 0;
    bytes += traits.acknowledge ? sizeof(AckExtendedHeader) : 0;
    bytes += traits.family == Family::ATOMIC_ACKNOWLEDGE ? sizeof(AtomicAckExtendedHeader) : 0;
    bytes += traits.immediate ? sizeof(ImmediateHeader) : 0;
    bytes += traits.family == Family::CONGESTION_NOTIFICATION ? CNP_PAYLOAD_BYTES : 0;
    traits.headerBytes = static_cast<uint8_t>(bytes);
    return traits;
}

/** @return the traits of all opcodes */
constexpr std::array<RoceTraits, 256>
DeriveAllTraits()
{
    std::array<RoceTraits, 256> all{};
    for (uint32_t i = 0; i < all.size(); ++i)
    {
        all[i] = DeriveTraits(static_cast<uint8_t>(i));
    }
    return all;
}

/// What follows from each opcode
inline constexpr std::array<RoceTraits, 256> TRAITS = DeriveAllTraits();

/**
 * @param opcode of a packet
 * @return what follows from it
 */
inline const RoceTraits&
GetTraits(RoceOpcode opcode)
{
    return TRAITS[static_cast<uint8_t>(opcode)];
}

/** Syndrome of an AETH: what an acknowledgement says (IBTA 9.7.5.2.1, table 47). */
struct Syndrome
{
    static constexpr uint8_t KIND_MASK = 0xe0;  //!< the bits that say which of the following
    static constexpr uint8_t VALUE_MASK = 0x1f; //!< credits, timer or error code
    static constexpr uint8_t ACK = 0x00;        //!< all up to the packet has been done
    static constexpr uint8_t RNR_NAK = 0x20;    //!< no receive is posted; the value is a timer
    static constexpr uint8_t NAK = 0x60;        //!< the value is one of the codes below

    static constexpr uint8_t NO_CREDITS = 0x1f;          //!< ACK: flow control is not used
    static constexpr uint8_t SEQUENCE_ERROR = 0;         //!< a packet is missing
    static constexpr uint8_t INVALID_REQUEST = 1;        //!< it makes no sense
    static constexpr uint8_t REMOTE_ACCESS_ERROR = 2;    //!< key, range or right
    static constexpr uint8_t REMOTE_OPERATION_ERROR = 3; //!< the responder failed

    static constexpr uint8_t NAK_SEQUENCE = NAK | SEQUENCE_ERROR;    //!< go back
    static constexpr uint8_t NAK_ACCESS = NAK | REMOTE_ACCESS_ERROR; //!< never
};

/**
 * @param a a packet sequence number
 * @param b another one, at most half the numbers away
 * @return how far a is ahead of b
 */
constexpr int32_t
GetDistance(uint32_t a, uint32_t b)
{
    constexpr uint32_t SPARE_BITS = 8;
    return static_cast<int32_t>((a - b) << SPARE_BITS) >> SPARE_BITS;
}

/**
 * @param number a packet sequence number
 * @param step how far to go
 * @return the number that far ahead
 */
constexpr uint32_t
Advance(uint32_t number, uint32_t step)
{
    return (number + step) & NUMBER_MASK;
}

} // namespace roce
} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ROCE_OPCODE_H */
