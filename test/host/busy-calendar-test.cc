/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/busy-calendar.h"

#include <cstdint>
#include <ctime>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

TEST(BusyCalendar, ServesInOrderWhenAllStartNow)
{
    BusyCalendar calendar;
    EXPECT_EQ(calendar.Reserve(0, 0, 10).end, 10);
    EXPECT_EQ(calendar.Reserve(0, 0, 5).begin, 10);
    EXPECT_EQ(calendar.GetFreeAt(), 15);
    EXPECT_EQ(calendar.GetIntervals(), 1u);
}

TEST(BusyCalendar, LetsAnEarlierCustomerUseTheGapBeforeAReservation)
{
    BusyCalendar calendar;
    calendar.Reserve(0, 100, 50);
    const BusyCalendar::Slot slot = calendar.Reserve(0, 20, 30);
    EXPECT_EQ(slot.begin, 20);
    EXPECT_EQ(slot.end, 50);
    EXPECT_EQ(calendar.GetFreeAt(), 150);
}

TEST(BusyCalendar, SplitsACustomerThatDoesNotFitIntoTheGap)
{
    BusyCalendar calendar;
    calendar.Reserve(0, 100, 50);
    const BusyCalendar::Slot slot = calendar.Reserve(0, 80, 30);
    EXPECT_EQ(slot.begin, 80);
    EXPECT_EQ(slot.end, 160); // 20 before the reservation, 10 after it
    EXPECT_EQ(calendar.GetIntervals(), 1u);
}

TEST(BusyCalendar, IsNotDelayedByAReservationThatBeginsWhenItEnds)
{
    BusyCalendar calendar;
    calendar.Reserve(0, 100, 50);
    EXPECT_EQ(calendar.Reserve(0, 80, 20).end, 100);
    EXPECT_EQ(calendar.GetIntervals(), 1u);
}

TEST(BusyCalendar, ForgetsThePast)
{
    BusyCalendar calendar;
    calendar.Reserve(0, 0, 10);
    calendar.Reserve(0, 20, 10);
    EXPECT_EQ(calendar.GetIntervals(), 2u);
    calendar.Reserve(30, 40, 10);
    EXPECT_EQ(calendar.GetIntervals(), 1u);
}

TEST(BusyCalendar, WhatIsReservedAheadDoesNotMakeTheNextReservationSlow)
{
    constexpr int COUNT = 100'000;
    BusyCalendar calendar;
    const std::clock_t before = std::clock();
    for (int i = 0; i < COUNT; ++i)
    {
        calendar.Reserve(0, 10 * i, 5);
    }
    const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    EXPECT_EQ(calendar.GetIntervals(), std::size_t{COUNT});
    // A few milliseconds; going through all of them each time takes several seconds.
    EXPECT_LT(seconds, 1);
}

TEST(BusyCalendar, EqualsAnArrayOfSlotsForRandomReservations)
{
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round)
    {
        BusyCalendar calendar;
        std::vector<bool> busy(4000, false);
        for (int i = 0; i < 60; ++i)
        {
            const int64_t start = random() % 1000;
            const int64_t duration = 1 + random() % 30;
            int64_t begin = -1;
            int64_t end = start;
            for (int64_t left = duration; left > 0; ++end)
            {
                if (!busy[end])
                {
                    busy[end] = true;
                    begin = begin < 0 ? end : begin;
                    --left;
                }
            }
            const BusyCalendar::Slot slot = calendar.Reserve(0, start, duration);
            ASSERT_EQ(slot.begin, begin);
            ASSERT_EQ(slot.end, end);
        }
    }
}

} // namespace
} // namespace offload
} // namespace ns3
