/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-rdma-helper.h"

#include "checked-attribute.h"

#include "ns3/boolean.h"
#include "ns3/pointer.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/// Longer than the transport takes to give a message up: (7 retries + 1) * 16.8 ms
constexpr int64_t MESSAGE_TIMEOUT_MS = 200;

// SC'17 sPIN simulation
constexpr uint32_t SC17_HPUS = 4;               //!< of one NIC
constexpr int64_t SC17_CLOCK_PS = 400;          //!< 2.5 GHz
constexpr int64_t SC17_MATCH_NS = 30;           //!< a message's first packet
constexpr int64_t SC17_LOOKUP_NS = 2;           //!< each other packet
constexpr int64_t SC17_OVERHEAD_NS = 65;        //!< o
constexpr uint64_t SC17_RATE = 400'000'000'000; //!< bit/s; G = 20 ps/B

} // namespace

SpinRdmaHelper::SpinRdmaHelper()
    : SpinHelper(SpinRdmaNetDevice::GetTypeId()),
      m_nextAddress(Ipv4Address("10.0.0.1").Get())
{
    SetDeviceAttribute("Mtu", UintegerValue(roce::MAX_MTU + roce::MAX_OVERHEAD_BYTES));
    SetUnitAttribute("MessageTimeout", TimeValue(MilliSeconds(MESSAGE_TIMEOUT_MS)));
    m_engineFactory.SetTypeId(RdmaEngine::GetTypeId());
    m_queuePairFactory.SetTypeId(QueuePairConfig::GetTypeId());
    m_rdmaHostFactory.SetTypeId(RdmaHost::GetTypeId());
}

void
SpinRdmaHelper::UseHost(const HostPreset& preset)
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
SpinRdmaHelper::UseSc17Nic()
{
    SetUnitAttribute("Clusters", UintegerValue(1));
    SetUnitAttribute("HpusPerCluster", UintegerValue(SC17_HPUS));
    SetUnitAttribute("PostedHostWrites", BooleanValue(true));
    SetUnitAttribute("ClockPeriod", TimeValue(PicoSeconds(SC17_CLOCK_PS)));
    SetSteeringAttribute("MatchTime", TimeValue(NanoSeconds(SC17_MATCH_NS)));
    SetSteeringAttribute("LookupTime", TimeValue(NanoSeconds(SC17_LOOKUP_NS)));
    SetRdmaHostAttribute("PostTime", TimeValue(NanoSeconds(SC17_OVERHEAD_NS)));
    SetQueuePairAttribute("Mtu", UintegerValue(roce::MAX_MTU));
    SetDeviceAttribute("DataRate", DataRateValue(DataRate(SC17_RATE)));
    SetChannelAttribute("Delay", TimeValue(PicoSeconds(SC17_CABLE_PS)));
}

void
SpinRdmaHelper::SetEngineAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_engineFactory, name, value);
}

void
SpinRdmaHelper::SetQueuePairAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_queuePairFactory, name, value);
    // Those that share the old settings keep them.
    m_config = nullptr;
}

void
SpinRdmaHelper::SetRdmaHostAttribute(const std::string& name, const AttributeValue& value)
{
    SetCheckedAttribute(m_rdmaHostFactory, name, value);
}

void
SpinRdmaHelper::SetFirstAddress(Ipv4Address first)
{
    m_nextAddress = first.Get();
}

Ptr<SpinRdmaNetDevice>
SpinRdmaHelper::CreateDevice(Ptr<Node> node)
{
    if (!m_config)
    {
        m_config = m_queuePairFactory.Create<QueuePairConfig>();
    }
    const Parts parts = MakeParts(node);
    const Ptr<RdmaHost> host = m_rdmaHostFactory.Create<RdmaHost>();
    RdmaHelper::CheckPackets(*parts.device, *m_config);
    RdmaHelper::CheckCore(*host, GetCores(node));
    Assemble(node, parts);
    const auto device = DynamicCast<SpinRdmaNetDevice>(parts.device);
    host->SetHost(parts.pcie, parts.path->GetCpu());
    const Ptr<RdmaEngine> engine = m_engineFactory.Create<RdmaEngine>();
    engine->SetAttribute("Config", PointerValue(m_config));
    engine->SetAddress(Ipv4Address(m_nextAddress++));
    engine->SetHost(host);
    device->SetEngine(engine);
    return device;
}

NetDeviceContainer
SpinRdmaHelper::Install(Ptr<Node> a, Ptr<Node> b)
{
    NetDeviceContainer devices;
    devices.Add(CreateDevice(a));
    devices.Add(CreateDevice(b));
    Connect(DynamicCast<LinkNetDevice>(devices.Get(0)), DynamicCast<LinkNetDevice>(devices.Get(1)));
    return devices;
}

RdmaHelper::Connection
SpinRdmaHelper::ConnectQueuePairs(Ptr<SpinRdmaNetDevice> a, Ptr<SpinRdmaNetDevice> b)
{
    const auto make = [](Ptr<RdmaEngine> engine) {
        QueuePair::Parameters parameters;
        parameters.sendCompletions = engine->CreateCompletionQueue();
        parameters.receiveCompletions = engine->CreateCompletionQueue();
        return engine->CreateQueuePair(parameters);
    };
    RdmaHelper::Connection connection(make(a->GetEngine()), make(b->GetEngine()));
    RdmaHelper::ConnectQueuePairs(connection.first, connection.second);
    return connection;
}

} // namespace offload
} // namespace ns3
