/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "cluster-command.h"

#include "cluster-scheduler.h"
#include "command-unit.h"
#include "hpu-driver.h"
#include "spin-pipeline.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

ClusterCommand::ClusterCommand(SpinPipeline& pipeline, uint32_t cluster)
    : m_pipeline(pipeline),
      m_cluster(cluster),
      m_arbiter(pipeline.config.hpusPerCluster),
      m_arbitrate(
          CycleEvent::Of<ClusterCommand, &ClusterCommand::Arbitrate>(this,
                                                                     CyclePhase::CLUSTER_COMMAND))
{
}

void
ClusterCommand::CommandIssued(uint32_t hpu, uint32_t bytes)
{
    m_leastBytes = m_waiting ? std::min(m_leastBytes, bytes) : bytes;
    // Its register, then the command unit's slack.
    m_pipeline.SetCommandSlack(m_arbitrate, 2, 1, m_leastBytes);
    m_waiting |= uint64_t{1} << hpu;
    m_pipeline.clock.Wake(m_arbitrate, m_pipeline.clock.Now() + 1);
}

void
ClusterCommand::Arbitrate()
{
    const uint64_t now = m_pipeline.clock.Now();
    ClusterScheduler& cluster = *m_pipeline.clusters[m_cluster];
    const uint64_t requests = GatherRequests(m_waiting, [&cluster, now](unsigned hpu) {
        return cluster.GetHpu(hpu).GetCommands().Front().ready <= now;
    });
    if (requests)
    {
        const unsigned hpu = m_arbiter.Choose(requests);
        if (m_used == REGISTER)
        {
            m_arbiter.Hold();
            return; // Pop wakes us
        }
        m_arbiter.Grant();
        LinkedQueue<Command>& commands = cluster.GetHpu(hpu).GetCommands();
        Command& command = commands.Pop();
        if (commands.IsEmpty())
        {
            m_waiting ^= uint64_t{1} << hpu;
        }
        command.ready = now + 1;
        m_register.Push(command);
        m_used++;
        m_pipeline.commandUnit->CommandReady(command);
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
