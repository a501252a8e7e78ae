/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "message-lifecycle.h"

#include "execution-context.h"
#include "mpq-engine.h"
#include "spin-pipeline.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

MessageLifecycle::MessageLifecycle(SpinPipeline& pipeline, SpinUnit& unit)
    : m_pipeline(pipeline),
      m_unit(unit),
      m_timeout(Create<TimeoutEvent>(this))
{
}

MessageLifecycle::~MessageLifecycle()
{
    m_timeout->Detach();
}

void
MessageLifecycle::Opened(Message& message, bool single, int64_t time)
{
    ExecutionContext& context = *message.context;
    context.m_openMessages++;
    const HandlerProgram& program = *context.m_program;
    for (unsigned i = 0; i <= static_cast<unsigned>(HandlerKind::COMPLETION); i++)
    {
        const bool has = program.Has(static_cast<HandlerKind>(i));
        message.handlers |= static_cast<uint8_t>(has << i);
    }
    if (!single)
    {
        ArmTimeout(time);
    }
}

void
MessageLifecycle::HandlerReturned(const Task& task)
{
    Message& message = *task.packet->message;
    ExecutionContext& context = *message.context;
    message.status = task.status;
    switch (task.status)
    {
    case HandlerStatus::PROCEED_PENDING:
    case HandlerStatus::DROP_PENDING:
    case HandlerStatus::PROCESS_DATA_PENDING:
    case HandlerStatus::SUCCESS_PENDING:
        message.pending = true;
        break;
    default:
        break;
    }
    if (IsError(task.status))
    {
        ContextEvent event = EventOf(message, ContextEvent::Type::HANDLER_ERROR);
        event.handler = task.kind;
        event.cause = *task.cause;
        const bool first = context.m_enabled;
        context.m_enabled = false;
        if (first)
        {
            m_unit.Raise(context, event);
        }
        AbortMessages(context);
    }
    else if (message.fate == MessageFate::HANDLERS && task.kind == HandlerKind::HEADER)
    {
        if (task.status == HandlerStatus::PROCEED || task.status == HandlerStatus::PROCEED_PENDING)
        {
            SetFate(message, MessageFate::TO_HOST);
        }
        else if (task.status == HandlerStatus::DROP || task.status == HandlerStatus::DROP_PENDING)
        {
            SetFate(message, MessageFate::DROPPED);
        }
    }
    else if (task.kind == HandlerKind::PAYLOAD &&
             (task.status == HandlerStatus::DROP || task.status == HandlerStatus::DROP_PENDING))
    {
        Drop(*task.packet, SpinDropReason::PAYLOAD_DROP);
    }
}

void
MessageLifecycle::AbortMessages(ExecutionContext& context)
{
    for (uint32_t i = 0; i < m_pipeline.messages.GetQueues(); i++)
    {
        Message* message = m_pipeline.messages.Get(i);
        if (message && message->context == &context && message->fate != MessageFate::ABORTED)
        {
            Abort(*message);
        }
    }
}

void
MessageLifecycle::AbortMessage(const ExecutionContext& context, uint64_t key)
{
    Message* message = m_pipeline.messages.Find(context, key);
    if (message && message->fate != MessageFate::ABORTED)
    {
        Abort(*message);
    }
}

void
MessageLifecycle::Abort(Message& message)
{
    SetFate(message, MessageFate::ABORTED);
    if (message.listed)
    {
        m_pipeline.messages.Unlist(message);
    }
    m_pipeline.mpqEngine->Close(message);
}

void
MessageLifecycle::SetFate(Message& message, MessageFate fate)
{
    if (message.fate == MessageFate::HANDLERS)
    {
        // Its packets leave from the MPQ engine, which others see: the engine must be on time.
        m_bypassing++;
        m_pipeline.clock.SetLazy(false);
    }
    message.fate = fate;
}

void
MessageLifecycle::DropAtOnce(const MemoryFrame& frame, SpinDropReason reason)
{
    m_pipeline.counters.packetsIn++;
    m_pipeline.counters.packetsDone++;
    m_pipeline.counters.packetsDropped++;
    TraceDrop(frame, reason);
}

void
MessageLifecycle::Drop(PacketRecord& packet, SpinDropReason reason)
{
    if (packet.dropped)
    {
        return; // by its payload handler; then an error hit its message
    }
    packet.dropped = true;
    packet.message->droppedBytes += packet.size;
    m_pipeline.counters.packetsDropped++;
    TraceDrop(packet.frame, reason);
}

