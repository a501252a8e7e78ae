/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "completion-queue.h"

#include <algorithm>

namespace ns3
{
namespace offload
{
namespace
{

/// First allocation, entries
constexpr std::size_t FIRST_COMPLETIONS = 4;
/// Time of what can be seen, however far ahead of the simulator the NIC was when it came
constexpr int64_t VISIBLE = 0;

} // namespace

CompletionQueue::CompletionQueue(uint32_t depth, uint32_t context, int64_t latency)
    : m_depth(depth),
      m_context(context),
      m_latency(latency),
      m_event(this)
{
}

bool
CompletionQueue::Poll(Completion& completion)
{
    if (m_queue.empty() || m_queue.front().time > LookaheadQueue::Now())
    {
        return false;
    }
    completion = m_queue.front().completion;
    m_queue.pop_front();
    return true;
}

uint32_t
CompletionQueue::GetSize() const
{
    const int64_t now = LookaheadQueue::Now();
    uint32_t size = 0;
    while (size < m_queue.size() && m_queue[size].time <= now)
    {
        ++size;
    }
    return size;
}

void
CompletionQueue::SetNotifyCallback(NotifyCallback callback)
{
    m_callback = callback;
    if (!m_callback.IsNull() && !m_queue.empty())
    {
        m_event.SetBy(m_context, std::max(m_queue.front().time, LookaheadQueue::Now()) + m_latency);
    }
}

bool
CompletionQueue::Push(const Completion& completion, int64_t now, int64_t time)
{
    if (m_queue.size() == m_depth)
    {
        m_overflown = true;
        return false;
    }
    if (m_queue.full())
    {
        m_queue.set_capacity(std::max(FIRST_COMPLETIONS, 2 * m_queue.capacity()));
    }
    // Completions are seen in their order, whatever the NIC's writes to memory took.
    m_last = std::max(m_last, time);
    m_queue.push_back({completion, m_last > now ? m_last : VISIBLE});
    if (!m_callback.IsNull())
    {
        m_event.SetBy(m_context, m_last + m_latency);
    }
    return true;
}

void
CompletionQueue::Notify(int64_t now)
{
    // Later ones may come while the application polls: it is told of those in their turn.
    for (const auto& entry : m_queue)
    {
        if (entry.time > now)
        {
            m_event.SetBy(m_context, entry.time + m_latency);
            break;
        }
    }
    if (!m_callback.IsNull())
    {
        m_callback(Ptr<CompletionQueue>(this));
    }
}

} // namespace offload
} // namespace ns3
