/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3-arguments.h"

#include "scenario-options.h"

#include "ns3/attribute.h"
#include "ns3/global-value.h"
#include "ns3/ptr.h"
#include "ns3/string.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ns3
{
namespace offload
{

namespace
{

/** Arguments without a value that print something and end the program. */
constexpr std::array<const char*, 5> PRINTERS = {"PrintVersion",
                                                 "version",
                                                 "PrintGroups",
                                                 "PrintTypeIds",
                                                 "PrintGlobals"};

/** Ask ns-3 whether it accepts a text for an attribute or global value. */
bool
IsValid(const Ptr<const AttributeChecker>& checker, const std::string& text)
{
    return PeekPointer(checker->CreateValidValue(StringValue(text))) != nullptr;
}

/** The same in a process of its own, since some of ns-3's values abort on a bad text. */
bool
IsValidApart(const Ptr<const AttributeChecker>& checker, const std::string& text)
{
    const pid_t child = fork();
    if (child < 0)
    {
        return IsValid(checker, text);
    }
    if (child == 0)
    {
        const struct rlimit noCore = {0, 0};
        setrlimit(RLIMIT_CORE, &noCore);
        std::signal(SIGABRT, SIG_DFL);
        const int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        bool isValid = false;
        try
        {
            isValid = IsValid(checker, text);
        }
        catch (...)
        {
            // The verdict stands.
        }
        _exit(isValid ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    pid_t waited = 0;
    do
    {
        waited = waitpid(child, &status, 0);
    } while (waited < 0 && errno == EINTR);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

void
CheckValue(const std::string& argument,
           const Ptr<const AttributeChecker>& checker,
           const std::string& value)
{
    const std::string range =
        checker->HasUnderlyingTypeInformation() ? checker->GetUnderlyingTypeInformation() : "";
    // ns-3 would read -1 as the greatest number.
    const bool isWrapped = range.rfind("uint", 0) == 0 && value.rfind('-', 0) == 0;
    if (!isWrapped && IsValidApart(checker, value))
    {
        return;
    }
    const std::string accepted = range.empty() ? checker->GetValueTypeName() : range;
    throw ScenarioError(argument + "; accepts " + accepted);
}

/** @return the checker of an attribute that a type declares itself, null if it has none such */
Ptr<const AttributeChecker>
FindChecker(const TypeId& type, const std::string& attribute)
{
    for (std::size_t i = 0; i < type.GetAttributeN(); ++i)
    {
        const auto information = type.GetAttribute(i);
        if (information.name == attribute)
        {
            return information.checker;
        }
    }
    return nullptr;
}

void
CheckAttribute(const std::string& argument, const std::string& name, const std::string& value)
{
    const std::size_t separator = name.rfind("::");
    const std::string typeName = name.substr(0, separator);
    const std::string attribute = name.substr(separator + 2);
    TypeId type;
    if (!TypeId::LookupByNameFailSafe(typeName, &type))
    {
        throw ScenarioError("--" + name + ": there is no type " + typeName +
                            " (--PrintTypeIds lists them)");
    }
    if (const auto checker = FindChecker(type, attribute))
    {
        CheckValue(argument, checker, value);
        return;
    }
    // ns-3 takes an inherited attribute only under the name of the type that declares it.
    for (TypeId parent = type.GetParent(); parent != type; parent = type.GetParent())
    {
        type = parent;
        if (FindChecker(type, attribute))
        {
            throw ScenarioError("--" + name + ": " + typeName + " inherits it; write --" +
                                type.GetName() + "::" + attribute);
        }
    }
    throw ScenarioError("--" + name + ": " + typeName + " has no attribute " + attribute +
                        " (--PrintAttributes=" + typeName + " lists them)");
}

void
CheckGroup(const std::string& argument, const std::string& group)
{
    for (uint16_t i = 0; i < TypeId::GetRegisteredN(); ++i)
    {
        if (TypeId::GetRegistered(i).GetGroupName() == group)
        {
            return;
        }
    }
    throw ScenarioError(argument + ": there is no such group (--PrintGroups lists them)");
}

void
CheckType(const std::string& argument, const std::string& name)
{
    TypeId type;
    if (!TypeId::LookupByNameFailSafe(name, &type))
    {
        throw ScenarioError(argument + ": there is no such type (--PrintTypeIds lists them)");
    }
}

/** Check the value of a global; @return whether there is such a global. */
bool
CheckGlobal(const std::string& argument, const std::string& name, const std::string& value)
{
    for (auto global = GlobalValue::Begin(); global != GlobalValue::End(); ++global)
    {
        if ((*global)->GetName() == name)
        {
            CheckValue(argument, (*global)->GetChecker(), value);
            return true;
        }
    }
    return false;
}

} // namespace

bool
CheckNs3Argument(const std::string& argument)
{
    const std::size_t begin = std::min(argument.find_first_not_of('-'), argument.size());
    const std::size_t equals = std::min(argument.find('=', begin), argument.size());
    const std::string name = argument.substr(begin, equals - begin);
    const std::string value = equals < argument.size() ? argument.substr(equals + 1) : "";
    if (std::find(PRINTERS.begin(), PRINTERS.end(), name) != PRINTERS.end())
    {
        return true;
    }
    if (name == "PrintGroup")
    {
        CheckGroup(argument, value);
        return true;
    }
    if (name == "PrintAttributes")
    {
        CheckType(argument, value);
        return true;
    }
    if (name.find("::") != std::string::npos)
    {
        CheckAttribute(argument, name, value);
        return true;
    }
    return CheckGlobal(argument, name, value);
}

} // namespace offload
} // namespace ns3
