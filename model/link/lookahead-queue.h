/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LOOKAHEAD_QUEUE_H
#define OFFLOAD_LOOKAHEAD_QUEUE_H

#include "event-lanes.h"
#include "lookahead-scheduler.h"

#include "ns3/ptr.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class LookaheadQueue;

/**
 * Something that happens at an instant and belongs to the owner: it is set, moved and cleared
 * again and again without allocation.
 *
 * A visible event happens as an ns-3 event of its node at exactly its instant: whatever it calls
 * may ask Simulator::Now(). Any other may happen while Simulator::Now() is still earlier, before
 * anything else in the simulation could see or change what it depends on. It takes the present
 * instant from its argument or LookaheadQueue::Now(), and tells nobody outside.
 */
class LookaheadEvent : private EventLanes::Item
{
  public:
    LookaheadEvent()
    {
        time = NEVER;
    }

    LookaheadEvent(const LookaheadEvent&) = delete;
    LookaheadEvent& operator=(const LookaheadEvent&) = delete;

    /** @return whether the event will happen */
    bool IsSet() const
    {
        return time != NEVER;
    }

    /** @return the instant at which it will happen, ps; NEVER if it is not set */
    int64_t GetTime() const
    {
        return time;
    }

    /**
     * Have the event happen at an instant, instead of the instant set before if there is one.
     * @param context id of the node in whose context it happens if it is visible
     * @param instant ps; not before LookaheadQueue::Now()
     */
    [[gnu::hot]] inline void Set(uint32_t context, int64_t instant);

    /**
     * Have the event happen at an instant or before it: the owner looks again and sets it anew if
     * need be. Cheaper than Set for what is put off again and again.
     * @param context see Set
     * @param instant see Set
     */
    void SetBy(uint32_t context, int64_t instant)
    {
        if (instant < time)
        {
            Set(context, instant);
        }
    }

    /** The event does not happen. */
    void Clear();

    /// The instant of what is not set
    static constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();

  protected:
    virtual ~LookaheadEvent();

    /** @param now its instant, ps; the event is not set any more */
    virtual void Happen(int64_t now) = 0;

    /** @return whether it must not happen ahead of the simulator; asked when it is its turn */
    virtual bool IsVisible() const = 0;

    /**
     * Set() for an event that has just happened, from its Happen().
     * @param context see Set
     * @param instant see Set
     */
    inline void SetNext(uint32_t context, int64_t instant);

    /** @param silent the event is not visible until further notice, so IsVisible need not be asked
     */
    void SetSilent(bool silent)
    {
        tag = silent ? tag | SILENT : tag & ~SILENT;
    }

  private:
    friend class LookaheadQueue;

    [[gnu::hot]] void SetWithCare(uint32_t context, int64_t instant); //!< Set() when it takes more

    /// Bit of the tag: see SetSilent
    static constexpr uint32_t SILENT = EventLanes::KEPT_TAG;
    /// Bit of the tag: ns-3 will wake the queue up for this setting
    static constexpr uint32_t WOKEN = EventLanes::PASSING_TAG;

    uint32_t m_context{0}; //!< see Set
};

/**
 * A LookaheadEvent that calls a member function of its owner.
 * @tparam T the owner
 * @tparam method called with the present instant in ps
 * @tparam visible see LookaheadEvent
 */
template <typename T, void (T::*method)(int64_t), bool visible>
class LookaheadTimer final : public LookaheadEvent
{
  public:
    /** @param owner outlives this */
    explicit LookaheadTimer(T* owner)
        : m_owner(owner)
    {
    }

  private:
    void Happen(int64_t now) override
    {
        (m_owner->*method)(now);
    }

    bool IsVisible() const override
    {
        return visible;
    }

    T* m_owner; //!< whose method is called
};

