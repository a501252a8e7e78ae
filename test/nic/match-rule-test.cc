/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-test.h"

#include "ns3/match-rule.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

using test::FrameSpec;
using test::MakeFrame;

bool
Matches(const MatchRule& rule, const FrameSpec& spec)
{
    return rule.Matches(FrameWindow(MakeFrame(spec)));
}

TEST(MatchRule, WithoutFieldsMatchesEverything)
{
    EXPECT_TRUE(Matches(MatchRule(), {}));
}

TEST(MatchRule, ComparesEveryFieldOfAUdpSocket)
{
    const MatchRule rule = MatchRule()
                               .WithIpv4Source("10.0.0.1")
                               .WithIpv4Destination("10.0.0.2")
                               .WithUdp()
                               .WithSourcePort(1000)
                               .WithDestinationPort(9);
    FrameSpec spec;
    EXPECT_TRUE(Matches(rule, spec));
    FrameSpec other = spec;
    other.source = "10.0.0.3";
    EXPECT_FALSE(Matches(rule, other));
    other = spec;
    other.destination = "10.0.0.3";
    EXPECT_FALSE(Matches(rule, other));
    other = spec;
    other.sourcePort = 1001;
    EXPECT_FALSE(Matches(rule, other));
    other = spec;
    other.destinationPort = 10;
    EXPECT_FALSE(Matches(rule, other));
    other = spec;
    other.protocol = 6;
    EXPECT_FALSE(Matches(rule, other));
}

TEST(MatchRule, MatchesTcpPorts)
{
    FrameSpec spec;
    spec.protocol = 6;
    EXPECT_TRUE(Matches(MatchRule().WithIpv4().WithTcp().WithDestinationPort(9), spec));
    EXPECT_FALSE(Matches(MatchRule().WithIpv4().WithTcp().WithDestinationPort(8), spec));
}

TEST(MatchRule, MasksNetworksAndPortRanges)
{
    const MatchRule net = MatchRule().WithIpv4Source("10.0.0.0", "255.255.255.0");
    FrameSpec spec;
    spec.source = "10.0.0.77";
    EXPECT_TRUE(Matches(net, spec));
    spec.source = "10.0.1.77";
    EXPECT_FALSE(Matches(net, spec));
    const MatchRule ports = MatchRule().WithIpv4().WithUdp().WithDestinationPort(0x1000, 0xf000);
    spec.destinationPort = 0x1abc;
    EXPECT_TRUE(Matches(ports, spec));
    spec.destinationPort = 0x2abc;
    EXPECT_FALSE(Matches(ports, spec));
}

TEST(MatchRule, MatchesEthernetFields)
{
    EXPECT_TRUE(Matches(MatchRule().WithDestination("00:00:00:00:00:02"), {}));
    EXPECT_FALSE(Matches(MatchRule().WithDestination("00:00:00:00:00:03"), {}));
    EXPECT_TRUE(Matches(MatchRule().WithSource("00:00:00:00:00:01"), {}));
    EXPECT_TRUE(Matches(MatchRule().WithEtherType(0x0800), {}));
    EXPECT_FALSE(Matches(MatchRule().WithEtherType(0x0806), {}));
}

TEST(MatchRule, MatchesUdpPayloadUnderAMask)
{
    FrameSpec spec;
    spec.payload = "\x12\x34\x56";
    EXPECT_TRUE(Matches(MatchRule().WithIpv4().WithUdp().WithUdpPayload(1, 2, 0x3456), spec));
    EXPECT_TRUE(
        Matches(MatchRule().WithIpv4().WithUdp().WithUdpPayload(1, 2, 0x3400, 0xff00), spec));
    EXPECT_FALSE(
        Matches(MatchRule().WithIpv4().WithUdp().WithUdpPayload(1, 2, 0x3500, 0xff00), spec));
}

TEST(MatchRule, DoesNotTakeTheDataOfALaterFragmentForPorts)
{
    FrameSpec spec;
    spec.fragmentOffset = 1480;
    spec.payload = std::string("\x03\xe8\x00\x09", 4); // would be ports 1000 and 9
    EXPECT_FALSE(Matches(MatchRule().WithIpv4().WithUdp().WithDestinationPort(9), spec));
    EXPECT_TRUE(
        Matches(MatchRule().WithIpv4().WithUdp().WithDestinationPort(9).WithoutTransport(), spec));
}

TEST(MatchRule, MatchesIpv6AddressesAndPorts)
{
    uint8_t bytes[60] = {0x60};
    bytes[6] = 17;
    Ipv6Address("2001:db8::1").GetBytes(bytes + 8);
    Ipv6Address("2001:db8:0:1::2").GetBytes(bytes + 24);
    bytes[43] = 9; // destination port
    EthernetFrame frame{Create<Packet>(bytes, 60),
                        Mac48Address("00:00:00:00:00:02"),
                        Mac48Address("00:00:00:00:00:01"),
                        0x86dd};
    const FrameWindow window(frame);
    const MatchRule socket =
        MatchRule().WithIpv6Destination("2001:db8:0:1::2").WithUdp().WithDestinationPort(9);
    EXPECT_TRUE(socket.Matches(window));
    EXPECT_TRUE(MatchRule().WithIpv6Source("2001:db8::", 64).Matches(window));
    EXPECT_FALSE(MatchRule().WithIpv6Source("2001:db9::", 64).Matches(window));
    EXPECT_FALSE(MatchRule()
                     .WithIpv6Destination("2001:db8:0:1::2")
                     .WithUdp()
                     .WithDestinationPort(10)
                     .Matches(window));
}

TEST(MatchRule, DoesNotMatchFieldsBehindTheEndOfTheFrame)
{
    EthernetFrame frame{Create<Packet>(4),
                        Mac48Address("00:00:00:00:00:02"),
                        Mac48Address("00:00:00:00:00:01"),
                        0x0800};
    EXPECT_TRUE(MatchRule().WithField(17, 1, 0).Matches(FrameWindow(frame)));
    EXPECT_FALSE(MatchRule().WithField(18, 1, 0).Matches(FrameWindow(frame)));
}

TEST(MatchRule, RefusesWhatMakesNoSense)
{
    EXPECT_THROW(MatchRule().WithUdp(), std::invalid_argument);
    EXPECT_THROW(MatchRule().WithIpv4().WithDestinationPort(9), std::invalid_argument);
    EXPECT_THROW(MatchRule().WithIpv4().WithIpv6(), std::invalid_argument);
    EXPECT_THROW(MatchRule().WithField(127, 2, 0), std::invalid_argument);
    EXPECT_THROW(MatchRule().WithField(0, 9, 0), std::invalid_argument);
}

} // namespace
} // namespace offload
} // namespace ns3
