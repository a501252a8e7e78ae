/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Where a packet's parts are, for the handlers of this folder.
 *
 * By default packets begin with their IP header, as those of PsPIN's packet generator, with numbers
 * in the HPU's byte order. With -DETHERNET they are what a NIC receives: an Ethernet header before,
 * numbers in network byte order, and so no word at a multiple of four bytes.
 */
#ifndef PACKET_VIEW_H
#define PACKET_VIEW_H

#include <handler.h>
#include <packets.h>

#ifdef ETHERNET
#define IP_OFFSET 14 // bytes of an Ethernet header

/** A word of the payload. */
typedef struct
{
    uint32_t value;
} __attribute__((packed, aligned(2))) word_t;
#else
#define IP_OFFSET 0

/** A word of the payload. */
typedef struct
{
    uint32_t value;
} word_t;
#endif

/**
 * Id of a handler's first command. It is issued after those of the HPU's previous handler are done,
 * and so gets the lowest id. The released hardware may tell the handler another id if it had to
 * wait for that (hpu_driver.sv, cmd_frontend); commands after the first one do not wait.
 */
#define FIRST_COMMAND 0

/** @return the IP header of a packet */
static inline uint8_t*
ip_of(void* packet)
{
    return (uint8_t*)packet + IP_OFFSET;
}

/** @return bytes of an IP header */
static inline uint32_t
ip_header_bytes(const uint8_t* ip)
{
#ifdef ETHERNET
    return (ip[0] & 15) * 4;
#else
    return ((const ip_hdr_t*)ip)->ihl * 4;
#endif
}

/** @return bytes from an IP header to the packet's end */
static inline uint32_t
ip_total_bytes(const uint8_t* ip)
{
#ifdef ETHERNET
    return ip[2] << 8 | ip[3];
#else
    return ((const ip_hdr_t*)ip)->length;
#endif
}

/** @return bytes of the whole packet, as its IP header says */
static inline uint32_t
frame_bytes(void* packet)
{
    return IP_OFFSET + ip_total_bytes(ip_of(packet));
}

/**
 * @param packet a packet
 * @param count set to how many whole words its payload has
 * @return the first of them
 */
static inline const word_t*
payload_of(void* packet, uint32_t* count)
{
    const uint8_t* ip = ip_of(packet);
    const uint32_t headers = ip_header_bytes(ip) + sizeof(udp_hdr_t);
    *count = (ip_total_bytes(ip) - headers) / sizeof(word_t);
    return (const word_t*)(ip + headers);
}

/** Exchange source and destination of a packet: what is sent then goes back. */
static inline void
swap_addresses(void* packet)
{
    uint8_t* ip = ip_of(packet);
#ifdef ETHERNET
    uint16_t* mac = (uint16_t*)packet;
    for (uint32_t i = 0; i < 3; i++)
    {
        const uint16_t half = mac[i];
        mac[i] = mac[i + 3];
        mac[i + 3] = half;
    }
#endif
    word_t* address = (word_t*)(ip + offsetof(ip_hdr_t, source_id));
    const word_t source = address[0];
    address[0] = address[1];
    address[1] = source;

#ifdef ETHERNET
    if ((ip[6] & 0x1f) | ip[7])
    {
        return; // a later fragment of a datagram: the ports are in the first
    }
#endif
    udp_hdr_t* udp = (udp_hdr_t*)(ip + ip_header_bytes(ip));
    const uint16_t port = udp->src_port;
    udp->src_port = udp->dst_port;
    udp->dst_port = port;
}

/** @return where the context's window in host memory begins */
static inline uint64_t
host_address(const task_t* task)
{
    return (uint64_t)task->host_mem_high << 32 | task->host_mem_low;
}

/** What PsPIN's runtime asks of each file: its handlers for the three kinds, NULL for none. */
#define HANDLERS(header, payload, completion)                                                      \
    void init_handlers(handler_fn* hh, handler_fn* ph, handler_fn* th, void** memory)              \
    {                                                                                              \
        (void)memory;                                                                              \
        *hh = header;                                                                              \
        *ph = payload;                                                                             \
        *th = completion;                                                                          \
    }

#endif
