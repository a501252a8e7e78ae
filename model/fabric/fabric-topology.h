/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FABRIC_TOPOLOGY_H
#define OFFLOAD_FABRIC_TOPOLOGY_H

#include "switch-routing.h"

#include <cstdint>
#include <memory>
#include <string>

namespace ns3
{
namespace offload
{

/** The structure of a network: how many hosts and switches, what is plugged in where. */
class FabricTopology
{
  public:
    /** A port of a switch. */
    struct Place
    {
        uint32_t node; //!< the switch
        uint32_t port; //!< its port
    };

    virtual ~FabricTopology() = default;

    /** @return name and size for a person, in one line */
    virtual std::string GetName() const = 0;

    /** @return number of hosts */
    virtual uint32_t GetHosts() const = 0;

    /** @return number of switches */
    virtual uint32_t GetSwitches() const = 0;

    /**
     * @param node a switch
     * @return number of its ports
     */
    virtual uint32_t GetPorts(uint32_t node) const = 0;

    /**
     * @param host a host
     * @return where it is plugged in
     */
    virtual Place GetHostPlace(uint32_t host) const = 0;

    /**
     * @param from a port
     * @return the port at the other end of the cable
     * @throw std::invalid_argument if a host is plugged in there
     */
    virtual Place GetPeer(Place from) const = 0;

    /**
     * @param place a port
     * @return whether a host is plugged in there
     */
    virtual bool IsHostPort(Place place) const = 0;

    /**
     * @param node a switch
     * @return which of its ports lead where
     */
    virtual std::unique_ptr<SwitchRouting> MakeRouting(uint32_t node) const = 0;

    /**
     * @return whether frames that wait for room in the next switch never wait for each other in a
     *         circle, so that classes may be lossless
     */
    virtual bool IsDeadlockFree() const = 0;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FABRIC_TOPOLOGY_H */
