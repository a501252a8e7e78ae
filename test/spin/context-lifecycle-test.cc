/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-fixture.h"

#include "ns3/nstime.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

using Type = ContextEvent::Type;

HandlerStatus
Busy(HandlerKind, Hpu& hpu)
{
    hpu.Execute(100U);
    return HandlerStatus::SUCCESS;
}

void
Detach(SpinFixture* fixture, uint32_t flow)
{
    fixture->unit->Detach(fixture->flows[flow]->context);
}

void
Attach(SpinFixture* fixture, uint32_t flow)
{
    fixture->unit->Attach(fixture->flows[flow]->context);
}

TEST(ContextLifecycle, DetachLetsOpenMessagesFinishAndDropsTheRestWithATrace)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Busy, ALL);
    Flow& other = fixture.AddFlow(Busy, ALL);
    for (uint32_t i = 0; i < 20; i++)
    {
        fixture.Offer(i * 10000, 0, 0, i, i == 0, i == 19, 128); // open at the detach
        fixture.Offer(i * 10000 + 2000, 1, i, 0, true, true, 128);
        fixture.Offer(i * 10000 + 4000, 0, 1 + i, 0, true, true, 128); // some come later
    }
    Simulator::Schedule(TimeStep(100500), &Detach, &fixture, 0U);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::DETACHED), 1U);
    EXPECT_EQ(flow.events.back().event.type, Type::DETACHED);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U + 10U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 0U);
    EXPECT_FALSE(flow.context->IsAttached());
    EXPECT_EQ(fixture.DropsFor(SpinDropReason::CONTEXT_DISABLED), 10U);
    EXPECT_EQ(fixture.drops.size(), 10U);
    EXPECT_EQ(other.Count(Type::MESSAGE_COMPLETE), 20U);
    EXPECT_EQ(fixture.unit->GetCounters().packetsIn, 60U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
    size_t longMessage = 0;
    for (const TaggedRun& run : fixture.RunsOf(HandlerKind::PAYLOAD))
    {
        longMessage += run.tag.flow == 0 && run.tag.message == 0;
    }
    EXPECT_EQ(longMessage, 20U) << "the open message was cut";
}

TEST(ContextLifecycle, AnIdleContextIsDetachedAtOnceAndItsMemoryIsFree)
{
    SpinFixture fixture;
    fixture.Set("L2HandlerBytes", 4096);
    Flow& first = fixture.AddFlow(Busy);
    Flow& second = fixture.MakeFlow(Busy);
    EXPECT_THROW(fixture.unit->Attach(second.context), std::invalid_argument);
    EXPECT_FALSE(second.context->IsAttached());
    fixture.unit->Detach(first.context);
    EXPECT_EQ(first.Count(Type::DETACHED), 1U);
    EXPECT_EQ(first.context->GetNicMemory(), nullptr);
    EXPECT_THROW(fixture.unit->Detach(first.context), std::invalid_argument);
    EXPECT_EQ(first.Count(Type::DETACHED), 1U);
    fixture.unit->Attach(second.context);
    fixture.OfferMessage(0, 1, 0, 4);
    fixture.Run();
    EXPECT_EQ(second.Count(Type::MESSAGE_COMPLETE), 1U);
}

TEST(ContextLifecycle, MemoryIsZeroForTheNextTenantAndComesBackWhole)
{
    SpinFixture fixture;
    fixture.AddFlow(Busy); // something below
    const uint32_t nicFree = fixture.unit->GetPipeline().nicMemory.GetFreeBytes();
    const uint32_t scratchFree = fixture.unit->GetPipeline().scratchpads.GetFreeBytes();
    for (int round = 0; round < 50; round++)
    {
        Flow& a = fixture.AddFlow(Busy);
        Flow& b = fixture.AddFlow(Busy);
        for (uint32_t i = 0; i < 4096; i++)
        {
            ASSERT_EQ(a.context->GetNicMemory()[i], 0);
            ASSERT_EQ(b.context->GetNicMemory()[i], 0);
        }
        std::memset(a.context->GetNicMemory(), 0xAA, 4096);
        std::memset(b.context->GetScratchpad(3), 0xBB, 1024);
        ASSERT_EQ(a.context->GetScratchpad(3)[0], 0);
        fixture.unit->Detach(round % 2 ? a.context : b.context);
        fixture.unit->Detach(round % 2 ? b.context : a.context);
    }
    EXPECT_EQ(fixture.unit->GetPipeline().nicMemory.GetFreeBytes(), nicFree);
    EXPECT_EQ(fixture.unit->GetPipeline().scratchpads.GetFreeBytes(), scratchFree);
}

