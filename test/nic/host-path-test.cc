/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-test.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/message-matchers.h"
#include "ns3/node.h"

#include <gtest/gtest.h>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr int64_t BYTE = 125;        //!< ps at 64 Gbit/s
constexpr int64_t ONE_WAY = 200'000; //!< ps
constexpr int64_t MEMORY = 51'000;   //!< ps
constexpr int64_t COPY = 100;        //!< ps a byte at 80 Gbit/s

void
RecordReception(std::vector<HostReception>* log, const HostReception& run)
{
    log->push_back(run);
}

void
RecordTransmission(std::vector<HostTransmission>* log, const HostTransmission& run)
{
    log->push_back(run);
}

/** The stages of the host path over a PCIe link of 64 Gbit/s. */
class HostPathTest : public test::NicFixture
{
  public:
    HostPathTest()
    {
        nics.SetPcieAttribute("Generation", UintegerValue(3));
        nics.SetPcieAttribute("Lanes", UintegerValue(8));
        nics.SetPcieAttribute("Utilisation", DoubleValue(1));
        nics.SetPcieAttribute("ReservedRate", DataRateValue(DataRate(0)));
    }

    void BuildAndWatch()
    {
        Build();
        nic->GetHostPath()->TraceConnectWithoutContext(
            "Receive",
            MakeBoundCallback(&RecordReception, &received));
        nic->GetHostPath()->TraceConnectWithoutContext(
            "Transmit",
            MakeBoundCallback(&RecordTransmission, &sent));
        nic->TraceConnectWithoutContext("Drop", MakeCallback(&HostPathTest::CountDrop, this));
        nic->SetReceiveCallback(MakeCallback(&HostPathTest::Deliver, this));
        port->SetReceiveCallback(MakeCallback(&HostPathTest::Arrive, this));
    }

    bool Deliver(Ptr<NetDevice>, Ptr<const Packet>, uint16_t, const Address&)
    {
        delivered.push_back(Simulator::Now().GetTimeStep());
        return true;
    }

    bool Arrive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address&)
    {
        arrived.push_back(Simulator::Now().GetTimeStep());
        sizes.push_back(packet->GetSize());
        return true;
    }

    void CountDrop(Ptr<const Packet>, NicDropReason reason)
    {
        drops.push_back(reason);
    }

    void SendUp(uint32_t bytes)
    {
        nic->Send(Create<Packet>(bytes), port->GetAddress(), 0x0800);
    }

    std::vector<HostReception> received;
    std::vector<HostTransmission> sent;
    std::vector<int64_t> delivered;
    std::vector<int64_t> arrived;
    std::vector<uint32_t> sizes;
    std::vector<NicDropReason> drops;
};

/** Frame of 100 bytes: Ethernet 14, IPv4 20, UDP 8, payload 58. */
test::FrameSpec
Frame100()
{
    test::FrameSpec spec;
    spec.payload = std::string(58, 'x');
    return spec;
}

TEST_F(HostPathTest, ReceptionTakesDmaNotificationAndCore)
{
    BuildAndWatch();
    SendAt(Seconds(0), Frame100());
    Simulator::Run();
    // Preamble 8, frame 100, FCS 4 at 400 Gbit/s, then 20 ns of cable.
    const int64_t wire = 112 * 20 + 20'000;
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].bytes, 100u);
    EXPECT_EQ(received[0].start, wire);
    EXPECT_EQ(received[0].visible, wire + (100 + 24) * BYTE + (64 + 24) * BYTE + ONE_WAY);
    EXPECT_EQ(received[0].begin, received[0].visible + 5'000'000);
    EXPECT_EQ(received[0].end, received[0].begin + 1'500'000 + 100 * COPY);
    EXPECT_EQ(delivered, std::vector<int64_t>{received[0].end});
}

TEST_F(HostPathTest, UnmatchedPacketWaitsForTheFullMatchWhenThereAreRules)
{
    BuildAndWatch();
    nic->GetSteeringTable()->Add(MatchRule().WithEtherType(0x1234),
                                 CreateObject<PacketMatcher>(),
                                 CreateObject<Node>());
    SendAt(Seconds(0), Frame100());
    Simulator::Run();
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].start, 112 * 20 + 20'000 + 30'000);
}

