/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_REDUCE_PROGRAM_H
#define OFFLOAD_REDUCE_PROGRAM_H

#include "scratchpad-program.h"

namespace ns3
{
namespace offload
{

/**
 * Adds the 32-bit words of each packet to a vector in the cluster's scratchpad, word by word with
 * atomic additions; the completion handler tells the host (PsPIN examples/reduce).
 */
class ReduceProgram : public ScratchpadProgram
{
  public:
    static TypeId GetTypeId();
    ReduceProgram();

  private:
    HandlerStatus Payload(Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_REDUCE_PROGRAM_H */
