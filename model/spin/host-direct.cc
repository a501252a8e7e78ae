/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-direct.h"

#include "spin-pipeline.h"

#include "ns3/host-port.h"

#include <algorithm>
#include <array>

namespace ns3
{
namespace offload
{

HostDirect::HostDirect(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_finish(CycleEvent::Of<HostDirect, &HostDirect::Finish>(this, CyclePhase::COMMAND_ENGINE))
{
}

bool
HostDirect::CanAccept(const Command&) const
{
    return m_count < m_pipeline.config.hostDirectQueue;
}

void
HostDirect::Accept(Command& command)
{
    const uint64_t start = std::max(m_portFree, m_pipeline.clock.Now());
    m_portFree = start + 1;
    const int64_t there =
        m_pipeline.GetHost()->ReserveWrite(command.bytes, m_pipeline.clock.TimeOf(start));
    const uint64_t end =
        std::max(m_portFree, m_pipeline.clock.CycleAt(there)) + m_pipeline.config.hostDirectLatency;
    m_lastEnd = std::max(m_lastEnd + 1, end);
    command.ready = m_lastEnd;
    m_writes.Push(command);
    m_count++;
    m_pipeline.clock.Wake(m_finish, m_writes.Front().ready);
}

void
HostDirect::Finish()
{
    Command& command = m_writes.Pop();
    m_count--;
    std::array<uint8_t, sizeof(command.immediate)> bytes;
    for (size_t i = 0; i < bytes.size(); i++)
    {
        bytes[i] = static_cast<uint8_t>(command.immediate >> 8 * i);
    }
    m_pipeline.GetHost()->WriteBytes(command.hostAddress, bytes.data(), command.bytes);
    m_pipeline.commandUnit->Complete(command);
    if (!m_writes.IsEmpty())
    {
        m_pipeline.clock.Wake(m_finish, m_writes.Front().ready);
    }
    m_pipeline.commandUnit->EngineReady();
}

} // namespace offload
} // namespace ns3
