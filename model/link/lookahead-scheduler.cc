/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "lookahead-scheduler.h"

#include "ns3/assert.h"
#include "ns3/event-impl.h"
#include "ns3/pointer.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(EventHorizon);
NS_OBJECT_ENSURE_REGISTERED(LookaheadScheduler);

TypeId
EventHorizon::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::EventHorizon")
                            .SetParent<Object>()
                            .SetGroupName("Offload")
                            .AddConstructor<EventHorizon>();
    return tid;
}

TypeId
LookaheadScheduler::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::LookaheadScheduler")
                            .SetParent<Scheduler>()
                            .SetGroupName("Offload")
                            .AddConstructor<LookaheadScheduler>()
                            .AddAttribute("Horizon",
                                          "Told of the instant of the next event; null for none.",
                                          PointerValue(),
                                          MakePointerAccessor(&LookaheadScheduler::SetHorizon),
                                          MakePointerChecker<EventHorizon>());
    return tid;
}

LookaheadScheduler::LookaheadScheduler() = default;

LookaheadScheduler::~LookaheadScheduler()
{
    if (m_horizon)
    {
        m_horizon->time = EventHorizon::UNKNOWN;
        m_horizon->present = EventHorizon::UNKNOWN;
    }
}

void
LookaheadScheduler::SetHorizon(Ptr<EventHorizon> horizon)
{
    m_horizon = horizon;
    Tell();
}

void
LookaheadScheduler::Tell()
{
    if (m_horizon)
    {
        m_horizon->time = m_events.IsEmpty() ? EventHorizon::NONE
                                             : static_cast<int64_t>(m_events.GetTop().key.m_ts);
    }
}

void
LookaheadScheduler::Insert(const Event& event)
{
    m_events.Push(event);
    Tell();
}

bool
LookaheadScheduler::IsEmpty() const
{
    return m_events.IsEmpty();
}

Scheduler::Event
LookaheadScheduler::PeekNext() const
{
    return m_events.GetTop();
}

Scheduler::Event
LookaheadScheduler::RemoveNext()
{
    const Event next = m_events.GetTop();
    m_events.Pop();
    if (m_horizon)
    {
        m_horizon->present = static_cast<int64_t>(next.key.m_ts);
    }
    Tell();
    return next;
}

void
LookaheadScheduler::Remove(const Event& event)
{
    const auto& items = m_events.GetItems();
    const auto found = std::find_if(items.begin(), items.end(), [&event](const Event& item) {
        return item.key.m_uid == event.key.m_uid;
    });
    NS_ASSERT_MSG(found != items.end(), "there is no such event");
    m_events.Erase(static_cast<std::size_t>(found - items.begin()));
    Tell();
}

} // namespace offload
} // namespace ns3
