/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Handlers take the time that an operator says: dense by the packet, sparse by the value.
 */
#include "ns3/flare-unit.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t PAIRS = 100;

/** Sums of integers at a price. */
class CostlySum : public FlareOperator
{
  public:
    CostlySum(uint32_t cycles, uint32_t accesses)
        : m_cycles(cycles),
          m_accesses(accesses)
    {
    }

    uint32_t GetElementBytes() const override
    {
        return m_sum->GetElementBytes();
    }

    void Combine(uint8_t* left, const uint8_t* right, uint32_t elements) const override
    {
        m_sum->Combine(left, right, elements);
    }

    uint32_t GetCycles(uint32_t elements) const override
    {
        return m_cycles * elements;
    }

    uint32_t GetAccesses(uint32_t elements) const override
    {
        return m_accesses * elements;
    }

  private:
    Ptr<const FlareOperator> m_sum{FlareOperator::Make(FlareType::INT32, FlareOperation::SUM)};
    uint32_t m_cycles;
    uint32_t m_accesses;
};

/** A unit of one cluster with a reduction, and the runs of its handlers. */
class CostBench : public FlareOutput, public FlareObserver
{
  public:
    explicit CostBench(const FlareReduction& reduction)
    {
        FlareUnitConfig config;
        config.spin = CreateObject<SpinUnit>()->GetConfig();
        config.spin.clusters = 1;
        config.coldCyclesPerLine = 0;
        m_unit = std::make_unique<FlareUnit>(config, static_cast<FlareOutput&>(*this));
        m_unit->SetObserver(this);
        m_handler = &m_unit->Install(reduction);
    }

    ~CostBench()
    {
        m_unit = nullptr;
        Simulator::Destroy();
    }

    /** Have a child's values of a block come: pairs of a sparse block that is one packet. */
    void Send(uint32_t block, uint32_t child)
    {
        const auto pool = FlarePacketPool::Get();
        FlarePacketPtr packet = pool->Create();
        packet->kind = FlareKind::SPARSE;
        packet->block = block;
        packet->port = static_cast<uint8_t>(child);
        packet->shards = 1;
        packet->data = pool->CreateBuffer();
        for (; packet->values < PAIRS; ++packet->values, packet->dataBytes += 6)
        {
            const uint16_t index = packet->values;
            const int32_t one = 1;
            std::memcpy(packet->data->bytes.data() + packet->dataBytes, &index, sizeof(index));
            std::memcpy(packet->data->bytes.data() + packet->dataBytes + 2, &one, sizeof(one));
        }
        packet->Seal();
        EXPECT_TRUE(m_unit->Receive(*m_handler, std::move(packet), 0));
    }

    void Finish()
    {
        while (m_unit->GetNextTime() != INT64_MAX)
        {
            m_unit->Advance(m_unit->GetNextTime());
        }
    }

    void SendReduced(FlareHandler&, FlarePacketPtr&&, int64_t) override
    {
    }

    void ResendReduced(FlareHandler&, FlarePacketPtr&&, uint32_t, int64_t) override
    {
    }

    void HandlerRan(const FlareRun& run) override
    {
        cycles.push_back(run.end - run.start);
    }

    std::vector<uint64_t> cycles; //!< of each run

  private:
    std::unique_ptr<FlareUnit> m_unit;
    FlareHandler* m_handler{nullptr};
};

FlareReduction
MakeReduction(FlareStorage storage, const Ptr<const FlareOperator>& operation)
{
    FlareReduction reduction;
    reduction.children = 3;
    reduction.window = 8;
    reduction.sparse = true;
    reduction.storage = storage;
    reduction.blockRange = 256;
    reduction.hashSize = 256;
    reduction.operation = operation;
    return reduction;
}

/** @return cycles of a handler whose values are all new, and of one whose values are all there */
std::pair<uint64_t, uint64_t>
Measure(FlareStorage storage, const Ptr<const FlareOperator>& operation)
{
    CostBench bench(MakeReduction(storage, operation));
    for (const uint32_t child : {0U, 1U})
    {
        bench.Send(0, child);
        bench.Finish();
    }
    EXPECT_EQ(bench.cycles.size(), 2U);
    return {bench.cycles[0], bench.cycles[1]};
}

/** @return the longest of eight handlers at a time, each in a block of its own */
uint64_t
MeasureCrowded(const Ptr<const FlareOperator>& operation)
{
    CostBench bench(MakeReduction(FlareStorage::ARRAY, operation));
    for (const uint32_t child : {0U, 1U})
    {
        bench.cycles.clear();
        for (uint32_t block = 0; block < 8; block++)
        {
            bench.Send(block, child);
        }
        bench.Finish();
    }
    return *std::max_element(bench.cycles.begin(), bench.cycles.end());
}

} // namespace

TEST(FlareOperatorCost, ASparseHandlerTakesAUsersCyclesForEachValueThatItCombines)
{
    for (const FlareStorage storage : {FlareStorage::ARRAY, FlareStorage::HASH})
    {
        const auto own =
            Measure(storage, FlareOperator::Make(FlareType::INT32, FlareOperation::SUM));
        for (const uint32_t cycles : {0U, 9U, 10U, 1000U, 300'000U, 60'000'000U})
        {
            const auto user = Measure(storage, Create<CostlySum>(cycles, 3));
            EXPECT_EQ(user.first, own.first) << cycles; // copied
            EXPECT_EQ(user.second, own.second + uint64_t{PAIRS} * (std::max(cycles, 9U) - 9))
                << cycles;
        }
    }
}

TEST(FlareOperatorCost, TheModulesOperatorsTakeWhatIsCountedWithTheirEntries)
{
    for (const FlareType type : {FlareType::INT32, FlareType::FP32})
    {
        for (const auto operation : {FlareOperation::SUM, FlareOperation::MAX})
        {
            const auto array = Measure(FlareStorage::ARRAY, FlareOperator::Make(type, operation));
            EXPECT_EQ(array.first, array.second);
            const auto hash = Measure(FlareStorage::HASH, FlareOperator::Make(type, operation));
            // 100 values of 7 cycles and a loop of 5 for each four, or of 16 and 21; 64 beside them
            EXPECT_EQ(array.second, 100U * 7 + 25 * 5 + 64);
            EXPECT_EQ(hash.first, 100U * 16 + 64);
            EXPECT_EQ(hash.second, 100U * 21 + 64);
        }
    }
}

TEST(FlareOperatorCost, AUsersAccessesMeetThoseOfOtherCores)
{
    EXPECT_EQ(MeasureCrowded(Create<CostlySum>(100, 3)), MeasureCrowded(Create<CostlySum>(100, 0)));
    EXPECT_GT(MeasureCrowded(Create<CostlySum>(100, 90)),
              MeasureCrowded(Create<CostlySum>(100, 3)) + PAIRS);
}

} // namespace offload
} // namespace ns3
