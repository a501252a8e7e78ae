/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "trigger-counter.h"

#include "rdma-engine.h"

#include <algorithm>
#include <functional>

namespace ns3
{
namespace offload
{

TriggerCounter::TriggerCounter(RdmaEngine& engine)
    : m_engine(&engine),
      m_timer(this)
{
    m_engine->m_counters.push_back(this);
}

TriggerCounter::~TriggerCounter()
{
    if (m_engine)
    {
        auto& counters = m_engine->m_counters;
        counters.erase(std::find(counters.begin(), counters.end(), this));
    }
}

void
TriggerCounter::Forget(const QueuePair& queuePair)
{
    const auto last = std::remove_if(m_armed.begin(), m_armed.end(), [&](const Armed& armed) {
        return PeekPointer(armed.queuePair) == &queuePair;
    });
    m_armed.erase(last, m_armed.end());
}

void
TriggerCounter::Dispose()
{
    m_timer.Clear();
    m_coming.clear();
    m_armed.clear();
    m_engine = nullptr;
}

bool
TriggerCounter::IsNoticed() const
{
    return m_engine && m_engine->IsNoticed();
}

void
TriggerCounter::Trigger(uint64_t threshold, Ptr<QueuePair> queuePair, const WorkRequest& work)
{
    if (!m_engine)
    {
        return;
    }
    m_armed.push_back({threshold, queuePair, work});
    Look(LookaheadQueue::Now());
}

void
TriggerCounter::Count(int64_t time)
{
    if (!m_engine)
    {
        return;
    }
    m_coming.push_back(time + m_engine->m_triggerTime.GetTimeStep());
    std::push_heap(m_coming.begin(), m_coming.end(), std::greater<>());
    m_timer.SetBy(m_engine->m_context, m_coming.front());
}

void
TriggerCounter::Look(int64_t now)
{
    while (!m_coming.empty() && m_coming.front() <= now)
    {
        std::pop_heap(m_coming.begin(), m_coming.end(), std::greater<>());
        m_coming.pop_back();
        ++m_count;
    }
    const auto due = [this](const Armed& armed) { return armed.threshold <= m_count; };
    for (auto next = std::find_if(m_armed.begin(), m_armed.end(), due); next != m_armed.end();
         next = std::find_if(m_armed.begin(), m_armed.end(), due))
    {
        const Armed armed = *next;
        m_armed.erase(next);
        if (armed.queuePair->PostFromNic(armed.work, nullptr) != PostResult::POSTED)
        {
            armed.queuePair->SetError();
        }
    }
    if (!m_coming.empty())
    {
        m_timer.SetBy(m_engine->m_context, m_coming.front());
    }
}

} // namespace offload
} // namespace ns3
