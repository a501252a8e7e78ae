/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-test.h"

#include "ns3/message-matchers.h"
#include "ns3/node.h"
#include "ns3/open-messages.h"
#include "ns3/steering-table.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

namespace ns3
{
namespace offload
{
namespace
{

using test::FrameSpec;
using test::MakeFrame;

constexpr int64_t MATCH = 30000; //!< ps, spin.md
constexpr int64_t LOOKUP = 2000; //!< ps, spin.md

/** A matcher as Portals has it: 64 match bits behind the UDP header, some ignored. */
class MatchBits : public Matcher
{
  public:
    MatchBits(uint64_t bits, uint64_t ignore)
        : m_bits(bits),
          m_ignore(ignore)
    {
    }

    bool Locate(const FrameWindow& frame, MessagePosition& position) const override
    {
        position = {0, true, true};
        return ((frame.GetField(42, 8) ^ m_bits) & ~m_ignore) == 0;
    }

  private:
    uint64_t m_bits;
    uint64_t m_ignore;
};

class SteeringTableTest : public ::testing::Test
{
  protected:
    SteeringTable::Result Look(const FrameSpec& spec, int64_t now = 0)
    {
        return table->Lookup(FrameWindow(MakeFrame(spec)), now);
    }

    static MatchRule Port(uint16_t port)
    {
        return MatchRule().WithIpv4().WithUdp().WithDestinationPort(port);
    }

