/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-unit.h"

#include "execution-context.h"
#include "nic-inbound.h"
#include "nic-outbound.h"
#include "spin-pipeline.h"

#include "ns3/host-port.h"
#include "ns3/lookahead-queue.h"
#include "ns3/packet.h"
#include "ns3/riscv-system.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(SpinUnit);

namespace
{

/** One line that names the attribute and what it accepts. */
void
Require(bool condition, const std::string& line)
{
    if (!condition)
    {
        throw std::invalid_argument("SpinUnit: " + line);
    }
}

} // namespace

const char*
ToString(SpinDropReason reason)
{
    switch (reason)
    {
    case SpinDropReason::CONTEXT_DISABLED:
        return "its context is disabled";
    case SpinDropReason::NO_MESSAGE:
        return "its message is not open";
    case SpinDropReason::HEADER_DROP:
        return "the header handler dropped the message";
    case SpinDropReason::PAYLOAD_DROP:
        return "the payload handler dropped the packet";
    case SpinDropReason::MESSAGE_ABORTED:
        return "its message was aborted";
    case SpinDropReason::TOO_LARGE:
        return "it is larger than the packet buffers allow";
    }
    return "?";
}

SpinUnit::SpinUnit()
    : m_context(Simulator::NO_CONTEXT)
{
}

SpinUnit::~SpinUnit() = default;

void
SpinUnit::DoDispose()
{
    m_pipeline.reset();
    for (auto& context : m_contexts)
    {
        context->m_unit = nullptr;
        context->m_enabled = false;
        context->m_detaching = false;
        context->m_openMessages = 0;
    }
    m_contexts.clear();
    m_resume = Callback<void>();
    m_hostPath = Callback<void, Ptr<const Packet>, uint64_t>();
    m_leave = Callback<void, uint64_t>();
    m_host = nullptr;
    m_output = nullptr;
    m_input = nullptr;
    m_contextCallback = ContextCallback();
    Object::DoDispose();
}

void
SpinUnit::Build()
{
    const SpinConfig& c = m_config;
    Require(Time::GetResolution() >= Time::PS,
            "time resolution is coarser than 1 ps; put Time::SetResolution(Time::PS); first");
    Require(c.clockPeriod.IsStrictlyPositive(), "ClockPeriod must be positive");
    constexpr uint32_t windows =
        (memory_map::L2_HANDLER_BASE - memory_map::L1_BASE) / memory_map::L1_STRIDE;
    Require(c.clusters <= windows,
            "Clusters must be 1 ... " + std::to_string(windows) +
                ", the windows of the memory map");
    Require(c.l2PacketBytes % 64 == 0, "L2PacketBytes must be a multiple of 64");
    Require(c.l2HandlerBytes <= memory_map::L2_PACKET_BASE - memory_map::L2_HANDLER_BASE,
            "L2HandlerBytes must be at most 4194304, the address window");
    Require(c.l1PacketBytes % (64 * c.l1PacketRings) == 0,
            "L1PacketBytes must be a multiple of 64 * L1PacketRings");
    Require(uint64_t{memory_map::L1_PACKET_OFFSET} + c.l1PacketBytes <= c.l1Bytes,
            "L1Bytes must be at least 17408 + L1PacketBytes");
    m_pipeline = std::make_unique<SpinPipeline>(*this);
    m_pipeline->clock.SetContext(m_context);
}

SpinPipeline&
SpinUnit::GetPipeline()
{
    if (!m_pipeline)
    {
        Build();
    }
    return *m_pipeline;
}

const SpinConfig&
SpinUnit::GetConfig() const
{
    return m_pipeline ? m_pipeline->config : m_config;
}

Time
SpinUnit::GetReadyTime() const
{
    if (!m_pipeline || !m_pipeline->riscv)
    {
        return TimeStep(0);
    }
    const int64_t ready = m_pipeline->clock.TimeOf(m_pipeline->riscv->GetReadyCycle());
    return std::max(TimeStep(0), TimeStep(ready - LookaheadQueue::Now()));
}

void
SpinUnit::AddInstructionObserver(InstructionObserver& observer)
{
    Require(m_pipeline && m_pipeline->riscv, "no context with a RISC-V program is attached");
    m_pipeline->riscv->AddObserver(observer);
}

