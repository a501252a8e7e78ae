/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What happens when a FabricSwitch fails, and how the others send around it.
 */
#include "fabric-switch.h"

#include "ns3/link-channel.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <utility>

namespace ns3
{
namespace offload
{

void
FabricSwitch::Fail()
{
    if (m_failed)
    {
        return;
    }
    m_failed = true;
    NS_LOG_INFO("a switch of " << GetPorts() << " ports fails");
    for (const auto& port : m_ports)
    {
        if (const Ptr<LinkChannel> channel = DynamicCast<LinkChannel>(port->GetChannel()))
        {
            // What is queued on either side is lost, and the ports' traces tell.
            channel->SetLinkUp(false);
        }
    }
    Simulator::Schedule(m_detectionTime, &FabricSwitch::TellAll, Ptr<FabricSwitch>(this));
}

void
FabricSwitch::TellAll()
{
    m_known = true;
    NS_LOG_INFO("the others know that a switch has failed");
    // The news spreads over the cables, also past switches that have failed: whoever is beyond them
    // hears of it another way, or has nobody to send to.
    std::vector<FabricSwitch*> told{this};
    Detour();
    for (std::size_t i = 0; i < told.size(); ++i)
    {
        for (const Neighbour& neighbour : told[i]->m_neighbours)
        {
            if (neighbour.device && !neighbour.device->m_detour)
            {
                neighbour.device->Detour();
                told.push_back(neighbour.device);
            }
        }
    }
}

void
FabricSwitch::Detour()
{
    m_detour = true;
    m_neighbours.assign(m_ports.size(), {nullptr, 0});
    for (uint32_t i = 0; i < m_ports.size(); ++i)
    {
        const Ptr<Channel> channel = m_ports[i]->GetChannel();
        for (std::size_t end = 0; channel && end < channel->GetNDevices(); ++end)
        {
            const Ptr<SwitchPort> peer = DynamicCast<SwitchPort>(channel->GetDevice(end));
            if (peer && peer != m_ports[i])
            {
                m_neighbours[i] = {peer->GetSwitch(), peer->GetNumber()};
            }
        }
    }
}

bool
FabricSwitch::Leads(uint32_t egress, uint32_t host) const
{
    const Neighbour& neighbour = m_neighbours[egress];
    return !neighbour.device ||
           (!neighbour.device->m_known && neighbour.device->Reaches(host, neighbour.port));
}

bool
FabricSwitch::Reaches(uint32_t host, uint32_t ingress) const
{
    const PortRange ports = m_routing->GetPorts(host, ingress);
    for (uint32_t i = 0; i < ports.count; ++i)
    {
        if (Leads(ports.first + i, host))
        {
            return true;
        }
    }
    return false;
}

void
FabricSwitch::ForwardAround(uint32_t ingress, uint32_t host, EthernetFrame&& frame)
{
    const PortRange ports = GetPortsTo(host, ingress);
    uint32_t usable = 0;
    for (uint32_t i = 0; i < ports.count; ++i)
    {
        usable += Leads(ports.first + i, host) ? 1 : 0;
    }
    if (usable == 0)
    {
        Drop(ingress, frame, SwitchDropReason::NO_ROUTE);
        return;
    }
    uint32_t choice = Choose(usable, frame);
    uint32_t egress = ports.first;
    while (!Leads(egress, host) || choice-- != 0)
    {
        ++egress;
    }
    Output(ingress, egress, std::move(frame));
}

} // namespace offload
} // namespace ns3
