/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FIGURE_STYLE_H
#define OFFLOAD_FIGURE_STYLE_H

#include <array>
#include <string>

namespace ns3
{
namespace offload
{
/// What all figures have in common
namespace figurestyle
{

/** Okabe and Ito's colours for all kinds of colour vision, without the yellow that is too light. */
constexpr std::array<const char*, 7> PALETTE =
    {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};
/** Colour of limits, and of a publication without a simulated series. */
constexpr const char* GREY = "#505050";
/** What a publication's label ends in. */
constexpr const char* PUBLISHED = " (published)";

/**
 * @param text any text
 * @return a string for gnuplot, which knows no escapes between single quotes but the doubled quote
 */
inline std::string
Quote(const std::string& text)
{
    std::string quoted = "'";
    for (const char c : text)
    {
        quoted += c == '\n' ? ' ' : c;
        if (c == '\'')
        {
            quoted += c;
        }
    }
    return quoted + "'";
}

} // namespace figurestyle
} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FIGURE_STYLE_H */
