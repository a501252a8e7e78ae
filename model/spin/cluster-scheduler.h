/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CLUSTER_SCHEDULER_H
#define OFFLOAD_CLUSTER_SCHEDULER_H

#include "arbiter-tree.h"
#include "cycle-scheduler.h"
#include "l1-packet-buffer.h"
#include "spin-types.h"

#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class ClusterDma;
class HpuDriver;
class SpinPipeline;

/**
 * A cluster's scheduler: gives each task room in the L1 packet buffer and starts its DMA at once,
 * then, in order, hands tasks whose packet has arrived to idle HPUs; also collects the HPUs'
 * feedback (pspin.md "Scheduling flow" 4; PsPIN hw/src/pkt_scheduler/cluster_scheduler.sv).
 */
class ClusterScheduler
{
  public:
    /**
     * @param pipeline the unit
     * @param cluster number
     */
    ClusterScheduler(SpinPipeline& pipeline, uint32_t cluster);
    ~ClusterScheduler();

    /** @return whether the register towards the global scheduler has room */
    bool HasRegister() const
    {
        return m_registerUsed < REGISTER;
    }

    /** @param task from the global scheduler; there is room */
    [[gnu::hot]] void Push(Task& task);

    /** @param task of this cluster: it is known when its packet is in L1 */
    void PacketArrives(const Task& task);

    /** @return tasks that no HPU has yet, their DMA under way or done; null if there is none */
    Task* GetTasks() const
    {
        return m_tasks.IsEmpty() ? nullptr : &m_tasks.Front();
    }

    /** An HPU can take a task from the next cycle on. */
    [[gnu::hot]] void HpuIdle();

    /**
     * An HPU has feedback that may leave.
     * @param hpu number
     * @param cycle from when on
     */
    [[gnu::hot]] void FeedbackReady(uint32_t hpu, uint64_t cycle);

    /**
     * Feedback's register has room again.
     * @param cycle from when on
     */
    void RegisterReady(uint64_t cycle);

    /**
     * @param hpu number
     * @return the HPU
     */
    HpuDriver& GetHpu(uint32_t hpu)
    {
        return *m_hpus[hpu];
    }

    /** @return the DMA engine that the cluster's handlers program */
    ClusterDma& GetDma();

    /** @return bytes of the cluster's objects */
    size_t GetBytes() const;

  private:
    static constexpr uint32_t REGISTER = 2; //!< entries of a spill register

    [[gnu::hot]] void Accept();
    [[gnu::hot]] void Dispatch();
    [[gnu::hot]] void Collect();
    [[gnu::hot]] HpuDriver* FindIdle();

    SpinPipeline& m_pipeline;                       //!< the unit
    const uint32_t m_cluster;                       //!< number
    LinkedQueue<Task> m_register;                   //!< from the global scheduler
    LinkedQueue<Task> m_tasks;                      //!< in order, their DMA under way or done
    uint16_t m_registerUsed{0};                     //!< tasks in the register
    uint16_t m_taskCount{0};                        //!< tasks in order
    ArbiterTree m_feedbackArbiter;                  //!< of the HPUs
    uint64_t m_feedbacks{0};                        //!< bit i: HPU i may have feedback
    L1PacketBuffer m_buffer;                        //!< where packets go
    uint64_t m_freed{0};                            //!< cycle, a packet's room was last given back
    std::vector<std::unique_ptr<HpuDriver>> m_hpus; //!< the cluster's HPUs
    std::unique_ptr<ClusterDma> m_dma;              //!< once a handler uses it
    CycleEvent m_accept;                            //!< a task may be taken
    CycleEvent m_dispatch;                          //!< a task may go to an HPU
    CycleEvent m_collect;                           //!< a feedback may leave
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CLUSTER_SCHEDULER_H */
