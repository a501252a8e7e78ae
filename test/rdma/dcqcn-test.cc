/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// DCQCN: its rates against a model with real timers, and queue pairs that react to marks.
#include "rdma-test.h"

#include "ns3/dcqcn.h"
#include "ns3/pointer.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint64_t LINE = 100'000'000'000;
constexpr int64_t US = 1'000'000;

/** The reaction point as SIGCOMM'15, section 3.1, has it, stepped microsecond by microsecond. */
class SteppedRate
{
  public:
    void Reduce()
    {
        m_target = m_rate;
        m_rate = std::max(10e6, m_rate * (1 - m_alpha / 2));
        m_alpha += (1 - m_alpha) / 256;
        m_alphaAge = m_timerAge = m_timer = m_bytes = m_byteCount = 0;
        m_reduced = true;
    }

    /** A microsecond passes in which the line is used as far as allowed. */
    void Step()
    {
        if (!m_reduced)
        {
            return;
        }
        if (++m_alphaAge == 55)
        {
            m_alphaAge = 0;
            m_alpha *= 1 - 1.0 / 256;
        }
        if (++m_timerAge == 55)
        {
            m_timerAge = 0;
            ++m_timer;
            Increase();
        }
        m_bytes += m_rate / 8e6;
        if (m_bytes >= 10e6)
        {
            m_bytes -= 10e6;
            ++m_byteCount;
            Increase();
        }
    }

    double GetRate() const
    {
        return m_rate;
    }

  private:
    void Increase()
    {
        if (std::min(m_timer, m_byteCount) > 5)
        {
            m_target += 400e6 * (std::min(m_timer, m_byteCount) - 5);
        }
        else if (std::max(m_timer, m_byteCount) >= 5)
        {
            m_target += 40e6;
        }
        m_target = std::min(m_target, double{LINE});
        m_rate = (m_rate + m_target) / 2;
    }

    double m_rate{LINE};
    double m_target{LINE};
    double m_alpha{1};
    double m_bytes{0};
    int m_alphaAge{0};
    int m_timerAge{0};
    int m_timer{0};
    int m_byteCount{0};
    bool m_reduced{false};
};

TEST(DcqcnRateTest, TheFirstNotificationHalvesTheRate)
{
    Ptr<DcqcnConfig> config = CreateObject<DcqcnConfig>();
    DcqcnRate rate(*config, LINE);
    EXPECT_EQ(rate.GetRate(0), LINE);
    rate.Reduce(100 * US);
    EXPECT_EQ(rate.GetRate(100 * US), LINE / 2);
    EXPECT_EQ(rate.GetRate(154 * US), LINE / 2);
    EXPECT_EQ(rate.GetRate(155 * US), LINE * 3 / 4) << "fast recovery: half the way back";
    EXPECT_EQ(rate.GetRate(210 * US), LINE * 7 / 8);
}

