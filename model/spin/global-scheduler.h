/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_GLOBAL_SCHEDULER_H
#define OFFLOAD_GLOBAL_SCHEDULER_H

#include "invariant-divisor.h"
#include "spin-types.h"

#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * Chooses a cluster for each task: the message's home cluster while it has room, else the least
 * occupied one (pspin.md "Scheduling flow" 3; PsPIN hw/src/pkt_scheduler/scheduler.sv).
 */
class GlobalScheduler
{
  public:
    /** @param pipeline the unit */
    explicit GlobalScheduler(SpinPipeline& pipeline);

    /**
     * Offer a task in this cycle.
     * @param task the MPQ engine's
     * @return whether it was taken; if not, the MPQ engine is told when to try again
     */
    [[gnu::hot]] bool Accept(Task& task);

    /**
     * A cluster has taken a task out of its register.
     * @param cluster which
     */
    [[gnu::hot]] void RegisterFree(uint32_t cluster);

    /**
     * A task's feedback has come back from a cluster.
     * @param cluster which
     */
    [[gnu::hot]] void TaskDone(uint32_t cluster);

    /**
     * @param cluster a cluster
     * @return tasks in it
     */
    uint32_t GetOccupancy(uint32_t cluster) const
    {
        return m_occupancy[cluster];
    }

    /** @return tasks that a cluster may hold, running ones included */
    [[gnu::hot]] uint32_t GetCapacity() const;

  private:
    uint32_t LeastOccupied() const;

    SpinPipeline& m_pipeline;          //!< the unit
    InvariantDivisor m_clusters;       //!< how many there are
    std::vector<uint16_t> m_occupancy; //!< tasks in each cluster
    Task* m_transfer{nullptr};         //!< chosen, waits for its cluster's register
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_GLOBAL_SCHEDULER_H */
