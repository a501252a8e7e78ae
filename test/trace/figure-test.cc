/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "temporary-directory.h"

#include "ns3/figure.h"
#include "ns3/results.h"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <limits>

using namespace ns3::offload;

namespace
{

/** Bytes that a drawn figure has at least. */
constexpr std::size_t LEAST_BYTES = 10'000;

Results
MakeResults()
{
    Results results("figure");
    results.AddInputColumn("path", "")
        .AddInputColumn("payload_bytes", "B")
        .AddInputColumn("packets", "")
        .AddColumn("rtt_us", "us");
    for (const char* path : {"l1", "l2"})
    {
        for (const int size : {1024, 64, 256})
        {
            results.AddRow()
                .Set("path", path)
                .Set("payload_bytes", size)
                .Set("packets", 10)
                .Set("rtt_us", size / 100.0);
        }
    }
    return results;
}

void
ExpectPng(const std::string& content)
{
    ASSERT_GT(content.size(), LEAST_BYTES);
    EXPECT_EQ(content.substr(0, 8), "\x89PNG\r\n\x1a\n");
    // Width and height of the header, big endian: 1200 x 800.
    EXPECT_EQ(content.substr(16, 8), std::string("\0\0\x04\xb0\0\0\x03\x20", 8));
    EXPECT_NE(content.find("IEND"), std::string::npos);
}

/** Sets PATH for the life of the object. */
class PathGuard
{
  public:
    explicit PathGuard(const std::string& path)
        : m_before(std::getenv("PATH"))
    {
        setenv("PATH", path.c_str(), 1);
    }

    ~PathGuard()
    {
        setenv("PATH", m_before.c_str(), 1);
    }

  private:
    std::string m_before; //!< to restore
};

} // namespace

TEST(Figure, DrawsAPngAndTheSameBytesAgain)
{
    const TemporaryDirectory directory;
    Figure figure("rtt", "Round trip of \"it's\"\nand 100% more");
    figure.SetX("Payload", "B", Figure::Scale::LOG2);
    figure.AddSeries(MakeResults(), "payload_bytes", "rtt_us");
    figure.AddPublished("l1", {{64, 1}, {1024, 9}}).AddPublished("other", {{128, 3}});
    figure.AddLimit("line rate", 12);
    EXPECT_EQ(figure.Write(directory.GetPath()), directory / "rtt.png");
    const std::string first = directory.Read("rtt.png");
    ExpectPng(first);
    figure.Write(directory.GetPath());
    EXPECT_EQ(directory.Read("rtt.png"), first);
}

TEST(Figure, DifferentDataGiveADifferentPicture)
{
    const TemporaryDirectory directory;
    Figure("a", "").AddSeries("s", {{1, 1}, {2, 2}}).Write(directory.GetPath());
    Figure("b", "").AddSeries("s", {{1, 1}, {2, 9}, {3, 4}}).Write(directory.GetPath());
    EXPECT_NE(directory.Read("a.png"), directory.Read("b.png"));
}

TEST(Figure, RowsBecomeOneSeriesForEachVaryingInput)
{
    Figure figure("rtt", "");
    figure.AddSeries(MakeResults(), "payload_bytes", "rtt_us");
    EXPECT_EQ(figure.GetSeriesCount(), 2u);
    // Along the path, the payload tells the series apart; names are no numbers to plot.
    Figure other("rtt", "");
    other.AddSeries(MakeResults(), "packets", "rtt_us");
    EXPECT_EQ(other.GetSeriesCount(), 6u);
}

TEST(Figure, EveryScaleDrawsOnePointAndZeroes)
{
    const TemporaryDirectory directory;
    using Scale = Figure::Scale;
    for (const Scale scale : {Scale::LINEAR, Scale::LOG2, Scale::LOG10})
    {
        Figure figure("one", "One point");
        figure.SetX("Hosts", "", scale).SetY("Time", "us", scale);
        figure.AddSeries("a", {{16, 3}, {0, 0}, {std::numeric_limits<double>::infinity(), 1}});
        figure.Write(directory.GetPath());
        ExpectPng(directory.Read("one.png"));
    }
    Figure zero("zero", "Zeroes");
    zero.AddSeries("a", {{0, 0}}).Write(directory.GetPath());
    ExpectPng(directory.Read("zero.png"));
}

