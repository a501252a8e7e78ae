/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "given-attributes.h"

namespace ns3
{
namespace offload
{

namespace
{

/** @return what the user has given */
std::set<std::string>&
GetNames()
{
    static std::set<std::string> names;
    return names;
}

} // namespace

void
GivenAttributes::Set(const std::set<std::string>& names)
{
    GetNames() = names;
}

bool
GivenAttributes::Contains(TypeId type, const std::string& attribute)
{
    const std::set<std::string>& names = GetNames();
    if (names.empty())
    {
        return false;
    }
    while (names.count(type.GetName() + "::" + attribute) == 0)
    {
        const TypeId parent = type.GetParent();
        if (parent == type)
        {
            return false;
        }
        type = parent;
    }
    return true;
}

} // namespace offload
} // namespace ns3
