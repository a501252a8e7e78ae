/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "cluster-scheduler.h"

#include "cluster-dma.h"
#include "feedback.h"
#include "global-scheduler.h"
#include "hpu-driver.h"
#include "packet-dma.h"
#include "spin-pipeline.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

ClusterScheduler::ClusterScheduler(SpinPipeline& pipeline, uint32_t cluster)
    : m_pipeline(pipeline),
      m_cluster(cluster),
      m_feedbackArbiter(pipeline.config.hpusPerCluster),
      m_accept(
          CycleEvent::Of<ClusterScheduler, &ClusterScheduler::Accept>(this,
                                                                      CyclePhase::CLUSTER_ACCEPT)),
      m_dispatch(CycleEvent::Of<ClusterScheduler, &ClusterScheduler::Dispatch>(
          this,
          CyclePhase::CLUSTER_DISPATCH)),
      m_collect(CycleEvent::Of<ClusterScheduler, &ClusterScheduler::Collect>(
          this,
          CyclePhase::CLUSTER_FEEDBACK))
{
    pipeline.SetQuietSlack(m_accept, 0);
    m_dispatch.SetSlack(SpinPipeline::TASK_SLACK, pipeline.TaskSendCycles());
    // Its register, before the feedback is delivered; HPUs go on a cycle later.
    m_collect.SetSlack(1, 1 + pipeline.HpuSendCycles(), 1 + pipeline.NativeSendCycles());
    m_buffer.Reset(pipeline.config.l1PacketBytes, pipeline.config.l1PacketRings);
    m_hpus.reserve(pipeline.config.hpusPerCluster);
    for (uint32_t i = 0; i < pipeline.config.hpusPerCluster; i++)
    {
        m_hpus.push_back(std::make_unique<HpuDriver>(pipeline, cluster, i));
    }
}

ClusterScheduler::~ClusterScheduler() = default;

void
ClusterScheduler::Push(Task& task)
{
    task.ready = m_pipeline.clock.Now() + 1;
    m_register.Push(task);
    m_registerUsed++;
    m_pipeline.clock.Wake(m_accept, task.ready);
}

void
ClusterScheduler::Accept()
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_register.IsEmpty() || m_taskCount >= m_pipeline.globalScheduler->GetCapacity())
    {
        return; // Push or Dispatch wakes us
    }
    Task& task = m_register.Front();
    if (task.ready > now)
    {
        m_pipeline.clock.Schedule(m_accept, task.ready);
        return;
    }
    if (!m_buffer.Allocate(task.packet->size, now, task.l1Offset))
    {
        if (now < m_freed + L1PacketBuffer::SETTLE_CYCLES)
        {
            m_pipeline.clock.Wake(m_accept, now + 1);
        }
        return; // Collect wakes us
    }
    m_register.Pop();
    m_registerUsed--;
    if (m_pipeline.riscv)
    {
        m_dispatch.SetSlack(SpinPipeline::TASK_SLACK, m_pipeline.TaskSendCycles());
    }
    task.accepted = now + 1;
    m_pipeline.packetDma->Transfer(task, now + 1);
    m_tasks.Push(task);
    m_taskCount++;
    m_pipeline.globalScheduler->RegisterFree(m_cluster);
    if (m_tasks.HasOne() && task.ready != PacketDma::UNKNOWN)
    {
        // Otherwise the one before it is scheduled, or waits for an HPU.
        m_pipeline.clock.Wake(m_dispatch, task.ready);
    }
    if (!m_register.IsEmpty())
    {
        m_pipeline.clock.Wake(m_accept, now + 1);
    }
}

void
ClusterScheduler::PacketArrives(const Task& task)
{
    if (!m_tasks.IsEmpty() && &m_tasks.Front() == &task)
    {
        m_pipeline.clock.Wake(m_dispatch, std::max(task.ready, m_pipeline.clock.Now()));
    }
}

HpuDriver*
ClusterScheduler::FindIdle()
{
    const uint64_t now = m_pipeline.clock.Now();
    for (auto& hpu : m_hpus)
    {
        if (hpu->IsIdle(now))
        {
            return hpu.get(); // the lowest number wins
        }
    }
    return nullptr;
}

void
ClusterScheduler::Dispatch()
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_tasks.IsEmpty())
    {
        return;
    }
    if (m_tasks.Front().ready > now)
    {
        if (m_tasks.Front().ready != PacketDma::UNKNOWN) // otherwise PacketArrives wakes us
        {
            m_pipeline.clock.Schedule(m_dispatch, m_tasks.Front().ready);
        }
        return;
    }
    HpuDriver* hpu = FindIdle();
    if (!hpu)
    {
        return; // HpuIdle wakes us
    }
    Task& task = m_tasks.Pop();
    m_taskCount--;
    if (m_pipeline.TellsOfTransfers())
    {
        m_pipeline.TransferQueued(m_cluster, task.packet->size, true, task.accepted, task.ready);
    }
    if (!m_register.IsEmpty())
    {
        m_pipeline.clock.Wake(m_accept, now + 1);
    }
    if (!m_tasks.IsEmpty())
    {
        m_pipeline.clock.Wake(m_dispatch, now + 1);
    }
    hpu->Start(task);
}

void
ClusterScheduler::HpuIdle()
{
    if (!m_tasks.IsEmpty())
    {
        m_pipeline.clock.Wake(m_dispatch, m_pipeline.clock.Now() + 1);
    }
}

void
ClusterScheduler::FeedbackReady(uint32_t hpu, uint64_t cycle)
{
    m_feedbacks |= uint64_t{1} << hpu;
    m_pipeline.clock.Wake(m_collect, cycle);
}

void
ClusterScheduler::RegisterReady(uint64_t cycle)
{
    m_pipeline.clock.Wake(m_collect, cycle);
}

void
ClusterScheduler::Collect()
{
    const uint64_t now = m_pipeline.clock.Now();
    bool again = false;
    uint64_t requests = 0;
    for (uint64_t left = m_feedbacks; left; left &= left - 1)
    {
        const auto index = static_cast<unsigned>(__builtin_ctzll(left));
        const bool has = m_hpus[index]->HasFeedback(now);
        again |= has ? requests != 0 : m_hpus[index]->HasFeedback(now + 1);
        requests |= uint64_t{has} << index;
    }
    if (again)
    {
        m_pipeline.clock.Wake(m_collect, now + 1);
    }
    if (!requests)
    {
        return;
    }
    const unsigned chosen = m_feedbackArbiter.Choose(requests);
    if (!m_pipeline.feedback->HasRegister(m_cluster))
    {
        m_feedbackArbiter.Hold();
        return; // Feedback wakes us when its register has room
    }
    m_feedbackArbiter.Grant();
    m_feedbacks &= ~(uint64_t{1} << chosen);
    Task& task = m_hpus[chosen]->TakeFeedback();
    m_buffer.Free(task.l1Offset, task.packet->size, now);
    m_freed = now;
    if (!m_register.IsEmpty())
    {
        m_pipeline.clock.Wake(m_accept, now + 1);
    }
    m_pipeline.feedback->Push(task);
}

ClusterDma&
ClusterScheduler::GetDma()
{
    if (!m_dma)
    {
        m_dma = std::make_unique<ClusterDma>(m_pipeline, m_cluster);
    }
    return *m_dma;
}

size_t
ClusterScheduler::GetBytes() const
{
    return sizeof(*this) + m_hpus.size() * (sizeof(HpuDriver) + sizeof(void*));
}

} // namespace offload
} // namespace ns3
