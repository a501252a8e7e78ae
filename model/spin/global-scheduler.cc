/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "global-scheduler.h"

#include "cluster-scheduler.h"
#include "mpq-engine.h"
#include "spin-pipeline.h"

namespace ns3
{
namespace offload
{

GlobalScheduler::GlobalScheduler(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_clusters(pipeline.config.clusters),
      m_occupancy(pipeline.config.clusters)
{
}

uint32_t
GlobalScheduler::GetCapacity() const
{
    return m_pipeline.config.tasksBuffered + m_pipeline.config.hpusPerCluster;
}

uint32_t
GlobalScheduler::LeastOccupied() const
{
    // Clusters whose register is full count as fully occupied; the first of equals wins.
    uint32_t best = 0;
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < m_occupancy.size(); i++)
    {
        if (m_occupancy[i] < least && m_pipeline.clusters[i]->HasRegister())
        {
            best = i;
            least = m_occupancy[i];
        }
    }
    return best;
}

bool
GlobalScheduler::Accept(Task& task)
{
    if (m_transfer)
    {
        return false;
    }
    const uint32_t capacity = GetCapacity();
    auto cluster =
        static_cast<uint32_t>(m_clusters.Remainder(task.packet->message->index)); // its home
    if (m_occupancy[cluster] >= capacity || !m_pipeline.clusters[cluster]->HasRegister())
    {
        cluster = LeastOccupied();
        if (m_occupancy[cluster] >= capacity)
        {
            return false;
        }
    }
    task.cluster = static_cast<uint16_t>(cluster);
    if (m_pipeline.clusters[task.cluster]->HasRegister())
    {
        m_occupancy[task.cluster]++;
        m_pipeline.clusters[task.cluster]->Push(task);
    }
    else
    {
        m_transfer = &task;
    }
    return true;
}

void
GlobalScheduler::RegisterFree(uint32_t cluster)
{
    if (m_transfer && m_transfer->cluster == cluster)
    {
        m_occupancy[cluster]++;
        m_pipeline.clusters[cluster]->Push(*m_transfer);
        m_transfer = nullptr;
    }
    m_pipeline.mpqEngine->SchedulerReady();
}

void
GlobalScheduler::TaskDone(uint32_t cluster)
{
    m_occupancy[cluster]--;
    m_pipeline.mpqEngine->SchedulerReady();
}

} // namespace offload
} // namespace ns3
