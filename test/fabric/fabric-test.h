/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What the tests of the fabric share: a network of plain hosts, and a record of what arrives.
 */
#ifndef OFFLOAD_FABRIC_TEST_H
#define OFFLOAD_FABRIC_TEST_H

#include "ns3/boolean.h"
#include "ns3/callback.h"
#include "ns3/data-rate.h"
#include "ns3/double.h"
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/host-address.h"
#include "ns3/ipv4-header.h"
#include "ns3/node-container.h"
#include "ns3/node.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/queue-size.h"
#include "ns3/simulator.h"
#include "ns3/udp-header.h"
#include "ns3/uinteger.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <tuple>
#include <vector>

namespace ns3
{
namespace offload
{

/** Builds a fabric at 100 Gbit/s, sends frames by hand, leaves the simulator clean. */
class FabricTest : public ::testing::Test
{
  public:
    static constexpr int64_t BYTE = 80;        // at 100 Gbit/s
    static constexpr int64_t DELAY = 10'000;   // of a cable, ps
    static constexpr int64_t LATENCY = 50'000; // of a switch, ps
    static constexpr uint32_t OVERHEAD = 8 + 14 + 4;
    static constexpr uint32_t GAP = 12;
    /// IEEE Std 802's local experimental EtherType 1
    static constexpr uint16_t EXPERIMENT = 0x88b5;
    static constexpr uint16_t IPV4 = 0x0800;

    /** A frame that a host got. */
    struct Arrival
    {
        uint32_t host;
        int64_t ps;
        std::vector<uint8_t> bytes;
        uint16_t protocol;
        uint32_t source; //!< number of the host that sent it

        bool operator==(const Arrival& other) const
        {
            return std::tie(host, ps, bytes, protocol, source) ==
                   std::tie(other.host, other.ps, other.bytes, other.protocol, other.source);
        }
    };

    FabricTest()
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        m_helper.SetHostDeviceAttribute("QueueSize", QueueSizeValue(QueueSize("1000000p")));
        m_helper.SetChannelAttribute("Delay", TimeValue(TimeStep(DELAY)));
        m_helper.SetSwitchAttribute("Latency", TimeValue(TimeStep(LATENCY)));
    }

    void TearDown() override
    {
        m_fabric = Fabric();
        m_hosts = NodeContainer();
        Simulator::Destroy();
    }

    void Build(const FabricTopology& topology)
    {
        m_hosts.Create(topology.GetHosts());
        m_fabric = m_helper.Install(topology, m_hosts);
        for (uint32_t i = 0; i < topology.GetHosts(); ++i)
        {
            GetDevice(i)->SetReceiveCallback(MakeCallback(&FabricTest::Record, this));
        }
        for (const auto& device : m_fabric.switches)
        {
            device->TraceConnectWithoutContext("Drop", MakeCallback(&FabricTest::RecordDrop, this));
        }
    }

    Ptr<LinkNetDevice> GetDevice(uint32_t host) const
    {
        return DynamicCast<LinkNetDevice>(m_fabric.hostDevices.Get(host));
    }

    bool Record(Ptr<NetDevice> device,
                Ptr<const Packet> packet,
                uint16_t protocol,
                const Address& from)
    {
        std::vector<uint8_t> bytes(packet->GetSize());
        packet->CopyData(bytes.data(), packet->GetSize());
        m_arrivals.push_back({device->GetNode()->GetId() - m_hosts.Get(0)->GetId(),
                              Simulator::Now().GetTimeStep(),
                              bytes,
                              protocol,
                              GetHostNumber(Mac48Address::ConvertFrom(from))});
        return true;
    }

    void RecordDrop(Ptr<const Packet> frame, uint32_t port, SwitchDropReason reason)
    {
        m_drops.push_back({frame->GetSize(), port, reason});
        m_droppedAt.push_back(Simulator::Now().GetTimeStep());
    }

    /** Send a frame by hand. */
    void SendAt(int64_t ps,
                uint32_t from,
                Mac48Address to,
                Ptr<Packet> packet,
                uint16_t protocol = EXPERIMENT)
    {
        Simulator::ScheduleWithContext(m_hosts.Get(from)->GetId(),
                                       TimeStep(ps),
                                       &FabricTest::Send,
                                       this,
                                       from,
                                       to,
                                       packet,
                                       protocol);
    }

