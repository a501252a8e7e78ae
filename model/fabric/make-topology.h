/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MAKE_TOPOLOGY_H
#define OFFLOAD_MAKE_TOPOLOGY_H

#include "fabric-topology.h"

#include <memory>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * Make a topology from what a user wrote: a name and, after a colon, parameters, as in
 * "fat-tree:k=8,levels=3,oversubscription=1" or "single-switch:hosts=16". Parameters that are left
 * out have the values of GetTopologyHelp().
 *
 * @param text the name and the parameters
 * @return the topology
 * @throw std::invalid_argument with one line that names what is known, if the name, a parameter or
 *        a value is not
 */
std::unique_ptr<FabricTopology> MakeTopology(const std::string& text);

/** @return the names and parameters with their values when left out, for a help text */
std::string GetTopologyHelp();

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MAKE_TOPOLOGY_H */
