/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-helper.h"

#include "checked-attribute.h"

#include "ns3/node.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

SpinHelper::SpinHelper()
    : SpinHelper(SpinNetDevice::GetTypeId())
{
}

SpinHelper::SpinHelper(TypeId base)
    : LinkHelper(base)
{
    m_unitFactory.SetTypeId(SpinUnit::GetTypeId());
    m_steeringFactory.SetTypeId(SteeringTable::GetTypeId());
    m_inputFactory.SetTypeId(InputBuffer::GetTypeId());
    m_hostPathFactory.SetTypeId(HostPath::GetTypeId());
    m_pcieFactory.SetTypeId(PcieLink::GetTypeId());
    m_memoryFactory.SetTypeId(HostMemory::GetTypeId());
    m_cpuFactory.SetTypeId(HostCpu::GetTypeId());
}

void
SpinHelper::SetUnitAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_unitFactory, name, value);
}

void
SpinHelper::SetSteeringAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_steeringFactory, name, value);
}

void
SpinHelper::SetInputBufferAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_inputFactory, name, value);
}

void
SpinHelper::SetHostPathAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_hostPathFactory, name, value);
}

void
SpinHelper::SetPcieAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_pcieFactory, name, value);
}

void
SpinHelper::SetMemoryAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_memoryFactory, name, value);
}

void
SpinHelper::SetCpuAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_cpuFactory, name, value);
}

Ptr<HostMemory>
SpinHelper::GetMemory(Ptr<Node> node) const
{
    Ptr<HostMemory> memory = node->GetObject<HostMemory>();
    if (!memory)
    {
        memory = m_memoryFactory.Create<HostMemory>();
        node->AggregateObject(memory);
    }
    return memory;
}

Ptr<HostCpu>
SpinHelper::GetCpu(Ptr<Node> node) const
{
    Ptr<HostCpu> cpu = node->GetObject<HostCpu>();
    if (!cpu)
    {
        cpu = m_cpuFactory.Create<HostCpu>();
        node->AggregateObject(cpu);
    }
    return cpu;
}

uint32_t
SpinHelper::GetCores(Ptr<Node> node) const
{
    const Ptr<HostCpu> cpu = node->GetObject<HostCpu>();
    return (cpu ? cpu : m_cpuFactory.Create<HostCpu>())->GetCores();
}

SpinHelper::Parts
SpinHelper::MakeParts(Ptr<Node> node) const
{
    const Parts parts{DynamicCast<SpinNetDevice>(MakeDevice()),
                      m_unitFactory.Create<SpinUnit>(),
                      m_pcieFactory.Create<PcieLink>(),
                      m_hostPathFactory.Create<HostPath>()};
    const uint32_t largest = parts.unit->GetMaxPacketBytes() - EthernetFrame::HEADER_BYTES;
    const uint32_t mtu = parts.device->GetMtu();
    if (mtu > largest)
    {
        throw std::invalid_argument(
            "ns3::offload::SpinNetDevice::Mtu does not accept " + std::to_string(mtu) +
            ", but at most " + std::to_string(largest) + ", what the unit's packet buffers hold");
    }
    if (parts.pcie->GetRate().GetBitRate() == 0)
    {
        throw std::invalid_argument("ns3::offload::PcieLink::ReservedRate must be below what the "
                                    "lanes carry times Utilisation");
    }
    const uint32_t cores = GetCores(node);
    if (parts.path->GetCore() >= cores)
    {
        throw std::invalid_argument("ns3::offload::HostPath::Core does not accept " +
                                    std::to_string(parts.path->GetCore()) +
                                    ", but 0:" + std::to_string(cores - 1));
    }
    return parts;
}

void
SpinHelper::Assemble(Ptr<Node> node, const Parts& parts) const
{
    parts.pcie->SetMemory(GetMemory(node));
    parts.path->SetHost(parts.pcie, GetCpu(node));
    AddDevice(node, parts.device);
    parts.device->SetSteeringTable(m_steeringFactory.Create<SteeringTable>());
    parts.device->SetInputBuffer(m_inputFactory.Create<InputBuffer>());
    parts.device->SetHostPath(parts.path);
    parts.device->SetUnit(parts.unit);
}

Ptr<SpinNetDevice>
SpinHelper::CreateDevice(Ptr<Node> node)
{
    // All that can be refused is refused before the node is touched: nothing is left half-built.
    const Parts parts = MakeParts(node);
    Assemble(node, parts);
    return parts.device;
}

NetDeviceContainer
SpinHelper::Install(const NodeContainer& nodes)
{
    if (nodes.GetN() != 2)
    {
        throw std::invalid_argument("SpinHelper::Install needs two nodes, got " +
                                    std::to_string(nodes.GetN()));
    }
    return Install(nodes.Get(0), nodes.Get(1));
}

NetDeviceContainer
SpinHelper::Install(Ptr<Node> a, Ptr<Node> b)
{
    NetDeviceContainer devices;
    Ptr<SpinNetDevice> first = CreateDevice(a);
    Ptr<SpinNetDevice> second = CreateDevice(b);
    Connect(first, second);
    devices.Add(first);
    devices.Add(second);
    return devices;
}

Ptr<SpinNetDevice>
SpinHelper::Install(Ptr<Node> node, Ptr<LinkChannel> channel)
{
    Ptr<SpinNetDevice> device = CreateDevice(node);
    device->Attach(channel);
    return device;
}

Ptr<SpinNetDevice>
SpinHelper::Install(Ptr<Node> node, Ptr<LinkNetDevice> peer)
{
    Ptr<SpinNetDevice> device = CreateDevice(node);
    Connect(peer, device);
    return device;
}

SteeringTable::RuleId
SpinHelper::InstallContext(Ptr<SpinNetDevice> device,
                           const MatchRule& rule,
                           Ptr<ExecutionContext> context,
                           Ptr<Matcher> matcher)
{
    const Ptr<PcieLink> pcie = device->GetHostPath() ? device->GetHostPath()->GetPcie() : nullptr;
    const uint64_t bytes = context->GetHostMemoryBytes();
    if (bytes > 0 && !(pcie && pcie->Contains(context->GetHostMemoryAddress(), bytes)))
    {
        const uint64_t size = pcie && pcie->GetMemory() ? pcie->GetMemory()->GetSize() : 0;
        throw std::invalid_argument(
            "ns3::offload::ExecutionContext::HostMemoryBytes: the window of " +
            std::to_string(bytes) + " bytes at address " +
            std::to_string(context->GetHostMemoryAddress()) +
            " is not inside host memory, which has " + std::to_string(size) + " bytes");
    }
    return device->AddContext(rule, context, matcher);
}

} // namespace offload
} // namespace ns3
