/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "match-rule.h"

#include "ns3/ip-protocol.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint8_t IPV4_FIRST = 0x45;     //!< version 4, header of 5 words
constexpr uint32_t IPV6_BYTES = 16;      //!< of an address
constexpr uint32_t DESTINATION_PORT = 2; //!< offset in UDP and TCP headers

uint64_t
ToNumber(Mac48Address address)
{
    std::array<uint8_t, MAC_BYTES> bytes;
    address.CopyTo(bytes.data());
    uint64_t number = 0;
    for (uint8_t byte : bytes)
    {
        number = number << 8 | byte;
    }
    return number;
}

} // namespace

MatchRule&
MatchRule::WithPriority(int32_t priority)
{
    m_priority = priority;
    return *this;
}

MatchRule&
MatchRule::WithField(uint32_t offset, uint32_t bytes, uint64_t value, uint64_t mask)
{
    if (bytes == 0 || bytes > sizeof(value) || offset > FrameWindow::BYTES - bytes)
    {
        throw std::invalid_argument("MatchRule: a field of " + std::to_string(bytes) +
                                    " bytes at offset " + std::to_string(offset) +
                                    " is not 1 to 8 bytes in the first " +
                                    std::to_string(FrameWindow::BYTES));
    }
    for (uint32_t i = 0; i < bytes; ++i)
    {
        const uint32_t shift = 8 * (bytes - 1 - i);
        const auto byteMask = static_cast<uint8_t>(mask >> shift);
        const auto byte = static_cast<uint8_t>(static_cast<uint8_t>(value >> shift) & byteMask);
        const auto common = static_cast<uint8_t>(m_mask[offset + i] & byteMask);
        if ((m_value[offset + i] & common) != (byte & common))
        {
            throw std::invalid_argument("MatchRule: the byte at offset " +
                                        std::to_string(offset + i) +
                                        " cannot have two values at once");
        }
        m_mask[offset + i] |= byteMask;
        m_value[offset + i] |= byte;
    }
    return *this;
}

MatchRule&
MatchRule::WithDestination(Mac48Address address)
{
    return WithField(FrameWindow::DESTINATION, MAC_BYTES, ToNumber(address));
}

MatchRule&
MatchRule::WithSource(Mac48Address address)
{
    return WithField(FrameWindow::SOURCE, MAC_BYTES, ToNumber(address));
}

MatchRule&
MatchRule::WithEtherType(uint16_t type)
{
    return WithField(FrameWindow::ETHER_TYPE, sizeof(type), type);
}

void
MatchRule::SetFamily(Family family)
{
    m_family = family;
    if (family == Family::IPV4)
    {
        WithEtherType(FrameWindow::ETHER_TYPE_IPV4);
        WithField(FrameWindow::IP, 1, IPV4_FIRST);
    }
    else
    {
        WithEtherType(FrameWindow::ETHER_TYPE_IPV6);
    }
}

MatchRule&
MatchRule::WithIpv4()
{
    SetFamily(Family::IPV4);
    return *this;
}

MatchRule&
MatchRule::WithIpv4Source(Ipv4Address address, Ipv4Mask mask)
{
    WithIpv4();
    return WithField(FrameWindow::IPV4_SOURCE, sizeof(uint32_t), address.Get(), mask.Get());
}

MatchRule&
MatchRule::WithIpv4Destination(Ipv4Address address, Ipv4Mask mask)
{
    WithIpv4();
    return WithField(FrameWindow::IPV4_DESTINATION, sizeof(uint32_t), address.Get(), mask.Get());
}

MatchRule&
MatchRule::WithIpv6()
{
    SetFamily(Family::IPV6);
    return *this;
}

MatchRule&
MatchRule::WithIpv6Source(Ipv6Address address, Ipv6Prefix prefix)
{
    WithIpv6();
    std::array<uint8_t, IPV6_BYTES> bytes;
    std::array<uint8_t, IPV6_BYTES> mask;
    address.GetBytes(bytes.data());
    prefix.GetBytes(mask.data());
    for (uint32_t i = 0; i < IPV6_BYTES; ++i)
    {
        WithField(FrameWindow::IPV6_SOURCE + i, 1, bytes[i], mask[i]);
    }
    return *this;
}

MatchRule&
MatchRule::WithIpv6Destination(Ipv6Address address, Ipv6Prefix prefix)
{
    WithIpv6();
    std::array<uint8_t, IPV6_BYTES> bytes;
    std::array<uint8_t, IPV6_BYTES> mask;
    address.GetBytes(bytes.data());
    prefix.GetBytes(mask.data());
    for (uint32_t i = 0; i < IPV6_BYTES; ++i)
    {
        WithField(FrameWindow::IPV6_DESTINATION + i, 1, bytes[i], mask[i]);
    }
    return *this;
}

