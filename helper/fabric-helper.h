/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FABRIC_HELPER_H
#define OFFLOAD_FABRIC_HELPER_H

#include "link-helper.h"

#include "ns3/fabric-switch.h"
#include "ns3/fabric-topology.h"
#include "ns3/multicast-groups.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"

#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** A network that was built: its hosts' devices and its switches. */
struct Fabric
{
    NetDeviceContainer hostDevices;          //!< by number of the host
    NodeContainer switchNodes;               //!< by number of the switch
    std::vector<Ptr<FabricSwitch>> switches; //!< by number; aggregated to the nodes
    Ptr<MulticastGroups> groups;             //!< members of multicast groups
};

/**
 * Builds a switched network of any topology: switches, cables and the hosts' devices.
 *
 *     FabricHelper fabric;
 *     fabric.SetHostDeviceType("ns3::offload::SpinNetDevice");
 *     NodeContainer hosts;
 *     hosts.Create(16);
 *     Fabric network = fabric.Install(*FatTree::KAry(4, 3), hosts);
 *
 * Hosts get MAC addresses from which switches read their number (MakeHostAddress).
 *
 * Bad settings are refused with std::invalid_argument, whose message is one line that names the
 * attribute and the accepted values.
 */
class FabricHelper
{
  public:
    /** @throw std::runtime_error if a time step is not a picosecond */
    FabricHelper();

    /**
     * Choose the hosts' devices; attributes set before are forgotten.
     * @param type TypeId name of LinkNetDevice or a subclass
     * @throw std::invalid_argument if it is neither
     */
    void SetHostDeviceType(const std::string& type);

    /**
     * Set an attribute of the hosts' devices.
     * @param name the attribute
     * @param value its value
     * @throw std::invalid_argument if there is no such attribute or it refuses the value
     */
    void SetHostDeviceAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Choose the switches; attributes set before are forgotten.
     * @param type TypeId name of FabricSwitch or a subclass
     * @throw std::invalid_argument if it is neither
     */
    void SetSwitchType(const std::string& type);

    /**
     * Set an attribute of the switches.
     * @param name the attribute of FabricSwitch
     * @param value its value
     * @throw std::invalid_argument as above
     */
    void SetSwitchAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Set an attribute of the switches' ports.
     * @param name the attribute of SwitchPort; not QueueSize, since the switch bounds their queues
     * @param value its value
     * @throw std::invalid_argument as above
     */
    void SetPortAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Set an attribute of hosts' devices and switches' ports: DataRate, Mtu, PriorityFlowControl.
     * @param name the attribute of LinkNetDevice
     * @param value its value
     * @throw std::invalid_argument as above
     */
    void SetDeviceAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Set an attribute of the cables.
     * @param name the attribute of LinkChannel
     * @param value its value
     * @throw std::invalid_argument as above
     */
    void SetChannelAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Make some classes lossless: the switches', and PriorityFlowControl of all devices.
     * @param classes bit i is set if class i is lossless
     */
    void SetLosslessClasses(uint8_t classes);

    /**
     * Build the network.
     * @param topology its structure
     * @param hosts one node per host
     * @return what was built
     * @throw std::invalid_argument if there are not as many nodes as hosts, if the switches'
     *         buffers are too small for what is lossless or reserved, if a host's Mtu is above that
     *         of the switches' ports, or if something is lossless and the topology could deadlock
     */
    Fabric Install(const FabricTopology& topology, const NodeContainer& hosts);

    /**
     * Build the network around devices that are there already.
     * @param topology its structure
     * @param devices one LinkNetDevice per host, not connected; they get the host's address
     * @return what was built
     * @throw std::invalid_argument as above
     */
    Fabric Install(const FabricTopology& topology, const NetDeviceContainer& devices);

    /**
     * Use fixed random numbers.
     * @param fabric what was built
     * @param stream first stream
     * @return number of streams used
     */
    static int64_t AssignStreams(const Fabric& fabric, int64_t stream);

    /**
     * @param fabric what was built
     * @return bytes that have crossed its links, preambles and checksums included; a frame counts
     *         once for each link
     */
    static uint64_t GetTraffic(const Fabric& fabric);

  private:
    void CheckLossless(const FabricTopology& topology) const; //!< see Install

    LinkHelper m_hosts;            //!< makes the hosts' devices and the cables
    LinkHelper m_ports;            //!< makes the switches' ports
    ObjectFactory m_switchFactory; //!< makes the switches
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FABRIC_HELPER_H */
