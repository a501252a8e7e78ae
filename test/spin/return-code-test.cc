/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using Type = ContextEvent::Type;

/** @return handlers that return this code for one kind and SUCCESS for the others */
ScriptProgram::Script
Returns(HandlerKind kind, HandlerStatus status)
{
    return [kind, status](HandlerKind k, Hpu& hpu) {
        hpu.Execute(20U);
        return k == kind ? status : HandlerStatus::SUCCESS;
    };
}

TEST(ReturnCode, SuccessAndProcessDataOfTheHeaderRunAllPayloadHandlers)
{
    for (const HandlerStatus status : {HandlerStatus::SUCCESS, HandlerStatus::PROCESS_DATA})
    {
        SpinFixture fixture;
        Flow& flow = fixture.AddFlow(Returns(HandlerKind::HEADER, status), ALL);
        fixture.OfferMessage(0, 0, 0, 6);
        fixture.Run();
        EXPECT_EQ(fixture.RunsOf(HandlerKind::PAYLOAD).size(), 6U);
        EXPECT_EQ(fixture.RunsOf(HandlerKind::COMPLETION).size(), 1U);
        ASSERT_EQ(flow.events.size(), 1U);
        EXPECT_EQ(flow.events[0].event.type, Type::MESSAGE_COMPLETE);
        EXPECT_EQ(flow.events[0].event.droppedBytes, 0U);
        EXPECT_TRUE(fixture.drops.empty());
        EXPECT_TRUE(fixture.hostPath.empty());
    }
}

TEST(ReturnCode, ProceedGivesThePacketsToTheHostPathUntouchedAndInOrder)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(
        [](HandlerKind, Hpu& hpu) {
            // What the handler does to its copies must not reach the host.
            hpu.GetPacket().Store<uint32_t>(20, 0);
            hpu.GetL2Packet().Store<uint32_t>(20, 0);
            hpu.Execute(3000U);
            return HandlerStatus::PROCEED;
        },
        ALL);
    for (uint32_t i = 0; i < 12; i++)
    {
        fixture.Offer(i * 500000,
                      0,
                      7,
                      i,
                      i == 0,
                      i == 11,
                      100 + 50 * i); // some later than the handler
    }
    fixture.Run();
    ASSERT_EQ(fixture.hostPath.size(), 12U);
    for (uint32_t i = 0; i < 12; i++)
    {
        EXPECT_EQ(BytesOf(fixture.hostPath[i]), TaggedBytes({0, 7, i}, 100 + 50 * i));
    }
    EXPECT_EQ(fixture.runs.size(), 1U) << "the header handler only";
    ASSERT_EQ(flow.events.size(), 1U);
    EXPECT_EQ(flow.events[0].event.type, Type::MESSAGE_COMPLETE);
    EXPECT_EQ(flow.events[0].event.status, HandlerStatus::PROCEED);
    EXPECT_EQ(flow.events[0].event.packets, 12U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsToHost, 12U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 12U);
    EXPECT_TRUE(fixture.drops.empty());
}

TEST(ReturnCode, DropOfTheHeaderDiscardsTheMessageWithATracePerPacket)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Returns(HandlerKind::HEADER, HandlerStatus::DROP), ALL);
    fixture.OfferMessage(0, 0, 0, 9, 256, 100000);
    fixture.OfferMessage(50000, 0, 1, 1);
    std::sort(fixture.source.items.begin(), fixture.source.items.end(), [](auto& a, auto& b) {
        return a.time < b.time;
    });
    fixture.Run();
    EXPECT_EQ(fixture.drops.size(), 10U);
    EXPECT_EQ(fixture.DropsFor(SpinDropReason::HEADER_DROP), 10U);
    EXPECT_TRUE(fixture.RunsOf(HandlerKind::PAYLOAD).empty());
    EXPECT_TRUE(fixture.RunsOf(HandlerKind::COMPLETION).empty());
    ASSERT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 2U);
    EXPECT_EQ(flow.events[1].event.droppedBytes, 9U * 256);
    EXPECT_EQ(flow.events[1].event.bytes, 9U * 256);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDropped, 10U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
    EXPECT_TRUE(flow.context->IsEnabled());
}

