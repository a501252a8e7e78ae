/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MESSAGE_TABLE_H
#define OFFLOAD_MESSAGE_TABLE_H

#include "spin-types.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The open messages of a unit: which message processing queue serves which message of which
 * context. Message ids are the numbers of the queues.
 */
class MessageTable
{
  public:
    /** @param queues number of message processing queues */
    explicit MessageTable(uint32_t queues);

    /**
     * Open a message.
     * @param context whose
     * @param key unique among the context's open messages
     * @return the message, or null when all queues are taken
     */
    [[gnu::hot]] Message* Open(ExecutionContext& context, uint64_t key);

    /**
     * @param context whose
     * @param key as when it was opened
     * @return the message to which more packets may come, or null
     */
    Message* Find(const ExecutionContext& context, uint64_t key) const;

    /**
     * No more packets come to the message: its key may be used again.
     * @param message a listed message
     */
    [[gnu::hot]] void Unlist(Message& message);

    /**
     * Give the message's queue back.
     * @param message not listed
     */
    [[gnu::hot]] void Close(Message& message);

    /**
     * @param index number of a queue
     * @return its message, or null
     */
    Message* Get(uint32_t index) const
    {
        return m_messages[index];
    }

    /** @return messages with a queue */
    uint32_t GetOpen() const
    {
        return m_open;
    }

    /** @return number of queues */
    uint32_t GetQueues() const
    {
        return static_cast<uint32_t>(m_messages.size());
    }

  private:
    size_t Bucket(const ExecutionContext& context, uint64_t key) const;

    std::vector<Message*> m_messages; //!< by queue
    std::vector<Message*> m_buckets;  //!< listed messages by hash of context and key
    Pool<Message> m_pool;             //!< memory
    uint32_t m_open{0};               //!< messages with a queue
    uint32_t m_next{0};               //!< queue to try first
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MESSAGE_TABLE_H */
