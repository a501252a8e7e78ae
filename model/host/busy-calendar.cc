/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "busy-calendar.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

void
BusyCalendar::Forget(int64_t now)
{
    std::size_t past = 0;
    while (past < m_busy.size() && m_busy[past].end <= now)
    {
        ++past;
    }
    m_busy.erase(m_busy.begin(), m_busy.begin() + static_cast<std::ptrdiff_t>(past));
}

BusyCalendar::Slot
BusyCalendar::Reserve(int64_t now, int64_t start, int64_t duration)
{
    Forget(now);
    // The first interval that the customer can touch. Many devices reserve ahead: there may be as
    // many intervals as they have requests under way.
    const auto touched =
        std::partition_point(m_busy.begin(), m_busy.end(), [start](const Slot& slot) {
            return slot.end < start;
        });
    const auto first = static_cast<std::size_t>(touched - m_busy.begin());
    int64_t mergedBegin = start;
    std::size_t next = first;
    if (next < m_busy.size() && m_busy[next].begin <= start)
    {
        mergedBegin = m_busy[next].begin;
        start = m_busy[next].end;
        ++next;
    }
    if (duration <= 0)
    {
        return {start, start};
    }
    // Fill gap after gap: all of them become busy, so what is touched is one interval afterwards.
    Slot slot{start, start + duration};
    while (next < m_busy.size() && m_busy[next].begin < slot.end)
    {
        slot.end += m_busy[next].end - m_busy[next].begin;
        ++next;
    }
    Slot merged{mergedBegin, slot.end};
    if (next < m_busy.size() && m_busy[next].begin == slot.end)
    {
        merged.end = m_busy[next].end;
        ++next;
    }
    const auto position = m_busy.begin() + static_cast<std::ptrdiff_t>(first);
    if (next == first)
    {
        m_busy.insert(position, merged);
    }
    else
    {
        *position = merged;
        m_busy.erase(position + 1, m_busy.begin() + static_cast<std::ptrdiff_t>(next));
    }
    return slot;
}

} // namespace offload
} // namespace ns3
