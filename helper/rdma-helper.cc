/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-helper.h"

#include "ns3/power-of-two.h"
#include "ns3/roce-headers.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

RdmaHelper::RdmaHelper()
    : LinkHelper(RdmaNetDevice::GetTypeId()),
      RdmaNicHelper(static_cast<LinkHelper&>(*this))
{
}

void
RdmaHelper::EnableHost()
{
    m_host = true;
}

void
RdmaHelper::UseHost(const HostPreset& preset)
{
    HostHelper::UseHost(preset);
    EnableHost();
}

void
RdmaHelper::SetHostAttribute(const std::string& name, const AttributeValue& value)
{
    SetRdmaHostAttribute(name, value);
}

Ptr<RdmaHost>
RdmaHelper::CreateHost(Ptr<Node> node) const
{
    const Ptr<PcieLink> pcie = MakePcie();
    const Ptr<RdmaHost> host = MakeRdmaHost();
    CheckCore(*host, GetCores(node));
    // Nothing is refused from here on.
    pcie->SetMemory(GetMemory(node));
    host->SetHost(pcie, GetCpu(node));
    return host;
}

Ptr<LinkNetDevice>
RdmaHelper::DoCreateDevice(Ptr<Node> node)
{
    Ptr<RdmaNetDevice> device = DynamicCast<RdmaNetDevice>(MakeDevice());
    CheckPackets(*device, *GetConfig());
    const Ptr<RdmaHost> host = m_host ? CreateHost(node) : nullptr;
    AddDevice(node, device);
    device->SetEngine(MakeEngine(host));
    return device;
}

void
RdmaHelper::UsePattern(bool use)
{
    LinkHelper::UsePattern(use);
    UseEnginePattern(use);
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
