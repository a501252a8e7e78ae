/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-helper.h"

#include "checked-attribute.h"

#include "ns3/boolean.h"
#include "ns3/log.h"
#include "ns3/names.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/node.h"
#include "ns3/pcap-file-wrapper.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/time-resolution.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_LOG_COMPONENT_DEFINE("LinkHelper");

LinkHelper::LinkHelper()
    : LinkHelper(LinkNetDevice::GetTypeId())
{
}

LinkHelper::LinkHelper(TypeId base)
    : m_base(base)
{
    RequirePicoseconds();
    m_deviceFactory.SetTypeId(base);
    m_channelFactory.SetTypeId(LinkChannel::GetTypeId());
}

void
LinkHelper::SetDeviceType(const std::string& type)
{
    TypeId id;
    if (!TypeId::LookupByNameFailSafe(type, &id) || !(id == m_base || id.IsChildOf(m_base)))
    {
        throw std::invalid_argument(type + " is not a kind of " + m_base.GetName());
    }
    m_deviceFactory = ObjectFactory();
    m_deviceFactory.SetTypeId(id);
}

void
LinkHelper::SetDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_deviceFactory, name, value);
}

void
LinkHelper::SetChannelAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_channelFactory, name, value);
}

void
LinkHelper::EnableQueueDisc()
{
    m_queueDisc = true;
}

NetDeviceContainer
LinkHelper::Install(const NodeContainer& nodes)
{
    if (nodes.GetN() != 2)
    {
        throw std::invalid_argument("LinkHelper::Install needs two nodes, got " +
                                    std::to_string(nodes.GetN()));
    }
    return Install(nodes.Get(0), nodes.Get(1));
}

NetDeviceContainer
LinkHelper::Install(Ptr<Node> a, Ptr<Node> b)
{
    Ptr<LinkNetDevice> first = CreateDevice(a);
    Ptr<LinkNetDevice> second = CreateDevice(b);
    Connect(first, second);
    NetDeviceContainer devices;
    devices.Add(first);
    devices.Add(second);
    return devices;
}

NetDeviceContainer
LinkHelper::Install(Ptr<Node> a, const std::string& bName)
{
    return Install(a, Names::Find<Node>(bName));
}

NetDeviceContainer
LinkHelper::Install(const std::string& aName, Ptr<Node> b)
{
    return Install(Names::Find<Node>(aName), b);
}

NetDeviceContainer
LinkHelper::Install(const std::string& aName, const std::string& bName)
{
    return Install(Names::Find<Node>(aName), Names::Find<Node>(bName));
}

Ptr<LinkNetDevice>
LinkHelper::CreateDevice(Ptr<Node> node)
{
    return DoCreateDevice(node);
}

NetDeviceContainer
LinkHelper::CreateDevices(const NodeContainer& nodes)
{
    const Series series(*this);
    NetDeviceContainer devices;
    for (auto node = nodes.Begin(); node != nodes.End(); ++node)
    {
        devices.Add(DoCreateDevice(*node));
    }
    return devices;
}

Ptr<LinkNetDevice>
LinkHelper::DoCreateDevice(Ptr<Node> node)
{
    Ptr<LinkNetDevice> device = MakeDevice();
    AddDevice(node, device);
    return device;
}

void
LinkHelper::UsePattern(bool use)
{
    m_pattern = use ? m_deviceFactory.Create<LinkNetDevice>() : nullptr;
}

Ptr<LinkNetDevice>
LinkHelper::MakeDevice() const
{
    const Ptr<LinkNetDevice> copy = m_pattern ? m_pattern->Copy() : nullptr;
    return copy ? copy : m_deviceFactory.Create<LinkNetDevice>();
}

void
LinkHelper::AddDevice(Ptr<Node> node, Ptr<LinkNetDevice> device) const
{
    device->SetAddress(Mac48Address::Allocate());
    node->AddDevice(device);
    if (m_queueDisc)
    {
        device->AggregateObject(CreateObject<NetDeviceQueueInterface>());
    }
}

