/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SCENARIO_OPTIONS_H
#define OFFLOAD_SCENARIO_OPTIONS_H

#include "results.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * What a user asked for cannot be done; the message is one line for that user and says what would
 * be accepted. Models and helpers may as well throw std::invalid_argument, which is treated alike.
 */
class ScenarioError : public std::invalid_argument
{
  public:
    using std::invalid_argument::invalid_argument;
};

/**
 * What a number must be in, both ends included.
 * @tparam T int64_t or double
 */
template <typename T>
struct Range
{
    T min;                                //!< least
    T max{std::numeric_limits<T>::max()}; //!< greatest; the type's own means "no limit"
};

/**
 * An option with a list of values, whose product makes the rows.
 * @tparam T int64_t, double or std::string
 */
template <typename T>
struct Input
{
    std::size_t index;  //!< which input
    std::size_t option; //!< which option
};

/**
 * An option with one value for the whole run.
 * @tparam T int64_t, double, bool or std::string
 */
template <typename T>
struct Parameter
{
    std::size_t option; //!< which option
};

/** An option and its value as text. */
struct OptionValue
{
    std::string name;  //!< in snake case
    std::string value; //!< as it would be given
};

/** A named set of option values. */
struct ScenarioPreset
{
    std::string name;                //!< what --preset takes
    std::string help;                //!< what it is, with its source
    std::vector<OptionValue> values; //!< what it sets
};

/** What an option takes. */
enum class OptionKind
{
    INTEGER, //!< a whole number
    NUMBER,  //!< a finite number
    NAME,    //!< one of a set of names
    FILE,    //!< the path of a readable file
    TEXT,    //!< any text
    SWITCH   //!< true or false, true when no value is given
};

/** An option of a scenario, with its values once read. */
struct ScenarioOption
{
    std::string name;                  //!< in snake case
    std::string unit;                  //!< for people, empty for none
    std::string help;                  //!< what it is
    OptionKind kind{OptionKind::TEXT}; //!< what it takes
    bool isList{false};                //!< takes a comma-separated list
    Range<int64_t> integers{0};        //!< for INTEGER
    Range<double> numbers{0};          //!< for NUMBER
    std::vector<std::string> known{};  //!< for NAME
    std::vector<ResultValue> values{}; //!< the default, later what was given; one if no list
    bool isGiven{false};               //!< on the command line
    bool isPreset{false};              //!< by a preset that the command line does not override

    /** @return the option as it is written on a command line, without its value: --size-kib */
    std::string GetFlag() const;
    /** @return what it accepts: "integers from 1 to 1472 (B)" */
    std::string DescribeAccepted() const;
    /** @return the values as they would be given on a command line */
    std::string GetText() const;
    /**
     * Read a value from text; throws ScenarioError.
     * @param text what was given, none for an option without "="
     * @return the values, one if this is no list
     */
    std::vector<ResultValue> Read(const std::optional<std::string>& text) const;

  private:
    /** Read one element. */
    ResultValue ReadElement(const std::string& element, const std::string& text) const;
};

/** The options and presets of a scenario: declaring them, and reading a command line. */
class ScenarioOptions
{
  public:
    static constexpr const char* PRESET = "preset"; //!< the option that names a preset

    /**
     * @param option a new option; one that cannot be is a std::logic_error
     * @return its index
     */
    std::size_t Add(ScenarioOption option);
    /** @param preset a new preset; its values are checked by Read */
    void AddPreset(ScenarioPreset preset);

    /**
     * Read a command line; throws ScenarioError.
     * @param arguments the command line without the program's name
     * @return the arguments that are no option of the scenario, as --name or --name=value
     */
    std::vector<std::string> Read(const std::vector<std::string>& arguments);

    /**
     * Replace the list of an option.
     * @param option its index
     * @param values the list
     */
    void SetValues(std::size_t option, std::vector<ResultValue> values);

    /** @return the options in order of declaration */
    const std::vector<ScenarioOption>& GetOptions() const;
    /** @return the presets in order of declaration */
    const std::vector<ScenarioPreset>& GetPresets() const;
    /**
     * @param name an option's name in snake case
     * @return it
     */
    const ScenarioOption& Get(const std::string& name) const;

  private:
    /** @return the option with a name in snake case, null if there is none */
    ScenarioOption* Find(const std::string& name);
    /** Throw std::logic_error for a preset that its options do not accept. */
    void CheckPresets();
    /** Set what the preset says where nothing was given. */
    void ApplyPreset(const std::string& name);

    std::vector<ScenarioOption> m_options; //!< in order of declaration
    std::vector<ScenarioPreset> m_presets; //!< in order of declaration
};

/** @return a name in snake case in kebab case */
std::string ToKebabCase(std::string name);
/** @return texts with a separator between them */
std::string Join(const std::vector<std::string>& texts, const std::string& separator);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SCENARIO_OPTIONS_H */
