/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The check of what the shipped handlers leave behind: it must notice what is wrong.
 */
#include "spin-test-bench.h"

#include "ns3/handler-check.h"

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t PACKETS = 6; //!< of all messages
constexpr uint32_t BYTES = 64;  //!< of a packet

/** What a sum of aggregate looks like at the host. */
void
Write(TestBenchHost& host, uint64_t offset, uint64_t word)
{
    host.WriteBytes(SpinTestBench::HOST_ADDRESS + offset,
                    reinterpret_cast<const uint8_t*>(&word),
                    sizeof(word));
}

/** A run of the native aggregate. */
struct AggregateRun
{
    explicit AggregateRun(uint32_t messages)
        : bench("AggregateProgram"),
          check("aggregate", BYTES),
          messages(messages)
    {
        bench.unit->Attach(bench.context);
        check.PrepareMemory(*bench.context, bench.host);
        bench.generator = std::make_unique<PacketGenerator>(bench.unit, bench.context);
        PacketGenerator::Traffic traffic;
        traffic.messages = messages;
        traffic.packets = PACKETS / messages;
        bench.generator->Start(traffic, MakeCallback(&HandlerCheck::MakePacket, &check));
        Simulator::Run();
    }

    bool IsRight()
    {
        return check.Verify(*bench.context, bench.host, messages, PACKETS);
    }

    SpinTestBench bench;
    HandlerCheck check;
    uint32_t messages;
};

TEST(HandlerCheckTest, AggregateIsRight)
{
    EXPECT_TRUE(AggregateRun(1).IsRight());
    EXPECT_TRUE(AggregateRun(2).IsRight());
}

TEST(HandlerCheckTest, AWordElsewhereIsNotPartOfTheSum)
{
    AggregateRun run(2);
    const uint32_t sum = run.bench.host.GetSumOfWords();
    Write(run.bench.host, 8, 5);
    EXPECT_EQ(run.bench.host.GetSumOfWords(), sum);
    Write(run.bench.host, 0, 5);
    EXPECT_EQ(run.bench.host.GetSumOfWords(), sum + 5);
    EXPECT_FALSE(run.IsRight());
}

TEST(HandlerCheckTest, TheSumOfOneMessageIsOneWord)
{
    AggregateRun run(1);
    const uint32_t sum = run.bench.host.GetSumOfWords();
    Write(run.bench.host, 0, 0); // as if another part of it had been written later
    EXPECT_EQ(run.bench.host.GetSumOfWords(), sum);
    EXPECT_FALSE(run.IsRight());
}

} // namespace
} // namespace offload
} // namespace ns3
