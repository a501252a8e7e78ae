/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_NS3_ARGUMENTS_H
#define OFFLOAD_NS3_ARGUMENTS_H

#include <string>

namespace ns3
{
namespace offload
{

/**
 * Check an argument that ns3::CommandLine handles by itself before it is given to it, since that
 * ends the program with status 1 and a page of help for what it does not like, and several of
 * ns-3's values abort on a text that they cannot read.
 *
 * Throws ScenarioError when ns-3 would not accept the value.
 *
 * @param argument --ns3::Class::Attribute=value, --GlobalName=value, --PrintAttributes=type, ...
 * @return whether ns-3 knows such an argument
 */
bool CheckNs3Argument(const std::string& argument);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NS3_ARGUMENTS_H */
