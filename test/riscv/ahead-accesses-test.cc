/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/ahead-accesses.h"

#include <gtest/gtest.h>
#include <memory>

namespace ns3
{
namespace offload
{
namespace
{

/** A core's accesses from BEGIN on. */
class AheadAccessesTest : public testing::Test
{
  protected:
    static constexpr uint64_t BEGIN = 5000;     //!< cycle
    static constexpr uint32_t OWN = 0x10000000; //!< address in superbank 0

    AheadAccessesTest()
    {
        m_ahead.Begin(BEGIN);
    }

    /** @return for how many cycles the core has waited in all, if it made an access in each one */
    uint64_t Run(unsigned accesses)
    {
        uint64_t cycle = BEGIN;
        for (unsigned i = 0; i < accesses; i++)
        {
            cycle = m_ahead.Access(m_banks, OWN, cycle) + 1;
        }
        return cycle - BEGIN - accesses;
    }

    L1Banks m_banks;
    AheadAccesses m_ahead;
};

TEST_F(AheadAccessesTest, NothingIsLateIfNothingComes)
{
    EXPECT_TRUE(m_ahead.IsEmpty());
    EXPECT_EQ(Run(8), 0U);
    EXPECT_FALSE(m_ahead.IsEmpty());
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 0U);
}

TEST_F(AheadAccessesTest, AWordThatComesLaterDelaysTheCoreAllTheSame)
{
    Run(8);
    m_banks.Wide(OWN, BEGIN + 3);
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 1U);
    m_banks.Wide(OWN, BEGIN + 8); // where the last access is now
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 2U);
    m_banks.Wide(OWN + 64, BEGIN + 4); // another superbank
    m_banks.Wide(OWN, BEGIN + 20);     // too late
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 2U);
}

TEST_F(AheadAccessesTest, AWordThatWasKnownCountsOnce)
{
    m_banks.Wide(OWN, BEGIN + 3);
    EXPECT_EQ(Run(8), 1U);
    EXPECT_EQ(m_ahead.GetKnown(), 1U);
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 1U);
    m_banks.Wide(OWN, BEGIN + 6);
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 2U);
}

// In the hardware's traces of copy_from_host cores wait for where a word went, not for where it was
// to go when they ran.
TEST_F(AheadAccessesTest, AWordThatGoesElsewhereDelaysNobody)
{
    m_banks.Wide(OWN, BEGIN + 3);
    EXPECT_EQ(Run(8), 1U);
    m_banks.ReleaseWide(OWN, BEGIN + 3);
    EXPECT_EQ(m_ahead.GetKnown(), 1U);
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 0U);
}

TEST_F(AheadAccessesTest, AWaitForALineOfCodeHidesLateness)
{
    m_ahead.Access(m_banks, OWN, BEGIN);
    m_ahead.WaitForLine(BEGIN + 1, BEGIN + 4);
    m_ahead.Access(m_banks, OWN, BEGIN + 4);
    m_banks.Wide(OWN, BEGIN);
    m_banks.Wide(OWN, BEGIN + 1);
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 0U);
    m_banks.Wide(OWN, BEGIN + 2);
    m_banks.Wide(OWN, BEGIN + 3);
    EXPECT_EQ(m_ahead.GetWaited(m_banks), 1U); // four cycles late, of which three are hidden
}

TEST_F(AheadAccessesTest, AreFullBeforeTheBanksForget)
{
    EXPECT_FALSE(m_ahead.IsFull(BEGIN));
    EXPECT_TRUE(m_ahead.IsFull(BEGIN + L1Banks::REMEMBERED / 2));
    unsigned accesses = 0;
    while (!m_ahead.IsFull(BEGIN + accesses))
    {
        m_ahead.Access(m_banks, OWN, BEGIN + accesses);
        accesses++;
    }
    EXPECT_GT(accesses, 16U);
    m_ahead.Begin(BEGIN + accesses);
    EXPECT_FALSE(m_ahead.IsFull(BEGIN + accesses));
}

TEST_F(AheadAccessesTest, ACoresOwnAccessesStayWhenAWordGoesElsewhere)
{
    m_ahead.Access(m_banks, OWN, BEGIN);
    m_banks.Wide(OWN, BEGIN);
    m_banks.ReleaseWide(OWN, BEGIN);
    EXPECT_EQ(m_banks.Access(OWN, BEGIN), BEGIN + 1); // the bank is another core's
}

} // namespace
} // namespace offload
} // namespace ns3
