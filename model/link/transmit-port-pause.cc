/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What PAUSE does to a port: MAC control frames, and when the frames of held classes begin.
#include "transmit-port.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

bool
IsControl(const EthernetFrame& frame)
{
    return frame.protocol == EthernetFrame::MAC_CONTROL;
}

/// Frames of a class never overtake each other; MAC control frames are one more
constexpr std::size_t FLOWS = TransmitPort::PRIORITIES + 1;

std::size_t
GetFlow(const EthernetFrame& frame)
{
    return IsControl(frame) ? TransmitPort::PRIORITIES : frame.GetPriority();
}

} // namespace

void
TransmitPort::EnqueueControl(EthernetFrame&& frame, int64_t now)
{
    CountBegun(now);
    if (m_line.IsFull())
    {
        Grow();
    }
    std::size_t place = m_begun;
    while (place < m_line.GetSize() && IsControl(m_line[place].frame))
    {
        ++place;
    }
    const uint32_t bytes = frame.GetSize();
    if (m_countBytes)
    {
        m_queuedBytes += bytes;
    }
    m_line.Insert(place, Entry{std::move(frame), UNSCHEDULED, UNSCHEDULED, bytes});
    Retime(now);
}

void
TransmitPort::Pause(int64_t duration, int64_t now)
{
    CountBegun(now);
    m_pausedUntil = now + duration;
    UpdateDevice();
    Retime(now);
}

void
TransmitPort::PauseClasses(uint8_t classes, const Durations& durations, int64_t now)
{
    CountBegun(now);
    if (!m_holds)
    {
        m_holds = std::make_unique<Durations>();
        m_holds->fill(NEVER);
    }
    // All at once: a frame whose class goes on must not begin before an older one's class does.
    for (uint32_t i = 0; i < PRIORITIES; ++i)
    {
        if ((classes >> i & 1) != 0)
        {
            (*m_holds)[i] = now + durations[i];
        }
    }
    m_lastHold = *std::max_element(m_holds->begin(), m_holds->end());
    UpdateDevice();
    Retime(now);
}

int64_t
TransmitPort::GetPauseDuration(uint16_t quanta) const
{
    LineTime time;
    // Two halves: the longest pause has more bytes than one step of the clock may take.
    constexpr uint32_t HALF_QUANTUM_BYTES = 32;
    m_clock.Advance(time, quanta * HALF_QUANTUM_BYTES);
    m_clock.Advance(time, quanta * HALF_QUANTUM_BYTES);
    return time.ps;
}

int64_t
TransmitPort::GetHold(const EthernetFrame& frame) const
{
    if (IsControl(frame))
    {
        return NEVER;
    }
    return m_holds ? std::max(m_pausedUntil, (*m_holds)[frame.GetPriority()]) : m_pausedUntil;
}

void
TransmitPort::ScheduleAfter(Entry& entry, int64_t hold)
{
    if (m_free.ps < hold)
    {
        m_free = {hold, 0};
    }
    Schedule(entry);
}

void
TransmitPort::ScheduleClasses()
{
    std::vector<Entry> waiting;
    for (std::size_t i = m_begun; i < m_line.GetSize(); ++i)
    {
        waiting.push_back(std::move(m_line[i]));
    }
    // The first frame of each class in the order of their places, then the next one of the class.
    std::array<std::size_t, FLOWS> heads;
    std::array<int64_t, FLOWS> holds{};
    const auto findNext = [&waiting](std::size_t place, std::size_t flow) {
        while (place < waiting.size() && GetFlow(waiting[place].frame) != flow)
        {
            ++place;
        }
        return place;
    };
    for (std::size_t flow = 0; flow < FLOWS; ++flow)
    {
        heads[flow] = findNext(0, flow);
        holds[flow] = heads[flow] < waiting.size() ? GetHold(waiting[heads[flow]].frame) : 0;
    }
    for (std::size_t i = m_begun; i < m_line.GetSize(); ++i)
    {
        // The one that may begin first, and of several that may the one that came first.
        std::size_t next = FLOWS;
        for (std::size_t flow = 0; flow < FLOWS; ++flow)
        {
            const auto start = [&](std::size_t which) { return std::max(m_free.ps, holds[which]); };
            if (heads[flow] < waiting.size() &&
                (next == FLOWS || start(flow) < start(next) ||
                 (start(flow) == start(next) && heads[flow] < heads[next])))
            {
                next = flow;
            }
        }
        m_line[i] = std::move(waiting[heads[next]]);
        ScheduleAfter(m_line[i], holds[next]);
        heads[next] = findNext(heads[next] + 1, next);
    }
}

void
TransmitPort::ScheduleHeld(int64_t now)
{
    Entry& last = m_line.GetBack();
    const int64_t hold = GetHold(last.frame);
    const std::size_t before = m_line.GetSize() - 1;
    // The line is in the order of beginning: what it may pass stands at the end.
    if (before > m_begun && GetHold(m_line[before - 1].frame) > std::max(hold, now))
    {
        Retime(now);
        return;
    }
    ScheduleAfter(last, hold);
}

} // namespace offload
} // namespace ns3
