/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SCENARIO_H
#define OFFLOAD_SCENARIO_H

#include "figure.h"
#include "results.h"
#include "scenario-options.h"
#include "timeline.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace ns3
{
class Time;

namespace offload
{

class Scenario;

/** What a scenario is called and what it shows. */
struct ScenarioInfo
{
    std::string name;        //!< the name of its source file
    std::string description; //!< a sentence or two for --help
};

/** The program of a scenario: declares its options, calls Parse, simulates and calls Finish. */
using ScenarioMain = std::function<void(Scenario&)>;

/**
 * Run a scenario as a program.
 *
 * Sets picosecond resolution before anything else. A std::invalid_argument (such as ScenarioError)
 * that leaves the program is the user's: one line on err, status 2. Any other exception, a failed
 * content check or a program that ends without Finish is a run that did not complete: one line on
 * err, status 1.
 *
 * @param argc main's
 * @param argv main's
 * @param info name and description
 * @param program what to run
 * @return the exit status
 */
int RunScenario(int argc, char* argv[], const ScenarioInfo& info, const ScenarioMain& program);
/**
 * Run a scenario inside another program, such as a test.
 * @param arguments the command line without the program's name
 * @param info name and description
 * @param program what to run
 * @param out instead of the standard output
 * @param err instead of the standard error
 * @return the exit status
 */
int RunScenario(const std::vector<std::string>& arguments,
                const ScenarioInfo& info,
                const ScenarioMain& program,
                std::ostream& out,
                std::ostream& err);

/** One element of the product of the inputs' lists: what a row is computed from. */
class Point
{
  public:
    /**
     * @tparam T \deduced the input's type
     * @param input an input of the scenario
     * @return its value at this point
     */
    template <typename T>
    const T& operator[](const Input<T>& input) const
    {
        return std::get<T>(m_values[input.index]);
    }

    /** @return the point's place in the product, from 0 */
    std::size_t GetIndex() const;
    /** @return the values of the inputs that vary, for people: "spin-l1, 64 B" */
    const std::string& GetLabel() const;
    /** @return the same as part of a file's name: "spin-l1-64" */
    const std::string& GetSlug() const;

  private:
    friend class Scenario;

    std::size_t m_index{0};            //!< place in the product
    std::vector<ResultValue> m_values; //!< by input, in the order of declaration
    std::string m_label;               //!< for people
    std::string m_slug;                //!< for file names
};

/**
 * The frame of a scenario: its options, its rows, its files and its exit status.
 *
 * Inputs are options that take comma-separated lists; each is also an input column. The rows are
 * the product of the lists, the input declared first varying slowest. Parameters are options with
 * one value for the whole run. Both are declared in snake case, with the unit as the last part, and
 * given in kebab case: payload_bytes is --payload-bytes=64,1024.
 */
class Scenario
{
  public:
    /**
     * Run a scenario; what both RunScenario do.
     * @param info name and description
     * @param arguments the command line without the program's name
     * @param program what to run
     * @param out instead of the standard output
     * @param err instead of the standard error
     * @param isTerminal whether a person watches err, who sees a progress bar
     * @return the exit status
     */
    static int Run(const ScenarioInfo& info,
                   const std::vector<std::string>& arguments,
                   const ScenarioMain& program,
                   std::ostream& out,
                   std::ostream& err,
                   bool isTerminal);

    ~Scenario();
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;

    // Declaring options, before Parse.

    /**
     * An input of whole numbers.
     * @param name column name in snake case
     * @param unit for people, empty for none
     * @param help what it is
     * @param defaults the list when the option is not given
     * @param range what each element must be in
     * @return what a Point is asked with
     */
    Input<int64_t> AddIntegerInput(const std::string& name,
                                   const std::string& unit,
                                   const std::string& help,
                                   const std::vector<int64_t>& defaults,
                                   Range<int64_t> range);
    /** An input of numbers; as AddIntegerInput. */
    Input<double> AddNumberInput(const std::string& name,
                                 const std::string& unit,
                                 const std::string& help,
                                 const std::vector<double>& defaults,
                                 Range<double> range);
    /**
     * An input of names.
     * @param name column name in snake case
     * @param help what it is
     * @param defaults the list when the option is not given
     * @param known the names there are
     * @return what a Point is asked with
     */
    Input<std::string> AddNameInput(const std::string& name,
                                    const std::string& help,
                                    const std::vector<std::string>& defaults,
                                    const std::vector<std::string>& known);

    /** A whole number for the whole run; as AddIntegerInput with one value. */
    Parameter<int64_t> AddInteger(const std::string& name,
                                  const std::string& unit,
                                  const std::string& help,
                                  int64_t defaultValue,
                                  Range<int64_t> range);
    /** A number for the whole run. */
    Parameter<double> AddNumber(const std::string& name,
                                const std::string& unit,
                                const std::string& help,
                                double defaultValue,
                                Range<double> range);
    /** One of a set of names for the whole run. */
    Parameter<std::string> AddName(const std::string& name,
                                   const std::string& help,
                                   const std::string& defaultValue,
                                   const std::vector<std::string>& known);
    /** The path of a file that must be readable, or empty when not given. */
    Parameter<std::string> AddFile(const std::string& name,
                                   const std::string& help,
                                   const std::string& defaultValue = "");
    /** Any text, or empty when not given. */
    Parameter<std::string> AddText(const std::string& name,
                                   const std::string& help,
                                   const std::string& defaultValue = "");
    /** A switch: --name or --name=true to set, --name=false to clear. */
    Parameter<bool> AddSwitch(const std::string& name,
                              const std::string& help,
                              bool defaultValue = false);

    /**
     * A named set of option values, such as a publication's configuration. Options given on the
     * command line override it.
     * @param name what --preset takes
     * @param help what it is, with its source
     * @param values option values as they would be given: {{"payload_bytes", "64,1024"}}
     */
    void AddPreset(const std::string& name,
                   const std::string& help,
                   const std::vector<OptionValue>& values);

    /**
     * Say which attributes an option sets. A user who gives one of them by --ns3::Class::Attribute
     * is told to give the option, instead of being ignored. All others that the user gives win over
     * what helpers set.
     * @tparam Option \deduced an Input or a Parameter
     * @param option an option
     * @param attributes "ns3::Class::Attribute", by the class that declares it
     */
    template <typename Option>
    void Sets(const Option& option, const std::vector<std::string>& attributes)
    {
        OptionSets(option.option, attributes);
    }

    /**
     * The same for attributes that the scenario sets on its own, to what no option says.
     * @param attributes as above
     */
    void Sets(const std::vector<std::string>& attributes);

    /**
     * Read the command line. Does not return after --help and its like: RunScenario then ends with
     * status 0. Throws ScenarioError for what is wrong; nothing has been written then.
     */
    void Parse();

    /**
     * @tparam Option \deduced an Input or a Parameter
     * @param option an option
     * @return whether the user gave it, on the command line or by a preset
     */
    template <typename Option>
    bool IsGiven(const Option& option) const
    {
        return IsOptionGiven(option.option);
    }

    /**
     * Replace the list of an input by what another option says; after Parse, before the points are
     * asked for.
     * @param input an input of names
     * @param names the list
     */
    void SetNames(const Input<std::string>& input, const std::vector<std::string>& names);
    /** The same for an input of whole numbers. */
    void SetIntegers(const Input<int64_t>& input, const std::vector<int64_t>& integers);

    // Simulating, after Parse.

    /**
     * @tparam T \deduced the parameter's type
     * @param parameter a parameter of the scenario
     * @return its value
     */
    template <typename T>
    const T& operator[](const Parameter<T>& parameter) const
    {
        return std::get<T>(GetParameter(parameter.option));
    }

    /**
     * Reject the configuration: throws ScenarioError, which names the option and its value.
     * @tparam Option \deduced an Input or a Parameter
     * @param option the option at fault
     * @param reason what is wrong and what would be accepted
     */
    template <typename Option>
    [[noreturn]] void Reject(const Option& option, const std::string& reason) const
    {
        RejectOption(option.option, reason);
    }

    /** @return the product of the inputs, the input declared first varying slowest */
    const std::vector<Point>& GetPoints() const;
    /**
     * Call a function for each point in order, with progress shown, content checks and the timeline
     * labelled by the point, and the simulator destroyed after each.
     * @param function what to do at a point
     */
    void ForEachPoint(const std::function<void(const Point&)>& function);
    /**
     * Say how far the current point is, for the progress bar; cheap enough to call per packet.
     * @param fraction 0 to 1
     */
    void ReportProgress(double fraction);
    /**
     * Show how far the present simulation is while it runs; before Simulator::Run. Costs an event a
     * look, and nothing where nobody watches. Ends when all is done or nothing goes on.
     * @param expected about what it takes, in simulated time; the bar moves a hundred times in it
     * @param fraction how far it is, 0 to 1
     */
    void FollowProgress(const Time& expected, std::function<double()> fraction);

    /**
     * @return what random choices are to start from that do not use ns-3's streams: another number
     *         for each seed (--seed) and each run (--RngRun)
     */
    static uint64_t GetRandomStart();

    /** @return a table with this scenario's parameters and input columns; add the outputs */
    Results MakeResults() const;
    /**
     * @param results a table made by MakeResults
     * @param point the point
     * @return a new row whose input columns hold the point's values
     */
    Results::Row AddRow(Results& results, const Point& point) const;

    /**
     * Check content. The run goes on after a failure, but ends with status 1.
     * @param holds what must be true
     * @param what what was checked, in words that say what went wrong: "reply differs"
     * @return holds
     */
    bool Check(bool holds, const char* what);
    /** As above, for a text made on the spot. */
    bool Check(bool holds, const std::string& what);

    /**
     * Say something that the user must know to read the results, in one line on err.
     * @param text the line
     */
    void Warn(const std::string& text);

    /** @return whether --pcap was given */
    bool IsPcapEnabled() const;
    /** @return the prefix for ns-3's EnablePcap calls at the current point: DIR/spin-l1-64 */
    std::string GetPcapPrefix() const;
    /** @return the timeline, null without --timeline */
    Timeline* GetTimeline() const;
    /** @return the directory of the output files; exists after Parse */
    const std::string& GetOutputDirectory() const;

    /**
     * Write results.json, results.csv and the figures, and print the table.
     * @param results the rows
     * @param figures the figures
     */
    void Finish(const Results& results, const std::vector<Figure>& figures = {});

  private:
    class Implementation;

    /** Only Run makes one. */
    explicit Scenario(std::unique_ptr<Implementation> implementation);

    /** @return a parameter's value */
    const ResultValue& GetParameter(std::size_t option) const;
    /** @return whether the user gave an option */
    bool IsOptionGiven(std::size_t option) const;
    /** Note which attributes an option sets. */
    void OptionSets(std::size_t option, const std::vector<std::string>& attributes);
    /** Throw ScenarioError for an option. */
    [[noreturn]] void RejectOption(std::size_t option, const std::string& reason) const;

    std::unique_ptr<Implementation> m_implementation; //!< everything else
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SCENARIO_H */