Ptr<LinkChannel>
LinkHelper::Connect(Ptr<LinkNetDevice> a, Ptr<LinkNetDevice> b)
{
    Ptr<LinkChannel> channel = m_channelFactory.Create<LinkChannel>();
    a->Attach(channel);
    b->Attach(channel);
    return channel;
}

void
LinkHelper::EnablePcapInternal(std::string prefix,
                               Ptr<NetDevice> netDevice,
                               bool promiscuous,
                               bool explicitFilename)
{
    Ptr<LinkNetDevice> device = DynamicCast<LinkNetDevice>(netDevice);
    if (!device)
    {
        // EnablePcapAll offers every device of every node.
        NS_LOG_INFO("no pcap of " << netDevice << ": not a LinkNetDevice");
        return;
    }
    PcapHelper pcap;
    const std::string name = explicitFilename ? prefix : pcap.GetFilenameFromDevice(prefix, device);
    // Not PcapHelper::CreateFile, whose time stamps are whole microseconds.
    Ptr<PcapFileWrapper> file =
        CreateObjectWithAttributes<PcapFileWrapper>("NanosecMode", BooleanValue(true));
    file->Open(name, std::ios::out);
    if (file->Fail())
    {
        throw std::runtime_error("cannot write " + name);
    }
    file->Init(PcapHelper::DLT_EN10MB);
    pcap.HookDefaultSink<LinkNetDevice>(device, promiscuous ? "PromiscSniffer" : "Sniffer", file);
}

void
LinkHelper::EnableAsciiInternal(Ptr<OutputStreamWrapper> stream,
                                std::string prefix,
                                Ptr<NetDevice> netDevice,
                                bool explicitFilename)
{
    Ptr<LinkNetDevice> device = DynamicCast<LinkNetDevice>(netDevice);
    if (!device)
    {
        NS_LOG_INFO("no ascii trace of " << netDevice << ": not a LinkNetDevice");
        return;
    }
    Packet::EnablePrinting();
    AsciiTraceHelper ascii;
    if (!stream)
    {
        // One file per device: its name says where, so the lines need no context.
        const std::string name =
            explicitFilename ? prefix : ascii.GetFilenameFromDevice(prefix, device);
        Ptr<OutputStreamWrapper> file = ascii.CreateFileStream(name);
        ascii.HookDefaultEnqueueSinkWithoutContext<LinkNetDevice>(device, "MacTx", file);
        ascii.HookDefaultDequeueSinkWithoutContext<LinkNetDevice>(device, "PhyTxBegin", file);
        ascii.HookDefaultReceiveSinkWithoutContext<LinkNetDevice>(device, "MacRx", file);
        for (const auto* drop : {"MacTxDrop", "PhyTxDrop", "PhyRxDrop"})
        {
            ascii.HookDefaultDropSinkWithoutContext<LinkNetDevice>(device, drop, file);
        }
        return;
    }
    const std::string path = "/NodeList/" + std::to_string(device->GetNode()->GetId()) +
                             "/DeviceList/" + std::to_string(device->GetIfIndex()) +
                             "/$ns3::offload::LinkNetDevice/";
    const auto connect = [&](const std::string& trace, auto sink) {
        device->TraceConnect(trace, path + trace, MakeBoundCallback(sink, stream));
    };
    connect("MacTx", &AsciiTraceHelper::DefaultEnqueueSinkWithContext);
    connect("PhyTxBegin", &AsciiTraceHelper::DefaultDequeueSinkWithContext);
    connect("MacRx", &AsciiTraceHelper::DefaultReceiveSinkWithContext);
    connect("MacTxDrop", &AsciiTraceHelper::DefaultDropSinkWithContext);
    connect("PhyTxDrop", &AsciiTraceHelper::DefaultDropSinkWithContext);
    connect("PhyRxDrop", &AsciiTraceHelper::DefaultDropSinkWithContext);
}

} // namespace offload
} // namespace ns3
