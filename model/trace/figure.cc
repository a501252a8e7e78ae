/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "figure.h"

#include "figure-style.h"
#include "gnuplot-run.h"
#include "results.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <gnuplot-iostream.h>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

using namespace figurestyle;

namespace
{

/** gnuplot's filled markers. */
constexpr std::array<int, 5> FILLED = {7, 5, 9, 13, 11};
/** The same shapes open. */
constexpr std::array<int, 5> OPEN = {6, 4, 8, 12, 10};
/** Image size in pixels. */
constexpr const char* SIZE = "1200,800";
/** Spread of the data, relative to their maximum, from which a linear axis may begin at zero. */
constexpr double ZERO_BASED_SPREAD = 0.1;
/** Room at the ends of a logarithmic axis to base 2. */
constexpr double LOG2_ROOM = 1.25;
/** Room at the upper end of a linear axis that begins at zero. */
constexpr double LINEAR_ROOM = 1.05;
/** Marks on a logarithmic axis to base 2 at most. */
constexpr int BINARY_TICS = 12;
/** Powers of two in one step of the binary prefixes Ki, Mi, Gi. */
constexpr int BINARY_PREFIX_STEP = 10;
/** Labels up to this length leave enough room when the legend is at the right. */
constexpr std::size_t LEGEND_RIGHT_LENGTH = 24;
/** Series up to this number fit beside the figure. */
constexpr std::size_t LEGEND_RIGHT_SERIES = 14;

/** Marks at powers of two; sizes in bytes are read as 512, 1 Ki, 2 Ki. */
std::string
MakeBinaryTics(double least, double greatest, bool isBytes)
{
    static constexpr std::array<const char*, 5> PREFIXES = {"", " Ki", " Mi", " Gi", " Ti"};
    const int first = static_cast<int>(std::floor(std::log2(least)));
    const int last = static_cast<int>(std::ceil(std::log2(greatest)));
    const int step = 1 + (last - first) / BINARY_TICS;
    std::ostringstream os;
    for (int power = first; power <= last; power += step)
    {
        const int limit = static_cast<int>(PREFIXES.size()) - 1;
        const int prefix = isBytes ? std::clamp(power / BINARY_PREFIX_STEP, 0, limit) : 0;
        std::ostringstream label;
        label.precision(std::numeric_limits<double>::digits10);
        label << std::ldexp(1, power - prefix * BINARY_PREFIX_STEP)
              << PREFIXES[static_cast<std::size_t>(prefix)];
        os << (power == first ? "" : ", ") << Quote(label.str()) << " 2.0**(" << power << ")";
    }
    return os.str();
}

} // namespace

Figure::Figure(std::string name, std::string title)
    : m_name(std::move(name)),
      m_title(std::move(title))
{
}

Figure&
Figure::SetX(std::string label, std::string unit, Scale scale)
{
    m_x = {std::move(label), std::move(unit), scale};
    return *this;
}

Figure&
Figure::SetY(std::string label, std::string unit, Scale scale)
{
    m_y = {std::move(label), std::move(unit), scale};
    return *this;
}

Figure&
Figure::AddSeries(std::string label, std::vector<FigurePoint> points)
{
    return Add(std::move(label), std::move(points), Style::SIMULATED);
}

Figure&
Figure::AddPublished(std::string label, std::vector<FigurePoint> points)
{
    return Add(std::move(label), std::move(points), Style::PUBLISHED);
}

Figure&
Figure::AddLimit(std::string label, double y)
{
    return Add(std::move(label), {{1, y}}, Style::LIMIT);
}

Figure&
Figure::Add(std::string label, std::vector<FigurePoint> points, Style style)
{
    const auto isUnusable = [](const FigurePoint& point) {
        return !std::isfinite(point.x) || !std::isfinite(point.y);
    };
    points.erase(std::remove_if(points.begin(), points.end(), isUnusable), points.end());
    std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
        return a.x < b.x;
    });
    m_series.push_back({std::move(label), std::move(points), style});
    return *this;
}

Figure&
Figure::AddSeries(const Results& results,
                  const std::string& xColumn,
                  const std::string& yColumn,
                  const std::string& label)
{
    NameAxis(m_x, results.GetColumn(xColumn));
    NameAxis(m_y, results.GetColumn(yColumn));

    std::vector<const ResultColumn*> varying;
    for (const auto& column : results.GetColumns())
    {
        bool varies = false;
        for (std::size_t row = 1; row < results.GetRowCount(); ++row)
        {
            varies = varies || results.Get(row, column.name) != results.Get(0, column.name);
        }
        if (column.isInput && column.name != xColumn && varies)
        {
            varying.push_back(&column);
        }
    }

    // Series in the order in which the rows first name them.
    std::map<std::string, std::size_t> places;
    std::vector<std::pair<std::string, std::vector<FigurePoint>>> found;
    for (std::size_t row = 0; row < results.GetRowCount(); ++row)
    {
        std::string name = label;
        for (const auto* column : varying)
        {
            name +=
                (name.empty() ? "" : ", ") + DescribeValue(*column, results.Get(row, column->name));
        }
        if (name.empty())
        {
            name = DescribeName(results.GetColumn(yColumn));
        }
        const auto [place, isNew] = places.emplace(name, found.size());
        if (isNew)
        {
            found.emplace_back(name, std::vector<FigurePoint>());
        }
        found[place->second].second.push_back(
            {results.GetNumber(row, xColumn), results.GetNumber(row, yColumn)});
    }
    for (auto& [name, points] : found)
    {
        AddSeries(name, std::move(points));
    }
    return *this;
}

