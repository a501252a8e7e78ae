/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "hpu-driver.h"

#include "cluster-command.h"
#include "cluster-scheduler.h"
#include "execution-context.h"
#include "spin-pipeline.h"

#include "ns3/host-port.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

/** The runtime's command functions: six stores of the command's words, then the load that issues.
 */
constexpr InstructionMix COMMAND_WORDS = {/*alu*/ 0, /*load*/ 0, /*loadUse*/ 0, /*store*/ 6};

} // namespace

HpuDriver::HpuDriver(SpinPipeline& pipeline, uint32_t cluster, uint32_t hpu)
    : m_pipeline(pipeline),
      m_cluster(static_cast<uint8_t>(cluster)),
      m_hpu(static_cast<uint8_t>(hpu)),
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
    m_pickup = now;
    // After a handler the runtime's loop takes some cycles to come back to the load of its task.
    m_entry = std::max(now + 1, m_loopOrDoorbell) + m_pipeline.config.pickupCycles - 1;
    m_position = m_entry;
    m_instructions = 0;
    m_sendBytes = 1;
    m_staleIds = 0;
    if (!task.hasHandler)
    {
        m_entry = m_position = now;
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
        m_cause = std::make_unique<std::string>(cause); // told when its time has come
    }
}

void
HpuDriver::Continue(bool ended)
{
    if (ended)
    {
        m_pipeline.fibers.GiveBack(std::move(m_fiber));
        m_stall = Stall::DOORBELL;
        // The next packet is sent by the next task, to which this HPU is idle a cycle later.
        m_event.SetSlack(SpinPipeline::TASK_SLACK, 1 + m_pipeline.TaskSendCycles());
        const uint64_t doorbell =
            m_loopOrDoorbell ? m_loopOrDoorbell : m_position + m_pipeline.config.doorbellCycles;
        m_pipeline.clock.Schedule(m_event, std::max(doorbell, m_pipeline.clock.Now()));
    }
    else if (m_stall == Stall::CLOCK)
    {
        m_event.SetSlack(SpinPipeline::TASK_SLACK,
                         m_pipeline.SendCycles(m_sendBytes) + m_pipeline.ExtraFlight(m_sendBytes));
        m_pipeline.clock.Schedule(m_event, m_position);
    }
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
    if (m_stall == Stall::DOORBELL)
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
                                      m_pipeline.clock.TimeOf(m_pickup),
                                      m_pipeline.clock.TimeOf(m_entry),
                                      m_pipeline.clock.TimeOf(m_position),
                                      m_pipeline.clock.TimeOf(now),
                                      m_instructions,
                                      m_position - m_entry,
                                      m_task->packet->message->context});
        }
        m_pipeline.lifecycle.HandlerReturned(*m_task, m_cause.get());
        m_cause.reset();
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
    m_idleFrom = now + 1;
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
    if (budget && m_position - m_entry > budget)
    {
        m_position = m_entry + budget;
        throw HandlerFault{HandlerStatus::FAIL,
                           "the handler ran longer than its budget of " + std::to_string(budget) +
                               " cycles"};
    }
}

void
HpuDriver::CheckHost(uint64_t address, uint64_t bytes) const
{
    const ExecutionContext& context = *m_task->packet->message->context;
    const uint64_t begin = context.GetHostMemoryAddress();
    const uint64_t size = context.GetHostMemoryBytes();
    if (address < begin || bytes > size || address - begin > size - bytes)
    {
        throw ProtectionFault{address, static_cast<uint32_t>(bytes)};
    }
    if (!m_pipeline.GetHost())
    {
        throw std::runtime_error("the unit has no host behind it");
    }
}

