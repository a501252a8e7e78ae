/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_AGGREGATE_PROGRAM_H
#define OFFLOAD_AGGREGATE_PROGRAM_H

#include "scratchpad-program.h"

namespace ns3
{
namespace offload
{

/**
 * Sums the 32-bit words of all packets of a message: each handler its packet's words, then one
 * atomic addition to its cluster's word; the completion handler adds the clusters' words, writes
 * the sum to the host and clears them for the next message (PsPIN examples/aggregate).
 */
class AggregateProgram : public ScratchpadProgram
{
  public:
    static TypeId GetTypeId();
    AggregateProgram();

  private:
    HandlerStatus Payload(Hpu& hpu) override;
    HandlerStatus Completion(Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_AGGREGATE_PROGRAM_H */
