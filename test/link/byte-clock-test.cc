/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/byte-clock.h"

#include <cstdint>
#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

__extension__ typedef unsigned __int128 Uint128; //!< not in the standard

/** The independent reference: one division of the whole, in 128 bits. */
int64_t
ExactPs(uint64_t bytes, uint64_t rate)
{
    return static_cast<int64_t>(static_cast<Uint128>(bytes) * 8'000'000'000'000U / rate);
}

class ByteClockRate : public ::testing::TestWithParam<uint64_t>
{
};

TEST_P(ByteClockRate, NeverDriftsWhateverTheFrameSizes)
{
    const uint64_t rate = GetParam();
    const ByteClock clock(rate);
    LineTime time;
    uint64_t bytes = 0;
    uint32_t size = 1;
    for (int i = 0; i < 100'000; ++i)
    {
        size = size * 48271 % 9238 + 1;
        clock.Advance(time, size);
        bytes += size;
        ASSERT_EQ(time.ps, ExactPs(bytes, rate)) << "after " << i << " frames";
    }
}

INSTANTIATE_TEST_SUITE_P(Rates,
                         ByteClockRate,
                         ::testing::Values(1'000'000'000U,
                                           10'312'500'000U,
                                           25'000'000'000U,
                                           99'999'999'977U, // prime
                                           100'000'000'000U,
                                           400'000'000'000U,
                                           425'000'000'000U,
                                           1'600'000'000'000U));

TEST(ByteClock, MinimumFrameAt1600GigabitsTakes320Picoseconds)
{
    LineTime time;
    ByteClock(1'600'000'000'000U).Advance(time, 64);
    EXPECT_EQ(time.ps, 320);
    EXPECT_EQ(time.fraction, 0U);
}

TEST(ByteClock, TwoMillionBytesFitAtTheWorstRate)
{
    LineTime time;
    ByteClock(1'000'000'007U).Advance(time, 2'097'120);
    EXPECT_EQ(time.ps, ExactPs(2'097'120, 1'000'000'007U));
}

} // namespace
} // namespace offload
} // namespace ns3
