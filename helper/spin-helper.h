/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_HELPER_H
#define OFFLOAD_SPIN_HELPER_H

#include "link-helper.h"

#include "ns3/spin-net-device.h"

#include <string>

namespace ns3
{
namespace offload
{

/**
 * Puts sPIN NICs into nodes: the device, its unit, its PCIe link and rings, and, once per node, the
 * host's memory and cores. Connects them by Ethernet links; pcap and ascii traces as LinkHelper.
 *
 * Bad settings are refused with std::invalid_argument, whose message is one line that names the
 * attribute and the accepted values. A time resolution other than picoseconds is refused with
 * std::runtime_error.
 */
class SpinHelper : public LinkHelper
{
  public:
    /** @throw std::runtime_error if a time step is not a picosecond */
    SpinHelper();

    /** Set an attribute of the sPIN units created from now on; as SetDeviceAttribute. */
    void SetUnitAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the NICs' steering tables; as SetDeviceAttribute. */
    void SetSteeringAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the NICs' input buffers; as SetDeviceAttribute. */
    void SetInputBufferAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the rings between NICs and hosts; as SetDeviceAttribute. */
    void SetHostPathAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the PCIe links; as SetDeviceAttribute. */
    void SetPcieAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the memory of hosts that have none yet; as SetDeviceAttribute. */
    void SetMemoryAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the cores of hosts that have none yet; as SetDeviceAttribute. */
    void SetCpuAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Create a NIC on a node, to be connected later.
     * @param node the node; gets HostMemory and HostCpu aggregated if it has none
     * @return the NIC, with a fresh address
     * @throw std::invalid_argument if the attributes together are impossible; the node is as before
     */
    Ptr<SpinNetDevice> CreateDevice(Ptr<Node> node);

    /**
     * Connect two nodes, each by a sPIN NIC.
     * @param nodes two nodes
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(const NodeContainer& nodes);
    /** @copydoc Install(const NodeContainer&) */
    NetDeviceContainer Install(Ptr<Node> a, Ptr<Node> b);

    /**
     * Plug a NIC into the free end of a cable.
     * @param node the node
     * @param channel the cable
     * @return the NIC
     */
    Ptr<SpinNetDevice> Install(Ptr<Node> node, Ptr<LinkChannel> channel);

    /**
     * Connect a NIC with a device of another kind, such as a LinkNetDevice.
     * @param node the node
     * @param peer a device that is not connected yet
     * @return the NIC
     */
    Ptr<SpinNetDevice> Install(Ptr<Node> node, Ptr<LinkNetDevice> peer);

    /**
     * Have a context's handlers run for the packets of a rule.
     * @param device the NIC
     * @param rule the packets
     * @param context whose handlers run
     * @param matcher finds messages; if null, each packet is one
     * @return names the rule
     * @throw std::invalid_argument if the context does not fit, or its window leaves host memory
     */
    static SteeringTable::RuleId InstallContext(Ptr<SpinNetDevice> device,
                                                const MatchRule& rule,
                                                Ptr<ExecutionContext> context,
                                                Ptr<Matcher> matcher = nullptr);

  protected:
    /** What a NIC is made of, before it is put together. */
    struct Parts
    {
        Ptr<SpinNetDevice> device; //!< on no node yet
        Ptr<SpinUnit> unit;        //!< runs handlers
        Ptr<PcieLink> pcie;        //!< to the host
        Ptr<HostPath> path;        //!< rings between NIC and host
    };

    /** @param base all devices are of this type or a subclass: see LinkHelper */
    explicit SpinHelper(TypeId base);

    /**
     * @param node where they will be; not touched
     * @return parts that fit together
     * @throw std::invalid_argument if the attributes together are impossible
     */
    Parts MakeParts(Ptr<Node> node) const;

    /**
     * @param node gets the NIC, and memory and cores if it has none
     * @param parts of MakeParts
     */
    void Assemble(Ptr<Node> node, const Parts& parts) const;

    /** @return cores that a node has, or will have */
    uint32_t GetCores(Ptr<Node> node) const;

  private:
    Ptr<HostMemory> GetMemory(Ptr<Node> node) const;
    Ptr<HostCpu> GetCpu(Ptr<Node> node) const;

    ObjectFactory m_unitFactory;     //!< makes the units
    ObjectFactory m_steeringFactory; //!< collects the steering tables' attributes
    ObjectFactory m_inputFactory;    //!< collects the input buffers' attributes
    ObjectFactory m_hostPathFactory; //!< makes the rings
    ObjectFactory m_pcieFactory;     //!< makes the PCIe links
    ObjectFactory m_memoryFactory;   //!< makes the memories
    ObjectFactory m_cpuFactory;      //!< makes the cores
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_HELPER_H */
