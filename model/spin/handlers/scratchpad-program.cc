/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scratchpad-program.h"

#include "ns3/execution-context.h"
#include "ns3/hpu.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(ScratchpadProgram);

TypeId
ScratchpadProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::ScratchpadProgram")
                            .SetParent<PacketProgram>()
                            .SetGroupName("Offload");
    return tid;
}

bool
ScratchpadProgram::Has(HandlerKind kind) const
{
    return kind != HandlerKind::HEADER;
}

void
ScratchpadProgram::Prepare(ExecutionContext& context)
{
    if (context.GetScratchpadBytes() < m_bytes)
    {
        throw std::invalid_argument(GetInstanceTypeId().GetName() +
                                    ": ScratchpadBytes of the context must be at least " +
                                    std::to_string(m_bytes));
    }
}

HandlerStatus
ScratchpadProgram::Run(HandlerKind kind, Hpu& hpu)
{
    return kind == HandlerKind::PAYLOAD ? Payload(hpu) : Completion(hpu);
}

HandlerStatus
ScratchpadProgram::Completion(Hpu& hpu)
{
    InstructionMix mix;
    mix.load = 1 + 2; // task, host address
    mix.alu = 5;      // size, value, kind of command, register base, zero
    hpu.Execute(mix);
    hpu.WriteToHost(hpu.GetHostAddress(), 1); // tells the host that the result is there
    InstructionMix last;
    last.jump = 1;
    hpu.Execute(last);
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
