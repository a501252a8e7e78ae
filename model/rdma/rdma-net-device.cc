/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-net-device.h"

#include "ns3/pointer.h"

#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(RdmaNetDevice);

TypeId
RdmaNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::RdmaNetDevice")
            .SetParent<LinkNetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<RdmaNetDevice>()
            .AddAttribute("Engine",
                          "What speaks RoCEv2: queue pairs and memory regions.",
                          PointerValue(),
                          MakePointerAccessor(&RdmaNetDevice::SetEngine, &RdmaNetDevice::GetEngine),
                          MakePointerChecker<RdmaEngine>());
    return tid;
}

RdmaNetDevice::RdmaNetDevice() = default;

RdmaNetDevice::RdmaNetDevice(const RdmaNetDevice& prototype)
    : LinkNetDevice(prototype),
      RdmaPort()
{
}

RdmaNetDevice::~RdmaNetDevice() = default;

Ptr<LinkNetDevice>
RdmaNetDevice::Copy() const
{
    return CopyOf(*this);
}

void
RdmaNetDevice::SetEngine(Ptr<RdmaEngine> engine)
{
    m_engine = engine;
    if (m_engine)
    {
        m_engine->SetPort(this);
    }
}

void
RdmaNetDevice::DoDispose()
{
    if (m_engine)
    {
        m_engine->Dispose();
        m_engine = nullptr;
    }
    LinkNetDevice::DoDispose();
}

void
RdmaNetDevice::PauseChanged()
{
    if (m_engine)
    {
        m_engine->PortTimesChanged();
    }
}

bool
RdmaNetDevice::TakesAhead(const EthernetFrame& frame) const
{
    return frame.content && m_engine && !m_engine->IsNoticed() && m_engine->IsForMe(*frame.content);
}

void
RdmaNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    // A frame for somebody else's MAC address that a switch has flooded is nobody's RDMA.
    if (!m_engine || Classify(frame.destination) != PACKET_HOST || !m_engine->Receive(frame))
    {
        LinkNetDevice::ReceiveFrame(std::move(frame));
    }
}

void
RdmaNetDevice::SendRoce(EthernetFrame&& frame)
{
    SendFrame(std::move(frame));
}

int64_t
RdmaNetDevice::GetPortFreeAt() const
{
    return GetTransmitFreeAt();
}

uint64_t
RdmaNetDevice::GetPortRate() const
{
    return GetDataRate().GetBitRate();
}

Mac48Address
RdmaNetDevice::GetPortAddress() const
{
    return Mac48Address::ConvertFrom(GetAddress());
}

uint32_t
RdmaNetDevice::GetPortContext() const
{
    return GetContext();
}

} // namespace offload
} // namespace ns3
