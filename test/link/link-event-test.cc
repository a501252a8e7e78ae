/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/data-rate.h"
#include "ns3/nstime.h"

#include <malloc.h>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

class LinkEvent : public LinkTest
{
  public:
    void SendBurst(uint32_t frames)
    {
        for (uint32_t i = 0; i < frames; ++i)
        {
            Send(Create<Packet>(100));
        }
    }

    void RecordTransmit(Ptr<const Packet> packet, Time start, Time end)
    {
        m_sizes.push_back(packet->GetSize());
        m_starts.push_back(start.GetTimeStep());
        m_ends.push_back(end.GetTimeStep());
    }

    void NoteLinkState(bool up)
    {
        m_linkStates.push_back(up);
    }

    void CountLinkChange()
    {
        ++m_linkChanges;
    }

    /** Build, and let ns-3 initialise nodes and devices, which takes events. */
    void BuildAndSettle()
    {
        Build();
        Simulator::Run();
        m_settled = Simulator::GetEventCount();
    }

    uint64_t CountEvents() const
    {
        return Simulator::GetEventCount() - m_settled;
    }

    uint64_t m_settled{0};
    std::vector<uint32_t> m_sizes;
    std::vector<int64_t> m_starts;
    std::vector<int64_t> m_ends;
    uint32_t m_linkChanges{0};
    std::vector<bool> m_linkStates;
};

TEST_F(LinkEvent, AFrameCostsOneEventPerHopInABurst)
{
    BuildAndSettle();
    Simulator::ScheduleNow(&LinkEvent::SendBurst, this, 900);
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), 900U);
    EXPECT_EQ(CountEvents(), 900U + 1);
}

TEST_F(LinkEvent, AFrameCostsOneEventPerHopWhenPaced)
{
    BuildAndSettle();
    for (int i = 0; i < 500; ++i)
    {
        SendAt(i * 10'000, 46);
    }
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), 500U);
    EXPECT_EQ(CountEvents(), 2 * 500U);
}

TEST_F(LinkEvent, TransmitTellsWhenEachFrameLeftAtNoEvent)
{
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    BuildAndSettle();
    m_a->TraceConnectWithoutContext("Transmit", MakeCallback(&LinkEvent::RecordTransmit, this));
    SendAt(1000, 46);
    SendAt(1000, 100);
    Simulator::Run();
    EXPECT_EQ(m_sizes, (std::vector<uint32_t>{46, 100}));
    EXPECT_EQ(m_starts, (std::vector<int64_t>{1000, 1000 + 84 * 80}));
    EXPECT_EQ(m_ends, (std::vector<int64_t>{1000 + 72 * 80, 1000 + (84 + 126) * 80}));
    EXPECT_EQ(CountEvents(), 4U);
}

TEST_F(LinkEvent, TracesOfDepartureFireAtTheInstant)
{
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    Build();
    const std::vector<int64_t> starts = {0, 84 * 80, 2 * 84 * 80};
    CountTrace(m_a, "PhyTxBegin");
    for (int i = 0; i < 3; ++i)
    {
        SendAt(0, 46);
    }
    Simulator::Run();
    EXPECT_EQ(m_countedAt, starts);
}

TEST_F(LinkEvent, TracesOfTheEndOfDepartureFireAtTheInstant)
{
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    Build();
    CountTrace(m_a, "PhyTxEnd");
    SendAt(0, 46);
    SendAt(0, 46);
    Simulator::Run();
    EXPECT_EQ(m_countedAt, (std::vector<int64_t>{72 * 80, (84 + 72) * 80}));
}

TEST_F(LinkEvent, ATraceConnectedLateTellsOnlyOfWhatComes)
{
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    Build();
    Send(Create<Packet>(46));
    Send(Create<Packet>(46));
    CountTrace(m_a, "PhyTxBegin");
    Send(Create<Packet>(46));
    Simulator::Run();
    EXPECT_EQ(m_countedAt, (std::vector<int64_t>{0, 84 * 80, 2 * 84 * 80}));
}

