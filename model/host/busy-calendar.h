/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_BUSY_CALENDAR_H
#define OFFLOAD_BUSY_CALENDAR_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * When something that serves one customer at a time is busy: a bus direction, a memory channel, a
 * core.
 *
 * Work may be reserved for a later instant than work that is reserved afterwards (the data of a
 * read come back long after its request). A plain busy-until time would make the later caller wait
 * for an idle server; this calendar lets it use the gap. A customer that does not fit into one gap
 * is served in pieces, as packets of several transfers share a bus.
 */
class BusyCalendar
{
  public:
    /** A reservation. */
    struct Slot
    {
        int64_t begin; //!< service begins, ps
        int64_t end;   //!< service is complete, ps
    };

    /**
     * Reserve the earliest free time from an instant on.
     * @param now the present instant, ps; what lies before it is forgotten
     * @param start service begins no earlier, ps
     * @param duration service time, ps
     * @return when the customer is served
     */
    Slot Reserve(int64_t now, int64_t start, int64_t duration);

    /** @return when everything reserved so far is done, ps; the past if idle */
    int64_t GetFreeAt() const
    {
        return m_busy.empty() ? 0 : m_busy.back().end;
    }

    /** @return number of separate busy intervals kept */
    std::size_t GetIntervals() const
    {
        return m_busy.size();
    }

  private:
    void Forget(int64_t now);

    std::vector<Slot> m_busy; //!< in order, apart from each other, none empty
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_BUSY_CALENDAR_H */
