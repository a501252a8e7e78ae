/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Packet headers as PsPIN's packet generator makes them: like IPv4 and UDP, in the HPU's byte
 * order, and with the header length in the upper half of the first byte.
 *
 * All fields are naturally aligned, so that each is one access; a packet begins at a multiple
 * of 64.
 */
#ifndef OFFLOAD_PSPIN_PACKETS_H
#define OFFLOAD_PSPIN_PACKETS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/** IPv4-like header. */
typedef struct ip_hdr
{
    uint8_t version : 4;     //!< lower half of the byte
    uint8_t ihl : 4;         //!< header length, 32-bit words; upper half
    uint8_t tos;             //!< type of service
    uint16_t length;         //!< bytes of the packet, this header included
    uint16_t identification; //!< of the datagram
    uint16_t offset;         //!< of the fragment
    uint8_t ttl;             //!< time to live
    uint8_t protocol;        //!< of the payload
    uint16_t checksum;       //!< of the header
    uint32_t source_id;      //!< source address
    uint32_t dest_id;        //!< destination address
} ip_hdr_t;

/** UDP-like header. */
typedef struct udp_hdr
{
    uint16_t src_port; //!< source port
    uint16_t dst_port; //!< destination port
    uint16_t length;   //!< bytes of the datagram, this header included
    uint16_t checksum; //!< of the datagram
} udp_hdr_t;

/** Both, when the IP header has no options. */
typedef struct pkt_hdr
{
    ip_hdr_t ip_hdr;
    udp_hdr_t udp_hdr;
} pkt_hdr_t;

static_assert(sizeof(ip_hdr_t) == 20 && offsetof(ip_hdr_t, source_id) == 12, "IPv4 layout");
static_assert(sizeof(udp_hdr_t) == 8, "UDP layout");
static_assert(sizeof(pkt_hdr_t) == 28, "headers follow each other");

#endif
