/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_TIMER_H
#define OFFLOAD_RDMA_TIMER_H

#include "ns3/lookahead-queue.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A timer inside an RDMA engine: ahead of the simulator's time unless somebody watches the engine.
 *
 * @tparam T the owner; its IsNoticed() says whether somebody watches
 * @tparam method called with the present instant in ps
 */
template <typename T, void (T::*method)(int64_t)>
class RdmaTimer final : public LookaheadEvent
{
  public:
    /** @param owner outlives this */
    explicit RdmaTimer(T* owner)
        : m_owner(owner)
    {
    }

  private:
    void Happen(int64_t now) override
    {
        (m_owner->*method)(now);
    }

    bool IsVisible() const override
    {
        return m_owner->IsNoticed();
    }

    T* m_owner; //!< whose method is called
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_TIMER_H */