TEST(DcqcnRateTest, TheFifthIncreaseIsTheFirstThatRaisesTheTarget)
{
    Ptr<DcqcnConfig> config = CreateObject<DcqcnConfig>();
    DcqcnRate rate(*config, LINE);
    rate.Reduce(US);
    rate.Reduce(2 * US);
    EXPECT_EQ(rate.GetRate(2 * US), 25'000'000'000u) << "and the target is 50 Gbit/s";
    EXPECT_EQ(rate.GetRate((2 + 4 * 55) * US), 48'437'500'000u) << "four times half the way";
    EXPECT_EQ(rate.GetRate((2 + 5 * 55) * US), 49'238'750'000u) << "half the way to 50.04 Gbit/s";
}

TEST(DcqcnRateTest, AgreesWithAModelOfRealTimers)
{
    Ptr<DcqcnConfig> config = CreateObject<DcqcnConfig>();
    DcqcnRate rate(*config, LINE);
    SteppedRate stepped;
    int64_t next = 0;
    double worst = 0;
    for (int64_t us = 1; us <= 60'000; ++us)
    {
        // Bursts of notifications and pauses of different lengths.
        if ((us % 7'000 < 800 && us % 50 == 0) || us == 30'001)
        {
            rate.Reduce(us * US);
            stepped.Reduce();
        }
        while (next < (us + 1) * US)
        {
            const int64_t now = std::max(next, us * US);
            next = rate.Send(1'000, now);
            if (next == now)
            {
                next += 80'000; // not limited: the line's rate
            }
        }
        stepped.Step();
        worst =
            std::max(worst,
                     std::abs(rate.GetRate((us + 1) * US) - stepped.GetRate()) / stepped.GetRate());
    }
    // The byte counters do not expire in the same microsecond.
    EXPECT_LT(worst, 0.05);
}

TEST(DcqcnRateTest, TheRateNeverFallsBelowItsLeast)
{
    Ptr<DcqcnConfig> config = CreateObject<DcqcnConfig>();
    DcqcnRate rate(*config, LINE);
    for (int64_t i = 1; i < 1'000; ++i)
    {
        rate.Reduce(i * US);
    }
    EXPECT_EQ(rate.GetRate(1'000 * US), 10'000'000u);
}

TEST(DcqcnRateTest, TheLineIsFreeAgainInTheEnd)
{
    Ptr<DcqcnConfig> config = CreateObject<DcqcnConfig>();
    DcqcnRate rate(*config, LINE);
    rate.Reduce(US);
    rate.Reduce(2 * US);
    EXPECT_LT(rate.GetRate(3 * US), LINE / 3);
    EXPECT_EQ(rate.GetRate(1'000'000 * US), LINE);
    EXPECT_EQ(rate.Send(1'000, 1'000'000 * US), 1'000'000 * US) << "nothing to wait for";
}

/** A cable that marks. */
class RdmaCongestion : public RdmaTest
{
  public:
    RdmaCongestion()
    {
        m_helper.SetQueuePairAttribute("Dcqcn", PointerValue(CreateObject<DcqcnConfig>()));
        m_helper.SetQueuePairAttribute("Timeout", TimeValue(MilliSeconds(5)));
    }

    void BuildMarking(double share)
    {
        Build();
        m_channel->change = [this, share](uint32_t side, EthernetFrame& frame) {
            const RocePacket* packet = RocePacket::From(frame.content.get());
            if (packet->opcode == RoceOpcode::CONGESTION_NOTIFICATION)
            {
                EXPECT_EQ(side, 1u);
                EXPECT_EQ(packet->codePoint, 48);
                EXPECT_EQ(packet->GetPriority(), 6);
                m_notified.push_back(Simulator::Now().GetTimeStep());
            }
            if (side == 0)
            {
                EXPECT_TRUE(packet->IsEcnCapable());
                m_sum += share;
                if (m_sum >= 1)
                {
                    m_sum -= 1;
                    frame.SetCongested();
                }
            }
        };
    }

    double m_sum{0};
    std::vector<int64_t> m_notified;
};

TEST_F(RdmaCongestion, MarksSlowTheSenderDown)
{
    BuildMarking(1);
    uint32_t traced = 0;
    m_a.engine->TraceConnectWithoutContext("Notification",
                                           MakeBoundCallback(
                                               +[](uint32_t* count, uint32_t, uint64_t rate) {
                                                   ++*count;
                                                   EXPECT_LT(rate, LINE);
                                               },
                                               &traced));
    Fill(m_a, 0, 4'000'000, 1);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 4'000'000));
    RunToSuccess(1);
    EXPECT_EQ(GetBytes(m_b, 0, 4'000'000), GetBytes(m_a, 0, 4'000'000));
    // Every packet was marked, so the rate is halved about every 50 us.
    EXPECT_GT(m_a.done[0].ps, 1'000 * US);
    EXPECT_LT(m_a.queuePair->GetRate(), LINE / 10);
    ASSERT_GT(m_notified.size(), 5u);
    EXPECT_EQ(traced, m_notified.size());
    for (std::size_t i = 1; i < m_notified.size(); ++i)
    {
        EXPECT_GE(m_notified[i] - m_notified[i - 1], 50 * US) << "at most one per 50 us";
    }
}

TEST_F(RdmaCongestion, TheRateIsToldAsItFallsAndAsItRises)
{
    std::vector<int64_t> times;
    for (const bool traced : {false, true})
    {
        BuildMarking(0.02);
        std::vector<uint64_t> rates;
        if (traced)
        {
            const auto note = [](std::vector<uint64_t>* seen, uint32_t, uint64_t rate) {
                seen->push_back(rate);
            };
            m_a.engine->TraceConnectWithoutContext("Rate", MakeBoundCallback(+note, &rates));
        }
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 4'000'000));
        RunToSuccess(1);
        times.push_back(m_a.done[0].ps);
        if (traced)
        {
            uint64_t before = LINE;
            uint32_t falls = 0;
            uint32_t rises = 0;
            for (const uint64_t rate : rates)
            {
                EXPECT_NE(rate, before);
                ++(rate < before ? falls : rises);
                before = rate;
            }
            EXPECT_EQ(falls, m_notified.size());
            EXPECT_GT(rises, 0u);
        }
        m_notified.clear();
        m_sum = 0;
        TearDown();
    }
    EXPECT_EQ(times[0], times[1]);
}

TEST_F(RdmaCongestion, WithoutMarksTheLineIsFull)
{
    BuildMarking(0);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 4'000'000));
    RunToSuccess(1);
    EXPECT_TRUE(m_notified.empty());
    EXPECT_LT(m_a.done[0].ps, 330 * US);
    EXPECT_EQ(m_a.queuePair->GetRate(), LINE);
}

TEST_F(RdmaCongestion, ReadDataAreSlowedDownAtTheResponder)
{
    Build();
    uint32_t notified = 0;
    m_channel->change = [&](uint32_t side, EthernetFrame& frame) {
        if (side == 1)
        {
            frame.SetCongested();
        }
        else if (RocePacket::From(frame.content.get())->opcode ==
                 RoceOpcode::CONGESTION_NOTIFICATION)
        {
            ++notified;
        }
    };
    Post(MakeWork(WorkOpcode::READ, 0, 0, 4'000'000));
    RunToSuccess(1);
    EXPECT_GT(notified, 5u);
    EXPECT_GT(m_a.done[0].ps, 1'000 * US);
    EXPECT_LT(m_b.queuePair->GetRate(), LINE / 10);
}

TEST_F(RdmaCongestion, OnlyTheMarkedQueuePairIsSlowedDown)
{
    Build();
    const auto other = RdmaHelper::ConnectQueuePairs(m_a.device, m_b.device);
    m_channel->change = [&](uint32_t side, EthernetFrame& frame) {
        if (side == 0 &&
            RocePacket::From(frame.content.get())->destinationQueue == m_b.queuePair->GetNumber())
        {
            frame.SetCongested();
        }
    };
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 2'000'000));
    EXPECT_EQ(other.first->PostSend(MakeWork(WorkOpcode::WRITE, 0, 0, 4'000'000)),
              PostResult::POSTED);
    Simulator::Stop(MicroSeconds(600));
    Simulator::Run();
    EXPECT_EQ(other.first->GetSendsPosted(), 0u) << "it got what the other one left";
    EXPECT_EQ(m_a.queuePair->GetSendsPosted(), 1u);
}

} // namespace
} // namespace offload
} // namespace ns3