TEST(ReturnCode, DropOfAPayloadHandlerCountsItsPacketOnly)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(
        [](HandlerKind kind, Hpu& hpu) {
            const bool drop =
                kind == HandlerKind::PAYLOAD && hpu.GetPacket().Load<PacketTag>(0).packet % 3 == 2;
            return drop ? HandlerStatus::DROP : HandlerStatus::SUCCESS;
        },
        ALL);
    fixture.OfferMessage(0, 0, 0, 9, 128); // drops 2, 5 and 8, the last one
    fixture.Run();
    ASSERT_EQ(fixture.drops.size(), 3U);
    std::set<uint32_t> dropped;
    for (const auto& [packet, reason] : fixture.drops)
    {
        EXPECT_EQ(reason, SpinDropReason::PAYLOAD_DROP);
        PacketTag tag;
        packet->CopyData(reinterpret_cast<uint8_t*>(&tag), sizeof(tag));
        dropped.insert(tag.packet);
    }
    EXPECT_EQ(dropped, (std::set<uint32_t>{2, 5, 8}));
    EXPECT_EQ(fixture.RunsOf(HandlerKind::COMPLETION).size(), 1U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDropped, 3U);
    ASSERT_EQ(flow.events.size(), 1U);
    EXPECT_EQ(flow.events[0].event.droppedBytes, 3U * 128);
}

TEST(ReturnCode, APacketIsDroppedOnceEvenIfItsMessageFailsLater)
{
    SpinFixture fixture;
    fixture.AddFlow(
        [](HandlerKind kind, Hpu& hpu) {
            if (kind != HandlerKind::PAYLOAD)
            {
                return HandlerStatus::SUCCESS;
            }
            const bool last = hpu.IsLast();
            hpu.Execute(last ? 1U : 1000U); // the first one fails when the last one has dropped
            return last ? HandlerStatus::DROP : HandlerStatus::FAIL;
        },
        ALL);
    fixture.OfferMessage(0, 0, 0, 2);
    fixture.Run();
    EXPECT_EQ(fixture.drops.size(), 1U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDropped, 1U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 2U);
}

TEST(ReturnCode, AMessageMayFailWhileAHandlerHasTheLastPacketThatCompletionWouldGet)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(
        [](HandlerKind kind, Hpu& hpu) {
            if (kind != HandlerKind::PAYLOAD)
            {
                return HandlerStatus::SUCCESS;
            }
            const bool last = hpu.IsLast();
            hpu.Execute(last ? 1000U : 200U);
            return last ? HandlerStatus::SUCCESS : HandlerStatus::FAIL;
        },
        ALL);
    fixture.OfferMessage(0, 0, 0, 2);
    fixture.Run();
    EXPECT_EQ(fixture.RunsOf(HandlerKind::PAYLOAD).size(), 2U);
    EXPECT_TRUE(fixture.RunsOf(HandlerKind::COMPLETION).empty());
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 1U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
    EXPECT_EQ(fixture.unit->GetPipeline().messages.GetOpen(), 0U);
}

TEST(ReturnCode, PendingVariantsHoldBackTheCompletionEvent)
{
    struct Case
    {
        HandlerKind kind;
        HandlerStatus status;
        size_t handlers;
        size_t drops;
        size_t toHost;
    };

    const std::vector<Case> cases = {
        {HandlerKind::HEADER, HandlerStatus::PROCEED_PENDING, 1, 0, 4},
        {HandlerKind::HEADER, HandlerStatus::DROP_PENDING, 1, 4, 0},
        {HandlerKind::HEADER, HandlerStatus::PROCESS_DATA_PENDING, 6, 0, 0},
        {HandlerKind::HEADER, HandlerStatus::SUCCESS_PENDING, 6, 0, 0},
        {HandlerKind::PAYLOAD, HandlerStatus::DROP_PENDING, 6, 4, 0},
        {HandlerKind::COMPLETION, HandlerStatus::SUCCESS_PENDING, 6, 0, 0},
    };
    for (const Case& c : cases)
    {
        SCOPED_TRACE(std::string(ToString(c.kind)) + " " + ToString(c.status));
        SpinFixture fixture;
        Flow& flow = fixture.AddFlow(Returns(c.kind, c.status), ALL);
        fixture.OfferMessage(0, 0, 5, 4);
        fixture.Run();
        EXPECT_EQ(fixture.runs.size(), c.handlers);
        EXPECT_EQ(fixture.drops.size(), c.drops);
        EXPECT_EQ(fixture.hostPath.size(), c.toHost);
        EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 4U);
        EXPECT_TRUE(flow.events.empty()) << "told too early";
        const uint32_t message = fixture.runs.front().run.message;
        EXPECT_FALSE(flow.context->CompletePending(message + 1));
        EXPECT_TRUE(flow.context->CompletePending(message));
        ASSERT_EQ(flow.events.size(), 1U);
        EXPECT_EQ(flow.events[0].event.type, Type::MESSAGE_COMPLETE);
        EXPECT_EQ(flow.events[0].event.key, 5U);
        EXPECT_EQ(flow.events[0].event.packets, 4U);
        EXPECT_FALSE(flow.context->CompletePending(message)) << "only once";
        EXPECT_EQ(flow.events.size(), 1U);
    }
}

