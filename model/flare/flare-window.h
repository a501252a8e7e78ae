/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_WINDOW_H
#define OFFLOAD_FLARE_WINDOW_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Blocks of an allreduce at a host: which have their result, which are in flight and since when.
 * There are slots for so many blocks in flight; block b uses slot b mod their number.
 */
class FlareWindow
{
  public:
    /**
     * Begin with another allreduce.
     * @param first block without a result: those before it are complete
     * @param blocks how many there are
     * @param size blocks in flight at most
     */
    void Begin(uint32_t first, uint32_t blocks, uint32_t size)
    {
        m_open = blocks - first;
        m_complete.assign(blocks, false);
        std::fill_n(m_complete.begin(), first, true);
        m_slots.assign(std::min(size, m_open), Slot());
    }

    /** Wait for nothing any more. */
    void Close()
    {
        m_open = 0;
    }

    /** @return whether blocks have no result */
    bool IsOpen() const
    {
        return m_open > 0;
    }

    /** @return blocks in flight at most */
    uint32_t GetSize() const
    {
        return static_cast<uint32_t>(m_slots.size());
    }

    /** @return a block's slot */
    uint32_t GetSlot(uint32_t block) const
    {
        return block % GetSize();
    }

    /** @return whether a block has its result */
    bool IsComplete(uint32_t block) const
    {
        return m_complete[block];
    }

    /** @return whether a block is in flight, or has been */
    bool HasBegun(uint32_t block) const
    {
        const Slot& slot = m_slots[GetSlot(block)];
        return m_complete[block] || (slot.sentAt != NONE && slot.block == block);
    }

    /** @return first block without a result; their number if there is none */
    uint32_t GetFirstMissing() const
    {
        return static_cast<uint32_t>(std::find(m_complete.begin(), m_complete.end(), false) -
                                     m_complete.begin());
    }

    /**
     * A block is in flight, or news of it has come.
     * @param block which
     * @param time from which its time-out runs, ps
     */
    void Send(uint32_t block, int64_t time)
    {
        m_slots[GetSlot(block)] = {time, block};
    }

    /**
     * A block has its result.
     * @param block which had none
     * @return whether it was the last one
     */
    bool Complete(uint32_t block)
    {
        m_complete[block] = true;
        m_slots[GetSlot(block)].sentAt = NONE;
        return --m_open == 0;
    }

    /**
     * Look for blocks whose time is over.
     * @param now ps
     * @param timeout ps
     * @param repeat called for each of them; it says when it sends again
     * @return when to look next, ps
     */
    template <typename Repeat>
    int64_t FindLate(int64_t now, int64_t timeout, Repeat repeat)
    {
        int64_t next = now + timeout;
        for (const Slot& slot : m_slots)
        {
            if (slot.sentAt == NONE)
            {
                continue;
            }
            if (slot.sentAt + timeout <= now)
            {
                repeat(slot.block);
            }
            else
            {
                next = std::min(next, slot.sentAt + timeout);
            }
        }
        return next;
    }

  private:
    static constexpr int64_t NONE = INT64_MAX; //!< nothing is in flight

    /** A place for a block in flight. */
    struct Slot
    {
        int64_t sentAt{NONE}; //!< ps
        uint32_t block{0};    //!< which
    };

    uint32_t m_open{0};           //!< blocks without a result
    std::vector<bool> m_complete; //!< by block
    std::vector<Slot> m_slots;    //!< by block mod their number
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_WINDOW_H */
