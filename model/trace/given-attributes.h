/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_GIVEN_ATTRIBUTES_H
#define OFFLOAD_GIVEN_ATTRIBUTES_H

#include "ns3/type-id.h"

#include <set>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * The attributes that the user of the scenario that runs has given by --ns3::Class::Attribute. They
 * win over what helpers set; in a program without a scenario there are none.
 */
class GivenAttributes
{
  public:
    /** @param names "ns3::Class::Attribute", by the class that declares it */
    static void Set(const std::set<std::string>& names);

    /**
     * @param type of an object
     * @param attribute one of its attributes, its own or inherited
     * @return whether the user gave it
     */
    static bool Contains(TypeId type, const std::string& attribute);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_GIVEN_ATTRIBUTES_H */
