/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CONTENT_POOL_H
#define OFFLOAD_CONTENT_POOL_H

#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Where a simulation's FrameContents of a kind come from and go to: they are allocated many at a
 * time, and used again and again. It lives until the last one has come back, at the latest.
 *
 * \tparam Pool derives from this
 * \tparam Content has this for a friend, a Pool* m_pool, null while it is not in use, when it has a
 *         reference to it, and a Content* m_nextFree for the list of those that are not
 */
template <typename Pool, typename Content>
class ContentPool : public SimpleRefCount<Pool>
{
  public:
    ContentPool() = default;
    ContentPool(const ContentPool&) = delete;
    ContentPool& operator=(const ContentPool&) = delete;

    /** What SimulationSingleton keeps. */
    struct Holder
    {
        Ptr<Pool> pool{ns3::Create<Pool>()}; //!< the simulation's
    };

    /** @return contents that there are, in use or not */
    std::size_t GetCapacity() const
    {
        return m_slabs.size() * SLAB;
    }

    /**
     * Nobody refers to a content any more.
     * @param content what comes back; its pool may go away with it when the result does
     * @return its pool, until now
     */
    static Ptr<Pool> TakeBack(Content& content)
    {
        // The content's reference to the pool is the caller's now.
        Pool* pool = std::exchange(content.m_pool, nullptr);
        content.m_nextFree = pool->m_free;
        pool->m_free = &content;
        return Ptr<Pool>(pool, false);
    }

  protected:
    /** @return a content whose fields are those of its last use */
    Content& Take()
    {
        if (!m_free)
        {
            Grow();
        }
        Content& content = *m_free;
        m_free = content.m_nextFree;
        content.m_pool = static_cast<Pool*>(this);
        this->Ref();
        return content;
    }

  private:
    static constexpr std::size_t SLAB = 64; //!< contents that are allocated together

    [[gnu::cold]] __attribute__((noinline)) void Grow()
    {
        m_slabs.push_back(std::make_unique<Content[]>(SLAB));
        for (std::size_t i = SLAB; i-- > 0;)
        {
            Content& content = m_slabs.back()[i];
            content.m_nextFree = m_free;
            m_free = &content;
        }
    }

    Content* m_free{nullptr};                        //!< list of those not in use
    std::vector<std::unique_ptr<Content[]>> m_slabs; //!< all
};

/** Buffers that are used again and again. */
template <typename Buffer>
class BufferPool
{
  public:
    /** @return a buffer with any content */
    std::unique_ptr<Buffer> Create()
    {
        if (m_free.empty())
        {
            // Its bytes are written before they are read; zeroing them would be wasted.
            return std::unique_ptr<Buffer>(new Buffer);
        }
        std::unique_ptr<Buffer> buffer = std::move(m_free.back());
        m_free.pop_back();
        return buffer;
    }

    /** @param buffer not needed any more; may be null */
    void GiveBack(std::unique_ptr<Buffer>&& buffer)
    {
        if (buffer)
        {
            m_free.push_back(std::move(buffer));
        }
    }

  private:
    std::vector<std::unique_ptr<Buffer>> m_free; //!< not in use
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CONTENT_POOL_H */
