/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_PROGRAM_H
#define OFFLOAD_FLARE_PROGRAM_H

#include "flare-handler.h"

#include "ns3/handler-program.h"
#include "ns3/hpu.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class SpinUnit;

/**
 * FLARE's handlers as a program of a full sPIN unit, such as a NIC's: the same steps as in a
 * FlareUnit, on packets in L1, with commands for what is sent.
 *
 * Each block is a message, so that it stays in its home cluster while that has room. Packets begin
 * with an Ethernet header. The context needs GetScratchpadBytes of scratchpad, from which results
 * are sent. A handler that waits for a buffer really looks every FlareSpinLock::PERIOD cycles.
 */
class FlareProgram : public HandlerProgram, private FlareServices
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    FlareProgram();
    ~FlareProgram() override;

    /**
     * Say what to do, before the context is attached.
     * @param reduction what; results go back to who sent the contribution that completed them
     * @param unit on which the context will be; outlives this
     * @throw std::invalid_argument with one line if it is impossible
     */
    void Configure(const FlareReduction& reduction, SpinUnit& unit);

    /** @return bytes of scratchpad that the context needs */
    uint32_t GetScratchpadBytes() const;

    /** @return what has been counted */
    const FlareCounters& GetCounters() const
    {
        return m_handler->GetCounters();
    }

    bool Has(HandlerKind kind) const override;
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
    void Prepare(ExecutionContext& context) override;

  private:
    /** A packet that a run has to send. */
    struct Outgoing
    {
        FlarePacketPtr packet; //!< it
        uint64_t cycle;        //!< when
    };

    /** A core's state beside its task. */
    struct Core
    {
        uint64_t wake{UINT64_MAX};      //!< cycle at which a waiting run looks again
        bool working{false};            //!< in a step
        uint32_t slot{0};               //!< of its frames in the scratchpad, in turn
        std::vector<Outgoing> outgoing; //!< of the last step
    };

    void Send(FlareHandler& handler,
              const FlareTask& task,
              FlarePacketPtr&& packet,
              uint64_t cycle) override;
    void Resend(FlareHandler& handler,
                const FlareTask& task,
                FlarePacketPtr&& packet,
                uint64_t cycle) override;
    void Wake(uint16_t core, uint64_t cycle) override;
    FlareTask& GetTask(uint16_t core) override;
    uint32_t GetConflictCycles(const FlareTask& task,
                               uint64_t accesses,
                               uint64_t cycles) const override;
    void CountMemory(int64_t bytes, uint64_t cycle) override;

    void SendFrames(Hpu& hpu, Core& core, uint64_t now);
    uint64_t GetNow() const;

    SpinUnit* m_unit{nullptr};               //!< whose cores
    uint32_t m_perCluster{0};                //!< cores
    std::unique_ptr<FlareHandler> m_handler; //!< null until configured
    std::vector<FlareTask> m_tasks;          //!< by core
    std::vector<Core> m_cores;               //!< by core
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_PROGRAM_H */
