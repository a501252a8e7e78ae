/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-pipeline.h"

#include "cluster-command.h"
#include "cluster-scheduler.h"
#include "command-unit.h"
#include "execution-context.h"
#include "feedback.h"
#include "global-scheduler.h"
#include "host-direct.h"
#include "host-dma.h"
#include "hpu-driver.h"
#include "mpq-engine.h"
#include "nhi-port.h"
#include "nic-inbound.h"
#include "nic-outbound.h"
#include "packet-dma.h"

#include "ns3/packet.h"
#include "ns3/riscv-system.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{
constexpr uint32_t ETHERNET_HEADER = 14; //!< bytes; IEEE 802.3 clause 3.1.1
}

SpinPipeline::SpinPipeline(SpinUnit& unit)
    : config(unit.GetConfig()),
      messages(config.messageQueues),
      fibers(config.fiberStackBytes),
      m_unit(unit),
      m_timeout(Create<TimeoutEvent>(this))
{
    clock.SetPeriod(config.clockPeriod.GetTimeStep());
    memory.Configure(config.clusters, config.l1Bytes, config.l2HandlerBytes, config.l2PacketBytes);
    const uint32_t scratchpad = memory_map::L1_PACKET_OFFSET + config.l1PacketBytes;
    nicMemory.Reset(memory_map::L2_HANDLER_BASE, config.l2HandlerBytes);
    scratchpads.Reset(scratchpad, config.l1Bytes - scratchpad);
    nicInbound = std::make_unique<NicInbound>(*this);
    mpqEngine = std::make_unique<MpqEngine>(*this);
    globalScheduler = std::make_unique<GlobalScheduler>(*this);
    packetDma = std::make_unique<PacketDma>(*this);
    commandUnit = std::make_unique<CommandUnit>(*this);
    nhiPort = std::make_unique<NhiPort>(*this);
    nicOutbound = std::make_unique<NicOutbound>(*this);
    hostDma = std::make_unique<HostDma>(*this);
    hostDirect = std::make_unique<HostDirect>(*this);
    feedback = std::make_unique<Feedback>(*this);
    commandUnit->SetEngine(CommandInterface::HOST_DIRECT, *hostDirect);
    commandUnit->SetEngine(CommandInterface::NIC_OUTBOUND, *nicOutbound);
    commandUnit->SetEngine(CommandInterface::HOST_DMA, *hostDma);
    for (uint32_t i = 0; i < config.clusters; i++)
    {
        clusterCommands.push_back(std::make_unique<ClusterCommand>(*this, i));
        clusters.push_back(std::make_unique<ClusterScheduler>(*this, i));
    }
}

SpinPipeline::~SpinPipeline()
{
    m_timeout->Detach();
}

bool
SpinPipeline::Receive(ExecutionContext& context,
                      MemoryFrame&& frame,
                      const MessagePosition& position,
                      int64_t time)
{
    clock.CatchUp();
    const bool single = position.first && position.last;
    const bool enabled = context.m_enabled && context.m_unit == &m_unit;
    Message* message = single ? nullptr : messages.Find(context, position.key);
    if (!message && (!enabled || !position.first))
    {
        DropAtOnce(frame, enabled ? SpinDropReason::NO_MESSAGE : SpinDropReason::CONTEXT_DISABLED);
        return true;
    }
    const uint32_t size = frame.GetSize();
    if (size > m_unit.GetMaxPacketBytes())
    {
        DropAtOnce(frame, SpinDropReason::TOO_LARGE); // no buffer would ever have room
        return true;
    }
    const bool opens = !message;
    if (opens)
    {
        message = messages.Open(context, position.key);
        if (!message)
        {
            Refuse();
            return false;
        }
    }
    PacketRecord& packet = packets.Take();
    packet.frame = std::move(frame);
    packet.size = context.HasPspinView() ? size - ETHERNET_HEADER : size;
    packet.message = message;
    packet.first = position.first;
    packet.last = position.last;
    if (!nicInbound->Take(packet))
    {
        packets.GiveBack(packet);
        if (opens)
        {
            messages.Unlist(*message);
            messages.Close(*message);
        }
        Refuse();
        return false;
    }
    if (opens)
    {
        context.m_openMessages++;
        Watch(*message);
        for (unsigned i = 0; i <= static_cast<unsigned>(HandlerKind::COMPLETION); i++)
        {
            const bool has = context.GetProgram()->Has(static_cast<HandlerKind>(i));
            message->handlers |= static_cast<uint8_t>(has << i);
        }
        if (!single)
        {
            ArmTimeout(time);
        }
    }
    if (position.last)
    {
        messages.Unlist(*message);
    }
    message->packetCount++;
    message->inside++;
    message->bytes += packet.size;
    message->lastArrival = time;
    counters.packetsIn++;
    return true;
}

void
SpinPipeline::OfferPackets()
{
    if (m_unit.m_input)
    {
        m_unit.m_input->OfferPackets(clock.TimeOf(clock.Now()));
    }
}

