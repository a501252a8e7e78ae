/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scenario-options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/** The elements of a comma-separated list; one empty element for an empty text. */
std::vector<std::string>
Split(const std::string& text)
{
    std::vector<std::string> elements(1);
    for (const char c : text)
    {
        if (c == ',')
        {
            elements.emplace_back();
        }
        else
        {
            elements.back() += c;
        }
    }
    return elements;
}

/** Read a whole text as a number; nothing if it is none or does not fit. */
template <typename T>
std::optional<T>
ReadNumber(const std::string& text)
{
    T value{};
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    return result.ec == std::errc() && result.ptr == end ? std::optional<T>(value) : std::nullopt;
}

/** Say a range: "from 1 to 1472", "of at least 0". */
template <typename T>
std::string
DescribeRange(const Range<T>& range)
{
    const std::string min = ToPlainText(MakeResultValue(range.min));
    return range.max == std::numeric_limits<T>::max()
               ? "of at least " + min
               : "from " + min + " to " + ToPlainText(MakeResultValue(range.max));
}

template <typename T>
bool
IsIn(const T& value, const Range<T>& range)
{
    return value >= range.min && value <= range.max;
}

bool
IsReadableFile(const std::string& path)
{
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && std::ifstream(path).good();
}

/** A name and a value of a command line's argument. */
struct Argument
{
    std::string name;                 //!< between the dashes and "="
    std::optional<std::string> value; //!< after "=", none without "="
};

/** Take an argument apart; throws ScenarioError if it is no option. */
Argument
ReadArgument(const std::string& text)
{
    const std::size_t begin = text.find_first_not_of('-');
    if (begin == 0 || begin > 2)
    {
        throw ScenarioError("unexpected argument \"" + text + "\"; options are --name=value");
    }
    const std::size_t equals = text.find('=', begin);
    if (equals == std::string::npos)
    {
        return {text.substr(begin), std::nullopt};
    }
    return {text.substr(begin, equals - begin), text.substr(equals + 1)};
}

/** A default or a preset must be what the option itself accepts. */
void
CheckOwnValue(const ScenarioOption& option, const std::string& value)
{
    // An empty text or file is "not given".
    if (option.kind == OptionKind::TEXT || option.kind == OptionKind::FILE)
    {
        return;
    }
    try
    {
        option.Read(value);
    }
    catch (const ScenarioError& error)
    {
        throw std::logic_error(error.what());
    }
}

} // namespace

