/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "hpu-driver.h"

#include "cluster-command.h"
#include "cluster-scheduler.h"
#include "execution-context.h"
#include "spin-pipeline.h"

#include <algorithm>
#include <exception>

namespace ns3
{
namespace offload
{

HpuDriver::HpuDriver(SpinPipeline& pipeline, uint32_t cluster, uint32_t hpu)
    : m_pipeline(pipeline),
      m_cluster(static_cast<uint8_t>(cluster)),
      m_hpu(static_cast<uint8_t>(hpu)),
      m_sendBytes(1),
      m_issues(0),
      m_event(CycleEvent::Of<HpuDriver, &HpuDriver::Event>(this, CyclePhase::HPU))
{
    m_event.SetSlack(SpinPipeline::TASK_SLACK, pipeline.SendCycles(1));
}

HpuDriver::~HpuDriver()
{
    if (m_fiber)
    {
        m_fiber->Cancel(); // the handler unwinds while all of the driver is there
    }
}

void
HpuDriver::Start(Task& task)
{
    const uint64_t now = m_pipeline.clock.Now();
    m_task = &task;
    m_pipeline.HpuBusy(true);
    m_task->pickup = now;
    // After a handler the runtime's loop takes some cycles to come back to the load of its task.
    m_task->entry = std::max(now + 1, m_loopOrDoorbell) + m_pipeline.config.pickupCycles - 1;
    m_position = m_task->entry;
    m_instructions = 0;
    m_sendBytes = 1;
    m_staleIds = 0;
    if (!task.hasHandler)
    {
        m_task->entry = m_position = now;
        m_stall = Stall::DOORBELL;
        m_pipeline.clock.Schedule(m_event, now + 1);
        return;
    }
    m_loopOrDoorbell = 0;
    m_pipeline.CopyToL1(task);
    m_fiber = m_pipeline.fibers.Take();
    Continue(m_fiber->Start(*this));
}

void
HpuDriver::RunOnFiber()
{
    try
    {
        RunHandler();
    }
    catch (const Cancelled&)
    {
    }
}

void
HpuDriver::RunHandler()
{
    ExecutionContext& context = *m_task->packet->message->context;
    std::string cause;
    try
    {
        Hpu hpu(*this);
        m_task->status = context.GetProgram()->Run(m_task->kind, hpu);
        if (IsError(m_task->status))
        {
            cause = std::string("the handler returned ") + ToString(m_task->status);
        }
    }
    catch (const ProtectionFault& fault)
    {
        m_task->status = HandlerStatus::SEGV;
        cause = m_pipeline.Describe(fault);
    }
    catch (const HandlerFault& fault)
    {
        m_task->status = fault.status;
        cause = fault.cause;
    }
    catch (const std::exception& error)
    {
        m_task->status = HandlerStatus::FAIL;
        cause = error.what();
    }
    catch (const Cancelled&)
    {
        throw;
    }
    catch (...)
    {
        m_task->status = HandlerStatus::FAIL;
        cause = "the handler threw something that is no std::exception";
    }
    if (IsError(m_task->status))
    {
        m_task->cause = std::make_unique<std::string>(cause); // told when its time has come
    }
}

void
HpuDriver::Continue(bool ended)
{
    if (ended)
    {
        m_pipeline.fibers.GiveBack(std::move(m_fiber));
        m_stall = Stall::DOORBELL;
    }
    if (m_issues)
    {
        const Command& command = m_commands.Front();
        ScheduleBeforeSend(command.issue, command.bytes);
    }
    else
    {
        ScheduleNext();
    }
}

void
HpuDriver::ScheduleNext()
{
    if (m_stall == Stall::DOORBELL)
    {
        // The next packet is sent by the next task, to which this HPU is idle a cycle later.
        m_event.SetSlack(SpinPipeline::TASK_SLACK, 1 + m_pipeline.TaskSendCycles());
        const uint64_t doorbell =
            m_loopOrDoorbell ? m_loopOrDoorbell : m_position + m_pipeline.config.doorbellCycles;
        m_pipeline.clock.Schedule(m_event, std::max(doorbell, m_pipeline.clock.Now()));
    }
    else if (m_stall == Stall::CLOCK)
    {
        ScheduleBeforeSend(m_position, m_sendBytes);
    }
}

void
HpuDriver::ScheduleBeforeSend(uint64_t cycle, uint32_t bytes)
{
    m_event.SetSlack(SpinPipeline::TASK_SLACK,
                     m_pipeline.SendCycles(bytes) + m_pipeline.ExtraFlight(bytes));
    m_pipeline.clock.Schedule(m_event, cycle);
}

void
HpuDriver::Resume(uint64_t position)
{
    m_position = std::max(m_position, position);
    m_stall = Stall::NONE;
    Continue(m_fiber->Resume());
}

void
HpuDriver::Event()
{
    if (m_issues)
    {
        m_issues = 0;
        m_pipeline.clusterCommands[m_cluster]->CommandIssued(m_hpu, m_commands.Front().bytes);
        ScheduleNext();
    }
    else if (m_stall == Stall::DOORBELL)
    {
        Doorbell();
    }
    else
    {
        Resume(m_pipeline.clock.Now());
    }
}

void
HpuDriver::Doorbell()
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_task->hasHandler)
    {
        m_loopOrDoorbell = now + m_pipeline.config.loopCycles;
        m_pipeline.counters.handlersRun++;
        if (m_pipeline.TellsOfHandlers())
        {
            m_pipeline.TellOfHandler({m_cluster,
                                      m_hpu,
                                      m_task->kind,
                                      m_task->status,
                                      m_task->packet->message->index,
                                      m_task->packet->size,
                                      m_pipeline.clock.TimeOf(m_task->pickup),
                                      m_pipeline.clock.TimeOf(m_task->entry),
                                      m_pipeline.clock.TimeOf(m_position),
                                      m_pipeline.clock.TimeOf(now),
                                      m_instructions,
                                      m_position - m_task->entry,
                                      m_task->packet->message->context});
        }
        m_pipeline.lifecycle.HandlerReturned(*m_task);
    }
    if (m_feedback)
    {
        m_stall = Stall::FEEDBACK;
    }
    else
    {
        BufferFeedback();
    }
}

