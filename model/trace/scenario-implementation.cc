/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scenario-implementation.h"

#include "given-attributes.h"
#include "ns3-arguments.h"

#include "ns3/command-line.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <set>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/** Failed checks that are told one by one. */
constexpr uint64_t TOLD_FAILURES = 10;
/** Greatest seed of ns-3's generator MRG32k3a: its second modulus less one. */
constexpr int64_t MAX_SEED = 4294944442;

std::string
MakeOneLine(std::string text)
{
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

/** What is left of a text in the name of a file. */
std::string
MakeFileName(std::string text)
{
    std::replace_if(
        text.begin(),
        text.end(),
        [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '-' && c != '_'; },
        '_');
    return text;
}

} // namespace

Scenario::Implementation::~Implementation()
{
    GivenAttributes::Set({});
}

std::size_t
Scenario::Implementation::AddInput(ScenarioOption option)
{
    option.isList = true;
    m_inputs.push_back(m_options.Add(std::move(option)));
    return m_inputs.back();
}

void
Scenario::Implementation::AddFrameOptions()
{
    std::string help = "a named configuration, which other options override";
    const char* separator = ": ";
    for (const auto& preset : m_options.GetPresets())
    {
        help += separator + preset.name + " (" + preset.help + ")";
        separator = ", ";
    }
    const auto add = [](const char* name, const std::string& text, OptionKind kind) {
        ScenarioOption option{name, "", text, kind};
        option.values = {kind == OptionKind::SWITCH ? ResultValue(false) : ResultValue("")};
        return option;
    };
    m_options.Add(add(ScenarioOptions::PRESET, help, OptionKind::TEXT));
    ScenarioOption out = add(OUT, "directory of the output files", OptionKind::TEXT);
    out.values = {"out/" + m_info.name};
    m_options.Add(std::move(out));
    m_options.Add(add(TIMELINE, "write timeline.json for Perfetto", OptionKind::SWITCH));
    m_options.Add(add(PCAP, "write packet captures for Wireshark", OptionKind::SWITCH));
    ScenarioOption seed =
        add(SEED, "seed of the random numbers (ns-3's RngSeed)", OptionKind::INTEGER);
    seed.integers = {1, MAX_SEED};
    seed.values = {static_cast<int64_t>(RngSeedManager::GetSeed())};
    m_options.Add(std::move(seed));
}

void
Scenario::Implementation::NoteOwn(const std::vector<std::string>& attributes,
                                  const std::string& advice)
{
    for (const auto& name : attributes)
    {
        const std::size_t separator = name.rfind("::");
        TypeId type;
        const bool known = TypeId::LookupByNameFailSafe(name.substr(0, separator), &type);
        bool declared = false;
        for (std::size_t i = 0; known && i < type.GetAttributeN(); ++i)
        {
            declared = declared || type.GetAttribute(i).name == name.substr(separator + 2);
        }
        if (!declared)
        {
            throw std::logic_error("there is no attribute " + name);
        }
        m_own[name] = advice;
    }
}

void
Scenario::Implementation::CheckOwn(const std::string& argument) const
{
    const std::string name = argument.substr(2, argument.find('=') - 2);
    if (const auto own = m_own.find(name); own != m_own.end())
    {
        throw ScenarioError(argument + ": " + m_info.name + " sets this itself" + own->second);
    }
}

void
Scenario::Implementation::Parse()
{
    if (m_isParsed)
    {
        throw std::logic_error("Scenario::Parse called twice");
    }
    m_isParsed = true;
    AddFrameOptions();
    const bool isHelp = std::any_of(m_arguments.begin(), m_arguments.end(), [](const auto& text) {
        return text == "--help" || text == "--PrintHelp" || text == "-h";
    });
    if (isHelp)
    {
        PrintHelp();
        throw ScenarioEnd();
    }
    m_others = m_options.Read(m_arguments);
    CheckOthers();
    HandOverToNs3();
    MakePoints();
    m_directory = m_options.Get(OUT).GetText();
    MakeDirectory();
    if (std::get<bool>(m_options.Get(TIMELINE).values.front()))
    {
        m_timeline = std::make_unique<Timeline>(
            (std::filesystem::path(m_directory) / "timeline.json").string());
    }
}

