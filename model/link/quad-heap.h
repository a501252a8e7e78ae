/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_QUAD_HEAP_H
#define OFFLOAD_QUAD_HEAP_H

#include <cstddef>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A priority queue whose nodes have four children: half as deep as a binary heap, and the children
 * of a node share a cache line or two.
 *
 * @tparam T what is queued; the least one by operator< comes first
 */
template <typename T>
class QuadHeap
{
  public:
    /** @return whether nothing is queued */
    bool IsEmpty() const
    {
        return m_items.empty();
    }

    /** @return the first; there must be one */
    const T& GetTop() const
    {
        return m_items.front();
    }

    /** @param item one more */
    void Push(const T& item)
    {
        m_items.push_back(item);
        SiftUp(m_items.size() - 1, item);
    }

    /** Take the first away; there must be one. */
    void Pop()
    {
        const T last = m_items.back();
        m_items.pop_back();
        if (!m_items.empty())
        {
            SiftDown(0, last);
        }
    }

    /**
     * Take one away.
     * @param place its index in GetItems()
     */
    void Erase(std::size_t place)
    {
        const T last = m_items.back();
        m_items.pop_back();
        if (place == m_items.size())
        {
            return;
        }
        if (place > 0 && last < m_items[(place - 1) / CHILDREN])
        {
            SiftUp(place, last);
        }
        else
        {
            SiftDown(place, last);
        }
    }

    /** @return all items, the first one first and the others in no order */
    std::vector<T>& GetItems()
    {
        return m_items;
    }

    /** Restore the order after the items were changed. */
    void Rebuild()
    {
        for (std::size_t i = m_items.size(); i-- > 0;)
        {
            const T item = m_items[i];
            SiftDown(i, item);
        }
    }

  private:
    static constexpr std::size_t CHILDREN = 4;

    void SiftUp(std::size_t place, const T& item)
    {
        while (place > 0)
        {
            const std::size_t parent = (place - 1) / CHILDREN;
            if (!(item < m_items[parent]))
            {
                break;
            }
            m_items[place] = m_items[parent];
            place = parent;
        }
        m_items[place] = item;
    }

    [[gnu::hot]] void SiftDown(std::size_t place, const T& item)
    {
        const std::size_t size = m_items.size();
        T* items = m_items.data();
        for (std::size_t child = CHILDREN * place + 1; child < size; child = CHILDREN * place + 1)
        {
            std::size_t least = child;
            if (child + CHILDREN <= size)
            {
                // All four: two pairs, then their winners.
                const std::size_t first = items[child + 1] < items[child] ? child + 1 : child;
                const std::size_t second =
                    items[child + 3] < items[child + 2] ? child + 3 : child + 2;
                least = items[second] < items[first] ? second : first;
            }
            else
            {
                for (std::size_t i = child + 1; i < size; ++i)
                {
                    least = items[i] < items[least] ? i : least;
                }
            }
            if (!(items[least] < item))
            {
                break;
            }
            items[place] = items[least];
            place = least;
        }
        items[place] = item;
    }

    std::vector<T> m_items; //!< children of i are 4 i + 1 to 4 i + 4
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_QUAD_HEAP_H */
