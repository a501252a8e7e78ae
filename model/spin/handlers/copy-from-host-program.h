/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_COPY_FROM_HOST_PROGRAM_H
#define OFFLOAD_COPY_FROM_HOST_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Answers each packet with the beginning of the host memory window: reads it over the packet in L1,
 * waits, and sends it (PsPIN examples/copy_from_host).
 */
class CopyFromHostProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_COPY_FROM_HOST_PROGRAM_H */
