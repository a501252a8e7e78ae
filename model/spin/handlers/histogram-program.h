/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HISTOGRAM_PROGRAM_H
#define OFFLOAD_HISTOGRAM_PROGRAM_H

#include "scratchpad-program.h"

namespace ns3
{
namespace offload
{

/**
 * Counts the 32-bit words of each packet's payload, which are bin numbers, in the cluster's
 * scratchpad with atomic additions; the last word of a packet is not counted, as in PsPIN's example
 * (examples/histogram).
 */
class HistogramProgram : public ScratchpadProgram
{
  public:
    static TypeId GetTypeId();
    HistogramProgram();

  private:
    HandlerStatus Payload(Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HISTOGRAM_PROGRAM_H */
