/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-channel.h"

#include "link-net-device.h"

#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(LinkChannel);

TypeId
LinkChannel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::LinkChannel")
            .SetParent<Channel>()
            .SetGroupName("Offload")
            .AddConstructor<LinkChannel>()
            .AddAttribute("Delay",
                          "Propagation delay of the cable. Default: 2 m at 5 ns/m (IEEE "
                          "802.3-2018, 80.4 assumes 0.66 of the speed of light in a cable).",
                          TimeValue(NanoSeconds(10)),
                          MakeTimeAccessor(&LinkChannel::SetDelay, &LinkChannel::GetDelay),
                          MakeTimeChecker(Seconds(0)))
            .AddTraceSource("LinkState",
                            "The cable is plugged in or pulled: whether the link is up.",
                            MakeTraceSourceAccessor(&LinkChannel::m_linkStateTrace),
                            "ns3::offload::LinkChannel::LinkStateCallback");
    return tid;
}

LinkChannel::LinkChannel()
    : Channel()
{
}

LinkChannel::~LinkChannel() = default;

uint32_t
LinkChannel::Attach(Ptr<LinkNetDevice> device)
{
    const std::size_t side = GetNDevices();
    if (side == ENDS)
    {
        throw std::invalid_argument("LinkChannel: a cable has two ends, and both are in use");
    }
    m_devices[side] = device;
    return static_cast<uint32_t>(side);
}

void
LinkChannel::SetLinkUp(bool up)
{
    UpdatePorts();
    for (const auto& device : m_devices)
    {
        if (device)
        {
            device->SetLinkUp(up);
        }
    }
    m_linkStateTrace(up);
}

Time
LinkChannel::GetDelay() const
{
    return m_delay;
}

void
LinkChannel::SetDelay(Time delay)
{
    m_delay = delay;
    UpdatePorts();
}

void
LinkChannel::UpdatePorts()
{
    // Half a cable has no receiver yet.
    for (uint32_t i = 0; i < GetNDevices() && GetNDevices() == ENDS; ++i)
    {
        m_devices[i]->UpdateChannel();
    }
}

int64_t
LinkChannel::GetDeliveryDelay() const
{
    return m_delay.GetTimeStep();
}

LinkNetDevice*
LinkChannel::GetReceiver(uint32_t side) const
{
    return PeekPointer(m_devices[1 - side]);
}

void
LinkChannel::Deliver(uint32_t side, EthernetFrame&& frame)
{
    m_devices[1 - side]->Receive(std::move(frame));
}

uint32_t
LinkChannel::GetReceiverContext(uint32_t side) const
{
    Ptr<Node> node = m_devices[1 - side]->GetNode();
    return node ? node->GetId() : static_cast<uint32_t>(Simulator::NO_CONTEXT);
}

std::size_t
LinkChannel::GetNDevices() const
{
    return static_cast<std::size_t>(std::count_if(m_devices.begin(),
                                                  m_devices.end(),
                                                  [](const auto& device) { return bool(device); }));
}

Ptr<NetDevice>
LinkChannel::GetDevice(std::size_t i) const
{
    return m_devices.at(i);
}

void
LinkChannel::DoDispose()
{
    m_devices.fill(nullptr);
    Channel::DoDispose();
}

} // namespace offload
} // namespace ns3
