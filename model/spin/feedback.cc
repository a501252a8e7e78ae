/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "feedback.h"

#include "cluster-scheduler.h"
#include "global-scheduler.h"
#include "spin-pipeline.h"

namespace ns3
{
namespace offload
{

Feedback::Feedback(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_registers(pipeline.config.clusters),
      m_last(pipeline.config.clusters - 1),
      m_deliver(CycleEvent::Of<Feedback, &Feedback::Deliver>(this, CyclePhase::GLOBAL_FEEDBACK))
{
    // A cluster's feedback finds its register empty and leaves, a cycle later.
    m_deliver.SetSlack(0, 2 + pipeline.HpuSendCycles(), 2 + pipeline.NativeSendCycles());
}

void
Feedback::Push(Task& task)
{
    task.ready = m_pipeline.clock.Now() + 1;
    m_registers[task.cluster].tasks.Push(task);
    m_registers[task.cluster].used++;
    m_waiting++;
    m_pipeline.clock.Wake(m_deliver, task.ready);
}

void
Feedback::Deliver()
{
    const uint64_t now = m_pipeline.clock.Now();
    const auto count = static_cast<uint32_t>(m_registers.size());
    uint32_t cluster = m_last;
    for (uint32_t i = 0; i < count; i++)
    {
        cluster = cluster + 1 == count ? 0 : cluster + 1;
        Register& entry = m_registers[cluster];
        if (entry.tasks.IsEmpty() || entry.tasks.Front().ready > now)
        {
            continue;
        }
        Task& task = entry.tasks.Pop();
        m_last = task.cluster;
        m_waiting--;
        if (entry.used-- == REGISTER)
        {
            m_pipeline.clusters[m_last]->RegisterReady(now + 1);
        }
        m_pipeline.globalScheduler->TaskDone(task.cluster);
        m_pipeline.FinishTask(task);
        break;
    }
    if (m_waiting)
    {
        m_pipeline.clock.Wake(m_deliver, now + 1);
    }
}

} // namespace offload
} // namespace ns3
