/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "copy-to-host-program.h"

#include "ns3/hpu.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(CopyToHostProgram);

TypeId
CopyToHostProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::CopyToHostProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<CopyToHostProgram>();
    return tid;
}

HandlerStatus
CopyToHostProgram::Run(HandlerKind, Hpu& hpu)
{
    const MemoryWindow packet = hpu.GetPacket();
    const PacketLayout layout = Parse(packet);
    InstructionMix length;
    length.load = 1;
    InstructionMix mix = TaskAndReturn() + length + HostCommand(2); // direction, register base
    mix.jump = 0;
    hpu.Execute(mix);
    hpu.DmaToHost(hpu.GetHostAddress(), packet.Slice(0, layout.frameBytes));
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
