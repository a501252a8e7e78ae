/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_EMPTY_PROGRAM_H
#define OFFLOAD_EMPTY_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Does nothing: what the unit itself costs (PsPIN examples/empty).
 */
class EmptyProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_EMPTY_PROGRAM_H */
