/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The part of TransportPingPong that uses ns-3's TCP.
 */
#include "transport-ping-pong.h"

#include "ns3/boolean.h"
#include "ns3/host-path.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint16_t PORT = 9;             //!< as in ns-3's examples
constexpr uint32_t SEGMENT_BYTES = 4096; //!< as the packets of the other paths
/// Assumption: connections that have been used before start with a window for the whole message, or
/// what the NICs' rings hold
constexpr uint32_t LEAST_BUFFER_BYTES = 1 << 17;

/**
 * @param path the way to a host
 * @return bytes that may be under way so that neither ring overruns; acknowledgements need room too
 */
uint64_t
GetMostBytes(const HostPath& path)
{
    UintegerValue receive;
    UintegerValue transmit;
    path.GetAttribute("ReceiveRing", receive);
    path.GetAttribute("TransmitRing", transmit);
    const uint64_t entries = std::min(receive.Get(), transmit.Get());
    return std::max<uint64_t>(entries / 2, 1) * SEGMENT_BYTES;
}

/** Give a socket what a low latency needs. */
void
Tune(const Ptr<Socket>& socket, uint32_t payloadBytes, const HostPath& path)
{
    const uint32_t buffer = std::max(2 * payloadBytes, LEAST_BUFFER_BYTES);
    const uint64_t window = std::min<uint64_t>(buffer, GetMostBytes(path));
    socket->SetAttribute("SegmentSize", UintegerValue(SEGMENT_BYTES));
    socket->SetAttribute("SndBufSize", UintegerValue(buffer));
    socket->SetAttribute("RcvBufSize", UintegerValue(window));
    socket->SetAttribute("InitialCwnd", UintegerValue(window / SEGMENT_BYTES));
    socket->SetAttribute("TcpNoDelay", BooleanValue(true));
}

} // namespace

void
TransportPingPong::PrepareSockets()
{
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.Install(m_cluster->GetNodes());
    Ipv4AddressHelper addresses("10.0.0.0", "255.0.0.0");
    NetDeviceContainer devices(m_cluster->GetNic(0));
    devices.Add(m_cluster->GetNic(1));
    const Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
    const NodeContainer& nodes = m_cluster->GetNodes();
    m_listener = Socket::CreateSocket(nodes.Get(1), TcpSocketFactory::GetTypeId());
    Tune(m_listener, m_config.payloadBytes, *m_cluster->GetNic(1)->GetHostPath());
    m_listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    m_listener->Listen();
    m_listener->SetAcceptCallback(MakeCallback(&TransportPingPong::Accept, this),
                                  MakeCallback(&TransportPingPong::Accepted, this));
    m_client = Socket::CreateSocket(nodes.Get(0), TcpSocketFactory::GetTypeId());
    Tune(m_client, m_config.payloadBytes, *m_cluster->GetNic(0)->GetHostPath());
    m_client->SetConnectCallback(MakeCallback(&TransportPingPong::Connected, this),
                                 MakeNullCallback<void, Ptr<Socket>>());
    m_client->SetRecvCallback(MakeCallback(&TransportPingPong::ClientReads, this));
    m_client->SetSendCallback(MakeCallback(&TransportPingPong::Flush, this));
    m_client->Connect(InetSocketAddress(interfaces.GetAddress(1), PORT));
}

bool
TransportPingPong::Accept(Ptr<Socket>, const Address&)
{
    return true;
}

void
TransportPingPong::Accepted(Ptr<Socket> socket, const Address&)
{
    m_server = socket;
    m_server->SetRecvCallback(MakeCallback(&TransportPingPong::ServerReads, this));
    m_server->SetSendCallback(MakeCallback(&TransportPingPong::Flush, this));
}

void
TransportPingPong::Connected(Ptr<Socket>)
{
    // The handshake is through at both ends by then.
    Simulator::Schedule(MicroSeconds(100), &TransportPingPong::Begin, this);
}

void
TransportPingPong::Begin()
{
    m_measuring = true;
    Ping();
}

void
TransportPingPong::Flush(Ptr<Socket> socket, uint32_t)
{
    const auto bytes = std::min(static_cast<uint32_t>(m_pending.size()), socket->GetTxAvailable());
    if (bytes > 0 && socket->Send(Create<Packet>(m_pending.data(), bytes)) > 0)
    {
        m_pending.erase(m_pending.begin(), m_pending.begin() + bytes);
    }
}

void
TransportPingPong::ServerReads(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        const std::size_t before = m_mirrored.size();
        m_mirrored.resize(before + packet->GetSize());
        packet->CopyData(m_mirrored.data() + before, packet->GetSize());
    }
    // A message is answered as a whole, as with the other paths.
    if (m_mirrored.size() >= m_config.payloadBytes)
    {
        m_pending = std::move(m_mirrored);
        m_mirrored.clear();
        Flush(socket, 0);
    }
}

void
TransportPingPong::ClientReads(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        const std::size_t before = m_received.size();
        m_received.resize(before + packet->GetSize());
        packet->CopyData(m_received.data() + before, packet->GetSize());
        Arrived(packet->GetSize());
    }
}

} // namespace offload
} // namespace ns3