void
SpinPipeline::Watch(Message& message)
{
    const int64_t lateness = m_unit.m_output ? m_unit.m_output->GetLateness() : 0;
    m_lateness = static_cast<uint32_t>(lateness / clock.GetPeriod());
    message.watched = m_unit.IsWatched(*message.context);
    m_punctual += message.watched;
    SetSlack();
}

void
SpinPipeline::BePunctual(bool need)
{
    m_punctual += need ? 1 : -1;
    SetSlack();
}

void
SpinPipeline::SetSlack()
{
    clock.SetCommonSlack(m_punctual > 0 || m_refused ? 0 : m_lateness);
}

void
SpinPipeline::Refuse()
{
    counters.packetsRefused++;
    m_refused = true;
    SetSlack();
}

HostPort*
SpinPipeline::GetHost() const
{
    return m_unit.m_host;
}

int64_t
SpinPipeline::OutputReadyAt() const
{
    return m_unit.m_output ? m_unit.m_output->GetReadyAt() : 0;
}

void
SpinPipeline::Transmit(const MemoryFrame& frame)
{
    counters.packetsOut++;
    if (!m_unit.m_sendTrace.IsEmpty())
    {
        m_unit.m_sendTrace(frame.ToPacket());
    }
    if (m_unit.m_output)
    {
        m_unit.m_output->TransmitFrame(frame, clock.TimeOf(clock.Now()));
    }
}

void
SpinPipeline::CheckSend(uint32_t bytes) const
{
    if (bytes < ETHERNET_HEADER || bytes > config.outboundMaxPacket)
    {
        throw std::runtime_error(
            "a packet of " + std::to_string(bytes) + " bytes cannot be sent; accepted: " +
            std::to_string(ETHERNET_HEADER) + " ... " + std::to_string(config.outboundMaxPacket));
    }
}

uint32_t
SpinPipeline::L1PacketAddress(const Task& task) const
{
    return memory_map::L1_BASE + task.cluster * memory_map::L1_STRIDE +
           memory_map::L1_PACKET_OFFSET + task.l1Offset;
}

void
SpinPipeline::CopyToL1(const Task& task)
{
    const uint32_t size = task.packet->size;
    std::memcpy(memory.Find(L1PacketAddress(task), size),
                memory.Find(task.packet->address, size),
                size);
}

void
SpinPipeline::TransferQueued(uint32_t cluster,
                             uint32_t bytes,
                             bool packet,
                             uint64_t begin,
                             uint64_t end)
{
    if (!m_unit.m_dmaTrace.IsEmpty())
    {
        m_unit.m_dmaTrace({cluster, bytes, packet, clock.TimeOf(begin), clock.TimeOf(end)});
    }
}

void
SpinPipeline::HpuBusy(bool busy)
{
    m_hpusBusy += busy ? 1 : -1;
    counters.hpusBusyMax = std::max(counters.hpusBusyMax, m_hpusBusy);
}

