/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * ns-3's ordinary protocol stack over a sPIN NIC.
 */
#include "nic-test.h"

#include "ns3/applications-module.h"
#include "ns3/internet-module.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Both nodes have sPIN NICs and the Internet stack. */
class SpinStackTest : public ::testing::Test
{
  public:
    SpinStackTest()
    {
        nodes.Create(2);
        InternetStackHelper().Install(nodes);
        SpinHelper helper;
        helper.SetChannelAttribute("Delay", StringValue("20ns"));
        devices = helper.Install(nodes);
        interfaces = Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
    }

    ~SpinStackTest() override
    {
        Simulator::Destroy();
    }

    void Receive(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv())
        {
            std::string text(packet->GetSize(), ' ');
            packet->CopyData(reinterpret_cast<uint8_t*>(&text[0]), packet->GetSize());
            texts.push_back(text);
        }
    }

    Ptr<Socket> Open(uint32_t node, const Address& local)
    {
        Ptr<Socket> socket = Socket::CreateSocket(nodes.Get(node), UdpSocketFactory::GetTypeId());
        socket->Bind(local);
        socket->SetRecvCallback(MakeCallback(&SpinStackTest::Receive, this));
        return socket;
    }

    NodeContainer nodes;
    NetDeviceContainer devices;
    Ipv4InterfaceContainer interfaces;
    std::vector<std::string> texts;
};

TEST_F(SpinStackTest, UdpEchoReturnsTheBytesAfterArpResolution)
{
    UdpEchoServerHelper(9).Install(nodes.Get(1)).Start(Seconds(0));
    Ptr<Socket> socket = Open(0, InetSocketAddress(Ipv4Address::GetAny(), 1000));
    const std::string text = "recognisable text";
    socket->SendTo(Create<Packet>(reinterpret_cast<const uint8_t*>(text.data()), text.size()),
                   0,
                   InetSocketAddress(interfaces.GetAddress(1), 9));
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    EXPECT_EQ(texts, std::vector<std::string>{text});
    Ptr<ArpCache> cache = nodes.Get(0)->GetObject<Ipv4L3Protocol>()->GetInterface(1)->GetArpCache();
    ArpCache::Entry* entry = cache->Lookup(interfaces.GetAddress(1));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->GetMacAddress(), devices.Get(1)->GetAddress());
}

TEST_F(SpinStackTest, FragmentedDatagramArrivesWhole)
{
    Open(1, InetSocketAddress(Ipv4Address::GetAny(), 9));
    Ptr<Socket> socket = Open(0, InetSocketAddress(Ipv4Address::GetAny(), 1000));
    const InetSocketAddress to(interfaces.GetAddress(1), 9);
    socket->SendTo(Create<Packet>(1), 0, to); // for ARP, which holds few packets back
    std::string text;
    for (int i = 0; i < 10000; ++i)
    {
        text += static_cast<char>('a' + i % 26);
    }
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    socket->SendTo(Create<Packet>(reinterpret_cast<const uint8_t*>(text.data()), text.size()),
                   0,
                   to);
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    ASSERT_EQ(texts.size(), 2u);
    EXPECT_EQ(texts[1], text);
}

TEST_F(SpinStackTest, TcpBulkTransferArrivesWhole)
{
    PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), 80));
    ApplicationContainer sinks = sink.Install(nodes.Get(1));
    BulkSendHelper bulk("ns3::TcpSocketFactory", InetSocketAddress(interfaces.GetAddress(1), 80));
    constexpr uint64_t BYTES = 2'000'000;
    bulk.SetAttribute("MaxBytes", UintegerValue(BYTES));
    bulk.Install(nodes.Get(0)).Start(MilliSeconds(1));
    Simulator::Stop(Seconds(10));
    Simulator::Run();
    EXPECT_EQ(DynamicCast<PacketSink>(sinks.Get(0))->GetTotalRx(), BYTES);
}

TEST_F(SpinStackTest, Ipv6DatagramArrivesAfterNeighbourDiscovery)
{
    Ipv6AddressHelper addresses("2001:db8::", Ipv6Prefix(64));
    const Ipv6InterfaceContainer ipv6 = addresses.Assign(devices);
    Open(1, Inet6SocketAddress(Ipv6Address::GetAny(), 9));
    Ptr<Socket> socket = Open(0, Inet6SocketAddress(Ipv6Address::GetAny(), 1000));
    const std::string text = "recognisable text";
    Simulator::Stop(Seconds(2)); // duplicate address detection
    Simulator::Run();
    socket->SendTo(Create<Packet>(reinterpret_cast<const uint8_t*>(text.data()), text.size()),
                   0,
                   Inet6SocketAddress(ipv6.GetAddress(1, 1), 9));
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    EXPECT_EQ(texts, std::vector<std::string>{text});
}

} // namespace
} // namespace offload
} // namespace ns3
