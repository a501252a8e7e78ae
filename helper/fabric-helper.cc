/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-helper.h"

#include "checked-attribute.h"

#include "ns3/boolean.h"
#include "ns3/host-address.h"
#include "ns3/link-channel.h"
#include "ns3/node.h"
#include "ns3/uinteger.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/**
 * What a switch's ports have for an address, in the same space as the hosts': PAUSE frames need a
 * source. Counted from the top.
 */
constexpr uint32_t PORT_ADDRESS = 0xffffff;

void
CheckCount(uint32_t given, const char* what, const FabricTopology& topology)
{
    if (given != topology.GetHosts())
    {
        throw std::invalid_argument("FabricHelper::Install: the " + topology.GetName() +
                                    " needs as many " + what + " as hosts, got " +
                                    std::to_string(given));
    }
}

/** A switch drops what its ports do not take; RDMA would send it again for ever. */
void
CheckMtu(const LinkNetDevice& device, const SwitchPort& port, uint32_t host)
{
    if (device.GetMtu() > port.GetMtu())
    {
        throw std::invalid_argument(
            "FabricHelper::Install: the Mtu of host " + std::to_string(host) + "'s " +
            device.GetInstanceTypeId().GetName() + " is " + std::to_string(device.GetMtu()) +
            ", above the " + std::to_string(port.GetMtu()) + " of the switch's ports; give " +
            port.GetInstanceTypeId().GetName() + "::Mtu at least as much (SetPortAttribute)");
    }
}

} // namespace

FabricHelper::FabricHelper()
{
    m_ports.SetDeviceType(SwitchPort::GetTypeId().GetName());
    m_switchFactory.SetTypeId(FabricSwitch::GetTypeId());
}

void
FabricHelper::SetHostDeviceType(const std::string& type)
{
    m_hosts.SetDeviceType(type);
}

void
FabricHelper::SetSwitchType(const std::string& type)
{
    TypeId id;
    if (!TypeId::LookupByNameFailSafe(type, &id) ||
        !(id == FabricSwitch::GetTypeId() || id.IsChildOf(FabricSwitch::GetTypeId())))
    {
        throw std::invalid_argument(type + " is not a kind of " +
                                    FabricSwitch::GetTypeId().GetName());
    }
    m_switchFactory = ObjectFactory();
    m_switchFactory.SetTypeId(id);
}

void
FabricHelper::SetHostDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    m_hosts.SetDeviceAttribute(name, value);
}

void
FabricHelper::SetSwitchAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_switchFactory, name, value);
}

void
FabricHelper::SetPortAttribute(const std::string& name, const AttributeValue& value)
{
    if (name == "QueueSize")
    {
        throw std::invalid_argument("ns3::offload::SwitchPort::QueueSize is not to be set: the "
                                    "switch bounds its ports' queues, by BufferSize and DropShare");
    }
    m_ports.SetDeviceAttribute(name, value);
}

void
FabricHelper::SetDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    // What only the hosts would take is refused for both.
    SetPortAttribute(name, value);
    SetHostDeviceAttribute(name, value);
}

void
FabricHelper::SetChannelAttribute(const std::string& name, const AttributeValue& value)
{
    m_hosts.SetChannelAttribute(name, value);
}

void
FabricHelper::SetLosslessClasses(uint8_t classes)
{
    SetSwitchAttribute("LosslessClasses", UintegerValue(classes));
    SetDeviceAttribute("PriorityFlowControl", BooleanValue(classes != 0));
}

void
FabricHelper::CheckLossless(const FabricTopology& topology) const
{
    UintegerValue classes;
    m_switchFactory.Create<FabricSwitch>()->GetAttribute("LosslessClasses", classes);
    if (classes.Get() != 0 && !topology.IsDeadlockFree())
    {
        throw std::invalid_argument("FabricHelper::Install: LosslessClasses must be 0 in the " +
                                    topology.GetName() +
                                    ", where frames that wait for each other could deadlock");
    }
}

