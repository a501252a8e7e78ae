/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "cycle-scheduler.h"

#include "ns3/assert.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

namespace
{

/** Heap order: the earliest cycle on top. */
bool
Later(const CycleEvent* a, const CycleEvent* b)
{
    return a->GetCycle() > b->GetCycle();
}

} // namespace

CycleScheduler::CycleScheduler()
    : m_alarm(*this),
      m_context(Simulator::NO_CONTEXT)
{
}

void
CycleScheduler::SetPeriod(int64_t period)
{
    NS_ASSERT(period > 0 && m_map == 0 && m_far.empty());
    m_period = InvariantDivisor(static_cast<uint64_t>(period));
}

uint64_t
CycleScheduler::Present() const
{
    return std::max(m_current, CycleAt(LookaheadQueue::Now()));
}

void
CycleScheduler::CatchUp()
{
    if (!m_running)
    {
        CatchUp(LookaheadQueue::Now());
    }
}

void
CycleScheduler::CatchUp(int64_t now)
{
    if (!m_running)
    {
        const uint64_t cycle = std::max(m_current, CycleAt(now));
        if (NextCycle() < cycle)
        {
            ProcessUntil(cycle - 1);
            Arm();
        }
        m_current = cycle;
        if (!m_far.empty())
        {
            PullFar();
        }
    }
}

void
CycleScheduler::SetCommonSlack(uint32_t cycles)
{
    const bool less = cycles < m_commonSlack;
    m_commonSlack = cycles;
    if (less && !m_running)
    {
        Arm();
    }
}

void
CycleScheduler::SetAwaited(bool awaited)
{
    const bool more = awaited && !m_awaited;
    m_awaited = awaited;
    if (more && !m_running)
    {
        Arm();
    }
}

void
CycleScheduler::ScheduleFar(CycleEvent& event, uint64_t cycle)
{
    NS_ASSERT(!event.m_pending);
    NS_ASSERT_MSG(cycle >= m_current, "a cycle cannot be scheduled in the past");
    event.m_cycle = cycle;
    event.m_pending = true;
    Insert(event);
    if (!m_running && !(m_alarm.IsSet() && m_alarmCycle <= cycle))
    {
        Arm();
    }
}

void
CycleScheduler::Insert(CycleEvent& event)
{
    if (event.m_cycle - m_current < WHEEL)
    {
        Append(event);
    }
    else
    {
        InsertFar(event);
    }
}

void
CycleScheduler::InsertFar(CycleEvent& event)
{
    m_far.push_back(&event);
    std::push_heap(m_far.begin(), m_far.end(), Later);
}

void
CycleScheduler::Remove(CycleEvent& event)
{
    event.m_pending = false;
    if (event.m_cycle - m_current >= WHEEL)
    {
        m_far.erase(std::find(m_far.begin(), m_far.end(), &event));
        std::make_heap(m_far.begin(), m_far.end(), Later);
        return;
    }
    const unsigned index = event.m_cycle % WHEEL;
    Queue& queue = m_wheel[index];
    CycleEvent* before = queue.last;
    while (before->m_next != &event)
    {
        before = before->m_next;
    }
    if (before == &event)
    {
        queue.last = nullptr;
        m_map &= ~(uint64_t{1} << index);
        return;
    }
    before->m_next = event.m_next;
    if (queue.last == &event)
    {
        queue.last = before;
    }
}

uint64_t
CycleScheduler::NextCycle() const
{
    if (m_map)
    {
        return m_current + static_cast<unsigned>(__builtin_ctzll(RotatedMap()));
    }
    return m_far.empty() ? UINT64_MAX : m_far.front()->m_cycle;
}

void
CycleScheduler::PullFar()
{
    while (!m_far.empty() && m_far.front()->m_cycle - m_current < WHEEL)
    {
        CycleEvent* event = m_far.front();
        std::pop_heap(m_far.begin(), m_far.end(), Later);
        m_far.pop_back();
        Insert(*event);
    }
}

uint64_t
CycleScheduler::SlackOf(const CycleEvent& event) const
{
    if (event.m_slack == CycleEvent::PUNCTUAL)
    {
        return 0;
    }
    if (m_commonSlack == 0)
    {
        return event.m_slack;
    }
    return m_commonSlack + (m_awaited ? event.m_unnoticedSlack : event.m_unawaitedSlack);
}

uint64_t
CycleScheduler::NextDeadline(uint64_t limit) const
{
    if (!m_lazy)
    {
        return std::min(limit, NextCycle());
    }
    uint64_t deadline = m_far.empty() ? limit : std::min(limit, m_far.front()->m_cycle);
    const unsigned start = m_current % WHEEL;
    uint64_t rotated = RotatedMap();
    while (rotated)
    {
        const auto ahead = static_cast<unsigned>(__builtin_ctzll(rotated));
        if (m_current + ahead >= deadline)
        {
            break;
        }
        const CycleEvent* last = m_wheel[(start + ahead) % WHEEL].last;
        const CycleEvent* event = last;
        do
        {
            event = event->m_next;
            deadline = std::min(deadline, event->m_cycle + SlackOf(*event));
        } while (event != last);
        rotated &= rotated - 1;
    }
    return deadline;
}

void
CycleScheduler::Arm()
{
    const uint64_t earliest = m_alarm.IsSet() ? m_alarmCycle : UINT64_MAX;
    const uint64_t next = NextDeadline(earliest);
    if (next < earliest)
    {
        // Otherwise that alarm will look again, or there is nothing to do.
        m_alarmCycle = next;
        m_alarm.Set(m_context, TimeOf(next));
    }
}

void
CycleScheduler::ProcessUntil(uint64_t last)
{
    m_running = true;
    for (uint64_t cycle = NextCycle(); cycle <= last; cycle = NextCycle())
    {
        m_current = cycle;
        m_activeCycles++;
        if (!m_far.empty())
        {
            PullFar();
        }
        const unsigned index = cycle % WHEEL;
        CycleEvent* last = m_wheel[index].last;
        m_wheel[index].last = nullptr;
        m_map &= ~(uint64_t{1} << index);
        if (last && last->m_next == last && m_phaseMap == 0)
        {
            last->Happen(); // alone, so there is no order to find
        }
        else if (last)
        {
            CycleEvent* event = last->m_next;
            while (event != last)
            {
                CycleEvent* next = event->m_next;
                Deal(*event);
                event = next;
            }
            Deal(*last);
        }
        while (m_phaseMap)
        {
            ProcessNext();
        }
    }
    m_running = false;
}

inline void
CycleScheduler::ProcessNext()
{
    Queue& queue = m_phases[static_cast<unsigned>(__builtin_ctz(m_phaseMap))];
    CycleEvent* event = queue.last->m_next;
    if (event == queue.last)
    {
        queue.last = nullptr;
        m_phaseMap &= m_phaseMap - 1;
    }
    else
    {
        queue.last->m_next = event->m_next;
    }
    event->Happen();
}

void
CycleScheduler::Run()
{
    ProcessUntil(m_alarmCycle);
    Arm();
}

} // namespace offload
} // namespace ns3
