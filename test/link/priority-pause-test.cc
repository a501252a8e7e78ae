/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/string.h"

#include <map>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

constexpr int64_t LONGEST = 0xffff * QUANTUM;

class PriorityPause : public LinkTest
{
  public:
    PriorityPause()
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        m_helper.SetDeviceAttribute("PriorityFlowControl", BooleanValue(true));
        m_helper.SetChannelAttribute("Delay", TimeValue(TimeStep(DELAY)));
    }

    void PauseAt(int64_t ps, uint8_t classes)
    {
        Simulator::Schedule(TimeStep(ps), &LinkNetDevice::SetReceivePausedClasses, m_b, classes);
    }

    /** Hand the sender a priority PAUSE frame made by hand: quanta of the classes it is about. */
    void PauseFrameAt(int64_t ps, const std::map<uint32_t, uint16_t>& quanta)
    {
        std::vector<uint8_t> bytes(46, 0);
        bytes[0] = 0x01;
        bytes[1] = 0x01;
        for (const auto& [priority, time] : quanta)
        {
            bytes[3] = static_cast<uint8_t>(bytes[3] | 1U << priority);
            bytes[4 + 2 * priority] = static_cast<uint8_t>(time >> 8);
            bytes[5 + 2 * priority] = static_cast<uint8_t>(time & 0xff);
        }
        Simulator::Schedule(TimeStep(ps), &PriorityPause::GiveControl, this, MakePacket(bytes));
    }

    void GiveControl(Ptr<Packet> payload)
    {
        m_a->Receive(EthernetFrame{payload,
                                   Mac48Address("01:80:c2:00:00:01"),
                                   Mac48Address("00:00:00:00:00:99"),
                                   0x8808});
    }

    /** Send a frame of a class; its first byte is a name for it. */
    void SendClassAt(int64_t ps, char name, uint8_t priority)
    {
        Simulator::Schedule(TimeStep(ps), &PriorityPause::SendClass, this, name, priority);
    }

    void SendClass(char name, uint8_t priority)
    {
        // As much of an IPv4 header as the device looks at
        std::vector<uint8_t> bytes(46, static_cast<uint8_t>(name));
        bytes[1] = static_cast<uint8_t>(priority << 5);
        m_accepted += m_a->Send(MakePacket(bytes), m_b->GetAddress(), 0x0800);
    }

    /** @return the names of the frames in the order of arrival */
    std::string GetNames() const
    {
        std::string names;
        for (const auto& arrival : m_arrivals)
        {
            names.push_back(static_cast<char>(arrival.bytes.front()));
        }
        return names;
    }

    void RecordPause(uint8_t classes, uint8_t paused)
    {
        m_pauses.emplace_back(classes, paused);
        m_pausedAt.push_back(Simulator::Now().GetTimeStep());
    }

    std::vector<std::pair<uint8_t, uint8_t>> m_pauses;
    std::vector<int64_t> m_pausedAt;
};

