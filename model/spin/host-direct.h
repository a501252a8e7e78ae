/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_DIRECT_H
#define OFFLOAD_HOST_DIRECT_H

#include "command-unit.h"
#include "cycle-scheduler.h"
#include "spin-types.h"

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * The host-direct unit: writes a word that the command itself carries to host memory (pspin.md
 * "host-direct unit"; PsPIN hw/src/host_direct.sv).
 */
class HostDirect : public CommandEngine
{
  public:
    /** @param pipeline the unit */
    explicit HostDirect(SpinPipeline& pipeline);

    bool CanAccept(const Command& command) const override;
    void Accept(Command& command) override;

  private:
    void Finish();

    SpinPipeline& m_pipeline;      //!< the unit
    LinkedQueue<Command> m_writes; //!< in order of their end
    uint32_t m_count{0};           //!< how many
    uint64_t m_portFree{0};        //!< cycle, one write a cycle
    uint64_t m_lastEnd{0};         //!< cycle, writes end in order
    CycleEvent m_finish;           //!< a write ends
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_DIRECT_H */
