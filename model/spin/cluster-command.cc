/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "cluster-command.h"

#include "cluster-scheduler.h"
#include "command-unit.h"
#include "hpu-driver.h"
#include "spin-pipeline.h"

namespace ns3
{
namespace offload
{

ClusterCommand::ClusterCommand(SpinPipeline& pipeline, uint32_t cluster)
    : m_pipeline(pipeline),
      m_cluster(cluster),
      m_last(pipeline.config.hpusPerCluster - 1),
      m_arbitrate(
          CycleEvent::Of<ClusterCommand, &ClusterCommand::Arbitrate>(this,
                                                                     CyclePhase::CLUSTER_COMMAND))
{
    m_arbitrate.SetSlack(2); // its register, then the command unit's slack
}

void
ClusterCommand::CommandIssued()
{
    m_waiting++;
    m_pipeline.clock.Wake(m_arbitrate, m_pipeline.clock.Now() + 1);
}

void
ClusterCommand::Arbitrate()
{
    const uint64_t now = m_pipeline.clock.Now();
    if (m_used == REGISTER)
    {
        return; // Pop wakes us
    }
    const uint32_t count = m_pipeline.config.hpusPerCluster;
    ClusterScheduler& cluster = *m_pipeline.clusters[m_cluster];
    uint32_t index = m_last;
    for (uint32_t i = 0; i < count; i++)
    {
        index = index + 1 == count ? 0 : index + 1;
        LinkedQueue<Command>& commands = cluster.GetHpu(index).GetCommands();
        if (!commands.IsEmpty() && commands.Front().ready <= now)
        {
            Command& command = commands.Pop();
            command.ready = now + 1;
            m_register.Push(command);
            m_used++;
            m_waiting--;
            m_last = index;
            m_pipeline.commandUnit->CommandReady(command.ready);
            break;
        }
    }
    if (m_waiting)
    {
        m_pipeline.clock.Wake(m_arbitrate, now + 1);
    }
}

void
ClusterCommand::Pop()
{
    m_register.Pop();
    m_used--;
    if (m_waiting)
    {
        m_pipeline.clock.Wake(m_arbitrate, m_pipeline.clock.Now() + 1);
    }
}

} // namespace offload
} // namespace ns3
