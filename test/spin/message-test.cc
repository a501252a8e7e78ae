/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"

#include "ns3/nstime.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

using Type = ContextEvent::Type;

HandlerStatus
Quick(HandlerKind, Hpu& hpu)
{
    hpu.Execute(10U);
    return HandlerStatus::SUCCESS;
}

TEST(MessageTimeout, AMessageWhoseLastPacketNeverComesIsAborted)
{
    SpinFixture fixture;
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(MicroSeconds(50)));
    Flow& flow = fixture.AddFlow(Quick, ALL);
    for (uint32_t i = 0; i < 5; i++)
    {
        fixture.Offer(i * 20 * US, 0, 3, i, i == 0, false); // gaps shorter than the timeout
    }
    fixture.Run();
    ASSERT_EQ(flow.events.size(), 1U);
    EXPECT_EQ(flow.events[0].event.type, Type::MESSAGE_ABORTED);
    EXPECT_EQ(flow.events[0].event.key, 3U);
    EXPECT_EQ(flow.events[0].event.packets, 5U);
    EXPECT_GE(flow.events[0].time, 80 * US + 50 * US);
    EXPECT_LE(flow.events[0].time, 80 * US + 60 * US);
    EXPECT_EQ(fixture.RunsOf(HandlerKind::PAYLOAD).size(), 5U);
    EXPECT_TRUE(fixture.RunsOf(HandlerKind::COMPLETION).empty());
    EXPECT_TRUE(flow.context->IsEnabled()) << "a lost packet is no error of the handlers";
    EXPECT_EQ(fixture.unit->GetPipeline().messages.GetOpen(), 0U);
    EXPECT_EQ(fixture.unit->GetCounters().messagesAborted, 1U);
}

TEST(MessageTimeout, ItsQueueAndItsKeyServeAgain)
{
    SpinFixture fixture;
    fixture.Set("MessageQueues", 1);
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(MicroSeconds(5)));
    Flow& flow = fixture.AddFlow(Quick, ALL);
    for (uint32_t round = 0; round < 4; round++)
    {
        fixture.Offer(round * 20 * US, 0, 9, 0, true, false);
        fixture.Offer(round * 20 * US + 1000, 0, 9, 1, false, false);
        fixture.OfferMessage(round * 20 * US + 10 * US, 0, 9, 3);
    }
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 4U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 4U);
    EXPECT_TRUE(fixture.drops.empty());
}

TEST(MessageTimeout, ASlowHandlerIsNoReason)
{
    SpinFixture fixture;
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(MicroSeconds(1)));
    Flow& flow = fixture.AddFlow(
        [](HandlerKind, Hpu& hpu) {
            hpu.Execute(20000U); // 20 us
            return HandlerStatus::SUCCESS;
        },
        ALL);
    fixture.Offer(0, 0, 0, 0, true, false);
    fixture.Offer(15 * US, 0, 0, 1, false, true);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 0U);
}

TEST(MessageTimeout, ZeroMeansNever)
{
    SpinFixture fixture;
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(TimeStep(0)));
    Flow& flow = fixture.AddFlow(Quick, ALL);
    fixture.Offer(0, 0, 0, 0, true, false);
    fixture.Offer(100000 * US, 0, 0, 1, false, true);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U);
}

TEST(MessageTimeout, EndsTheDetachmentOfAContextWithAnUnfinishedMessage)
{
    SpinFixture fixture;
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(MicroSeconds(5)));
    Flow& flow = fixture.AddFlow(Quick, ALL);
    fixture.Offer(0, 0, 0, 0, true, false);
    fixture.source.Start();
    Simulator::Stop(TimeStep(US));
    Simulator::Run();
    fixture.unit->Detach(flow.context);
    EXPECT_EQ(flow.Count(Type::DETACHED), 0U);
    Simulator::Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 1U);
    EXPECT_EQ(flow.Count(Type::DETACHED), 1U);
}

TEST(MessageTimeout, AbortsAMessageLeftToTheHostToo)
{
    SpinFixture fixture;
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(MicroSeconds(5)));
    Flow& flow = fixture.AddFlow([](HandlerKind, Hpu&) { return HandlerStatus::PROCEED; }, ALL);
    fixture.Offer(0, 0, 0, 0, true, false);
    fixture.Run();
    EXPECT_EQ(fixture.hostPath.size(), 1U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 1U);
}

