/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// ns-3's own protocols and applications over a link, unchanged.
#include "link-test.h"

#include "ns3/application-container.h"
#include "ns3/arp-cache.h"
#include "ns3/arp-l3-protocol.h"
#include "ns3/bridge-helper.h"
#include "ns3/bulk-send-helper.h"
#include "ns3/inet-socket-address.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-global-routing-helper.h"
#include "ns3/ipv4-interface.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/ipv6-address-helper.h"
#include "ns3/nstime.h"
#include "ns3/packet-sink-helper.h"
#include "ns3/packet-sink.h"
#include "ns3/queue-disc.h"
#include "ns3/string.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/traffic-control-layer.h"
#include "ns3/udp-echo-helper.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <filesystem>
#include <string>
#include <tuple>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint16_t PORT = 9;
/// Longer than the jitter of ns-3's ARP requests, whose queue holds three packets
constexpr int64_t INTERVAL_MS = 20;

class LinkStack : public LinkTest
{
  public:
    enum Family
    {
        IPV4,
        IPV6
    };

    void BuildStack()
    {
        m_nodes.Create(2);
        m_devices = m_helper.Install(m_nodes);
        m_a = DynamicCast<LinkNetDevice>(m_devices.Get(0));
        m_b = DynamicCast<LinkNetDevice>(m_devices.Get(1));
        InternetStackHelper().Install(m_nodes);
        m_ipv4 = Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(m_devices);
        Ipv6AddressHelper ipv6(Ipv6Address("2001:db8::"), Ipv6Prefix(64));
        m_ipv6 = ipv6.Assign(m_devices);
    }

    Address GetServer(Family family) const
    {
        return family == IPV4 ? Address(InetSocketAddress(m_ipv4.GetAddress(1), PORT))
                              : Address(Inet6SocketAddress(m_ipv6.GetAddress(1, 1), PORT));
    }

    void SetFill(Ptr<Application> client, const std::vector<uint8_t>& bytes)
    {
        // UdpEchoClient::SetFill repeats a pattern up to the packet's size.
        std::vector<uint8_t> copy(bytes);
        UdpEchoClientHelper(Ipv4Address::GetAny(), PORT)
            .SetFill(client, copy.data(), static_cast<uint32_t>(copy.size()), copy.size());
    }

    NodeContainer m_nodes;
    NetDeviceContainer m_devices;
    Ipv4InterfaceContainer m_ipv4;
    Ipv6InterfaceContainer m_ipv6;
};

class LinkEcho : public LinkStack,
                 public ::testing::WithParamInterface<std::tuple<LinkStack::Family, uint32_t>>
{
};

TEST_P(LinkEcho, UdpEchoComesBackByteForByte)
{
    const auto [family, size] = GetParam();
    BuildStack();
    UdpEchoServerHelper(PORT).Install(m_nodes.Get(1)).Start(Seconds(2));
    UdpEchoClientHelper client = family == IPV4
                                     ? UdpEchoClientHelper(Address(m_ipv4.GetAddress(1)), PORT)
                                     : UdpEchoClientHelper(Address(m_ipv6.GetAddress(1, 1)), PORT);
    client.SetAttribute("MaxPackets", UintegerValue(3));
    client.SetAttribute("Interval", TimeValue(MilliSeconds(INTERVAL_MS)));
    ApplicationContainer clients = client.Install(m_nodes.Get(0));
    const auto bytes = Pattern(size);
    SetFill(clients.Get(0), bytes);
    clients.Start(Seconds(3));
    ASSERT_TRUE(clients.Get(0)->TraceConnectWithoutContext(
        "Rx",
        MakeCallback(&LinkEcho::Count, static_cast<LinkTest*>(this))));
    Simulator::Stop(Seconds(4));
    Simulator::Run();
    EXPECT_EQ(m_counted, 3U);
    EXPECT_EQ(m_lastCounted, bytes);
}

INSTANTIATE_TEST_SUITE_P(FamiliesAndSizes,
                         LinkEcho,
                         ::testing::Combine(::testing::Values(LinkStack::IPV4, LinkStack::IPV6),
                                            // padded, least unpadded, full, in three fragments
                                            ::testing::Values(1U, 18U, 1000U, 4000U)));

class LinkTcp : public LinkStack,
                public ::testing::WithParamInterface<std::tuple<LinkStack::Family, bool>>
{
};