void
Figure::NameAxis(Axis& axis, const ResultColumn& column)
{
    if (axis.label.empty())
    {
        axis.label = DescribeName(column);
        axis.label[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(axis.label[0])));
        axis.unit = column.unit;
    }
}

const std::string&
Figure::GetName() const
{
    return m_name;
}

std::size_t
Figure::GetSeriesCount() const
{
    return std::count_if(m_series.begin(), m_series.end(), [](const Series& series) {
        return series.style == Style::SIMULATED;
    });
}

void
Figure::StraightenAxis(Axis& axis, double FigurePoint::*place) const
{
    bool has = false;
    for (const auto& series : m_series)
    {
        for (const auto& point : series.points)
        {
            if (series.style != Style::LIMIT && point.*place != 0)
            {
                return;
            }
            has = has || series.style == Style::SIMULATED;
        }
    }
    axis.scale = has ? Scale::LINEAR : axis.scale;
}

std::vector<FigurePoint>
Figure::GetVisible(const Series& series) const
{
    std::vector<FigurePoint> visible;
    for (const auto& point : series.points)
    {
        if ((m_x.scale == Scale::LINEAR || point.x > 0) &&
            (m_y.scale == Scale::LINEAR || point.y > 0))
        {
            visible.push_back(point);
        }
    }
    return visible;
}

std::string
Figure::DescribeAxis(const Axis& axis)
{
    return axis.unit.empty() ? axis.label : axis.label + " [" + axis.unit + "]";
}

std::string
Figure::MakeLimit(const Series& limit)
{
    std::ostringstream os;
    os.precision(std::numeric_limits<double>::max_digits10);
    os << limit.points.front().y << " with lines dashtype 2 linewidth 1.6 linecolor rgb '" << GREY
       << "' title " << Quote(limit.label);
    return os.str();
}

std::string
Figure::MakeAxis(char letter, const Axis& axis, double least, double greatest)
{
    std::ostringstream os;
    os.precision(std::numeric_limits<double>::max_digits10);
    os << "set " << letter << "label " << Quote(DescribeAxis(axis)) << "\n";
    switch (axis.scale)
    {
    case Scale::LINEAR:
        if (least == 0 && greatest == 0)
        {
            os << "set " << letter << "range [0:1]\n";
        }
        else if (least >= 0 &&
                 (greatest - least >= ZERO_BASED_SPREAD * greatest || least == greatest))
        {
            os << "set " << letter << "range [0:" << greatest * LINEAR_ROOM << "]\n";
        }
        break;
    case Scale::LOG2:
        os << "set logscale " << letter << " 2\n"
           << "set " << letter << "range [" << least / LOG2_ROOM << ":" << greatest * LOG2_ROOM
           << "]\n"
           << "set " << letter << "tics (" << MakeBinaryTics(least, greatest, axis.unit == "B")
           << ")\n";
        break;
    case Scale::LOG10:
        os << "set logscale " << letter << " 10\n";
        if (least == greatest)
        {
            os << "set " << letter << "range [" << least / 10 << ":" << greatest * 10 << "]\n";
        }
        os << "set format " << letter << " '%g'\n";
        break;
    }
    return os.str();
}

std::size_t
Figure::FindSimulated(const std::string& label) const
{
    std::size_t place = 0;
    std::size_t found = GetSeriesCount();
    for (const auto& series : m_series)
    {
        if (series.style != Style::SIMULATED)
        {
            continue;
        }
        if (series.label == label)
        {
            return place;
        }
        if (found == GetSeriesCount() &&
            series.label.compare(0, label.size() + 1, label + ",") == 0)
        {
            found = place;
        }
        ++place;
    }
    return found;
}

std::string
Figure::MakeHead(const std::string& png) const
{
    std::ostringstream os;
    os << "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
       << "  set terminal pngcairo size " << SIZE
       << " noenhanced font 'sans,17' linewidth 1.6 background '#ffffff'\n"
       << "} else {\n"
       << "  set terminal png truecolor size " << SIZE << " noenhanced font 'sans,17' linewidth 2\n"
       << "}\n"
       << "set output " << Quote(png) << "\n"
       << "set encoding utf8\n"
       << "set title " << Quote(m_title) << "\n"
       << "set border 3 linewidth 0.8 linecolor rgb '" << GREY << "'\n"
       << "set tics nomirror out scale 0.6 textcolor rgb '#202020'\n"
       << "set grid xtics ytics back linetype 1 dashtype 1 linewidth 0.6 linecolor rgb '#d8d8d8'\n";
    return os.str();
}

