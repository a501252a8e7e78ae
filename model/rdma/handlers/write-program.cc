/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "write-program.h"

#include "ns3/execution-context.h"
#include "ns3/hpu.h"
#include "ns3/uinteger.h"

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(WriteProgram);

namespace
{

constexpr uint32_t ALIGNMENT = 64; //!< bytes; a word of the unit's ports
/// Room for a frame with the greatest payload
constexpr uint32_t FRAME_BYTES =
    (WriteView::PAYLOAD + roce::MAX_MTU + WriteView::TRAILER + ALIGNMENT - 1) / ALIGNMENT *
    ALIGNMENT;
constexpr uint32_t UNROLLED = 4; //!< vectors in each turn of a loop

} // namespace

TypeId
WriteProgram::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::WriteProgram")
            .SetParent<HandlerProgram>()
            .SetGroupName("Offload")
            .AddAttribute("VectorBytes",
                          "Bytes that the HPU's instructions work on at a time in loops over the "
                          "payload (assumption: 16; SC'17 simulates ARM cores, whose NEON vectors "
                          "have that size; a RISC-V core without vectors has 4)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&WriteProgram::m_vectorBytes),
                          MakeUintegerChecker<uint32_t>(1, 256));
    return tid;
}

WriteProgram::WriteProgram() = default;

WriteProgram::~WriteProgram() = default;

bool
WriteProgram::Has(HandlerKind kind) const
{
    return kind == HandlerKind::PAYLOAD;
}

void
WriteProgram::SetUp(const Setup& setup, const std::vector<Target>& targets)
{
    m_setup = setup;
    m_setup.targets = static_cast<uint32_t>(targets.size());
    m_targets = targets;
}

uint32_t
WriteProgram::GetScratchpadBytes(uint32_t hpus) const
{
    const auto table = static_cast<uint32_t>(sizeof(Setup) + m_targets.size() * sizeof(Target));
    return (table + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + hpus * FRAME_BYTES;
}

void
WriteProgram::Prepare(ExecutionContext& context)
{
    const uint32_t needed = GetScratchpadBytes(1);
    if (context.GetScratchpadBytes() < needed)
    {
        throw std::invalid_argument("ExecutionContext ScratchpadBytes is " +
                                    std::to_string(context.GetScratchpadBytes()) +
                                    ", but the program needs at least " + std::to_string(needed));
    }
    // One cluster's: a program for several would be given the table in each.
    uint8_t* table = context.GetScratchpad(0);
    std::memcpy(table, &m_setup, sizeof(m_setup));
    if (!m_targets.empty())
    {
        std::memcpy(table + sizeof(m_setup), m_targets.data(), m_targets.size() * sizeof(Target));
    }
}

WriteProgram::Setup
WriteProgram::GetSetup(Hpu& hpu)
{
    return hpu.GetScratchpad(hpu.GetClusterId()).Load<Setup>(0);
}

WriteProgram::Target
WriteProgram::GetTarget(Hpu& hpu, uint32_t target)
{
    const auto offset = static_cast<uint32_t>(sizeof(Setup) + target * sizeof(Target));
    return hpu.GetScratchpad(hpu.GetClusterId()).Load<Target>(offset);
}

uint32_t
WriteProgram::CountBytes(Hpu& hpu, uint32_t bytes)
{
    // Other HPUs' additions happen in the order of time.
    hpu.Execute(CountMix());
    hpu.Synchronise();
    const MemoryWindow table = hpu.GetScratchpad(hpu.GetClusterId());
    const auto counted = table.Load<uint32_t>(offsetof(Setup, counted)) + bytes;
    table.Store(offsetof(Setup, counted), counted);
    return counted;
}

MemoryWindow
WriteProgram::GetFrame(Hpu& hpu, uint32_t owner) const
{
    return hpu.GetScratchpad(hpu.GetClusterId())
        .Slice(GetScratchpadBytes(0) + owner * FRAME_BYTES, FRAME_BYTES);
}

InstructionMix
WriteProgram::Loop(uint32_t bytes, uint32_t loads, uint32_t operations) const
{
    const uint32_t vectors = (bytes + m_vectorBytes - 1) / m_vectorBytes;
    const uint32_t turns = (vectors + UNROLLED - 1) / UNROLLED;
    InstructionMix mix;
    mix.load = loads * vectors;
    mix.store = vectors;
    // A turn moves the two addresses on.
    mix.alu = operations * vectors + 2 * turns;
    mix.branchTaken = turns;
    return mix;
}

} // namespace offload
} // namespace ns3
