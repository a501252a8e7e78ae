/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FILTERING_PROGRAM_H
#define OFFLOAD_FILTERING_PROGRAM_H

#include "packet-program.h"

namespace ns3
{
namespace offload
{

/**
 * Looks the first 8 bytes of each packet up in a hash table in NIC memory (Bob Jenkins' hash),
 * writes the entry over the packet's first word in L2 and copies the packet to the host (PsPIN
 * examples/filtering).
 */
class FilteringProgram : public PacketProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
    void Prepare(ExecutionContext& context) override;

    /**
     * @param key 8 bytes
     * @return the hash
     */
    static uint32_t Hash(const uint8_t* key);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FILTERING_PROGRAM_H */
