/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/ethernet-frame.h"
#include "ns3/string.h"

#include <tuple>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

using LinkFrame = LinkTest;

TEST_F(LinkFrame, PayloadTypeAndSourceArriveUntouched)
{
    Build();
    const auto bytes = Pattern(1500);
    SendAt(0, MakePacket(bytes));
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 1U);
    EXPECT_EQ(m_arrivals[0].bytes, bytes);
    EXPECT_EQ(m_arrivals[0].protocol, EXPERIMENT);
    EXPECT_EQ(Address(m_arrivals[0].source), m_a->GetAddress());
}

TEST_F(LinkFrame, ArrivalsHappenInTheContextOfTheReceiver)
{
    Build();
    SendAt(0, 46);
    SendAt(0, 46);
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 2U);
    EXPECT_EQ(m_arrivals[0].context, m_b->GetNode()->GetId());
    EXPECT_EQ(m_arrivals[1].context, m_b->GetNode()->GetId());
}

TEST_F(LinkFrame, ShortPayloadIsPaddedWithZerosAndTheSendersPacketIsNot)
{
    Build();
    auto bytes = Pattern(10);
    Ptr<Packet> packet = MakePacket(bytes);
    SendAt(0, packet);
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 1U);
    EXPECT_EQ(packet->GetSize(), 10U);
    bytes.resize(46, 0);
    EXPECT_EQ(m_arrivals[0].bytes, bytes);
}

TEST_F(LinkFrame, OrderIsKeptThroughBufferGrowth)
{
    m_helper.SetDeviceAttribute("QueueSize", StringValue("100000p"));
    Build();
    for (uint32_t i = 0; i < 5000; ++i)
    {
        SendAt(i * 100, MakePacket(Pattern(60, i)));
    }
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 5000U);
    for (uint32_t i = 0; i < 5000; ++i)
    {
        ASSERT_EQ(m_arrivals[i].bytes, Pattern(60, i)) << "frame " << i;
    }
}

TEST_F(LinkFrame, BytesAreHeaderThenPayload)
{
    EthernetFrame frame{MakePacket(Pattern(100)),
                        Mac48Address("01:02:03:04:05:06"),
                        Mac48Address("0a:0b:0c:0d:0e:0f"),
                        0x0800};
    EXPECT_EQ(frame.GetSize(), 114U);
    auto expected = std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 8, 0};
    const auto payload = Pattern(100);
    expected.insert(expected.end(), payload.begin(), payload.end());
    EXPECT_EQ(GetBytes(frame.ToPacket()), expected);
    EXPECT_EQ(frame.payload->GetSize(), 100U) << "the frame itself is unchanged";
}

TEST_F(LinkFrame, FrameReadBackFromItsBytesIsTheSame)
{
    const EthernetFrame frame{MakePacket(Pattern(77)),
                              Mac48Address("01:02:03:04:05:06"),
                              Mac48Address("0a:0b:0c:0d:0e:0f"),
                              0x86dd};
    // Through raw bytes, as a NIC's packet memory holds them.
    EthernetFrame read;
    ASSERT_TRUE(EthernetFrame::FromPacket(MakePacket(GetBytes(frame.ToPacket())), read));
    EXPECT_EQ(read.destination, frame.destination);
    EXPECT_EQ(read.source, frame.source);
    EXPECT_EQ(read.protocol, frame.protocol);
    EXPECT_EQ(GetBytes(read.payload), Pattern(77));
    EXPECT_FALSE(EthernetFrame::FromPacket(Create<Packet>(13), read));
}

/** Who gets a frame: destination address, ordinary callback, promiscuous callback's type. */
class LinkDelivery
    : public LinkTest,
      public ::testing::WithParamInterface<std::tuple<const char*, bool, NetDevice::PacketType>>
{
  public:
    bool RecordPromiscuous(Ptr<NetDevice>,
                           Ptr<const Packet>,
                           uint16_t,
                           const Address&,
                           const Address& to,
                           NetDevice::PacketType type)
    {
        m_types.push_back(type);
        m_to = Mac48Address::ConvertFrom(to);
        return true;
    }

    std::vector<NetDevice::PacketType> m_types;
    Mac48Address m_to;
};

