/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MATCHER_H
#define OFFLOAD_MATCHER_H

#include "frame-window.h"
#include "match-rule.h"

#include "ns3/object.h"
#include "ns3/spin-unit.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A descriptor of the network that packets belong to, such as a socket, a queue pair or a
 * match-list entry: does this packet belong to you, and where does it stand in its message?
 *
 * The rule that it was added with has already matched the packet's headers; what equality of header
 * bits cannot say (match bits under ignore bits, a queue pair's sequence numbers, message
 * boundaries) is said here. The simple ones, which only find the boundaries of messages, are in
 * message-matchers.h.
 */
class Matcher : public Object
{
  public:
    static TypeId GetTypeId();
    ~Matcher() override;

    /**
     * Look at a packet; changes nothing.
     * @param frame its first bytes
     * @param[out] position where it stands in its message
     * @return whether it belongs here
     */
    virtual bool Locate(const FrameWindow& frame, MessagePosition& position) const = 0;

    /**
     * The packet that was located last has been taken for this descriptor.
     * @param position as located
     */
    virtual void Accept(const MessagePosition& position);

    /**
     * A message ended before its last packet: given up, or its handlers failed.
     * @param key the message's key, as located
     */
    virtual void Abort(uint64_t key);

    /**
     * What the packets behind a message's first have in common, when they lack fields that the rule
     * looks at. They are then told by Locate, and taken if their message is open.
     * @param rule that the descriptor is added with
     * @return the rule for them
     */
    virtual MatchRule GetFollowingRule(const MatchRule& rule) const;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MATCHER_H */
