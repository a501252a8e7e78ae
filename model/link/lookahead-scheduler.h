/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LOOKAHEAD_SCHEDULER_H
#define OFFLOAD_LOOKAHEAD_SCHEDULER_H

#include "quad-heap.h"

#include "ns3/object.h"
#include "ns3/ptr.h"
#include "ns3/scheduler.h"

#include <cstdint>
#include <limits>

namespace ns3
{
namespace offload
{

/** When the present ns-3 event happens and the next one is due, as a LookaheadScheduler says. */
struct EventHorizon : public Object
{
    /** @return the type's id */
    static TypeId GetTypeId();

    /// No scheduler tells: the next event may be due now
    static constexpr int64_t UNKNOWN = std::numeric_limits<int64_t>::min();
    /// There is no event
    static constexpr int64_t NONE = std::numeric_limits<int64_t>::max();

    int64_t time{UNKNOWN};    //!< the next event's instant in time steps
    int64_t present{UNKNOWN}; //!< the present event's: Simulator::Now(), asked at less cost
};

/**
 * ns-3's queue of events as a heap, which also tells when the next event is due.
 *
 * The order of events is that of every ns-3 scheduler, so the results are the same.
 */
class LookaheadScheduler : public Scheduler
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    LookaheadScheduler();
    ~LookaheadScheduler() override;

    // From Scheduler
    [[gnu::hot]] void Insert(const Event& event) override;
    [[gnu::hot]] bool IsEmpty() const override;
    Event PeekNext() const override;
    [[gnu::hot]] Event RemoveNext() override;
    void Remove(const Event& event) override;

  private:
    void SetHorizon(Ptr<EventHorizon> horizon); //!< attribute setter
    void Tell();                                //!< of the next event

    QuadHeap<Event> m_events;    //!< in the order of their keys
    Ptr<EventHorizon> m_horizon; //!< told of the next event
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LOOKAHEAD_SCHEDULER_H */
