/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SCRATCHPAD_PROGRAM_H
#define OFFLOAD_SCRATCHPAD_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Base of the programs that gather something from the packets of a message in the clusters'
 * scratchpads, and have a completion handler that tells the host.
 */
class ScratchpadProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    bool Has(HandlerKind kind) const override;
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
    void Prepare(ExecutionContext& context) override;

  protected:
    /** @param bytes scratchpad that the handlers need in each cluster */
    explicit ScratchpadProgram(uint32_t bytes)
        : m_bytes(bytes)
    {
    }

    /**
     * @param hpu where it runs
     * @return the payload handler's return code
     */
    virtual HandlerStatus Payload(Hpu& hpu) = 0;

    /**
     * The completion handler; unless a program has its own, it writes a one to the host.
     * @param hpu where it runs
     * @return its return code
     */
    virtual HandlerStatus Completion(Hpu& hpu);

  private:
    const uint32_t m_bytes; //!< scratchpad in each cluster
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SCRATCHPAD_PROGRAM_H */