void
SpinPipeline::HandlerReturned(const Task& task, const HandlerRun& run, const std::string* cause)
{
    counters.handlersRun++;
    m_unit.m_handlerTrace(run);
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
        event.cause = cause ? *cause : "";
        const bool first = context.m_enabled;
        context.m_enabled = false;
        if (first)
        {
            Raise(context, event);
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
SpinPipeline::CommandDone(Command& command)
{
    const CommandRun run = {static_cast<uint32_t>(command.interface),
                            command.driver->GetCluster(),
                            command.driver->GetHpu(),
                            command.bytes,
                            command.toHost,
                            clock.TimeOf(command.issue),
                            clock.TimeOf(command.accepted),
                            clock.TimeOf(clock.Now())};
    commands.GiveBack(command);
    m_unit.m_commandTrace(run);
}

void
SpinPipeline::FinishTask(Task& task)
{
    PacketRecord& packet = *task.packet;
    Message& message = *packet.message;
    if (task.lastUse)
    {
        message.inside--;
        ReleasePacket(packet);
    }
    tasks.GiveBack(task);
    mpqEngine->Feedback(message);
}

void
SpinPipeline::ReleasePacket(PacketRecord& packet)
{
    nicInbound->Release(packet);
    counters.packetsDone++;
    const PacketRun run = {packet.message->index,
                           packet.size,
                           clock.TimeOf(packet.arrival),
                           clock.TimeOf(packet.her),
                           clock.TimeOf(clock.Now()),
                           packet.message->context};
    packets.GiveBack(packet);
    m_unit.m_packetTrace(run);
    Resume();
}

void
SpinPipeline::Resume()
{
    if (m_refused)
    {
        m_refused = false;
        SetSlack();
        if (m_unit.m_input)
        {
            nicInbound->OfferAgain();
        }
        if (!m_unit.m_resume.IsNull())
        {
            m_unit.m_resume();
        }
    }
}

void
SpinPipeline::DropAtOnce(const MemoryFrame& frame, SpinDropReason reason)
{
    counters.packetsIn++;
    counters.packetsDone++;
    counters.packetsDropped++;
    TraceDrop(frame, reason);
}

void
SpinPipeline::TraceDrop(const MemoryFrame& frame, SpinDropReason reason)
{
    if (!m_unit.m_dropTrace.IsEmpty())
    {
        m_unit.m_dropTrace(frame.ToPacket(), reason);
    }
}

void
SpinPipeline::Drop(PacketRecord& packet, SpinDropReason reason)
{
    if (packet.dropped)
    {
        return; // by its payload handler; then an error hit its message
    }
    packet.dropped = true;
    packet.message->droppedBytes += packet.size;
    counters.packetsDropped++;
    TraceDrop(packet.frame, reason);
}

void
SpinPipeline::BypassPacket(PacketRecord& packet)
{
    Message& message = *packet.message;
    if (message.fate == MessageFate::TO_HOST)
    {
        counters.packetsToHost++;
        if (!m_unit.m_hostPath.IsNull())
        {
            m_unit.m_hostPath(packet.frame.ToPacket());
        }
    }
    else
    {
        Drop(packet,
             message.fate == MessageFate::DROPPED ? SpinDropReason::HEADER_DROP
                                                  : SpinDropReason::MESSAGE_ABORTED);
    }
    message.inside--;
    ReleasePacket(packet);
}

void
SpinPipeline::Abort(Message& message)
{
    SetFate(message, MessageFate::ABORTED);
    if (message.listed)
    {
        messages.Unlist(message);
    }
    mpqEngine->Close(message);
}

void
SpinPipeline::SetFate(Message& message, MessageFate fate)
{
    if (message.fate == MessageFate::HANDLERS)
    {
        // Its packets leave from the MPQ engine, which others see: the engine must be on time.
        m_bypassing++;
        clock.SetLazy(false);
    }
    message.fate = fate;
}

void
SpinPipeline::AbortMessages(ExecutionContext& context)
{
    for (uint32_t i = 0; i < messages.GetQueues(); i++)
    {
        Message* message = messages.Get(i);
        if (message && message->context == &context && message->fate != MessageFate::ABORTED)
        {
            Abort(*message);
        }
    }
}

ContextEvent
SpinPipeline::EventOf(const Message& message, ContextEvent::Type type) const
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
SpinPipeline::Raise(ExecutionContext& context, const ContextEvent& event)
{
    m_unit.Raise(context, event);
}

void
SpinPipeline::EndMessage(Message& message)
{
    if (message.inside > 0)
    {
        return; // aborted, and some packets have not come as far as the queue
    }
    Ptr<ExecutionContext> context = message.context;
    if (message.listed)
    {
        messages.Unlist(message);
    }
    if (message.fate != MessageFate::HANDLERS)
    {
        m_bypassing--;
        clock.SetLazy(m_bypassing == 0);
    }
    m_punctual -= message.watched;
    SetSlack();
    const bool aborted = message.fate == MessageFate::ABORTED;
    ContextEvent event = EventOf(message,
                                 aborted ? ContextEvent::Type::MESSAGE_ABORTED
                                         : ContextEvent::Type::MESSAGE_COMPLETE);
    (aborted ? counters.messagesAborted : counters.messagesDone)++;
    const bool pending = message.pending && !aborted;
    messages.Close(message);
    context->m_openMessages--;
    Resume();
    if (pending)
    {
        context->m_heldBack.push_back(event);
    }
    else
    {
        Raise(*context, event);
    }
    if (context->m_openMessages == 0 && context->m_detaching)
    {
        m_unit.DoDetach(*context);
    }
}

void
SpinPipeline::ArmTimeout(int64_t from)
{
    if (config.messageTimeout.IsStrictlyPositive() && !m_timeout->IsPending())
    {
        m_timeout->Schedule(TimeStep(from + config.messageTimeout.GetTimeStep()) -
                            Simulator::Now());
    }
}

void
SpinPipeline::CheckTimeouts()
{
    clock.CatchUp();
    const int64_t now = Simulator::Now().GetTimeStep();
    const int64_t timeout = config.messageTimeout.GetTimeStep();
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < messages.GetQueues(); i++)
    {
        Message* message = messages.Get(i);
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

std::string
SpinPipeline::Describe(const ProtectionFault& fault)
{
    char text[96];
    std::snprintf(text,
                  sizeof(text),
                  "an access of %u bytes at 0x%llx is outside the context's memory",
                  fault.bytes,
                  static_cast<unsigned long long>(fault.address));
    return text;
}

size_t
SpinPipeline::GetIdleBytes() const
{
    size_t bytes = sizeof(*this) + sizeof(NicInbound) + sizeof(MpqEngine) +
                   sizeof(GlobalScheduler) + sizeof(PacketDma) + sizeof(CommandUnit) +
                   sizeof(NhiPort) + sizeof(NicOutbound) + sizeof(HostDma) + sizeof(HostDirect) +
                   sizeof(Feedback) + mpqEngine->GetBytes() +
                   messages.GetQueues() * sizeof(Message*);
    for (const auto& cluster : clusters)
    {
        bytes += cluster->GetBytes() + sizeof(ClusterCommand);
    }
    return bytes;
}

} // namespace offload
} // namespace ns3
