/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/progress.h"

#include <gtest/gtest.h>
#include <sstream>

using namespace ns3::offload;

TEST(Progress, NothingIsDrawnWhereNobodyWatches)
{
    std::ostringstream os;
    {
        Progress progress(os, false, std::chrono::seconds(0));
        progress.Report(0.5, "half");
    }
    EXPECT_EQ(os.str(), "");
}

TEST(Progress, NothingIsDrawnForShortWork)
{
    std::ostringstream os;
    {
        Progress progress(os, true, std::chrono::hours(1));
        progress.Report(0.5, "half");
    }
    EXPECT_EQ(os.str(), "");
}

TEST(Progress, BarIsDrawnAndCleared)
{
    std::ostringstream os;
    {
        Progress progress(os, true, std::chrono::seconds(0), 80);
        progress.Report(0.5, "half");
    }
    const std::string line =
        "[" + std::string(16, '#') + std::string(16, '.') + "] 50 %  0 s  half";
    EXPECT_EQ(os.str(), "\r" + line + "\r" + std::string(line.size(), ' ') + "\r");
}

TEST(Progress, ALineFitsTheTerminal)
{
    std::ostringstream os;
    {
        Progress progress(os, true, std::chrono::seconds(0), 20);
        progress.Report(0.5, "half");
    }
    const std::string line = "[" + std::string(16, '#') + "..";
    EXPECT_EQ(os.str(), "\r" + line + "\r" + std::string(line.size(), ' ') + "\r");
}

TEST(Progress, FrequentReportsAreDrawnRarely)
{
    std::ostringstream os;
    Progress progress(os, true, std::chrono::seconds(0), 80);
    progress.Report(0.25);
    const std::string once = os.str();
    progress.Report(0.5);
    EXPECT_EQ(os.str(), once);
}

TEST(Progress, FractionsOutsideAreClamped)
{
    std::ostringstream os;
    Progress progress(os, true, std::chrono::seconds(0), 80);
    progress.Report(7);
    EXPECT_NE(os.str().find("] 100 %"), std::string::npos);
}
