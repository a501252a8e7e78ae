/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/reusable-event.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t CONTEXT = 3;

/** Remembers when it was called. */
class Sleeper
{
  public:
    void Wake()
    {
        EXPECT_EQ(m_alarm.GetTime(), Simulator::Now().GetTimeStep());
        EXPECT_EQ(Simulator::GetContext(), CONTEXT);
        EXPECT_FALSE(m_alarm.IsSet());
        m_times.push_back(m_alarm.GetTime());
    }

    Alarm<Sleeper, &Sleeper::Wake> m_alarm{this};
    std::vector<int64_t> m_times;
};

class AlarmTest : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        Simulator::Destroy();
    }
};

TEST_F(AlarmTest, CallsOnceAtTheInstant)
{
    Sleeper sleeper;
    sleeper.m_alarm.Set(CONTEXT, 700, 0);
    EXPECT_TRUE(sleeper.m_alarm.IsSet());
    Simulator::Run();
    EXPECT_EQ(sleeper.m_times, std::vector<int64_t>{700});
}

TEST_F(AlarmTest, ALaterInstantLeavesThePendingCallAlone)
{
    Sleeper sleeper;
    sleeper.m_alarm.Set(CONTEXT, 700, 0);
    sleeper.m_alarm.Set(CONTEXT, 900, 0);
    EXPECT_EQ(sleeper.m_alarm.GetTime(), 700);
    Simulator::Run();
    EXPECT_EQ(sleeper.m_times, std::vector<int64_t>{700});
}

TEST_F(AlarmTest, AnEarlierInstantReplacesThePendingCall)
{
    Sleeper sleeper;
    sleeper.m_alarm.Set(CONTEXT, 900, 0);
    sleeper.m_alarm.Set(CONTEXT, 700, 0);
    Simulator::Run();
    EXPECT_EQ(sleeper.m_times, std::vector<int64_t>{700});
}

TEST_F(AlarmTest, AClearedAlarmIsSilentAndCanBeSetAgain)
{
    Sleeper sleeper;
    sleeper.m_alarm.Set(CONTEXT, 700, 0);
    sleeper.m_alarm.Clear();
    EXPECT_FALSE(sleeper.m_alarm.IsSet());
    sleeper.m_alarm.Set(CONTEXT, 800, 0);
    Simulator::Run();
    EXPECT_EQ(sleeper.m_times, std::vector<int64_t>{800});
}

TEST_F(AlarmTest, MayOutliveItsOwner)
{
    {
        Sleeper sleeper;
        sleeper.m_alarm.Set(CONTEXT, 700, 0);
    }
    Simulator::Run();
    EXPECT_EQ(Simulator::GetEventCount(), 1U);
}

} // namespace
} // namespace offload
} // namespace ns3
