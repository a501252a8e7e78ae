/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_GNUPLOT_RUN_H
#define OFFLOAD_GNUPLOT_RUN_H

#include <filesystem>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * One run of gnuplot over a file of commands, in a temporary folder that goes away with this
 * object.
 *
 * Commands go through a file and not a pipe: a gnuplot that is missing or dies then cannot take
 * the simulation with it through SIGPIPE.
 */
class GnuplotRun
{
  public:
    GnuplotRun();
    ~GnuplotRun();
    GnuplotRun(const GnuplotRun&) = delete;
    GnuplotRun& operator=(const GnuplotRun&) = delete;

    /** @return the file to write the commands to */
    std::string GetScript() const;
    /**
     * Let gnuplot work through the commands. Throws std::runtime_error with one line when gnuplot
     * is missing, fails or takes too long.
     */
    void Execute() const;

  private:
    std::filesystem::path m_folder; //!< the temporary folder
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_GNUPLOT_RUN_H */
