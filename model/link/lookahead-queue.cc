/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "lookahead-queue.h"

#include "ns3/assert.h"
#include "ns3/event-impl.h"
#include "ns3/global-value.h"
#include "ns3/map-scheduler.h"
#include "ns3/object-factory.h"
#include "ns3/pointer.h"
#include "ns3/simulation-singleton.h"
#include "ns3/simulator-impl.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/// The only simulator whose scheduler knows all that may happen
const char* const SEQUENTIAL = "ns3::DefaultSimulatorImpl";

/** @return whether the user has chosen a scheduler, instead of ns-3's default */
bool
HasOwnScheduler()
{
    TypeIdValue type;
    GlobalValue::GetValueByName("SchedulerType", type);
    return type.Get() != MapScheduler::GetTypeId();
}

} // namespace

/** The ns-3 event that runs the queue. */
class LookaheadQueue::Wakeup : public EventImpl
{
  public:
    explicit Wakeup(LookaheadQueue* queue)
        : m_queue(queue)
    {
    }

    uint32_t context{0}; //!< id of the node in whose context it happens

    void Detach() //!< the queue goes away
    {
        m_queue = nullptr;
    }

  private:
    [[gnu::hot]] void Notify() override
    {
        if (m_queue)
        {
            m_queue->m_idle.push_back(this);
            m_queue->Run(context);
        }
    }

    LookaheadQueue* m_queue; //!< null after Detach
};

/** A pending call of Surface(). */
class LookaheadQueue::Call : public LookaheadEvent
{
  public:
    explicit Call(std::function<void()> call)
        : m_call(std::move(call))
    {
    }

  private:
    void Happen(int64_t) override
    {
        std::exchange(m_call, nullptr)();
    }

    bool IsVisible() const override
    {
        return true;
    }

    std::function<void()> m_call; //!< what to do
};

void
LookaheadEvent::SetWithCare(uint32_t context, int64_t instant)
{
    LookaheadQueue& queue = LookaheadQueue::Get();
    if (IsSet())
    {
        queue.m_set.Remove(*this);
    }
    time = instant;
    m_context = context;
    const bool running = LookaheadQueue::s_running != nullptr;
    queue.m_set.Insert(*this, running ? instant - queue.m_now : EventLanes::NO_DELAY);
    if (!running)
    {
        queue.WakeUp();
    }
}

void
LookaheadEvent::Clear()
{
    if (IsSet())
    {
        LookaheadQueue::Get().Clear(*this);
    }
}

LookaheadEvent::~LookaheadEvent()
{
    Clear();
}

LookaheadQueue* LookaheadQueue::s_current = nullptr;
LookaheadQueue* LookaheadQueue::s_running = nullptr;

LookaheadQueue&
LookaheadQueue::Make()
{
    s_current = SimulationSingleton<LookaheadQueue>::Get();
    return *s_current;
}

LookaheadQueue::LookaheadQueue()
    : m_horizon(CreateObject<EventHorizon>())
{
    Ptr<SimulatorImpl> simulator = Simulator::GetImplementation();
    if (simulator->GetInstanceTypeId().GetName() == SEQUENTIAL && !HasOwnScheduler())
    {
        ObjectFactory factory;
        factory.SetTypeId(LookaheadScheduler::GetTypeId());
        factory.Set("Horizon", PointerValue(m_horizon));
        Simulator::SetScheduler(factory);
    }
}

LookaheadQueue::~LookaheadQueue()
{
    for (const auto& wakeup : m_wakeups)
    {
        wakeup->Detach();
    }
    m_calls.clear();
    while (LookaheadEvent* first = GetFirst(LookaheadEvent::NEVER))
    {
        Clear(*first);
    }
    s_current = s_running = nullptr;
}

LookaheadEvent*
LookaheadQueue::GetFirst(int64_t limit)
{
    return static_cast<LookaheadEvent*>(m_set.GetFirst(limit));
}

void
LookaheadQueue::Clear(LookaheadEvent& event)
{
    m_set.Remove(event);
    event.time = LookaheadEvent::NEVER;
}

void
LookaheadQueue::WakeUp()
{
    WakeUp(*GetFirst(GetSimulatorNow()));
}

void
LookaheadQueue::Run(uint32_t context)
{
    m_simulatorNow = GetSimulatorNow();
    s_running = this;
    // Until the next ns-3 event, others set none.
    const int64_t& horizon = m_horizon->time;
    LookaheadEvent* first = GetFirst(horizon);
    for (; first; first = GetFirst(horizon))
    {
        bool visible = false;
        const int64_t time = first->time;
        if (time >= horizon && time > m_simulatorNow)
        {
            break;
        }
        if ((first->tag & LookaheadEvent::SILENT) == 0)
        {
            visible = first->IsVisible();
            if (visible && !(time <= m_simulatorNow && first->m_context == context))
            {
                break;
            }
        }
        m_set.TakeFirst(*first);
        first->time = LookaheadEvent::NEVER;
        m_now = time;
        ++m_count;
        first->Happen(time);
        if (visible && Simulator::IsFinished())
        {
            // Somebody may have called Simulator::Stop(): ns-3 shall look first.
            first = GetFirst(horizon);
            break;
        }
    }
    s_running = nullptr;
    if (first)
    {
        WakeUp(*first);
    }
    else if (m_now > m_simulatorNow && m_horizon->time == EventHorizon::NONE)
    {
        // Nothing else would take ns-3's clock to where the simulation ends.
        ScheduleWakeup(context, m_now);
    }
}

void
LookaheadQueue::WakeUp(LookaheadEvent& event)
{
    if ((event.tag & LookaheadEvent::WOKEN) == 0)
    {
        event.tag |= LookaheadEvent::WOKEN;
        ScheduleWakeup(event.m_context, event.time);
    }
}

void
LookaheadQueue::ScheduleWakeup(uint32_t context, int64_t time)
{
    if (m_idle.empty())
    {
        m_wakeups.push_back(Create<Wakeup>(this));
        m_idle.push_back(PeekPointer(m_wakeups.back()));
    }
    Wakeup* wakeup = m_idle.back();
    m_idle.pop_back();
    wakeup->context = context;
    const int64_t delay = time - GetSimulatorNow();
    NS_ASSERT_MSG(delay >= 0, "an event of links or transports was set in the past");
    // The reference that ns-3 takes over is given back after the event.
    wakeup->Ref();
    Simulator::ScheduleWithContext(context, TimeStep(static_cast<uint64_t>(delay)), wakeup);
}

void
LookaheadQueue::Surface(uint32_t context, std::function<void()> call)
{
    if (!IsAhead())
    {
        call();
        return;
    }
    m_calls.erase(std::remove_if(m_calls.begin(),
                                 m_calls.end(),
                                 [](const auto& done) { return !done->IsSet(); }),
                  m_calls.end());
    m_calls.push_back(std::make_unique<Call>(std::move(call)));
    m_calls.back()->Set(context, m_now);
}

} // namespace offload
} // namespace ns3