TEST_F(LinkEvent, EachReceiveTraceFiresOncePerFrame)
{
    Build();
    for (const auto* trace : {"PhyRxEnd", "MacPromiscRx", "MacRx", "Sniffer", "PromiscSniffer"})
    {
        CountTrace(m_b, trace);
    }
    SendAt(0, MakePacket(Pattern(200)));
    Simulator::Run();
    EXPECT_EQ(m_counted, 5U);
    EXPECT_EQ(m_lastCounted.size(), 214U);
}

TEST_F(LinkEvent, TheLinkComesUpWithTheSecondEnd)
{
    Ptr<LinkNetDevice> a = CreateObject<LinkNetDevice>();
    Ptr<LinkNetDevice> b = CreateObject<LinkNetDevice>();
    a->AddLinkChangeCallback(MakeCallback(&LinkEvent::CountLinkChange, this));
    Ptr<LinkChannel> channel = CreateObject<LinkChannel>();
    a->Attach(channel);
    EXPECT_FALSE(a->IsLinkUp());
    EXPECT_FALSE(a->Send(Create<Packet>(50), Mac48Address::GetBroadcast(), EXPERIMENT));
    b->Attach(channel);
    EXPECT_TRUE(a->IsLinkUp());
    EXPECT_TRUE(b->IsLinkUp());
    EXPECT_EQ(m_linkChanges, 1U);
    EXPECT_EQ(channel->GetNDevices(), 2U);
    EXPECT_EQ(channel->GetDevice(0), a);
    EXPECT_EQ(channel->GetDevice(1), b);
    EXPECT_EQ(a->GetChannel(), channel);
    a->Dispose();
    b->Dispose();
    channel->Dispose();
}

