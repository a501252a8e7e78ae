/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FEEDBACK_H
#define OFFLOAD_FEEDBACK_H

#include "arbiter-tree.h"
#include "cycle-scheduler.h"
#include "spin-types.h"

#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * Brings feedback from the clusters to the MPQ engine and the NIC's buffers, one a cycle, round
 * robin over clusters (pspin.md "Scheduling flow" 6).
 */
class Feedback
{
  public:
    /** @param pipeline the unit */
    explicit Feedback(SpinPipeline& pipeline);

    /**
     * @param cluster a cluster
     * @return whether its register has room
     */
    bool HasRegister(uint32_t cluster) const
    {
        return m_registers[cluster].used < REGISTER;
    }

    /** @param task a finished task; its cluster's register has room */
    [[gnu::hot]] void Push(Task& task);

  private:
    static constexpr uint32_t REGISTER = 2; //!< entries of a spill register

    /** A cluster's feedback on its way. */
    struct Register
    {
        LinkedQueue<Task> tasks; //!< oldest first
        uint32_t used{0};        //!< how many
    };

    [[gnu::hot]] void Deliver();

    SpinPipeline& m_pipeline;          //!< the unit
    std::vector<Register> m_registers; //!< per cluster
    ArbiterTree m_arbiter;             //!< of the clusters
    uint64_t m_used{0};                //!< bit i: register i has a task
    CycleEvent m_deliver;              //!< the next one is due
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FEEDBACK_H */
