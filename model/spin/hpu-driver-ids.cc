/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a core is told as its commands' ids: see the attribute StaleCommandIds.
#include "hpu-driver.h"
#include "spin-pipeline.h"

namespace ns3
{
namespace offload
{

CommandId
HpuDriver::Tell(CommandId id, CommandId told)
{
    m_staleIds &= static_cast<uint8_t>(~(1U << told));
    if (told != id)
    {
        m_staleIds |= static_cast<uint8_t>(1U << told);
        m_pipeline.GaveStaleId({m_cluster, m_hpu, m_task->packet->message->index, id, told});
    }
    return told;
}

void
HpuDriver::NoteUse(CommandId id)
{
    if (m_staleIds >> id & 1)
    {
        m_staleIds &= static_cast<uint8_t>(~(1U << id));
        m_pipeline.counters.staleIdsUsed++;
    }
}

} // namespace offload
} // namespace ns3
