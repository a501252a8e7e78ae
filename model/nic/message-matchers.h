/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MESSAGE_MATCHERS_H
#define OFFLOAD_MESSAGE_MATCHERS_H

#include "matcher.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/** Every packet is a message: a UDP datagram that was not fragmented. Fragments are not matched. */
class PacketMatcher : public Matcher
{
  public:
    static TypeId GetTypeId();
    [[gnu::hot]] bool Locate(const FrameWindow& frame, MessagePosition& position) const override;
    [[gnu::hot]] void Accept(const MessagePosition& position) override;

  private:
    uint64_t m_next{0}; //!< key of the next message
};

/** A fixed number of packets makes a message, counted over all packets of the rule. */
class CountMatcher : public Matcher
{
  public:
    static TypeId GetTypeId();
    bool Locate(const FrameWindow& frame, MessagePosition& position) const override;
    void Accept(const MessagePosition& position) override;
    void Abort(uint64_t key) override;

  private:
    uint32_t m_packets{1}; //!< attribute: packets per message
    uint32_t m_done{0};    //!< packets of the present message
    uint64_t m_message{0}; //!< key of the present message
};

/**
 * Fields of the packet say which message it belongs to and whether it is the first or last one: a
 * flow header. Messages of different senders are told apart by their addresses and ports.
 */
class FieldMatcher : public Matcher
{
  public:
    static TypeId GetTypeId();
    bool Locate(const FrameWindow& frame, MessagePosition& position) const override;

  private:
    uint32_t m_idOffset{0};    //!< attribute
    uint32_t m_idBytes{0};     //!< attribute
    uint32_t m_flagsOffset{0}; //!< attribute
    uint8_t m_firstFlag{0};    //!< attribute
    uint8_t m_lastFlag{0};     //!< attribute
};

/**
 * An IPv4 datagram is a message and its fragments are the packets, told by identification and
 * fragment offset. The fragment at offset zero opens the message and the one without the
 * more-fragments flag ends it, so the network must keep their order.
 */
class DatagramMatcher : public Matcher
{
  public:
    static TypeId GetTypeId();
    bool Locate(const FrameWindow& frame, MessagePosition& position) const override;
    MatchRule GetFollowingRule(const MatchRule& rule) const override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MESSAGE_MATCHERS_H */
