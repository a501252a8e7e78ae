/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PROGRESS_H
#define OFFLOAD_PROGRESS_H

#include <chrono>
#include <ostream>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * A progress bar for a person: only on a terminal, only when the work takes longer than a second,
 * and gone when the work is done.
 */
class Progress
{
  public:
    using Clock = std::chrono::steady_clock; //!< the wall clock

    /**
     * @param os where to draw
     * @param isTerminal whether a person watches it; if not, every call does nothing
     * @param quiet how long to wait before the bar appears
     * @param columns what a line of the terminal holds
     */
    Progress(std::ostream& os,
             bool isTerminal,
             Clock::duration quiet = std::chrono::seconds(1),
             std::size_t columns = GetErrorColumns());
    /** Clears the bar. */
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /** @return whether the standard error stream is a terminal */
    static bool IsErrorTerminal();
    /** @return columns of the terminal that the standard error stream is; 80 if it is none */
    static std::size_t GetErrorColumns();

    /** @return whether a person watches */
    bool IsWatched() const
    {
        return m_isTerminal;
    }

    /**
     * Say how far the work is; may be called as often as convenient.
     * @param fraction 0 to 1
     * @param what what is being done, one or two words
     */
    void Report(double fraction, const std::string& what = "");
    /** Clear the bar; a later Report draws it again. */
    void Clear();

  private:
    std::ostream& m_os;        //!< where to draw
    bool m_isTerminal;         //!< whether to draw at all
    Clock::time_point m_begin; //!< of the work
    Clock::time_point m_next;  //!< no drawing before
    std::size_t m_columns;     //!< of the terminal
    std::size_t m_width{0};    //!< columns drawn, to clear them
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PROGRESS_H */
