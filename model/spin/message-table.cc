/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "message-table.h"

#include "execution-context.h"

namespace ns3
{
namespace offload
{

namespace
{
constexpr size_t BUCKETS = 64; //!< a power of two; more than the messages usually open
constexpr uint64_t GOLDEN =
    0x9E3779B97F4A7C15; //!< 2^64 / golden ratio, Knuth's multiplicative hash
} // namespace

MessageTable::MessageTable(uint32_t queues)
    : m_messages(queues),
      m_buckets(BUCKETS)
{
}

size_t
MessageTable::Bucket(const ExecutionContext& context, uint64_t key) const
{
    // Not the address: the order of things must not depend on the machine.
    return ((key + context.GetSlot() + 1) * GOLDEN >> 32) % BUCKETS;
}

Message*
MessageTable::Open(ExecutionContext& context, uint64_t key)
{
    const auto queues = static_cast<uint32_t>(m_messages.size());
    if (m_open == queues)
    {
        return nullptr;
    }
    while (m_messages[m_next])
    {
        m_next = m_next + 1 < queues ? m_next + 1 : 0;
    }
    Message& message = m_pool.Take();
    message.index = static_cast<uint16_t>(m_next);
    message.context = &context;
    message.key = key;
    message.listed = true;
    m_messages[m_next] = &message;
    m_next = m_next + 1 < queues ? m_next + 1 : 0;
    m_open++;
    Message*& bucket = m_buckets[Bucket(context, key)];
    message.next = bucket;
    bucket = &message;
    return &message;
}

Message*
MessageTable::Find(const ExecutionContext& context, uint64_t key) const
{
    Message* message = m_buckets[Bucket(context, key)];
    while (message && (message->key != key || message->context != &context))
    {
        message = message->next;
    }
    return message;
}

void
MessageTable::Unlist(Message& message)
{
    Message** link = &m_buckets[Bucket(*message.context, message.key)];
    while (*link != &message)
    {
        link = &(*link)->next;
    }
    *link = message.next;
    message.next = nullptr;
    message.listed = false;
}

void
MessageTable::Close(Message& message)
{
    m_messages[message.index] = nullptr;
    m_open--;
    m_pool.GiveBack(message);
}

} // namespace offload
} // namespace ns3
