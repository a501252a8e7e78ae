/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-nic-helper.h"

#include "checked-attribute.h"

#include "ns3/pointer.h"
#include "ns3/roce-headers.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

RdmaNicHelper::RdmaNicHelper(LinkHelper& nics)
    : m_nextAddress(Ipv4Address("10.0.0.1").Get())
{
    nics.SetDeviceAttribute("Mtu", UintegerValue(roce::MAX_MTU + roce::MAX_OVERHEAD_BYTES));
    m_engineFactory.SetTypeId(RdmaEngine::GetTypeId());
    m_queuePairFactory.SetTypeId(QueuePairConfig::GetTypeId());
    m_rdmaHostFactory.SetTypeId(RdmaHost::GetTypeId());
}

void
RdmaNicHelper::SetEngineAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_engineFactory, name, value);
}

void
RdmaNicHelper::SetQueuePairAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_queuePairFactory, name, value);
    // Those that share the old settings keep them.
    m_config = nullptr;
}

void
RdmaNicHelper::SetRdmaHostAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_rdmaHostFactory, name, value);
}

void
RdmaNicHelper::SetFirstAddress(Ipv4Address first)
{
    m_nextAddress = first.Get();
}

void
RdmaNicHelper::CheckPackets(const LinkNetDevice& device, const QueuePairConfig& config)
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

Ptr<RdmaHost>
RdmaNicHelper::MakeRdmaHost() const
{
    return m_rdmaHostFactory.Create<RdmaHost>();
}

Ptr<QueuePairConfig>
RdmaNicHelper::GetConfig()
{
    if (!m_config)
    {
        m_config = m_queuePairFactory.Create<QueuePairConfig>();
    }
    return m_config;
}

Ptr<RdmaEngine>
RdmaNicHelper::MakeFirstEngine()
{
    Ptr<RdmaEngine> engine = m_engineFactory.Create<RdmaEngine>();
    engine->SetAttribute("Config", PointerValue(GetConfig()));
    return engine;
}

void
RdmaNicHelper::UseEnginePattern(bool use)
{
    m_enginePattern = use ? MakeFirstEngine() : nullptr;
}

Ptr<RdmaEngine>
RdmaNicHelper::MakeEngine(Ptr<RdmaHost> host)
{
    Ptr<RdmaEngine> engine = m_enginePattern ? CopyObject(m_enginePattern) : MakeFirstEngine();
    engine->SetAddress(Ipv4Address(m_nextAddress++));
    engine->SetHost(host);
    return engine;
}

} // namespace offload
} // namespace ns3
