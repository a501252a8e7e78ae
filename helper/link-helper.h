/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LINK_HELPER_H
#define OFFLOAD_LINK_HELPER_H

#include "ns3/link-channel.h"
#include "ns3/link-net-device.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/trace-helper.h"

#include <string>

namespace ns3
{
namespace offload
{

/**
 * Connects nodes by Ethernet links: creates the devices at both ends and the cable.
 *
 * Bad settings are refused with std::invalid_argument, whose message is one line that names the
 * attribute and the accepted values. A time resolution other than picoseconds is refused with
 * std::runtime_error.
 */
class LinkHelper : public PcapHelperForDevice, public AsciiTraceHelperForDevice
{
  public:
    /** @throw std::runtime_error if a time step is not a picosecond */
    LinkHelper();
    ~LinkHelper() override = default;

    /**
     * Choose what is installed; attributes set before are forgotten.
     * @param type TypeId name of LinkNetDevice or a subclass; helpers of other devices require
     * those
     * @throw std::invalid_argument if it is neither
     */
    void SetDeviceType(const std::string& type);

    /**
     * Set an attribute of the devices created from now on.
     * @param name the attribute
     * @param value its value
     * @throw std::invalid_argument if there is no such attribute or it refuses the value
     */
    void SetDeviceAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Set an attribute of the channels created from now on.
     * @param name the attribute
     * @param value its value
     * @throw std::invalid_argument if there is no such attribute or it refuses the value
     */
    void SetChannelAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Let queue discs (ns-3's traffic control) fill up behind the device's queue instead of losing
     * what it refuses: Ipv4AddressHelper and TrafficControlHelper then install them. Costs an event
     * for each frame that leaves a full queue.
     */
    void EnableQueueDisc();

    /**
     * @param nodes two nodes
     * @return their devices, in the same order
     * @throw std::invalid_argument if there are not two nodes
     */
    NetDeviceContainer Install(const NodeContainer& nodes);

    /**
     * @param a a node
     * @param b another node
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(Ptr<Node> a, Ptr<Node> b);

    /**
     * @param a a node
     * @param bName name of another node
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(Ptr<Node> a, const std::string& bName);

    /**
     * @param aName name of a node
     * @param b another node
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(const std::string& aName, Ptr<Node> b);

    /**
     * @param aName name of a node
     * @param bName name of another node
     * @return their devices, in the same order
     */
    NetDeviceContainer Install(const std::string& aName, const std::string& bName);

    /**
     * Create a device on a node, to be connected later.
     * @param node the node
     * @return the device, with a fresh address
     */
    Ptr<LinkNetDevice> CreateDevice(Ptr<Node> node);

    /**
     * Create a device on each of many nodes; cheaper than one by one, see Series.
     * @param nodes the nodes
     * @return their devices, in the same order
     */
    NetDeviceContainer CreateDevices(const NodeContainer& nodes);

    /**
     * While it lives, a helper makes all devices after the pattern of one: attributes are read
     * once, where the type of device allows it (LinkNetDevice::Copy).
     */
    class Series
    {
      public:
        /** @param helper whose settings do not change while this lives, nor ns-3's defaults */
        explicit Series(LinkHelper& helper)
            : m_helper(helper)
        {
            m_helper.UsePattern(true);
        }

        Series(const Series&) = delete;
        Series& operator=(const Series&) = delete;

        ~Series()
        {
            m_helper.UsePattern(false);
        }

      private:
        LinkHelper& m_helper; //!< has the pattern
    };

    /**
     * Put a cable between two devices, which may be of different types.
     * @param a a device
     * @param b another device
     * @return the cable
     */
    Ptr<LinkChannel> Connect(Ptr<LinkNetDevice> a, Ptr<LinkNetDevice> b);

  protected:
    /**
     * For helpers of other devices.
     * @param base all devices are of this type or a subclass, which is what is installed by default
     */
    explicit LinkHelper(TypeId base);

    /**
     * What CreateDevice and Install do; helpers of other devices put these together here.
     * @param node the node
     * @return the device
     */
    virtual Ptr<LinkNetDevice> DoCreateDevice(Ptr<Node> node);

    /** @param use whether a Series has begun, or is over */
    virtual void UsePattern(bool use);

    /** @return a device that is on no node yet, so that it can still be refused */
    Ptr<LinkNetDevice> MakeDevice() const;

    /**
     * @param node gets the device
     * @param device made by MakeDevice; gets a fresh address
     */
    void AddDevice(Ptr<Node> node, Ptr<LinkNetDevice> device) const;

  private:
    void EnablePcapInternal(std::string prefix,
                            Ptr<NetDevice> device,
                            bool promiscuous,
                            bool explicitFilename) override;

    void EnableAsciiInternal(Ptr<OutputStreamWrapper> stream,
                             std::string prefix,
                             Ptr<NetDevice> device,
                             bool explicitFilename) override;

    TypeId m_base;                  //!< of all devices
    ObjectFactory m_deviceFactory;  //!< makes the devices
    ObjectFactory m_channelFactory; //!< makes the cables
    bool m_queueDisc{false};        //!< devices serve queue discs
    Ptr<LinkNetDevice> m_pattern;   //!< what devices of a Series are copied from
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LINK_HELPER_H */
