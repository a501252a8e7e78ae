/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_DMA_H
#define OFFLOAD_HOST_DMA_H

#include "command-unit.h"
#include "cycle-scheduler.h"
#include "nhi-port.h"
#include "spin-types.h"

#include <array>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * Host DMA: moves data between NIC memory and host memory, one engine per direction (pspin.md "SoC
 * (host) DMA"; PsPIN hw/src/soc_dma_wrap.sv).
 */
class HostDma : public CommandEngine, private NhiClient
{
  public:
    /** @param pipeline the unit */
    explicit HostDma(SpinPipeline& pipeline);

    bool CanAccept(const Command& command) const override;
    void Accept(Command& command) override;

  private:
    /** One direction. */
    struct Engine
    {
        LinkedQueue<Command> transfers; //!< in order of their end
        uint32_t count{0};              //!< how many
        uint64_t portFree{0};           //!< cycle, its port of the host
        uint64_t lastEnd{0};            //!< cycle, transfers end in order
    };

    Engine& EngineOf(const Command& command)
    {
        return m_engines[command.toHost ? 0 : 1];
    }

    void TransferMoved(Command& command, uint64_t end) override;
    void ReadMemory(Command& command, uint64_t start, uint64_t moved);
    void WriteMemory(Command& command, uint64_t moved);
    void Finish();

    SpinPipeline& m_pipeline;        //!< the unit
    std::array<Engine, 2> m_engines; //!< to the host, from the host
    CycleEvent m_finish;             //!< a transfer ends
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_DMA_H */
