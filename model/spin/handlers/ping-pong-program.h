/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PING_PONG_PROGRAM_H
#define OFFLOAD_PING_PONG_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Swaps the addresses and ports of each packet in place and sends it back, from L1 or from L2
 * (PsPIN examples/ping_pong).
 */
class PingPongProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    [[gnu::hot]] HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;

  private:
    bool m_fromL2{false}; //!< attribute
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PING_PONG_PROGRAM_H */
