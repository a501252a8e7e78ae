/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_WRITE_PROGRAM_H
#define OFFLOAD_HOST_WRITE_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Writes one word to the host for each packet (PsPIN examples/host_direct).
 */
class HostWriteProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_WRITE_PROGRAM_H */
