/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Tenants of one switch share its cores by time, not by packets.
 */
#include "flare-communicator-test.h"

#include "ns3/flare-switch.h"
#include "ns3/flare-unit.h"
#include "ns3/spin-unit.h"

#include <algorithm>
#include <cstdlib>

namespace ns3
{
namespace offload
{
namespace
{

/** Sums of integers that take so long, however many they are. */
class SlowSum : public FlareOperator
{
  public:
    explicit SlowSum(uint32_t cycles)
        : m_cycles(cycles)
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

    uint32_t GetCycles(uint32_t) const override
    {
        return m_cycles;
    }

    uint32_t GetAccesses(uint32_t) const override
    {
        return 1;
    }

  private:
    Ptr<const FlareOperator> m_sum{FlareOperator::Make(FlareType::INT32, FlareOperation::SUM)};
    uint32_t m_cycles;
};

constexpr uint32_t SUM_CYCLES = 1184; //!< of a packet, by the module's operator

class FlareShareTest : public FlareCommunicatorTest
{
  public:
    /**
     * @param factor by which the other tenant's operator is slower; 0: nobody is there
     * @return time that a tenant takes in a switch of one cluster, ps
     */
    int64_t Measure(uint32_t factor)
    {
        Build(FatTree::SingleSwitch(16));
        m_network.fabric.switches[0]->SetAttribute("Clusters", UintegerValue(1));
        Tenant<int32_t> slow(m_network, {0, 1, 2, 3, 4, 5, 6, 7}, 400);
        Tenant<int32_t> tenant(m_network, {8, 9, 10, 11, 12, 13, 14, 15}, 100);
        if (factor > 0)
        {
            FlareReduction reduction;
            reduction.operation = Create<SlowSum>(factor * SUM_CYCLES);
            EXPECT_TRUE(slow.Start(reduction, 256));
        }
        EXPECT_TRUE(tenant.Start(Integers(), 16));
        Simulator::Stop(MilliSeconds(15));
        Simulator::Run();
        tenant.ExpectSums(FlareExecutor::SWITCHES);
        const int64_t end = tenant.communicator->GetOutcome().end;
        slow.communicator = nullptr;
        tenant.communicator = nullptr;
        m_network = FlareNetwork();
        Simulator::Destroy();
        return end;
    }
};

TEST_F(FlareShareTest, ATenantsTimeDoesNotDependOnAnothersOperator)
{
    const int64_t alone = Measure(0);
    const int64_t beside = Measure(1);
    EXPECT_GT(beside, alone * 3 / 2); // the cores are the bottleneck
    for (const uint32_t factor : {10U, 100U})
    {
        // Handlers are not pre-empted.
        const int64_t handler = int64_t{factor} * SUM_CYCLES * 1000;
        EXPECT_LT(Measure(factor), 2 * beside + handler) << factor;
    }
}

/** A cluster with several tenants, and whose handlers have run. */
class ShareBench : public FlareOutput, public FlareObserver
{
  public:
    static constexpr uint32_t BLOCKS = 100;

    /** @param cores of the cluster */
    explicit ShareBench(uint32_t cores)
    {
        FlareUnitConfig config;
        config.spin = CreateObject<SpinUnit>()->GetConfig();
        config.spin.clusters = 1;
        config.spin.hpusPerCluster = cores;
        config.coldCyclesPerLine = 0;
        m_unit = std::make_unique<FlareUnit>(config, static_cast<FlareOutput&>(*this));
        m_unit->SetObserver(this);
    }

    ~ShareBench()
    {
        m_unit = nullptr;
        Simulator::Destroy();
    }

    /** Add a tenant each of whose blocks has one packet so far. */
    void AddTenant(uint32_t cycles)
    {
        FlareReduction reduction;
        reduction.id = static_cast<uint16_t>(m_handlers.size());
        reduction.children = 3;
        reduction.window = BLOCKS;
        reduction.coresPerBlock = m_unit->GetCores();
        reduction.choice = {FlareAlgorithm::SINGLE, 1};
        reduction.operation = Create<SlowSum>(cycles);
        m_handlers.push_back(&m_unit->Install(reduction));
        Send(reduction.id, 0, 0, BLOCKS);
        Finish();
        runs.clear();
    }