    void SendAt(int64_t ps, uint32_t from, uint32_t to, Ptr<Packet> packet)
    {
        SendAt(ps, from, MakeHostAddress(to), packet);
    }

    void Send(uint32_t from, Mac48Address to, Ptr<Packet> packet, uint16_t protocol)
    {
        m_accepted += GetDevice(from)->Send(packet, to, protocol);
    }

    /** @return bytes that differ from packet to packet */
    static std::vector<uint8_t> Pattern(std::size_t size, uint32_t seed = 1)
    {
        std::vector<uint8_t> bytes(size);
        for (auto& byte : bytes)
        {
            seed = seed * 1664525 + 1013904223;
            byte = static_cast<uint8_t>(seed >> 24);
        }
        return bytes;
    }

    static Ptr<Packet> MakePacket(const std::vector<uint8_t>& bytes)
    {
        return Create<Packet>(bytes.data(), static_cast<uint32_t>(bytes.size()));
    }

    /**
     * @param port of the source: names the flow
     * @param payload after the UDP header
     * @param tos of the IPv4 header: class and ECN
     * @return an IPv4 datagram with right checksums
     */
    static Ptr<Packet> MakeDatagram(uint32_t from,
                                    uint32_t to,
                                    uint16_t port,
                                    const std::vector<uint8_t>& payload,
                                    uint8_t tos = 0)
    {
        Ptr<Packet> packet = MakePacket(payload);
        UdpHeader udp;
        udp.SetSourcePort(port);
        udp.SetDestinationPort(4791);
        packet->AddHeader(udp);
        Ipv4Header ip;
        ip.EnableChecksum();
        ip.SetSource(Ipv4Address(0x0a000001 + from));
        ip.SetDestination(Ipv4Address(0x0a000001 + to));
        ip.SetProtocol(17);
        ip.SetTtl(64);
        ip.SetPayloadSize(static_cast<uint16_t>(packet->GetSize()));
        ip.SetTos(tos);
        packet->AddHeader(ip);
        return packet;
    }

    void SendDatagramAt(int64_t ps,
                        uint32_t from,
                        uint32_t to,
                        uint16_t port,
                        const std::vector<uint8_t>& payload,
                        uint8_t tos = 0)
    {
        SendAt(ps, from, MakeHostAddress(to), MakeDatagram(from, to, port, payload, tos), IPV4);
    }

    /** @return time on the wire of a frame with that payload, without its gap */
    static int64_t GetWire(uint32_t payload)
    {
        return BYTE * (OVERHEAD + payload);
    }

    std::vector<int64_t> GetArrivalTimes() const
    {
        std::vector<int64_t> times;
        for (const auto& arrival : m_arrivals)
        {
            times.push_back(arrival.ps);
        }
        return times;
    }

    uint64_t Sum(uint64_t (FabricSwitch::*count)() const) const
    {
        uint64_t sum = 0;
        for (const auto& device : m_fabric.switches)
        {
            sum += (PeekPointer(device)->*count)();
        }
        return sum;
    }

    /** Nothing may be left in any buffer. */
    void ExpectEmptyBuffers()
    {
        for (const auto& device : m_fabric.switches)
        {
            const SwitchBuffer& buffer = device->GetBuffer();
            EXPECT_EQ(buffer.GetUsed(), 0U);
            for (uint32_t port = 0; port < device->GetPorts(); ++port)
            {
                EXPECT_EQ(buffer.GetEgress(port), 0U) << "port " << port;
                for (uint32_t i = 0; i < SwitchBuffer::CLASSES; ++i)
                {
                    EXPECT_EQ(buffer.GetIngress(port, i), 0U) << "port " << port << " class " << i;
                }
            }
        }
    }

    /** A frame that a switch has dropped. */
    struct DroppedFrame
    {
        uint32_t size;
        uint32_t port;
        SwitchDropReason reason;
    };

    FabricHelper m_helper;
    NodeContainer m_hosts;
    Fabric m_fabric;
    std::vector<Arrival> m_arrivals;
    std::vector<DroppedFrame> m_drops;
    std::vector<int64_t> m_droppedAt;
    uint32_t m_accepted{0};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FABRIC_TEST_H */
