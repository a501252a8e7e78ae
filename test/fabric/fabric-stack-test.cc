/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"

#include "ns3/icmpv4.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-interface-container.h"
#include "ns3/make-topology.h"
#include "ns3/object-factory.h"
#include "ns3/socket.h"
#include "ns3/tcp-socket.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/** ns-3's own Internet stack on the hosts of a fabric. */
class FabricStack : public FabricTest
{
  public:
    void BuildStack(const FabricTopology& topology)
    {
        m_hosts.Create(topology.GetHosts());
        m_fabric = m_helper.Install(topology, m_hosts);
        InternetStackHelper stack;
        stack.SetIpv6StackInstall(false);
        stack.Install(m_hosts);
        Ipv4AddressHelper addresses("10.1.0.0", "255.255.0.0");
        m_addresses = addresses.Assign(m_fabric.hostDevices);
    }

    Ptr<Socket> MakeSocket(uint32_t host, const std::string& factory)
    {
        return Socket::CreateSocket(m_hosts.Get(host), TypeId::LookupByName(factory));
    }

    void ReadAll(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv())
        {
            const std::size_t before = m_received.size();
            m_received.resize(before + packet->GetSize());
            packet->CopyData(m_received.data() + before, packet->GetSize());
            ++m_packets;
        }
    }

    void Accept(Ptr<Socket> socket, const Address&)
    {
        socket->SetRecvCallback(MakeCallback(&FabricStack::ReadAll, this));
        m_sockets.push_back(socket);
    }

    void TearDown() override
    {
        m_sockets.clear();
        FabricTest::TearDown();
    }

    Ipv4InterfaceContainer m_addresses;
    std::vector<Ptr<Socket>> m_sockets;
    std::vector<uint8_t> m_received;
    uint32_t m_packets{0};
};

TEST_F(FabricStack, UdpDatagramsCrossAFatTreeAfterArp)
{
    BuildStack(*FatTree::KAry(4, 3));
    Ptr<Socket> server = MakeSocket(13, "ns3::UdpSocketFactory");
    server->Bind(InetSocketAddress(Ipv4Address::GetAny(), 9));
    server->SetRecvCallback(MakeCallback(&FabricStack::ReadAll, this));
    Ptr<Socket> client = MakeSocket(2, "ns3::UdpSocketFactory");
    client->Connect(InetSocketAddress(m_addresses.GetAddress(13), 9));
    client->Send(MakePacket(Pattern(1400)));
    // Larger than a frame: in fragments, more than may wait for ARP
    Simulator::Schedule(MilliSeconds(100),
                        static_cast<int (Socket::*)(Ptr<Packet>)>(&Socket::Send),
                        client,
                        MakePacket(Pattern(5000, 2)));
    Simulator::Run();
    EXPECT_EQ(m_packets, 2U);
    std::vector<uint8_t> expected = Pattern(1400);
    const std::vector<uint8_t> second = Pattern(5000, 2);
    expected.insert(expected.end(), second.begin(), second.end());
    EXPECT_EQ(m_received, expected);
    EXPECT_EQ(Sum(&FabricSwitch::GetDrops), 0U);
}

TEST_F(FabricStack, TcpBytesCrossAFatTreeInOrder)
{
    BuildStack(*FatTree::KAry(4, 3));
    Ptr<Socket> server = MakeSocket(15, "ns3::TcpSocketFactory");
    server->Bind(InetSocketAddress(Ipv4Address::GetAny(), 80));
    server->Listen();
    server->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                              MakeCallback(&FabricStack::Accept, this));
    Ptr<Socket> client = MakeSocket(0, "ns3::TcpSocketFactory");
    client->SetAttribute("SndBufSize", UintegerValue(1'000'000));
    client->Connect(InetSocketAddress(m_addresses.GetAddress(15), 80));
    const std::vector<uint8_t> bytes = Pattern(300'000);
    client->Send(MakePacket(bytes));
    client->Close();
    Simulator::Stop(Seconds(5));
    Simulator::Run();
    EXPECT_EQ(m_received.size(), bytes.size());
    EXPECT_EQ(m_received, bytes);
    EXPECT_EQ(Sum(&FabricSwitch::GetDrops), 0U);
}

