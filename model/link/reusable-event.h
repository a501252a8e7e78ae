/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_REUSABLE_EVENT_H
#define OFFLOAD_REUSABLE_EVENT_H

#include "ns3/event-id.h"
#include "ns3/event-impl.h"
#include "ns3/ptr.h"
#include "ns3/simulator.h"

namespace ns3
{
namespace offload
{

/**
 * An ns-3 event that calls one member function and can be scheduled again and again without
 * allocation.
 *
 * ns-3 allocates an EventImpl for each Simulator::Schedule; on a link or in a NIC that is the
 * larger part of the cost of an event. The owner keeps this object in a Ptr for its whole life and
 * must not schedule it a second time while it is pending; Cancel() it when the owner goes away.
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
     * Schedule the event.
     * @param delay time from now
     */
    void Schedule(const Time& delay)
    {
        m_pending = true;
        Simulator::Schedule(delay, Ptr<EventImpl>(this));
    }

    /**
     * Schedule the event in the context of a node, so that logs and traces name the right node.
     * Needs more work in ns-3 than Schedule.
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

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_REUSABLE_EVENT_H */
