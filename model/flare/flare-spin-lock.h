/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SPIN_LOCK_H
#define OFFLOAD_FLARE_SPIN_LOCK_H

#include "flare-handler.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A set of buffers of which each is one handler's at a time. Whoever finds none idle holds its core
 * and looks again after a pause, as PsPIN's spin_lock_lock does: the first to look after a release
 * gets the buffer, be it one that waited or one that has just come.
 */
class FlareSpinLock
{
  public:
    /// From one look to the next: backoff of 32 cycles, amoor, its use and a branch (PsPIN
    /// sw/runtime/include/pspin.h, spin_lock_lock; CoreTiming)
    static constexpr uint32_t PERIOD = 32 + 1 + 1 + 3;

    /** @param buffers how many there are, at most 32; all are idle */
    void Reset(uint32_t buffers)
    {
        m_idle = buffers < MOST ? (1U << buffers) - 1 : ~0U;
        m_first = NOBODY;
        m_wakePending = false;
    }

    /**
     * @return the idle buffer of the lowest number, taken now; NONE if there is none
     */
    uint32_t Take()
    {
        if (m_idle == 0)
        {
            return NONE;
        }
        const auto buffer = static_cast<uint32_t>(__builtin_ctz(m_idle));
        m_idle &= m_idle - 1;
        return buffer;
    }

    /**
     * A handler has found no idle buffer.
     * @param task it; is woken up when it is its turn to look
     * @param cycle when it looked
     */
    void Wait(FlareTask& task, uint64_t cycle);

    /**
     * A handler that was woken up has got a buffer.
     * @param task it
     * @param services the unit
     */
    void Leave(const FlareTask& task, FlareServices& services);

    /** A handler was woken up, in vain or not. */
    void Woken()
    {
        m_wakePending = false;
    }

    /**
     * @param buffer is idle
     * @param cycle from now on
     * @param services the unit
     */
    void Release(uint32_t buffer, uint64_t cycle, FlareServices& services);

    /**
     * Wake up who looks next, if a buffer is idle and somebody waits.
     * @param cycle now
     * @param services the unit
     */
    void WakeNext(uint64_t cycle, FlareServices& services);

    static constexpr uint32_t MOST = 32;           //!< buffers in a set
    static constexpr uint32_t NONE = UINT32_MAX;   //!< no buffer
    static constexpr uint16_t NOBODY = UINT16_MAX; //!< no core

  private:
    uint32_t m_idle{1};        //!< bit i: buffer i
    uint16_t m_first{NOBODY};  //!< core that waits, head of a list
    bool m_wakePending{false}; //!< somebody will look
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SPIN_LOCK_H */
