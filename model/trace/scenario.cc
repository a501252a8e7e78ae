/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scenario.h"

#include "scenario-implementation.h"

#include "ns3/hash-mix.h"
#include "ns3/nstime.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

template <typename T>
std::vector<ResultValue>
MakeValues(const std::vector<T>& values)
{
    return std::vector<ResultValue>(values.begin(), values.end());
}

/// Looks in the expected time; without progress in as many, a simulation is thought to be stuck
constexpr uint32_t LOOKS = 100;

/** What FollowProgress keeps from look to look. */
struct ProgressFollower
{
    Scenario& scenario;               //!< has the bar
    Time period;                      //!< from look to look
    std::function<double()> fraction; //!< how far the simulation is
    double last{-1};                  //!< how far it was
    uint32_t still{0};                //!< looks since then
};

/** Look, and look again later if it makes sense. */
void
LookAtProgress(std::shared_ptr<ProgressFollower> follower)
{
    const double fraction = follower->fraction();
    follower->scenario.ReportProgress(fraction);
    follower->still = fraction > follower->last ? 0 : follower->still + 1;
    follower->last = fraction;
    // Otherwise a simulation that is stuck would never end.
    if (fraction < 1 && follower->still < LOOKS)
    {
        Simulator::Schedule(follower->period, &LookAtProgress, follower);
    }
}

} // namespace

std::size_t
Point::GetIndex() const
{
    return m_index;
}

const std::string&
Point::GetLabel() const
{
    return m_label;
}

const std::string&
Point::GetSlug() const
{
    return m_slug;
}

Scenario::Scenario(std::unique_ptr<Implementation> implementation)
    : m_implementation(std::move(implementation))
{
}

Scenario::~Scenario() = default;

Input<int64_t>
Scenario::AddIntegerInput(const std::string& name,
                          const std::string& unit,
                          const std::string& help,
                          const std::vector<int64_t>& defaults,
                          Range<int64_t> range)
{
    ScenarioOption option{name, unit, help, OptionKind::INTEGER};
    option.integers = range;
    option.values = MakeValues(defaults);
    const std::size_t place = m_implementation->m_inputs.size();
    return {place, m_implementation->AddInput(std::move(option))};
}

Input<double>
Scenario::AddNumberInput(const std::string& name,
                         const std::string& unit,
                         const std::string& help,
                         const std::vector<double>& defaults,
                         Range<double> range)
{
    ScenarioOption option{name, unit, help, OptionKind::NUMBER};
    option.numbers = range;
    option.values = MakeValues(defaults);
    const std::size_t place = m_implementation->m_inputs.size();
    return {place, m_implementation->AddInput(std::move(option))};
}

Input<std::string>
Scenario::AddNameInput(const std::string& name,
                       const std::string& help,
                       const std::vector<std::string>& defaults,
                       const std::vector<std::string>& known)
{
    ScenarioOption option{name, "", help, OptionKind::NAME};
    option.known = known;
    option.values = MakeValues(defaults);
    const std::size_t place = m_implementation->m_inputs.size();
    return {place, m_implementation->AddInput(std::move(option))};
}

Parameter<int64_t>
Scenario::AddInteger(const std::string& name,
                     const std::string& unit,
                     const std::string& help,
                     int64_t defaultValue,
                     Range<int64_t> range)
{
    ScenarioOption option{name, unit, help, OptionKind::INTEGER};
    option.integers = range;
    option.values = {defaultValue};
    return {m_implementation->m_options.Add(std::move(option))};
}

Parameter<double>
Scenario::AddNumber(const std::string& name,
                    const std::string& unit,
                    const std::string& help,
                    double defaultValue,
                    Range<double> range)
{
    ScenarioOption option{name, unit, help, OptionKind::NUMBER};
    option.numbers = range;
    option.values = {defaultValue};
    return {m_implementation->m_options.Add(std::move(option))};
}

Parameter<std::string>
Scenario::AddName(const std::string& name,
                  const std::string& help,
                  const std::string& defaultValue,
                  const std::vector<std::string>& known)
{
    ScenarioOption option{name, "", help, OptionKind::NAME};
    option.known = known;
    option.values = {defaultValue};
    return {m_implementation->m_options.Add(std::move(option))};
}

