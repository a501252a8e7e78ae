/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "message-matchers.h"

#include "hash-mix.h"

#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(PacketMatcher);
NS_OBJECT_ENSURE_REGISTERED(CountMatcher);
NS_OBJECT_ENSURE_REGISTERED(FieldMatcher);
NS_OBJECT_ENSURE_REGISTERED(DatagramMatcher);

namespace
{

constexpr uint32_t PORTS_BYTES = 4;           //!< source and destination port
constexpr uint32_t IPV4_ADDRESSES_BYTES = 8;  //!< source and destination
constexpr uint32_t IPV6_ADDRESSES_BYTES = 32; //!< source and destination

/** @return a number that packets of the same sender, receiver and ports have in common */
uint64_t
HashFlow(const FrameWindow& frame)
{
    if (frame.IsPlainIpv4())
    {
        const uint64_t hash =
            MixHash(0, frame.GetField(FrameWindow::IPV4_SOURCE, IPV4_ADDRESSES_BYTES));
        return MixHash(hash, frame.GetField(FrameWindow::IPV4_PAYLOAD, PORTS_BYTES));
    }
    uint64_t hash = MixHash(0, frame.GetField(FrameWindow::SOURCE, 6));
    if (frame.GetField(FrameWindow::ETHER_TYPE, 2) == FrameWindow::ETHER_TYPE_IPV6)
    {
        for (uint32_t i = 0; i < IPV6_ADDRESSES_BYTES; i += sizeof(uint64_t))
        {
            hash = MixHash(hash, frame.GetField(FrameWindow::IPV6_SOURCE + i, sizeof(uint64_t)));
        }
        hash = MixHash(hash, frame.GetField(FrameWindow::IPV6_PAYLOAD, PORTS_BYTES));
    }
    return hash;
}

} // namespace

TypeId
PacketMatcher::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::PacketMatcher")
                            .SetParent<Matcher>()
                            .SetGroupName("Offload")
                            .AddConstructor<PacketMatcher>();
    return tid;
}

bool
PacketMatcher::Locate(const FrameWindow& frame, MessagePosition& position) const
{
    position = {m_next, true, true};
    return !frame.IsFragment();
}

void
PacketMatcher::Accept(const MessagePosition&)
{
    ++m_next;
}

TypeId
CountMatcher::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::CountMatcher")
                            .SetParent<Matcher>()
                            .SetGroupName("Offload")
                            .AddConstructor<CountMatcher>()
                            .AddAttribute("Packets",
                                          "Packets that make a message",
                                          UintegerValue(1),
                                          MakeUintegerAccessor(&CountMatcher::m_packets),
                                          MakeUintegerChecker<uint32_t>(1));
    return tid;
}

bool
CountMatcher::Locate(const FrameWindow&, MessagePosition& position) const
{
    position = {m_message, m_done == 0, m_done + 1 >= m_packets};
    return true;
}

void
CountMatcher::Accept(const MessagePosition& position)
{
    m_done = position.last ? 0 : m_done + 1;
    m_message += position.last ? 1 : 0;
}

void
CountMatcher::Abort(uint64_t key)
{
    // The next packet begins a new message, or the count would wait for this one for ever.
    if (key == m_message && m_done > 0)
    {
        m_done = 0;
        ++m_message;
    }
}

TypeId
FieldMatcher::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::FieldMatcher")
            .SetParent<Matcher>()
            .SetGroupName("Offload")
            .AddConstructor<FieldMatcher>()
            .AddAttribute("IdOffset",
                          "Offset of the message id in the frame, bytes (default: behind Ethernet, "
                          "IPv4 and UDP headers)",
                          UintegerValue(FrameWindow::IPV4_PAYLOAD + FrameWindow::UDP_BYTES),
                          MakeUintegerAccessor(&FieldMatcher::m_idOffset),
                          MakeUintegerChecker<uint32_t>(0, FrameWindow::BYTES - sizeof(uint64_t)))
            .AddAttribute("IdBytes",
                          "Bytes of the message id, in network byte order",
                          UintegerValue(4),
                          MakeUintegerAccessor(&FieldMatcher::m_idBytes),
                          MakeUintegerChecker<uint32_t>(1, sizeof(uint64_t)))
            .AddAttribute("FlagsOffset",
                          "Offset of the byte of flags in the frame (default: behind the id)",
                          UintegerValue(FrameWindow::IPV4_PAYLOAD + FrameWindow::UDP_BYTES + 4),
                          MakeUintegerAccessor(&FieldMatcher::m_flagsOffset),
                          MakeUintegerChecker<uint32_t>(0, FrameWindow::BYTES - 1))
            .AddAttribute("FirstFlag",
                          "Bits of the flags, one of which marks a message's first packet",
                          UintegerValue(1),
                          MakeUintegerAccessor(&FieldMatcher::m_firstFlag),
                          MakeUintegerChecker<uint8_t>(1))
            .AddAttribute("LastFlag",
                          "Bits of the flags, one of which marks a message's last packet",
                          UintegerValue(2),
                          MakeUintegerAccessor(&FieldMatcher::m_lastFlag),
                          MakeUintegerChecker<uint8_t>(1));
    return tid;
}

bool
FieldMatcher::Locate(const FrameWindow& frame, MessagePosition& position) const
{
    if (frame.IsFragment() || frame.GetSize() < m_idOffset + m_idBytes ||
        frame.GetSize() <= m_flagsOffset)
    {
        return false;
    }
    const uint64_t flags = frame.GetField(m_flagsOffset, 1);
    position = {MixHash(HashFlow(frame), frame.GetField(m_idOffset, m_idBytes)),
                (flags & m_firstFlag) != 0,
                (flags & m_lastFlag) != 0};
    return true;
}

TypeId
DatagramMatcher::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::DatagramMatcher")
                            .SetParent<Matcher>()
                            .SetGroupName("Offload")
                            .AddConstructor<DatagramMatcher>();
    return tid;
}

bool
DatagramMatcher::Locate(const FrameWindow& frame, MessagePosition& position) const
{
    if (!frame.IsPlainIpv4())
    {
        return false;
    }
    const uint64_t fragment = frame.GetField(FrameWindow::IPV4_FRAGMENT, sizeof(uint16_t));
    // What identifies a datagram for reassembly (RFC 791, 3.2).
    uint64_t key = MixHash(0, frame.GetField(FrameWindow::IPV4_SOURCE, IPV4_ADDRESSES_BYTES));
    key = MixHash(key,
                  frame.GetField(FrameWindow::IPV4_ID, sizeof(uint16_t)) << 8 |
                      frame.GetField(FrameWindow::IPV4_PROTOCOL, 1));
    position = {key,
                (fragment & FrameWindow::IPV4_OFFSET_MASK) == 0,
                (fragment & FrameWindow::IPV4_MORE_FRAGMENTS) == 0};
    return true;
}

MatchRule
DatagramMatcher::GetFollowingRule(const MatchRule& rule) const
{
    return rule.WithoutTransport();
}

} // namespace offload
} // namespace ns3
