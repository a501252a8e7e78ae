/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MAKE_TOPOLOGY_H
#define OFFLOAD_MAKE_TOPOLOGY_H

#include "fabric-topology.h"

#include <cstdint>
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

/**
 * Make the usual topology of a kind for a number of hosts: leaf-spine as square as possible with as
 * many spines as a leaf has hosts, fat-tree of three levels without oversubscription, dragonfly
 * balanced (p = h, a = 2 h, as many groups as possible).
 *
 * @param kind single-switch, leaf-spine, fat-tree or dragonfly
 * @param hosts how many
 * @return the topology
 * @throw std::invalid_argument with one line that names numbers of hosts that would do
 */
std::unique_ptr<FabricTopology> MakeTopologyFor(const std::string& kind, uint32_t hosts);

/** @return the names and parameters with their values when left out, for a help text */
std::string GetTopologyHelp();

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MAKE_TOPOLOGY_H */
