/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/string.h"

#include <cstring>
#include <random>

namespace ns3
{
namespace offload
{
namespace
{

class LinkPause : public LinkTest
{
  public:
    LinkPause()
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        m_helper.SetDeviceAttribute("FlowControl", BooleanValue(true));
        m_helper.SetChannelAttribute("Delay", TimeValue(TimeStep(DELAY)));
    }

    void PauseAt(int64_t ps, bool paused)
    {
        Simulator::Schedule(TimeStep(ps), &LinkNetDevice::SetReceivePaused, m_b, paused);
    }

    /** Hand the sender a PAUSE frame made by hand. */
    void PauseFrameAt(int64_t ps, uint16_t quanta)
    {
        std::vector<uint8_t> bytes(46, 0);
        bytes[1] = 1;
        bytes[2] = static_cast<uint8_t>(quanta >> 8);
        bytes[3] = static_cast<uint8_t>(quanta);
        Simulator::Schedule(TimeStep(ps), &LinkPause::GiveControl, this, MakePacket(bytes));
    }

    void GiveControl(Ptr<Packet> payload)
    {
        m_a->Receive(EthernetFrame{payload,
                                   Mac48Address("01:80:c2:00:00:01"),
                                   Mac48Address("00:00:00:00:00:99"),
                                   0x8808});
    }

    void RecordQuanta(uint16_t quanta)
    {
        m_quanta.push_back(quanta);
        m_quantaAt.push_back(Simulator::Now().GetTimeStep());
    }

    std::vector<uint16_t> m_quanta;
    std::vector<int64_t> m_quantaAt;
};

TEST_F(LinkPause, HoldsFramesThatHaveNotBegunForTheGivenQuanta)
{
    Build();
    for (int i = 0; i < 3; ++i)
    {
        SendAt(0, 46);
    }
    // The first is on the wire, the second begins at SLOT.
    PauseFrameAt(SLOT - 1, 10);
    Simulator::Run();
    const int64_t resumed = SLOT - 1 + 10 * QUANTUM;
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{WIRE + DELAY,
                                    resumed + WIRE + DELAY,
                                    resumed + SLOT + WIRE + DELAY}));
}

TEST_F(LinkPause, AFrameThatBeginsAtTheInstantIsNotHeld)
{
    Build();
    SendAt(0, 46);
    SendAt(0, 46);
    PauseFrameAt(SLOT, 10);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{WIRE + DELAY, SLOT + WIRE + DELAY}));
}

TEST_F(LinkPause, FramesHandedInDuringThePauseWait)
{
    Build();
    PauseFrameAt(1000, 10);
    SendAt(2000, 46);
    SendAt(2000, 46);
    Simulator::Run();
    const int64_t resumed = 1000 + 10 * QUANTUM;
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{resumed + WIRE + DELAY, resumed + SLOT + WIRE + DELAY}));
}

TEST_F(LinkPause, ZeroQuantaEndThePauseAtOnce)
{
    Build();
    PauseFrameAt(0, 0xffff);
    SendAt(100, 46);
    SendAt(100, 46);
    PauseFrameAt(50'000, 0);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{50'000 + WIRE + DELAY, 50'000 + SLOT + WIRE + DELAY}));
}

TEST_F(LinkPause, ALaterPauseReplacesTheEarlier)
{
    Build();
    PauseFrameAt(0, 100);
    SendAt(100, 46);
    PauseFrameAt(1000, 20); // shorter
    PauseFrameAt(2000, 30); // longer
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{2000 + 30 * QUANTUM + WIRE + DELAY});
}

TEST_F(LinkPause, TheSenderOfPauseFramesIsHeardAndRepeatsThem)
{
    Build();
    m_a->TraceConnectWithoutContext("PauseRx", MakeCallback(&LinkPause::RecordQuanta, this));
    SendAt(0, 46);
    PauseAt(1000, true);
    PauseAt(2000 + 0xffff * QUANTUM, false);
    const int64_t heard = 1000 + WIRE + DELAY;
    SendAt(heard + 1, MakePacket(Pattern(46)));
    Simulator::Run();
    EXPECT_EQ(m_quanta, (std::vector<uint16_t>{0xffff, 0xffff, 0xffff, 0}));
    EXPECT_EQ(m_quantaAt.front(), heard);
    EXPECT_EQ(m_quantaAt[1], heard + 0xffff * QUANTUM / 2);
    // Silent all the while, then at once.
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{WIRE + DELAY, m_quantaAt.back() + WIRE + DELAY}));
}

