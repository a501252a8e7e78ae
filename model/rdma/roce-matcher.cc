/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "roce-matcher.h"

#include "roce-opcode.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(RoceMatcher);

namespace
{

constexpr uint32_t QUEUE_PAIR_OFFSET = 5; //!< in the base transport header
constexpr uint32_t QUEUE_PAIR_BYTES = 3;  //!< of a queue pair number

} // namespace

TypeId
RoceMatcher::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::RoceMatcher")
                            .SetParent<Matcher>()
                            .SetGroupName("Offload")
                            .AddConstructor<RoceMatcher>();
    return tid;
}

RoceMatcher::RoceMatcher() = default;

RoceMatcher::~RoceMatcher() = default;

MatchRule
RoceMatcher::GetRule(Ipv4Address address, uint32_t queuePair)
{
    return MatchRule()
        .WithIpv4()
        .WithIpv4Destination(address)
        .WithUdp()
        .WithDestinationPort(roce::UDP_PORT)
        .WithUdpPayload(QUEUE_PAIR_OFFSET, QUEUE_PAIR_BYTES, queuePair);
}

bool
RoceMatcher::Locate(const FrameWindow& frame, MessagePosition& position) const
{
    const RoceTraits& traits = roce::TRAITS[frame.GetField(TRANSPORT, 1)];
    if (traits.family != RoceTraits::Family::SEND && traits.family != RoceTraits::Family::WRITE)
    {
        return false;
    }
    // A message must end before another one begins.
    if (traits.first == m_open)
    {
        return false;
    }
    position = {m_message, traits.first, traits.last};
    return true;
}

void
RoceMatcher::Accept(const MessagePosition& position)
{
    m_open = !position.last;
    m_message += position.last ? 1 : 0;
}

void
RoceMatcher::Abort(uint64_t key)
{
    if (key == m_message && m_open)
    {
        m_open = false;
        ++m_message;
    }
}

} // namespace offload
} // namespace ns3
