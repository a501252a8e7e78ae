/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CHECKED_ATTRIBUTE_H
#define OFFLOAD_CHECKED_ATTRIBUTE_H

#include "ns3/attribute.h"
#include "ns3/object-factory.h"

#include <string>

namespace ns3
{
namespace offload
{

/**
 * Set an attribute of a factory's objects; where ns-3 would end the program, throw one line. What
 * the user of a scenario has given stays as it is: see GivenAttributes.
 * @param factory its type is set
 * @param name the attribute
 * @param value its value
 * @throw std::invalid_argument if there is no such attribute or it refuses the value
 */
void SetCheckedAttribute(ObjectFactory& factory,
                         const std::string& name,
                         const AttributeValue& value);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CHECKED_ATTRIBUTE_H */
