/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "execution-context.h"

#include "nic-memory.h"
#include "spin-pipeline.h"
#include "spin-unit.h"

#include "ns3/boolean.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(ExecutionContext);

TypeId
ExecutionContext::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::ExecutionContext")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<ExecutionContext>()
            .AddAttribute("NicMemoryBytes",
                          "Bytes of L2 handler memory that the handlers share",
                          UintegerValue(0),
                          MakeUintegerAccessor(
                              &ExecutionContext::Set<&ExecutionContext::m_nicMemoryBytes, uint32_t>,
                              &ExecutionContext::GetNicMemoryBytes),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute(
                "ScratchpadBytes",
                "Bytes of scratchpad in the L1 of each cluster",
                UintegerValue(0),
                MakeUintegerAccessor(
                    &ExecutionContext::Set<&ExecutionContext::m_scratchpadBytes, uint32_t>,
                    &ExecutionContext::GetScratchpadBytes),
                MakeUintegerChecker<uint32_t>())
            .AddAttribute(
                "HostMemoryAddress",
                "First host address that the handlers may touch",
                UintegerValue(0),
                MakeUintegerAccessor(
                    &ExecutionContext::Set<&ExecutionContext::m_hostMemoryAddress, uint64_t>,
                    &ExecutionContext::GetHostMemoryAddress),
                MakeUintegerChecker<uint64_t>())
            .AddAttribute(
                "HostMemoryBytes",
                "Bytes of host memory that the handlers may touch; 0: none",
                UintegerValue(0),
                MakeUintegerAccessor(
                    &ExecutionContext::Set<&ExecutionContext::m_hostMemoryBytes, uint64_t>,
                    &ExecutionContext::GetHostMemoryBytes),
                MakeUintegerChecker<uint64_t>())
            .AddAttribute(
                "PspinView",
                "Handlers see IPv4 packets as PsPIN's packet generator makes them: without the "
                "Ethernet header, total length in the HPU's byte order, version and header length "
                "in the order of PsPIN's packets.h. What they send gets the header of an answer to "
                "their packet. Otherwise they see the frame as it came",
                BooleanValue(false),
                MakeBooleanAccessor(&ExecutionContext::Set<&ExecutionContext::m_pspinView, bool>,
                                    &ExecutionContext::HasPspinView),
                MakeBooleanChecker())
            .AddAttribute("CycleBudget",
                          "Cycles after which a handler is stopped with an error; 0: never. The "
                          "default is an assumption: 1 ms at 1 GHz, far beyond any line-rate "
                          "budget (pspin.md, 32 * 8 * B / rate)",
                          UintegerValue(1000000),
                          MakeUintegerAccessor(&ExecutionContext::m_cycleBudget),
                          MakeUintegerChecker<uint64_t>())
            .AddTraceSource("Event",
                            "Something that the application is told",
                            MakeTraceSourceAccessor(&ExecutionContext::m_eventTrace),
                            "ns3::offload::ContextEvent::TracedCallback");
    return tid;
}

ExecutionContext::ExecutionContext() = default;
ExecutionContext::~ExecutionContext() = default;

void
ExecutionContext::DoDispose()
{
    m_program = nullptr;
    m_callback = EventCallback();
    m_unit = nullptr;
    Object::DoDispose();
}

void
ExecutionContext::RequireDetached() const
{
    if (m_unit)
    {
        throw std::invalid_argument("ExecutionContext: memory sizes, host window and program can "
                                    "only be set while the context is not attached");
    }
}

void
ExecutionContext::SetProgram(Ptr<HandlerProgram> program)
{
    RequireDetached();
    m_program = program;
}

uint32_t
ExecutionContext::GetScratchpadAddress(uint32_t cluster) const
{
    return memory_map::L1_BASE + cluster * memory_map::L1_STRIDE + m_scratchpadOffset;
}

uint8_t*
ExecutionContext::GetNicMemory()
{
    if (!m_unit || !m_nicMemoryBytes)
    {
        return nullptr;
    }
    m_unit->CatchUp();
    return m_unit->GetPipeline().memory.Find(m_nicMemoryAddress, m_nicMemoryBytes);
}

uint8_t*
ExecutionContext::GetScratchpad(uint32_t cluster)
{
    if (!m_unit || !m_scratchpadBytes)
    {
        return nullptr;
    }
    m_unit->CatchUp();
    return m_unit->GetPipeline().memory.Find(GetScratchpadAddress(cluster), m_scratchpadBytes);
}

void
ExecutionContext::SetEventCallback(EventCallback callback)
{
    m_callback = callback;
}

bool
ExecutionContext::CompletePending(uint32_t message)
{
    if (m_unit)
    {
        m_unit->CatchUp();
    }
    const auto held =
        std::find_if(m_heldBack.begin(), m_heldBack.end(), [message](const ContextEvent& e) {
            return e.message == message;
        });
    if (held == m_heldBack.end())
    {
        return false;
    }
    const ContextEvent event = *held;
    m_heldBack.erase(held);
    m_eventTrace(event);
    if (!m_callback.IsNull())
    {
        m_callback(event);
    }
    return true;
}

} // namespace offload
} // namespace ns3
