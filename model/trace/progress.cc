/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "progress.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace ns3
{
namespace offload
{

namespace
{

/** Columns of the bar itself. */
constexpr int BAR_WIDTH = 32;
/** Drawing more often than this only costs time. */
constexpr auto REDRAW_PERIOD = std::chrono::milliseconds(100);

} // namespace

Progress::Progress(std::ostream& os, bool isTerminal, Clock::duration quiet)
    : m_os(os),
      m_isTerminal(isTerminal),
      m_next(isTerminal ? Clock::now() + quiet : Clock::time_point())
{
}

Progress::~Progress()
{
    Clear();
}

bool
Progress::IsErrorTerminal()
{
    return isatty(fileno(stderr)) == 1;
}

void
Progress::Report(double fraction, const std::string& what)
{
    if (!m_isTerminal)
    {
        return;
    }
    const Clock::time_point now = Clock::now();
    if (now < m_next)
    {
        return;
    }
    m_next = now + REDRAW_PERIOD;
    const double done = std::clamp(fraction, 0.0, 1.0);
    const int filled = static_cast<int>(done * BAR_WIDTH);
    std::string line = "[" + std::string(filled, '#') + std::string(BAR_WIDTH - filled, '.') +
                       "] " + std::to_string(static_cast<int>(done * 100)) + " %";
    if (!what.empty())
    {
        line += "  " + what;
    }
    const std::size_t width = line.size();
    // What a longer line before has left is overwritten.
    line.append(m_width > width ? m_width - width : 0, ' ');
    m_os << '\r' << line << std::flush;
    m_width = width;
}

void
Progress::Clear()
{
    if (m_width > 0)
    {
        m_os << '\r' << std::string(m_width, ' ') << '\r' << std::flush;
        m_width = 0;
    }
}

} // namespace offload
} // namespace ns3
