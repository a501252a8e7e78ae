/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "filtering-program.h"

#include "ns3/execution-context.h"
#include "ns3/hpu.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FilteringProgram);

TypeId
FilteringProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::FilteringProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<FilteringProgram>();
    return tid;
}

namespace
{

constexpr uint32_t WORD = 4;            //!< bytes
constexpr uint32_t KEY = 8;             //!< bytes; KEY_SIZE of PsPIN's example
constexpr uint32_t ENTRIES = 262144;    //!< words of the table; TOT_WORDS of PsPIN's example
constexpr uint32_t GOLDEN = 0x9E3779B9; //!< 2^32 / golden ratio; the hash's initial values
constexpr uint32_t SEED = 0xFEEDBEEF;   //!< initial hash of PsPIN's example

/** Bob Jenkins' mix of three words (burtleburtle.net, lookup2, 1996): nine lines. */
void
Mix(uint32_t& a, uint32_t& b, uint32_t& c)
{
    a = (a - b - c) ^ (c >> 13);
    b = (b - c - a) ^ (a << 8);
    c = (c - a - b) ^ (b >> 13);
    a = (a - b - c) ^ (c >> 12);
    b = (b - c - a) ^ (a << 16);
    c = (c - a - b) ^ (b >> 5);
    a = (a - b - c) ^ (c >> 3);
    b = (b - c - a) ^ (a << 10);
    c = (c - a - b) ^ (b >> 15);
}

/**
 * The mix is nine lines of two subtractions, a shift and an exclusive or. The first two lines see a
 * constant c: of the first, one subtraction goes into the initial value of a, and the shift is done
 * by the compiler; of the second, the subtraction of c becomes an addition. So five constants
 * remain: the initial values of b and of a less c, c >> 13, -c, and c for the third line. Each has
 * more than 12 bits and takes two instructions (lui, addi).
 */
constexpr InstructionMix
HashMix()
{
    constexpr uint32_t constants = 5;
    InstructionMix mix;
    mix.load = KEY;       // byte by byte
    mix.loadUse = 1;      // the packet's address, used at once
    mix.alu = 2 * (3 + 3) // two words of four bytes: three shifts, three additions each
              + 2         // initial values added
              + 2 * constants + 9 * 4 - 2; // the mix
    return mix;
}

/** Index of the entry (3), the entry and the packet's first word in L2, and the addresses. */
constexpr InstructionMix
LookupMix()
{
    InstructionMix mix;
    mix.alu = 3;
    mix.load = 2 + 1; // table and packet in L2, packet size
    mix.l2Access = 2;
    return mix;
}

} // namespace

uint32_t
FilteringProgram::Hash(const uint8_t* key)
{
    uint32_t words[KEY / WORD] = {};
    for (uint32_t i = 0; i < KEY; i++)
    {
        words[i / WORD] |= static_cast<uint32_t>(key[i]) << (8 * (i % WORD));
    }
    uint32_t a = GOLDEN + words[0];
    uint32_t b = GOLDEN + words[1];
    uint32_t c = SEED + KEY;
    Mix(a, b, c);
    return c;
}

void
FilteringProgram::Prepare(ExecutionContext& context)
{
    if (context.GetNicMemoryBytes() < ENTRIES * WORD)
    {
        throw std::invalid_argument("FilteringProgram: NicMemoryBytes of the context must be at "
                                    "least " +
                                    std::to_string(ENTRIES * WORD));
    }
}

HandlerStatus
FilteringProgram::Run(HandlerKind, Hpu& hpu)
{
    const MemoryWindow packet = hpu.GetPacket();
    const MemoryWindow l2Packet = hpu.GetL2Packet();
    const uint32_t index = Hash(packet.Bytes(0, KEY)) % ENTRIES;
    InstructionMix mix = TaskAndReturn() + HashMix() + LookupMix() + HostCommand(3);
    mix.jump = 0;
    hpu.Execute(mix);
    l2Packet.Store(0, hpu.GetNicMemory().Load<uint32_t>(index * WORD));
    hpu.DmaToHost(hpu.GetHostAddress(), l2Packet);
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
