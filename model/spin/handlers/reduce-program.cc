/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "reduce-program.h"

#include "ns3/hpu.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(ReduceProgram);

TypeId
ReduceProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::ReduceProgram")
                            .SetParent<ScratchpadProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<ReduceProgram>();
    return tid;
}

namespace
{

constexpr uint32_t WORD = 4;                 //!< bytes
constexpr uint32_t SCRATCHPAD = 2048 * WORD; //!< bytes; the vector of PsPIN's example (ZEROS)

/** Up to the loop: task, cluster, packet, lengths, the vector, bounds; then ret at the end. */
constexpr InstructionMix
Prologue()
{
    InstructionMix mix;
    mix.load = 6;
    mix.alu = 11;
    mix.branchNotTaken = 1;
    mix.jump = 1;
    return mix;
}

/** A word: load, atomic addition of what was just loaded, both next addresses, loop. */
constexpr InstructionMix
Word()
{
    InstructionMix mix;
    mix.load = 1;
    mix.loadUse = 1;
    mix.atomic = 1;
    mix.alu = 2;
    mix.branchTaken = 1;
    return mix;
}

} // namespace

ReduceProgram::ReduceProgram()
    : ScratchpadProgram(SCRATCHPAD)
{
}

HandlerStatus
ReduceProgram::Payload(Hpu& hpu)
{
    const MemoryWindow packet = hpu.GetPacket();
    const PacketLayout layout = Parse(packet);
    const MemoryWindow vector = hpu.GetScratchpad(hpu.GetClusterId());
    const uint32_t words = layout.payloadBytes / WORD;
    for (uint32_t i = 0; i < words; i++)
    {
        const auto word = packet.Load<uint32_t>(layout.payload + i * WORD);
        vector.Store(i * WORD, vector.Load<uint32_t>(i * WORD) + word);
    }
    InstructionMix mix = Prologue() + Word() * words;
    if (words)
    {
        mix.branchTaken--; // the last one falls through
        mix.branchNotTaken++;
    }
    hpu.Execute(mix);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