void
HpuDriver::BufferFeedback()
{
    const uint64_t now = m_pipeline.clock.Now();
    m_feedback = m_task;
    m_task = nullptr;
    m_stall = Stall::NONE;
    m_position = now + 1;
    m_feedbackFrom = now + 1;
    m_pipeline.HpuBusy(false);
    ClusterScheduler& cluster = *m_pipeline.clusters[m_cluster];
    cluster.HpuIdle();
    if (IsQuiet())
    {
        cluster.FeedbackReady(m_hpu, now + 1);
    }
}

Task&
HpuDriver::TakeFeedback()
{
    Task& task = *m_feedback;
    m_feedback = nullptr;
    if (m_stall == Stall::FEEDBACK)
    {
        BufferFeedback();
    }
    else if (m_stall == Stall::ENABLE)
    {
        m_pipeline.clock.Schedule(m_event, m_pipeline.clock.Now() + 1);
    }
    return task;
}

void
HpuDriver::StallFor(Stall stall)
{
    const bool forAnswer = stall != Stall::CLOCK;
    m_stall = stall;
    if (forAnswer)
    {
        m_pipeline.Await(true);
    }
    m_fiber->Yield();
    if (forAnswer)
    {
        m_pipeline.Await(false);
    }
    if (m_fiber->IsCancelled())
    {
        throw Cancelled();
    }
}

void
HpuDriver::Synchronise()
{
    if (m_position > m_pipeline.clock.Now())
    {
        StallFor(Stall::CLOCK);
    }
}

void
HpuDriver::Charge(uint64_t cycles, uint64_t instructions)
{
    m_position += cycles;
    m_instructions += static_cast<uint32_t>(instructions);
    const uint64_t budget = m_task->packet->message->context->GetCycleBudget();
    if (budget && m_position - m_task->entry > budget)
    {
        m_position = m_task->entry + budget;
        throw HandlerFault{HandlerStatus::FAIL,
                           "the handler ran longer than its budget of " + std::to_string(budget) +
                               " cycles"};
    }
}

void
HpuDriver::FeedbackMayLeave()
{
    if (m_feedback && IsQuiet())
    {
        m_feedbackFrom = m_pipeline.clock.Now() + 1;
        m_pipeline.clusters[m_cluster]->FeedbackReady(m_hpu, m_feedbackFrom);
    }
}

void
HpuDriver::TransferDone()
{
    m_transfers--;
    FeedbackMayLeave();
}

void
HpuDriver::Response(Command& command)
{
    const uint64_t now = m_pipeline.clock.Now();
    const uint8_t id = command.id;
    m_pending &= static_cast<uint8_t>(~(1U << id));
    m_pipeline.CommandDone(command);
    FeedbackMayLeave();
    if (m_stall == Stall::COMMAND_ID)
    {
        Resume(now);
    }
    else if (m_stall == Stall::RESPONSE && m_waitId == id)
    {
        Resume(now); // the store that waited is granted
    }
}

} // namespace offload
} // namespace ns3
