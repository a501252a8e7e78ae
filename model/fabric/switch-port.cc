/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "switch-port.h"

#include "fabric-switch.h"

#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(SwitchPort);

TypeId
SwitchPort::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::SwitchPort")
                            .SetParent<LinkNetDevice>()
                            .SetGroupName("Offload")
                            .AddConstructor<SwitchPort>();
    return tid;
}

SwitchPort::SwitchPort() = default;

SwitchPort::SwitchPort(const SwitchPort& prototype)
    : LinkNetDevice(prototype)
{
}

SwitchPort::~SwitchPort() = default;

Ptr<LinkNetDevice>
SwitchPort::Copy() const
{
    return CopyOf(*this);
}

void
SwitchPort::SetSwitch(FabricSwitch* owner, uint32_t number)
{
    m_switch = owner;
    m_number = number;
    SetQueueSize(QueueSize(QueueSizeUnit::PACKETS, UINT32_MAX));
    // The switch has read them, for the frame's room in the buffer.
    KeepPriorities();
    SetForwarder(owner, number);
}

bool
SwitchPort::TakesAhead(const EthernetFrame&) const
{
    return true;
}

uint32_t
SwitchPort::GetCutThroughBytes() const
{
    return m_switch ? m_switch->GetCutThroughBytes(*this) : 0;
}

int64_t
SwitchPort::GetForwardingLatency() const
{
    return m_switch ? m_switch->GetLatency().GetTimeStep() : 0;
}

void
SwitchPort::RateChanged()
{
    if (m_switch)
    {
        // It matters to the others whether this one is faster.
        m_switch->UpdatePorts();
    }
    else
    {
        LinkNetDevice::RateChanged();
    }
}

void
SwitchPort::ReceiveFrame(EthernetFrame&& frame)
{
    const uint32_t bytes = frame.GetSize();
    m_switch->Forward(m_number, std::move(frame), bytes, LookaheadQueue::Now());
}

void
SwitchPort::DoDispose()
{
    m_switch = nullptr;
    LinkNetDevice::DoDispose();
}

} // namespace offload
} // namespace ns3
