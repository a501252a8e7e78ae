/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "lookahead-queue.h"

#include "ns3/assert.h"
#include "ns3/event-impl.h"
#include "ns3/object-factory.h"
#include "ns3/pointer.h"
#include "ns3/simulation-singleton.h"
#include "ns3/simulator-impl.h"

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
    void Notify() override
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
LookaheadEvent::Set(uint32_t context, int64_t time)
{
    LookaheadQueue::Get().Set(*this, context, time);
}

LookaheadEvent::~LookaheadEvent()
{
    if (m_entries > 0)
    {
        m_queue->Forget(*this);
    }
}

LookaheadQueue&
LookaheadQueue::Get()
{
    return *SimulationSingleton<LookaheadQueue>::Get();
}

int64_t
LookaheadQueue::Now()
{
    const LookaheadQueue& queue = Get();
    return queue.m_running ? queue.m_now : Simulator::Now().GetTimeStep();
}

LookaheadQueue::LookaheadQueue()
    : m_horizon(CreateObject<EventHorizon>())
{
    Ptr<SimulatorImpl> simulator = Simulator::GetImplementation();
    if (simulator->GetInstanceTypeId().GetName() == SEQUENTIAL)
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
    for (const auto& entry : m_heap.GetItems())
    {
        if (entry.event)
        {
            entry.event->m_time = LookaheadEvent::NEVER;
            entry.event->m_entries = 0;
            entry.event->m_queue = nullptr;
        }
    }
}

void
LookaheadQueue::Set(LookaheadEvent& event, uint32_t context, int64_t time)
{
    event.m_time = time;
    event.m_context = context;
    event.m_order = ++m_order;
    event.m_queue = this;
    if (event.m_entries++ == 0)
    {
        // It may have been woken up under this number in an earlier simulation.
        event.m_woken = 0;
    }
    const Entry entry{time, m_order, &event};
    if (m_topDone)
    {
        m_topDone = false;
        m_heap.ReplaceTop(entry);
        return;
    }
    m_heap.Push(entry);
    if (!m_running && FindNext())
    {
        WakeUp();
    }
}

void
LookaheadQueue::Forget(LookaheadEvent& event)
{
    for (auto& entry : m_heap.GetItems())
    {
        if (entry.event == &event)
        {
            entry.event = nullptr;
        }
    }
    event.m_entries = 0;
}

bool
LookaheadQueue::FindNext()
{
    while (!m_heap.IsEmpty())
    {
        const Entry& top = m_heap.GetTop();
        if (top.event && top.event->m_order == top.order && top.event->IsSet())
        {
            return true;
        }
        if (top.event)
        {
            --top.event->m_entries;
        }
        m_heap.Pop();
    }
    return false;
}

void
LookaheadQueue::Run(uint32_t context)
{
    m_simulatorNow = Simulator::Now().GetTimeStep();
    m_running = true;
    bool more = FindNext();
    for (bool visible = false; more && !visible; more = FindNext())
    {
        const Entry top = m_heap.GetTop();
        visible = top.event->IsVisible();
        const bool due = top.time <= m_simulatorNow;
        if (due ? visible && top.event->m_context != context
                : visible || top.time >= m_horizon->time)
        {
            break;
        }
        top.event->m_time = LookaheadEvent::NEVER;
        --top.event->m_entries;
        m_now = top.time;
        ++m_count;
        m_topDone = true;
        top.event->Happen(top.time);
        if (m_topDone)
        {
            m_topDone = false;
            m_heap.Pop();
        }
    }
    m_running = false;
    if (more)
    {
        WakeUp();
    }
    else if (m_now > m_simulatorNow && m_horizon->time == EventHorizon::NONE)
    {
        // Nothing else would take ns-3's clock to where the simulation ends.
        ScheduleWakeup(context, m_now);
    }
}

void
LookaheadQueue::WakeUp()
{
    const Entry& top = m_heap.GetTop();
    if (top.event->m_woken == top.order)
    {
        return;
    }
    top.event->m_woken = top.order;
    ScheduleWakeup(top.event->m_context, top.time);
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
    const int64_t delay = time - Simulator::Now().GetTimeStep();
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