TEST_F(FabricStack, AHostAnswersAPing)
{
    BuildStack(*FatTree::LeafSpine(3, 2, 2));
    Ptr<Socket> ping = MakeSocket(0, "ns3::Ipv4RawSocketFactory");
    ping->SetAttribute("Protocol", UintegerValue(1));
    ping->Bind();
    ping->SetRecvCallback(MakeCallback(&FabricStack::ReadAll, this));
    ping->Connect(InetSocketAddress(m_addresses.GetAddress(5), 0));
    Icmpv4Echo echo;
    echo.SetSequenceNumber(3);
    echo.SetIdentifier(7);
    echo.SetData(MakePacket(Pattern(56)));
    Ptr<Packet> packet = Create<Packet>();
    packet->AddHeader(echo);
    Icmpv4Header header;
    header.SetType(Icmpv4Header::ICMPV4_ECHO);
    packet->AddHeader(header);
    ping->Send(packet);
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    ASSERT_EQ(m_packets, 1U);
    // The answer comes with its IPv4 header.
    ASSERT_EQ(m_received.size(), 20U + 8 + 56);
    EXPECT_EQ(m_received[20], Icmpv4Header::ICMPV4_ECHO_REPLY);
    EXPECT_EQ(std::vector<uint8_t>(m_received.begin() + 28, m_received.end()), Pattern(56));
}

TEST_F(FabricStack, TheExampleOfTheDocumentationWorks)
{
    // [documentation begins]
    NodeContainer hosts;
    hosts.Create(16);
    FabricHelper fabric;
    fabric.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    fabric.SetSwitchAttribute("Ecn", BooleanValue(true));
    fabric.SetLosslessClasses(1 << 3);
    Fabric network = fabric.Install(*MakeTopology("fat-tree:k=4"), hosts);

    InternetStackHelper stack;
    stack.Install(hosts);
    Ipv4AddressHelper addresses("10.1.0.0", "255.255.0.0");
    Ipv4InterfaceContainer interfaces = addresses.Assign(network.hostDevices);
    // [documentation ends]
    m_hosts = hosts;
    Ptr<Socket> server = MakeSocket(11, "ns3::UdpSocketFactory");
    server->Bind(InetSocketAddress(Ipv4Address::GetAny(), 9));
    server->SetRecvCallback(MakeCallback(&FabricStack::ReadAll, this));
    Ptr<Socket> client = MakeSocket(4, "ns3::UdpSocketFactory");
    client->Connect(InetSocketAddress(interfaces.GetAddress(11), 9));
    client->Send(MakePacket(Pattern(700)));
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    EXPECT_EQ(m_received, Pattern(700));
}

