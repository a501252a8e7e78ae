/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-test.h"
#include "log-capture.h"

#include "ns3/link-channel.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/// Bytes of a frame with the payload used here
constexpr uint32_t PAYLOAD = 1500;
/// Default of ReservedPerPort
constexpr uint32_t RESERVED = 1518;

class SwitchLossless : public FabricTest
{
  public:
    /** Hosts 1 to 64 send to host 0 at once. */
    void Incast(uint32_t frames)
    {
        for (uint32_t from = 1; from <= 64; ++from)
        {
            for (uint32_t i = 0; i < frames; ++i)
            {
                SendAt(0, from, 0, MakePacket(Pattern(PAYLOAD, 1000 * from + i)));
            }
        }
    }

    /** Frames of each sender came in order and unchanged; some may be missing. */
    void ExpectOrderedContent(uint32_t frames)
    {
        std::map<uint32_t, uint32_t> next;
        for (const auto& arrival : m_arrivals)
        {
            uint32_t& i = next[arrival.source];
            while (i < frames && arrival.bytes != Pattern(PAYLOAD, 1000 * arrival.source + i))
            {
                ++i;
            }
            ASSERT_LT(i, frames) << "from host " << arrival.source;
            ++i;
        }
    }
};

TEST_F(SwitchLossless, AnIncastWithoutFlowControlDropsWhatIsCountedAndTraced)
{
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(400'000));
    Build(*FatTree::KAry(8, 3));
    Incast(50);
    Simulator::Run();
    EXPECT_GT(m_drops.size(), 100U);
    EXPECT_EQ(Sum(&FabricSwitch::GetDrops), m_drops.size());
    EXPECT_EQ(m_arrivals.size() + m_drops.size(), 64U * 50);
    EXPECT_EQ(Sum(&FabricSwitch::GetPauses), 0U);
    for (const auto& drop : m_drops)
    {
        EXPECT_EQ(drop.reason, SwitchDropReason::BUFFER_FULL);
        EXPECT_EQ(drop.size, PAYLOAD + 14);
    }
    ExpectOrderedContent(50);
    ExpectEmptyBuffers();
}

/** What a switch has told of its queues and its neighbours' pauses. */
struct QueueRecord
{
    using Change = std::tuple<int64_t, uint32_t, uint64_t>;

    static void Note(QueueRecord* record, uint32_t port, uint64_t bytes)
    {
        record->changes.emplace_back(Simulator::Now().GetTimeStep(), port, bytes);
    }

    static void NotePause(QueueRecord* record, uint32_t port, uint8_t priority, bool on)
    {
        bool& now = record->paused[{port, priority}];
        EXPECT_NE(now, on) << "told once";
        now = on;
        record->pauses += on ? 1 : 0;
    }

    void Connect(const Ptr<FabricSwitch>& device)
    {
        device->TraceConnectWithoutContext("Queue", MakeBoundCallback(&QueueRecord::Note, this));
        device->TraceConnectWithoutContext("Pause",
                                           MakeBoundCallback(&QueueRecord::NotePause, this));
    }

    /** One frame at a time joins or leaves, and in the end there is none. @return the longest */
    uint64_t Check() const
    {
        uint64_t longest = 0;
        std::map<uint32_t, uint64_t> queues;
        for (const auto& [time, port, bytes] : changes)
        {
            const uint64_t before = queues[port];
            EXPECT_EQ(std::max(before, bytes) - std::min(before, bytes), PAYLOAD + 14U);
            queues[port] = bytes;
            longest = std::max(longest, bytes);
        }
        for (const auto& queue : queues)
        {
            EXPECT_EQ(queue.second, 0U);
        }
        for (const auto& pause : paused)
        {
            EXPECT_FALSE(pause.second);
        }
        return longest;
    }

    std::vector<Change> changes;
    std::map<std::pair<uint32_t, uint8_t>, bool> paused;
    uint64_t pauses{0};
};

TEST_F(SwitchLossless, TheQueueTraceTellsAtTheInstantAtWhichFramesJoinAndLeave)
{
    Build(*FatTree::SingleSwitch(3));
    QueueRecord record;
    record.Connect(m_fabric.switches[0]);
    SendAt(0, 0, 2, Create<Packet>(1000));
    SendAt(0, 1, 2, Create<Packet>(1000));
    SendAt(0, 1, 2, Create<Packet>(500));
    Simulator::Run();
    const int64_t first = GetWire(1000) + DELAY + LATENCY;
    const int64_t third = first + GAP * BYTE + GetWire(500);
    const int64_t slot = GetWire(1000) + GAP * BYTE;
    const std::vector<QueueRecord::Change> expected{{first, 2, 1014},
                                                    {first, 2, 0},
                                                    {first, 2, 1014},
                                                    {third, 2, 1014 + 514},
                                                    {first + slot, 2, 514},
                                                    {first + 2 * slot, 2, 0}};
    EXPECT_EQ(record.changes, expected);
}

TEST_F(SwitchLossless, WhoLooksAtQueuesAndPausesChangesNoResult)
{
    for (const bool lossless : {false, true})
    {
        m_helper.SetSwitchAttribute("BufferSize", UintegerValue(400'000));
        m_helper.SetLosslessClasses(lossless ? 1 : 0);
        Build(*FatTree::KAry(8, 3));
        Incast(20);
        Simulator::Run();
        const std::vector<Arrival> arrivals = std::exchange(m_arrivals, {});
        const std::vector<int64_t> drops = std::exchange(m_droppedAt, {});
        EXPECT_EQ(drops.empty(), lossless);
        TearDown();

        Build(*FatTree::KAry(8, 3));
        std::vector<QueueRecord> records(m_fabric.switches.size());
        for (std::size_t i = 0; i < records.size(); ++i)
        {
            records[i].Connect(m_fabric.switches[i]);
        }
        Incast(20);
        Simulator::Run();
        EXPECT_TRUE(m_arrivals == arrivals);
        EXPECT_EQ(m_droppedAt, drops);
        uint64_t longest = 0;
        uint64_t pauses = 0;
        for (const QueueRecord& record : records)
        {
            longest = std::max(longest, record.Check());
            pauses += record.pauses;
        }
        EXPECT_EQ(pauses, Sum(&FabricSwitch::GetPauses));
        EXPECT_EQ(pauses > 0, lossless);
        EXPECT_GT(longest, 100'000U);
        EXPECT_LE(longest, 400'000U);
        m_arrivals.clear();
        m_droppedAt.clear();
        TearDown();
    }
}

TEST_F(SwitchLossless, TheLogTellsOfDropsAndPauses)
{
    LogCapture log({"FabricSwitch"});
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(400'000));
    Build(*FatTree::SingleSwitch(65));
    Incast(20);
    Simulator::Run();
    TearDown();
    EXPECT_EQ(log.Says("dropped: buffer full"), LogCapture::HAS_LOGS);
    log.Clear();
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(1'000'000));
    m_helper.SetLosslessClasses(1);
    Build(*FatTree::SingleSwitch(65));
    Incast(20);
    Simulator::Run();
    EXPECT_EQ(log.Says("pauses class 0"), LogCapture::HAS_LOGS);
    EXPECT_EQ(log.Says("lets class 0 go on"), LogCapture::HAS_LOGS);
    EXPECT_FALSE(log.Says("dropped"));
}

TEST_F(SwitchLossless, AQueueMayTakeItsShareOfTheBufferBeforeFramesAreDropped)
{
    // With a share of 1, as much as is left free: 33 of 66 frames.
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(66 * (PAYLOAD + 14)));
    m_helper.SetSwitchAttribute("ReservedPerPort", UintegerValue(0));
    Build(*FatTree::SingleSwitch(65));
    Incast(1);
    Simulator::Run();
    // One more has begun when the last ones come: they all arrive at the same instant.
    EXPECT_EQ(m_arrivals.size(), 34U);
    EXPECT_EQ(m_drops.size(), 30U);
}

TEST_F(SwitchLossless, TheSameIncastWithPriorityFlowControlLosesNothing)
{
    for (const bool cutThrough : {false, true})
    {
        m_helper.SetSwitchAttribute("BufferSize", UintegerValue(400'000));
        m_helper.SetSwitchAttribute("CutThrough", BooleanValue(cutThrough));
        m_helper.SetLosslessClasses(1);
        Build(*FatTree::KAry(8, 3));
        m_arrivals.clear();
        Incast(50);
        Simulator::Run();
        EXPECT_TRUE(m_drops.empty());
        EXPECT_EQ(m_arrivals.size(), 64U * 50);
        EXPECT_GT(Sum(&FabricSwitch::GetPauses), 64U);
        ExpectOrderedContent(50);
        ExpectEmptyBuffers();
        // The last link is never idle from the first frame on: pauses cost no throughput.
        const int64_t slot = GetWire(PAYLOAD) + GAP * BYTE;
        EXPECT_EQ(m_arrivals.back().ps - m_arrivals.front().ps, (64 * 50 - 1) * slot);
        TearDown();
    }
}

TEST_F(SwitchLossless, NothingIsLostWithTheLeastBufferEither)
{
    m_helper.SetLosslessClasses(1);
    // Eight ports, the headroom and the reserve of each, and one byte more.
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(1'000'000));
    Build(*FatTree::KAry(8, 3));
    const uint64_t least =
        8 * (m_fabric.switches[0]->GetHeadroom(*m_fabric.switches[0]->GetPort(0)) + RESERVED);
    TearDown();
    for (const double share : {0.0, 0.5, 8.0})
    {
        m_helper.SetSwitchAttribute("BufferSize", UintegerValue(least + 1));
        m_helper.SetSwitchAttribute("PauseShare", DoubleValue(share));
        Build(*FatTree::KAry(8, 3));
        m_arrivals.clear();
        Incast(20);
        Simulator::Run();
        EXPECT_TRUE(m_drops.empty()) << "share " << share;
        EXPECT_EQ(m_arrivals.size(), 64U * 20) << "share " << share;
        ExpectEmptyBuffers();
        TearDown();
    }
}

TEST_F(SwitchLossless, EveryFlowOfARandomCrowdFinishesInAFatTree)
{
    m_helper.SetLosslessClasses(1);
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(60'000));
    for (const bool spraying : {false, true})
    {
        m_helper.SetSwitchAttribute("PacketSpraying", BooleanValue(spraying));
        Build(*FatTree::KAry(4, 3));
        m_arrivals.clear();
        uint32_t random = 3;
        const auto draw = [&random](uint32_t below) {
            random = random * 1664525 + 1013904223;
            return (random >> 8) % below;
        };
        constexpr uint32_t FRAMES = 4000;
        for (uint32_t i = 0; i < FRAMES; ++i)
        {
            // Half of all to two hosts, so that pauses spread to the sources.
            const uint32_t from = draw(16);
            const uint32_t to = draw(2) == 0 ? draw(16) : draw(2) * 9;
            SendAt(draw(1'000'000), from, (to == from ? to + 1 : to) % 16, Create<Packet>(1500));
        }
        // A deadlock would go on repeating PAUSE frames.
        Simulator::Stop(MilliSeconds(10));
        Simulator::Run();
        EXPECT_EQ(m_arrivals.size(), FRAMES);
        EXPECT_TRUE(m_drops.empty());
        EXPECT_GT(Sum(&FabricSwitch::GetPauses), 100U);
        ExpectEmptyBuffers();
        TearDown();
    }
}

TEST_F(SwitchLossless, OtherClassesGetDroppedAndDoNotTakeTheHeadroom)
{
    constexpr uint8_t TOS = 3 << 5;
    m_helper.SetLosslessClasses(1 << 3);
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(150'000));
    Build(*FatTree::SingleSwitch(12));
    const std::vector<uint8_t> payload = Pattern(1400);
    for (uint32_t i = 0; i < 40; ++i)
    {
        for (uint32_t from = 0; from < 8; ++from)
        {
            // Crowds at four ports, which would fill the buffer together.
            SendDatagramAt(0, from, 8 + (from + i) % 4, 1, payload);
        }
    }
    for (uint32_t i = 0; i < 40; ++i)
    {
        for (uint32_t from = 0; from < 8; ++from)
        {
            SendDatagramAt(1000, from, 8 + from % 2, 2, payload, TOS);
        }
    }
    Simulator::Run();
    uint32_t lossless = 0;
    for (const auto& arrival : m_arrivals)
    {
        lossless += arrival.bytes[1] == TOS ? 1 : 0;
    }
    EXPECT_EQ(lossless, 8U * 40);
    EXPECT_GT(m_drops.size(), 0U);
    EXPECT_GT(Sum(&FabricSwitch::GetPauses), 0U);
    ExpectEmptyBuffers();
}

/** @return frames of another class that were dropped beside a lossless crowd that fills a switch */
uint32_t
CountDropsBesideACrowd(SwitchLossless& test, uint32_t reserved)
{
    constexpr uint8_t LOSSLESS = 3 << 5;
    constexpr uint8_t OTHER = 6 << 5;
    constexpr uint32_t SMALL = 14 + 20 + 8 + 100;
    test.m_helper.SetLosslessClasses(1 << 3);
    test.m_helper.SetSwitchAttribute("ReservedPerPort", UintegerValue(reserved));
    test.m_helper.SetSwitchAttribute("BufferSize", UintegerValue(100'000));
    // So that a crowd of seven takes all that is shared.
    test.m_helper.SetSwitchAttribute("PauseShare", DoubleValue(64));
    test.Build(*FatTree::SingleSwitch(8));
    for (uint32_t i = 0; i < 60; ++i)
    {
        for (uint32_t from = 1; from < 8; ++from)
        {
            test.SendDatagramAt(0, from, 0, 1, SwitchLossless::Pattern(1400), LOSSLESS);
        }
    }
    // Small frames the other way, as congestion notifications are; and some with the crowd.
    constexpr int64_t FULL = 10'000'000;
    for (uint32_t i = 0; i < 20; ++i)
    {
        test.SendDatagramAt(FULL + i * 100'000,
                            0,
                            1 + i % 7,
                            2,
                            SwitchLossless::Pattern(100),
                            OTHER);
    }
    for (uint32_t from = 1; from < 8; ++from)
    {
        test.SendDatagramAt(FULL, from, 0, 2, SwitchLossless::Pattern(100), OTHER);
    }
    Simulator::Run();
    EXPECT_GT(test.Sum(&FabricSwitch::GetPauses), 0U);
    for (const auto& drop : test.m_drops)
    {
        EXPECT_EQ(drop.size, SMALL) << "nothing lossless";
    }
    const auto drops = static_cast<uint32_t>(test.m_drops.size());
    EXPECT_EQ(test.m_arrivals.size() + drops, 7U * 60 + 27);
    test.ExpectEmptyBuffers();
    test.m_arrivals.clear();
    test.m_drops.clear();
    test.TearDown();
    return drops;
}

TEST_F(SwitchLossless, SmallFramesFindTheReserveOfTheirPortWhenALosslessCrowdFillsTheSwitch)
{
    EXPECT_EQ(CountDropsBesideACrowd(*this, RESERVED), 0U);
    const uint32_t without = CountDropsBesideACrowd(*this, 0);
    EXPECT_GT(without, 20U);
    // Room for three frames: those that wait behind the crowd are more, the others' ports are idle.
    const uint32_t some = CountDropsBesideACrowd(*this, 3 * 142);
    EXPECT_GT(some, 0U);
    EXPECT_LE(some, 4U);
}

TEST_F(SwitchLossless, AReserveThatTheBufferDoesNotHoldIsRefused)
{
    for (const bool lossless : {false, true})
    {
        m_helper.SetLosslessClasses(lossless ? 1 : 0);
        m_helper.SetSwitchAttribute("BufferSize", UintegerValue(50'000));
        m_helper.SetSwitchAttribute("ReservedPerPort", UintegerValue(0));
        Build(*FatTree::SingleSwitch(4));
        TearDown();
        m_helper.SetSwitchAttribute("ReservedPerPort", UintegerValue(12'500));
        try
        {
            Build(*FatTree::SingleSwitch(4));
            FAIL() << "50000 bytes at 4 ports";
        }
        catch (const std::invalid_argument& error)
        {
            const std::string what = error.what();
            EXPECT_NE(what.find("ReservedPerPort takes 50000 at 4 ports"), std::string::npos)
                << what;
            EXPECT_EQ(what.find("lossless") != std::string::npos, lossless) << what;
        }
        TearDown();
    }
}

TEST_F(SwitchLossless, APausedClassDoesNotHoldUpAnother)
{
    constexpr uint8_t TOS = 3 << 5;
    m_helper.SetLosslessClasses(1 << 3);
    m_helper.SetSwitchAttribute("BufferSize", UintegerValue(40'000));
    m_helper.SetSwitchAttribute("ReservedPerPort", UintegerValue(0));
    Build(*FatTree::SingleSwitch(4));
    // Hosts 0 and 1 crowd host 2 and are paused; host 0 has something of class 0 for host 3.
    for (uint32_t i = 0; i < 50; ++i)
    {
        SendDatagramAt(0, 0, 2, 1, Pattern(1400), TOS);
        SendDatagramAt(0, 1, 2, 1, Pattern(1400), TOS);
    }
    const int64_t slot = GetWire(1428) + GAP * BYTE;
    const int64_t sent = 20 * slot;
    SendDatagramAt(sent, 0, 3, 7, Pattern(100));
    Simulator::Run();
    EXPECT_EQ(m_arrivals.size(), 101U);
    EXPECT_GT(Sum(&FabricSwitch::GetPauses), 0U);
    for (const auto& arrival : m_arrivals)
    {
        if (arrival.host == 3)
        {
            // At most one frame was before it.
            EXPECT_LE(arrival.ps, sent + slot + 2 * (GetWire(128) + DELAY) + LATENCY);
        }
    }
}

TEST_F(SwitchLossless, AFrameThatAPortRefusesLeavesNobodyPaused)
{
    m_helper.SetLosslessClasses(1);
    // With a share of zero each frame pauses its sender.
    m_helper.SetSwitchAttribute("PauseShare", DoubleValue(0));
    Build(*FatTree::SingleSwitch(3));
    DynamicCast<LinkChannel>(GetDevice(1)->GetChannel())->SetLinkUp(false);
    SendAt(0, 0, 1, Create<Packet>(100));
    SendAt(1'000'000, 0, 2, Create<Packet>(100));
    Simulator::Stop(MilliSeconds(1));
    Simulator::Run();
    ASSERT_EQ(m_drops.size(), 1U);
    EXPECT_EQ(GetArrivalTimes(),
              std::vector<int64_t>{1'000'000 + 2 * (GetWire(100) + DELAY) + LATENCY});
}

} // namespace
} // namespace offload
} // namespace ns3