TEST_P(LinkDelivery, FollowsTheDestinationAddress)
{
    const auto [address, delivered, type] = GetParam();
    Build();
    m_b->SetAddress(Mac48Address("00:00:00:00:77:01"));
    m_b->SetPromiscReceiveCallback(MakeCallback(&LinkDelivery::RecordPromiscuous, this));
    CountTrace(m_b, "MacRx");
    CountTrace(m_b, "MacPromiscRx");
    m_a->Send(Create<Packet>(100), Mac48Address(address), EXPERIMENT);
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), delivered ? 1U : 0U);
    EXPECT_EQ(m_types, std::vector<NetDevice::PacketType>{type});
    EXPECT_EQ(m_to, Mac48Address(address));
    EXPECT_EQ(m_counted, delivered ? 2U : 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Destinations,
    LinkDelivery,
    ::testing::Values(std::make_tuple("00:00:00:00:77:01", true, NetDevice::PACKET_HOST),
                      std::make_tuple("ff:ff:ff:ff:ff:ff", true, NetDevice::PACKET_BROADCAST),
                      std::make_tuple("01:00:5e:00:00:05", true, NetDevice::PACKET_MULTICAST),
                      std::make_tuple("00:00:00:00:77:02", false, NetDevice::PACKET_OTHERHOST)));

TEST_F(LinkFrame, SendFromKeepsTheGivenSource)
{
    Build();
    ASSERT_TRUE(m_a->SupportsSendFrom());
    m_a->SendFrom(Create<Packet>(50),
                  Mac48Address("00:00:00:00:12:34"),
                  m_b->GetAddress(),
                  EXPERIMENT);
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 1U);
    EXPECT_EQ(m_arrivals[0].source, Mac48Address("00:00:00:00:12:34"));
}

TEST_F(LinkFrame, MulticastGroupsMapToEthernetAddresses)
{
    Build();
    // RFC 1112, 6.4 and RFC 2464, 7
    EXPECT_EQ(m_a->GetMulticast(Ipv4Address("224.129.2.3")),
              Address(Mac48Address("01:00:5e:01:02:03")));
    EXPECT_EQ(m_a->GetMulticast(Ipv6Address("ff02::1:ff12:3456")),
              Address(Mac48Address("33:33:ff:12:34:56")));
    EXPECT_EQ(m_a->GetBroadcast(), Address(Mac48Address("ff:ff:ff:ff:ff:ff")));
    EXPECT_TRUE(m_a->NeedsArp());
    EXPECT_TRUE(m_a->IsPointToPoint());
    EXPECT_TRUE(m_a->IsBroadcast());
    EXPECT_TRUE(m_a->IsMulticast());
    EXPECT_FALSE(m_a->IsBridge());
}

/** A NIC that answers by itself, as the module's subclasses do. */
class Reflector : public LinkNetDevice
{
  public:
    static TypeId GetTypeId()
    {
        static TypeId tid = TypeId("ns3::offload::test::Reflector")
                                .SetParent<LinkNetDevice>()
                                .SetGroupName("Offload")
                                .AddConstructor<Reflector>();
        return tid;
    }

  protected:
    void ReceiveFrame(EthernetFrame&& frame) override
    {
        std::swap(frame.source, frame.destination);
        SendFrame(std::move(frame));
    }
};

NS_OBJECT_ENSURE_REGISTERED(Reflector);

TEST_F(LinkFrame, ASubclassTakesFramesBeforeTheHost)
{
    m_helper.SetDeviceType("ns3::offload::test::Reflector");
    Ptr<Node> node = CreateObject<Node>();
    Ptr<LinkNetDevice> reflector = m_helper.CreateDevice(node);
    m_helper.SetDeviceType("ns3::offload::LinkNetDevice");
    Ptr<LinkNetDevice> host = m_helper.CreateDevice(CreateObject<Node>());
    m_helper.Connect(host, reflector);
    host->SetReceiveCallback(MakeCallback(&LinkFrame::Record, static_cast<LinkTest*>(this)));
    host->Send(MakePacket(Pattern(200)), reflector->GetAddress(), EXPERIMENT);
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 1U);
    EXPECT_EQ(m_arrivals[0].bytes, Pattern(200));
    EXPECT_EQ(Address(m_arrivals[0].source), reflector->GetAddress());
}

} // namespace
} // namespace offload
} // namespace ns3
