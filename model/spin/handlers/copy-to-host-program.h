/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_COPY_TO_HOST_PROGRAM_H
#define OFFLOAD_COPY_TO_HOST_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Copies each packet to the beginning of the host memory window (PsPIN examples/copy_to_host).
 */
class CopyToHostProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_COPY_TO_HOST_PROGRAM_H */