TEST_F(LinkEvent, PullingTheCableLosesNothingSilently)
{
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    m_helper.SetChannelAttribute("Delay", TimeValue(TimeStep(100'000)));
    Build();
    m_a->AddLinkChangeCallback(MakeCallback(&LinkEvent::CountLinkChange, this));
    const Ptr<Channel> cable = m_a->GetChannel();
    cable->TraceConnectWithoutContext("LinkState", MakeCallback(&LinkEvent::NoteLinkState, this));
    for (int i = 0; i < 40; ++i)
    {
        SendAt(0, 46);
    }
    CountTrace(m_a, "PhyTxDrop");
    CountTrace(m_a, "MacTxDrop");
    Ptr<LinkChannel> channel = DynamicCast<LinkChannel>(m_a->GetChannel());
    Simulator::Schedule(TimeStep(130'000), &LinkChannel::SetLinkUp, channel, false);
    SendAt(140'000, 46); // refused
    Simulator::Schedule(TimeStep(200'000), &LinkChannel::SetLinkUp, channel, true);
    SendAt(200'000, MakePacket(Pattern(46)));
    Simulator::Run();
    // At 6720 ps each, four have arrived and twenty begun when the cable is pulled.
    EXPECT_EQ(m_arrivals.size(), 4U + 1);
    EXPECT_EQ(m_counted, 36U + 1);
    EXPECT_EQ(m_arrivals.back().ps, 200'000 + 72 * 80 + 100'000);
    EXPECT_EQ(m_arrivals.back().bytes, Pattern(46));
    EXPECT_EQ(m_linkChanges, 2U);
    EXPECT_EQ(m_linkStates, (std::vector<bool>{false, true}));
}

TEST_F(LinkEvent, ADeviceMayGetItsNodeAfterItsCable)
{
    Ptr<LinkNetDevice> a = CreateObject<LinkNetDevice>();
    Ptr<LinkNetDevice> b = CreateObject<LinkNetDevice>();
    m_helper.Connect(a, b);
    NodeContainer nodes;
    nodes.Create(2);
    nodes.Get(0)->AddDevice(a);
    nodes.Get(1)->AddDevice(b);
    b->SetReceiveCallback(MakeCallback(&LinkTest::Record, static_cast<LinkTest*>(this)));
    a->Send(Create<Packet>(50), b->GetAddress(), EXPERIMENT);
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), 1U);
    EXPECT_EQ(m_arrivals[0].context, nodes.Get(1)->GetId());
}

/** Stands for a channel to another rank: an engine of its own carries the frame for the delay. */
class CarrierChannel : public LinkChannel
{
  public:
    static TypeId GetTypeId()
    {
        static TypeId tid = TypeId("ns3::offload::test::CarrierChannel")
                                .SetParent<LinkChannel>()
                                .SetGroupName("Offload")
                                .AddConstructor<CarrierChannel>();
        return tid;
    }

    int64_t GetDeliveryDelay() const override
    {
        return 0;
    }

    LinkNetDevice* GetReceiver(uint32_t) const override
    {
        return nullptr;
    }

    uint32_t GetReceiverContext(uint32_t side) const override
    {
        return LinkChannel::GetReceiverContext(1 - side);
    }

    void Deliver(uint32_t side, EthernetFrame&& frame) override
    {
        // Only bytes cross the border between two processes.
        Simulator::ScheduleWithContext(LinkChannel::GetReceiverContext(side),
                                       GetDelay(),
                                       &CarrierChannel::Arrive,
                                       Ptr<CarrierChannel>(this),
                                       side,
                                       frame.ToPacket());
    }

  private:
    void Arrive(uint32_t side, Ptr<Packet> bytes)
    {
        EthernetFrame frame;
        EXPECT_TRUE(EthernetFrame::FromPacket(bytes, frame));
        DynamicCast<LinkNetDevice>(GetDevice(1 - side))->Receive(std::move(frame));
    }
};

TEST_F(LinkEvent, AChannelMayCarryTheFramesByOtherMeansAtTheSameTimes)
{
    const auto run = [this](bool carrier) {
        Build();
        m_arrivals.clear();
        if (carrier)
        {
            m_a = m_helper.CreateDevice(m_a->GetNode());
            m_b = m_helper.CreateDevice(m_b->GetNode());
            Ptr<CarrierChannel> channel = CreateObject<CarrierChannel>();
            m_a->Attach(channel);
            m_b->Attach(channel);
            m_b->SetReceiveCallback(MakeCallback(&LinkTest::Record, static_cast<LinkTest*>(this)));
        }
        for (uint32_t i = 0; i < 30; ++i)
        {
            SendAt(i * 3000, MakePacket(Pattern(46 + 200 * (i % 4), i)));
        }
        Simulator::Run();
        m_a = nullptr;
        m_b = nullptr;
        Simulator::Destroy();
        return m_arrivals;
    };
    const auto expected = run(false);
    const auto carried = run(true);
    ASSERT_EQ(carried.size(), 30U);
    for (std::size_t i = 0; i < carried.size(); ++i)
    {
        EXPECT_EQ(carried[i].ps, expected[i].ps);
        EXPECT_EQ(carried[i].bytes, expected[i].bytes);
        EXPECT_EQ(carried[i].protocol, EXPERIMENT);
    }
}

// The module's aim is an idle host in the low kilobytes. Much of this is ns-3's: an end takes 991
// bytes with ns-3.37, 1148 with ns-3.48, and 1389 with ns-3.48 built for debugging.
TEST_F(LinkEvent, AnIdleLinkEndTakesLittleMoreThanOneKibibyte)
{
#ifdef NS3_BUILD_PROFILE_DEBUG
    constexpr std::size_t MOST = 1536; // bytes
#else
    constexpr std::size_t MOST = 1280; // bytes
#endif
    constexpr std::size_t LINKS = 1000;
    std::vector<Ptr<LinkNetDevice>> devices;
    devices.reserve(2 * LINKS);
    NodeContainer nodes;
    nodes.Create(2);
    const auto before = mallinfo2().uordblks;
    for (std::size_t i = 0; i < LINKS; ++i)
    {
        Ptr<LinkNetDevice> a = m_helper.CreateDevice(nodes.Get(0));
        Ptr<LinkNetDevice> b = m_helper.CreateDevice(nodes.Get(1));
        m_helper.Connect(a, b);
        devices.push_back(a);
        devices.push_back(b);
    }
    const auto after = mallinfo2().uordblks;
    const std::size_t perEnd = (after - before) / (2 * LINKS);
    RecordProperty("bytes_per_end", static_cast<int>(perEnd));
    EXPECT_LT(perEnd, MOST);
}

} // namespace
} // namespace offload
} // namespace ns3