    Ptr<SteeringTable> table = CreateObject<SteeringTable>();
    Ptr<Object> a = CreateObject<Node>();
    Ptr<Object> b = CreateObject<Node>();
};

TEST_F(SteeringTableTest, FindsTheTargetOfAMatchingPacketOnly)
{
    table->Add(Port(9), CreateObject<PacketMatcher>(), a);
    EXPECT_EQ(Look({}).target, PeekPointer(a));
    FrameSpec other;
    other.destinationPort = 10;
    EXPECT_EQ(Look(other).target, nullptr);
    EXPECT_EQ(Look(other).cost, MATCH);
}

TEST_F(SteeringTableTest, PrefersTheHigherPriorityWhateverTheOrder)
{
    table->Add(Port(9), CreateObject<PacketMatcher>(), a);
    table->Add(MatchRule().WithIpv4().WithPriority(1), CreateObject<PacketMatcher>(), b);
    EXPECT_EQ(Look({}).target, PeekPointer(b));
    table->Add(Port(9).WithPriority(2), CreateObject<PacketMatcher>(), a);
    EXPECT_EQ(Look({}).target, PeekPointer(a));
}

TEST_F(SteeringTableTest, PrefersTheFirstOfEqualPriorities)
{
    const auto first = table->Add(Port(9), CreateObject<PacketMatcher>(), a);
    table->Add(MatchRule().WithIpv4(), CreateObject<PacketMatcher>(), b);
    table->Add(Port(9), CreateObject<PacketMatcher>(), b);
    EXPECT_EQ(Look({}).target, PeekPointer(a));
    table->Remove(first);
    EXPECT_EQ(Look({}).target, PeekPointer(b));
}

TEST_F(SteeringTableTest, FindsEachOfAThousandSocketsAndNoneAfterRemoval)
{
    std::vector<SteeringTable::RuleId> rules;
    std::vector<Ptr<Object>> targets;
    for (uint16_t i = 0; i < 1000; ++i)
    {
        targets.push_back(CreateObject<Node>());
        rules.push_back(table->Add(Port(i), CreateObject<PacketMatcher>(), targets.back()));
    }
    for (uint16_t i = 0; i < 1000; ++i)
    {
        FrameSpec spec;
        spec.destinationPort = i;
        ASSERT_EQ(Look(spec).target, PeekPointer(targets[i]));
    }
    for (uint16_t i = 0; i < 1000; i += 2)
    {
        table->Remove(rules[i]);
    }
    for (uint16_t i = 0; i < 1000; ++i)
    {
        FrameSpec spec;
        spec.destinationPort = i;
        ASSERT_EQ(Look(spec).target, i % 2 ? PeekPointer(targets[i]) : nullptr);
    }
    for (uint16_t i = 1; i < 1000; i += 2)
    {
        table->Remove(rules[i]);
    }
    EXPECT_TRUE(table->IsEmpty());
}

TEST_F(SteeringTableTest, GivesAPacketToTheMatchListEntryWhoseBitsAgree)
{
    table->Add(MatchRule().WithIpv4().WithUdp(), CreateObject<MatchBits>(0x1234, 0xff), a);
    table->Add(MatchRule().WithIpv4().WithUdp(), CreateObject<MatchBits>(0x5600, 0), b);
    FrameSpec spec;
    spec.payload = std::string("\0\0\0\0\0\0\x12\x99", 8);
    EXPECT_EQ(Look(spec).target, PeekPointer(a));
    spec.payload = std::string("\0\0\0\0\0\0\x56\x00", 8);
    EXPECT_EQ(Look(spec).target, PeekPointer(b));
    spec.payload = std::string("\0\0\0\0\0\0\x56\x01", 8);
    EXPECT_EQ(Look(spec).target, nullptr);
}

TEST_F(SteeringTableTest, ChargesAMatchForTheFirstPacketAndALookupForTheFollowing)
{
    table->Add(Port(9), CreateObjectWithAttributes<CountMatcher>("Packets", UintegerValue(3)), a);
    for (uint64_t message = 0; message < 2; ++message)
    {
        for (int i = 0; i < 3; ++i)
        {
            const SteeringTable::Result result = Look({});
            EXPECT_EQ(result.cost, i == 0 ? MATCH : LOOKUP);
            EXPECT_EQ(result.position.first, i == 0);
            EXPECT_EQ(result.position.last, i == 2);
            EXPECT_EQ(result.position.key, message);
            EXPECT_EQ(table->GetOpenMessages(), i == 2 ? 0u : 1u);
        }
    }
}

TEST_F(SteeringTableTest, FollowsTheFragmentsOfADatagramThatHaveNoPorts)
{
    table->Add(Port(9), CreateObject<DatagramMatcher>(), a);
    FrameSpec first;
    first.id = 5;
    first.moreFragments = true;
    FrameSpec middle = first;
    middle.fragmentOffset = 1480;
    FrameSpec last = first;
    last.fragmentOffset = 2960;
    last.moreFragments = false;
    FrameSpec stranger = middle;
    stranger.id = 6;

    EXPECT_EQ(Look(middle).target, nullptr) << "its datagram is not open yet";
    SteeringTable::Result result = Look(first);
    EXPECT_TRUE(result.target && result.position.first && !result.position.last);
    EXPECT_EQ(Look(stranger).target, nullptr);
    result = Look(middle);
    EXPECT_TRUE(result.target && !result.position.first && !result.position.last);
    EXPECT_EQ(result.cost, LOOKUP);
    result = Look(last);
    EXPECT_TRUE(result.target && !result.position.first && result.position.last);
    EXPECT_EQ(Look(middle).target, nullptr) << "the datagram has ended";
}

TEST_F(SteeringTableTest, LeavesFragmentsOfDatagramsForOtherPortsAlone)
{
    table->Add(Port(9), CreateObject<DatagramMatcher>(), a);
    FrameSpec first;
    first.id = 5;
    first.moreFragments = true;
    first.destinationPort = 10;
    FrameSpec last = first;
    last.fragmentOffset = 1480;
    last.moreFragments = false;
    EXPECT_EQ(Look(first).target, nullptr);
    EXPECT_EQ(Look(last).target, nullptr);
}

TEST_F(SteeringTableTest, DoesNotOpenAMessageAgainForARepeatedFirstPacket)
{
    table->Add(Port(9), CreateObject<DatagramMatcher>(), a);
    FrameSpec first;
    first.moreFragments = true;
    EXPECT_TRUE(Look(first).position.first);
    EXPECT_FALSE(Look(first).position.first);
    EXPECT_EQ(table->GetOpenMessages(), 1u);
}

TEST_F(SteeringTableTest, TellsMessagesByFieldsAndSenders)
{
    table->Add(Port(9), CreateObject<FieldMatcher>(), a);
    const auto frame = [](const char* source, char id, char flags) {
        FrameSpec spec;
        spec.source = source;
        spec.payload = std::string{0, 0, 0, id, flags, 'x'};
        return spec;
    };
    const auto one = Look(frame("10.0.0.1", 1, 1));
    const auto two = Look(frame("10.0.0.3", 1, 1));
    EXPECT_TRUE(one.position.first && two.position.first);
    EXPECT_NE(one.position.key, two.position.key);
    EXPECT_EQ(Look(frame("10.0.0.1", 1, 0)).position.key, one.position.key);
    EXPECT_EQ(Look(frame("10.0.0.1", 2, 0)).target, nullptr);
    EXPECT_TRUE(Look(frame("10.0.0.1", 1, 2)).position.last);
    EXPECT_EQ(table->GetOpenMessages(), 1u);
}

TEST_F(SteeringTableTest, KeepsPacketMatcherAwayFromFragments)
{
    table->Add(Port(9), CreateObject<PacketMatcher>(), a);
    FrameSpec spec;
    spec.moreFragments = true;
    EXPECT_EQ(Look(spec).target, nullptr);
}

TEST_F(SteeringTableTest, RetiredRuleEndsItsOpenMessagesAndTakesNoNewOnes)
{
    const auto rule = table->Add(Port(9), CreateObject<DatagramMatcher>(), a);
    FrameSpec first;
    first.moreFragments = true;
    FrameSpec last;
    last.fragmentOffset = 1480;
    EXPECT_NE(Look(first).target, nullptr);
    table->Retire(rule);
    FrameSpec fresh = first;
    fresh.id = 1;
    EXPECT_EQ(Look(fresh).target, nullptr);
    EXPECT_NE(Look(last).target, nullptr);
}

TEST_F(SteeringTableTest, DisabledRuleForgetsItsMessages)
{
    const auto rule = table->Add(Port(9), CreateObject<DatagramMatcher>(), a);
    FrameSpec first;
    first.moreFragments = true;
    FrameSpec last;
    last.fragmentOffset = 1480;
    EXPECT_NE(Look(first).target, nullptr);
    table->Disable(rule);
    EXPECT_EQ(table->GetOpenMessages(), 0u);
    EXPECT_EQ(Look(last).target, nullptr);
    EXPECT_EQ(Look({}).target, nullptr);
}

TEST_F(SteeringTableTest, AbortedCountStartsOver)
{
    const auto rule =
        table->Add(Port(9),
                   CreateObjectWithAttributes<CountMatcher>("Packets", UintegerValue(3)),
                   a);
    Look({});
    const uint64_t key = Look({}).position.key;
    table->Abort(rule, key);
    const SteeringTable::Result result = Look({});
    EXPECT_TRUE(result.position.first);
    EXPECT_NE(result.position.key, key);
}

void
CountOverflow(int* count, uint32_t, uint64_t)
{
    ++*count;
}

TEST_F(SteeringTableTest, LeavesMessagesToTheHostWhenTooManyAreOpenUntilTheyAreStale)
{
    table->SetAttribute("OpenMessages", UintegerValue(2));
    int overflows = 0;
    table->TraceConnectWithoutContext("Overflow", MakeBoundCallback(&CountOverflow, &overflows));
    table->Add(Port(9), CreateObject<DatagramMatcher>(), a);
    const auto open = [this](uint16_t id, int64_t now) {
        FrameSpec first;
        first.id = id;
        first.moreFragments = true;
        return Look(first, now).target != nullptr;
    };
    EXPECT_TRUE(open(1, 0));
    EXPECT_TRUE(open(2, 0));
    EXPECT_FALSE(open(3, 0));
    EXPECT_EQ(overflows, 1);
    constexpr int64_t LATER = 11'000'000'000; // ps, beyond the default timeout of 10 ms
    EXPECT_TRUE(open(4, LATER));
    EXPECT_EQ(table->GetOpenMessages(), 1u);
}

TEST(OpenMessages, EqualsAMapForRandomUse)
{
    std::mt19937 random(3);
    OpenMessages table;
    table.SetCapacity(200);
    std::set<std::pair<uint32_t, uint64_t>> reference;
    for (int i = 0; i < 20000; ++i)
    {
        const uint32_t rule = random() % 3;
        const uint64_t key = random() % 150;
        OpenMessages::Message* found = table.Find(rule, key);
        ASSERT_EQ(found != nullptr, reference.count({rule, key}) == 1);
        if (found)
        {
            table.Erase(found);
            reference.erase({rule, key});
        }
        else if (table.Insert(rule, key, i))
        {
            reference.insert({rule, key});
        }
        else
        {
            ASSERT_EQ(reference.size(), 200u);
            table.EraseIf([](const OpenMessages::Message& m) { return m.rule == 1; });
            for (auto entry = reference.begin(); entry != reference.end();)
            {
                entry = entry->first == 1 ? reference.erase(entry) : std::next(entry);
            }
        }
        ASSERT_EQ(table.GetSize(), reference.size());
    }
}

} // namespace
} // namespace offload
} // namespace ns3
