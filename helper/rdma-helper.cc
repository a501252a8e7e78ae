/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-helper.h"

#include "checked-attribute.h"

#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/power-of-two.h"
#include "ns3/roce-headers.h"
#include "ns3/uinteger.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

RdmaHelper::RdmaHelper()
    : LinkHelper(RdmaNetDevice::GetTypeId()),
      m_nextAddress(Ipv4Address("10.0.0.1").Get())
{
    SetDeviceAttribute("Mtu", UintegerValue(roce::MAX_MTU + roce::MAX_OVERHEAD_BYTES));
    m_engineFactory.SetTypeId(RdmaEngine::GetTypeId());
    m_queuePairFactory.SetTypeId(QueuePairConfig::GetTypeId());
    m_hostFactory.SetTypeId(RdmaHost::GetTypeId());
    m_pcieFactory.SetTypeId(PcieLink::GetTypeId());
    m_memoryFactory.SetTypeId(HostMemory::GetTypeId());
    m_cpuFactory.SetTypeId(HostCpu::GetTypeId());
}

void
RdmaHelper::SetEngineAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_engineFactory, name, value);
}

void
RdmaHelper::SetQueuePairAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_queuePairFactory, name, value);
    // Those that share the old settings keep them.
    m_config = nullptr;
}

void
RdmaHelper::EnableHost()
{
    m_host = true;
}

void
RdmaHelper::SetHostAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_hostFactory, name, value);
}

void
RdmaHelper::SetPcieAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_pcieFactory, name, value);
}

void
RdmaHelper::SetMemoryAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_memoryFactory, name, value);
}

void
RdmaHelper::SetCpuAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_cpuFactory, name, value);
}

Ptr<HostMemory>
RdmaHelper::GetMemory(Ptr<Node> node) const
{
    Ptr<HostMemory> memory = node->GetObject<HostMemory>();
    if (!memory)
    {
        memory = m_memoryFactory.Create<HostMemory>();
        node->AggregateObject(memory);
    }
    return memory;
}

Ptr<RdmaHost>
RdmaHelper::CreateHost(Ptr<Node> node) const
{
    Ptr<PcieLink> pcie = m_pcieFactory.Create<PcieLink>();
    if (pcie->GetRate().GetBitRate() == 0)
    {
        throw std::invalid_argument("ns3::offload::PcieLink::ReservedRate must be below what the "
                                    "lanes carry times Utilisation");
    }
    Ptr<RdmaHost> host = m_hostFactory.Create<RdmaHost>();
    const Ptr<HostCpu> present = node->GetObject<HostCpu>();
    const Ptr<HostCpu> cpu = present ? present : m_cpuFactory.Create<HostCpu>();
    CheckCore(*host, cpu->GetCores());
    // Nothing is refused from here on.
    if (!present)
    {
        node->AggregateObject(cpu);
    }
    pcie->SetMemory(GetMemory(node));
    host->SetHost(pcie, cpu);
    return host;
}

void
RdmaHelper::CheckCore(const RdmaHost& host, uint32_t cores)
{
    if (host.GetCore() >= cores)
    {
        throw std::invalid_argument("ns3::offload::RdmaHost::Core does not accept " +
                                    std::to_string(host.GetCore()) +
                                    ", but 0:" + std::to_string(cores - 1));
    }
}

void
RdmaHelper::CheckPackets(const LinkNetDevice& device, const QueuePairConfig& config)
{
    const uint32_t largest = config.GetMtu() + roce::MAX_OVERHEAD_BYTES;
    if (device.GetMtu() < largest)
    {
        throw std::invalid_argument(device.GetInstanceTypeId().GetName() +
                                    "::Mtu does not accept " + std::to_string(device.GetMtu()) +
                                    ", but at least " + std::to_string(largest) +
                                    ", what the queue pairs' packets need");
    }
}

void
RdmaHelper::SetFirstAddress(Ipv4Address first)
{
    m_nextAddress = first.Get();
}

Ptr<RdmaNetDevice>
RdmaHelper::CreateDevice(Ptr<Node> node)
{
    if (!m_config)
    {
        m_config = m_queuePairFactory.Create<QueuePairConfig>();
    }
    Ptr<RdmaNetDevice> device = DynamicCast<RdmaNetDevice>(MakeDevice());
    CheckPackets(*device, *m_config);
    const Ptr<RdmaHost> host = m_host ? CreateHost(node) : nullptr;
    AddDevice(node, device);
    Ptr<RdmaEngine> engine = m_engineFactory.Create<RdmaEngine>();
    engine->SetAttribute("Config", PointerValue(m_config));
    engine->SetAddress(Ipv4Address(m_nextAddress++));
    engine->SetHost(host);
    device->SetEngine(engine);
    return device;
}

NetDeviceContainer
RdmaHelper::Install(const NodeContainer& nodes)
{
    if (nodes.GetN() != 2)
    {
        throw std::invalid_argument("RdmaHelper::Install needs two nodes, got " +
                                    std::to_string(nodes.GetN()));
    }
    return Install(nodes.Get(0), nodes.Get(1));
}

NetDeviceContainer
RdmaHelper::Install(Ptr<Node> a, Ptr<Node> b)
{
    NetDeviceContainer devices;
    Ptr<RdmaNetDevice> first = CreateDevice(a);
    Ptr<RdmaNetDevice> second = CreateDevice(b);
    Connect(first, second);
    devices.Add(first);
    devices.Add(second);
    return devices;
}

RdmaHelper::Connection
RdmaHelper::ConnectQueuePairs(Ptr<RdmaNetDevice> a, Ptr<RdmaNetDevice> b)
{
    const auto make = [](Ptr<RdmaNetDevice> device) {
        QueuePair::Parameters parameters;
        parameters.sendCompletions = device->GetEngine()->CreateCompletionQueue();
        parameters.receiveCompletions = parameters.sendCompletions;
        return device->GetEngine()->CreateQueuePair(parameters);
    };
    Connection connection(make(a), make(b));
    ConnectQueuePairs(connection.first, connection.second);
    return connection;
}

void
RdmaHelper::ConnectQueuePairs(Ptr<QueuePair> a, Ptr<QueuePair> b)
{
    const uint32_t mtu = a->GetConfig().GetMtu();
    if (b->GetConfig().GetMtu() != mtu)
    {
        throw std::invalid_argument("ns3::offload::QueuePairConfig::Mtu must be the same at both "
                                    "ends of a connection, not " +
                                    std::to_string(mtu) + " and " +
                                    std::to_string(b->GetConfig().GetMtu()));
    }
    a->Initialise();
    b->Initialise();
    a->SetReadyToReceive(b->GetAddress());
    b->SetReadyToReceive(a->GetAddress());
    a->SetReadyToSend();
    b->SetReadyToSend();
}

void
RdmaHelper::CheckMtu(uint64_t bytes)
{
    if (bytes < roce::MIN_MTU || bytes > roce::MAX_MTU || !IsPowerOfTwo(bytes))
    {
        throw std::invalid_argument("RDMA packets carry 256, 512, 1024, 2048 or 4096 bytes, not " +
                                    std::to_string(bytes));
    }
}

} // namespace offload
} // namespace ns3