TEST_P(LinkTcp, BulkSendDeliversEveryByteThroughASmallQueue)
{
    const auto [family, queueDisc] = GetParam();
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("10Gbps")));
    m_helper.SetDeviceAttribute("QueueSize", StringValue("5p"));
    m_helper.SetChannelAttribute("Delay", TimeValue(MicroSeconds(20)));
    if (queueDisc)
    {
        m_helper.EnableQueueDisc();
    }
    BuildStack();
    constexpr uint64_t BYTES = 3'000'000;
    PacketSinkHelper sinkHelper("ns3::TcpSocketFactory", GetServer(family));
    ApplicationContainer sinks = sinkHelper.Install(m_nodes.Get(1));
    BulkSendHelper bulk("ns3::TcpSocketFactory", GetServer(family));
    bulk.SetAttribute("MaxBytes", UintegerValue(BYTES));
    ApplicationContainer senders = bulk.Install(m_nodes.Get(0));
    sinks.Start(Seconds(2));
    senders.Start(Seconds(3));
    CountTrace(m_a, "MacTxDrop");
    Simulator::Stop(Seconds(30));
    Simulator::Run();
    EXPECT_EQ(DynamicCast<PacketSink>(sinks.Get(0))->GetTotalRx(), BYTES);
    if (queueDisc)
    {
        Ptr<QueueDisc> disc =
            m_nodes.Get(0)->GetObject<TrafficControlLayer>()->GetRootQueueDiscOnDevice(m_a);
        ASSERT_TRUE(disc);
        EXPECT_GT(disc->GetStats().nTotalEnqueuedPackets, BYTES / 1500);
        EXPECT_EQ(m_counted, 0U) << "the queue disc is stopped before the queue overflows";
    }
    else
    {
        EXPECT_GT(m_counted, 0U) << "the test is about recovery from a full queue";
    }
}

INSTANTIATE_TEST_SUITE_P(FamiliesAndQueueDisc,
                         LinkTcp,
                         ::testing::Combine(::testing::Values(LinkStack::IPV4, LinkStack::IPV6),
                                            ::testing::Bool()));

TEST_F(LinkStack, ArpResolvesTheNeighbourOnce)
{
    BuildStack();
    UdpEchoServerHelper(PORT).Install(m_nodes.Get(1));
    UdpEchoClientHelper client(Address(m_ipv4.GetAddress(1)), PORT);
    client.SetAttribute("MaxPackets", UintegerValue(5));
    client.SetAttribute("Interval", TimeValue(MilliSeconds(INTERVAL_MS)));
    client.Install(m_nodes.Get(0)).Start(Seconds(3));
    uint32_t requests = 0;

    struct Sink
    {
        static void Look(uint32_t* count, Ptr<const Packet> bytes)
        {
            EthernetFrame frame;
            ASSERT_TRUE(EthernetFrame::FromPacket(bytes, frame));
            if (frame.protocol == ArpL3Protocol::PROT_NUMBER)
            {
                *count += frame.destination.IsBroadcast();
            }
        }
    };

    m_a->TraceConnectWithoutContext("PhyTxBegin", MakeBoundCallback(&Sink::Look, &requests));
    Simulator::Stop(Seconds(4));
    Simulator::Run();
    EXPECT_EQ(requests, 1U);
    Ptr<Ipv4L3Protocol> ipv4 = m_nodes.Get(0)->GetObject<Ipv4L3Protocol>();
    Ptr<ArpCache> cache = ipv4->GetInterface(m_ipv4.Get(0).second)->GetArpCache();
    ASSERT_TRUE(cache);
    ArpCache::Entry* entry = cache->Lookup(m_ipv4.GetAddress(1));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->GetMacAddress(), m_b->GetAddress());
}

