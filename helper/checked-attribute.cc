/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "checked-attribute.h"

#include "ns3/given-attributes.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

void
SetCheckedAttribute(ObjectFactory& factory, const std::string& name, const AttributeValue& value)
{
    const std::string type = factory.GetTypeId().GetName();
    TypeId::AttributeInformation attribute;
    if (!factory.GetTypeId().LookupAttributeByName(name, &attribute))
    {
        throw std::invalid_argument(type + " has no attribute " + name);
    }
    if (!attribute.checker->CreateValidValue(value))
    {
        throw std::invalid_argument(type + "::" + name + " does not accept " +
                                    value.SerializeToString(attribute.checker) + ", but " +
                                    (attribute.checker->HasUnderlyingTypeInformation()
                                         ? attribute.checker->GetUnderlyingTypeInformation()
                                         : attribute.checker->GetValueTypeName()));
    }
    if (!GivenAttributes::Contains(factory.GetTypeId(), name))
    {
        factory.Set(name, value);
    }
}

} // namespace offload
} // namespace ns3