TEST_F(HostPathTest, CoreThatIsStillAtWorkNeedsNoSecondInterrupt)
{
    BuildAndWatch();
    SendAt(Seconds(0), Frame100());
    SendAt(Seconds(0), Frame100());
    SendAt(MicroSeconds(100), Frame100());
    Simulator::Run();
    ASSERT_EQ(received.size(), 3u);
    EXPECT_EQ(received[1].begin, received[0].end);
    EXPECT_EQ(received[2].begin, received[2].visible + 5'000'000);
}

TEST_F(HostPathTest, PollingCoreIsFaster)
{
    nics.SetCpuAttribute("Polling", BooleanValue(true));
    BuildAndWatch();
    SendAt(Seconds(0), Frame100());
    Simulator::Run();
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].begin, received[0].visible + 50'000);
}

TEST_F(HostPathTest, TransmissionTakesCoreDoorbellDescriptorAndData)
{
    BuildAndWatch();
    Simulator::ScheduleNow(&HostPathTest::SendUp, this, 86U);
    Simulator::Run();
    ASSERT_EQ(sent.size(), 1u);
    const HostTransmission& run = sent[0];
    EXPECT_EQ(run.bytes, 100u);
    EXPECT_EQ(run.rung, 1'000'000 + 100 * COPY);
    EXPECT_EQ(run.doorbell, run.rung + (8 + 24) * BYTE + ONE_WAY);
    EXPECT_EQ(run.described,
              run.doorbell + 24 * BYTE + ONE_WAY + MEMORY + (48 + 20) * BYTE + ONE_WAY);
    EXPECT_EQ(run.fetched,
              run.described + 24 * BYTE + ONE_WAY + MEMORY + (100 + 20) * BYTE + ONE_WAY);
    EXPECT_EQ(arrived, std::vector<int64_t>{run.fetched + 112 * 20 + 20'000});
}

TEST_F(HostPathTest, TransmissionsKeepTheirOrder)
{
    BuildAndWatch();
    for (uint32_t bytes : {1500U, 64U, 1000U, 46U})
    {
        Simulator::ScheduleNow(&HostPathTest::SendUp, this, bytes);
    }
    Simulator::Run();
    EXPECT_EQ(sizes, (std::vector<uint32_t>{1500, 64, 1000, 46}));
}

TEST_F(HostPathTest, FullReceiveRingDropsWithATraceAndRecovers)
{
    nics.SetHostPathAttribute("ReceiveRing", UintegerValue(4));
    BuildAndWatch();
    for (int i = 0; i < 10; ++i)
    {
        SendAt(Seconds(0), Frame100());
    }
    SendAt(MilliSeconds(1), Frame100());
    Simulator::Run();
    EXPECT_EQ(delivered.size(), 5u);
    EXPECT_EQ(drops, std::vector<NicDropReason>(6, NicDropReason::RECEIVE_RING_FULL));
}

TEST_F(HostPathTest, FullTransmitRingRefusesWithATraceAndRecovers)
{
    nics.SetHostPathAttribute("TransmitRing", UintegerValue(4));
    BuildAndWatch();
    for (int i = 0; i < 10; ++i)
    {
        Simulator::ScheduleNow(&HostPathTest::SendUp, this, 100U);
    }
    Simulator::Schedule(MilliSeconds(1), &HostPathTest::SendUp, this, 100U);
    Simulator::Run();
    EXPECT_EQ(arrived.size(), 5u);
    EXPECT_EQ(drops, std::vector<NicDropReason>(6, NicDropReason::TRANSMIT_RING_FULL));
}

TEST_F(HostPathTest, FrameForAnotherHostIsDroppedBeforeItCostsAnything)
{
    BuildAndWatch();
    Simulator::ScheduleNow(&HostPathTest::Send, this, Frame100()); // to 00:00:00:00:00:02
    nic->SetAddress(Mac48Address("00:00:00:00:00:77"));
    Simulator::Run();
    EXPECT_TRUE(received.empty());
    EXPECT_EQ(drops, std::vector<NicDropReason>{NicDropReason::WRONG_ADDRESS});
}

} // namespace
} // namespace offload
} // namespace ns3
