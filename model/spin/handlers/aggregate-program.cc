/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "aggregate-program.h"

#include "ns3/hpu.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(AggregateProgram);

TypeId
AggregateProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::AggregateProgram")
                            .SetParent<ScratchpadProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<AggregateProgram>();
    return tid;
}

namespace
{

constexpr uint32_t WORD = 4;          //!< bytes
constexpr uint32_t SCRATCHPAD = WORD; //!< bytes in each cluster

/** Up to the loop: task, packet, header length and packet length, bounds of the payload. */
constexpr InstructionMix
Prologue()
{
    InstructionMix mix;
    mix.load = 4;
    mix.loadUse = 1;
    mix.alu = 12;
    mix.branchNotTaken = 1;
    return mix;
}

/** A word: load, next address, addition, loop. */
constexpr InstructionMix
Word()
{
    InstructionMix mix;
    mix.load = 1;
    mix.alu = 2;
    mix.branchTaken = 1;
    return mix;
}

/** After the loop: the cluster's id, the address of its word, the atomic addition, ret. */
constexpr InstructionMix
Epilogue()
{
    InstructionMix mix;
    mix.load = 1;
    mix.loadUse = 1;
    mix.alu = 2;
    mix.atomic = 1;
    mix.jump = 1;
    return mix;
}

} // namespace

AggregateProgram::AggregateProgram()
    : ScratchpadProgram(SCRATCHPAD)
{
}

HandlerStatus
AggregateProgram::Payload(Hpu& hpu)
{
    const MemoryWindow packet = hpu.GetPacket();
    const PacketLayout layout = Parse(packet);
    const uint32_t words = layout.payloadBytes / WORD;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < words; i++)
    {
        sum += packet.Load<uint32_t>(layout.payload + i * WORD);
    }
    InstructionMix mix = Prologue() + Word() * words;
    if (words)
    {
        mix.branchTaken--; // the last one falls through
        mix.branchNotTaken++;
    }
    hpu.Execute(mix);
    const MemoryWindow mine = hpu.GetScratchpad(hpu.GetClusterId());
    mine.Store(0, mine.Load<uint32_t>(0) + sum);
    hpu.Execute(Epilogue());
    return HandlerStatus::SUCCESS;
}

HandlerStatus
AggregateProgram::Completion(Hpu& hpu)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < hpu.GetClusters(); i++)
    {
        const MemoryWindow word = hpu.GetScratchpad(i);
        sum += word.Load<uint32_t>(0);
        word.Store<uint32_t>(0, 0);
    }
    InstructionMix mix;
    mix.load = 1 + hpu.GetClusters() + 2; // task, addresses of the words, host address
    mix.l2Access = hpu.GetClusters() - 1; // swaps; other clusters' L1 is as far as L2
    mix.atomic = 1;                       // the own word
    mix.alu = hpu.GetClusters() - 1 + 4;  // additions, command's constants
    hpu.Execute(mix);
    hpu.WriteToHost(hpu.GetHostAddress(), sum);
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