Parameter<std::string>
Scenario::AddFile(const std::string& name, const std::string& help, const std::string& defaultValue)
{
    ScenarioOption option{name, "", help, OptionKind::FILE};
    option.values = {defaultValue};
    return {m_implementation->m_options.Add(std::move(option))};
}

Parameter<std::string>
Scenario::AddText(const std::string& name, const std::string& help, const std::string& defaultValue)
{
    ScenarioOption option{name, "", help, OptionKind::TEXT};
    option.values = {defaultValue};
    return {m_implementation->m_options.Add(std::move(option))};
}

bool
Scenario::IsOptionGiven(std::size_t option) const
{
    const ScenarioOption& given = m_implementation->m_options.GetOptions()[option];
    return given.isGiven || given.isPreset;
}

void
Scenario::SetNames(const Input<std::string>& input, const std::vector<std::string>& names)
{
    m_implementation->m_options.SetValues(input.option, {names.begin(), names.end()});
    m_implementation->MakePoints();
}

void
Scenario::SetIntegers(const Input<int64_t>& input, const std::vector<int64_t>& integers)
{
    m_implementation->m_options.SetValues(input.option, {integers.begin(), integers.end()});
    m_implementation->MakePoints();
}

Parameter<bool>
Scenario::AddSwitch(const std::string& name, const std::string& help, bool defaultValue)
{
    ScenarioOption option{name, "", help, OptionKind::SWITCH};
    option.values = {defaultValue};
    return {m_implementation->m_options.Add(std::move(option))};
}

void
Scenario::AddPreset(const std::string& name,
                    const std::string& help,
                    const std::vector<OptionValue>& values)
{
    m_implementation->m_options.AddPreset({name, help, values});
}

void
Scenario::OptionSets(std::size_t option, const std::vector<std::string>& attributes)
{
    const std::string flag = m_implementation->m_options.GetOptions().at(option).GetFlag();
    m_implementation->NoteOwn(attributes, "; give " + flag + " instead");
}

void
Scenario::Sets(const std::vector<std::string>& attributes)
{
    m_implementation->NoteOwn(attributes, "");
}

void
Scenario::Parse()
{
    m_implementation->Parse();
}

const std::vector<Point>&
Scenario::GetPoints() const
{
    return m_implementation->m_points;
}

void
Scenario::ForEachPoint(const std::function<void(const Point&)>& function)
{
    Implementation& own = *m_implementation;
    for (const auto& point : own.m_points)
    {
        own.m_current = &point;
        ReportProgress(0);
        if (own.m_timeline)
        {
            own.m_timeline->BeginRun(point.GetLabel());
        }
        function(point);
        Simulator::Destroy();
    }
    own.m_current = nullptr;
    own.m_progress.Clear();
}

void
Scenario::ReportProgress(double fraction)
{
    Implementation& own = *m_implementation;
    if (own.m_current)
    {
        own.m_progress.Report((own.m_current->GetIndex() + fraction) / own.m_points.size(),
                              own.m_current->GetLabel());
    }
}

void
Scenario::FollowProgress(const Time& expected, std::function<double()> fraction)
{
    if (m_implementation->m_progress.IsWatched())
    {
        const Time period = TimeStep(expected.GetTimeStep() / LOOKS + 1);
        const std::shared_ptr<ProgressFollower> follower(
            new ProgressFollower{*this, period, std::move(fraction)});
        Simulator::Schedule(period, &LookAtProgress, follower);
    }
}

uint64_t
Scenario::GetRandomStart()
{
    return MixHash(RngSeedManager::GetSeed(), RngSeedManager::GetRun());
}

Results
Scenario::MakeResults() const
{
    return m_implementation->MakeResults();
}

Results::Row
Scenario::AddRow(Results& results, const Point& point) const
{
    Results::Row row = results.AddRow();
    const auto& options = m_implementation->m_options.GetOptions();
    for (std::size_t i = 0; i < m_implementation->m_inputs.size(); ++i)
    {
        row.Set(options[m_implementation->m_inputs[i]].name, point.m_values[i]);
    }
    return row;
}