/** Quoted by doc/link.rst. */
void
RunDocumentedScript(const std::string& folder)
{
    // [documentation begins]
    NodeContainer nodes;
    nodes.Create(2);

    LinkHelper link;
    link.SetDeviceAttribute("DataRate", StringValue("400Gbps"));
    link.SetDeviceAttribute("Mtu", UintegerValue(9000));
    link.SetChannelAttribute("Delay", StringValue("25ns")); // 5 m of cable
    NetDeviceContainer devices = link.Install(nodes);

    InternetStackHelper().Install(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
    Ipv4InterfaceContainer interfaces = addresses.Assign(devices);

    UdpEchoServerHelper(9).Install(nodes.Get(1));
    UdpEchoClientHelper client(Address(interfaces.GetAddress(1)), 9);
    client.SetAttribute("MaxPackets", UintegerValue(1));
    client.Install(nodes.Get(0)).Start(Seconds(1));

    link.EnablePcap(folder + "/echo", devices, true);
    Simulator::Stop(Seconds(2));
    Simulator::Run();
    // [documentation ends]
}

TEST_F(LinkStack, TheDocumentedScriptRuns)
{
    const auto folder = std::filesystem::temp_directory_path() / "offload-documented-script";
    std::filesystem::create_directories(folder);
    RunDocumentedScript(folder.string());
    Simulator::Destroy();
    // Two ARP exchanges, one echo: six frames of 60 to 142 bytes.
    EXPECT_GT(std::filesystem::file_size(folder / "echo-0-0.pcap"), 6U * (16 + 60));
    std::filesystem::remove_all(folder);
}

TEST_F(LinkStack, Ipv4MulticastReachesAListener)
{
    BuildStack();
    const Ipv4Address group("239.1.2.3");
    Ptr<Socket> listener = Socket::CreateSocket(m_nodes.Get(1), UdpSocketFactory::GetTypeId());
    listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    Ptr<Socket> sender = Socket::CreateSocket(m_nodes.Get(0), UdpSocketFactory::GetTypeId());
    Ipv4StaticRoutingHelper().SetDefaultMulticastRoute(m_nodes.Get(0), m_a);
    CountTrace(m_b, "MacRx");
    Simulator::Schedule(
        Seconds(3),
        static_cast<int (Socket::*)(Ptr<Packet>, uint32_t, const Address&)>(&Socket::SendTo),
        sender,
        MakePacket(Pattern(300)),
        0,
        Address(InetSocketAddress(group, PORT)));
    Simulator::Stop(Seconds(3) + MicroSeconds(1));
    Simulator::Run();
    Ptr<Packet> packet = listener->Recv();
    ASSERT_TRUE(packet);
    EXPECT_EQ(GetBytes(packet), Pattern(300));
    EthernetFrame frame;
    ASSERT_TRUE(EthernetFrame::FromPacket(MakePacket(m_lastCounted), frame));
    EXPECT_EQ(frame.destination, Mac48Address("01:00:5e:01:02:03"));
}

TEST_F(LinkStack, GlobalRoutingCrossesARouter)
{
    NodeContainer nodes;
    nodes.Create(3);
    InternetStackHelper().Install(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
    addresses.Assign(m_helper.Install(nodes.Get(0), nodes.Get(1)));
    addresses.NewNetwork();
    Ipv4InterfaceContainer far = addresses.Assign(m_helper.Install(nodes.Get(1), nodes.Get(2)));
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    UdpEchoServerHelper(PORT).Install(nodes.Get(2));
    UdpEchoClientHelper client(Address(far.GetAddress(1)), PORT);
    client.SetAttribute("MaxPackets", UintegerValue(1));
    ApplicationContainer clients = client.Install(nodes.Get(0));
    clients.Start(Seconds(3));
    clients.Get(0)->TraceConnectWithoutContext(
        "Rx",
        MakeCallback(&LinkStack::Count, static_cast<LinkTest*>(this)));
    Simulator::Stop(Seconds(4));
    Simulator::Run();
    EXPECT_EQ(m_counted, 1U);
}

TEST_F(LinkStack, ABridgeForwardsBetweenLinks)
{
    NodeContainer hosts;
    hosts.Create(3);
    Ptr<Node> bridge = CreateObject<Node>();
    NetDeviceContainer hostDevices;
    NetDeviceContainer ports;
    for (uint32_t i = 0; i < hosts.GetN(); ++i)
    {
        NetDeviceContainer link = m_helper.Install(hosts.Get(i), bridge);
        hostDevices.Add(link.Get(0));
        ports.Add(link.Get(1));
    }
    BridgeHelper().Install(bridge, ports);
    InternetStackHelper().Install(hosts);
    Ipv4InterfaceContainer addresses =
        Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(hostDevices);
    UdpEchoServerHelper(PORT).Install(hosts.Get(2));
    UdpEchoClientHelper client(Address(addresses.GetAddress(2)), PORT);
    client.SetAttribute("MaxPackets", UintegerValue(4));
    client.SetAttribute("Interval", TimeValue(MilliSeconds(INTERVAL_MS)));
    ApplicationContainer clients = client.Install(hosts.Get(0));
    clients.Start(Seconds(3));
    clients.Get(0)->TraceConnectWithoutContext(
        "Rx",
        MakeCallback(&LinkStack::Count, static_cast<LinkTest*>(this)));
    Simulator::Stop(Seconds(4));
    Simulator::Run();
    EXPECT_EQ(m_counted, 4U);
}

} // namespace
} // namespace offload
} // namespace ns3
