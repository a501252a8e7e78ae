/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "steering-table.h"

#include "hash-mix.h"

#include "ns3/assert.h"
#include "ns3/log.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(SteeringTable);

namespace
{

constexpr std::size_t FIRST_BUCKETS = 4; //!< of a group, a power of two

} // namespace

TypeId
SteeringTable::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::SteeringTable")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<SteeringTable>()
            .AddAttribute("MatchTime",
                          "Full match, of a message's first packet or of one that matches nothing "
                          "(SC'17 sPIN simulation: 30 ns for a header packet); a latency, matches "
                          "are pipelined",
                          TimeValue(NanoSeconds(30)),
                          MakeTimeAccessor(&SteeringTable::m_matchTime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("LookupTime",
                          "Look-up of the open message of a following packet (SC'17 sPIN "
                          "simulation: 2 ns)",
                          TimeValue(NanoSeconds(2)),
                          MakeTimeAccessor(&SteeringTable::m_lookupTime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("OpenMessages",
                          "Most messages of several packets that are open at a time; the packets "
                          "of others go to the host (assumption; PsPIN handles 256 at a time)",
                          UintegerValue(4096),
                          MakeUintegerAccessor(&SteeringTable::SetOpenMessages,
                                               &SteeringTable::GetMaxOpenMessages),
                          MakeUintegerChecker<uint32_t>(1, uint32_t{1} << 24))
            .AddAttribute("MessageTimeout",
                          "An open message without packets for so long gives its place to a new "
                          "one when there is no other (assumption)",
                          TimeValue(MilliSeconds(10)),
                          MakeTimeAccessor(&SteeringTable::m_messageTimeout),
                          MakeTimeChecker(Seconds(0)))
            .AddTraceSource("Overflow",
                            "A message could not be opened, its packets match nothing",
                            MakeTraceSourceAccessor(&SteeringTable::m_overflowTrace),
                            "ns3::offload::SteeringTable::OverflowCallback");
    return tid;
}

LogComponent SteeringTable::g_log("SteeringTable", __FILE__);

SteeringTable::SteeringTable() = default;

SteeringTable::~SteeringTable() = default;

void
SteeringTable::DoDispose()
{
    m_groups.clear();
    m_rules.clear();
    Object::DoDispose();
}

void
SteeringTable::SetOpenMessages(uint32_t messages)
{
    m_messages.SetCapacity(messages);
}

uint32_t
SteeringTable::GetMaxOpenMessages() const
{
    return m_messages.GetCapacity();
}

SteeringTable::RuleId
SteeringTable::Add(const MatchRule& rule, Ptr<Matcher> matcher, Ptr<Object> target)
{
    NS_ASSERT_MSG(matcher && target, "a rule needs a matcher and a target");
    const auto free =
        std::find_if(m_rules.begin(), m_rules.end(), [](const Rule& r) { return !r.matcher; });
    const auto id = static_cast<RuleId>(free - m_rules.begin());
    if (free == m_rules.end())
    {
        m_rules.emplace_back();
    }
    m_rules[id] = {matcher, target, rule.GetPriority(), m_sequence++, true, false};
    NS_LOG_INFO("rule " << id << " added, priority " << rule.GetPriority());
    AddSlot(rule, id, false);
    const MatchRule following = matcher->GetFollowingRule(rule);
    const MatchMask mask = rule.GetMask();
    if (!(following.GetMask() == mask) || following.GetValue(mask) != rule.GetValue(mask))
    {
        AddSlot(following, id, true);
    }
    return id;
}

uint64_t
SteeringTable::Hash(const MatchValue& value)
{
    uint64_t hash = 0;
    for (uint64_t word : value)
    {
        hash = MixHash(hash, word);
    }
    return hash;
}

void
SteeringTable::Rehash(Group& group, std::size_t buckets)
{
    std::vector<std::vector<Slot>> old(buckets);
    old.swap(group.buckets);
    for (std::vector<Slot>& bucket : old)
    {
        for (Slot& slot : bucket)
        {
            group.buckets[Hash(slot.value) & (buckets - 1)].push_back(std::move(slot));
        }
    }
}

void
SteeringTable::AddSlot(const MatchRule& rule, RuleId id, bool following)
{
    const MatchMask mask = rule.GetMask();
    auto group = std::find_if(m_groups.begin(), m_groups.end(), [&mask](const Group& g) {
        return g.mask == mask;
    });
    if (group == m_groups.end())
    {
        group = m_groups.insert(m_groups.end(), Group{mask, rule.GetPriority(), {}, 0});
        Rehash(*group, FIRST_BUCKETS);
    }
    if (++group->size > group->buckets.size())
    {
        Rehash(*group, 2 * group->buckets.size());
    }
    MatchValue value = rule.GetValue(mask);
    const uint64_t hash = Hash(value);
    group->buckets[hash & (group->buckets.size() - 1)].push_back({std::move(value), id, following});
    group->priority = std::max(group->priority, rule.GetPriority());
    std::stable_sort(m_groups.begin(), m_groups.end(), [](const Group& a, const Group& b) {
        return a.priority > b.priority;
    });
}

void
SteeringTable::RemoveSlots(RuleId id)
{
    for (Group& group : m_groups)
    {
        for (std::vector<Slot>& bucket : group.buckets)
        {
            const auto end = std::remove_if(bucket.begin(), bucket.end(), [id](const Slot& slot) {
                return slot.rule == id;
            });
            group.size -= static_cast<std::size_t>(bucket.end() - end);
            bucket.erase(end, bucket.end());
        }
    }
    // A group's priority may stay too high: the search is then a little longer than it need be.
    m_groups.erase(std::remove_if(m_groups.begin(),
                                  m_groups.end(),
                                  [](const Group& group) { return group.size == 0; }),
                   m_groups.end());
}

void
SteeringTable::ForgetMessages(RuleId rule)
{
    m_messages.EraseIf([rule](const OpenMessages::Message& m) { return m.rule == rule; });
}

void
SteeringTable::Remove(RuleId rule)
{
    NS_ASSERT_MSG(rule < m_rules.size() && m_rules[rule].matcher, "no such rule");
    NS_LOG_INFO("rule " << rule << " removed");
    RemoveSlots(rule);
    ForgetMessages(rule);
    m_rules[rule] = Rule();
}

void
SteeringTable::Retire(RuleId rule)
{
    m_rules[rule].retired = true;
}

void
SteeringTable::Disable(RuleId rule)
{
    NS_LOG_INFO("rule " << rule << " disabled");
    m_rules[rule].enabled = false;
    ForgetMessages(rule);
}

void
SteeringTable::Abort(RuleId rule, uint64_t key)
{
    if (OpenMessages::Message* message = m_messages.Find(rule, key))
    {
        m_messages.Erase(message);
        m_rules[rule].matcher->Abort(key);
    }
}

SteeringTable::Result
SteeringTable::Lookup(const FrameWindow& frame, int64_t now)
{
    Candidate best;
    for (const Group& group : m_groups)
    {
        if (best.rule && best.rule->priority > group.priority)
        {
            break;
        }
        if (frame.GetSize() >= group.mask.minBytes)
        {
            Search(group, frame, best);
        }
    }
    Result result;
    result.cost = m_matchTime.GetTimeStep();
    if (best.rule && Take(best, now))
    {
        result.target = PeekPointer(best.rule->target);
        result.rule = best.id;
        result.position = best.position;
        if (!best.position.first)
        {
            result.cost = m_lookupTime.GetTimeStep();
        }
    }
    return result;
}

void
SteeringTable::Search(const Group& group, const FrameWindow& frame, Candidate& best)
{
    // As a MatchValue, and its Hash on the way.
    std::array<uint64_t, FrameWindow::WORDS> value;
    uint64_t hash = 0;
    std::size_t words = 0;
    for (const MatchMask::Word& word : group.mask.words)
    {
        value[words] = frame.GetWord(word.index) & word.mask;
        hash = MixHash(hash, value[words]);
        ++words;
    }
    for (const Slot& slot : group.buckets[hash & (group.buckets.size() - 1)])
    {
        // All values of a group have the words of its mask.
        if (std::equal(slot.value.begin(), slot.value.end(), value.begin()))
        {
            Consider(slot, frame, best);
        }
    }
}

void
SteeringTable::Consider(const Slot& slot, const FrameWindow& frame, Candidate& best)
{
    const Rule& rule = m_rules[slot.rule];
    if (!rule.enabled)
    {
        return;
    }
    if (best.rule &&
        (best.rule->priority > rule.priority ||
         (best.rule->priority == rule.priority && best.rule->sequence <= rule.sequence)))
    {
        return;
    }
    MessagePosition position;
    if (!rule.matcher->Locate(frame, position))
    {
        return;
    }
    OpenMessages::Message* message = m_messages.Find(slot.rule, position.key);
    if (!message && (slot.following || rule.retired || !position.first))
    {
        return;
    }
    if (slot.following && position.first)
    {
        return;
    }
    best = {&rule, slot.rule, position, message};
}

bool
SteeringTable::Take(Candidate& candidate, int64_t now)
{
    MessagePosition& position = candidate.position;
    if (candidate.message)
    {
        // A first packet that comes twice does not open its message again.
        position.first = false;
        candidate.message->lastPacket = now;
        if (position.last)
        {
            m_messages.Erase(candidate.message);
        }
    }
    else if (!position.last && !m_messages.Insert(candidate.id, position.key, now))
    {
        ForgetStale(now);
        if (!m_messages.Insert(candidate.id, position.key, now))
        {
            NS_LOG_LOGIC("message " << position.key << " of rule " << candidate.id
                                    << " is not opened: too many are");
            m_overflowTrace(candidate.id, position.key);
            return false;
        }
    }
    candidate.rule->matcher->Accept(position);
    return true;
}

void
SteeringTable::ForgetStale(int64_t now)
{
    const int64_t oldest = now - m_messageTimeout.GetTimeStep();
    m_messages.EraseIf([this, oldest](const OpenMessages::Message& message) {
        const bool stale = message.lastPacket < oldest;
        if (stale)
        {
            m_rules[message.rule].matcher->Abort(message.key);
        }
        return stale;
    });
}

} // namespace offload
} // namespace ns3