    /** Have packets of several blocks come, now. */
    void Send(uint32_t tenant, uint32_t child, uint32_t first, uint32_t blocks)
    {
        for (uint32_t block = first; block < first + blocks; block++)
        {
            const auto pool = FlarePacketPool::Get();
            FlarePacketPtr packet = pool->Create();
            packet->allreduce = static_cast<uint16_t>(tenant);
            packet->block = block;
            packet->port = static_cast<uint8_t>(child);
            packet->values = static_cast<uint16_t>(tenant + 1); // by which a run is known
            packet->dataBytes = 4U * packet->values;
            packet->data = pool->CreateBuffer();
            packet->Seal();
            EXPECT_TRUE(m_unit->Receive(*m_handlers[tenant], std::move(packet), m_now));
        }
    }

    void Finish()
    {
        while (m_unit->GetNextTime() != INT64_MAX)
        {
            m_now = m_unit->GetNextTime();
            m_unit->Advance(m_now);
        }
    }

    /** @return how many of the first runs are a tenant's, in the order of their beginning */
    uint32_t Count(uint32_t tenant, size_t first, size_t last)
    {
        std::stable_sort(runs.begin(), runs.end(), [](const FlareRun& a, const FlareRun& b) {
            return a.start < b.start;
        });
        return static_cast<uint32_t>(
            std::count_if(runs.begin() + static_cast<std::ptrdiff_t>(first),
                          runs.begin() + static_cast<std::ptrdiff_t>(last),
                          [=](const FlareRun& run) { return run.values == tenant + 1; }));
    }

    void SendReduced(FlareHandler&, FlarePacketPtr&&, int64_t) override
    {
    }

    void ResendReduced(FlareHandler&, FlarePacketPtr&&, uint32_t, int64_t) override
    {
    }

    void HandlerRan(const FlareRun& run) override
    {
        runs.push_back(run);
    }

    std::vector<FlareRun> runs;

  private:
    std::unique_ptr<FlareUnit> m_unit;
    std::vector<FlareHandler*> m_handlers;
    int64_t m_now{0};
};

} // namespace

TEST(FlareShare, TenantsWithTheSameCostTakeTurns)
{
    ShareBench bench(1);
    for (int i = 0; i < 3; i++)
    {
        bench.AddTenant(1000);
    }
    for (uint32_t block = 0; block < 30; block++)
    {
        for (const uint32_t tenant : {0U, 1U, 2U})
        {
            bench.Send(tenant, 1, block, 1);
        }
    }
    bench.Finish();
    ASSERT_EQ(bench.runs.size(), 90U);
    for (uint32_t i = 0; i < 90; i++)
    {
        EXPECT_EQ(bench.runs[i].values, i % 3 + 1) << i;
    }
}

TEST(FlareShare, AnOperatorThatIsTenTimesAsSlowHasATenthOfTheTurns)
{
    for (const uint32_t cores : {1U, 8U})
    {
        ShareBench bench(cores);
        bench.AddTenant(10'000);
        bench.AddTenant(1'000);
        bench.Send(0, 1, 0, ShareBench::BLOCKS);
        bench.Send(1, 1, 0, ShareBench::BLOCKS);
        bench.Finish();
        ASSERT_EQ(bench.Count(1, 0, bench.runs.size()), ShareBench::BLOCKS);
        const auto last = std::find_if(bench.runs.rbegin(),
                                       bench.runs.rend(),
                                       [](const FlareRun& run) { return run.values == 2; });
        // Until the quick one is done, the slow one has had as many cycles, or a handler on each
        // core more; at first it has all cores.
        const uint32_t slow = bench.Count(0, 0, static_cast<size_t>(bench.runs.rend() - last));
        EXPECT_GE(slow, ShareBench::BLOCKS / 10 - 1) << cores;
        EXPECT_LE(slow, ShareBench::BLOCKS / 10 + cores) << cores;
    }
}

TEST(FlareShare, WhoWasAwayHasSavedNothingUp)
{
    ShareBench bench(1);
    bench.AddTenant(1000);
    bench.AddTenant(1000);
    bench.Send(0, 1, 0, ShareBench::BLOCKS); // the other one is away
    bench.Finish();
    bench.runs.clear();
    bench.Send(0, 2, 0, 40);
    bench.Send(1, 1, 0, 40);
    bench.Finish();
    EXPECT_NEAR(bench.Count(1, 0, 40), 20, 2);
}

} // namespace offload
} // namespace ns3
