/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-outbound.h"

#include "pspin-view.h"
#include "spin-pipeline.h"
#include "spin-unit.h"

#include "ns3/host-port.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{

NicOutbound::NicOutbound(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_startRead(
          CycleEvent::Of<NicOutbound, &NicOutbound::StartRead>(this, CyclePhase::COMMAND_ENGINE)),
      m_transmit(
          CycleEvent::Of<NicOutbound, &NicOutbound::Transmit>(this, CyclePhase::COMMAND_ENGINE))
{
}

bool
NicOutbound::CanAccept(const Command&) const
{
    return m_acceptedCount < m_pipeline.config.outboundCommands;
}

void
NicOutbound::Accept(Command& command)
{
    m_accepted.Push(command);
    m_acceptedCount++;
    if (!m_startRead.IsPending())
    {
        StartRead();
    }
}

void
NicOutbound::StartRead()
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_accepted.IsEmpty() || m_packetCount >= m_pipeline.config.outboundPackets)
    {
        return; // Accept or Transmit goes on
    }
    Command& command = m_accepted.Pop();
    m_acceptedCount--;
    m_packetCount++;
    if (command.fromHost)
    {
        const int64_t there =
            m_pipeline.GetHost()->ReserveRead(command.bytes, m_pipeline.clock.TimeOf(now));
        command.ready = m_pipeline.clock.CycleAt(there) + m_pipeline.config.outboundLatency;
    }
    else
    {
        const uint64_t end = m_pipeline.nhiPort->Read(command, *this, now);
        command.ready = end == NhiPort::UNKNOWN ? end : end + m_pipeline.config.outboundLatency;
    }
    m_packets.Push(command);
    if (m_packets.HasOne())
    {
        WakeTransmit();
    }
    WakeRead(now + 1);
    m_pipeline.commandUnit->EngineReady();
}

void
NicOutbound::WakeRead(uint64_t cycle)
{
    if (!m_accepted.IsEmpty())
    {
        m_pipeline.SetCommandSlack(m_startRead, 0, 0, m_accepted.Front().bytes);
        m_pipeline.clock.Wake(m_startRead, cycle);
    }
}

void
NicOutbound::TransferMoved(Command& command, uint64_t end)
{
    command.ready = end == NhiPort::UNKNOWN ? end : end + m_pipeline.config.outboundLatency;
    if (!m_packets.IsEmpty() && &command == &m_packets.Front())
    {
        WakeTransmit();
    }
}

void
NicOutbound::WakeTransmit()
{
    const Command& oldest = m_packets.Front();
    if (oldest.ready != NhiPort::UNKNOWN)
    {
        m_transmit.SetSlack(0, m_pipeline.ExtraFlight(oldest.bytes));
        m_pipeline.clock.Wake(m_transmit, std::max(oldest.ready, m_nextTransmit));
    }
}

MemoryFrame
NicOutbound::FetchPacket(const Command& command)
{
    if (!command.fromHost && !command.answers)
    {
        return {m_pipeline.memory.Find(command.nicAddress, command.bytes), command.bytes};
    }
    return GatherPacket(command);
}

MemoryFrame
NicOutbound::GatherPacket(const Command& command)
{
    const uint32_t header = command.answers ? EthernetFrame::HEADER_BYTES : 0;
    m_bytes.resize(header + command.bytes);
    uint8_t* bytes = m_bytes.data() + header;
    if (command.fromHost)
    {
        m_pipeline.GetHost()->ReadBytes(command.hostAddress, bytes, command.bytes);
    }
    else
    {
        std::memcpy(bytes,
                    m_pipeline.memory.Find(command.nicAddress, command.bytes),
                    command.bytes);
    }
    if (command.answers)
    {
        SwapPspinView(bytes, command.bytes);
        command.answers->frame.WriteAnswerHeader(m_bytes.data());
    }
    return {m_bytes.data(), header + command.bytes};
}

void
NicOutbound::Transmit()
{
    const uint64_t now = m_pipeline.clock.Now();
    Command& command = m_packets.Front();
    if (command.ready > now)
    {
        WakeTransmit(); // its read was delayed
        return;
    }
    const int64_t ready = m_pipeline.OutputReadyAt();
    if (ready > m_pipeline.clock.TimeOf(now))
    {
        if (!command.frame)
        {
            command.frame = FetchPacket(command); // its memory may be another packet's by then
        }
        if (ready != INT64_MAX) // otherwise paused; OutputReady wakes us
        {
            m_pipeline.clock.Schedule(m_transmit, m_pipeline.clock.CycleAt(ready));
        }
        return;
    }
    m_packets.Pop();
    m_packetCount--;
    m_nextTransmit = now + 1;
    if (command.frame)
    {
        m_pipeline.Transmit(command.frame);
        command.frame = MemoryFrame();
    }
    else
    {
        m_pipeline.Transmit(FetchPacket(command));
    }
    m_pipeline.commandUnit->Complete(command);
    if (!m_packets.IsEmpty())
    {
        // Perhaps pending: the output may have said OutputReady while it took the packet.
        WakeTransmit();
    }
    WakeRead(now + 1);
}

void
NicOutbound::OutputReady()
{
    if (!m_packets.IsEmpty())
    {
        m_nextTransmit = std::max(m_nextTransmit, m_pipeline.clock.Now());
        WakeTransmit();
    }
}

} // namespace offload
} // namespace ns3
