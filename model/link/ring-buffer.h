/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RING_BUFFER_H
#define OFFLOAD_RING_BUFFER_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace ns3
{
namespace offload
{

/**
 * A first-in first-out queue in a ring whose capacity is a power of two: a place is found by a
 * mask. boost::circular_buffer takes any capacity, and looks for its end at each step.
 *
 * @tparam T what is queued
 */
template <typename T>
class RingBuffer
{
  public:
    RingBuffer() = default;

    RingBuffer(const RingBuffer&) = delete;
    RingBuffer& operator=(const RingBuffer&) = delete;

    ~RingBuffer()
    {
        Clear();
    }

    /** @return number of items */
    std::size_t GetSize() const
    {
        return m_size;
    }

    /** @return whether there is no item */
    bool IsEmpty() const
    {
        return m_size == 0;
    }

    /** @return number of items for which there is room */
    std::size_t GetCapacity() const
    {
        return m_mask + 1;
    }

    /** @return whether there is no room */
    bool IsFull() const
    {
        return m_size == GetCapacity();
    }

    /**
     * @param place from the front, less than GetSize()
     * @return the item
     */
    T& operator[](std::size_t place)
    {
        return m_slots[(m_front + place) & m_mask].item;
    }

    /** @copydoc operator[]() */
    const T& operator[](std::size_t place) const
    {
        return m_slots[(m_front + place) & m_mask].item;
    }

    /** @return the oldest item; there must be one */
    T& GetFront()
    {
        return m_slots[m_front & m_mask].item;
    }

    /** @copydoc GetFront() */
    const T& GetFront() const
    {
        return m_slots[m_front & m_mask].item;
    }

    /** @return the youngest item; there must be one */
    T& GetBack()
    {
        return (*this)[m_size - 1];
    }

    /**
     * Make an item at the back. There must be room.
     * @param arguments of the item's constructor, by braces
     * @return the item
     */
    template <typename... Ts>
    T& EmplaceBack(Ts&&... arguments)
    {
        T& item = (*this)[m_size];
        ::new (static_cast<void*>(&item)) T{std::forward<Ts>(arguments)...};
        ++m_size;
        return item;
    }

    /** Take the oldest item away; there must be one. */
    void PopFront()
    {
        PopFront(GetFront());
    }

    /** @param front what GetFront() returns: the same without looking for it */
    void PopFront(T& front)
    {
        front.~T();
        ++m_front;
        --m_size;
    }

    /**
     * @param place of the new item, at most GetSize(); there must be room
     * @param item moved from
     */
    void Insert(std::size_t place, T&& item)
    {
        EmplaceBack(std::move(item));
        for (std::size_t i = m_size - 1; i > place; --i)
        {
            std::swap((*this)[i], (*this)[i - 1]);
        }
    }

    /** @param capacity a power of two, not less than GetSize(); or 0, which takes all items away */
    void SetCapacity(std::size_t capacity)
    {
        RingBuffer other;
        if (capacity > 0)
        {
            other.m_slots = std::make_unique<Slot[]>(capacity);
            other.m_mask = static_cast<uint32_t>(capacity - 1);
            while (!IsEmpty())
            {
                other.EmplaceBack(std::move(GetFront()));
                PopFront();
            }
        }
        Swap(other);
    }

    /** @param other gets this ring's items and capacity, and this one its */
    void Swap(RingBuffer& other)
    {
        std::swap(m_slots, other.m_slots);
        std::swap(m_mask, other.m_mask);
        std::swap(m_front, other.m_front);
        std::swap(m_size, other.m_size);
    }

    /** Take all items away. */
    void Clear()
    {
        while (!IsEmpty())
        {
            PopFront();
        }
    }

  private:
    /** Room for an item, which is there or not. */
    union Slot {
        Slot() // NOLINT: nothing is there yet
        {
        }

        ~Slot()
        {
        }

        T item;
    };

    std::unique_ptr<Slot[]> m_slots; //!< null: there is no room
    // Not side by side, or compilers change front and size by one vector instruction and four more.
    uint32_t m_front{0};         //!< place of the oldest, before the mask
    uint32_t m_mask{UINT32_MAX}; //!< capacity minus one; all ones if there is none
    uint32_t m_size{0};          //!< see GetSize
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RING_BUFFER_H */
