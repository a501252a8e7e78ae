/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "empty-program.h"

#include "ns3/hpu.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(EmptyProgram);

TypeId
EmptyProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::EmptyProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<EmptyProgram>();
    return tid;
}

HandlerStatus
EmptyProgram::Run(HandlerKind, Hpu& hpu)
{
    InstructionMix mix;
    mix.jump = 1; // ret
    hpu.Execute(mix);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