/** The same traffic under different observation. */
class FabricObserved : public FabricTest
{
  public:
    void Traffic()
    {
        uint32_t random = 5;
        const auto draw = [&random](uint32_t below) {
            random = random * 1664525 + 1013904223;
            return (random >> 8) % below;
        };
        for (uint32_t i = 0; i < 1500; ++i)
        {
            const uint32_t from = draw(16);
            const uint32_t to = draw(3) == 0 ? draw(16) : 3;
            SendDatagramAt(draw(400'000),
                           from,
                           to == from ? (to + 1) % 16 : to,
                           static_cast<uint16_t>(draw(50)),
                           Pattern(draw(1400), i),
                           static_cast<uint8_t>(draw(2) * (3 << 5) + 2));
        }
        SendAt(100, 4, Mac48Address::GetBroadcast(), MakePacket(Pattern(100)));
    }

    void Prepare()
    {
        m_helper.SetLosslessClasses(1 << 3);
        m_helper.SetSwitchAttribute("BufferSize", UintegerValue(80'000));
        m_helper.SetSwitchAttribute("Ecn", BooleanValue(true));
        m_helper.SetSwitchAttribute("EcnHigh", UintegerValue(20'000));
        Build(*FatTree::KAry(4, 3));
        for (const auto& device : m_fabric.switches)
        {
            device->AssignStreams(1);
        }
        Traffic();
    }

    /** What an observer without lookahead gets; arrivals of one instant in any order. */
    std::vector<Arrival> Finish()
    {
        Simulator::Run();
        m_counts.push_back({Sum(&FabricSwitch::GetDrops),
                            Sum(&FabricSwitch::GetMarks),
                            Sum(&FabricSwitch::GetPauses),
                            Sum(&FabricSwitch::GetForwarded),
                            m_drops.size()});
        m_events.push_back(Simulator::GetEventCount());
        TearDown();
        m_drops.clear();
        std::vector<Arrival> arrivals;
        arrivals.swap(m_arrivals);
        std::sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) {
            return std::tie(a.ps, a.host) < std::tie(b.ps, b.host);
        });
        return arrivals;
    }

    void See(Ptr<const Packet> frame)
    {
        m_seen.emplace_back(Simulator::Now().GetTimeStep(), frame->GetSize());
    }

    void SeeMark(Ptr<const Packet> frame, uint32_t)
    {
        See(frame);
    }

    void SeeTransmit(Ptr<const Packet> payload, Time, Time)
    {
        See(payload);
    }

    void SeePause(uint8_t)
    {
        m_seen.emplace_back(Simulator::Now().GetTimeStep(), 0);
    }

    std::vector<std::vector<uint64_t>> m_counts;
    std::vector<uint64_t> m_events;
    std::vector<std::pair<int64_t, uint32_t>> m_seen;
};

TEST_F(FabricObserved, TracesChangeNothing)
{
    Prepare();
    const auto unseen = Finish();
    EXPECT_GT(unseen.size(), 700U);
    EXPECT_GT(m_counts[0][0], 0U) << "drops";
    EXPECT_GT(m_counts[0][1], 0U) << "marks";
    EXPECT_GT(m_counts[0][2], 0U) << "pauses";
    for (const auto* trace :
         {"Sniffer", "PromiscSniffer", "PhyRxEnd", "PhyTxBegin", "PhyTxEnd", "Transmit", "MacTx"})
    {
        Prepare();
        for (const auto& device : m_fabric.switches)
        {
            for (uint32_t i = 0; i < device->GetPorts(); ++i)
            {
                const bool known = std::string(trace) == "Transmit"
                                       ? device->GetPort(i)->TraceConnectWithoutContext(
                                             trace,
                                             MakeCallback(&FabricObserved::SeeTransmit, this))
                                       : device->GetPort(i)->TraceConnectWithoutContext(
                                             trace,
                                             MakeCallback(&FabricObserved::See, this));
                ASSERT_TRUE(known) << trace;
                device->GetPort(i)->TraceConnectWithoutContext(
                    "PriorityPauseTx",
                    MakeCallback(&FabricObserved::SeePause, this));
            }
            device->TraceConnectWithoutContext("Mark",
                                               MakeCallback(&FabricObserved::SeeMark, this));
        }
        const auto seen = Finish();
        EXPECT_EQ(seen, unseen) << trace;
        EXPECT_EQ(m_counts.back(), m_counts.front()) << trace;
        EXPECT_GT(m_events.back(), m_events.front()) << trace;
        // The sinks are called in the order of time.
        EXPECT_GT(m_seen.size(), 1500U) << trace;
        EXPECT_TRUE(std::is_sorted(m_seen.begin(), m_seen.end(), [](const auto& a, const auto& b) {
            return a.first < b.first;
        })) << trace;
        m_seen.clear();
    }
}

TEST_F(FabricObserved, WithoutRunningAheadEverythingIsTheSame)
{
    Prepare();
    const auto ahead = Finish();
    Prepare();
    ObjectFactory factory;
    factory.SetTypeId("ns3::MapScheduler");
    Simulator::SetScheduler(factory);
    const auto inStep = Finish();
    EXPECT_EQ(inStep, ahead);
    EXPECT_EQ(m_counts[0], m_counts[1]);
    EXPECT_GT(m_events[1], m_events[0] + 1000);
}

} // namespace
} // namespace offload
} // namespace ns3