void
Scenario::Implementation::CheckOthers() const
{
    for (const auto& argument : m_others)
    {
        const std::string name = argument.substr(0, argument.find('='));
        if (name == "--RngSeed" && m_options.Get(SEED).isGiven)
        {
            throw ScenarioError("--seed and --RngSeed are the same; give one");
        }
        if (name == "--RngSeed")
        {
            ScenarioOption seed = m_options.Get(SEED);
            seed.name = "RngSeed";
            seed.Read(argument.substr(std::min(name.size() + 1, argument.size())));
        }
        CheckOwn(argument);
        if (CheckNs3Argument(argument))
        {
            continue;
        }
        std::vector<std::string> known;
        for (const auto& option : m_options.GetOptions())
        {
            if (IsOffered(option))
            {
                known.push_back(option.GetFlag());
            }
        }
        throw ScenarioError("unknown option " + name + "; there is " + Join(known, ", "));
    }
}

bool
Scenario::Implementation::IsOffered(const ScenarioOption& option) const
{
    return option.name != ScenarioOptions::PRESET || !m_options.GetPresets().empty();
}

void
Scenario::Implementation::FillCommandLine(CommandLine& commandLine,
                                          std::deque<std::string>& defaults) const
{
    commandLine.Usage(m_info.description);
    for (const auto& option : m_options.GetOptions())
    {
        if (!IsOffered(option))
        {
            continue;
        }
        const bool isPlain = option.kind == OptionKind::TEXT || option.kind == OptionKind::SWITCH;
        defaults.push_back(option.GetText());
        commandLine.AddValue(ToKebabCase(option.name),
                             isPlain ? option.help : option.help + ": " + option.DescribeAccepted(),
                             defaults.back());
    }
}

void
Scenario::Implementation::PrintHelp()
{
    CommandLine commandLine(m_info.name);
    std::deque<std::string> defaults;
    FillCommandLine(commandLine, defaults);
    commandLine.PrintHelp(m_out);
}

void
Scenario::Implementation::HandOverToNs3()
{
    if (const ScenarioOption& seed = m_options.Get(SEED); seed.isGiven)
    {
        RngSeedManager::SetSeed(static_cast<uint32_t>(std::get<int64_t>(seed.values.front())));
    }
    CommandLine commandLine(m_info.name);
    std::deque<std::string> defaults;
    FillCommandLine(commandLine, defaults);
    std::vector<std::string> arguments{m_info.name};
    arguments.insert(arguments.end(), m_others.begin(), m_others.end());
    commandLine.Parse(arguments);
    std::set<std::string> given;
    for (const auto& argument : m_others)
    {
        given.insert(argument.substr(2, argument.find('=') - 2));
    }
    GivenAttributes::Set(given);
}

void
Scenario::Implementation::MakePoints()
{
    m_points.clear();
    std::size_t count = 1;
    for (const std::size_t input : m_inputs)
    {
        count *= m_options.GetOptions()[input].values.size();
    }
    for (std::size_t index = 0; index < count; ++index)
    {
        m_points.push_back(MakePoint(index));
    }
}

Point
Scenario::Implementation::MakePoint(std::size_t index) const
{
    Point point;
    point.m_index = index;
    point.m_values.resize(m_inputs.size());
    // The last input varies fastest.
    for (std::size_t i = m_inputs.size(); i-- > 0;)
    {
        const auto& values = m_options.GetOptions()[m_inputs[i]].values;
        point.m_values[i] = values[index % values.size()];
        index /= values.size();
    }
    for (std::size_t i = 0; i < m_inputs.size(); ++i)
    {
        const ScenarioOption& option = m_options.GetOptions()[m_inputs[i]];
        if (option.values.size() > 1)
        {
            const bool isFirst = point.m_label.empty();
            point.m_label += (isFirst ? "" : ", ") +
                             DescribeValue({option.name, option.unit, true}, point.m_values[i]);
            point.m_slug += (isFirst ? "" : "-") + MakeFileName(ToPlainText(point.m_values[i]));
        }
    }
    return point;
}

