/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_REUSABLE_EVENT_H
#define OFFLOAD_REUSABLE_EVENT_H

#include "ns3/event-id.h"
#include "ns3/event-impl.h"
#include "ns3/nstime.h"
#include "ns3/ptr.h"
#include "ns3/simulator.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * An ns-3 event that calls one member function and can be scheduled again and again without
 * allocation.
 *
 * ns-3 allocates an EventImpl for each Simulator::Schedule; on a link or in a NIC that is the
 * larger part of the cost of an event. The owner keeps this object in a Ptr for its whole life,
 * must not schedule it a second time while it is pending, and calls Detach() when it goes away.
 *
 * @tparam T the owner
 * @tparam method the member function to call
 */
template <typename T, void (T::*method)()>
class ReusableEvent : public EventImpl
{
  public:
    explicit ReusableEvent(T* owner)
        : m_owner(owner)
    {
    }

    /** @return whether the event is scheduled and has not happened yet */
    bool IsPending() const
    {
        return m_pending;
    }

    /**
     * Schedule the event in the context of the running event.
     * @param delay time from now
     */
    void Schedule(const Time& delay)
    {
        m_pending = true;
        Simulator::Schedule(delay, Ptr<EventImpl>(this));
    }

    /**
     * Schedule the event in the context of a node, so that logs and traces name the right node.
     * @param context the node's id
     * @param delay time from now
     */
    void ScheduleWithContext(uint32_t context, const Time& delay)
    {
        m_pending = true;
        // The reference that ns-3 takes over is given back after the event.
        Ref();
        Simulator::ScheduleWithContext(context, delay, this);
    }

    /** Forget the owner: a pending event then does nothing. */
    void Detach()
    {
        m_owner = nullptr;
    }

  private:
    void Notify() override
    {
        m_pending = false;
        if (m_owner)
        {
            (m_owner->*method)();
        }
    }

    T* m_owner;            //!< whose method is called; null after Detach
    bool m_pending{false}; //!< scheduled and not yet happened
};

/**
 * Calls its owner at a set instant or earlier: the owner looks again and sets it anew if need be.
 *
 * That licence is what makes it cheap. Setting a later instant while one is pending leaves the
 * event in the simulator's queue where it is; only the rare move to an earlier instant gives the
 * pending event up. Nothing is allocated before the first use.
 *
 * Instants are picoseconds (time steps), so the caller reads the clock once for several alarms.
 *
 * @tparam T the owner
 * @tparam method the member function to call
 */
template <typename T, void (T::*method)()>
class Alarm
{
  public:
    explicit Alarm(T* owner)
        : m_owner(owner)
    {
    }

    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    ~Alarm()
    {
        Clear();
    }

    /** @return whether the owner will be called */
    bool IsSet() const
    {
        return m_event && m_event->IsPending();
    }

    /** @return the instant of the next call or, when called by the alarm, the present one */
    int64_t GetTime() const
    {
        return m_time;
    }

    /**
     * Have the owner called at an instant, or before it.
     * @param context id of the node in whose context the call is made
     * @param time the instant, not before now
     * @param now the present instant
     */
    void Set(uint32_t context, int64_t time, int64_t now)
    {
        if (IsSet())
        {
            if (m_time <= time)
            {
                return;
            }
            Clear();
        }
        if (!m_event)
        {
            m_event = Create<Event>(m_owner);
        }
        m_time = time;
        m_event->ScheduleWithContext(context, TimeStep(static_cast<uint64_t>(time - now)));
    }

    /** Call the owner no more until it sets the alarm again. */
    void Clear()
    {
        if (m_event)
        {
            m_event->Detach();
            m_event = nullptr;
        }
    }

  private:
    using Event = ReusableEvent<T, method>; //!< what sits in the simulator's queue

    T* m_owner;         //!< whose method is called
    Ptr<Event> m_event; //!< null until first set
    int64_t m_time{0};  //!< when the pending, else the last, call happens
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_REUSABLE_EVENT_H */
