/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ROCE_MATCHER_H
#define OFFLOAD_ROCE_MATCHER_H

#include "ns3/frame-window.h"
#include "ns3/ipv4-address.h"
#include "ns3/match-rule.h"
#include "ns3/matcher.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Finds the messages of a queue pair in a NIC's steering table: the SEND and WRITE packets whose
 * opcodes say first, middle, last or only.
 *
 * It looks at packets as they come from the wire. Where the network loses packets, attach to the
 * queue pair itself (QueuePair::SetConsumer), which puts them in order first.
 */
class RoceMatcher : public Matcher
{
  public:
    /// Where the base transport header begins in a frame
    static constexpr uint32_t TRANSPORT = FrameWindow::IPV4_PAYLOAD + FrameWindow::UDP_BYTES;

    /** @return the type's id */
    static TypeId GetTypeId();
    RoceMatcher();
    ~RoceMatcher() override;

    /**
     * @param address of the NIC
     * @param queuePair number of the queue pair
     * @return the rule that goes with this matcher: all RoCEv2 packets for the queue pair
     */
    static MatchRule GetRule(Ipv4Address address, uint32_t queuePair);

    bool Locate(const FrameWindow& frame, MessagePosition& position) const override;
    void Accept(const MessagePosition& position) override;
    void Abort(uint64_t key) override;

  private:
    uint64_t m_message{0}; //!< key of the present message
    bool m_open{false};    //!< its first packet has been taken
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ROCE_MATCHER_H */
