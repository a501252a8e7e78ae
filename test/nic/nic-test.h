/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What tests of the NIC share: frames of real bytes, and a port wired to a sPIN NIC.
 */
#ifndef OFFLOAD_NIC_TEST_H
#define OFFLOAD_NIC_TEST_H

#include "ns3/ethernet-frame.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-header.h"
#include "ns3/link-helper.h"
#include "ns3/node-container.h"
#include "ns3/simulator.h"
#include "ns3/spin-helper.h"
#include "ns3/string.h"
#include "ns3/tcp-header.h"
#include "ns3/udp-header.h"
#include "ns3/uinteger.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace test
{

/** What is to be in an IPv4 frame. */
struct FrameSpec
{
    std::string source{"10.0.0.1"};        //!< IPv4
    std::string destination{"10.0.0.2"};   //!< IPv4
    uint16_t sourcePort{1000};             //!< UDP
    uint16_t destinationPort{9};           //!< UDP
    uint8_t protocol{17};                  //!< above IPv4
    uint16_t id{0};                        //!< IPv4 identification
    uint16_t fragmentOffset{0};            //!< in bytes
    bool moreFragments{false};             //!< flag
    std::string payload{"recognisable"};   //!< above UDP; raw in later fragments
    Mac48Address mac{"00:00:00:00:00:02"}; //!< destination
};

inline EthernetFrame
MakeFrame(const FrameSpec& spec)
{
    auto packet = Create<Packet>(reinterpret_cast<const uint8_t*>(spec.payload.data()),
                                 static_cast<uint32_t>(spec.payload.size()));
    if (spec.protocol == 17 && spec.fragmentOffset == 0)
    {
        UdpHeader udp;
        udp.SetSourcePort(spec.sourcePort);
        udp.SetDestinationPort(spec.destinationPort);
        packet->AddHeader(udp);
    }
    else if (spec.protocol == 6)
    {
        TcpHeader tcp;
        tcp.SetSourcePort(spec.sourcePort);
        tcp.SetDestinationPort(spec.destinationPort);
        packet->AddHeader(tcp);
    }
    Ipv4Header ip;
    ip.SetSource(Ipv4Address(spec.source.c_str()));
    ip.SetDestination(Ipv4Address(spec.destination.c_str()));
    ip.SetProtocol(spec.protocol);
    ip.SetIdentification(spec.id);
    ip.SetFragmentOffset(spec.fragmentOffset);
    spec.moreFragments ? ip.SetMoreFragments() : ip.SetLastFragment();
    ip.SetPayloadSize(packet->GetSize());
    packet->AddHeader(ip);
    return {packet, spec.mac, Mac48Address("00:00:00:00:00:01"), 0x0800};
}

/** A plain port on node 0, a sPIN NIC on node 1, a cable of 20 ns at 400 Gbit/s. */
class NicFixture : public ::testing::Test
{
  public:
    NicFixture()
    {
        links.SetChannelAttribute("Delay", StringValue("20ns"));
    }

    ~NicFixture() override
    {
        Simulator::Destroy();
    }

    void Build()
    {
        nodes.Create(2);
        port = links.CreateDevice(nodes.Get(0));
        nic = nics.CreateDevice(nodes.Get(1));
        links.Connect(port, nic);
    }

    void InstallInternet()
    {
        InternetStackHelper().Install(nodes);
        Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
        NetDeviceContainer devices(port);
        devices.Add(nic);
        addresses.Assign(devices);
    }

    /** Send a frame from the port to the NIC's address at a time. */
    void SendAt(Time time, FrameSpec spec)
    {
        spec.mac = Mac48Address::ConvertFrom(nic->GetAddress());
        Simulator::Schedule(time, &NicFixture::Send, this, spec);
    }

    void Send(FrameSpec spec)
    {
        EXPECT_TRUE(port->SendFrame(MakeFrame(spec)));
    }

    LinkHelper links;        //!< for the port
    SpinHelper nics;         //!< for the NIC
    NodeContainer nodes;     //!< two
    Ptr<LinkNetDevice> port; //!< on node 0
    Ptr<SpinNetDevice> nic;  //!< on node 1
};

} // namespace test
} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NIC_TEST_H */
