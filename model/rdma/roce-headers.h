/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The headers of a RoCEv2 packet as they lie on the wire, all in network byte order.
 *
 * InfiniBand Architecture Specification, volume 1, release 1.4: chapter 9 for the transport
 * headers, annex A17 for RoCEv2.
 */
#ifndef OFFLOAD_ROCE_HEADERS_H
#define OFFLOAD_ROCE_HEADERS_H

#include <boost/endian/arithmetic.hpp>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** Constants and layouts of RoCEv2. */
namespace roce
{

/// UDP destination port of RoCEv2 (IANA; A17.3.1.2)
constexpr uint16_t UDP_PORT = 4791;
/// Source ports that carry a flow's entropy: the dynamic ones (A17.3.1.2, IANA)
constexpr uint16_t FIRST_SOURCE_PORT = 0xc000;
/// The default partition, full membership (10.9.2)
constexpr uint16_t DEFAULT_PARTITION = 0xffff;
/// Payloads are padded to a multiple of that (9.2.5)
constexpr uint32_t WORD_BYTES = 4;
/// Sequence numbers and queue pair numbers have that many bits (9.2.5)
constexpr uint32_t NUMBER_MASK = 0xffffff;
/// What an atomic operation works on (9.4.5)
constexpr uint32_t ATOMIC_BYTES = 8;
/// Reserved bytes in a congestion notification packet (A17.9.4)
constexpr uint32_t CNP_PAYLOAD_BYTES = 16;

/** IPv4 header without options (RFC 791). */
struct Ipv4Fields
{
    uint8_t versionAndLength;                     //!< 4, and five words
    uint8_t trafficClass;                         //!< DSCP (6 bits), ECN (2)
    boost::endian::big_uint16_t totalLength;      //!< header and payload, bytes
    boost::endian::big_uint16_t identification;   //!< of a datagram that may be fragmented
    boost::endian::big_uint16_t flagsAndFragment; //!< don't fragment; no offset
    uint8_t timeToLive;                           //!< hops
    uint8_t protocol;                             //!< 17: UDP
    boost::endian::big_uint16_t checksum;         //!< of the header
    boost::endian::big_uint32_t source;           //!< address
    boost::endian::big_uint32_t destination;      //!< address
};

static_assert(sizeof(Ipv4Fields) == 20, "RFC 791");

/** UDP header (RFC 768). */
struct UdpFields
{
    boost::endian::big_uint16_t source;      //!< entropy of the flow
    boost::endian::big_uint16_t destination; //!< UDP_PORT
    boost::endian::big_uint16_t length;      //!< header and payload, bytes
    boost::endian::big_uint16_t checksum;    //!< zero: the ICRC protects more
};

static_assert(sizeof(UdpFields) == 8, "RFC 768");

/** BTH: base transport header (9.2). */
struct BaseTransportHeader
{
    uint8_t opcode;                               //!< transport service and operation
    uint8_t flags;                                //!< see below, and pad count and version
    boost::endian::big_uint16_t partition;        //!< partition key
    uint8_t congestion;                           //!< FECN, BECN, six reserved bits
    boost::endian::big_uint24_t destinationQueue; //!< queue pair number
    uint8_t acknowledge;                          //!< acknowledge request, seven reserved bits
    boost::endian::big_uint24_t sequence;         //!< packet sequence number

    static constexpr uint8_t SOLICITED = 0x80;           //!< flags: solicited event
    static constexpr uint8_t MIGRATED = 0x40;            //!< flags: path migration state
    static constexpr uint32_t PAD_SHIFT = 4;             //!< flags: where the pad count is
    static constexpr uint8_t PAD_MASK = 0x3;             //!< flags: pad count after the shift
    static constexpr uint8_t VERSION_MASK = 0xf;         //!< flags: header version, zero
    static constexpr uint8_t BACKWARD_CONGESTION = 0x40; //!< congestion: BECN
    static constexpr uint8_t REQUEST = 0x80;             //!< acknowledge: please do
};

static_assert(sizeof(BaseTransportHeader) == 12, "IBTA 9.2");

/** RETH: where an RDMA operation reads or writes (9.3.3). */
struct RdmaExtendedHeader
{
    boost::endian::big_uint64_t address; //!< virtual address
    boost::endian::big_uint32_t key;     //!< remote key
    boost::endian::big_uint32_t length;  //!< of the whole message, bytes
};

static_assert(sizeof(RdmaExtendedHeader) == 16, "IBTA 9.3.3");

/** AtomicETH: an atomic operation and its operands (9.3.4). */
struct AtomicExtendedHeader
{
    boost::endian::big_uint64_t address;   //!< virtual address
    boost::endian::big_uint32_t key;       //!< remote key
    boost::endian::big_uint64_t swapOrAdd; //!< new value, or what is added
    boost::endian::big_uint64_t compare;   //!< what the old value must be
};

static_assert(sizeof(AtomicExtendedHeader) == 28, "IBTA 9.3.4");

/** AETH: an acknowledgement, positive or not (9.3.5). */
struct AckExtendedHeader
{
    uint8_t syndrome;                            //!< see Syndrome in roce-opcode.h
    boost::endian::big_uint24_t messageSequence; //!< messages completed by the responder
};

static_assert(sizeof(AckExtendedHeader) == 4, "IBTA 9.3.5");

/** AtomicAckETH: what an atomic operation has found (9.3.5.3). */
struct AtomicAckExtendedHeader
{
    boost::endian::big_uint64_t original; //!< value before the operation
};

static_assert(sizeof(AtomicAckExtendedHeader) == 8, "IBTA 9.3.5.3");

/** ImmDt: four bytes for the receiver's completion (9.3.6). */
struct ImmediateHeader
{
    boost::endian::big_uint32_t data; //!< as the application gave it
};

static_assert(sizeof(ImmediateHeader) == 4, "IBTA 9.3.6");

/** ICRC: invariant CRC, behind payload and padding (7.8.1). */
struct InvariantCrcTrailer
{
    boost::endian::little_uint32_t
        crc; //!< first transmitted: the CRC's highest power, as in an FCS
};

static_assert(sizeof(InvariantCrcTrailer) == 4, "IBTA 7.8.1");

/// Headers in front of every packet's transport header
constexpr uint32_t NETWORK_HEADER_BYTES = sizeof(Ipv4Fields) + sizeof(UdpFields);
/// Most that a packet has beside its payload: a WRITE ONLY with immediate data
constexpr uint32_t MAX_OVERHEAD_BYTES = NETWORK_HEADER_BYTES + sizeof(BaseTransportHeader) +
                                        sizeof(RdmaExtendedHeader) + sizeof(ImmediateHeader) +
                                        sizeof(InvariantCrcTrailer);
/// Least MTU of a path (9.2, PMTU)
constexpr uint32_t MIN_MTU = 256;
/// Greatest MTU of a path (9.2, PMTU)
constexpr uint32_t MAX_MTU = 4096;

} // namespace roce
} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ROCE_HEADERS_H */
