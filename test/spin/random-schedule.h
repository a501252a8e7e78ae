/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Random messages, handlers and commands for a sPIN unit, and what must hold for any of them.
 */
#ifndef OFFLOAD_RANDOM_SCHEDULE_H
#define OFFLOAD_RANDOM_SCHEDULE_H

#include "spin-fixture.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace ns3
{
namespace offload
{

/** What to draw. */
struct ScheduleOptions
{
    uint32_t seed{1};        //!< of everything
    uint32_t flows{3};       //!< contexts
    uint32_t messages{20};   //!< per flow
    uint32_t maxPackets{10}; //!< per message
    uint32_t minBytes{64};   //!< of a packet
    uint32_t maxBytes{1024}; //!< of a packet
    uint32_t openAtOnce{8};  //!< messages interleaved
    uint32_t maxCycles{200}; //!< charged at a time
    int64_t maxGap{20000};   //!< between packets, ps
    bool commands{true};     //!< handlers issue commands
    bool allHandlers{false}; //!< every flow has all three handlers
};

/**
 * A fixture with random traffic; the same seed draws the same.
 */
class RandomSchedule
{
  public:
    RandomSchedule(SpinFixture& fixture, const ScheduleOptions& options)
        : m_fixture(fixture),
          m_options(options),
          m_random(options.seed)
    {
        for (uint32_t i = 0; i < options.flows; i++)
        {
            m_kinds.push_back(options.allHandlers ? 7 : 2 + Draw(2) * 1 + Draw(2) * 4);
            AddFlow(i);
        }
        DrawPackets();
    }

    /** @return packets drawn */
    size_t GetPackets() const
    {
        return m_packets;
    }

    /** Nothing lost, nothing twice, all in order. Call after the run. */
    void Check() const
    {
        const SpinCounters& counters = m_fixture.unit->GetCounters();
        ASSERT_TRUE(m_fixture.source.items.empty()) << m_fixture.source.items.size() << " never in";
        EXPECT_EQ(counters.packetsIn, m_packets);
        EXPECT_EQ(counters.packetsDone, m_packets);
        EXPECT_EQ(m_fixture.packets.size(), m_packets);
        EXPECT_EQ(counters.packetsDropped, 0U);
        EXPECT_EQ(counters.packetsRefused, m_fixture.source.refusals);
        EXPECT_EQ(counters.messagesAborted, 0U);
        EXPECT_EQ(m_fixture.unit->GetPacketsInside(), 0U);
        EXPECT_EQ(m_wrong, 0U) << "packets whose bytes were not those sent";
        EXPECT_EQ(m_fixture.wire.packets.size(), m_sends);
        EXPECT_EQ(m_fixture.commands.size(), m_commandsIssued);
        std::map<std::pair<uint32_t, uint32_t>, std::vector<const TaggedRun*>> byMessage;
        for (const TaggedRun& run : m_fixture.runs)
        {
            byMessage[{run.tag.flow, run.tag.message}].push_back(&run);
        }
        for (uint32_t flow = 0; flow < m_options.flows; flow++)
        {
            EXPECT_EQ(m_fixture.flows[flow]->Count(ContextEvent::Type::MESSAGE_COMPLETE),
                      m_options.messages);
            EXPECT_EQ(m_fixture.flows[flow]->events.size(), m_options.messages);
            for (uint32_t message = 0; message < m_options.messages; message++)
            {
                SCOPED_TRACE("flow " + std::to_string(flow) + " message " +
                             std::to_string(message));
                CheckMessage(flow, message, byMessage[{flow, message}]);
            }
        }
        CheckHpus();
    }

    /** @return most payload handlers of one message at a time */
    uint32_t GetConcurrency() const
    {
        uint32_t best = 0;
        for (const TaggedRun& a : m_fixture.runs)
        {
            uint32_t count = 0;
            for (const TaggedRun& b : m_fixture.runs)
            {
                count += a.run.kind == HandlerKind::PAYLOAD && b.run.kind == HandlerKind::PAYLOAD &&
                         a.tag.flow == b.tag.flow && a.tag.message == b.tag.message &&
                         b.run.entry <= a.run.entry && a.run.entry < b.run.exit;
            }
            best = std::max(best, count);
        }
        return best;
    }

  private:
    uint32_t Draw(uint32_t below)
    {
        return static_cast<uint32_t>(m_random() % below);
    }

    static uint32_t Bit(HandlerKind kind)
    {
        return 1U << static_cast<unsigned>(kind);
    }

    void AddFlow(uint32_t number)
    {
        auto script = [this](HandlerKind kind, Hpu& hpu) { return Handle(kind, hpu); };
        Flow* flow = nullptr;
        switch (m_kinds[number])
        {
        case 2:
            flow = &m_fixture.AddFlow(script);
            break;
        case 3:
            flow = &m_fixture.AddFlow(script, {HandlerKind::HEADER, HandlerKind::PAYLOAD});
            break;
        case 6:
            flow = &m_fixture.AddFlow(script, {HandlerKind::PAYLOAD, HandlerKind::COMPLETION});
            break;
        default:
            flow = &m_fixture.AddFlow(
                script,
                {HandlerKind::HEADER, HandlerKind::PAYLOAD, HandlerKind::COMPLETION});
        }
        flow->onEvent = [this, number](const ContextEvent& event) {
            m_completed[{number, static_cast<uint32_t>(event.key)}] = {
                Simulator::Now().GetTimeStep(),
                event.packets,
                event.bytes};
        };
    }

    void DrawPackets()
    {
        struct Open
        {
            uint32_t flow;
            uint32_t message;
            uint32_t next;
            uint32_t count;
        };

        std::vector<uint32_t> toOpen;
        for (uint32_t i = 0; i < m_options.flows * m_options.messages; i++)
        {
            toOpen.push_back(i);
        }
        std::shuffle(toOpen.begin(), toOpen.end(), m_random);
        std::vector<Open> open;
        int64_t time = 0;
        while (!toOpen.empty() || !open.empty())
        {
            if (!toOpen.empty() && open.size() < m_options.openAtOnce)
            {
                const uint32_t flow = toOpen.back() % m_options.flows;
                const uint32_t message = toOpen.back() / m_options.flows;
                open.push_back({flow, message, 0, 1 + Draw(m_options.maxPackets)});
                m_counts[{flow, message}] = open.back().count;
                toOpen.pop_back();
            }
            const uint32_t index = Draw(static_cast<uint32_t>(open.size()));
            Open& chosen = open[index];
            const uint32_t bytes =
                m_options.minBytes + Draw(m_options.maxBytes - m_options.minBytes + 1);
            const bool last = chosen.next + 1 == chosen.count;
            m_fixture.Offer(time,
                            chosen.flow,
                            chosen.message,
                            chosen.next,
                            chosen.next == 0,
                            last,
                            bytes);
            m_bytes[{chosen.flow, chosen.message}] += bytes;
            m_packets++;
            chosen.next++;
            if (last)
            {
                open.erase(open.begin() + index);
            }
            time += m_options.maxGap ? Draw(static_cast<uint32_t>(m_options.maxGap)) : 0;
        }
    }

    /** Any handler: checks its packet, then charges cycles and issues commands at random. */
    HandlerStatus Handle(HandlerKind kind, Hpu& hpu)
    {
        const MemoryWindow packet = hpu.GetPacket();
        const auto tag = packet.Load<PacketTag>(0);
        m_wrong += !HoldsPattern(packet) || !HoldsPattern(hpu.GetL2Packet());
        // Not the common source: the draw must not depend on the order of handlers.
        std::minstd_rand random(1 + m_options.seed * 7919 + tag.flow * 104729 +
                                tag.message * 1299709 + tag.packet * 15485863 +
                                static_cast<uint32_t>(kind));
        hpu.Execute(static_cast<uint32_t>(random() % m_options.maxCycles));
        std::vector<CommandId> issued;
        const uint64_t host = hpu.GetHostAddress() + random() % 1000;
        for (uint32_t n = m_options.commands ? random() % 7 : 0; n > 0; n--)
        {
            m_commandsIssued++;
            switch (random() % 5)
            {
            case 0:
                issued.push_back(hpu.SendPacket(packet));
                m_sends++;
                break;
            case 1:
                issued.push_back(hpu.DmaToHost(host, packet));
                break;
            case 2:
                issued.push_back(hpu.WriteToHost(host, random()));
                break;
            case 3:
                issued.push_back(hpu.DmaFromHost(host, hpu.GetNicMemory().Slice(0, 512)));
                break;
            default:
                issued.push_back(hpu.SendFromHost(host, 64 + random() % 1000));
                m_sends++;
            }
            hpu.Execute(static_cast<uint32_t>(random() % 20));
            if (random() % 3 == 0)
            {
                hpu.Wait(issued[random() % issued.size()]);
            }
            else if (random() % 3 == 0)
            {
                hpu.Synchronise();
            }
        }
        hpu.Execute(static_cast<uint32_t>(random() % m_options.maxCycles));
        return HandlerStatus::SUCCESS;
    }

    void CheckMessage(uint32_t flow,
                      uint32_t message,
                      const std::vector<const TaggedRun*>& runs) const
    {
        const uint32_t count = m_counts.at({flow, message});
        std::vector<uint32_t> payloads(count);
        const TaggedRun* header = nullptr;
        const TaggedRun* completion = nullptr;
        int64_t firstPayload = INT64_MAX;
        int64_t lastPayload = 0;
        size_t firstOrder = SIZE_MAX;
        size_t lastOrder = 0;
        for (const TaggedRun* run : runs)
        {
            switch (run->run.kind)
            {
            case HandlerKind::HEADER:
                ASSERT_FALSE(header) << "two header handlers";
                header = run;
                EXPECT_EQ(run->tag.packet, 0U);
                break;
            case HandlerKind::PAYLOAD:
                ASSERT_LT(run->tag.packet, count);
                payloads[run->tag.packet]++;
                firstPayload = std::min(firstPayload, run->run.pickup);
                lastPayload = std::max(lastPayload, run->run.doorbell);
                firstOrder = std::min(firstOrder, run->order);
                lastOrder = std::max(lastOrder, run->order);
                break;
            case HandlerKind::COMPLETION:
                ASSERT_FALSE(completion) << "two completion handlers";
                completion = run;
                EXPECT_EQ(run->tag.packet, count - 1);
            }
            EXPECT_LE(run->run.pickup, run->run.entry);
            EXPECT_LE(run->run.entry, run->run.exit);
            EXPECT_LE(run->run.exit, run->run.doorbell);
        }
        EXPECT_EQ(payloads, std::vector<uint32_t>(count, 1)) << "each packet once";
        EXPECT_EQ(header != nullptr, (m_kinds[flow] & Bit(HandlerKind::HEADER)) != 0);
        EXPECT_EQ(completion != nullptr, (m_kinds[flow] & Bit(HandlerKind::COMPLETION)) != 0);
        if (header)
        {
            EXPECT_LT(header->run.doorbell, firstPayload) << "a payload before the header's end";
            EXPECT_LT(header->order, firstOrder);
        }
        if (completion)
        {
            EXPECT_LT(lastPayload, completion->run.pickup) << "a payload after the completion";
            EXPECT_GT(completion->order, lastOrder);
        }
        const auto& [time, packets, bytes] = m_completed.at({flow, message});
        EXPECT_EQ(packets, count);
        EXPECT_EQ(bytes, m_bytes.at({flow, message}));
        EXPECT_GT(time, completion ? completion->run.doorbell : lastPayload);
    }

    /** An HPU does one thing at a time. */
    void CheckHpus() const
    {
        std::map<std::pair<uint32_t, uint32_t>, int64_t> busyUntil;
        for (const TaggedRun& run : m_fixture.runs) // in order of doorbells
        {
            int64_t& until = busyUntil[{run.run.cluster, run.run.hpu}];
            EXPECT_GT(run.run.pickup, until - 1);
            until = run.run.doorbell;
        }
    }

    using MessageName = std::pair<uint32_t, uint32_t>; //!< flow and message

    SpinFixture& m_fixture;
    const ScheduleOptions m_options;
    std::mt19937 m_random;
    std::vector<uint32_t> m_kinds;            //!< handlers of each flow, bits
    std::map<MessageName, uint32_t> m_counts; //!< packets
    std::map<MessageName, uint64_t> m_bytes;  //!< bytes
    std::map<MessageName, std::tuple<int64_t, uint32_t, uint64_t>> m_completed; //!< as told
    size_t m_packets{0};                                                        //!< drawn
    size_t m_wrong{0};          //!< packets whose bytes were wrong
    size_t m_sends{0};          //!< packets that handlers sent
    size_t m_commandsIssued{0}; //!< of all kinds
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RANDOM_SCHEDULE_H */