void
SpinUnit::Attach(Ptr<ExecutionContext> context)
{
    const bool first = !m_pipeline;
    try
    {
        DoAttach(*context);
    }
    catch (...)
    {
        if (first)
        {
            m_pipeline.reset(); // the next one reads the attributes anew
        }
        throw;
    }
}

void
SpinUnit::AllocateMemory(ExecutionContext& context)
{
    SpinPipeline& pipeline = GetPipeline();
    const uint32_t nicBytes = context.m_nicMemoryBytes;
    Require(pipeline.nicMemory.Allocate(nicBytes, context.m_nicMemoryAddress),
            "NicMemoryBytes of the context does not fit; free: 0 ... " +
                std::to_string(pipeline.nicMemory.GetFreeBytes()));
    if (!pipeline.scratchpads.Allocate(context.m_scratchpadBytes, context.m_scratchpadOffset))
    {
        pipeline.nicMemory.Free(context.m_nicMemoryAddress, nicBytes);
        Require(false,
                "ScratchpadBytes of the context does not fit; free: 0 ... " +
                    std::to_string(pipeline.scratchpads.GetFreeBytes()));
    }
}

void
SpinUnit::DoAttach(ExecutionContext& attached)
{
    SpinPipeline& pipeline = GetPipeline();
    const Ptr<ExecutionContext> context = &attached;
    Require(context->GetProgram() != nullptr, "the context has no program");
    Require(!context->m_unit, "the context is attached already");
    const uint64_t host = context->GetHostMemoryBytes();
    Require(host == 0 || (m_host && m_host->Contains(context->GetHostMemoryAddress(), host)),
            "HostMemoryAddress and HostMemoryBytes of the context are outside host memory");
    if (!m_contexts.empty())
    {
        pipeline.clock.CatchUp();
    }
    context->GetProgram()->Load(pipeline);
    pipeline.UpdateAwaited();
    try
    {
        AllocateMemory(attached);
    }
    catch (...)
    {
        context->GetProgram()->Unload(pipeline);
        throw;
    }
    context->m_unit = this;
    context->m_slot = m_nextSlot++;
    context->m_detaching = false;
    if (context->m_nicMemoryBytes)
    {
        std::memset(context->GetNicMemory(), 0, context->m_nicMemoryBytes);
    }
    for (uint32_t i = 0; context->m_scratchpadBytes && i < pipeline.config.clusters; i++)
    {
        std::memset(context->GetScratchpad(i), 0, context->m_scratchpadBytes);
    }
    m_contexts.push_back(context);
    try
    {
        context->GetProgram()->Prepare(*context);
    }
    catch (...)
    {
        DoDetach(*context);
        throw;
    }
    context->m_enabled = true;
}

void
SpinUnit::Detach(Ptr<ExecutionContext> context)
{
    Require(context->m_unit == this, "the context is not attached here");
    m_pipeline->clock.CatchUp();
    context->m_enabled = false;
    if (!context->m_detaching)
    {
        context->m_detaching = true;
        m_pipeline->BePunctual(true); // whoever detaches waits for the event that says so
    }
    if (context->m_openMessages == 0)
    {
        DoDetach(*context);
    }
}

void
SpinUnit::DoDetach(ExecutionContext& context)
{
    Ptr<ExecutionContext> keep = &context;
    m_pipeline->nicMemory.Free(context.m_nicMemoryAddress, context.m_nicMemoryBytes);
    m_pipeline->scratchpads.Free(context.m_scratchpadOffset, context.m_scratchpadBytes);
    context.GetProgram()->Unload(*m_pipeline);
    context.m_unit = nullptr;
    m_contexts.erase(std::find(m_contexts.begin(), m_contexts.end(), keep));
    if (context.m_detaching)
    {
        m_pipeline->BePunctual(false);
        context.m_detaching = false; // told once, even if Detach was called while a message ended
        ContextEvent event = {};
        event.type = ContextEvent::Type::DETACHED;
        Raise(context, event);
    }
}

