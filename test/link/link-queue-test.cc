/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/data-rate.h"
#include "ns3/error-model.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/nstime.h"
#include "ns3/pointer.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

class LinkQueue : public LinkTest
{
  public:
    LinkQueue()
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        m_helper.SetChannelAttribute("Delay", TimeValue(MicroSeconds(1)));
    }

    void SetQueueSize(const std::string& size)
    {
        m_helper.SetDeviceAttribute("QueueSize", StringValue(size));
    }

    void ExpectQueueLength(uint32_t expected)
    {
        EXPECT_EQ(m_a->GetQueueLength(), expected) << "at " << Simulator::Now().GetTimeStep();
    }
};

TEST_F(LinkQueue, HoldsAsManyFramesAsItsSizeBesidesTheOneOnTheWire)
{
    SetQueueSize("4p");
    Build();
    CountTrace(m_a, "MacTxDrop");
    for (int i = 0; i < 10; ++i)
    {
        SendAt(0, 46);
    }
    Simulator::Run();
    EXPECT_EQ(m_accepted, 5U);
    EXPECT_EQ(m_counted, 5U);
    EXPECT_EQ(m_arrivals.size(), 5U);
}

TEST_F(LinkQueue, ARefusedFrameIsTracedWithItsHeader)
{
    SetQueueSize("0p");
    Build();
    CountTrace(m_a, "MacTxDrop");
    SendAt(0, 46);
    SendAt(0, MakePacket(Pattern(46)));
    Simulator::Run();
    ASSERT_EQ(m_counted, 1U);
    EthernetFrame frame;
    ASSERT_TRUE(EthernetFrame::FromPacket(MakePacket(m_lastCounted), frame));
    EXPECT_EQ(Address(frame.destination), m_b->GetAddress());
    EXPECT_EQ(frame.protocol, EXPERIMENT);
    EXPECT_EQ(GetBytes(frame.payload), Pattern(46));
}

TEST_F(LinkQueue, RoomComesBackAsFramesBegin)
{
    SetQueueSize("2p");
    Build();
    CountTrace(m_a, "MacTxDrop");
    for (int i = 0; i < 3; ++i)
    {
        SendAt(0, 46); // one on the wire, two wait
    }
    SendAt(SLOT - 1, 46); // the second has not begun: refused
    SendAt(SLOT, 46);     // it begins now
    SendAt(SLOT, 46);     // but only one
    Simulator::Run();
    EXPECT_EQ(m_accepted, 4U);
    EXPECT_EQ(m_counted, 2U);
}

TEST_F(LinkQueue, FramesInFlightDoNotCount)
{
    SetQueueSize("1p");
    Build();
    // The cable holds 149 frames.
    for (int i = 0; i < 1000; ++i)
    {
        SendAt(i * SLOT, 46);
    }
    Simulator::Run();
    EXPECT_EQ(m_accepted, 1000U);
}

TEST_F(LinkQueue, CanBeBoundedInBytes)
{
    SetQueueSize("1000B");
    Build();
    SendAt(0, 1000); // on the wire
    SendAt(0, 486);  // 500 B with its header
    SendAt(0, 487);  // would make 1001
    SendAt(0, 486);  // makes 1000
    SendAt(0, 46);
    SendAt((8 + 14 + 1000 + 4 + 12) * 80, 486); // the second has begun
    Simulator::Run();
    EXPECT_EQ(m_accepted, 4U);
    EXPECT_EQ(m_arrivals.size(), 4U);
}

TEST_F(LinkQueue, ByteBoundSetWhileFramesWaitCountsThem)
{
    SetQueueSize("10p");
    Build();
    Send(Create<Packet>(1000));
    Send(Create<Packet>(486));
    m_a->SetAttribute("QueueSize", StringValue("1000B"));
    Send(Create<Packet>(487));
    Send(Create<Packet>(486));
    EXPECT_EQ(m_accepted, 3U);
}

TEST_F(LinkQueue, LengthIsTheNumberOfFramesThatHaveNotBegun)
{
    Build();
    for (int i = 0; i < 4; ++i)
    {
        SendAt(0, 46);
    }
    const std::pair<int64_t, uint32_t> expected[] =
        {{1, 3}, {SLOT - 1, 3}, {SLOT, 2}, {2 * SLOT, 1}, {3 * SLOT - 1, 1}, {3 * SLOT, 0}};
    for (const auto& [ps, length] : expected)
    {
        Simulator::Schedule(TimeStep(ps), &LinkQueue::ExpectQueueLength, this, length);
    }
    Simulator::Run();
}

