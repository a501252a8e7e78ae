/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PACKET_PROGRAM_H
#define OFFLOAD_PACKET_PROGRAM_H

#include "ns3/handler-program.h"
#include "ns3/instruction-mix.h"
#include "ns3/memory-window.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/** What a packet is made of, where a handler program looks at it. */
struct PacketLayout
{
    uint32_t ip;           //!< offset of the IP header
    uint32_t udp;          //!< offset of the UDP header
    uint32_t payload;      //!< offset of the data after the headers
    uint32_t payloadBytes; //!< size of the data
    uint32_t frameBytes;   //!< size of the whole as its IP header says
};

/**
 * Base of the shipped programs: handlers on UDP packets, each on its payload packet by packet.
 *
 * The packets begin with their IP header, as those of PsPIN's generic driver (header words in the
 * HPU's byte order), or with an Ethernet header, as those that a NIC receives (network byte order).
 */
class PacketProgram : public HandlerProgram
{
  public:
    static TypeId GetTypeId();
    [[gnu::hot]] bool Has(HandlerKind kind) const override;

  protected:
    /**
     * @param packet a packet
     * @return where its parts are
     * @throw ProtectionFault if the headers say more than there is
     */
    [[gnu::hot]] PacketLayout Parse(const MemoryWindow& packet) const;

    /** @return whether packets begin with an Ethernet header */
    bool IsEthernet() const
    {
        return m_ethernet;
    }

    /** The load of the arguments' task pointer and of the packet's address, then `ret`. */
    static constexpr InstructionMix TaskAndReturn()
    {
        InstructionMix mix;
        mix.load = 2;
        mix.jump = 1;
        return mix;
    }

    /**
     * The two words of the host address, the command's constants and its register base; the
     * command's own stores and load are charged when it is issued.
     * @param constants registers to fill with constants
     */
    static constexpr InstructionMix HostCommand(uint32_t constants)
    {
        InstructionMix mix;
        mix.load = 2;
        mix.alu = constants;
        return mix;
    }

  private:
    bool m_ethernet{false}; //!< attribute
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PACKET_PROGRAM_H */