void
HpuDriver::CheckNic(const MemoryWindow& window) const
{
    // A handler may have kept a window from another packet or made one itself.
    const uint64_t begin = window.GetAddress();
    const uint64_t end = begin + window.GetSize();
    const auto within = [begin, end](uint64_t address, uint64_t bytes) {
        return begin >= address && end <= address + bytes;
    };
    const PacketRecord& packet = *m_task->packet;
    const ExecutionContext& context = *packet.message->context;
    bool allowed = within(m_pipeline.L1PacketAddress(*m_task), packet.size) ||
                   within(packet.address, packet.size) ||
                   within(context.GetNicMemoryAddress(), context.GetNicMemoryBytes());
    for (uint32_t i = 0; !allowed && i < m_pipeline.config.clusters; i++)
    {
        allowed = within(context.GetScratchpadAddress(i), context.GetScratchpadBytes());
    }
    if (!allowed)
    {
        throw ProtectionFault{begin, window.GetSize()};
    }
}

Command&
HpuDriver::NewCommand(CommandInterface interface, uint32_t bytes)
{
    if (bytes == 0)
    {
        throw std::runtime_error("a command of 0 bytes");
    }
    Command& command = m_pipeline.commands.Take();
    command.interface = interface;
    command.driver = this;
    command.bytes = bytes;
    const PacketRecord& packet = *m_task->packet;
    if (packet.message->context->HasPspinView())
    {
        command.answers = &packet; // it stays until the command is done
    }
    return command;
}

CommandId
HpuDriver::Issue(Command& command)
{
    try
    {
        // The words, then the load that issues; the command is out when that load is granted.
        Charge(m_pipeline.config.core.Cycles(COMMAND_WORDS) + 1, COMMAND_WORDS.Count() + 1);
    }
    catch (...)
    {
        m_pipeline.commands.GiveBack(command);
        throw;
    }
    return IssueNow(command, false);
}

CommandId
HpuDriver::LowestFreeId() const
{
    const unsigned id = __builtin_ctz(~unsigned{m_pending});
    return id < m_pipeline.config.commandsPerHpu ? id : 0;
}

CommandId
HpuDriver::IssueNow(Command& command, bool byLoad)
{
    std::optional<CommandId> stale;
    try
    {
        m_sendBytes = command.bytes;
        Synchronise();
        m_sendBytes = 1;
        if (m_feedback && byLoad && m_pipeline.config.staleCommandIds)
        {
            stale = LowestFreeId(); // see the attribute
        }
        while (m_feedback)
        {
            StallFor(Stall::ENABLE);
        }
        while (m_pending == (1U << m_pipeline.config.commandsPerHpu) - 1)
        {
            StallFor(Stall::COMMAND_ID);
        }
    }
    catch (...)
    {
        m_pipeline.commands.GiveBack(command);
        throw;
    }
    const uint64_t now = m_pipeline.clock.Now();
    command.id = static_cast<uint8_t>(LowestFreeId());
    const CommandId id = command.id;
    m_pending |= static_cast<uint8_t>(1U << id);
    command.issue = now;
    command.ready = now + 1;
    m_commands.Push(command);
    m_pipeline.clusterCommands[m_cluster]->CommandIssued(m_hpu, command.bytes);
    return byLoad ? Tell(id, stale.value_or(id)) : id;
}

void
HpuDriver::CheckId(CommandId id) const
{
    if (id >= m_pipeline.config.commandsPerHpu)
    {
        throw std::runtime_error("a command that does not exist: " + std::to_string(id));
    }
}

void
HpuDriver::Wait(CommandId id)
{
    CheckId(id);
    Charge(1, 1); // the store that stalls until the response
    WaitNow(id);
}

void
HpuDriver::WaitNow(CommandId id)
{
    Synchronise();
    if (m_pending >> id & 1)
    {
        m_waitId = static_cast<uint8_t>(id);
        StallFor(Stall::RESPONSE);
    }
}

bool
HpuDriver::Test(CommandId id)
{
    CheckId(id);
    Charge(2, 2); // a store and a load (pspin.md, spin_cmd_test)
    Synchronise();
    return !(m_pending >> id & 1);
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
