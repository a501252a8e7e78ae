/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_CONFIG_H
#define OFFLOAD_SPIN_CONFIG_H

#include "instruction-mix.h"
#include "memory-timing.h"

#include "ns3/nstime.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The parameters of a sPIN unit; SpinUnit's attributes set them, their help texts name the sources.
 * Latencies are in cycles of an idle unit.
 */
struct SpinConfig
{
    Time clockPeriod;              //!< length of a cycle
    uint32_t clusters;             //!< clusters
    uint32_t hpusPerCluster;       //!< HPUs per cluster
    uint32_t messageQueues;        //!< MPQs: messages at a time
    uint32_t packetCells;          //!< cells shared by all MPQs
    uint32_t packetCellsPerQueue;  //!< cells of its own that each MPQ has
    uint32_t tasksBuffered;        //!< tasks a cluster buffers beyond the running ones
    uint32_t l1Bytes;              //!< L1 per cluster
    uint32_t l1PacketBytes;        //!< of it, packet buffer
    uint32_t l1PacketRings;        //!< rings in that packet buffer
    uint32_t l2PacketBytes;        //!< L2 packet buffer
    uint32_t l2HandlerBytes;       //!< L2 handler memory
    uint32_t wordBytes;            //!< width of ports and DMA engines, bytes per cycle
    uint32_t inboundLatency;       //!< last beat into L2 to HER
    uint32_t packetDmaLatency;     //!< packet DMA, beyond the beats
    uint32_t packetDmaInterval;    //!< between two transfers' ends in one cluster, at least
    uint32_t packetDmaReadLatency; //!< of it, the read of L2: request to first word
    uint32_t packetDmaResponse;    //!< last word in L1 to the HPU driver
    uint32_t pickupCycles;         //!< HPU driver has the task to the handler's first instruction
    uint32_t doorbellCycles;       //!< handler's return to the doorbell
    uint32_t loopCycles;           //!< doorbell to the load that waits for the next task
    uint32_t commandsPerHpu;       //!< commands in flight per HPU
    bool staleCommandIds;          //!< a core's issue that waited may return another one's id
    bool postedHostWrites{false};  //!< host DMA writes end on the channel, not in memory
    uint32_t commandsPerInterface; //!< commands in flight per interface over the whole unit
    uint32_t outboundCommands;     //!< commands that NIC outbound holds
    uint32_t outboundPackets;      //!< packets that NIC outbound holds
    uint32_t outboundMaxPacket;    //!< largest packet a handler may send, bytes
    uint32_t outboundLatency;      //!< first read to packet ready, beyond the beats
    uint32_t outboundReadGap;      //!< cycles between two reads of the NIC memory
    uint32_t hostDmaQueue;         //!< transfers that host DMA holds per direction
    uint32_t hostDmaWriteLatency;  //!< NIC to host, start to end, beyond the beats and the host
    uint32_t hostDmaReadLatency;   //!< host to NIC, the same
    uint32_t hostDmaReadStart;     //!< NIC to host, start to the first read of NIC memory
    uint32_t hostDmaWriteStart;    //!< host to NIC, start to the request at the NIC memory
    uint32_t hostDmaWriteGap;      //!< host to NIC, between two writes of NIC memory
    uint32_t hostDmaWriteResponse; //!< host to NIC, last word in NIC memory to end
    uint32_t hostDirectQueue;      //!< writes that host-direct holds
    uint32_t hostDirectLatency;    //!< start to end, beyond the host
    uint32_t hostDirectBytes;      //!< largest immediate
    Time messageTimeout;           //!< an open message without packets is aborted; 0: never
    uint32_t fiberStackBytes;      //!< stack of a native handler
    CoreTiming core;               //!< cycles per instruction
    MemoryTiming memory;           //!< cycles per access beyond the own L1
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_CONFIG_H */
