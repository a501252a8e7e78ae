/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "histogram-program.h"

#include "ns3/hpu.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(HistogramProgram);

TypeId
HistogramProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::HistogramProgram")
                            .SetParent<ScratchpadProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<HistogramProgram>();
    return tid;
}

namespace
{

constexpr uint32_t WORD = 4;                 //!< bytes
constexpr uint32_t SCRATCHPAD = 1024 * WORD; //!< bytes; bins of PsPIN's example (HISTOGRAM_SIZE)

/** Up to the loop: task, cluster, packet, lengths, first bin, bounds; then ret at the end. */
constexpr InstructionMix
Prologue()
{
    InstructionMix mix;
    mix.load = 7;
    mix.alu = 16;
    mix.branchNotTaken = 1;
    mix.jump = 1;
    return mix;
}

/** A word: atomic addition, load of the next bin, next address, the bin's address (2), loop. */
constexpr InstructionMix
Word()
{
    InstructionMix mix;
    mix.atomic = 1;
    mix.load = 1;
    mix.alu = 3;
    mix.branchTaken = 1;
    return mix;
}

} // namespace

HistogramProgram::HistogramProgram()
    : ScratchpadProgram(SCRATCHPAD)
{
}

HandlerStatus
HistogramProgram::Payload(Hpu& hpu)
{
    const MemoryWindow packet = hpu.GetPacket();
    const PacketLayout layout = Parse(packet);
    const MemoryWindow bins = hpu.GetScratchpad(hpu.GetClusterId());
    const uint32_t words = layout.payloadBytes / WORD;
    const uint32_t counted = words > 1 ? words - 1 : 0;
    for (uint32_t i = 0; i < counted; i++)
    {
        // A bin beyond the scratchpad is a protection fault, wherever the number came from.
        const uint64_t bin = packet.Load<uint32_t>(layout.payload + i * WORD);
        const auto offset = static_cast<uint32_t>(std::min<uint64_t>(bin * WORD, UINT32_MAX));
        bins.Store(offset, bins.Load<uint32_t>(offset) + 1);
    }
    InstructionMix mix = Prologue() + Word() * counted;
    if (counted)
    {
        mix.branchTaken--; // the last one falls through
        mix.branchNotTaken++;
    }
    hpu.Execute(mix);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