class ErrorCode : public testing::TestWithParam<std::tuple<HandlerKind, HandlerStatus>>
{
};

/** One context fails on its second message; the tenant next door must not notice. */
TEST_P(ErrorCode, DisablesItsContextAndNoOther)
{
    const auto [kind, status] = GetParam();
    SpinFixture fixture;
    Flow& bad = fixture.AddFlow(
        [kind = kind, status = status](HandlerKind k, Hpu& hpu) {
            const bool fails = k == kind && hpu.GetPacket().Load<PacketTag>(0).message == 1;
            hpu.Execute(30U);
            return fails ? status : HandlerStatus::SUCCESS;
        },
        ALL);
    Flow& good = fixture.AddFlow(Returns(HandlerKind::PAYLOAD, HandlerStatus::SUCCESS), ALL);
    constexpr uint32_t PACKETS = 8;
    constexpr uint32_t MESSAGES = 6;
    for (uint32_t m = 0; m < MESSAGES; m++)
    {
        for (uint32_t p = 0; p < PACKETS; p++)
        {
            for (uint32_t flow = 0; flow < 2; flow++)
            {
                const int64_t time = m * 2000000 + p * 20000 + flow * 10000;
                fixture.Offer(time, flow, m, p, p == 0, p + 1 == PACKETS, 128);
            }
        }
    }
    fixture.Run();
    // The other one: everything handled.
    EXPECT_EQ(good.Count(Type::MESSAGE_COMPLETE), MESSAGES);
    EXPECT_EQ(good.events.size(), MESSAGES);
    EXPECT_TRUE(good.context->IsEnabled());
    size_t goodRuns = 0;
    for (const TaggedRun& run : fixture.runs)
    {
        goodRuns += run.tag.flow == 1;
        EXPECT_TRUE(run.tag.flow == 1 || run.tag.message <= 1)
            << "a handler of message " << run.tag.message << " ran after the error";
    }
    EXPECT_EQ(goodRuns, MESSAGES * (PACKETS + 2));
    // The bad one: told once, its open messages aborted, the rest dropped with a trace.
    EXPECT_FALSE(bad.context->IsEnabled());
    ASSERT_EQ(bad.Count(Type::HANDLER_ERROR), 1U);
    EXPECT_EQ(bad.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_GE(bad.Count(Type::MESSAGE_ABORTED), 1U);
    for (const Flow::Told& told : bad.events)
    {
        if (told.event.type == Type::HANDLER_ERROR)
        {
            EXPECT_EQ(told.event.handler, kind);
            EXPECT_EQ(told.event.status, status);
            EXPECT_EQ(told.event.key, 1U);
            EXPECT_NE(told.event.cause.find(ToString(status)), std::string::npos);
        }
    }
    EXPECT_EQ(fixture.unit->GetCounters().packetsIn, 2 * MESSAGES * PACKETS);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
    std::set<std::pair<uint32_t, uint32_t>> seen; // every packet: a payload handler or a drop
    for (const TaggedRun& run : fixture.RunsOf(HandlerKind::PAYLOAD))
    {
        seen.insert({run.tag.message, run.tag.packet});
    }
    size_t late = 0;
    for (const auto& [packet, reason] : fixture.drops)
    {
        PacketTag tag;
        packet->CopyData(reinterpret_cast<uint8_t*>(&tag), sizeof(tag));
        EXPECT_EQ(tag.flow, 0U);
        seen.insert({tag.message, tag.packet});
        late += reason == SpinDropReason::CONTEXT_DISABLED;
    }
    EXPECT_EQ(seen.size(), MESSAGES * PACKETS);
    EXPECT_GE(late, (MESSAGES - 2) * PACKETS);
    // The queues of the aborted messages are free again.
    EXPECT_EQ(fixture.unit->GetPipeline().messages.GetOpen(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All,
                         ErrorCode,
                         testing::Combine(testing::ValuesIn(std::vector<HandlerKind>(ALL)),
                                          testing::Values(HandlerStatus::FAIL,
                                                          HandlerStatus::SEGV)));

} // namespace
} // namespace offload
} // namespace ns3