bool
SpinUnit::Receive(const Ptr<ExecutionContext>& context,
                  const Ptr<const Packet>& frame,
                  const MessagePosition& position)
{
    const int64_t now = LookaheadQueue::Now();
    return GetPipeline().Receive(*context, MemoryFrame(frame), position, now);
}

bool
SpinUnit::Receive(const Ptr<ExecutionContext>& context,
                  MemoryFrame&& frame,
                  const MessagePosition& position,
                  int64_t time)
{
    return GetPipeline().Receive(*context, std::move(frame), position, time);
}

void
SpinUnit::SetInput(PacketInput* input)
{
    m_input = input;
}

void
SpinUnit::Expect(int64_t time)
{
    GetPipeline().nicInbound->Expect(time);
}

void
SpinUnit::CatchUp() const
{
    if (m_pipeline)
    {
        m_pipeline->clock.CatchUp();
    }
}

void
SpinUnit::CatchUp(int64_t now) const
{
    if (m_pipeline)
    {
        m_pipeline->clock.CatchUp(now);
    }
}

void
SpinUnit::SetContextCallback(ContextCallback callback)
{
    m_contextCallback = callback;
}

void
SpinUnit::Raise(ExecutionContext& context, const ContextEvent& event)
{
    const bool complete = event.type == ContextEvent::Type::MESSAGE_COMPLETE;
    if (!complete && !m_contextCallback.IsNull())
    {
        m_contextCallback(&context, event);
    }
    context.m_eventTrace(event);
    if (!context.m_callback.IsNull())
    {
        context.m_callback(event);
    }
}

bool
SpinUnit::IsAwaited(const ExecutionContext& context) const
{
    return !context.m_eventTrace.IsEmpty() || !context.m_callback.IsNull();
}

bool
SpinUnit::IsWatched(const ExecutionContext& context) const
{
    // Transfers with the host take their turn with those of others; a header handler may have
    // packets delivered or dropped at once.
    return IsAwaited(context) || context.m_hostMemoryBytes > 0 ||
           context.m_program->Has(HandlerKind::HEADER) || !m_sendTrace.IsEmpty() ||
           !m_dropTrace.IsEmpty();
}

void
PacketOutput::TransmitFrame(const MemoryFrame& frame, int64_t)
{
    Transmit(frame.ToPacket()->Copy());
}

void
SpinUnit::SetResumeCallback(Callback<void> callback)
{
    m_resume = callback;
}

void
SpinUnit::SetContext(uint32_t context)
{
    m_context = context;
    if (m_pipeline)
    {
        m_pipeline->clock.SetContext(context);
    }
}

void
SpinUnit::SetOutput(PacketOutput* output)
{
    m_output = output;
}

void
SpinUnit::OutputReady()
{
    if (m_pipeline)
    {
        m_pipeline->nicOutbound->OutputReady();
    }
}

void
SpinUnit::SetHostPort(HostPort* host)
{
    m_host = host;
}

void
SpinUnit::SetHostPathCallback(Callback<void, Ptr<const Packet>, uint64_t> callback)
{
    m_hostPath = callback;
}

void
SpinUnit::SetLeaveCallback(Callback<void, uint64_t> callback)
{
    m_leave = callback;
}

void
SpinUnit::Abort(Ptr<ExecutionContext> context, uint64_t key)
{
    if (m_pipeline)
    {
        m_pipeline->clock.CatchUp();
        m_pipeline->lifecycle.AbortMessage(*context, key);
    }
}

uint32_t
SpinUnit::GetMaxPacketBytes() const
{
    const SpinConfig& c = GetConfig();
    return std::min({c.l1PacketBytes / c.l1PacketRings, c.l2PacketBytes, c.outboundMaxPacket});
}

const SpinCounters&
SpinUnit::GetCounters() const
{
    static const SpinCounters none;
    CatchUp();
    return m_pipeline ? m_pipeline->counters : none;
}

uint64_t
SpinUnit::GetPacketsInside() const
{
    const SpinCounters& c = GetCounters();
    return c.packetsIn - c.packetsDone;
}

size_t
SpinUnit::GetIdleBytes() const
{
    return sizeof(*this) + (m_pipeline ? m_pipeline->GetIdleBytes() : 0);
}

} // namespace offload
} // namespace ns3
