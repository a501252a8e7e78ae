/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-helper.h"

#include "checked-attribute.h"

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
SpinHelper::Assemble(Ptr<Node> node, Ptr<SpinNetDevice> device) const
{
    // All that can be refused is refused before the node is touched: nothing is left half-built.
    const Ptr<SpinUnit> unit = m_unitFactory.Create<SpinUnit>();
    const uint32_t largest = unit->GetMaxPacketBytes() - EthernetFrame::HEADER_BYTES;
    if (device->GetMtu() > largest)
    {
        throw std::invalid_argument(
            "ns3::offload::SpinNetDevice::Mtu does not accept " + std::to_string(device->GetMtu()) +
            ", but at most " + std::to_string(largest) + ", what the unit's packet buffers hold");
    }
    const Ptr<PcieLink> pcie = MakePcie();
    const Ptr<HostPath> path = m_hostPathFactory.Create<HostPath>();
    CheckCore(*path, GetCores(node));
    pcie->SetMemory(GetMemory(node));
    path->SetHost(pcie, GetCpu(node));
    AddDevice(node, device);
    device->SetSteeringTable(m_steeringFactory.Create<SteeringTable>());
    device->SetInputBuffer(m_inputFactory.Create<InputBuffer>());
    device->SetHostPath(path);
    device->SetUnit(unit);
}

Ptr<LinkNetDevice>
SpinHelper::DoCreateDevice(Ptr<Node> node)
{
    const auto device = DynamicCast<SpinNetDevice>(MakeDevice());
    Assemble(node, device);
    return device;
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
