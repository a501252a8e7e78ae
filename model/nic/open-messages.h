/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_OPEN_MESSAGES_H
#define OFFLOAD_OPEN_MESSAGES_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The messages whose first packet was matched and whose last one has not come: a hash table of a
 * NIC, open addressing, bounded.
 */
class OpenMessages
{
  public:
    /** An open message. */
    struct Message
    {
        uint64_t key;       //!< unique among the rule's messages
        uint32_t rule;      //!< whose message it is
        bool used{false};   //!< the slot is taken
        int64_t lastPacket; //!< when the last packet came, ps
    };

    /** @param capacity most messages at a time */
    void SetCapacity(uint32_t capacity);

    /** @return most messages at a time */
    uint32_t GetCapacity() const
    {
        return m_capacity;
    }

    /** @return messages now */
    uint32_t GetSize() const
    {
        return m_size;
    }

    /**
     * @param rule whose message
     * @param key which message
     * @return the message, valid until the table changes; null if it is not open
     */
    [[gnu::hot]] Message* Find(uint32_t rule, uint64_t key);

    /**
     * @param rule whose message
     * @param key which message; not in the table
     * @param now the present instant, ps
     * @return false if the table is full
     */
    bool Insert(uint32_t rule, uint64_t key, int64_t now);

    /** @param message as found */
    void Erase(Message* message);

    /**
     * Look at all messages and take out some.
     * @tparam F takes a const Message& and returns whether to take it out
     * @param condition which
     */
    template <typename F>
    void EraseIf(F condition)
    {
        // Removal moves messages to earlier slots, or round the end: look again until none is left.
        for (bool changed = true; changed;)
        {
            changed = false;
            for (std::size_t i = 0; i < m_slots.size(); ++i)
            {
                while (m_slots[i].used && condition(m_slots[i]))
                {
                    Erase(&m_slots[i]);
                    changed = true;
                }
            }
        }
    }

  private:
    std::size_t Home(uint32_t rule, uint64_t key) const;
    void Grow();

    std::vector<Message> m_slots; //!< a power of two of them, at most half used
    uint32_t m_capacity{0};       //!< bound
    uint32_t m_size{0};           //!< used
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_OPEN_MESSAGES_H */