std::string
Figure::MakeSettings() const
{
    std::array<double, 2> least;
    std::array<double, 2> greatest;
    least.fill(std::numeric_limits<double>::max());
    greatest.fill(std::numeric_limits<double>::lowest());
    std::size_t longest = 0;
    for (const auto& series : m_series)
    {
        const bool isPublished = series.style == Style::PUBLISHED;
        longest =
            std::max(longest, series.label.size() + (isPublished ? std::strlen(PUBLISHED) : 0));
        for (const auto& point : GetVisible(series))
        {
            if (series.style != Style::LIMIT)
            {
                least[0] = std::min(least[0], point.x);
                greatest[0] = std::max(greatest[0], point.x);
            }
            least[1] = std::min(least[1], point.y);
            greatest[1] = std::max(greatest[1], point.y);
        }
    }
    if (greatest[0] < least[0])
    {
        throw std::runtime_error("figure " + m_name + " has no points to show");
    }

    std::ostringstream os;
    os << "set samples 2\n";
    if (longest <= LEGEND_RIGHT_LENGTH && m_series.size() <= LEGEND_RIGHT_SERIES)
    {
        os << "set key outside right center vertical Left reverse samplen 3 spacing 1.4\n";
    }
    else
    {
        os << "set key outside bottom center horizontal Left reverse samplen 3 spacing 1.3 height "
              "0.6\n";
    }
    os << MakeAxis('x', m_x, least[0], greatest[0]) << MakeAxis('y', m_y, least[1], greatest[1]);
    return os.str();
}

std::string
Figure::MakePlot() const
{
    std::ostringstream os;
    os.precision(std::numeric_limits<double>::max_digits10);
    std::size_t strangers = 0;
    const char* separator = "plot ";
    for (const auto& series : m_series)
    {
        const bool isLimit = series.style == Style::LIMIT;
        if (GetVisible(series).empty())
        {
            continue;
        }
        const std::size_t match = FindSimulated(series.label);
        const bool isStranger = match == GetSeriesCount();
        const std::size_t place = isStranger ? strangers : match;
        const char* colour = isStranger ? GREY : PALETTE[place % PALETTE.size()];
        os << separator;
        separator = ", ";
        if (isLimit)
        {
            os << MakeLimit(series);
        }
        else if (series.style == Style::SIMULATED)
        {
            os << "'-' with linespoints linewidth 1.8 pointsize 1.5 pointtype "
               << FILLED[place % FILLED.size()] << " dashtype " << 1 + place / PALETTE.size()
               << " linecolor rgb '" << colour << "' title " << Quote(series.label);
        }
        else
        {
            os << "'-' with points linewidth 1.8 pointsize 2.6 pointtype "
               << OPEN[place % OPEN.size()] << " linecolor rgb '" << colour << "' title "
               << Quote(series.label + PUBLISHED);
            strangers += isStranger ? 1 : 0;
        }
    }
    return os.str() + "\n";
}

std::string
Figure::Write(const std::string& directory) const
{
    // A logarithmic axis has no place for zero; that all values are zero can be seen on another.
    Figure shown(*this);
    StraightenAxis(shown.m_x, &FigurePoint::x);
    StraightenAxis(shown.m_y, &FigurePoint::y);
    return shown.Draw(directory);
}

std::string
Figure::Draw(const std::string& directory) const
{
    const std::string png = (std::filesystem::path(directory) / (m_name + ".png")).string();
    const std::string partial = png + ".part";
    const GnuplotRun run;
    {
        gnuplotio::Gnuplot gnuplot(">" + run.GetScript());
        gnuplot << MakeHead(partial);
        if (IsBarChart())
        {
            gnuplot << MakeBars();
        }
        else
        {
            gnuplot << MakeSettings() << MakePlot();
            for (const auto& series : m_series)
            {
                std::vector<std::pair<double, double>> points;
                for (const auto& point : GetVisible(series))
                {
                    points.emplace_back(point.x, point.y);
                }
                if (series.style != Style::LIMIT && !points.empty())
                {
                    gnuplot.send1d(points);
                }
            }
        }
    }
    std::error_code error;
    try
    {
        run.Execute();
    }
    catch (const std::runtime_error& failure)
    {
        std::filesystem::remove(partial, error);
        throw std::runtime_error("cannot draw " + png + ": " + failure.what());
    }
    std::filesystem::rename(partial, png, error);
    if (error)
    {
        throw std::runtime_error("cannot write " + png);
    }
    return png;
}

} // namespace offload
} // namespace ns3