TEST_F(PriorityPause, TheFrameIsThatOf8021Qbb)
{
    Build();
    CountTrace(m_a, "PhyRxEnd");
    PauseAt(0, 0x08 | 0x01);
    Simulator::Stop(TimeStep(100'000));
    Simulator::Run();
    ASSERT_EQ(m_counted, 1U);
    std::vector<uint8_t> expected{0x01, 0x80, 0xc2, 0x00, 0x00, 0x01};
    uint8_t source[6];
    Mac48Address::ConvertFrom(m_b->GetAddress()).CopyTo(source);
    expected.insert(expected.end(), source, source + 6);
    // EtherType, opcode, vector of classes, quanta of classes 0 to 7
    const std::vector<uint8_t>
        rest{0x88, 0x08, 0x01, 0x01, 0x00, 0x09, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff};
    expected.insert(expected.end(), rest.begin(), rest.end());
    expected.resize(60, 0);
    EXPECT_EQ(m_lastCounted, expected);
    EXPECT_EQ(m_countedAt.front(), WIRE + DELAY);
}

TEST_F(PriorityPause, OnlyChangesAreTold)
{
    Build();
    m_a->TraceConnectWithoutContext("PriorityPauseRx",
                                    MakeCallback(&PriorityPause::RecordPause, this));
    PauseAt(0, 0x08);
    PauseAt(10'000, 0x08);
    PauseAt(20'000, 0x0c);
    PauseAt(30'000, 0x04);
    PauseAt(40'000, 0x00);
    Simulator::Run();
    const std::vector<std::pair<uint8_t, uint8_t>> expected{{0x08, 0x08},
                                                            {0x04, 0x04},
                                                            {0x08, 0x00},
                                                            {0x04, 0x00}};
    EXPECT_EQ(m_pauses, expected);
}

TEST_F(PriorityPause, HoldsFramesOfTheClassForTheGivenQuantaAndLetsOthersGoOn)
{
    Build();
    SendClassAt(0, 'x', 3);
    SendClassAt(0, 'a', 3);
    SendClassAt(0, 'b', 3);
    SendClassAt(0, 'p', 0);
    SendClassAt(0, 'q', 5);
    // x is on the wire, the others wait.
    PauseFrameAt(100, {{3, 10}});
    Simulator::Run();
    EXPECT_EQ(GetNames(), "xpqab");
    const int64_t resumed = 100 + 10 * QUANTUM;
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{WIRE + DELAY,
                                    SLOT + WIRE + DELAY,
                                    2 * SLOT + WIRE + DELAY,
                                    resumed + WIRE + DELAY,
                                    resumed + SLOT + WIRE + DELAY}));
}

TEST_F(PriorityPause, FramesHandedInDuringThePausePassThoseThatAreHeld)
{
    Build();
    PauseFrameAt(0, {{3, 100}});
    SendClassAt(1000, 'a', 3);
    SendClassAt(2000, 'p', 0);
    SendClassAt(2000, 'b', 3);
    SendClassAt(2000, 'q', 0);
    // p is still on the wire, and nobody has asked since it began.
    SendClassAt(2500, 'r', 0);
    Simulator::Run();
    EXPECT_EQ(GetNames(), "pqrab");
    const int64_t resumed = 100 * QUANTUM;
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{2000 + WIRE + DELAY,
                                    2000 + SLOT + WIRE + DELAY,
                                    2000 + 2 * SLOT + WIRE + DELAY,
                                    resumed + WIRE + DELAY,
                                    resumed + SLOT + WIRE + DELAY}));
}

TEST_F(PriorityPause, AFrameThatPassesBeginsAfterThoseThatBeganUnseen)
{
    Build();
    SendClassAt(0, 'x', 0);
    SendClassAt(0, 'y', 0);
    PauseFrameAt(0, {{3, 100}});
    // x is over and y on the wire, which nobody has counted.
    SendClassAt(SLOT + 100, 'z', 0);
    Simulator::Run();
    EXPECT_EQ(GetNames(), "xyz");
    EXPECT_EQ(m_arrivals.back().ps, 2 * SLOT + WIRE + DELAY);
}

TEST_F(PriorityPause, AClassWhosePauseEndsSoonerDoesNotWaitForAnother)
{
    Build();
    PauseFrameAt(0, {{3, 100}, {4, 20}});
    SendClassAt(1000, 'a', 3);
    SendClassAt(2000, 'b', 4);
    SendClassAt(3000, 'c', 4);
    Simulator::Run();
    EXPECT_EQ(GetNames(), "bca");
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{20 * QUANTUM + WIRE + DELAY,
                                    20 * QUANTUM + SLOT + WIRE + DELAY,
                                    100 * QUANTUM + WIRE + DELAY}));
}

