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
{
    SetDeviceType("ns3::offload::SpinNetDevice");
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

void
SpinHelper::SetDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    LinkHelper::SetDeviceAttribute(name, value);
    if (name == "Mtu")
    {
        m_mtu = value.Copy();
    }
}

uint32_t
SpinHelper::GetMtu() const
{
    TypeId::AttributeInformation mtu;
    SpinNetDevice::GetTypeId().LookupAttributeByName("Mtu", &mtu);
    // A number, or its text, or the default that Config::SetDefault may have changed.
    const Ptr<const AttributeValue> value = m_mtu ? m_mtu : mtu.initialValue;
    return static_cast<uint32_t>(
        DynamicCast<UintegerValue>(mtu.checker->CreateValidValue(*value))->Get());
}

void
SpinHelper::Check(Ptr<Node> node, Ptr<SpinUnit> unit, Ptr<PcieLink> pcie, Ptr<HostPath> path) const
{
    const uint32_t largest = unit->GetMaxPacketBytes() - EthernetFrame::HEADER_BYTES;
    const uint32_t mtu = GetMtu();
    if (mtu > largest)
    {
        throw std::invalid_argument(
            "ns3::offload::SpinNetDevice::Mtu does not accept " + std::to_string(mtu) +
            ", but at most " + std::to_string(largest) + ", what the unit's packet buffers hold");
    }
    if (pcie->GetRate().GetBitRate() == 0)
    {
        throw std::invalid_argument("ns3::offload::PcieLink::ReservedRate must be below what the "
                                    "lanes carry times Utilisation");
    }
    Ptr<HostCpu> cpu = node->GetObject<HostCpu>();
    const uint32_t cores = (cpu ? cpu : m_cpuFactory.Create<HostCpu>())->GetCores();
    if (path->GetCore() >= cores)
    {
        throw std::invalid_argument("ns3::offload::HostPath::Core does not accept " +
                                    std::to_string(path->GetCore()) +
                                    ", but 0:" + std::to_string(cores - 1));
    }
}

Ptr<SpinNetDevice>
SpinHelper::CreateDevice(Ptr<Node> node)
{
    Ptr<SpinUnit> unit = m_unitFactory.Create<SpinUnit>();
    Ptr<PcieLink> pcie = m_pcieFactory.Create<PcieLink>();
    Ptr<HostPath> path = m_hostPathFactory.Create<HostPath>();
    // All that can be refused is refused before the node is touched: nothing is left half-built.
    Check(node, unit, pcie, path);
    pcie->SetMemory(GetMemory(node));
    path->SetHost(pcie, GetCpu(node));
    Ptr<SpinNetDevice> device = DynamicCast<SpinNetDevice>(LinkHelper::CreateDevice(node));
    device->SetSteeringTable(m_steeringFactory.Create<SteeringTable>());
    device->SetInputBuffer(m_inputFactory.Create<InputBuffer>());
    device->SetHostPath(path);
    device->SetUnit(unit);
    return device;
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
