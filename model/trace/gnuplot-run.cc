/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "gnuplot-run.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>

namespace ns3
{
namespace offload
{

namespace
{

/** A drawing that takes longer than this many seconds has gone wrong. */
constexpr const char* TIME_LIMIT_SECONDS = "60";
/** Exit status of the shell and of timeout when a program is not there. */
constexpr int STATUS_NOT_FOUND = 127;
/** Exit status of timeout when time was up. */
constexpr int STATUS_TIMED_OUT = 124;

/** A word for the shell. */
std::string
QuoteForShell(const std::string& text)
{
    std::string quoted = "'";
    for (const char c : text)
    {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

/** The last line that says something. */
std::string
ReadLastLine(const std::string& path)
{
    std::ifstream file(path);
    std::string last;
    for (std::string line; std::getline(file, line);)
    {
        if (line.find_first_not_of(" \t^") != std::string::npos)
        {
            last = line;
        }
    }
    return last;
}

} // namespace

GnuplotRun::GnuplotRun()
{
    std::string name = (std::filesystem::temp_directory_path() / "offload-figure-XXXXXX").string();
    if (!mkdtemp(name.data()))
    {
        throw std::runtime_error("cannot make a temporary folder " + name);
    }
    m_folder = name;
}

GnuplotRun::~GnuplotRun()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_folder, ignored);
}

std::string
GnuplotRun::GetScript() const
{
    return (m_folder / "figure.gp").string();
}

void
GnuplotRun::Execute() const
{
    const std::string messages = (m_folder / "messages").string();
    // No user's settings and no locale, so that the same data give the same picture; a limit in
    // time, so that a broken installation cannot hang a run.
    const std::string command = "LC_ALL=C timeout " + std::string(TIME_LIMIT_SECONDS) +
                                " gnuplot --default-settings " + QuoteForShell(GetScript()) + " >" +
                                QuoteForShell(messages) + " 2>&1 </dev/null";
    const int result = std::system(command.c_str());
    const int status = WIFEXITED(result) ? WEXITSTATUS(result) : -1;
    if (status == STATUS_NOT_FOUND)
    {
        throw std::runtime_error("gnuplot is not installed (Debian: apt install gnuplot-nox)");
    }
    if (status == STATUS_TIMED_OUT)
    {
        throw std::runtime_error("gnuplot took longer than " + std::string(TIME_LIMIT_SECONDS) +
                                 " s");
    }
    if (status != 0)
    {
        throw std::runtime_error("gnuplot failed: " + ReadLastLine(messages));
    }
}

} // namespace offload
} // namespace ns3
