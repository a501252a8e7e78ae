/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SWITCH_ROUTING_H
#define OFFLOAD_SWITCH_ROUTING_H

#include <cstdint>
#include <functional>

namespace ns3
{
namespace offload
{

/** Neighbouring ports of a switch that all lead to a destination. */
struct PortRange
{
    uint32_t first; //!< the least port
    uint32_t count; //!< how many; 0 if none leads there
};

/**
 * Which ports of one switch lead where, computed from the topology's structure.
 *
 * Hosts are numbered from 0. There is no table with an entry per host.
 */
class SwitchRouting
{
  public:
    virtual ~SwitchRouting() = default;

    /**
     * @param host the destination
     * @param ingress port by which the frame came in
     * @return the ports on shortest paths
     */
    PortRange GetPorts(uint32_t host, uint32_t ingress) const
    {
        // Hosts before the first wrap around to very large numbers.
        const uint32_t number = host - m_below.first;
        if (number < m_below.hosts)
        {
            return {number / m_below.portHosts, 1};
        }
        return m_others.count > 0 ? m_others : FindPorts(host, ingress);
    }

    /**
     * The ports by which a frame for many is passed on, such that every host gets it once.
     * @param ingress port by which the frame came in
     * @param choice picks one of several possible trees; the same in all switches for a frame
     * @param pass called with each port and the least and, exclusively, the greatest host behind
     *             it; all ones of both if the port leads up the tree
     */
    virtual void GetTreePorts(
        uint32_t ingress,
        uint32_t choice,
        const std::function<void(uint32_t port, uint32_t begin, uint32_t end)>& pass) const = 0;

    /// Both hosts of a port that leads up the tree
    static constexpr uint32_t ALL_HOSTS = UINT32_MAX;

  protected:
    /** Hosts that are spread over ports from 0 on, as many behind each. */
    struct Hosts
    {
        uint32_t first{0};     //!< the least
        uint32_t hosts{0};     //!< how many
        uint32_t portHosts{1}; //!< how many behind each port
    };

    SwitchRouting() = default;

    /**
     * For what is told without a call.
     * @param below such hosts, and none of them behind other ports
     * @param others ports that lead to any other host; count 0: FindPorts tells
     */
    SwitchRouting(const Hosts& below, PortRange others)
        : m_below(below),
          m_others(others)
    {
    }

    /** GetPorts() where that is not known beforehand. @copydetails GetPorts */
    virtual PortRange FindPorts(uint32_t host, uint32_t ingress) const = 0;

    Hosts m_below;            //!< see the constructor
    PortRange m_others{0, 0}; //!< see the constructor
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SWITCH_ROUTING_H */