std::string
ToKebabCase(std::string name)
{
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

std::string
Join(const std::vector<std::string>& texts, const std::string& separator)
{
    std::string joined;
    for (std::size_t i = 0; i < texts.size(); ++i)
    {
        joined += (i == 0 ? "" : separator) + texts[i];
    }
    return joined;
}

std::string
ScenarioOption::GetFlag() const
{
    return "--" + ToKebabCase(name);
}

std::string
ScenarioOption::GetText() const
{
    std::vector<std::string> texts;
    std::transform(values.begin(), values.end(), std::back_inserter(texts), [](const auto& v) {
        return ToPlainText(v);
    });
    return Join(texts, ",");
}

std::string
ScenarioOption::DescribeAccepted() const
{
    const std::string inUnit = unit.empty() ? "" : " (" + unit + ")";
    const auto describe = [&](const char* one, const char* many, const std::string& range) {
        return (isList ? std::string("a list of ") + many : std::string(one)) + " " + range +
               inUnit;
    };
    switch (kind)
    {
    case OptionKind::INTEGER:
        return describe("an integer", "integers", DescribeRange(integers));
    case OptionKind::NUMBER:
        return describe("a number", "numbers", DescribeRange(numbers));
    case OptionKind::NAME:
        return (isList ? "a list of " : "one of ") + Join(known, ", ");
    case OptionKind::FILE:
        return "a readable file";
    case OptionKind::SWITCH:
        return "true or false";
    case OptionKind::TEXT:
        break;
    }
    return "a text that is not empty";
}

std::vector<ResultValue>
ScenarioOption::Read(const std::optional<std::string>& text) const
{
    if (!text && kind == OptionKind::SWITCH)
    {
        return {true};
    }
    if (!text)
    {
        throw ScenarioError(GetFlag() + " needs a value: " + GetFlag() + "=..., " +
                            DescribeAccepted());
    }
    if (!isList)
    {
        return {ReadElement(*text, *text)};
    }
    std::vector<ResultValue> read;
    for (const auto& element : Split(*text))
    {
        read.push_back(ReadElement(element, *text));
    }
    return read;
}

ResultValue
ScenarioOption::ReadElement(const std::string& element, const std::string& text) const
{
    switch (kind)
    {
    case OptionKind::INTEGER:
        if (const auto value = ReadNumber<int64_t>(element); value && IsIn(*value, integers))
        {
            return *value;
        }
        break;
    case OptionKind::NUMBER:
        if (const auto value = ReadNumber<double>(element);
            value && std::isfinite(*value) && IsIn(*value, numbers))
        {
            return *value;
        }
        break;
    case OptionKind::NAME:
        if (std::find(known.begin(), known.end(), element) != known.end())
        {
            return element;
        }
        break;
    case OptionKind::FILE:
        if (IsReadableFile(element))
        {
            return element;
        }
        break;
    case OptionKind::TEXT:
        if (!element.empty())
        {
            return element;
        }
        break;
    case OptionKind::SWITCH:
        if (element == "true" || element == "1")
        {
            return true;
        }
        if (element == "false" || element == "0")
        {
            return false;
        }
        break;
    }
    const std::string culprit =
        element == text ? ""
                        : ": " + (element.empty() ? "an empty element" : element) + " is wrong";
    throw ScenarioError(GetFlag() + "=" + text + culprit + "; accepts " + DescribeAccepted());
}

std::size_t
ScenarioOptions::Add(ScenarioOption option)
{
    if (Find(option.name))
    {
        throw std::logic_error("option " + option.GetFlag() + " declared twice");
    }
    if (option.values.empty())
    {
        throw std::logic_error("option " + option.GetFlag() + " has no default");
    }
    CheckOwnValue(option, option.GetText());
    m_options.push_back(std::move(option));
    return m_options.size() - 1;
}

void
ScenarioOptions::AddPreset(ScenarioPreset preset)
{
    m_presets.push_back(std::move(preset));
}

void
ScenarioOptions::SetValues(std::size_t option, std::vector<ResultValue> values)
{
    m_options[option].values = std::move(values);
}

const std::vector<ScenarioOption>&
ScenarioOptions::GetOptions() const
{
    return m_options;
}

const std::vector<ScenarioPreset>&
ScenarioOptions::GetPresets() const
{
    return m_presets;
}

ScenarioOption*
ScenarioOptions::Find(const std::string& name)
{
    const auto found = std::find_if(m_options.begin(), m_options.end(), [&](const auto& option) {
        return option.name == name;
    });
    return found == m_options.end() ? nullptr : &*found;
}

const ScenarioOption&
ScenarioOptions::Get(const std::string& name) const
{
    const auto found = std::find_if(m_options.begin(), m_options.end(), [&](const auto& option) {
        return option.name == name;
    });
    if (found == m_options.end())
    {
        throw std::logic_error("no option " + name);
    }
    return *found;
}

std::vector<std::string>
ScenarioOptions::Read(const std::vector<std::string>& arguments)
{
    std::vector<std::string> others;
    std::set<std::string> seen;
    CheckPresets();
    for (const auto& text : arguments)
    {
        const Argument argument = ReadArgument(text);
        if (!seen.insert(argument.name).second)
        {
            throw ScenarioError("--" + argument.name + " is given twice");
        }
        const auto option = std::find_if(m_options.begin(), m_options.end(), [&](const auto& o) {
            return ToKebabCase(o.name) == argument.name;
        });
        if (option != m_options.end())
        {
            option->values = option->Read(argument.value);
            option->isGiven = true;
        }
        else
        {
            others.push_back("--" + argument.name + (argument.value ? "=" + *argument.value : ""));
        }
    }
    if (const ScenarioOption* preset = Find(PRESET); preset && preset->isGiven)
    {
        ApplyPreset(preset->GetText());
    }
    return others;
}

void
ScenarioOptions::CheckPresets()
{
    for (const auto& preset : m_presets)
    {
        for (const auto& [name, value] : preset.values)
        {
            const ScenarioOption* option = Find(name);
            if (!option)
            {
                throw std::logic_error("preset " + preset.name + " sets the unknown option " +
                                       name);
            }
            CheckOwnValue(*option, value);
        }
    }
}

void
ScenarioOptions::ApplyPreset(const std::string& name)
{
    const auto preset = std::find_if(m_presets.begin(), m_presets.end(), [&](const auto& p) {
        return p.name == name;
    });
    if (preset == m_presets.end())
    {
        std::vector<std::string> known;
        std::transform(m_presets.begin(),
                       m_presets.end(),
                       std::back_inserter(known),
                       [](const auto& p) { return p.name; });
        throw ScenarioError(
            "--preset=" + name + " is unknown; " +
            (known.empty() ? "this scenario has none" : "there is " + Join(known, ", ")));
    }
    for (const auto& [optionName, value] : preset->values)
    {
        ScenarioOption* option = Find(optionName);
        if (!option->isGiven)
        {
            option->values = option->Read(value);
            option->isPreset = true;
        }
    }
}

} // namespace offload
} // namespace ns3