/**
 * What links, switches and transports do among themselves, apart from ns-3's queue of events.
 *
 * An ns-3 event costs about a thousand instructions, several times the work of a hop. Most of what
 * happens in a network is seen by nobody but the next device. Such events wait here; one ns-3 event
 * runs as many of them as come before the next ns-3 event of anybody else, of which the
 * LookaheadScheduler tells. Since nothing else happens in between, the outcome is that of running
 * each at its own instant, in the order of their instants and, for the same instant, of being set.
 *
 * With a simulator other than ns3::DefaultSimulatorImpl (distributed, real time) nothing runs
 * ahead: other ranks and the outside world are not in the scheduler.
 */
class LookaheadQueue
{
  public:
    /** @return this simulation's queue; made when first asked for, gone with Simulator::Destroy */
    static LookaheadQueue& Get()
    {
        return s_current ? *s_current : Make();
    }

    /** @return the instant of what happens now, ps */
    static int64_t Now()
    {
        if (s_running)
        {
            return s_running->m_now;
        }
        // Who asks uses links: the queue is there, with its scheduler, before a script chooses one.
        return Get().GetSimulatorNow();
    }

    /** Use Get(): the instances are SimulationSingleton's. */
    LookaheadQueue();
    ~LookaheadQueue();

    LookaheadQueue(const LookaheadQueue&) = delete;
    LookaheadQueue& operator=(const LookaheadQueue&) = delete;

    /** @return whether what happens now is ahead of Simulator::Now() */
    bool IsAhead() const
    {
        return s_running && m_now > m_simulatorNow;
    }

    /**
     * Call a function when Simulator::Now() is the present instant: now, unless the present is
     * ahead of it. For traces; allocates in the second case.
     * @param context id of the node
     * @param call the function
     */
    void Surface(uint32_t context, std::function<void()> call);

    /** @return how many events have happened */
    uint64_t GetEventCount() const
    {
        return m_count;
    }

  private:
    friend class LookaheadEvent;
    class Wakeup;
    class Call;

    /** @return Simulator::Now() in time steps */
    int64_t GetSimulatorNow() const
    {
        const int64_t present = m_horizon->present;
        return present != EventHorizon::UNKNOWN ? present : Simulator::Now().GetTimeStep();
    }

    void Clear(LookaheadEvent& event);
    [[gnu::hot]] void WakeUp(); //!< for the first event
    [[gnu::hot]] void Run(uint32_t context);
    [[gnu::hot]] void WakeUp(LookaheadEvent& event);
    static LookaheadQueue& Make();
    LookaheadEvent* GetFirst(int64_t limit);
    [[gnu::hot]] void ScheduleWakeup(uint32_t context, int64_t time);

    /// This simulation's queue: what SimulationSingleton would look up
    static LookaheadQueue* s_current;
    /// The same while an event happens, otherwise null
    static LookaheadQueue* s_running;

    EventLanes m_set;                           //!< what is set
    uint64_t m_count{0};                        //!< see GetEventCount
    int64_t m_now{0};                           //!< see Now, while running
    int64_t m_simulatorNow{0};                  //!< Simulator::Now(), while running
    Ptr<EventHorizon> m_horizon;                //!< the next ns-3 event
    std::vector<Ptr<Wakeup>> m_wakeups;         //!< all
    std::vector<Wakeup*> m_idle;                //!< those that are not scheduled
    std::vector<std::unique_ptr<Call>> m_calls; //!< pending and done calls of Surface
};

void
LookaheadEvent::Set(uint32_t context, int64_t instant)
{
    // Mostly, one event sets another one. Everything else is done elsewhere, lest this need a
    // stack.
    LookaheadQueue* queue = LookaheadQueue::s_running;
    if (!queue || IsSet())
    {
        SetWithCare(context, instant);
        return;
    }
    SetNext(context, instant);
}

void
LookaheadEvent::SetNext(uint32_t context, int64_t instant)
{
    LookaheadQueue* queue = LookaheadQueue::s_running;
    time = instant;
    m_context = context;
    queue->m_set.Insert(*this, instant - queue->m_now);
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LOOKAHEAD_QUEUE_H */
