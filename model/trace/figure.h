/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FIGURE_H
#define OFFLOAD_FIGURE_H

#include <cstddef>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

class Results;
struct ResultColumn;

/** A point of a series. */
struct FigurePoint
{
    double x; //!< horizontal
    double y; //!< vertical
};

/**
 * A figure drawn by gnuplot into a PNG file: simulated series as lines with points, the points of
 * a publication as open markers beside them, limits as dashed lines.
 *
 * Series of one point each at the same x are bars side by side, from zero.
 * The same data give the same file.
 */
class Figure
{
  public:
    /** How an axis is divided. */
    enum class Scale
    {
        LINEAR, //!< evenly, from zero where that does not hide the data
        LOG2,   //!< powers of two, for sizes and counts of hosts
        LOG10   //!< powers of ten, for times that span decades
    };

    /**
     * @param name the file's name without its extension
     * @param title one short line above the figure
     */
    Figure(std::string name, std::string title);

    /**
     * Name the horizontal axis.
     * @param label what it is, without the unit
     * @param unit its unit, empty for none
     * @param scale its division
     * @return this figure
     */
    Figure& SetX(std::string label, std::string unit, Scale scale = Scale::LINEAR);
    /**
     * Name the vertical axis.
     * @param label what it is, without the unit
     * @param unit its unit, empty for none
     * @param scale its division
     * @return this figure
     */
    Figure& SetY(std::string label, std::string unit, Scale scale = Scale::LINEAR);

    /**
     * Add a simulated series.
     * @param label its name in the legend
     * @param points its points in any order; those that are not finite are left out
     * @return this figure
     */
    Figure& AddSeries(std::string label, std::vector<FigurePoint> points);
    /**
     * Add all rows of a table: one simulated series for each combination of the input columns
     * that take more than one value, other than x. The series are named by those values. Axes
     * that have no label yet take the columns' names and units.
     * @param results the table
     * @param xColumn the column along the horizontal axis
     * @param yColumn the column along the vertical axis
     * @param label put before the values in the legend, to tell several calls apart
     * @return this figure
     */
    Figure& AddSeries(const Results& results,
                      const std::string& xColumn,
                      const std::string& yColumn,
                      const std::string& label = "");
    /**
     * Add the points of a publication. They take the colour of the simulated series that they
     * belong to, if there is one, and the legend adds "(published)".
     * @param label the series they belong to: its label, or what comes before the first comma
     * @param points the points
     * @return this figure
     */
    Figure& AddPublished(std::string label, std::vector<FigurePoint> points);
    /**
     * Add a level that the series are held against, such as a line rate.
     * @param label its name in the legend
     * @param y the level
     * @return this figure
     */
    Figure& AddLimit(std::string label, double y);

    /** @return the file's name without its extension */
    const std::string& GetName() const;
    /** @return the number of simulated series */
    std::size_t GetSeriesCount() const;

    /**
     * Draw the figure as DIRECTORY/NAME.png. A logarithmic axis whose values are all zero becomes a
     * linear one; where others are not zero, zeroes are left out.
     * Throws std::runtime_error with one line when gnuplot is missing, fails or takes too long.
     * @param directory an existing directory
     * @return the file's path
     */
    std::string Write(const std::string& directory) const;

  private:
    /** What an axis is. */
    struct Axis
    {
        std::string label;          //!< without unit
        std::string unit;           //!< empty for none
        Scale scale{Scale::LINEAR}; //!< division
    };

    /** How a series is drawn. */
    enum class Style
    {
        SIMULATED, //!< line and filled points
        PUBLISHED, //!< open points
        LIMIT      //!< dashed line across the figure
    };

    /** A series. */
    struct Series
    {
        std::string label;               //!< in the legend
        std::vector<FigurePoint> points; //!< by x; a limit has one
        Style style;                     //!< how it is drawn
    };

    /** Keep a series, its points cleaned and sorted. */
    Figure& Add(std::string label, std::vector<FigurePoint> points, Style style);
    /** Take a column's name and unit for an axis that has no label. */
    static void NameAxis(Axis& axis, const ResultColumn& column);
    /** Divide an axis evenly if all that it shows is zero. */
    void StraightenAxis(Axis& axis, double FigurePoint::*place) const;
    /** Write, with axes that can show the points. */
    std::string Draw(const std::string& directory) const;
    /** @return the points of a series that the axes can show */
    std::vector<FigurePoint> GetVisible(const Series& series) const;
    /** @return the place of the simulated series that a label belongs to; their number if none */
    std::size_t FindSimulated(const std::string& label) const;
    /** @return whether bars show more than lines would */
    bool IsBarChart() const;
    /** @return the commands for the file and the looks */
    std::string MakeHead(const std::string& png) const;
    /** @return the commands for bars, with their data */
    std::string MakeBars() const;
    /** @return the commands for the axes of bars with these names, all at an x */
    std::string MakeBarAxes(const std::vector<std::string>& names, double x, double greatest) const;
    /** @return the commands before the plot command of a figure of lines */
    std::string MakeSettings() const;
    /** @return an axis' label with its unit */
    static std::string DescribeAxis(const Axis& axis);
    /** @return what draws a limit, for the plot command */
    static std::string MakeLimit(const Series& limit);
    /** @return the commands for one axis, 'x' or 'y', that has values from least to greatest */
    static std::string MakeAxis(char letter, const Axis& axis, double least, double greatest);
    /** @return the plot command, whose data follow series by series */
    std::string MakePlot() const;

    std::string m_name;           //!< file name without extension
    std::string m_title;          //!< above the figure
    Axis m_x;                     //!< horizontal
    Axis m_y;                     //!< vertical
    std::vector<Series> m_series; //!< in order of adding
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FIGURE_H */
