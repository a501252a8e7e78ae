/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a FabricSwitch does with frames that are not for one host.
 */
#include "fabric-switch.h"

#include "ns3/hash-mix.h"

namespace ns3
{
namespace offload
{

void
FabricSwitch::SetMulticastGroups(Ptr<MulticastGroups> groups)
{
    m_groups = groups;
}

void
FabricSwitch::ForwardToMany(uint32_t ingress, const EthernetFrame& frame)
{
    if (!m_routing || !IsGroupAddress(frame.destination))
    {
        Drop(ingress, frame, SwitchDropReason::NO_ROUTE);
        return;
    }
    const Mac48Address group = frame.destination;
    const bool all = group.IsBroadcast() || !m_groups;
    uint8_t address[MAC_BYTES];
    WriteAddress(group, address);
    // Spread the groups over the trees.
    const uint32_t tree = MixWords(address[3] << 16 | address[4] << 8 | address[5], 0);
    m_routing->GetTreePorts(
        ingress,
        tree,
        [this, ingress, all, &frame, &group](uint32_t port, uint32_t begin, uint32_t end) {
            if (all || begin == SwitchRouting::ALL_HOSTS || m_groups->HasMember(group, begin, end))
            {
                Output(ingress, port, EthernetFrame(frame));
            }
        });
}

} // namespace offload
} // namespace ns3