Fabric
FabricHelper::Install(const FabricTopology& topology, const NodeContainer& hosts)
{
    CheckCount(hosts.GetN(), "nodes", topology);
    CheckLossless(topology);
    return Install(topology, m_hosts.CreateDevices(hosts));
}

Fabric
FabricHelper::Install(const FabricTopology& topology, const NetDeviceContainer& devices)
{
    CheckCount(devices.GetN(), "devices", topology);
    for (auto device = devices.Begin(); device != devices.End(); ++device)
    {
        if (!DynamicCast<LinkNetDevice>(*device))
        {
            throw std::invalid_argument("FabricHelper::Install: a host's device is no "
                                        "LinkNetDevice");
        }
    }
    CheckLossless(topology);
    Fabric fabric;
    fabric.hostDevices = devices;
    fabric.groups = CreateObject<MulticastGroups>();
    fabric.switchNodes.Create(topology.GetSwitches());
    const LinkHelper::Series ports(m_ports);
    const Ptr<FabricSwitch> pattern = m_switchFactory.Create<FabricSwitch>();
    for (uint32_t i = 0; i < topology.GetSwitches(); ++i)
    {
        const Ptr<FabricSwitch> copy = pattern->Copy();
        const Ptr<FabricSwitch> device = copy ? copy : m_switchFactory.Create<FabricSwitch>();
        device->SetRouting(topology.MakeRouting(i));
        device->SetMulticastGroups(fabric.groups);
        Ptr<Node> node = fabric.switchNodes.Get(i);
        node->AggregateObject(device);
        for (uint32_t port = 0; port < topology.GetPorts(i); ++port)
        {
            Ptr<SwitchPort> made = DynamicCast<SwitchPort>(m_ports.CreateDevice(node));
            made->SetAddress(MakeHostAddress(PORT_ADDRESS - i));
            device->AddPort(made);
        }
        fabric.switches.push_back(device);
    }
    for (uint32_t i = 0; i < topology.GetSwitches(); ++i)
    {
        for (uint32_t port = 0; port < topology.GetPorts(i); ++port)
        {
            if (topology.IsHostPort({i, port}))
            {
                continue;
            }
            const FabricTopology::Place peer = topology.GetPeer({i, port});
            // Each cable is seen from both ends.
            if (peer.node > i || (peer.node == i && peer.port > port))
            {
                m_hosts.Connect(fabric.switches[i]->GetPort(port),
                                fabric.switches[peer.node]->GetPort(peer.port));
            }
        }
    }
    for (uint32_t host = 0; host < topology.GetHosts(); ++host)
    {
        Ptr<LinkNetDevice> device = DynamicCast<LinkNetDevice>(devices.Get(host));
        device->SetAddress(MakeHostAddress(host));
        const FabricTopology::Place place = topology.GetHostPlace(host);
        const Ptr<SwitchPort> port = fabric.switches[place.node]->GetPort(place.port);
        CheckMtu(*device, *port, host);
        m_hosts.Connect(device, port);
    }
    for (const auto& device : fabric.switches)
    {
        device->Validate();
    }
    return fabric;
}

int64_t
FabricHelper::AssignStreams(const Fabric& fabric, int64_t stream)
{
    int64_t used = 0;
    for (const auto& device : fabric.switches)
    {
        used += device->AssignStreams(stream + used);
    }
    return used;
}

uint64_t
FabricHelper::GetTraffic(const Fabric& fabric)
{
    uint64_t bytes = 0;
    for (const auto& device : fabric.switches)
    {
        const SwitchBuffer& buffer = device->GetBuffer();
        for (uint32_t port = 0; port < device->GetPorts(); ++port)
        {
            bytes += buffer.GetSent(port);
            // What a switch has received, another one has sent.
            Ptr<Channel> channel = device->GetPort(port)->GetChannel();
            const bool ours = channel && channel->GetDevice(0) == device->GetPort(port);
            if (channel && !DynamicCast<SwitchPort>(channel->GetDevice(ours ? 1 : 0)))
            {
                bytes += buffer.GetReceived(port);
            }
        }
    }
    return bytes;
}

} // namespace offload
} // namespace ns3
