/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_PIPELINE_H
#define OFFLOAD_SPIN_PIPELINE_H

#include "cycle-scheduler.h"
#include "execution-context.h"
#include "fiber.h"
#include "invariant-divisor.h"
#include "memory-window.h"
#include "message-lifecycle.h"
#include "message-table.h"
#include "nic-memory.h"
#include "spin-config.h"
#include "spin-types.h"
#include "spin-unit.h"

#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

class ClusterCommand;
class ClusterScheduler;
class CommandUnit;
class Feedback;
class GlobalScheduler;
class HostDirect;
class HostDma;
class MpqEngine;
class NhiPort;
class NicInbound;
class NicOutbound;
class PacketDma;
class RiscvSystem;

/**
 * The blocks of a sPIN unit wired together. Blocks reach each other through it, as over the wires
 * of the block diagram, and everything that crosses the unit's border passes its functions.
 */
class SpinPipeline : private ClockUser
{
  public:
    /** @param unit attributes, traces and neighbours */
    explicit SpinPipeline(SpinUnit& unit);
    ~SpinPipeline() override;

    /**
     * @param bytes size
     * @return cycles that it takes on a port
     */
    uint32_t Beats(uint32_t bytes) const
    {
        return static_cast<uint32_t>(m_wordBytes.DivideUp(bytes));
    }

    /**
     * Cycles after which others can see, at the earliest, that an HPU took a task, ran on, or rang
     * the doorbell, or that a response came: the feedback takes two. What a handler does with
     * commands takes longer.
     */
    static constexpr uint32_t TASK_SLACK = 2;

    /** Instructions of a native handler's command: six stores and the load that issues it. */
    static constexpr uint32_t COMMAND_INSTRUCTIONS = 7;

    /**
     * Set the slack of an event after which a packet goes to L1 before a handler sees it.
     * @param event the event
     * @param more cycles that pass before that
     */
    void SetQuietSlack(CycleEvent& event, uint32_t more) const
    {
        event.SetSlack(more + QuietCycles(),
                       more + config.packetDmaLatency + HpuSendCycles(),
                       more + config.packetDmaLatency + NativeSendCycles());
    }

    /**
     * @return cycles in which a HER, a task or its acceptance by a cluster moves things within the
     * unit only: before its packet is in L1 no handler starts
     */
    uint32_t QuietCycles() const
    {
        return config.packetDmaLatency + TASK_SLACK;
    }

    /**
     * @param bytes size of a packet
     * @return cycles from a handler's issue of the command that sends it to the wire, at least:
     * over the cluster's and the unit's command registers, then it is read
     */
    uint32_t SendCycles(uint32_t bytes) const
    {
        return 2 + Beats(bytes) + config.outboundLatency;
    }

    /**
     * @return cycles from a task's hand-over to an HPU to the first packet that it can send; a
     * RISC-V core may run code of its own before the handler
     */
    uint32_t TaskSendCycles() const
    {
        return riscv ? 1 + SendCycles(1) : NativeSendCycles();
    }

    /**
     * @return cycles from when an HPU that waits may go on to the first packet that it can send
     */
    uint32_t HpuSendCycles() const
    {
        return SendCycles(1);
    }

    /**
     * @return the same from when an HPU may take a native task. With RISC-V programs somebody
     * always counts as waiting.
     */
    uint32_t NativeSendCycles() const
    {
        return config.pickupCycles + COMMAND_INSTRUCTIONS + SendCycles(1);
    }

    /**
     * @param bytes size of a packet that waits for the wire
     * @return cycles that it takes to cross the wire, beyond those of the common slack: as long as
     * it is on its way out, no other packet of the unit leaves
     */
    uint32_t ExtraFlight(uint32_t bytes)
    {
        if (bytes != m_extraBytes)
        {
            FindExtraFlight(bytes);
        }
        return m_extraFlight;
    }

    /**
     * Set the slack of an event with which a command goes on towards NIC outbound.
     * @param event the event
     * @param cycles as for CycleEvent::SetSlack
     * @param more cycles before the packet can be read
     * @param bytes size of the packet, at least
     */
    void SetCommandSlack(CycleEvent& event, uint32_t cycles, uint32_t more, uint32_t bytes)
    {
        const uint32_t read = Beats(bytes) + config.outboundLatency;
        event.SetSlack(cycles, more + read + ExtraFlight(bytes));
    }

    /** See SpinUnit::Receive. */
    [[gnu::hot]] bool Receive(ExecutionContext& context,
                              MemoryFrame&& frame,
                              const MessagePosition& position,
                              int64_t time);

    /** Ask the input for packets that are due. */
    [[gnu::hot]] void OfferPackets();

    /**
     * Work off everything in its own time, apart from the slack that blocks give their events.
     * @param need whether somebody needs that, or needs it no more; each counts
     */
    void BePunctual(bool need);

    /**
     * Part of the unit waits for an answer of another one: room, a response, or feedback.
     * @param wait whether it does so from now on, or no more; each counts
     */
    void Await(bool wait)
    {
        m_waiting += wait ? 1 : -1;
        UpdateAwaited();
    }

    /** A RISC-V system has come, or somebody waits or does not. */
    void UpdateAwaited()
    {
        clock.SetAwaited(m_waiting > 0 || riscv);
    }

    /** @return the host behind the unit, or null */
    HostPort* GetHost() const;

    /** @return when the wire takes a packet, ps */
    int64_t OutputReadyAt() const;

