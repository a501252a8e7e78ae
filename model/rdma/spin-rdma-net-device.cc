/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-rdma-net-device.h"

#include "roce-headers.h"
#include "roce-matcher.h"

#include "ns3/frame-window.h"
#include "ns3/ip-protocol.h"
#include "ns3/pointer.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(SpinRdmaNetDevice);

namespace
{

/// First allocation, frames in the steering pipeline
constexpr std::size_t FIRST_STEERED = 4;

} // namespace

TypeId
SpinRdmaNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::SpinRdmaNetDevice")
            .SetParent<SpinNetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<SpinRdmaNetDevice>()
            .AddAttribute(
                "Engine",
                "What speaks RoCEv2: queue pairs and memory regions.",
                PointerValue(),
                MakePointerAccessor(&SpinRdmaNetDevice::SetEngine, &SpinRdmaNetDevice::GetEngine),
                MakePointerChecker<RdmaEngine>())
            .AddAttribute("HandlerSends",
                          "Requests of a queue pair that wait for acknowledgements while handlers "
                          "may still add to them; the NIC keeps the packets for as long. "
                          "(assumption: 256, 1 MiB of 4 KiB packets, 20 us at 400 Gbit/s)",
                          UintegerValue(256),
                          MakeUintegerAccessor(&SpinRdmaNetDevice::m_maxSends),
                          MakeUintegerChecker<uint32_t>(1));
    return tid;
}

SpinRdmaNetDevice::SpinRdmaNetDevice()
    : m_steered(this)
{
}

SpinRdmaNetDevice::~SpinRdmaNetDevice() = default;

void
SpinRdmaNetDevice::DoDispose()
{
    m_steered.Clear();
    m_steering.clear();
    m_held.clear();
    m_late.clear();
    for (Binding& binding : m_bindings)
    {
        Release(binding);
    }
    m_bindings.clear();
    if (m_engine)
    {
        m_engine->TraceDisconnectWithoutContext(
            "State",
            MakeCallback(&SpinRdmaNetDevice::StateChanged, this));
        m_engine->Dispose();
        m_engine = nullptr;
    }
    SpinNetDevice::DoDispose();
}

void
SpinRdmaNetDevice::SetEngine(Ptr<RdmaEngine> engine)
{
    m_engine = engine;
    if (m_engine)
    {
        m_engine->SetPort(this);
        // Also, nothing of this engine happens ahead of the simulator, as its unit's packets do
        // not.
        m_engine->TraceConnectWithoutContext("State",
                                             MakeCallback(&SpinRdmaNetDevice::StateChanged, this));
    }
}

bool
SpinRdmaNetDevice::IsRoce(const EthernetFrame& frame, bool& first) const
{
    uint32_t opcode = 0;
    if (frame.content)
    {
        const RocePacket* packet = RocePacket::From(frame.content.get());
        if (!packet || Ipv4Address(packet->destination) != m_engine->GetAddress())
        {
            return false;
        }
        opcode = static_cast<uint32_t>(packet->opcode);
    }
    else
    {
        const FrameWindow window(frame);
        if (!window.IsPlainIpv4() || window.IsFragment() ||
            window.GetField(FrameWindow::IPV4_PROTOCOL, 1) != IpProtocol::UDP ||
            window.GetField(FrameWindow::IPV4_DESTINATION, 4) != m_engine->GetAddress().Get() ||
            window.GetField(FrameWindow::IPV4_PAYLOAD + 2, 2) != roce::UDP_PORT)
        {
            return false;
        }
        opcode = static_cast<uint32_t>(window.GetField(RoceMatcher::TRANSPORT, 1));
    }
    const RoceTraits& traits = roce::TRAITS[opcode];
    first = traits.first && traits.IsRequest();
    return true;
}

void
SpinRdmaNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    bool first = false;
    if (!m_engine || Classify(frame.destination) != PACKET_HOST || !IsRoce(frame, first))
    {
        SpinNetDevice::ReceiveFrame(std::move(frame));
        return;
    }
    const int64_t now = LookaheadQueue::Now();
    const int64_t time = Steer(GetSteeringTable()->GetCost(first), now);
    if (m_steering.full())
    {
        m_steering.set_capacity(std::max(FIRST_STEERED, 2 * m_steering.capacity()));
    }
    m_steering.push_back({std::move(frame), time});
    m_steered.Set(GetPortContext(), m_steering.front().time, now);
}

void
SpinRdmaNetDevice::SteeringDone()
{
    const int64_t now = LookaheadQueue::Now();
    while (!m_steering.empty() && m_steering.front().time <= now)
    {
        EthernetFrame frame = std::move(m_steering.front().frame);
        m_steering.pop_front();
        if (!m_engine->Receive(frame))
        {
            SpinNetDevice::ReceiveFrame(std::move(frame));
        }
    }
    RetrySends();
    if (!m_steering.empty())
    {
        m_steered.Set(GetPortContext(), m_steering.front().time, now);
    }
}

void
SpinRdmaNetDevice::SendRoce(EthernetFrame&& frame)
{
    SendFrame(std::move(frame));
    // As the host and the unit, the engine takes turns at the port.
    m_rdmaTurn = GetTransmitFreeAt();
}

int64_t
SpinRdmaNetDevice::GetPortFreeAt() const
{
    return std::min(m_rdmaTurn, GetTransmitFreeAt());
}

uint64_t
SpinRdmaNetDevice::GetPortRate() const
{
    return GetDataRate().GetBitRate();
}

Mac48Address
SpinRdmaNetDevice::GetPortAddress() const
{
    return Mac48Address::ConvertFrom(GetAddress());
}

uint32_t
SpinRdmaNetDevice::GetPortContext() const
{
    return GetContext();
}

void
SpinRdmaNetDevice::PauseChanged()
{
    SpinNetDevice::PauseChanged();
    if (m_engine)
    {
        m_engine->PortTimesChanged();
    }
}

} // namespace offload
} // namespace ns3
