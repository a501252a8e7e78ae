/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-program.h"

#include "flare-spin-lock.h"

#include "ns3/execution-context.h"
#include "ns3/spin-pipeline.h"
#include "ns3/spin-unit.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FlareProgram);

namespace
{

constexpr uint32_t SLOTS = 4; //!< frames of a core that may be on their way

/// Room for a frame
constexpr uint32_t SLOT_BYTES = EthernetFrame::HEADER_BYTES + flare::NETWORK_HEADER_BYTES +
                                flare::HEADER_BYTES + flare::MAX_DATA_BYTES;

/// Instructions that a command charges by itself, and that a handler's steps have counted, too
constexpr uint32_t COMMAND_CYCLES = 7;

} // namespace

TypeId
FlareProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::FlareProgram")
                            .SetParent<HandlerProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<FlareProgram>();
    return tid;
}

FlareProgram::FlareProgram() = default;
FlareProgram::~FlareProgram() = default;

void
FlareProgram::Configure(const FlareReduction& reduction, SpinUnit& unit)
{
    m_unit = &unit;
    const SpinConfig& config = unit.GetConfig();
    m_perCluster = config.hpusPerCluster;
    m_handler = MakeFlareHandler(reduction, *this, m_perCluster);
    m_tasks = std::vector<FlareTask>(config.clusters * m_perCluster);
    m_cores = std::vector<Core>(m_tasks.size());
    for (size_t i = 0; i < m_tasks.size(); i++)
    {
        m_tasks[i].core = static_cast<uint16_t>(i);
    }
}

uint32_t
FlareProgram::GetScratchpadBytes() const
{
    return m_perCluster * SLOTS * SLOT_BYTES;
}

bool
FlareProgram::Has(HandlerKind kind) const
{
    return kind == HandlerKind::PAYLOAD;
}

void
FlareProgram::Prepare(ExecutionContext& context)
{
    if (!m_handler || context.GetScratchpadBytes() < GetScratchpadBytes())
    {
        throw std::invalid_argument("FlareProgram: configure it, and give the context " +
                                    std::to_string(GetScratchpadBytes()) + " bytes of scratchpad");
    }
}

uint64_t
FlareProgram::GetNow() const
{
    return m_unit->GetPipeline().clock.Now();
}

HandlerStatus
FlareProgram::Run(HandlerKind, Hpu& hpu)
{
    const MemoryWindow window = hpu.GetPacket();
    constexpr uint32_t HEADER = EthernetFrame::HEADER_BYTES;
    const uint32_t bytes = window.GetSize() - std::min(HEADER, window.GetSize());
    FlarePacketPtr packet =
        FlarePacket::Parse(Create<Packet>(window.Bytes(window.GetSize() - bytes, bytes), bytes),
                           *FlarePacketPool::Get());
    hpu.Execute(m_handler->GetEntryCycles());
    if (!packet)
    {
        return HandlerStatus::DROP;
    }
    const uint32_t number = hpu.GetClusterId() * m_perCluster + hpu.GetHpuId();
    FlareTask& task = m_tasks[number];
    Core& core = m_cores[number];
    task.packet = std::move(packet);
    task.handler = m_handler.get();
    task.phase = 0;
    while (true)
    {
        hpu.Synchronise();
        const uint64_t now = GetNow();
        core.working = false;
        const FlareStep step = m_handler->Step(task, now);
        if (step.kind == FlareStep::Kind::WAIT)
        {
            core.wake = UINT64_MAX;
            while (core.wake > GetNow())
            {
                hpu.Execute(FlareSpinLock::PERIOD);
                hpu.Synchronise();
            }
            continue;
        }
        core.working = step.kind == FlareStep::Kind::AGAIN;
        SendFrames(hpu, core, now);
        const uint64_t since = GetNow();
        if (step.cycle > since)
        {
            hpu.Execute(static_cast<uint32_t>(step.cycle - since));
        }
        if (step.kind == FlareStep::Kind::DONE)
        {
            task.packet = nullptr;
            return HandlerStatus::SUCCESS;
        }
    }
}

void
FlareProgram::SendFrames(Hpu& hpu, Core& core, uint64_t now)
{
    for (const Outgoing& outgoing : core.outgoing)
    {
        const uint64_t passed = GetNow() - now;
        const uint64_t prepare = outgoing.cycle - now - COMMAND_CYCLES;
        if (prepare > passed)
        {
            hpu.Execute(static_cast<uint32_t>(prepare - passed));
        }
        hpu.Synchronise();
        EthernetFrame frame;
        frame.protocol = EthernetFrame::IPV4;
        frame.content = outgoing.packet;
        const Ptr<Packet> whole = frame.ToPacket();
        const MemoryWindow scratchpad = hpu.GetScratchpad(hpu.GetClusterId());
        const uint32_t slot = hpu.GetHpuId() * SLOTS + core.slot;
        core.slot = (core.slot + 1) % SLOTS;
        const MemoryWindow place = scratchpad.Slice(slot * SLOT_BYTES, whole->GetSize());
        whole->CopyData(place.Bytes(0, whole->GetSize()), whole->GetSize());
        hpu.SendPacket(place);
    }
    core.outgoing.clear();
}

void
FlareProgram::Send(FlareHandler&, const FlareTask& task, FlarePacketPtr&& packet, uint64_t cycle)
{
    m_cores[task.core].outgoing.push_back({std::move(packet), cycle});
}

void
FlareProgram::Resend(FlareHandler& handler,
                     const FlareTask& task,
                     FlarePacketPtr&& packet,
                     uint64_t cycle)
{
    Send(handler, task, std::move(packet), cycle);
}

void
FlareProgram::Wake(uint16_t core, uint64_t cycle)
{
    m_cores[core].wake = cycle;
}

FlareTask&
FlareProgram::GetTask(uint16_t core)
{
    return m_tasks[core];
}

uint32_t
FlareProgram::GetConflictCycles(const FlareTask& task, uint64_t accesses, uint64_t cycles) const
{
    uint32_t others = 0;
    const uint32_t first = task.core / m_perCluster * m_perCluster;
    for (uint32_t core = first; core < first + m_perCluster; core++)
    {
        others += m_cores[core].working ? 1 : 0;
    }
    return GetBankConflicts(others, accesses, cycles);
}

void
FlareProgram::CountMemory(int64_t, uint64_t)
{
}

} // namespace offload
} // namespace ns3
