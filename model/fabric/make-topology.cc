/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "make-topology.h"

#include "dragonfly.h"
#include "fat-tree.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using Topology = std::unique_ptr<FabricTopology>;
using Values = std::vector<uint32_t>;

/** A kind of topology that users know by name. */
struct Variant
{
    /** A number that users choose. */
    struct Parameter
    {
        std::string name;
        uint32_t value; //!< if left out
    };

    std::string name;
    std::vector<Parameter> parameters;
    Topology (*make)(const Values& values); //!< values in the order of the parameters
};

Topology
MakeSingleSwitch(const Values& values)
{
    return FatTree::SingleSwitch(values[0]);
}

Topology
MakeLeafSpine(const Values& values)
{
    return FatTree::LeafSpine(values[0], values[1], values[2]);
}

Topology
MakeFatTree(const Values& values)
{
    return FatTree::KAry(values[0], values[1], values[2]);
}

Topology
MakeXgft(const Values& values)
{
    return std::make_unique<FatTree>(Values{values[0], values[1], values[2]},
                                     Values{values[3], values[4]});
}

Topology
MakeDragonfly(const Values& values)
{
    return std::make_unique<Dragonfly>(values[0], values[1], values[2], values[3]);
}

const std::vector<Variant>&
GetVariants()
{
    // A new kind of topology is one more row.
    static const std::vector<Variant> variants{
        {"single-switch", {{"hosts", 16}}, MakeSingleSwitch},
        {"leaf-spine", {{"leaves", 8}, {"hosts", 8}, {"spines", 8}}, MakeLeafSpine},
        {"fat-tree", {{"k", 8}, {"levels", 3}, {"oversubscription", 1}}, MakeFatTree},
        {"xgft", {{"m1", 4}, {"m2", 4}, {"m3", 8}, {"w2", 4}, {"w3", 4}}, MakeXgft},
        {"dragonfly", {{"p", 2}, {"a", 4}, {"h", 2}, {"g", 0}}, MakeDragonfly},
    };
    return variants;
}

/** @return the names of what a list has, for a person */
template <typename T>
std::string
ListNames(const std::vector<T>& list)
{
    std::string names;
    for (const auto& item : list)
    {
        names += (names.empty() ? "" : ", ") + item.name;
    }
    return names;
}

/** @return what is before and after the first separator; the latter is empty if there is none */
std::pair<std::string, std::string>
Split(const std::string& text, char separator)
{
    const std::size_t place = text.find(separator);
    return place == std::string::npos
               ? std::make_pair(text, std::string())
               : std::make_pair(text.substr(0, place), text.substr(place + 1));
}

uint32_t
ReadNumber(const std::string& parameter, const std::string& text)
{
    uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
    {
        throw std::invalid_argument(parameter + "=" + text + " is not a whole number from 0 to " +
                                    std::to_string(std::numeric_limits<uint32_t>::max()));
    }
    return value;
}

/** @return the values of all parameters of a variant */
Values
ReadValues(const Variant& variant, std::string text)
{
    Values values;
    for (const auto& parameter : variant.parameters)
    {
        values.push_back(parameter.value);
    }
    std::vector<bool> given(values.size(), false);
    while (!text.empty())
    {
        const auto [setting, rest] = Split(text, ',');
        const auto [name, value] = Split(setting, '=');
        const auto found =
            std::find_if(variant.parameters.begin(),
                         variant.parameters.end(),
                         [&name = name](const auto& parameter) { return parameter.name == name; });
        if (found == variant.parameters.end())
        {
            throw std::invalid_argument("no parameter \"" + name + "\"; there are " +
                                        ListNames(variant.parameters));
        }
        const auto index = static_cast<std::size_t>(found - variant.parameters.begin());
        if (given[index])
        {
            throw std::invalid_argument(name + " is given twice");
        }
        given[index] = true;
        values[index] = ReadNumber(name, value);
        text = rest;
    }
    return values;
}

} // namespace

std::unique_ptr<FabricTopology>
MakeTopology(const std::string& text)
{
    const auto [name, parameters] = Split(text, ':');
    const auto& variants = GetVariants();
    const auto found =
        std::find_if(variants.begin(), variants.end(), [&name = name](const auto& variant) {
            return variant.name == name;
        });
    if (found == variants.end())
    {
        throw std::invalid_argument("topology \"" + name + "\" is unknown; known are " +
                                    ListNames(variants));
    }
    try
    {
        return found->make(ReadValues(*found, parameters));
    }
    catch (const std::invalid_argument& error)
    {
        throw std::invalid_argument("topology " + name + ": " + error.what());
    }
}

namespace
{

/** @return the numbers of hosts next to one, of a kind that does not come in all sizes */
std::string
Nearest(const std::string& kind, uint32_t hosts, uint64_t (*size)(uint64_t))
{
    uint64_t n = 1;
    while (size(n + 1) < hosts)
    {
        ++n;
    }
    return kind + " of " + std::to_string(hosts) + " hosts: there is none; the nearest have " +
           std::to_string(size(n)) + " and " + std::to_string(size(n + 1)) + " hosts";
}

/** @return n for which a kind has that many hosts */
uint32_t
FindSize(const std::string& kind, uint32_t hosts, uint64_t (*size)(uint64_t))
{
    uint32_t n = 1;
    while (size(n) < hosts)
    {
        ++n;
    }
    if (size(n) != hosts)
    {
        throw std::invalid_argument(Nearest(kind, hosts, size));
    }
    return n;
}

} // namespace

Topology
MakeTopologyFor(const std::string& kind, uint32_t hosts)
{
    if (hosts < 2)
    {
        throw std::invalid_argument(kind + ": a network has at least 2 hosts");
    }
    if (kind == "single-switch")
    {
        return FatTree::SingleSwitch(hosts);
    }
    if (kind == "leaf-spine")
    {
        uint32_t leaf = 1;
        for (uint32_t i = 2; i * i <= hosts; ++i)
        {
            leaf = hosts % i == 0 ? i : leaf;
        }
        if (leaf == 1)
        {
            throw std::invalid_argument(kind + " of " + std::to_string(hosts) +
                                        " hosts: the number must have divisors, such as 16 or 64");
        }
        return FatTree::LeafSpine(hosts / leaf, leaf, leaf);
    }
    if (kind == "fat-tree")
    {
        // Of k = 2 n ports
        const auto size = [](uint64_t n) { return 2 * n * n * n; };
        return FatTree::KAry(2 * FindSize(kind, hosts, size), 3);
    }
    if (kind == "dragonfly")
    {
        const auto size = [](uint64_t h) { return 2 * h * h * (2 * h * h + 1); };
        const uint32_t h = FindSize(kind, hosts, size);
        return std::make_unique<Dragonfly>(h, 2 * h, h);
    }
    throw std::invalid_argument(kind + " is not single-switch, leaf-spine, fat-tree or dragonfly");
}

std::string
GetTopologyHelp()
{
    std::string help;
    for (const auto& variant : GetVariants())
    {
        help += (help.empty() ? "" : "; ") + variant.name;
        char separator = ':';
        for (const auto& parameter : variant.parameters)
        {
            help += separator + parameter.name + "=" + std::to_string(parameter.value);
            separator = ',';
        }
    }
    return help;
}

} // namespace offload
} // namespace ns3