TEST(MessageQueues, WithNoneLeftPacketsWaitOutsideAndNothingIsLost)
{
    for (const bool synchronous : {false, true})
    {
        SpinFixture fixture;
        fixture.source.synchronous = synchronous;
        fixture.Set("MessageQueues", 3);
        Flow& flow = fixture.AddFlow(
            [](HandlerKind, Hpu& hpu) {
                hpu.Execute(500U);
                return HandlerStatus::SUCCESS;
            },
            ALL);
        for (uint32_t i = 0; i < 50; i++)
        {
            fixture.OfferMessage(0, 0, i, 1 + i % 3, 64, 0);
        }
        uint32_t mostOpen = 0;
        fixture.source.onOffer = [&] {
            mostOpen = std::max(mostOpen, fixture.unit->GetPipeline().messages.GetOpen());
        };
        fixture.Run();
        EXPECT_EQ(mostOpen, 3U);
        EXPECT_GT(fixture.source.refusals, 0U);
        EXPECT_EQ(fixture.unit->GetCounters().packetsRefused, fixture.source.refusals);
        EXPECT_TRUE(fixture.source.items.empty());
        EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 50U);
        EXPECT_TRUE(fixture.drops.empty());
    }
}

TEST(MessageQueues, AnAbandonedMessageDoesNotBlockTheOthersForEver)
{
    SpinFixture fixture;
    fixture.Set("MessageQueues", 2);
    fixture.unit->SetAttribute("MessageTimeout", TimeValue(MicroSeconds(5)));
    Flow& flow = fixture.AddFlow(Quick, ALL);
    fixture.Offer(0, 0, 0, 0, true, false); // never end
    fixture.Offer(0, 0, 1, 0, true, false);
    fixture.OfferMessage(0, 0, 2, 3); // no queue for it
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 2U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_TRUE(fixture.source.items.empty());
}

TEST(Messages, APacketWithoutItsOpenMessageIsDroppedWithATrace)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Quick);
    fixture.Offer(0, 0, 0, 1, false, false);
    fixture.Offer(1000, 0, 1, 1, false, true);
    fixture.OfferMessage(2000, 0, 2, 2);
    fixture.Offer(4000, 0, 2, 2, false, false); // after the last one
    fixture.Offer(500000, 0, 2, 3, false, true);
    fixture.Run();
    EXPECT_EQ(fixture.DropsFor(SpinDropReason::NO_MESSAGE), 4U);
    EXPECT_EQ(fixture.drops.size(), 4U);
    EXPECT_EQ(fixture.runs.size(), 2U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsIn, 6U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDone, 6U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsDropped, 4U);
}

TEST(Messages, TwoContextsMayUseTheSameKeys)
{
    SpinFixture fixture;
    Flow& a = fixture.AddFlow(Quick, ALL);
    Flow& b = fixture.AddFlow(Quick, ALL);
    for (uint32_t i = 0; i < 6; i++)
    {
        fixture.Offer(i * 1000, 0, 1, i, i == 0, i == 5);
        fixture.Offer(i * 1000, 1, 1, i, i == 0, i == 5);
    }
    fixture.Run();
    for (const Flow* flow : {&a, &b})
    {
        ASSERT_EQ(flow->Count(Type::MESSAGE_COMPLETE), 1U);
        EXPECT_EQ(flow->events[0].event.packets, 6U);
    }
}

TEST(Messages, AKeyServesAgainAfterTheLastPacketWhileTheFirstMessageIsStillInside)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(
        [](HandlerKind, Hpu& hpu) {
            hpu.Execute(2000U);
            return HandlerStatus::SUCCESS;
        },
        ALL);
    for (uint32_t round = 0; round < 5; round++)
    {
        fixture.OfferMessage(round * 3000, 0, 0, 3);
    }
    fixture.Run();
    ASSERT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 5U);
    for (const Flow::Told& told : flow.events)
    {
        EXPECT_EQ(told.event.packets, 3U);
    }
    EXPECT_EQ(fixture.RunsOf(HandlerKind::HEADER).size(), 5U);
}

TEST(Messages, PacketsThatNoBufferCanHoldAreDroppedWithATrace)
{
    SpinFixture fixture;
    fixture.Set("L1PacketBytes", 4096); // rings of 1 KiB
    fixture.AddFlow(Quick);
    EXPECT_EQ(fixture.unit->GetMaxPacketBytes(), 1024U);
    fixture.OfferMessage(0, 0, 0, 1, 1025);
    fixture.OfferMessage(1000, 0, 1, 1, 1024);
    fixture.OfferMessage(2000, 0, 2, 1, 9000);
    fixture.Run();
    EXPECT_EQ(fixture.DropsFor(SpinDropReason::TOO_LARGE), 2U);
    EXPECT_EQ(fixture.runs.size(), 1U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
}

TEST(Messages, AnEmptyPacketPasses)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Quick, ALL);
    for (uint32_t i = 0; i < 5; i++)
    {
        fixture.source.Add({0, flow.context, Create<Packet>(), {i, true, true}});
    }
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 5U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
}

} // namespace
} // namespace offload
} // namespace ns3
