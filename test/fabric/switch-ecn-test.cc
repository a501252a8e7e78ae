/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"

#include "ns3/flow-id-tag.h"
#include "ns3/ipv6-header.h"

#include <array>
#include <map>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint8_t NOT_ECT = 0;
constexpr uint8_t ECT1 = 1;
constexpr uint8_t ECT0 = 2;
constexpr uint8_t CE = 3;
constexpr uint16_t IPV6 = 0x86dd;

class SwitchEcn : public FabricTest
{
  public:
    SwitchEcn()
    {
        m_helper.SetSwitchAttribute("Ecn", BooleanValue(true));
        m_helper.SetSwitchAttribute("EcnLow", UintegerValue(5000));
        m_helper.SetSwitchAttribute("EcnHigh", UintegerValue(5000));
    }

    void RecordMark(Ptr<const Packet> frame, uint32_t port)
    {
        ++m_marks;
        m_marked = frame->Copy();
        EXPECT_EQ(port, 2U);
    }

    void Watch()
    {
        m_fabric.switches[0]->TraceConnectWithoutContext(
            "Mark",
            MakeCallback(&SwitchEcn::RecordMark, this));
    }

    /** Two hosts send to a third one at once, with each of the ECN codepoints. */
    void Crowd(uint32_t frames)
    {
        for (uint32_t i = 0; i < frames; ++i)
        {
            for (uint32_t from = 0; from < 2; ++from)
            {
                SendDatagramAt(0,
                               from,
                               2,
                               static_cast<uint16_t>(i),
                               Pattern(972, i),
                               static_cast<uint8_t>(i % 4));
            }
        }
    }

    uint32_t m_marks{0};
    Ptr<Packet> m_marked;
};

TEST_F(SwitchEcn, MarksPacketsThatAllowItAndKeepsTheirChecksum)
{
    Build(*FatTree::SingleSwitch(3));
    Watch();
    Crowd(40);
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 80U);
    std::map<uint8_t, std::map<uint8_t, uint32_t>> counts;
    for (const auto& arrival : m_arrivals)
    {
        Ptr<Packet> packet = MakePacket(arrival.bytes);
        Ipv4Header ip;
        ip.EnableChecksum();
        packet->RemoveHeader(ip);
        EXPECT_TRUE(ip.IsChecksumOk());
        UdpHeader udp;
        packet->RemoveHeader(udp);
        ++counts[udp.GetSourcePort() % 4][ip.GetTos()];
        // Nothing else has changed.
        std::vector<uint8_t> bytes(packet->GetSize());
        packet->CopyData(bytes.data(), packet->GetSize());
        EXPECT_EQ(bytes, Pattern(972, udp.GetSourcePort()));
    }
    EXPECT_EQ(counts[NOT_ECT], (std::map<uint8_t, uint32_t>{{NOT_ECT, 20}}));
    EXPECT_EQ(counts[CE], (std::map<uint8_t, uint32_t>{{CE, 20}}));
    // Two come in while one leaves: from about ten frames on the queue is too long.
    EXPECT_GE(counts[ECT0][CE], 12U);
    EXPECT_GE(counts[ECT0][ECT0], 2U);
    EXPECT_GE(counts[ECT1][CE], 12U);
    EXPECT_EQ(counts[ECT1].size(), 2U);
    EXPECT_EQ(counts[ECT0][CE] + counts[ECT1][CE], m_fabric.switches[0]->GetMarks());
    EXPECT_EQ(m_marks, m_fabric.switches[0]->GetMarks());
}

