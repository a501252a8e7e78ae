/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HPU_DRIVER_H
#define OFFLOAD_HPU_DRIVER_H

#include "cycle-scheduler.h"
#include "fiber.h"
#include "hpu.h"
#include "spin-types.h"

#include <memory>
#include <string>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * An HPU with its driver: takes a task, runs the handler, issues its commands, and sends feedback
 * when the handler has returned and its commands are done (pspin.md "Scheduling flow" 5; PsPIN
 * hw/src/pkt_scheduler/hpu_driver.sv).
 *
 * A native handler runs on a fiber ahead of the clock until it does something that others can see:
 * a command, a wait, a synchronisation. Then the fiber stops until the clock has caught up.
 */
class HpuDriver : private FiberTask
{
  public:
    /**
     * @param pipeline the unit
     * @param cluster the cluster's number
     * @param hpu number in the cluster
     */
    HpuDriver(SpinPipeline& pipeline, uint32_t cluster, uint32_t hpu);
    ~HpuDriver() override;

    /**
     * @param cycle now
     * @return whether the HPU takes a task
     */
    bool IsIdle(uint64_t cycle) const
    {
        return !m_task && cycle >= m_position;
    }

    /** @param task its packet is in L1; the HPU is idle */
    [[gnu::hot]] void Start(Task& task);

    /**
     * @param cycle now
     * @return whether feedback waits and may leave
     */
    bool HasFeedback(uint64_t cycle) const
    {
        return m_feedback && IsQuiet() && cycle >= m_feedbackFrom;
    }

    /** @return the task whose feedback leaves */
    [[gnu::hot]] Task& TakeFeedback();

    /** @return commands issued and not yet taken by the cluster's arbiter */
    LinkedQueue<Command>& GetCommands()
    {
        return m_commands;
    }

    /** @param command one of this HPU, carried out */
    [[gnu::hot]] void Response(Command& command);

    /** The handler has asked the cluster's DMA for a copy. */
    void TransferLaunched()
    {
        m_transfers++;
    }

    /** One such copy is done. */
    void TransferDone();

    /** @return the cluster's number */
    uint32_t GetCluster() const
    {
        return m_cluster;
    }

    /** @return number in the cluster */
    uint32_t GetHpu() const
    {
        return m_hpu;
    }

  private:
    friend class Hpu;
    friend class RiscvHpu;
    friend class DriverRegisters;

    /** What the HPU waits for. */
    enum class Stall : uint8_t
    {
        NONE,       //!< nothing: idle, or running ahead of the clock
        CLOCK,      //!< the time charged so far
        ENABLE,     //!< the buffered feedback, before it may issue commands
        COMMAND_ID, //!< a free command id
        RESPONSE,   //!< the response to a command
        DOORBELL,   //!< the handler has returned
        FEEDBACK,   //!< the feedback buffer
    };

    /** The unit goes away while a handler waits. */
    struct Cancelled
    {
    };

    /** @return whether nothing that the HPU has asked for is under way */
    bool IsQuiet() const
    {
        return m_pending == 0 && m_transfers == 0;
    }

    [[gnu::hot]] void RunOnFiber() override;
    [[gnu::hot]] void FeedbackMayLeave();
    [[gnu::hot]] void RunHandler();
    [[gnu::hot]] void Continue(bool ended);
    [[gnu::hot]] void ScheduleNext();
    [[gnu::hot]] void ScheduleBeforeSend(uint64_t cycle, uint32_t bytes);
    void Resume(uint64_t position);
    [[gnu::hot]] void Event();
    [[gnu::hot]] void Doorbell();
    [[gnu::hot]] void BufferFeedback();
    void StallFor(Stall stall);
    void Synchronise();
    [[gnu::hot]] void Charge(uint64_t cycles, uint64_t instructions);
    void CheckHost(uint64_t address, uint64_t bytes) const;
    [[gnu::hot]] void CheckNic(const MemoryWindow& window) const;
    [[gnu::hot]] Command& NewCommand(CommandInterface interface, uint32_t bytes);
    [[gnu::hot]] CommandId Issue(Command& command);

    /**
     * @param command its words are written
     * @param byLoad a core's load from the driver's registers issues it, see StaleCommandIds
     * @return what the handler is told, with `byLoad` maybe not the command's id
     */
    [[gnu::hot]] CommandId IssueNow(Command& command, bool byLoad);
    /** @return the id that a command gets, which is issued in that cycle */
    CommandId PutDown(Command& command, uint64_t issue);
    CommandId Tell(CommandId id, CommandId told);

    /** @return the id of the next command, or 0 if there is none */
    CommandId LowestFreeId() const;

    /** @param id a core's handler asks for what it was told as this */
    void NoteUse(CommandId id);

    void WaitNow(CommandId id);
    void CheckId(CommandId id) const;
    void Wait(CommandId id);
    bool Test(CommandId id);
    bool IsDone(CommandId id) const;

    /**
     * @param id of the command that a core's load tests for, see StaleCommandIds
     * @return its answer
     */
    bool TestByLoad(CommandId id);

    SpinPipeline& m_pipeline;     //!< the unit
    const uint8_t m_cluster;      //!< number
    const uint8_t m_hpu;          //!< number in the cluster
    uint8_t m_pending{0};         //!< bit i: command i is in flight
    uint8_t m_waitId{0};          //!< RESPONSE: for which command
    uint8_t m_staleIds{0};        //!< bit i: who was given id i meant another command
    Stall m_stall{Stall::NONE};   //!< why the HPU stands
    uint16_t m_transfers{0};      //!< copies under way in the cluster's DMA
    uint32_t m_sendBytes : 31;    //!< CLOCK: of the next packet that is sent, at least
    uint32_t m_issues : 1;        //!< the command that is next has not been issued yet
    uint32_t m_instructions{0};   //!< executed by the handler
    Task* m_task{nullptr};        //!< being run
    Task* m_feedback{nullptr};    //!< waits to leave
    uint64_t m_feedbackFrom{0};   //!< cycle, the feedback may leave
    uint64_t m_loopOrDoorbell{0}; //!< cycle, the runtime's loop is back at its blocking load; while
                                  //!< a handler runs: a doorbell that the core rang itself, or 0
    uint64_t m_position{0};       //!< cycle, the handler's next instruction; without a task: may
                                  //!< take one
    LinkedQueue<Command> m_commands; //!< issued
    std::unique_ptr<Fiber> m_fiber;  //!< while a handler runs
    CycleEvent m_event;              //!< goes on
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HPU_DRIVER_H */
