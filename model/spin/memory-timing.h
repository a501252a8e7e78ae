/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_TIMING_H
#define OFFLOAD_MEMORY_TIMING_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * What RISC-V code on an HPU pays for memory beyond its own L1, in cycles; and what the cluster DMA
 * takes that it programs.
 *
 * Latencies are those of an idle unit, from the instruction to the next one, beyond a load-use
 * stall. An interval is the time for which an access keeps others from the same memory. All were
 * measured on the released hardware description with loops of one access; the blocks behind the
 * numbers are pe_noc.sv (one port of L2 for all cores) and axi_riscv_atomics (before the handler
 * memory).
 */
struct MemoryTiming
{
    uint32_t handlerAccess{21};       //!< L2 handler memory: load, store, lr.w, sc.w
    uint32_t handlerAtomic{27};       //!< L2 handler memory: other atomics
    uint32_t handlerLoadInterval{2};  //!< L2 handler memory: loads, whole unit
    uint32_t storeInterval{3};        //!< L2: stores, whole unit
    uint32_t atomicInterval{10};      //!< L2 handler memory: atomics, whole unit
    uint32_t atomicStoreInterval{8};  //!< L2: for stores after an atomic
    uint32_t packetLoad{20};          //!< L2 packet buffer: load
    uint32_t packetStore{21};         //!< L2 packet buffer: store
    uint32_t remoteLoad{22};          //!< another cluster's L1: load
    uint32_t remoteStore{23};         //!< another cluster's L1: store
    uint32_t remoteAtomic{24};        //!< another cluster's L1: atomics
    uint32_t remoteAtomicInterval{2}; //!< another cluster's L1: after an atomic, of the bank
    uint32_t dmaWithinL1{10};         //!< cluster DMA, own L1 to own L1, beyond a cycle per word
    uint32_t dmaWithinL1Turns{6};     //!< the same, beyond two cycles per word, if that is longer
    uint32_t dmaFromHandler{13};      //!< cluster DMA, L2 handler memory to L1
    uint32_t dmaFromPacket{12};       //!< cluster DMA, L2 packet buffer to L1
    uint32_t dmaToL2{12};             //!< cluster DMA, L1 to L2
    uint32_t dmaFromRemote{11};       //!< cluster DMA, another cluster's L1 to the own
    uint32_t dmaToRemote{10};         //!< cluster DMA, own L1 to another cluster's
    uint32_t dmaWithinL2{15};         //!< cluster DMA, L2 to L2
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_TIMING_H */
