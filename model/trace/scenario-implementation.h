/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SCENARIO_IMPLEMENTATION_H
#define OFFLOAD_SCENARIO_IMPLEMENTATION_H

#include "progress.h"
#include "scenario.h"

#include <deque>
#include <filesystem>
#include <map>

namespace ns3
{

class CommandLine;

namespace offload
{

/** Leaves a program after --help. */
struct ScenarioEnd
{
};

/** Everything that a scenario keeps. */
class Scenario::Implementation
{
  public:
    Implementation(const ScenarioInfo& info,
                   const std::vector<std::string>& arguments,
                   std::ostream& out,
                   std::ostream& err,
                   bool isTerminal)
        : m_info(info),
          m_arguments(arguments),
          m_out(out),
          m_err(err),
          m_progress(err, isTerminal)
    {
    }

    ~Implementation();
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    /** The run completed and its checks held. */
    static constexpr int STATUS_OK = 0;
    /** The run did not complete or a check failed. */
    static constexpr int STATUS_FAILED = 1;
    /** The user asked for what cannot be done. */
    static constexpr int STATUS_REFUSED = 2;

    static constexpr const char* OUT = "out";           //!< option: directory of the files
    static constexpr const char* TIMELINE = "timeline"; //!< option: write a timeline
    static constexpr const char* PCAP = "pcap";         //!< option: write captures
    static constexpr const char* SEED = "seed";         //!< option: seed of random numbers

    /** Declare an option that is an input; @return its index among all options. */
    std::size_t AddInput(ScenarioOption option);
    /**
     * Note attributes that the scenario sets, which the user may not.
     * @param attributes "ns3::Class::Attribute"
     * @param advice behind the message: what to give instead
     */
    void NoteOwn(const std::vector<std::string>& attributes, const std::string& advice);
    /** Read the command line and make the output directory. */
    void Parse();
    /** Make all points, anew if they are made. */
    void MakePoints();
    /** @return an empty table with the parameters and input columns */
    Results MakeResults() const;
    /** Say one line on err, with the current point. */
    void Tell(const std::string& message);
    /** Count and tell a check that did not hold. */
    void CheckFailed(const std::string& what);
    /** @return the status of a program that has returned */
    int End();
    /** Tell why a program was left; @return the status. */
    int Fail(int status, const std::string& message);

    const ScenarioInfo m_info;                  //!< name and description
    const std::vector<std::string> m_arguments; //!< the command line
    std::ostream& m_out;                        //!< for the table
    std::ostream& m_err;                        //!< for errors
    Progress m_progress;                        //!< on err
    ScenarioOptions m_options;                  //!< all options
    std::vector<std::size_t> m_inputs;          //!< which options are inputs
    std::vector<std::string> m_others;          //!< arguments for ns-3
    std::map<std::string, std::string> m_own;   //!< attributes that are set; what to give instead
    std::vector<Point> m_points;                //!< the product of the inputs
    const Point* m_current{nullptr};            //!< the point being computed
    std::unique_ptr<Timeline> m_timeline;       //!< null without --timeline
    std::string m_directory;                    //!< of the output files
    std::vector<std::filesystem::path> m_made;  //!< directories that were not there, outer first
    uint64_t m_failures{0};                     //!< checks that did not hold
    bool m_isParsed{false};                     //!< Parse has been called
    bool m_isFinished{false};                   //!< Finish has written everything

  private:
    /** Declare the options that every scenario has. */
    void AddFrameOptions();
    /** Refuse arguments that neither the scenario nor ns-3 knows. */
    void CheckOthers() const;
    /** @return whether users may be told of an option; a scenario need not have presets */
    bool IsOffered(const ScenarioOption& option) const;
    /** Refuse an attribute that the scenario sets. */
    void CheckOwn(const std::string& argument) const;
    /** Give ns-3 its arguments, the seed and the scheduler. */
    void HandOverToNs3();
    /** Tell a CommandLine of all options, for its help; it keeps references to the defaults. */
    void FillCommandLine(CommandLine& commandLine, std::deque<std::string>& defaults) const;
    /** Print the help on out. */
    void PrintHelp();
    /** @return the point at a place of the product */
    Point MakePoint(std::size_t index) const;
    /** Make the output directory where it is missing. */
    void MakeDirectory();
    /** Undo what Parse has made, as far as it is empty. */
    void RemoveEmptyOutput();
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SCENARIO_IMPLEMENTATION_H */
