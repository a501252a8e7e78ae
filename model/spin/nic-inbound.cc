/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-inbound.h"

#include "mpq-engine.h"
#include "pspin-view.h"
#include "spin-pipeline.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NicInbound::NicInbound(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_arrive(CycleEvent::Of<NicInbound, &NicInbound::Arrive>(this, CyclePhase::ARRIVAL)),
      m_retry(CycleEvent::Of<NicInbound, &NicInbound::Arrive>(this, CyclePhase::RETRY)),
      m_sendHer(CycleEvent::Of<NicInbound, &NicInbound::SendHer>(this, CyclePhase::NIC_INBOUND))
{
    m_buffer.Reset(pipeline.config.l2PacketBytes);
    // A packet is written, then its HER goes out, with that event's own slack.
    pipeline.SetQuietSlack(m_arrive, 1 + pipeline.config.inboundLatency);
    m_retry.SetPunctual();
    pipeline.SetQuietSlack(m_sendHer, 0);
}

bool
NicInbound::Take(PacketRecord& packet)
{
    uint32_t offset;
    if (!m_buffer.Allocate(packet.size, offset))
    {
        return false;
    }
    const uint64_t now = m_pipeline.clock.Now();
    packet.address = memory_map::L2_PACKET_BASE + offset;
    packet.arrival = now;
    packet.bytes = m_pipeline.memory.Find(packet.address, packet.size);
    if (packet.message->context->HasPspinView())
    {
        packet.frame.CopyPayloadTo(packet.bytes);
        SwapPspinView(packet.bytes, packet.size);
        packet.written = true;
    }
    else if (m_pipeline.riscv)
    {
        packet.Write(); // cores look without asking
    }
    m_portFree = std::max(m_portFree, now) + m_pipeline.Beats(packet.size);
    packet.her = m_portFree + m_pipeline.config.inboundLatency;
    m_waiting.Push(packet);
    if (m_waiting.HasOne())
    {
        // Otherwise the one before it is scheduled, or waits for a cell.
        m_pipeline.clock.Wake(m_sendHer, std::max(packet.her, m_nextHer));
    }
    return true;
}

void
NicInbound::Expect(int64_t time)
{
    m_pipeline.clock.Wake(m_arrive, m_pipeline.clock.CycleAt(time));
}

void
NicInbound::OfferAgain()
{
    // Not at once: whoever has room again is in the middle of something.
    m_pipeline.clock.Wake(m_retry, m_pipeline.clock.Now());
}

void
NicInbound::Arrive()
{
    m_pipeline.OfferPackets();
}

void
NicInbound::SendHer()
{
    const uint64_t now = m_pipeline.clock.Now();
    PacketRecord& packet = m_waiting.Front();
    if (packet.her > now)
    {
        m_pipeline.clock.Schedule(m_sendHer, packet.her);
        return;
    }
    if (!m_pipeline.mpqEngine->HasCell(*packet.message))
    {
        return; // CellFree wakes us
    }
    m_waiting.Pop();
    packet.her = now;
    m_nextHer = now + 1;
    m_pipeline.mpqEngine->Push(packet);
    if (!m_waiting.IsEmpty())
    {
        m_pipeline.clock.Schedule(m_sendHer, std::max(m_waiting.Front().her, m_nextHer));
    }
}

void
NicInbound::CellFree()
{
    if (!m_waiting.IsEmpty())
    {
        const uint64_t next = m_pipeline.clock.Now() + 1;
        m_pipeline.clock.Wake(m_sendHer, std::max(m_waiting.Front().her, next));
    }
}

void
NicInbound::Release(const PacketRecord& packet)
{
    m_buffer.Free(packet.address - memory_map::L2_PACKET_BASE);
}

} // namespace offload
} // namespace ns3
