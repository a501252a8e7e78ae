/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The closed-form model of FLARE against the published rows (SC 2021, figures 7 and 10), to 1 %.
 */
#include "ns3/flare-model.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

using namespace ns3::offload;

namespace
{

constexpr double TOLERANCE = 0.01;

void
ExpectWithin(double value, double published, const char* what)
{
    EXPECT_NEAR(value, published, TOLERANCE * published) << what;
}

/** A row of figure 10: sizes 64, 128, 256 and 512 KiB, all cores of a cluster. */
struct Row
{
    FlareChoice choice;
    std::vector<double> bandwidthTbps;
    std::vector<double> totalMib;
};

} // namespace

TEST(FlareModelFigure7, OneCoreABlockIsAsFastForAllSizes)
{
    const FlareModel model;
    for (const double kib : {8, 64, 512})
    {
        const auto result = model.Evaluate({FlareAlgorithm::SINGLE, 1}, 1, kib);
        ExpectWithin(result.bandwidthTbps, 4.10, "bandwidth");
        ExpectWithin(result.inputBufferMib, 32.5, "input buffers");
        ExpectWithin(result.workingMemoryMib * 1024, 520, "working memory");
    }
}

TEST(FlareModelFigure7, ContentionHalvesSmallAllreducesOnAllCores)
{
    const FlareModel model;
    const double published[][2] = {{8, 1.17}, {64, 1.17}, {512, 4.10}};
    for (const auto& row : published)
    {
        ExpectWithin(model.Evaluate({FlareAlgorithm::SINGLE, 1}, 8, row[0]).bandwidthTbps,
                     row[1],
                     "bandwidth");
    }
}

TEST(FlareModelFigure10, BandwidthAndMemoryOfAllAlgorithms)
{
    const FlareModel model;
    const Row rows[] = {
        {{FlareAlgorithm::SINGLE, 1}, {1.17, 1.17, 1.17, 4.10}, {3.85, 3.86, 3.90, 2.46}},
        {{FlareAlgorithm::MULTI, 2}, {2.32, 2.32, 4.03, 4.03}, {3.21, 3.28, 2.53, 3.01}},
        {{FlareAlgorithm::MULTI, 4}, {4.44, 3.91, 3.91, 3.91}, {2.10, 2.65, 3.12, 4.06}},
        {{FlareAlgorithm::TREE, 1}, {4.16, 4.16, 4.16, 4.16}, {}},
    };
    for (const Row& row : rows)
    {
        double kib = 64;
        for (size_t i = 0; i < row.bandwidthTbps.size(); i++, kib *= 2)
        {
            SCOPED_TRACE(std::string(ToString(row.choice.algorithm)) + " " + std::to_string(kib));
            const auto result = model.Evaluate(row.choice, 8, kib);
            ExpectWithin(result.bandwidthTbps, row.bandwidthTbps[i], "bandwidth");
            if (!row.totalMib.empty())
            {
                ExpectWithin(result.GetTotalMib(), row.totalMib[i], "total memory");
            }
        }
    }
}

TEST(FlareModel, LineRateLimitsAFastSwitch)
{
    FlareModel::Parameters fast;
    fast.clockGhz = 1;
    fast.aggregation = 64;
    const auto result = FlareModel(fast).Evaluate({FlareAlgorithm::SINGLE, 1}, 1, 64);
    EXPECT_NEAR(result.bandwidthTbps, 6.4, 1e-9); // 64 ports of 100 Gbit/s
}

TEST(FlareModel, ChoiceFollowsSizeAndReproducibility)
{
    constexpr uint64_t KIB = 1024;
    const auto choose = [](uint64_t bytes, bool reproducible) {
        return ChooseFlareAlgorithm(bytes, reproducible);
    };
    EXPECT_EQ(choose(128 * KIB, false).algorithm, FlareAlgorithm::TREE);
    EXPECT_EQ(choose(128 * KIB + 1, false).buffers, 2U);
    EXPECT_EQ(choose(256 * KIB, false).buffers, 2U);
    EXPECT_EQ(choose(256 * KIB + 1, false).buffers, 4U);
    EXPECT_EQ(choose(512 * KIB, false).algorithm, FlareAlgorithm::MULTI);
    EXPECT_EQ(choose(512 * KIB + 1, false).algorithm, FlareAlgorithm::SINGLE);
    EXPECT_EQ(choose(1024 * KIB, true).algorithm, FlareAlgorithm::TREE);
    // Only what is in flight is spread.
    EXPECT_EQ(ChooseFlareAlgorithm(1024 * KIB, false, 512 * KIB + 1).buffers, 1U);
    EXPECT_EQ(ChooseFlareAlgorithm(1024 * KIB, false, 512 * KIB).buffers, 4U);
    EXPECT_EQ(ChooseFlareAlgorithm(1024 * KIB, false, 256 * KIB).buffers, 2U);
    EXPECT_EQ(ChooseFlareAlgorithm(1024 * KIB, false, 128 * KIB).algorithm, FlareAlgorithm::TREE);
    EXPECT_EQ(ChooseFlareAlgorithm(128 * KIB, false, 1024 * KIB).algorithm, FlareAlgorithm::TREE);
}

TEST(FlareModelLoad, NoMoreComesOutThanIsOffered)
{
    constexpr double PORTS_TBPS = 6.4;
    for (const double load : {0.01, 0.1, 0.5, 1.0, 4.0})
    {
        FlareModel::Parameters parameters;
        parameters.SetLoad(load);
        for (const FlareChoice& choice : {FlareChoice{FlareAlgorithm::SINGLE, 1},
                                          FlareChoice{FlareAlgorithm::MULTI, 2},
                                          FlareChoice{FlareAlgorithm::TREE, 1}})
        {
            const double most = FlareModel().Evaluate(choice, 8, 1024).bandwidthTbps;
            EXPECT_NEAR(FlareModel(parameters).Evaluate(choice, 8, 1024).bandwidthTbps,
                        std::min(load * PORTS_TBPS, most),
                        1e-9)
                << ToString(choice.algorithm) << " " << load;
        }
    }
}

TEST(FlareModelLoad, PacketsThatComeFartherApartDoNotMeet)
{
    // With 8 KiB packets of a block are 16 cycles apart, and 1600 at a hundredth of the load.
    FlareModel::Parameters parameters;
    parameters.SetLoad(0.01);
    const auto result = FlareModel(parameters).Evaluate({FlareAlgorithm::SINGLE, 1}, 8, 8);
    EXPECT_EQ(result.serviceCycles, parameters.aggregation);
    EXPECT_NEAR(result.inputBufferMib, 0.5, 1e-9); // those that are being handled
}
