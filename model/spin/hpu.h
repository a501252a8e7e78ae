/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HPU_H
#define OFFLOAD_HPU_H

#include "handler-program.h"
#include "instruction-mix.h"
#include "memory-window.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

class ExecutionContext;
class HpuDriver;
class RiscvProgram;

/** Names a command that a handler has issued and may wait for. */
using CommandId = uint32_t;

/**
 * A handler processing unit as a native handler sees it: its packet and memories, its commands and
 * its time (PsPIN's handler API, pspin.md "Handler API").
 *
 * Memory is reached through windows that check each access: one that leaves the context's memory
 * stops the handler with SEGV. Nothing here takes time but Execute and the commands; a handler
 * charges its instructions itself.
 */
class Hpu
{
  public:
    /** @return the cluster's number */
    uint32_t GetClusterId() const;

    /** @return the HPU's number in the cluster */
    uint32_t GetHpuId() const;

    /** @return number of clusters in the unit */
    uint32_t GetClusters() const;

    /** @return the message's id */
    uint32_t GetMessageId() const;

    /** @return whether the packet is its message's first */
    bool IsFirst() const;

    /** @return whether the packet is its message's last */
    bool IsLast() const;

    /** @return the packet in this cluster's L1 */
    [[gnu::hot]] MemoryWindow GetPacket() const;

    /** @return the packet in the L2 packet buffer */
    MemoryWindow GetL2Packet() const;

    /** @return the context's shared memory in L2 handler memory */
    MemoryWindow GetNicMemory() const;

    /**
     * @param cluster a cluster
     * @return the context's scratchpad in that cluster's L1
     */
    MemoryWindow GetScratchpad(uint32_t cluster) const;

    /** @return first host address of the context's window */
    uint64_t GetHostAddress() const;

    /** @return bytes of the context's window */
    uint64_t GetHostBytes() const;

    /**
     * Charge instructions.
     * @param mix what the core executes
     */
    [[gnu::hot]] void Execute(const InstructionMix& mix);

    /**
     * Charge cycles that are no instructions of a known kind.
     * @param cycles cycles
     */
    [[gnu::hot]] void Execute(uint32_t cycles);

    /**
     * Make the time charged so far pass: what other HPUs do until then happens before what follows.
     * Commands do so by themselves.
     */
    void Synchronise();

    /** @return cycles since the handler's first instruction */
    uint64_t GetCycles() const;

    /**
     * Send a packet from NIC memory. Takes the instructions of the runtime's spin_send_packet.
     * @param packet a window on an Ethernet frame in the packet or the context's memory
     * @return names the command; the handler need not wait, the packet's feedback does
     */
    [[gnu::hot]] CommandId SendPacket(const MemoryWindow& packet);

    /**
     * Send a packet from host memory: NIC outbound reads it over PCIe.
     * @param address host address of an Ethernet frame, in the context's window
     * @param bytes its size
     * @return names the command
     */
    CommandId SendFromHost(uint64_t address, uint32_t bytes);

    /**
     * Copy from NIC memory to host memory.
     * @param address host address in the context's window
     * @param source NIC memory
     * @return names the command
     */
    CommandId DmaToHost(uint64_t address, const MemoryWindow& source);

    /**
     * Copy from host memory to NIC memory.
     * @param address host address in the context's window
     * @param destination NIC memory
     * @return names the command
     */
    CommandId DmaFromHost(uint64_t address, const MemoryWindow& destination);

    /**
     * Write a word to host memory (host-direct).
     * @param address host address in the context's window
     * @param value eight bytes, little-endian as on the hosts and the HPUs
     * @return names the command
     */
    CommandId WriteToHost(uint64_t address, uint64_t value);

    /**
     * Wait for a command; the HPU stalls.
     * @param command as returned when it was issued
     */
    void Wait(CommandId command);

    /**
     * Ask whether a command is done.
     * @param command as returned when it was issued
     * @return whether it is
     */
    bool Test(CommandId command);

    /**
     * Run a RISC-V handler on the core; a RiscvProgram does so.
     * @param program whose
     * @param kind which handler
     * @return its return code
     */
    HandlerStatus RunRiscv(const RiscvProgram& program, HandlerKind kind);

  private:
    friend class HpuDriver;

    explicit Hpu(HpuDriver& driver)
        : m_driver(driver)
    {
    }

    HpuDriver& m_driver; //!< the hardware
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HPU_H */