TEST_F(LinkPause, PauseFramesOvertakeWaitingFramesAndAreNotHeld)
{
    Build();
    // m_a is paused itself, and has frames waiting, when it asks m_b to be silent.
    PauseFrameAt(0, 1000);
    SendAt(10, 46);
    SendAt(10, 46);
    m_b->TraceConnectWithoutContext("PauseRx", MakeCallback(&LinkPause::RecordQuanta, this));
    Simulator::Schedule(TimeStep(20), &LinkNetDevice::SetReceivePaused, m_a, true);
    Simulator::Schedule(TimeStep(21), &LinkNetDevice::SetReceivePaused, m_a, false);
    Simulator::Run();
    EXPECT_EQ(m_quanta, (std::vector<uint16_t>{0xffff, 0}));
    EXPECT_EQ(m_quantaAt, (std::vector<int64_t>{20 + WIRE + DELAY, 20 + SLOT + WIRE + DELAY}));
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{1000 * QUANTUM + WIRE + DELAY,
                                    1000 * QUANTUM + SLOT + WIRE + DELAY}));
}

TEST_F(LinkPause, AControlFrameDelaysThoseBehindItByItsOwnLength)
{
    Build();
    SendAt(0, 46);
    SendAt(0, 46);
    Simulator::Schedule(TimeStep(100), &LinkNetDevice::SetReceivePaused, m_a, true);
    Simulator::Schedule(MicroSeconds(1), &LinkNetDevice::SetReceivePaused, m_a, false);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{WIRE + DELAY, 2 * SLOT + WIRE + DELAY}));
}

TEST_F(LinkPause, AControlFrameInTheGapOvertakesTheArrivalThatWasDue)
{
    // No cable: the waiting frame is the oldest, and its arrival already in the event queue.
    m_helper.SetChannelAttribute("Delay", TimeValue(TimeStep(0)));
    Build();
    m_b->TraceConnectWithoutContext("PauseRx", MakeCallback(&LinkPause::RecordQuanta, this));
    SendAt(0, 46);
    SendAt(0, 1500);
    Simulator::Schedule(TimeStep(WIRE + 1), &LinkNetDevice::SetReceivePaused, m_a, true);
    Simulator::Schedule(MicroSeconds(1), &LinkNetDevice::SetReceivePaused, m_a, false);
    Simulator::Run();
    EXPECT_EQ(m_quantaAt.front(), SLOT + WIRE);
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{WIRE, 2 * SLOT + (26 + 1500) * BYTE}));
}

TEST_F(LinkPause, ControlFramesAreRealAndEndBelowTheHost)
{
    Build();
    m_a->SetReceiveCallback(MakeCallback(&LinkPause::Record, static_cast<LinkTest*>(this)));
    CountTrace(m_a, "PromiscSniffer");
    m_b->SetReceivePaused(true);
    m_b->SetReceivePaused(false);
    Simulator::Run();
    EXPECT_TRUE(m_arrivals.empty());
    EXPECT_EQ(m_counted, 2U);
    std::vector<uint8_t> expected = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x01};
    uint8_t source[6];
    Mac48Address::ConvertFrom(m_b->GetAddress()).CopyTo(source);
    expected.insert(expected.end(), source, source + 6);
    for (const uint8_t byte : {0x88, 0x08, 0x00, 0x01, 0x00, 0x00})
    {
        expected.push_back(byte);
    }
    expected.resize(60, 0);
    EXPECT_EQ(m_lastCounted, expected);
}

TEST_F(LinkPause, WithoutFlowControlPauseIsNeitherSentNorHonoured)
{
    m_helper.SetDeviceAttribute("FlowControl", BooleanValue(false));
    Build();
    CountTrace(m_a, "PhyRxEnd");
    PauseAt(0, true);
    Simulator::Run();
    EXPECT_EQ(m_counted, 0U);
    PauseFrameAt(0, 100);
    SendAt(10, 46);
    const int64_t now = Simulator::Now().GetTimeStep();
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{now + 10 + WIRE + DELAY});
}