TEST_F(SwitchEcn, MarksFromTheInstantOnAtWhichItIsSwitchedOn)
{
    m_helper.SetSwitchAttribute("Ecn", BooleanValue(false));
    m_helper.SetSwitchAttribute("EcnLow", UintegerValue(0));
    m_helper.SetSwitchAttribute("EcnHigh", UintegerValue(1'000'000));
    m_helper.SetSwitchAttribute("EcnProbability", DoubleValue(1));
    Build(*FatTree::SingleSwitch(3));
    Crowd(40);
    Simulator::Run();
    EXPECT_EQ(m_fabric.switches[0]->GetMarks(), 0U);
    m_fabric.switches[0]->SetAttribute("Ecn", BooleanValue(true));
    // Where the queue decides on a share of the packets.
    for (uint32_t i = 0; i < 1'000; ++i)
    {
        Send(i % 2, MakeHostAddress(2), MakeDatagram(i % 2, 2, 1, Pattern(972, i), ECT0), IPV4);
    }
    Simulator::Run();
    EXPECT_GT(m_fabric.switches[0]->GetMarks(), 10U);
}

TEST_F(SwitchEcn, MarksNothingWithoutTheAttributeOrBelowTheThreshold)
{
    for (const bool ecn : {false, true})
    {
        m_helper.SetSwitchAttribute("Ecn", BooleanValue(ecn));
        m_helper.SetSwitchAttribute("EcnLow", UintegerValue(ecn ? 1'000'000 : 0));
        m_helper.SetSwitchAttribute("EcnHigh", UintegerValue(1'000'000));
        Build(*FatTree::SingleSwitch(3));
        Crowd(40);
        Simulator::Run();
        EXPECT_EQ(m_fabric.switches[0]->GetMarks(), 0U);
        TearDown();
    }
}

TEST_F(SwitchEcn, BetweenTheThresholdsTheProbabilityGrowsWithTheQueue)
{
    m_helper.SetSwitchAttribute("EcnLow", UintegerValue(0));
    m_helper.SetSwitchAttribute("EcnHigh", UintegerValue(1'000'000));
    m_helper.SetSwitchAttribute("EcnProbability", DoubleValue(0.5));
    Build(*FatTree::SingleSwitch(3));
    m_fabric.switches[0]->AssignStreams(1);
    for (uint32_t i = 0; i < 1000; ++i)
    {
        for (uint32_t from = 0; from < 2; ++from)
        {
            SendDatagramAt(0, from, 2, 1, Pattern(972), ECT0);
        }
    }
    Simulator::Run();
    // The queue grows to 1000 frames of 1014 bytes: a quarter on average, less in the beginning.
    std::array<uint32_t, 2> marks{};
    for (std::size_t i = 0; i < m_arrivals.size(); ++i)
    {
        marks[2 * i / m_arrivals.size()] += m_arrivals[i].bytes[1] == CE ? 1 : 0;
    }
    EXPECT_NEAR(marks[0], 125, 50);
    EXPECT_NEAR(marks[1], 375, 75);
}

TEST_F(SwitchEcn, MarksIpv6)
{
    Build(*FatTree::SingleSwitch(3));
    std::vector<uint8_t> sent;
    for (uint32_t i = 0; i < 20; ++i)
    {
        for (uint32_t from = 0; from < 2; ++from)
        {
            Ptr<Packet> packet = MakePacket(Pattern(1000));
            Ipv6Header ip;
            ip.SetTrafficClass(0xa8 | ECT0);
            ip.SetFlowLabel(0x54321);
            ip.SetPayloadLength(1000);
            ip.SetNextHeader(59);
            ip.SetHopLimit(7);
            packet->AddHeader(ip);
            sent.resize(packet->GetSize());
            packet->CopyData(sent.data(), packet->GetSize());
            SendAt(0, from, MakeHostAddress(2), packet, IPV6);
        }
    }
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 40U);
    EXPECT_GT(m_fabric.switches[0]->GetMarks(), 20U);
    uint32_t marked = 0;
    for (const auto& arrival : m_arrivals)
    {
        Ptr<Packet> packet = MakePacket(arrival.bytes);
        Ipv6Header ip;
        packet->RemoveHeader(ip);
        EXPECT_EQ(ip.GetTrafficClass() & 0xfc, 0xa8);
        marked += (ip.GetTrafficClass() & CE) == CE ? 1 : 0;
        // All else is as it was; the two bits are in the second byte.
        std::vector<uint8_t> unmarked = arrival.bytes;
        unmarked[1] = static_cast<uint8_t>((unmarked[1] & ~(CE << 4)) | ECT0 << 4);
        EXPECT_EQ(unmarked, sent);
    }
    EXPECT_EQ(marked, m_fabric.switches[0]->GetMarks());
}

TEST_F(SwitchEcn, AMarkedPacketKeepsItsTagsAndOthersTheirCopy)
{
    m_helper.SetSwitchAttribute("EcnLow", UintegerValue(0));
    m_helper.SetSwitchAttribute("EcnHigh", UintegerValue(0));
    Build(*FatTree::SingleSwitch(3));
    Watch();
    Ptr<Packet> sent = MakeDatagram(0, 2, 1, Pattern(500), ECT0);
    sent->AddPacketTag(FlowIdTag(17));
    sent->AddByteTag(FlowIdTag(18));
    // Two at once, so that one waits as the third one comes.
    SendDatagramAt(0, 1, 2, 1, Pattern(1000));
    SendDatagramAt(0, 0, 2, 1, Pattern(1000));
    SendAt(0, 0, MakeHostAddress(2), sent, IPV4);
    Simulator::Run();
    ASSERT_EQ(m_marks, 1U);
    FlowIdTag tag;
    ASSERT_TRUE(m_marked->PeekPacketTag(tag));
    EXPECT_EQ(tag.GetFlowId(), 17U);
    ASSERT_TRUE(m_marked->FindFirstMatchingByteTag(tag));
    EXPECT_EQ(tag.GetFlowId(), 18U);
    uint8_t bytes[2];
    sent->CopyData(bytes, 2);
    EXPECT_EQ(bytes[1], ECT0) << "the sender's packet";
}

} // namespace
} // namespace offload
} // namespace ns3