TEST(ContextLifecycle, DetachFromTheCallbackOfTheLastMessageTellsOnce)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Busy, ALL);
    Flow& other = fixture.AddFlow(Busy);
    flow.onEvent = [&](const ContextEvent& event) {
        if (event.type == Type::MESSAGE_COMPLETE)
        {
            fixture.unit->Detach(flow.context);
        }
    };
    fixture.OfferMessage(0, 0, 0, 3);
    fixture.OfferMessage(100000, 1, 0, 3);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::DETACHED), 1U);
    EXPECT_EQ(other.Count(Type::MESSAGE_COMPLETE), 1U);
}

TEST(ContextLifecycle, AttachesAgainInTheCallbackOfItsDetachment)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Busy, ALL);
    flow.onEvent = [&](const ContextEvent& event) {
        if (event.type == Type::DETACHED)
        {
            fixture.unit->Attach(flow.context);
        }
    };
    fixture.OfferMessage(0, 0, 0, 10);
    Simulator::Schedule(TimeStep(5000), &Detach, &fixture, 0U);
    fixture.OfferMessage(5000000, 0, 1, 3);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::DETACHED), 1U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 2U);
    EXPECT_TRUE(flow.context->IsAttached());
}

TEST(ContextLifecycle, ADisabledContextCanBeDetachedAndAttachedAnew)
{
    SpinFixture fixture;
    bool fail = true;
    Flow& flow = fixture.AddFlow([&](HandlerKind, Hpu& hpu) {
        hpu.Execute(10U);
        return fail ? HandlerStatus::FAIL : HandlerStatus::SUCCESS;
    });
    flow.onEvent = [&](const ContextEvent& event) {
        if (event.type == Type::HANDLER_ERROR)
        {
            fail = false;
            fixture.unit->Detach(flow.context); // while its messages are still inside
        }
        else if (event.type == Type::DETACHED)
        {
            fixture.unit->Attach(flow.context);
        }
    };
    fixture.OfferMessage(0, 0, 0, 30);
    fixture.OfferMessage(1000000, 0, 1, 30);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::HANDLER_ERROR), 1U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_ABORTED), 1U);
    EXPECT_EQ(flow.Count(Type::DETACHED), 1U);
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_EQ(fixture.unit->GetPacketsInside(), 0U);
}

TEST(ContextLifecycle, AttachesWhileOthersTrafficFlows)
{
    SpinFixture fixture;
    Flow& early = fixture.AddFlow(Busy, ALL);
    Flow& late = fixture.MakeFlow(Busy, ALL);
    for (uint32_t i = 0; i < 40; i++)
    {
        fixture.Offer(i * 5000, 0, i, 0, true, true);
        fixture.Offer(i * 5000 + 1000, 1, i, 0, true, true);
    }
    Simulator::Schedule(TimeStep(99500), &Attach, &fixture, 1U);
    fixture.Run();
    EXPECT_EQ(early.Count(Type::MESSAGE_COMPLETE), 40U);
    EXPECT_EQ(late.Count(Type::MESSAGE_COMPLETE), 20U);
    EXPECT_EQ(fixture.DropsFor(SpinDropReason::CONTEXT_DISABLED), 20U);
}

TEST(ContextLifecycle, AContextOfAnotherUnitIsNone)
{
    SpinFixture fixture;
    fixture.AddFlow(Busy);
    Flow& stranger = fixture.MakeFlow(Busy);
    auto elsewhere = CreateObject<SpinUnit>();
    elsewhere->SetHostPort(&fixture.host);
    elsewhere->Attach(stranger.context);
    fixture.OfferMessage(0, 1, 0, 2);
    fixture.Run();
    EXPECT_TRUE(fixture.runs.empty());
    EXPECT_EQ(fixture.drops.size(), 2U);
    EXPECT_THROW(fixture.unit->Detach(stranger.context), std::invalid_argument);
    EXPECT_THROW(fixture.unit->Attach(stranger.context), std::invalid_argument);
    elsewhere->Dispose();
}

