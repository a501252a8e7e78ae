/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What the tests of the links share: two nodes, a link, and a record of what arrives.
 */
#ifndef OFFLOAD_LINK_TEST_H
#define OFFLOAD_LINK_TEST_H

#include "ns3/callback.h"
#include "ns3/link-helper.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

// Times of a minimum frame at 100 Gbit/s, in ps.
inline constexpr int64_t BYTE = 80;
inline constexpr int64_t WIRE = 72 * BYTE;    //!< a minimum frame up to its last bit
inline constexpr int64_t SLOT = 84 * BYTE;    //!< and with its gap
inline constexpr int64_t QUANTUM = 64 * BYTE; //!< 512 bit times: PAUSE counts in these
inline constexpr int64_t DELAY = 10'000;      //!< of the link

/** Leaves the simulator clean. */
class LinkTest : public ::testing::Test
{
  public:
    /// IEEE Std 802's local experimental EtherType 1
    static constexpr uint16_t EXPERIMENT = 0x88b5;

    /** A frame that a device gave to its host. */
    struct Arrival
    {
        int64_t ps;
        std::vector<uint8_t> bytes;
        uint16_t protocol;
        Mac48Address source;
        uint32_t context;
    };

    void TearDown() override
    {
        Simulator::Destroy();
    }

    /** Put two nodes and a link as the helper makes it; m_a sends, m_b records. */
    void Build()
    {
        NodeContainer nodes;
        nodes.Create(2);
        NetDeviceContainer devices = m_helper.Install(nodes);
        m_a = DynamicCast<LinkNetDevice>(devices.Get(0));
        m_b = DynamicCast<LinkNetDevice>(devices.Get(1));
        m_b->SetReceiveCallback(MakeCallback(&LinkTest::Record, this));
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

    static std::vector<uint8_t> GetBytes(Ptr<const Packet> packet)
    {
        std::vector<uint8_t> bytes(packet->GetSize());
        packet->CopyData(bytes.data(), packet->GetSize());
        return bytes;
    }

    /** Send m_a -> m_b at an instant. */
    void SendAt(int64_t ps, Ptr<Packet> packet)
    {
        Simulator::ScheduleWithContext(m_a->GetNode()->GetId(),
                                       TimeStep(ps),
                                       &LinkTest::Send,
                                       this,
                                       packet);
    }

    void SendAt(int64_t ps, uint32_t payload)
    {
        SendAt(ps, Create<Packet>(payload));
    }

    void Send(Ptr<Packet> packet)
    {
        m_accepted += m_a->Send(packet, m_b->GetAddress(), EXPERIMENT);
    }

    bool Record(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t protocol, const Address& from)
    {
        m_arrivals.push_back({Simulator::Now().GetTimeStep(),
                              GetBytes(packet),
                              protocol,
                              Mac48Address::ConvertFrom(from),
                              Simulator::GetContext()});
        return true;
    }

    void Count(Ptr<const Packet> packet)
    {
        ++m_counted;
        m_lastCounted = GetBytes(packet);
        m_countedAt.push_back(Simulator::Now().GetTimeStep());
    }

    /** Count what a trace source of a device tells. */
    void CountTrace(Ptr<LinkNetDevice> device, const std::string& trace)
    {
        ASSERT_TRUE(device->TraceConnectWithoutContext(trace, MakeCallback(&LinkTest::Count, this)))
            << trace;
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

    LinkHelper m_helper;
    Ptr<LinkNetDevice> m_a;
    Ptr<LinkNetDevice> m_b;
    std::vector<Arrival> m_arrivals;
    uint32_t m_accepted{0};
    uint32_t m_counted{0};
    std::vector<uint8_t> m_lastCounted;
    std::vector<int64_t> m_countedAt;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LINK_TEST_H */
