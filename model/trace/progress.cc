/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "progress.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ns3
{
namespace offload
{

namespace
{

/** Columns of the bar itself. */
constexpr int BAR_WIDTH = 32;
/** Columns where the terminal does not say. */
constexpr std::size_t COLUMNS = 80;
/** Drawing more often than this only costs time. */
constexpr auto REDRAW_PERIOD = std::chrono::milliseconds(100);

} // namespace

Progress::Progress(std::ostream& os, bool isTerminal, Clock::duration quiet, std::size_t columns)
    : m_os(os),
      m_isTerminal(isTerminal),
      m_begin(isTerminal ? Clock::now() : Clock::time_point()),
      m_next(m_begin + quiet),
      m_columns(columns)
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

std::size_t
Progress::GetErrorColumns()
{
    winsize size{};
    const bool isKnown = ioctl(fileno(stderr), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return isKnown ? size.ws_col : COLUMNS;
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
    std::string line =
        "[" + std::string(filled, '#') + std::string(BAR_WIDTH - filled, '.') + "] " +
        std::to_string(static_cast<int>(done * 100)) + " %  " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - m_begin).count()) +
        " s";
    if (!what.empty())
    {
        line += "  " + what;
    }
    // A line that wraps could not be cleared; the last column stays free for the cursor.
    line.resize(std::min(line.size(), m_columns - 1));
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
