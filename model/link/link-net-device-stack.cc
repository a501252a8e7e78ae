/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What is the same in any NetDevice: the answers to a protocol stack, and the attributes'
// accessors. The link itself is in link-net-device.cc.
#include "link-channel.h"
#include "link-net-device.h"

#include "ns3/assert.h"
#include "ns3/node.h"

#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/** ConvertFrom, but for the address in between. */
void
ReadAddress(Mac48Address& address, const Address& generic)
{
    NS_ASSERT(Mac48Address::IsMatchingType(generic));
    uint8_t bytes[Address::MAX_SIZE];
    generic.CopyTo(bytes);
    offload::ReadAddress(address, bytes);
}

} // namespace

void
LinkNetDevice::SetDataRate(DataRate rate)
{
    SettlePort();
    m_rate = rate;
    m_port.SetRate(rate.GetBitRate());
    RateChanged();
}

void
LinkNetDevice::RateChanged()
{
    Reconsider();
}

DataRate
LinkNetDevice::GetDataRate() const
{
    return m_rate;
}

void
LinkNetDevice::SetReceiveErrorModel(Ptr<ErrorModel> model)
{
    m_receiveErrorModel = model;
    Reconsider();
}

Ptr<ErrorModel>
LinkNetDevice::GetReceiveErrorModel() const
{
    return m_receiveErrorModel;
}

void
LinkNetDevice::SetPriorityFlowControl(bool on)
{
    m_priorityFlowControl = on;
    m_port.UpdateDevice();
}

void
LinkNetDevice::SetPreamble(uint32_t bytes)
{
    SettlePort();
    m_preamble = bytes;
    m_port.SetOverhead(m_preamble, m_interframeGap);
    // A cut-through receiver has the head that much later.
    Reconsider();
}

uint32_t
LinkNetDevice::GetPreamble() const
{
    return m_preamble;
}

void
LinkNetDevice::SetInterframeGap(uint32_t bytes)
{
    SettlePort();
    m_interframeGap = bytes;
    m_port.SetOverhead(m_preamble, m_interframeGap);
}

uint32_t
LinkNetDevice::GetInterframeGap() const
{
    return m_interframeGap;
}

void
LinkNetDevice::SetQueueSize(QueueSize size)
{
    m_queueSize = size;
    m_port.SetQueueSize(size);
}

QueueSize
LinkNetDevice::GetQueueSize() const
{
    return m_queueSize;
}

void
LinkNetDevice::SetIfIndex(const uint32_t index)
{
    m_ifIndex = index;
}

uint32_t
LinkNetDevice::GetIfIndex() const
{
    return m_ifIndex;
}

Ptr<Channel>
LinkNetDevice::GetChannel() const
{
    return m_channel;
}

void
LinkNetDevice::SetAddress(Address address)
{
    m_address = Mac48Address::ConvertFrom(address);
}

Address
LinkNetDevice::GetAddress() const
{
    return m_address;
}

bool
LinkNetDevice::SetMtu(const uint16_t mtu)
{
    if (mtu < MIN_MTU || mtu > MAX_MTU)
    {
        return false;
    }
    m_mtu = mtu;
    m_port.UpdateDevice();
    return true;
}

uint16_t
LinkNetDevice::GetMtu() const
{
    return m_mtu;
}

bool
LinkNetDevice::IsLinkUp() const
{
    return m_linkUp;
}

void
LinkNetDevice::AddLinkChangeCallback(Callback<void> callback)
{
    m_linkChangeCallbacks.ConnectWithoutContext(callback);
}

bool
LinkNetDevice::IsBroadcast() const
{
    return true;
}

Address
LinkNetDevice::GetBroadcast() const
{
    return Mac48Address::GetBroadcast();
}

bool
LinkNetDevice::IsMulticast() const
{
    return true;
}

Address
LinkNetDevice::GetMulticast(Ipv4Address group) const
{
    return Mac48Address::GetMulticast(group);
}

Address
LinkNetDevice::GetMulticast(Ipv6Address group) const
{
    return Mac48Address::GetMulticast(group);
}

bool
LinkNetDevice::IsBridge() const
{
    return false;
}

bool
LinkNetDevice::IsPointToPoint() const
{
    return true;
}

bool
LinkNetDevice::Send(Ptr<Packet> packet, const Address& destination, uint16_t protocol)
{
    EthernetFrame frame{packet, m_address, m_address, protocol};
    ReadAddress(frame.destination, destination);
    return SendFrame(std::move(frame));
}

bool
LinkNetDevice::SendFrom(Ptr<Packet> packet,
                        const Address& source,
                        const Address& destination,
                        uint16_t protocol)
{
    EthernetFrame frame{packet, m_address, m_address, protocol};
    ReadAddress(frame.destination, destination);
    ReadAddress(frame.source, source);
    return SendFrame(std::move(frame));
}

Ptr<Node>
LinkNetDevice::GetNode() const
{
    return m_node;
}

void
LinkNetDevice::SetNode(Ptr<Node> node)
{
    m_node = node;
    if (m_channel)
    {
        m_channel->UpdatePorts();
    }
}

bool
LinkNetDevice::NeedsArp() const
{
    return true;
}

void
LinkNetDevice::SetReceiveCallback(ReceiveCallback callback)
{
    m_rxCallback = callback;
}

void
LinkNetDevice::SetPromiscReceiveCallback(PromiscReceiveCallback callback)
{
    m_promiscCallback = callback;
}

bool
LinkNetDevice::SupportsSendFrom() const
{
    return true;
}

} // namespace offload
} // namespace ns3