TEST_F(LinkQueue, PayloadUpToTheMtuPassesAndNoMore)
{
    m_helper.SetDeviceAttribute("Mtu", UintegerValue(9216));
    Build();
    CountTrace(m_a, "MacTxDrop");
    SendAt(0, 9216);
    SendAt(0, 9217);
    Simulator::Run();
    EXPECT_EQ(m_accepted, 1U);
    EXPECT_EQ(m_counted, 1U);
    ASSERT_EQ(m_arrivals.size(), 1U);
    EXPECT_EQ(m_arrivals[0].bytes.size(), 9216U);
}

TEST_F(LinkQueue, EveryFrameIsTracedAsItIsHandedIn)
{
    SetQueueSize("1p");
    Build();
    CountTrace(m_a, "MacTx");
    for (int i = 0; i < 5; ++i)
    {
        SendAt(0, 46);
    }
    Simulator::Run();
    EXPECT_EQ(m_counted, 5U);
    EXPECT_EQ(m_arrivals.size(), 2U);
}

TEST_F(LinkQueue, CorruptFramesAreDroppedWithATrace)
{
    Build();
    Ptr<ReceiveListErrorModel> errors = CreateObject<ReceiveListErrorModel>();
    errors->SetList({1, 3});
    m_b->SetAttribute("ReceiveErrorModel", PointerValue(errors));
    CountTrace(m_b, "PhyRxDrop");
    for (uint32_t i = 0; i < 5; ++i)
    {
        SendAt(0, MakePacket(Pattern(64, i)));
    }
    Simulator::Run();
    EXPECT_EQ(m_counted, 2U);
    ASSERT_EQ(m_arrivals.size(), 3U);
    EXPECT_EQ(m_arrivals[0].bytes, Pattern(64, 0));
    EXPECT_EQ(m_arrivals[1].bytes, Pattern(64, 2));
    EXPECT_EQ(m_arrivals[2].bytes, Pattern(64, 4));
}

/** Remembers the sizes of the packets it is asked about. */
class SizeModel : public ErrorModel
{
  public:
    std::vector<uint32_t> m_sizes;

  private:
    bool DoCorrupt(Ptr<Packet> packet) override
    {
        m_sizes.push_back(packet->GetSize());
        return false;
    }

    void DoReset() override
    {
    }
};

TEST_F(LinkQueue, TheErrorModelSeesHeaderAndFcs)
{
    Build();
    Ptr<SizeModel> model = CreateObject<SizeModel>();
    m_b->SetReceiveErrorModel(model);
    SendAt(0, 1);
    SendAt(0, 1500);
    Simulator::Run();
    EXPECT_EQ(model->m_sizes, (std::vector<uint32_t>{64, 1518}));
    EXPECT_EQ(m_arrivals.at(1).bytes.size(), 1500U);
}

TEST_F(LinkQueue, AQueueDiscIsStoppedByAFullQueueAndWokenAsAFrameBegins)
{
    SetQueueSize("2p");
    m_helper.EnableQueueDisc();
    Build();
    Ptr<NetDeviceQueue> queue = m_a->GetObject<NetDeviceQueueInterface>()->GetTxQueue(0);
    std::vector<int64_t> woken;

    struct Waker
    {
        static void Wake(std::vector<int64_t>* times)
        {
            times->push_back(Simulator::Now().GetTimeStep());
        }
    };

    queue->SetWakeCallback(MakeBoundCallback(&Waker::Wake, &woken));
    Send(Create<Packet>(46));
    Send(Create<Packet>(46));
    EXPECT_FALSE(queue->IsStopped());
    Send(Create<Packet>(46));
    EXPECT_TRUE(queue->IsStopped());
    Simulator::Run();
    EXPECT_FALSE(queue->IsStopped());
    EXPECT_EQ(woken, std::vector<int64_t>{SLOT});
    EXPECT_EQ(m_arrivals.size(), 3U);
}

} // namespace
} // namespace offload
} // namespace ns3
