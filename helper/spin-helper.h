/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_HELPER_H
#define OFFLOAD_SPIN_HELPER_H

#include "host-helper.h"
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
class SpinHelper : public LinkHelper, public HostHelper
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

    /**
     * Create a NIC on a node, to be connected later.
     * @param node the node; gets HostMemory and HostCpu aggregated if it has none
     * @return the NIC, with a fresh address
     * @throw std::invalid_argument if the attributes together are impossible; the node is as before
     */
    Ptr<SpinNetDevice> CreateDevice(Ptr<Node> node)
    {
        return DynamicCast<SpinNetDevice>(DoCreateDevice(node));
    }

    using LinkHelper::Install;

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
    /** @param base all devices are of this type or a subclass: see LinkHelper */
    explicit SpinHelper(TypeId base);

    /**
     * Give a NIC its unit, PCIe link and rings, and put it into a node.
     * @param node the node; gets HostMemory and HostCpu if it has none
     * @param device made by MakeDevice
     * @throw std::invalid_argument if the attributes together are impossible; the node is as before
     */
    void Assemble(Ptr<Node> node, Ptr<SpinNetDevice> device) const;

    Ptr<LinkNetDevice> DoCreateDevice(Ptr<Node> node) override;

  private:
    ObjectFactory m_unitFactory;     //!< makes the units
    ObjectFactory m_steeringFactory; //!< collects the steering tables' attributes
    ObjectFactory m_inputFactory;    //!< collects the input buffers' attributes
    ObjectFactory m_hostPathFactory; //!< makes the rings
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_HELPER_H */
