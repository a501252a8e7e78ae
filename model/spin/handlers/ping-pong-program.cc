/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ping-pong-program.h"

#include "ns3/boolean.h"
#include "ns3/hpu.h"

#include <array>
#include <cstring>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(PingPongProgram);

TypeId
PingPongProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::PingPongProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<PingPongProgram>()
                            .AddAttribute("FromL2",
                                          "Send from the L2 packet buffer, otherwise from L1",
                                          BooleanValue(false),
                                          MakeBooleanAccessor(&PingPongProgram::m_fromL2),
                                          MakeBooleanChecker());
    return tid;
}

namespace
{

/** Exchange two ranges of a packet, so many bytes each. */
template <uint32_t bytes>
void
Swap(const MemoryWindow& packet, uint32_t a, uint32_t b)
{
    std::array<uint8_t, bytes> kept;
    uint8_t* first = packet.Bytes(a, bytes);
    uint8_t* second = packet.Bytes(b, bytes);
    std::memcpy(kept.data(), first, bytes);
    std::memcpy(first, second, bytes);
    std::memcpy(second, kept.data(), bytes);
}

constexpr uint32_t MAC = 6;        //!< bytes of a MAC address
constexpr uint32_t IP_SOURCE = 12; //!< offset in the IP header, RFC 791
constexpr uint32_t IP_ADDRESS = 4; //!< bytes of an IPv4 address
constexpr uint32_t UDP_PORT = 2;   //!< bytes of a port

/** Addresses: two loads, two stores. Ports: address of the header, two loads, two stores. */
constexpr InstructionMix
SwapMix()
{
    InstructionMix mix;
    mix.load = 1 + 2 + 2; // header length, addresses, ports
    mix.loadUse = 1;      // the packet's address, used at once
    mix.alu = 3;          // header length in bytes (2), address of the UDP header
    mix.store = 2 + 2;
    return mix;
}

/** Packet length, then the command's constants: zero, kind of command, register base. */
constexpr InstructionMix
SendMix()
{
    InstructionMix mix;
    mix.load = 1;
    mix.alu = 3;
    return mix;
}

/**
 * MAC addresses: six half-words each way. IP addresses: half-words too, they lie at an odd multiple
 * of two. Flags and offset of the fragment: two bytes, mask, merge and branch. Length in network
 * order: two bytes, shift and merge, Ethernet header added.
 */
constexpr InstructionMix
EthernetMix()
{
    InstructionMix mix;
    mix.load = 6 + 2 + 2 + 1;
    mix.store = 6 + 2;
    mix.alu = 2 + 3;
    mix.branchNotTaken = 1;
    return mix;
}

constexpr uint32_t IP_FRAGMENT = 6;            //!< offset in the IP header, RFC 791
constexpr uint8_t FRAGMENT_OFFSET_HIGH = 0x1F; //!< of the first byte there

/** @return whether the packet is not the first of its datagram, and so has no UDP header */
bool
IsLaterFragment(const MemoryWindow& packet, const PacketLayout& layout)
{
    const uint8_t* field = packet.Bytes(layout.ip + IP_FRAGMENT, 2);
    return ((field[0] & FRAGMENT_OFFSET_HIGH) | field[1]) != 0;
}

} // namespace

HandlerStatus
PingPongProgram::Run(HandlerKind, Hpu& hpu)
{
    // The packet in L1 is a copy: what is sent from L2 must be changed there.
    const MemoryWindow packet = m_fromL2 ? hpu.GetL2Packet() : hpu.GetPacket();
    const PacketLayout layout = Parse(packet);
    if (IsEthernet())
    {
        Swap<MAC>(packet, 0, MAC);
    }
    Swap<IP_ADDRESS>(packet, layout.ip + IP_SOURCE, layout.ip + IP_SOURCE + IP_ADDRESS);
    if (!IsEthernet() || !IsLaterFragment(packet, layout))
    {
        Swap<UDP_PORT>(packet, layout.udp, layout.udp + UDP_PORT);
    }
    InstructionMix mix = TaskAndReturn() + SwapMix() + SendMix();
    if (IsEthernet())
    {
        mix = mix + EthernetMix();
    }
    if (m_fromL2)
    {
        // Each access to the packet goes to L2 instead of L1, and its address is one more load.
        mix.l2Access = mix.load - 2 + mix.store;
        mix.load = 3;
        mix.loadUse = 1;
        mix.store = 0;
    }
    mix.jump = 0; // ret comes after the command
    hpu.Execute(mix);
    hpu.SendPacket(packet.Slice(0, layout.frameBytes));
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
