/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-spin-lock.h"

namespace ns3
{
namespace offload
{

void
FlareSpinLock::Wait(FlareTask& task, uint64_t cycle)
{
    task.waitingSince = cycle;
    task.nextWaiter = m_first;
    m_first = task.core;
}

void
FlareSpinLock::Leave(const FlareTask& task, FlareServices& services)
{
    uint16_t* link = &m_first;
    while (*link != task.core)
    {
        link = &services.GetTask(*link).nextWaiter;
    }
    *link = task.nextWaiter;
}

void
FlareSpinLock::Release(uint32_t buffer, uint64_t cycle, FlareServices& services)
{
    m_idle |= 1U << buffer;
    WakeNext(cycle, services);
}

void
FlareSpinLock::WakeNext(uint64_t cycle, FlareServices& services)
{
    if (m_wakePending || m_idle == 0 || m_first == NOBODY)
    {
        return;
    }
    uint64_t earliest = UINT64_MAX;
    uint16_t next = NOBODY;
    for (uint16_t core = m_first; core != NOBODY; core = services.GetTask(core).nextWaiter)
    {
        const uint64_t since = services.GetTask(core).waitingSince;
        const uint64_t look = since + (cycle - since + PERIOD - 1) / PERIOD * PERIOD;
        if (look < earliest || (look == earliest && core < next))
        {
            earliest = look;
            next = core;
        }
    }
    m_wakePending = true;
    services.Wake(next, earliest);
}

} // namespace offload
} // namespace ns3
