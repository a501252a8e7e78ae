/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-write-program.h"

#include "ns3/hpu.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(HostWriteProgram);

TypeId
HostWriteProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::HostWriteProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<HostWriteProgram>();
    return tid;
}

namespace
{
constexpr uint64_t WORD_WRITTEN = 0xCAFEBEBE; //!< as PsPIN's example
}

HandlerStatus
HostWriteProgram::Run(HandlerKind, Hpu& hpu)
{
    InstructionMix mix;
    mix.alu = 8; // address and data (2 each), zero, size, kind of command, register base
    hpu.Execute(mix);
    hpu.WriteToHost(hpu.GetHostAddress(), WORD_WRITTEN);
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
