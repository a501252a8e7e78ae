/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CLUSTER_COMMAND_H
#define OFFLOAD_CLUSTER_COMMAND_H

#include "arbiter-tree.h"
#include "cycle-scheduler.h"
#include "spin-types.h"

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * A cluster's command arbiter: one command a cycle, round robin over the cluster's HPUs, towards
 * the command unit (pspin.md "Command interface"; PsPIN hw/src/cmds/cluster_cmd.sv).
 */
class ClusterCommand
{
  public:
    /**
     * @param pipeline the unit
     * @param cluster number
     */
    ClusterCommand(SpinPipeline& pipeline, uint32_t cluster);

    /**
     * An HPU has issued a command in this cycle.
     * @param hpu number
     * @param bytes its size
     */
    [[gnu::hot]] void CommandIssued(uint32_t hpu, uint32_t bytes);

    /** @return the command that is next for the command unit, or null */
    Command* Front() const
    {
        return m_register.IsEmpty() ? nullptr : &m_register.Front();
    }

    /** Take that command out. */
    [[gnu::hot]] void Pop();

  private:
    static constexpr uint32_t REGISTER = 2; //!< entries of a spill register

    [[gnu::hot]] void Arbitrate();

    SpinPipeline& m_pipeline;        //!< the unit
    const uint32_t m_cluster;        //!< number
    ArbiterTree m_arbiter;           //!< of the HPUs
    uint32_t m_used{0};              //!< commands in the register
    uint32_t m_leastBytes{0};        //!< of the commands at the HPUs, at least
    uint64_t m_waiting{0};           //!< bit i: HPU i has commands
    LinkedQueue<Command> m_register; //!< towards the command unit
    CycleEvent m_arbitrate;          //!< a command may be chosen
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CLUSTER_COMMAND_H */