MatchRule&
MatchRule::WithProtocol(uint8_t protocol)
{
    if (m_family == Family::NONE)
    {
        throw std::invalid_argument("MatchRule: choose IPv4 or IPv6 before the protocol above it");
    }
    WithField(m_family == Family::IPV4 ? FrameWindow::IPV4_PROTOCOL : FrameWindow::IPV6_NEXT_HEADER,
              sizeof(protocol),
              protocol);
    m_protocol = protocol;
    return *this;
}

MatchRule&
MatchRule::WithUdp()
{
    return WithProtocol(IpProtocol::UDP);
}

MatchRule&
MatchRule::WithTcp()
{
    return WithProtocol(IpProtocol::TCP);
}

uint32_t
MatchRule::GetTransportOffset() const
{
    return m_family == Family::IPV4 ? FrameWindow::IPV4_PAYLOAD : FrameWindow::IPV6_PAYLOAD;
}

void
MatchRule::RequirePorts()
{
    if (m_protocol != IpProtocol::UDP && m_protocol != IpProtocol::TCP)
    {
        throw std::invalid_argument("MatchRule: choose UDP or TCP before their ports and payload");
    }
    if (m_family == Family::IPV4)
    {
        // Fragments behind the first have data where the ports would be.
        WithField(FrameWindow::IPV4_FRAGMENT, sizeof(uint16_t), 0, FrameWindow::IPV4_OFFSET_MASK);
    }
}

MatchRule&
MatchRule::WithSourcePort(uint16_t port, uint16_t mask)
{
    RequirePorts();
    return WithField(GetTransportOffset(), sizeof(port), port, mask);
}

MatchRule&
MatchRule::WithDestinationPort(uint16_t port, uint16_t mask)
{
    RequirePorts();
    return WithField(GetTransportOffset() + DESTINATION_PORT, sizeof(port), port, mask);
}

MatchRule&
MatchRule::WithUdpPayload(uint32_t offset, uint32_t bytes, uint64_t value, uint64_t mask)
{
    if (m_protocol != IpProtocol::UDP)
    {
        throw std::invalid_argument("MatchRule: choose UDP before its payload");
    }
    RequirePorts();
    return WithField(GetTransportOffset() + FrameWindow::UDP_BYTES + offset, bytes, value, mask);
}

MatchRule
MatchRule::WithoutTransport() const
{
    MatchRule rule(*this);
    if (m_family == Family::NONE)
    {
        return rule;
    }
    const auto drop = [&rule](uint32_t begin, uint32_t end) {
        std::fill(rule.m_mask.begin() + begin, rule.m_mask.begin() + end, uint8_t{0});
        std::fill(rule.m_value.begin() + begin, rule.m_value.begin() + end, uint8_t{0});
    };
    drop(GetTransportOffset(), FrameWindow::BYTES);
    if (m_family == Family::IPV4)
    {
        drop(FrameWindow::IPV4_FRAGMENT, FrameWindow::IPV4_FRAGMENT + sizeof(uint16_t));
    }
    return rule;
}

MatchMask
MatchRule::GetMask() const
{
    MatchMask mask;
    for (uint32_t i = 0; i < FrameWindow::WORDS; ++i)
    {
        uint64_t word;
        std::memcpy(&word, m_mask.data() + i * sizeof(word), sizeof(word));
        if (word != 0)
        {
            mask.words.push_back({static_cast<uint8_t>(i), word});
        }
    }
    for (uint32_t i = 0; i < FrameWindow::BYTES; ++i)
    {
        mask.minBytes = m_mask[i] != 0 ? i + 1 : mask.minBytes;
    }
    return mask;
}

MatchValue
MatchRule::GetValue(const MatchMask& mask) const
{
    MatchValue value;
    for (const MatchMask::Word& word : mask.words)
    {
        uint64_t bits;
        std::memcpy(&bits, m_value.data() + word.index * sizeof(bits), sizeof(bits));
        value.push_back(bits);
    }
    return value;
}

bool
MatchRule::Matches(const FrameWindow& frame) const
{
    const MatchMask mask = GetMask();
    const MatchValue value = GetValue(mask);
    bool matches = frame.GetSize() >= mask.minBytes;
    for (std::size_t i = 0; matches && i < mask.words.size(); ++i)
    {
        matches = (frame.GetWord(mask.words[i].index) & mask.words[i].mask) == value[i];
    }
    return matches;
}

} // namespace offload
} // namespace ns3