TEST(Figure, SeriesOfOnePointEachAreBars)
{
    const TemporaryDirectory directory;
    const auto draw = [&](double last, double published) {
        Figure figure("bars", "Bars");
        figure.SetX("Vector", "MiB").SetY("Time", "ms", Figure::Scale::LOG10);
        figure.AddSeries("ring, density 1", {{100, 18}}).AddSeries("\\\"tree\"", {{last, 9}});
        figure.AddPublished("ring", {{100, published}}).AddPublished("other", {{100, 3}});
        figure.AddLimit("line rate", 8);
        figure.Write(directory.GetPath());
        ExpectPng(directory.Read("bars.png"));
        return directory.Read("bars.png");
    };
    const std::string bars = draw(100, 19);
    EXPECT_EQ(draw(100, 19), bars);
    EXPECT_NE(draw(100, 12), bars);
    // Two points along x are no bars.
    EXPECT_NE(draw(200, 19), bars);
}

TEST(Figure, ValuesThatAreAllZeroAreShownOnALinearAxis)
{
    const TemporaryDirectory directory;
    using Scale = Figure::Scale;
    const auto draw = [&](const char* name, Scale scale) {
        Figure figure("zero", "Zeroes");
        figure.SetX("message", "B", Scale::LOG2).SetY("core time", "us", scale);
        figure.AddSeries("streamed", {{8, 0}, {64, 0}}).AddSeries("stored", {{8, 0}, {64, 0}});
        figure.AddLimit("line rate", 12);
        std::filesystem::rename(figure.Write(directory.GetPath()), directory / name);
        return directory.Read(name);
    };
    const std::string linear = draw("linear.png", Scale::LINEAR);
    ExpectPng(linear);
    EXPECT_EQ(draw("log10.png", Scale::LOG10), linear);
    EXPECT_EQ(draw("log2.png", Scale::LOG2), linear);
    // So are bars.
    Figure bars("bars", "Zeroes");
    bars.SetX("message", "B", Scale::LOG2).SetY("core time", "us", Scale::LOG10);
    bars.AddSeries("streamed", {{8, 0}}).Write(directory.GetPath());
    ExpectPng(directory.Read("bars.png"));
}

TEST(Figure, WithoutPointsIsAnError)
{
    const TemporaryDirectory directory;
    Figure figure("none", "");
    figure.SetX("x", "", Figure::Scale::LOG2)
        .AddSeries("a", {{1, std::nan("")}})
        .AddLimit("limit", 1);
    EXPECT_THROW(figure.Write(directory.GetPath()), std::runtime_error);
    EXPECT_TRUE(std::filesystem::is_empty(directory.GetPath()));
}

TEST(Figure, MissingGnuplotIsOneClearLine)
{
    const TemporaryDirectory directory;
    Figure figure("rtt", "");
    figure.AddSeries("a", {{1, 1}, {2, 2}});
    const PathGuard guard(directory.GetPath());
    try
    {
        figure.Write(directory.GetPath());
        FAIL() << "drawn without gnuplot";
    }
    catch (const std::runtime_error& error)
    {
        EXPECT_NE(std::string(error.what()).find("gnuplot is not installed"), std::string::npos);
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

TEST(Figure, FailingGnuplotLeavesNoFile)
{
    const TemporaryDirectory tools;
    {
        std::ofstream script(tools / "gnuplot");
        script << "#!/bin/sh\necho broken installation >&2\nexit 3\n";
    }
    std::filesystem::permissions(tools / "gnuplot", std::filesystem::perms::owner_all);
    const TemporaryDirectory directory;
    Figure figure("rtt", "");
    figure.AddSeries("a", {{1, 1}});
    const PathGuard guard(tools.GetPath() + ":/usr/bin:/bin");
    try
    {
        figure.Write(directory.GetPath());
        FAIL() << "drawn by a broken gnuplot";
    }
    catch (const std::runtime_error& error)
    {
        EXPECT_NE(std::string(error.what()).find("broken installation"), std::string::npos);
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.GetPath()));
}