TEST_F(PriorityPause, ZeroQuantaEndThePauseOfTheirClassAtOnceInTheOldOrder)
{
    Build();
    PauseFrameAt(0, {{3, 0xffff}, {4, 0xffff}});
    SendClassAt(100, 'a', 3);
    SendClassAt(200, 'b', 4);
    SendClassAt(300, 'c', 3);
    SendClassAt(400, 'd', 3);
    PauseFrameAt(50'000, {{3, 0}});
    PauseFrameAt(90'000, {{4, 0}});
    Simulator::Run();
    EXPECT_EQ(GetNames(), "acdb");
    EXPECT_EQ(m_arrivals.front().ps, 50'000 + WIRE + DELAY);
    EXPECT_EQ(m_arrivals.back().ps, 90'000 + WIRE + DELAY);
}

TEST_F(PriorityPause, APausedClassIsSilentUntilToldSinceThePauseIsRepeated)
{
    Build();
    m_a->TraceConnectWithoutContext("PriorityPauseRx",
                                    MakeCallback(&PriorityPause::RecordPause, this));
    PauseAt(0, 0x08);
    const int64_t end = 2 * LONGEST + 100'000;
    PauseAt(end, 0);
    SendClassAt(WIRE + DELAY + 1, 'a', 3);
    Simulator::Run();
    const int64_t heard = WIRE + DELAY;
    ASSERT_EQ(m_pausedAt.size(), 6U);
    EXPECT_EQ(m_pausedAt[1], heard + LONGEST / 2);
    EXPECT_EQ(m_pausedAt[4], heard + 2 * LONGEST);
    EXPECT_EQ(m_pauses.back(), std::make_pair(uint8_t{0x08}, uint8_t{0}));
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{end + 2 * (WIRE + DELAY)});
}

TEST_F(PriorityPause, AReceiverThatWantsSilenceGetsItFromAllClasses)
{
    Build();
    m_a->TraceConnectWithoutContext("PriorityPauseRx",
                                    MakeCallback(&PriorityPause::RecordPause, this));
    Simulator::ScheduleNow(&LinkNetDevice::SetReceivePaused, m_b, true);
    Simulator::Schedule(TimeStep(100'000), &LinkNetDevice::SetReceivePaused, m_b, false);
    SendClassAt(50'000, 'a', 7);
    SendClassAt(50'000, 'b', 0);
    Simulator::Run();
    EXPECT_EQ(m_pauses, (std::vector<std::pair<uint8_t, uint8_t>>{{0xff, 0xff}, {0xff, 0}}));
    EXPECT_EQ(GetNames(), "ab");
    EXPECT_EQ(m_arrivals.front().ps, 100'000 + 2 * (WIRE + DELAY));
}

TEST_F(PriorityPause, WithoutTheAttributeNothingIsSentOrHonoured)
{
    m_helper.SetDeviceAttribute("PriorityFlowControl", BooleanValue(false));
    Build();
    CountTrace(m_a, "PhyRxEnd");
    PauseAt(0, 0x08);
    PauseFrameAt(0, {{0, 100}});
    SendAt(1000, 46);
    Simulator::Run();
    EXPECT_EQ(m_counted, 1U) << "the one made by hand";
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{1000 + WIRE + DELAY});
}

TEST_F(PriorityPause, Ipv6PacketsAndOthersHaveTheirClassToo)
{
    Build();
    PauseFrameAt(0, {{0, 200}, {6, 100}});
    SendAt(1000, 46);
    std::vector<uint8_t> ipv6 = Pattern(46);
    ipv6[0] = 0x6c; // version 6, traffic class 0xc.
    Simulator::Schedule(TimeStep(1000),
                        &LinkNetDevice::Send,
                        m_a,
                        MakePacket(ipv6),
                        m_b->GetAddress(),
                        uint16_t{0x86dd});
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{100 * QUANTUM + WIRE + DELAY, 200 * QUANTUM + WIRE + DELAY}));
}

TEST_F(PriorityPause, AnUnpluggedCableForgetsThePause)
{
    Build();
    PauseFrameAt(0, {{3, 0xffff}});
    Ptr<LinkChannel> cable = DynamicCast<LinkChannel>(m_a->GetChannel());
    Simulator::Schedule(TimeStep(1000), &LinkChannel::SetLinkUp, cable, false);
    Simulator::Schedule(TimeStep(2000), &LinkChannel::SetLinkUp, cable, true);
    SendClassAt(3000, 'a', 3);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{3000 + WIRE + DELAY});
}

TEST_F(PriorityPause, RandomFramesArriveCompleteAndInTheOrderOfTheirClass)
{
    Build();
    uint32_t random = 1;
    const auto draw = [&random](uint32_t below) {
        random = random * 1664525 + 1013904223;
        return (random >> 8) % below;
    };
    std::map<uint8_t, std::string> sent;
    for (uint32_t i = 0; i < 400; ++i)
    {
        // The class is in the letter.
        const auto priority = static_cast<uint8_t>(draw(8));
        const char name = static_cast<char>('0' + priority + 8 * (i % 10));
        sent[priority].push_back(name);
        SendClassAt(i * SLOT, name, priority);
        if (draw(4) == 0)
        {
            PauseFrameAt(i * SLOT + draw(SLOT),
                         {{draw(8), static_cast<uint16_t>(draw(60))},
                          {draw(8), static_cast<uint16_t>(draw(60))}});
        }
    }
    Simulator::Run();
    std::map<uint8_t, std::string> received;
    int64_t last = 0;
    for (const auto& arrival : m_arrivals)
    {
        received[static_cast<uint8_t>((arrival.bytes.front() - '0') % 8)].push_back(
            static_cast<char>(arrival.bytes.front()));
        // Never two at a time on the wire
        EXPECT_GE(arrival.ps - last, SLOT);
        last = arrival.ps;
    }
    EXPECT_EQ(received, sent);
}

} // namespace
} // namespace offload
} // namespace ns3
