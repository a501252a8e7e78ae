/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MATCH_RULE_H
#define OFFLOAD_MATCH_RULE_H

#include "frame-window.h"

#include "ns3/ipv4-address.h"
#include "ns3/ipv6-address.h"
#include "ns3/mac48-address.h"

#include <array>
#include <boost/container/static_vector.hpp>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** Which bits of a frame's first bytes a set of rules looks at, as masked words. */
struct MatchMask
{
    /** One word of the window that matters. */
    struct Word
    {
        uint8_t index; //!< which word
        uint64_t mask; //!< which bits

        /** @return whether they are the same */
        bool operator==(const Word& o) const
        {
            return index == o.index && mask == o.mask;
        }
    };

    boost::container::static_vector<Word, FrameWindow::WORDS> words; //!< those with a bit set
    uint32_t minBytes{0}; //!< frames must be that long to have all the fields

    /** @return whether they look at the same bits */
    bool operator==(const MatchMask& o) const
    {
        return words == o.words && minBytes == o.minBytes;
    }
};

/** The values of the words of a MatchMask. */
using MatchValue = boost::container::static_vector<uint64_t, FrameWindow::WORDS>;

/**
 * Which packets a rule is for: header fields, each exact or under a mask.
 *
 * Built by a chain of calls: MatchRule().WithIpv4Destination(a).WithUdpDestinationPort(9). A rule
 * without fields matches every frame. Fields of IP and above look at frames without VLAN tag and
 * IP options only; others are left to the host.
 */
class MatchRule
{
  public:
    /**
     * @param priority among rules that match the same packet the highest wins; of equal ones the
     * one added first
     * @return this rule
     */
    MatchRule& WithPriority(int32_t priority);

    /**
     * Match any bytes.
     * @param offset of the field in the frame; it must lie in the first FrameWindow::BYTES
     * @param bytes of the field, 1 to 8
     * @param value as a number in network byte order
     * @param mask bits that matter
     * @return this rule
     * @throw std::invalid_argument if the field is not in the window or was already set otherwise
     */
    MatchRule& WithField(uint32_t offset, uint32_t bytes, uint64_t value, uint64_t mask = ~0ULL);

    MatchRule& WithDestination(Mac48Address address); //!< exact destination
    MatchRule& WithSource(Mac48Address address);      //!< exact source
    MatchRule& WithEtherType(uint16_t type);          //!< exact EtherType

    MatchRule& WithIpv4(); //!< IPv4 without options
    MatchRule& WithIpv4Source(Ipv4Address address,
                              Ipv4Mask mask = Ipv4Mask::GetOnes()); //!< source network
    MatchRule& WithIpv4Destination(Ipv4Address address,
                                   Ipv4Mask mask = Ipv4Mask::GetOnes()); //!< destination network
    MatchRule& WithIpv6();                                               //!< IPv6, no extensions
    MatchRule& WithIpv6Source(Ipv6Address address,
                              Ipv6Prefix prefix = Ipv6Prefix(128)); //!< source network
    MatchRule& WithIpv6Destination(Ipv6Address address,
                                   Ipv6Prefix prefix = Ipv6Prefix(128)); //!< destination network

    /**
     * Match the protocol above IP; after the IP version was chosen.
     * @param protocol its number
     * @return this rule
     * @throw std::invalid_argument if no IP version was chosen
     */
    MatchRule& WithProtocol(uint8_t protocol);
    MatchRule& WithUdp(); //!< protocol 17
    MatchRule& WithTcp(); //!< protocol 6

    /**
     * Match a UDP or TCP port; after the protocol was chosen.
     * @param port the port
     * @param mask bits that matter, for ranges
     * @return this rule
     * @throw std::invalid_argument if no protocol with ports was chosen
     */
    MatchRule& WithSourcePort(uint16_t port, uint16_t mask = 0xffff);
    /** @copydoc WithSourcePort */
    MatchRule& WithDestinationPort(uint16_t port, uint16_t mask = 0xffff);

    /**
     * Match bytes behind the UDP header; after UDP was chosen.
     * @param offset of the field in the UDP payload
     * @param bytes of the field, 1 to 8
     * @param value as a number in network byte order
     * @param mask bits that matter
     * @return this rule
     * @throw std::invalid_argument if UDP was not chosen
     */
    MatchRule& WithUdpPayload(uint32_t offset,
                              uint32_t bytes,
                              uint64_t value,
                              uint64_t mask = ~0ULL);

    /** @return the rule without what lies above IP, for fragments, which lack it */
    MatchRule WithoutTransport() const;

    /** @return its priority */
    int32_t GetPriority() const
    {
        return m_priority;
    }

    /** @return the bits it looks at */
    MatchMask GetMask() const;

    /**
     * @param mask as returned by GetMask
     * @return what those bits must be
     */
    MatchValue GetValue(const MatchMask& mask) const;

    /**
     * @param frame a frame
     * @return whether it is for this rule
     */
    bool Matches(const FrameWindow& frame) const;

  private:
    /** IP version that the rule is about. */
    enum class Family : uint8_t
    {
        NONE,
        IPV4,
        IPV6,
    };

    void SetFamily(Family family);
    uint32_t GetTransportOffset() const;
    void RequirePorts();

    std::array<uint8_t, FrameWindow::BYTES> m_value{}; //!< as in the frame
    std::array<uint8_t, FrameWindow::BYTES> m_mask{};  //!< bits that matter
    int32_t m_priority{0};                             //!< highest wins
    Family m_family{Family::NONE};                     //!< once chosen
    uint8_t m_protocol{0};                             //!< once chosen
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MATCH_RULE_H */
