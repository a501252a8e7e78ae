/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_STEERING_TABLE_H
#define OFFLOAD_STEERING_TABLE_H

#include "match-rule.h"
#include "matcher.h"
#include "open-messages.h"

#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <vector>

namespace ns3
{

class LogComponent;

namespace offload
{

/**
 * A NIC's match-action table: finds whose packet a frame is, and where it stands in its message.
 *
 * Rules that look at the same bits form a group with one hash table, so a look-up masks and hashes
 * the frame's first words once per group: a thousand sockets are one group. The first packet of a
 * message pays for that full match; the message is then open, and the following ones are found by
 * its key. A packet that is not a message's first and whose message is not open matches nothing.
 */
class SteeringTable : public Object
{
  public:
    static TypeId GetTypeId();
    SteeringTable();
    ~SteeringTable() override;

    /** Names a rule. */
    using RuleId = uint32_t;

    /** What the table says about a packet. */
    struct Result
    {
        Object* target{nullptr};    //!< whose packet it is; null: the host's
        MessagePosition position{}; //!< where it stands in its message
        RuleId rule{0};             //!< which rule matched
        int64_t cost{0};            //!< what the look-up took, ps
    };

    /**
     * Add a rule; it is in force for the next packet.
     * @param rule the headers
     * @param matcher finds messages; not shared with another rule
     * @param target what the packets are for
     * @return its name
     */
    RuleId Add(const MatchRule& rule, Ptr<Matcher> matcher, Ptr<Object> target);

    /**
     * Remove a rule and forget its open messages.
     * @param rule as added
     */
    void Remove(RuleId rule);

    /**
     * Let a rule take no new messages, only the packets of those that are open.
     * @param rule as added
     */
    void Retire(RuleId rule);

    /**
     * Let a rule rest: it matches nothing, and its open messages are forgotten.
     * @param rule as added
     */
    void Disable(RuleId rule);

    /**
     * Look a packet up and take note of its place in its message.
     * @param frame its first bytes
     * @param now the present instant, ps
     * @return whose it is
     */
    [[gnu::hot]] Result Lookup(const FrameWindow& frame, int64_t now);

    /**
     * A message ended before its last packet.
     * @param rule whose message
     * @param key which
     */
    void Abort(RuleId rule, uint64_t key);

    /** @return whether there are no rules at all: nothing is looked up then */
    bool IsEmpty() const
    {
        return m_groups.empty();
    }

    /**
     * @param first whether the packet begins a message
     * @return what looking it up takes, ps
     */
    int64_t GetCost(bool first) const
    {
        return (first ? m_matchTime : m_lookupTime).GetTimeStep();
    }

    /** @return number of open messages */
    uint32_t GetOpenMessages() const
    {
        return m_messages.GetSize();
    }

    /**
     * Signature of the Overflow trace.
     * @param rule whose message could not be opened
     * @param key the message
     */
    typedef void (*OverflowCallback)(uint32_t rule, uint64_t key);

    /** @return whether somebody is told of messages that could not be opened */
    bool IsWatched() const
    {
        return !m_overflowTrace.IsEmpty();
    }

  protected:
    void DoDispose() override;

  private:
    /** A rule as added. */
    struct Rule
    {
        Ptr<Matcher> matcher; //!< null: the place is free
        Ptr<Object> target;   //!< what the packets are for
        int32_t priority{0};  //!< highest wins
        uint64_t sequence{0}; //!< of equal priorities the lowest wins
        bool enabled{false};  //!< takes packets
        bool retired{false};  //!< takes packets of open messages only
    };

    /** Where a group's hash table finds a rule. */
    struct Slot
    {
        MatchValue value; //!< what the masked words must be
        RuleId rule;      //!< which rule
        bool following;   //!< matches packets behind a message's first only
    };

    /** Rules that look at the same bits. */
    struct Group
    {
        MatchMask mask;                         //!< the bits
        int32_t priority;                       //!< highest of its rules
        std::vector<std::vector<Slot>> buckets; //!< by hash, a power of two
        std::size_t size{0};                    //!< rules
    };

    /** The best match so far. */
    struct Candidate
    {
        const Rule* rule{nullptr};               //!< null: none
        RuleId id{0};                            //!< its name
        MessagePosition position{};              //!< as located
        OpenMessages::Message* message{nullptr}; //!< when open
    };

    void AddSlot(const MatchRule& rule, RuleId id, bool following);
    void RemoveSlots(RuleId id);
    static void Rehash(Group& group, std::size_t buckets);
    static uint64_t Hash(const MatchValue& value);
    [[gnu::hot]] void Search(const Group& group, const FrameWindow& frame, Candidate& best);
    [[gnu::hot]] void Consider(const Slot& slot, const FrameWindow& frame, Candidate& best);
    [[gnu::hot]] bool Take(Candidate& candidate, int64_t now);
    void ForgetStale(int64_t now);
    void ForgetMessages(RuleId rule);

    void SetOpenMessages(uint32_t messages); //!< attribute setter
    uint32_t GetMaxOpenMessages() const;     //!< attribute getter

    Time m_matchTime;                                   //!< attribute
    Time m_lookupTime;                                  //!< attribute
    Time m_messageTimeout;                              //!< attribute
    std::vector<Rule> m_rules;                          //!< by name
    std::vector<Group> m_groups;                        //!< by priority, highest first
    OpenMessages m_messages;                            //!< open ones
    uint64_t m_sequence{0};                             //!< rules added so far
    TracedCallback<uint32_t, uint64_t> m_overflowTrace; //!< a message could not be opened

    static LogComponent g_log; //!< ns-3's logging
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_STEERING_TABLE_H */
