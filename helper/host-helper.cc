/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-helper.h"

#include "checked-attribute.h"

#include "ns3/string.h"

namespace ns3
{
namespace offload
{
namespace
{

/** @return what a node has, made and aggregated if it has none */
template <class T>
Ptr<T>
GetOrMake(Ptr<Node> node, const ObjectFactory& factory)
{
    Ptr<T> part = node->GetObject<T>();
    if (!part)
    {
        part = factory.Create<T>();
        node->AggregateObject(part);
    }
    return part;
}

} // namespace

HostHelper::HostHelper()
{
    m_pcieFactory.SetTypeId(PcieLink::GetTypeId());
    m_memoryFactory.SetTypeId(HostMemory::GetTypeId());
    m_cpuFactory.SetTypeId(HostCpu::GetTypeId());
}

void
HostHelper::UseHost(const HostPreset& preset)
{
    for (const HostPreset::Setting& setting : preset.settings)
    {
        const StringValue value(setting.value);
        if (setting.object == "PcieLink")
        {
            SetPcieAttribute(setting.attribute, value);
        }
        else if (setting.object == "HostMemory")
        {
            SetMemoryAttribute(setting.attribute, value);
        }
        else if (setting.object == "HostCpu")
        {
            SetCpuAttribute(setting.attribute, value);
        }
        else
        {
            throw std::invalid_argument("host preset " + preset.name + ": \"" + setting.object +
                                        "\" is none of PcieLink, HostMemory, HostCpu");
        }
    }
}

void
HostHelper::SetPcieAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_pcieFactory, name, value);
}

void
HostHelper::SetMemoryAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_memoryFactory, name, value);
}

void
HostHelper::SetCpuAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_cpuFactory, name, value);
}

Ptr<HostMemory>
HostHelper::GetMemory(Ptr<Node> node) const
{
    return GetOrMake<HostMemory>(node, m_memoryFactory);
}

Ptr<HostCpu>
HostHelper::GetCpu(Ptr<Node> node) const
{
    return GetOrMake<HostCpu>(node, m_cpuFactory);
}

uint32_t
HostHelper::GetCores(Ptr<Node> node) const
{
    const Ptr<HostCpu> cpu = node->GetObject<HostCpu>();
    return (cpu ? cpu : m_cpuFactory.Create<HostCpu>())->GetCores();
}

Ptr<PcieLink>
HostHelper::MakePcie() const
{
    Ptr<PcieLink> pcie = m_pcieFactory.Create<PcieLink>();
    if (pcie->GetRate().GetBitRate() == 0)
    {
        throw std::invalid_argument("ns3::offload::PcieLink::ReservedRate must be below what the "
                                    "lanes carry times Utilisation");
    }
    return pcie;
}

} // namespace offload
} // namespace ns3