TEST(ContextLifecycle, AUnitWithoutContextsDropsWithATrace)
{
    SpinFixture fixture;
    fixture.MakeFlow(Busy);
    fixture.OfferMessage(0, 0, 0, 2);
    fixture.Run();
    EXPECT_EQ(fixture.DropsFor(SpinDropReason::CONTEXT_DISABLED), 2U);
}

TEST(ContextLifecycle, WhatTheUnitGaveMemoryForCannotChangeWhileAttached)
{
    SpinFixture fixture;
    Flow& flow = fixture.AddFlow(Busy);
    for (const char* name :
         {"NicMemoryBytes", "ScratchpadBytes", "HostMemoryAddress", "HostMemoryBytes"})
    {
        EXPECT_THROW(flow.context->SetAttribute(name, UintegerValue(1 << 20)),
                     std::invalid_argument)
            << name;
    }
    EXPECT_EQ(flow.context->GetNicMemoryBytes(), 4096U);
    flow.context->SetAttribute("CycleBudget", UintegerValue(5)); // this one may
    fixture.unit->Detach(flow.context);
    flow.context->SetAttribute("NicMemoryBytes", UintegerValue(1 << 20));
    EXPECT_EQ(flow.context->GetNicMemoryBytes(), 1U << 20);
}

/** The end of the simulation in the middle of everything must leak nothing (LeakSanitizer). */
TEST(ContextLifecycle, TheUnitCanGoAwayInTheMiddleOfHandlers)
{
    for (int64_t end = 10000; end < 400000; end += 7300)
    {
        int unwound = 0;
        int entered = 0;
        {
            SpinFixture fixture;

            struct Guard
            {
                explicit Guard(int& count)
                    : unwound(count)
                {
                }

                ~Guard()
                {
                    unwound++;
                }

                int& unwound;
            };

            fixture.wire.gap = 50000; // so that some wait for a command
            fixture.AddFlow(
                [&](HandlerKind, Hpu& hpu) {
                    entered++;
                    const Guard guard(unwound);
                    const std::vector<uint8_t> heap(1000);
                    hpu.Execute(50U);
                    hpu.Synchronise();
                    for (int i = 0; i < 6; i++)
                    {
                        hpu.SendPacket(hpu.GetPacket());
                    }
                    hpu.Wait(hpu.DmaToHost(hpu.GetHostAddress(), hpu.GetPacket()));
                    return HandlerStatus::SUCCESS;
                },
                ALL);
            fixture.OfferMessage(0, 0, 0, 20);
            fixture.OfferMessage(100000, 0, 1, 20);
            Simulator::Stop(TimeStep(end));
            fixture.Run();
        }
        EXPECT_EQ(unwound, entered) << end;
    }
}

TEST(ContextLifecycle, ADisposedUnitsContextServesInAnotherUnit)
{
    SpinFixture fixture;
    Flow& flow = fixture.MakeFlow(Busy, ALL);
    {
        auto first = CreateObject<SpinUnit>();
        first->SetHostPort(&fixture.host);
        first->Attach(flow.context);
        first->Receive(flow.context, TaggedPacket({0, 0, 0}, 64), {0, true, false});
        first->Dispose(); // with an open message
    }
    EXPECT_FALSE(flow.context->IsAttached());
    fixture.unit->Attach(flow.context);
    fixture.OfferMessage(1000, 0, 1, 3);
    Simulator::Schedule(TimeStep(2000000), &Detach, &fixture, 0U);
    fixture.Run();
    EXPECT_EQ(flow.Count(Type::MESSAGE_COMPLETE), 1U);
    EXPECT_EQ(flow.Count(Type::DETACHED), 1U);
}

} // namespace
} // namespace offload
} // namespace ns3
