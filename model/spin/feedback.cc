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
      m_arbiter(pipeline.config.clusters),
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
    m_used |= uint64_t{1} << task.cluster;
    m_pipeline.clock.Wake(m_deliver, task.ready);
}

void
Feedback::Deliver()
{
    const uint64_t now = m_pipeline.clock.Now();
    const uint64_t requests = GatherRequests(m_used, [this, now](unsigned cluster) {
        return m_registers[cluster].tasks.Front().ready <= now;
    });
    if (requests)
    {
        const unsigned cluster = m_arbiter.Choose(requests);
        m_arbiter.Grant();
        Register& entry = m_registers[cluster];
        Task& task = entry.tasks.Pop();
        m_used ^= uint64_t{entry.tasks.IsEmpty()} << cluster;
        if (entry.used-- == REGISTER)
        {
            m_pipeline.clusters[cluster]->RegisterReady(now + 1);
        }
        m_pipeline.globalScheduler->TaskDone(cluster);
        m_pipeline.FinishTask(task);
    }
    if (m_used)
    {
        m_pipeline.clock.Wake(m_deliver, now + 1);
    }
}

} // namespace offload
} // namespace ns3
