/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_REDUCE_PROGRAM_H
#define OFFLOAD_REDUCE_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Adds the 32-bit words of each packet to a vector in the cluster's scratchpad, word by word with
 * atomic additions; the completion handler tells the host (PsPIN examples/reduce).
 */
class ReduceProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    bool Has(HandlerKind kind) const override;
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
    void Prepare(ExecutionContext& context) override;

  private:
    HandlerStatus Payload(Hpu& hpu);
    HandlerStatus Completion(Hpu& hpu);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_REDUCE_PROGRAM_H */
