/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "figure-style.h"
#include "figure.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

namespace ns3
{
namespace offload
{

using namespace figurestyle;

namespace
{

/// Width of a bar, where neighbouring series are 1 apart
constexpr double WIDTH = 0.36;
/// From the middle of the first and the last series to the ends of the axis
constexpr double EDGE = 0.6;
/// Room above the highest bar, for its number
constexpr double ROOM = 1.12;
/// Significant digits of the numbers above bars
constexpr int DIGITS = 3;
/// Characters that fit side by side below the bars; more are set on a slope
constexpr std::size_t LEVEL_CHARACTERS = 90;

/** A series' name below its bars. */
struct Name
{
    std::string quoted;   //!< for gnuplot, a line for each of its parts
    std::size_t width{0}; //!< of the longest line
    std::size_t lines{1}; //!< how many
};

/** @return a series' name, broken after commas */
Name
MakeName(const std::string& label)
{
    Name name{"\""};
    std::size_t width = 0;
    for (std::size_t i = 0; i < label.size(); ++i)
    {
        if (label.compare(i, 2, ", ") == 0)
        {
            name.quoted += ",\\n";
            ++name.lines;
            width = 0;
            ++i;
            continue;
        }
        if (label[i] == '"' || label[i] == '\\')
        {
            name.quoted += '\\';
        }
        name.quoted += label[i];
        name.width = std::max(name.width, ++width);
    }
    name.quoted += '"';
    return name;
}

} // namespace

bool
Figure::IsBarChart() const
{
    const Series* first = nullptr;
    for (const auto& series : m_series)
    {
        if (series.style == Style::LIMIT)
        {
            continue;
        }
        if (series.points.size() != 1 || (first && series.points[0].x != first->points[0].x))
        {
            return false;
        }
        first = first ? first : &series;
    }
    return GetSeriesCount() > 1;
}

std::string
Figure::MakeBars() const
{
    const bool compares = std::any_of(m_series.begin(), m_series.end(), [](const Series& series) {
        return series.style == Style::PUBLISHED;
    });
    std::vector<std::string> names;
    std::ostringstream plot;
    std::ostringstream data;
    std::ostringstream numbers;
    plot.precision(std::numeric_limits<double>::max_digits10);
    data.precision(std::numeric_limits<double>::max_digits10);
    numbers.precision(DIGITS);
    const auto draw = [&](std::size_t place, double y, Style style, const char* colour) {
        const double side = style == Style::PUBLISHED ? WIDTH / 2 : -WIDTH / 2;
        const double x = static_cast<double>(place) + (compares ? side : 0);
        plot << ", '-' with boxes fillstyle " << (style == Style::PUBLISHED ? "empty" : "solid 1")
             << " linecolor rgb '" << colour << "' notitle";
        data << x << " " << y << "\ne\n";
        numbers << x << " " << y << " \"" << y << "\"\n";
    };
    double greatest = 0;
    double at = 0;
    for (const auto& series : m_series)
    {
        const double y = series.points[0].y;
        greatest = std::max(greatest, y);
        if (series.style == Style::SIMULATED)
        {
            at = series.points[0].x;
            draw(names.size(), y, series.style, PALETTE[names.size() % PALETTE.size()]);
            names.push_back(series.label);
        }
    }
    for (const auto& series : m_series)
    {
        const double y = series.points[0].y;
        if (series.style == Style::LIMIT)
        {
            plot << ", " << MakeLimit(series);
        }
        else if (series.style == Style::PUBLISHED)
        {
            const std::size_t match = FindSimulated(series.label);
            const bool isStranger = match == GetSeriesCount();
            draw(isStranger ? names.size() : match,
                 y,
                 series.style,
                 isStranger ? GREY : PALETTE[match % PALETTE.size()]);
            if (isStranger)
            {
                names.push_back(series.label);
            }
        }
    }
    std::ostringstream legend;
    if (compares)
    {
        legend << ", NaN with boxes fillstyle solid 1 linecolor rgb '" << GREY
               << "' title 'simulated', NaN with boxes fillstyle empty linecolor rgb '" << GREY
               << "' title 'published'";
    }
    return MakeBarAxes(names, at, greatest) + "plot NaN notitle" + legend.str() + plot.str() +
           ", '-' with labels offset 0,0.7 notitle\n" + data.str() + numbers.str() + "e\n";
}

std::string
Figure::MakeBarAxes(const std::vector<std::string>& names, double x, double greatest) const
{
    std::ostringstream tics;
    std::size_t width = 0;
    std::size_t lines = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
    {
        const Name name = MakeName(names[i]);
        tics << (i == 0 ? "" : ", ") << name.quoted << " " << i;
        width = std::max(width, name.width);
        lines = std::max(lines, name.lines);
    }
    std::ostringstream below;
    below << m_x.label << " " << x << " " << m_x.unit;
    std::ostringstream os;
    os << "set xtics scale 0 (" << tics.str() << ")";
    if (width * names.size() > LEVEL_CHARACTERS)
    {
        os << " rotate by -20";
    }
    else
    {
        // gnuplot reckons with one line of marks.
        os << "\nset bmargin " << 3 + lines;
    }
    os << "\nset xlabel " << Quote(below.str()) << " offset 0," << 1 - static_cast<int>(lines)
       << "\n"
       << "set ylabel " << Quote(DescribeAxis(m_y)) << "\n"
       << "set xrange [" << -EDGE << ":" << static_cast<double>(names.size()) - 1 + EDGE << "]\n"
       << "set yrange [0:" << (greatest > 0 ? greatest * ROOM : 1) << "]\n"
       << "set boxwidth " << WIDTH << "\n"
       << "set key outside top center horizontal samplen 2\n";
    return os.str();
}

} // namespace offload
} // namespace ns3