bool
Scenario::Check(bool holds, const char* what)
{
    if (!holds)
    {
        m_implementation->CheckFailed(what);
    }
    return holds;
}

bool
Scenario::Check(bool holds, const std::string& what)
{
    return Check(holds, what.c_str());
}

void
Scenario::Warn(const std::string& text)
{
    m_implementation->Tell("warning: " + text);
}

bool
Scenario::IsPcapEnabled() const
{
    return std::get<bool>(m_implementation->m_options.Get(Implementation::PCAP).values.front());
}

std::string
Scenario::GetPcapPrefix() const
{
    const Implementation& own = *m_implementation;
    const bool hasSlug = own.m_current && !own.m_current->GetSlug().empty();
    return (std::filesystem::path(own.m_directory) /
            (hasSlug ? own.m_current->GetSlug() : own.m_info.name))
        .string();
}

Timeline*
Scenario::GetTimeline() const
{
    return m_implementation->m_timeline.get();
}

const std::string&
Scenario::GetOutputDirectory() const
{
    return m_implementation->m_directory;
}

void
Scenario::Finish(const Results& results, const std::vector<Figure>& figures)
{
    Implementation& own = *m_implementation;
    own.m_progress.Clear();
    if (results.GetRowCount() == 0)
    {
        throw std::runtime_error("the run has no rows");
    }
    std::vector<std::string> files{"results.json", "results.csv"};
    results.Write(own.m_directory);
    results.PrintTable(own.m_out);
    if (own.m_timeline)
    {
        own.m_timeline->Close();
        files.push_back("timeline.json");
    }
    for (const auto& figure : figures)
    {
        files.push_back(std::filesystem::path(figure.Write(own.m_directory)).filename().string());
    }
    own.m_out << "Wrote " << Join(files, ", ") << " to " << own.m_directory << std::endl;
    own.m_isFinished = true;
}

const ResultValue&
Scenario::GetParameter(std::size_t option) const
{
    return m_implementation->m_options.GetOptions().at(option).values.front();
}

void
Scenario::RejectOption(std::size_t option, const std::string& reason) const
{
    const ScenarioOption& rejected = m_implementation->m_options.GetOptions().at(option);
    throw ScenarioError(rejected.GetFlag() + "=" + rejected.GetText() + ": " + reason);
}

int
Scenario::Run(const ScenarioInfo& info,
              const std::vector<std::string>& arguments,
              const ScenarioMain& program,
              std::ostream& out,
              std::ostream& err,
              bool isTerminal)
{
    // Before any Time is made; at most once in a process.
    if (Time::GetResolution() != Time::PS)
    {
        Time::SetResolution(Time::PS);
    }
    Scenario scenario(std::make_unique<Implementation>(info, arguments, out, err, isTerminal));
    Implementation& own = *scenario.m_implementation;
    int status = Implementation::STATUS_FAILED;
    try
    {
        program(scenario);
        status = own.End();
    }
    catch (const ScenarioEnd&)
    {
        status = Implementation::STATUS_OK;
    }
    catch (const std::invalid_argument& error)
    {
        status = own.Fail(Implementation::STATUS_REFUSED, error.what());
    }
    catch (const std::exception& error)
    {
        status = own.Fail(Implementation::STATUS_FAILED, error.what());
    }
    Simulator::Destroy();
    return status;
}

int
RunScenario(int argc, char* argv[], const ScenarioInfo& info, const ScenarioMain& program)
{
    return Scenario::Run(info,
                         std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
                         program,
                         std::cout,
                         std::cerr,
                         Progress::IsErrorTerminal());
}

int
RunScenario(const std::vector<std::string>& arguments,
            const ScenarioInfo& info,
            const ScenarioMain& program,
            std::ostream& out,
            std::ostream& err)
{
    return Scenario::Run(info, arguments, program, out, err, false);
}

} // namespace offload
} // namespace ns3
