/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "copy-from-host-program.h"

#include "ns3/hpu.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(CopyFromHostProgram);

TypeId
CopyFromHostProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::CopyFromHostProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<CopyFromHostProgram>();
    return tid;
}

namespace
{

/** The swap of PsPIN's handler: header length, addresses and ports each way, packet length. */
constexpr InstructionMix
SwapMix()
{
    InstructionMix mix;
    mix.load = 1 + 2 + 2 + 1;
    mix.alu = 3;
    mix.store = 4;
    return mix;
}

} // namespace

HandlerStatus
CopyFromHostProgram::Run(HandlerKind, Hpu& hpu)
{
    const MemoryWindow packet = hpu.GetPacket();
    const PacketLayout layout = Parse(packet);
    const MemoryWindow answer = packet.Slice(0, layout.frameBytes);
    InstructionMix mix = TaskAndReturn() + SwapMix() + HostCommand(3); // zero, one, register base
    mix.jump = 0;
    hpu.Execute(mix);
    const CommandId copy = hpu.DmaFromHost(hpu.GetHostAddress(), answer);
    hpu.Execute(1); // the wait stores the command's id, just loaded: a stall
    hpu.Wait(copy);
    InstructionMix kind;
    kind.alu = 1;
    hpu.Execute(kind);
    hpu.SendPacket(answer);
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