TEST_F(LinkPause, IsAskedForAgainWhenTheLinkComesBack)
{
    Build();
    m_a->TraceConnectWithoutContext("PauseRx", MakeCallback(&LinkPause::RecordQuanta, this));
    Ptr<LinkChannel> channel = DynamicCast<LinkChannel>(m_a->GetChannel());
    PauseAt(0, true);
    Simulator::Schedule(MicroSeconds(1), &LinkChannel::SetLinkUp, channel, false);
    Simulator::Schedule(MicroSeconds(2), &LinkChannel::SetLinkUp, channel, true);
    SendAt(3'000'000, 46);
    PauseAt(4'000'000, false);
    Simulator::Run();
    EXPECT_EQ(m_quanta, (std::vector<uint16_t>{0xffff, 0xffff, 0}));
    EXPECT_EQ(m_quantaAt.at(1), 2'000'000 + WIRE + DELAY);
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{m_quantaAt.at(2) + WIRE + DELAY});
}

TEST_F(LinkPause, TheQueueStaysBoundedDuringAPause)
{
    m_helper.SetDeviceAttribute("QueueSize", StringValue("5p"));
    Build();
    CountTrace(m_a, "MacTxDrop");
    PauseFrameAt(0, 0xffff);
    for (int i = 0; i < 20; ++i)
    {
        SendAt(100 + i, 46);
    }
    PauseFrameAt(1'000'000, 0);
    Simulator::Run();
    EXPECT_EQ(m_accepted, 5U);
    EXPECT_EQ(m_counted, 15U);
    EXPECT_EQ(m_arrivals.size(), 5U);
}

TEST_F(LinkPause, TracesOfDepartureFollowThePause)
{
    Build();
    CountTrace(m_a, "PhyTxBegin");
    SendAt(0, 46);
    SendAt(0, 46);
    PauseFrameAt(10, 10);
    PauseFrameAt(SLOT + 5, 1000);
    PauseFrameAt(2 * SLOT + 7, 0);
    Simulator::Run();
    EXPECT_EQ(m_countedAt, (std::vector<int64_t>{0, 2 * SLOT + 7}));
}

TEST_F(LinkPause, AReceiverThatPausesInTimeLosesNothingUnderAnySchedule)
{
    // A receiver that takes a frame in 300 ns and holds 64, sent at line rate in random bursts.
    class Receiver
    {
      public:
        explicit Receiver(Ptr<LinkNetDevice> device)
            : m_device(device)
        {
        }

        bool Receive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address&)
        {
            EXPECT_LT(m_held, 64U) << "overrun";
            uint32_t number = 0;
            packet->CopyData(reinterpret_cast<uint8_t*>(&number), sizeof(number));
            EXPECT_EQ(number, m_next++);
            if (++m_held == 1)
            {
                Simulator::Schedule(NanoSeconds(300), &Receiver::Take, this);
            }
            m_device->SetReceivePaused(m_held >= 32);
            return true;
        }

        void Take()
        {
            --m_held;
            if (m_held < 8)
            {
                m_device->SetReceivePaused(false);
            }
            if (m_held > 0)
            {
                Simulator::Schedule(NanoSeconds(300), &Receiver::Take, this);
            }
        }

        Ptr<LinkNetDevice> m_device;
        uint32_t m_held{0};
        uint32_t m_next{0};
    };

    m_helper.SetDeviceAttribute("QueueSize", StringValue("100000p"));
    Build();
    Receiver receiver(m_b);
    m_b->SetReceiveCallback(MakeCallback(&Receiver::Receive, &receiver));
    std::mt19937 random(7);
    constexpr uint32_t N = 20'000;
    int64_t at = 0;
    for (uint32_t i = 0; i < N; ++i)
    {
        std::vector<uint8_t> bytes(46 + random() % 200);
        std::memcpy(bytes.data(), &i, sizeof(i));
        at += random() % 50 == 0 ? static_cast<int64_t>(random() % 20'000'000) : 0;
        SendAt(at, MakePacket(bytes));
    }
    Simulator::Run();
    EXPECT_EQ(m_accepted, N);
    EXPECT_EQ(receiver.m_next, N);
    EXPECT_EQ(receiver.m_held, 0U);
}

} // namespace
} // namespace offload
} // namespace ns3
