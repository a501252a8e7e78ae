/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * A figure for each kind of NIC, with a line for each way of doing the work: twice as many lines in
 * one are too many.
 */
#ifndef OFFLOAD_NIC_FIGURES_H
#define OFFLOAD_NIC_FIGURES_H

#include "ns3/figure.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/** Collects a quantity point by point. */
class NicFigures
{
  public:
    /** An axis. */
    struct Axis
    {
        std::string label;   //!< what it is
        std::string unit;    //!< of it
        Figure::Scale scale; //!< its division
    };

    /**
     * @param name of the files, the NIC is added
     * @param title above the figures, the NIC is added
     * @param x horizontal axis
     * @param y vertical axis
     */
    NicFigures(std::string name, std::string title, Axis x, Axis y)
        : m_name(std::move(name)),
          m_title(std::move(title)),
          m_x(std::move(x)),
          m_y(std::move(y))
    {
    }

    /**
     * @param nic which figure
     * @param series which line
     * @param x where
     * @param y how much
     */
    void Add(const std::string& nic, const std::string& series, double x, double y)
    {
        auto& lines = m_figures[nic];
        for (auto& line : lines)
        {
            if (line.first == series)
            {
                line.second.push_back({x, y});
                return;
            }
        }
        lines.push_back({series, {{x, y}}});
    }

    /** @param figures get one for each NIC */
    void AppendTo(std::vector<Figure>& figures) const
    {
        for (const auto& [nic, lines] : m_figures)
        {
            Figure figure(m_name + "-" + nic, m_title + ", " + nic + " NIC");
            figure.SetX(m_x.label, m_x.unit, m_x.scale);
            figure.SetY(m_y.label, m_y.unit, m_y.scale);
            for (const auto& [label, points] : lines)
            {
                figure.AddSeries(label, points);
            }
            figures.push_back(figure);
        }
    }

  private:
    using Line = std::pair<std::string, std::vector<FigurePoint>>; //!< label and points

    std::string m_name;                                 //!< of the files
    std::string m_title;                                //!< above the figures
    Axis m_x;                                           //!< horizontal
    Axis m_y;                                           //!< vertical
    std::map<std::string, std::vector<Line>> m_figures; //!< by NIC
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NIC_FIGURES_H */