void
MessageLifecycle::TraceDrop(const MemoryFrame& frame, SpinDropReason reason)
{
    if (!m_unit.m_dropTrace.IsEmpty())
    {
        m_unit.m_dropTrace(frame.ToPacket(), reason);
    }
}

void
MessageLifecycle::BypassPacket(PacketRecord& packet)
{
    Message& message = *packet.message;
    if (message.fate == MessageFate::TO_HOST)
    {
        m_pipeline.counters.packetsToHost++;
        if (!m_unit.m_hostPath.IsNull())
        {
            m_unit.m_hostPath(packet.frame.ToPacket(), message.key);
        }
    }
    else
    {
        Drop(packet,
             message.fate == MessageFate::DROPPED ? SpinDropReason::HEADER_DROP
                                                  : SpinDropReason::MESSAGE_ABORTED);
    }
    message.inside--;
    m_pipeline.ReleasePacket(packet);
}

void
MessageLifecycle::EndMessage(Message& message)
{
    if (message.inside > 0)
    {
        return; // aborted, and some packets have not come as far as the queue
    }
    Ptr<ExecutionContext> context = message.context;
    const uint64_t key = message.key;
    if (message.listed)
    {
        m_pipeline.messages.Unlist(message);
    }
    if (message.fate != MessageFate::HANDLERS)
    {
        m_bypassing--;
        m_pipeline.clock.SetLazy(m_bypassing == 0);
    }
    if (message.watched)
    {
        m_pipeline.BePunctual(false);
    }
    if (message.fate == MessageFate::ABORTED || message.pending || m_unit.IsAwaited(*context))
    {
        CloseAndTell(message);
    }
    else
    {
        m_pipeline.counters.messagesDone++;
        Close(message);
    }
    TellLeft(key);
    if (context->m_openMessages == 0 && context->m_detaching)
    {
        m_unit.DoDetach(*context);
    }
}

void
MessageLifecycle::Close(Message& message)
{
    message.context->m_openMessages--;
    m_pipeline.messages.Close(message);
    m_pipeline.Resume();
}

void
MessageLifecycle::CloseAndTell(Message& message)
{
    ExecutionContext& context = *message.context;
    const bool aborted = message.fate == MessageFate::ABORTED;
    const bool pending = message.pending && !aborted;
    const ContextEvent event = EventOf(message,
                                       aborted ? ContextEvent::Type::MESSAGE_ABORTED
                                               : ContextEvent::Type::MESSAGE_COMPLETE);
    (aborted ? m_pipeline.counters.messagesAborted : m_pipeline.counters.messagesDone)++;
    Close(message);
    if (pending)
    {
        context.m_heldBack.push_back(event);
    }
    else
    {
        m_unit.Raise(context, event);
    }
}

ContextEvent
MessageLifecycle::EventOf(const Message& message, ContextEvent::Type type) const
{
    return {type,
            message.index,
            message.key,
            message.status,
            HandlerKind::COMPLETION,
            message.packetCount,
            message.bytes,
            message.droppedBytes,
            ""};
}

void
MessageLifecycle::ArmTimeout(int64_t from)
{
    if (m_pipeline.config.messageTimeout.IsStrictlyPositive() && !m_timeout->IsPending())
    {
        m_timeout->Schedule(TimeStep(from + m_pipeline.config.messageTimeout.GetTimeStep()) -
                            Simulator::Now());
    }
}

void
MessageLifecycle::CheckTimeouts()
{
    m_pipeline.clock.CatchUp();
    const int64_t now = Simulator::Now().GetTimeStep();
    const int64_t timeout = m_pipeline.config.messageTimeout.GetTimeStep();
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < m_pipeline.messages.GetQueues(); i++)
    {
        Message* message = m_pipeline.messages.Get(i);
        if (!message || !message->listed)
        {
            continue;
        }
        if (now - message->lastArrival >= timeout && message->inside == 0)
        {
            Abort(*message);
        }
        else
        {
            next = std::min(next, std::max(message->lastArrival + timeout, now + timeout / 8 + 1));
        }
    }
    if (next != INT64_MAX)
    {
        m_timeout->Schedule(TimeStep(next - now));
    }
}

} // namespace offload
} // namespace ns3
