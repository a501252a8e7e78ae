/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a FabricSwitch tells of what it does. It may do so ahead of Simulator::Now(); it is told
 * when that is the present.
 */
#include "fabric-switch.h"

#include "ns3/log.h"
#include "ns3/lookahead-queue.h"
#include "ns3/node.h"

namespace ns3
{
namespace offload
{

void
FabricSwitch::Notice()
{
    if (m_prepared)
    {
        // What has left unobserved is not news.
        Settle();
    }
    m_queueTraced = !m_queueTrace.IsEmpty();
    CountExactly();
}

void
FabricSwitch::CountExactly()
{
    // It matters when frames leave while a neighbour may go on then, or somebody looks.
    const bool exact = m_pausedCount > 0 || m_queueTraced;
    if (exact != m_exact)
    {
        m_exact = exact;
        FindEasyRoom();
        const int64_t now = LookaheadQueue::Now();
        for (TransmitPort* output : m_outputs)
        {
            output->CountExactly(exact, now);
        }
    }
}

void
FabricSwitch::TellQueue(uint32_t egress, uint64_t bytes) const
{
    Ptr<const FabricSwitch> keep(this);
    LookaheadQueue::Get().Surface(m_ports[egress]->GetNode()->GetId(),
                                  [keep, egress, bytes] { keep->m_queueTrace(egress, bytes); });
}

void
FabricSwitch::TellPause(uint32_t ingress, uint32_t priority, bool paused) const
{
    if (!m_pauseTrace.IsEmpty())
    {
        Ptr<const FabricSwitch> keep(this);
        LookaheadQueue::Get().Surface(
            m_ports[ingress]->GetNode()->GetId(),
            [keep, ingress, priority, paused] {
                keep->m_pauseTrace(ingress, static_cast<uint8_t>(priority), paused);
            });
    }
}

void
FabricSwitch::TellMark(uint32_t egress, const EthernetFrame& frame) const
{
    if (!m_markTrace.IsEmpty())
    {
        Ptr<const Packet> bytes = frame.ToPacket();
        Ptr<const FabricSwitch> keep(this);
        LookaheadQueue::Get().Surface(m_ports[egress]->GetNode()->GetId(),
                                      [keep, bytes, egress] { keep->m_markTrace(bytes, egress); });
    }
}

void
FabricSwitch::Drop(uint32_t ingress, const EthernetFrame& frame, SwitchDropReason reason)
{
    ++m_drops;
    NS_LOG_LOGIC("frame of " << frame.GetSize() << " bytes from port " << ingress
                             << " dropped: " << ToString(reason));
    if (!m_dropTrace.IsEmpty())
    {
        Ptr<const Packet> bytes = frame.ToPacket();
        Ptr<const FabricSwitch> keep(this);
        LookaheadQueue::Get().Surface(
            m_ports[ingress]->GetNode()->GetId(),
            [keep, bytes, ingress, reason] { keep->m_dropTrace(bytes, ingress, reason); });
    }
}

} // namespace offload
} // namespace ns3
