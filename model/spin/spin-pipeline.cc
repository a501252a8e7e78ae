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
      lifecycle(*this, unit),
      m_unit(unit),
      m_wordBytes(config.wordBytes),
      m_maxPacketBytes(unit.GetMaxPacketBytes())
{
    clock.SetPeriod(config.clockPeriod.GetTimeStep());
    clock.SetUser(this);
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

SpinPipeline::~SpinPipeline() = default;

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
        lifecycle.DropAtOnce(frame,
                             enabled ? SpinDropReason::NO_MESSAGE
                                     : SpinDropReason::CONTEXT_DISABLED);
        lifecycle.TellLeft(position.key); // its message is over, or will never begin
        return true;
    }
    const uint32_t size = frame.GetSize();
    if (size > m_maxPacketBytes)
    {
        lifecycle.DropAtOnce(frame, SpinDropReason::TOO_LARGE); // no buffer would ever have room
        if (!message)
        {
            lifecycle.TellLeft(position.key);
        }
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
        Watch(*message);
        lifecycle.Opened(*message, single, time);
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
    const int64_t lateness = m_unit.m_output ? m_unit.m_output->GetLateness(0) : 0;
    if (lateness != m_latenessTime)
    {
        m_latenessTime = lateness;
        m_lateness = static_cast<uint32_t>(lateness / clock.GetPeriod());
        FindExtraFlight(0);
    }
    message.watched = m_unit.IsWatched(*message.context);
    m_punctual += message.watched;
    SetSlack();
}

void
SpinPipeline::FindExtraFlight(uint32_t bytes)
{
    m_extraBytes = bytes;
    m_extraFlight = 0;
    if (m_lateness > 0)
    {
        const int64_t lateness = m_unit.m_output->GetLateness(bytes) / clock.GetPeriod();
        m_extraFlight = static_cast<uint32_t>(std::max<int64_t>(lateness, m_lateness)) - m_lateness;
    }
}

bool
SpinPipeline::IsVisible() const
{
    // An instruction of a RISC-V core may be observed; packets that leave without handlers go to
    // the host.
    return m_punctual > 0 || riscv || !clock.IsLazy() || !m_unit.RunsAhead();
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
SpinPipeline::CopyToL1(Task& task)
{
    const PacketRecord& packet = *task.packet;
    task.bytes = memory.Find(L1PacketAddress(task), packet.size);
    if (packet.written)
    {
        std::memcpy(task.bytes, packet.bytes, packet.size);
    }
    else
    {
        packet.frame.CopyTo(task.bytes);
    }
}

void
SpinPipeline::TransferQueued(uint32_t cluster,
                             uint32_t bytes,
                             bool packet,
                             uint64_t begin,
                             uint64_t end) const
{
    m_unit.m_dmaTrace({cluster, bytes, packet, clock.TimeOf(begin), clock.TimeOf(end)});
}

void
SpinPipeline::HpuBusy(bool busy)
{
    m_hpusBusy += busy ? 1 : -1;
    counters.hpusBusyMax = std::max(counters.hpusBusyMax, m_hpusBusy);
}

void
SpinPipeline::GaveStaleId(const StaleCommandId& id)
{
    counters.staleIds++;
    m_unit.m_staleIdTrace(id);
}

void
SpinPipeline::CommandDone(Command& command)
{
    if (!m_unit.m_commandTrace.IsEmpty())
    {
        TellOfCommand(command);
    }
    commands.GiveBack(command);
}

void
SpinPipeline::TellOfCommand(const Command& command) const
{
    m_unit.m_commandTrace({static_cast<uint32_t>(command.interface),
                           command.driver->GetCluster(),
                           command.driver->GetHpu(),
                           command.bytes,
                           command.toHost,
                           clock.TimeOf(command.issue),
                           clock.TimeOf(command.accepted),
                           clock.TimeOf(clock.Now())});
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
    if (!m_unit.m_packetTrace.IsEmpty())
    {
        TellOfPacket(packet);
    }
    packets.GiveBack(packet);
    Resume();
}

void
SpinPipeline::TellOfPacket(const PacketRecord& packet) const
{
    m_unit.m_packetTrace({packet.message->index,
                          packet.size,
                          clock.TimeOf(packet.arrival),
                          clock.TimeOf(packet.her),
                          clock.TimeOf(clock.Now()),
                          packet.message->context});
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