Results
Scenario::Implementation::MakeResults() const
{
    Results results(m_info.name);
    for (const auto& option : m_options.GetOptions())
    {
        // Where the files go and which are written says nothing about the rows.
        const bool isFrame = option.name == OUT || option.name == TIMELINE || option.name == PCAP ||
                             option.name == SEED || option.name == ScenarioOptions::PRESET;
        if (option.isList)
        {
            results.SetParameter(option.name, option.values);
            results.AddInputColumn(option.name, option.unit);
        }
        else if (!isFrame)
        {
            results.SetParameter(option.name, option.values.front());
        }
    }
    if (const auto& preset = m_options.Get(ScenarioOptions::PRESET); preset.isGiven)
    {
        results.SetParameter(preset.name, preset.values.front());
    }
    results.SetParameter(SEED, static_cast<int64_t>(RngSeedManager::GetSeed()));
    results.SetParameter("run", static_cast<int64_t>(RngSeedManager::GetRun()));
    for (const auto& argument : m_others)
    {
        const std::size_t equals = std::min(argument.find('='), argument.size());
        const std::string name = argument.substr(2, equals - 2);
        // These two are the seed and the run.
        if (name != "RngSeed" && name != "RngRun")
        {
            results.SetParameter(name, argument.substr(std::min(equals + 1, argument.size())));
        }
    }
    return results;
}

void
Scenario::Implementation::MakeDirectory()
{
    namespace fs = std::filesystem;
    const fs::path directory(m_directory);
    fs::path part;
    std::error_code error;
    for (const auto& name : directory)
    {
        part /= name;
        if (!fs::exists(part, error) && fs::create_directory(part, error))
        {
            m_made.push_back(part);
        }
    }
    if (!fs::is_directory(directory, error) || access(m_directory.c_str(), W_OK | X_OK) != 0)
    {
        throw ScenarioError("--out=" + m_directory +
                            "; accepts a directory that can be made and written to");
    }
}

void
Scenario::Implementation::RemoveEmptyOutput()
{
    std::error_code ignored;
    if (m_timeline)
    {
        m_timeline->Discard();
    }
    // Only empty directories can be removed this way.
    for (auto made = m_made.rbegin(); made != m_made.rend(); ++made)
    {
        std::filesystem::remove(*made, ignored);
    }
}

void
Scenario::Implementation::Tell(const std::string& message)
{
    m_progress.Clear();
    const bool hasPoint = m_current && !m_current->GetLabel().empty();
    const std::string where = hasPoint ? " (" + m_current->GetLabel() + ")" : "";
    m_err << m_info.name << ": " << MakeOneLine(message + where) << std::endl;
}

void
Scenario::Implementation::CheckFailed(const std::string& what)
{
    ++m_failures;
    if (m_failures <= TOLD_FAILURES)
    {
        Tell("check failed: " + what);
    }
}

int
Scenario::Implementation::End()
{
    m_current = nullptr;
    if (m_failures > TOLD_FAILURES)
    {
        Tell(std::to_string(m_failures) + " checks failed");
    }
    if (!m_isFinished)
    {
        Tell("ended without results");
    }
    return m_isFinished && m_failures == 0 ? STATUS_OK : STATUS_FAILED;
}

int
Scenario::Implementation::Fail(int status, const std::string& message)
{
    Tell(message);
    if (status == STATUS_REFUSED)
    {
        RemoveEmptyOutput();
    }
    return status;
}

} // namespace offload
} // namespace ns3