    /** @param frame a packet that a handler sends */
    [[gnu::hot]] void Transmit(const MemoryFrame& frame);

    /**
     * @param bytes size of a packet that a handler wants to send
     * @throw std::runtime_error if it is no Ethernet frame or too large
     */
    [[gnu::hot]] void CheckSend(uint32_t bytes) const;

    /**
     * @param task a task in a cluster
     * @return NIC address of its packet in L1
     */
    [[gnu::hot]] uint32_t L1PacketAddress(const Task& task) const;

    /** @param task its packet DMA is done */
    [[gnu::hot]] void CopyToL1(Task& task);

    /** @return whether somebody is told of the transfers of DMA engines */
    bool TellsOfTransfers() const
    {
        return !m_unit.m_dmaTrace.IsEmpty();
    }

    /**
     * A cluster's DMA engine has got a transfer, for who is told.
     * @param cluster whose
     * @param bytes size
     * @param packet a packet; otherwise a handler's copy
     * @param begin cycle, queued
     * @param end cycle, done
     */
    [[gnu::cold]] void TransferQueued(uint32_t cluster,
                                      uint32_t bytes,
                                      bool packet,
                                      uint64_t begin,
                                      uint64_t end) const;

    /** @param id a handler was given another command's id */
    void GaveStaleId(const StaleCommandId& id);

    /** @param busy an HPU takes a task, or is idle again */
    [[gnu::hot]] void HpuBusy(bool busy);

    /** @return whether somebody is told of handlers that have run */
    bool TellsOfHandlers() const
    {
        return !m_unit.m_handlerTrace.IsEmpty();
    }

    /** @param run a handler has returned */
    [[gnu::cold]] void TellOfHandler(const HandlerRun& run) const
    {
        m_unit.m_handlerTrace(run);
    }

    /** @param command its response is at the HPU; it is over after this */
    [[gnu::hot]] void CommandDone(Command& command);

    /** @param task its feedback has arrived; it is over after this */
    [[gnu::hot]] void FinishTask(Task& task);

    /** @param packet has left the unit: its buffers are free, and the record is another's */
    [[gnu::hot]] void ReleasePacket(PacketRecord& packet);

    /** There may be room for a packet that was refused. */
    [[gnu::hot]] void Resume();

    /**
     * @param fault an access
     * @return for a person
     */
    static std::string Describe(const ProtectionFault& fault);

    /** @return bytes that the idle unit occupies */
    size_t GetIdleBytes() const;

    const SpinConfig config;    //!< the hardware's parameters, as they were when it was built
    CycleScheduler clock;       //!< time
    NicMemory memory;           //!< the bytes
    RangeAllocator nicMemory;   //!< L2 handler memory of contexts
    RangeAllocator scratchpads; //!< L1 beyond the packet buffer, the same in each cluster
    MessageTable messages;      //!< open messages
    Pool<PacketRecord> packets; //!< memory of packets inside
    Pool<Task> tasks;           //!< memory of tasks
    Pool<Command> commands;     //!< memory of commands
    FiberPool fibers;           //!< stacks of native handlers
    SpinCounters counters;      //!< statistics
    MessageLifecycle lifecycle; //!< what becomes of messages

    std::unique_ptr<NicInbound> nicInbound;                       //!< packets in
    std::unique_ptr<MpqEngine> mpqEngine;                         //!< order within messages
    std::unique_ptr<GlobalScheduler> globalScheduler;             //!< choice of the cluster
    std::unique_ptr<PacketDma> packetDma;                         //!< L2 to L1
    std::unique_ptr<CommandUnit> commandUnit;                     //!< commands of all clusters
    std::unique_ptr<NhiPort> nhiPort;                             //!< commands to NIC memory
    std::unique_ptr<NicOutbound> nicOutbound;                     //!< interface 1
    std::unique_ptr<HostDma> hostDma;                             //!< interface 2
    std::unique_ptr<HostDirect> hostDirect;                       //!< interface 0
    std::unique_ptr<Feedback> feedback;                           //!< back to the NIC
    std::unique_ptr<RiscvSystem> riscv;                           //!< once a program needs it
    std::vector<std::unique_ptr<ClusterCommand>> clusterCommands; //!< commands of a cluster
    std::vector<std::unique_ptr<ClusterScheduler>> clusters;      //!< with their HPUs

  private:
    [[gnu::hot]] bool IsVisible() const override;
    [[gnu::cold]] void TellOfCommand(const Command& command) const;
    [[gnu::cold]] void TellOfPacket(const PacketRecord& packet) const;
    [[gnu::cold]] void Refuse();
    [[gnu::hot]] void Watch(Message& message);
    void SetSlack();
    void FindExtraFlight(uint32_t bytes);

    SpinUnit& m_unit;             //!< attributes, traces and neighbours
    InvariantDivisor m_wordBytes; //!< of the configuration
    uint32_t m_maxPacketBytes;    //!< SpinUnit::GetMaxPacketBytes
    uint32_t m_hpusBusy{0};       //!< HPUs with a task
    bool m_refused{false};        //!< someone waits for room
    uint32_t m_waiting{0};        //!< those who wait for answers
    uint32_t m_punctual{0};       //!< those who need the unit to be on time
    uint32_t m_lateness{0};       //!< by how many cycles the output takes any packet late
    int64_t m_latenessTime{0};    //!< the same, ps
    uint32_t m_extraBytes{0};     //!< ExtraFlight: of these bytes
    uint32_t m_extraFlight{0};    //!< ExtraFlight: cycles
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_PIPELINE_H */
