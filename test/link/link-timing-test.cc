/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "link-test.h"

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <tuple>

namespace ns3
{
namespace offload
{
namespace
{

__extension__ typedef unsigned __int128 Uint128; //!< not in the standard

/** The independent reference: bytes of a frame from the preamble to the FCS. */
uint64_t
WireBytes(uint64_t payload)
{
    return 8 + 14 + std::max<uint64_t>(payload, 46) + 4;
}

constexpr uint64_t GAP = 12;

int64_t
Ps(uint64_t bytes, uint64_t rate)
{
    return static_cast<int64_t>(static_cast<Uint128>(bytes) * 8'000'000'000'000U / rate);
}

class LinkTiming : public LinkTest,
                   public ::testing::WithParamInterface<std::tuple<uint64_t, uint32_t>>
{
  public:
    static constexpr int64_t DELAY = 12'345;

    void BuildAt(uint64_t rate)
    {
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(rate)));
        m_helper.SetDeviceAttribute("Mtu", UintegerValue(9216));
        m_helper.SetChannelAttribute("Delay", TimeValue(TimeStep(DELAY)));
        Build();
    }
};

TEST_P(LinkTiming, FrameArrivesWhenItsLastBitHasCrossedTheCable)
{
    const auto [rate, payload] = GetParam();
    BuildAt(rate);
    SendAt(777, payload);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), std::vector<int64_t>{777 + Ps(WireBytes(payload), rate) + DELAY});
}

TEST_P(LinkTiming, BackToBackFramesAreExactToThePicosecondForEver)
{
    const auto [rate, payload] = GetParam();
    BuildAt(rate);
    constexpr uint64_t N = 1000;
    for (uint64_t i = 0; i < N; ++i)
    {
        SendAt(0, payload);
    }
    Simulator::Run();
    ASSERT_EQ(m_arrivals.size(), N);
    for (uint64_t i = 0; i < N; ++i)
    {
        const uint64_t bytes = i * (WireBytes(payload) + GAP) + WireBytes(payload);
        ASSERT_EQ(m_arrivals[i].ps, Ps(bytes, rate) + DELAY) << "frame " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(
    RatesAndSizes,
    LinkTiming,
    ::testing::Combine(::testing::Values(1'000'000'000U,
                                         10'000'000'000U,
                                         100'000'000'000U,
                                         123'456'789'011U, // nothing divides
                                         400'000'000'000U,
                                         1'600'000'000'000U),
                       ::testing::Values(0U, 1U, 45U, 46U, 47U, 1500U, 9216U)));

TEST_F(LinkTiming, MinimumFramesAt1600GigabitsLeaveEvery420Picoseconds)
{
    BuildAt(1'600'000'000'000U);
    SendAt(0, 46);
    SendAt(0, 46);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{DELAY + 360, DELAY + 780}));
}

TEST_F(LinkTiming, AFrameHandedInDuringTheGapWaitsForItsEnd)
{
    BuildAt(400'000'000'000U);
    SendAt(0, 46);       // on the wire until 1440, gap until 1680
    SendAt(1500, 46);    // in the gap
    SendAt(100'000, 46); // long after
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{DELAY + 1440, DELAY + 3120, DELAY + 101'440}));
}

TEST_F(LinkTiming, BothDirectionsAreIndependent)
{
    BuildAt(400'000'000'000U);
    m_a->SetReceiveCallback(MakeCallback(&LinkTiming::Record, static_cast<LinkTest*>(this)));
    for (int i = 0; i < 3; ++i)
    {
        SendAt(0, 46);
        Simulator::Schedule(Time(0),
                            &LinkNetDevice::Send,
                            m_b,
                            Create<Packet>(46),
                            m_a->GetAddress(),
                            EXPERIMENT);
    }
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(),
              (std::vector<int64_t>{DELAY + 1440,
                                    DELAY + 1440,
                                    DELAY + 3120,
                                    DELAY + 3120,
                                    DELAY + 4800,
                                    DELAY + 4800}));
}

TEST_F(LinkTiming, PreambleAndGapAreWhatTheAttributesSay)
{
    m_helper.SetDeviceAttribute("Preamble", UintegerValue(0));
    m_helper.SetDeviceAttribute("InterframeGap", UintegerValue(0));
    BuildAt(400'000'000'000U);
    SendAt(0, 46);
    SendAt(0, 46);
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{DELAY + 1280, DELAY + 2560}));
}

TEST_F(LinkTiming, TransmitFreeAtIsTheEndOfEverythingAccepted)
{
    BuildAt(400'000'000'000U);
    Send(Create<Packet>(46));
    EXPECT_EQ(m_a->GetTransmitFreeAt(), 1680);
    Send(Create<Packet>(1500));
    EXPECT_EQ(m_a->GetTransmitFreeAt(), 1680 + (8 + 14 + 1500 + 4 + 12) * 20);
    EXPECT_EQ(m_a->GetQueueLength(), 1U);
}

TEST_F(LinkTiming, ANewRateAppliesToFramesHandedInAfterwards)
{
    BuildAt(400'000'000'000U);
    Send(Create<Packet>(46));
    m_a->SetAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    Send(Create<Packet>(46));
    Simulator::Run();
    EXPECT_EQ(GetArrivalTimes(), (std::vector<int64_t>{DELAY + 1440, DELAY + 1680 + 72 * 80}));
}

TEST_F(LinkTiming, AShorterCableNeverTurnsTimeBack)
{
    BuildAt(400'000'000'000U);
    for (int i = 0; i < 4; ++i)
    {
        SendAt(0, 46);
    }
    Simulator::Schedule(TimeStep(DELAY + 2000),
                        &LinkChannel::SetAttribute,
                        DynamicCast<LinkChannel>(m_a->GetChannel()),
                        "Delay",
                        TimeValue(TimeStep(0)));
    Simulator::Run();
    const auto times = GetArrivalTimes();
    ASSERT_EQ(times.size(), 4U);
    EXPECT_EQ(times[0], DELAY + 1440);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

} // namespace
} // namespace offload
} // namespace ns3
