/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Sparse reductions from host to host: exact at any density and in all types, with hosts that have
 * little and much, and under loss.
 */
#include "ns3/data-rate.h"
#include "ns3/error-model.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-sparse-vector.h"
#include "ns3/flare-switch.h"
#include "ns3/simulator.h"
#include "ns3/sparse-vectors.h"
#include "ns3/spin-unit.h"
#include "ns3/uinteger.h"

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** Leaves and spines that reduce. */
class SparseNetwork
{
  public:
    explicit SparseNetwork(uint32_t side, uint32_t partitions = 8)
        : hosts(side * side),
          topology(FatTree::LeafSpine(side, side, side))
    {
        FlareHelper helper;
        helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        helper.SetSwitchAttribute("MaxReductions", UintegerValue(partitions));
        network = helper.Install(*topology, NodeContainer(hosts));
    }

    ~SparseNetwork()
    {
        network = FlareNetwork();
        Simulator::Destroy();
    }

    template <typename Part>
    FlareGroup Start(const FlareReduction& reduction,
                     std::vector<Part>& parts,
                     uint32_t blocks,
                     uint32_t window = FlareHelper::DEFAULT_WINDOW)
    {
        std::vector<FlareVector*> vectors;
        for (Part& part : parts)
        {
            vectors.push_back(&part);
        }
        const auto group = FlareHelper::StartAllreduce(network, reduction, vectors, blocks, window);
        EXPECT_TRUE(group);
        return *group;
    }

    FlareNetDevice& GetHost(uint32_t host) const
    {
        return *DynamicCast<FlareNetDevice>(network.fabric.hostDevices.Get(host));
    }

    /** Lose a share of the frames that come in anywhere. */
    void Lose(double share) const
    {
        int64_t stream = 0;
        const auto lose = [&](LinkNetDevice& device) {
            auto errors = CreateObject<RateErrorModel>();
            errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
            errors->SetRate(share);
            errors->AssignStreams(stream++);
            device.SetReceiveErrorModel(errors);
        };
        for (uint32_t host = 0; host < hosts; ++host)
        {
            lose(GetHost(host));
        }
        for (const auto& device : network.fabric.switches)
        {
            for (uint32_t port = 0; port < device->GetPorts(); ++port)
            {
                lose(*device->GetPort(port));
            }
        }
    }

    /** @return the sum of a counter of all switches */
    uint64_t Count(uint16_t id, uint64_t FlareCounters::*counter) const
    {
        uint64_t sum = 0;
        for (const auto& device : network.fabric.switches)
        {
            const FlareCounters* counters =
                DynamicCast<FlareSwitch>(device)->GetReductionCounters(id);
            sum += counters ? counters->*counter : 0;
        }
        return sum;
    }

    uint32_t hosts;
    std::unique_ptr<FatTree> topology;
    FlareNetwork network;
};

/** @return each host's part of vectors */
std::vector<FlareSparseVector>
MakeParts(const SparseVectors& vectors, const FlareReduction& reduction)
{
    std::vector<FlareSparseVector> parts;
    for (uint32_t host = 0; host < vectors.GetShape().hosts; ++host)
    {
        parts.emplace_back(vectors, host, reduction.blockRange);
    }
    return parts;
}

/** Integers of which a host has as many in each block as a function says; sums kept in a map. */
class UnequalVector : public FlareVector
{
  public:
    UnequalVector(uint32_t host, uint32_t range, uint32_t values)
        : m_host(host),
          m_range(range),
          m_values(values)
    {
    }

    /** @return whether the host has an index, of which every (range / values)-th is one */
    bool Has(uint32_t index) const
    {
        return m_values > 0 && index % (m_range / m_values) == 0;
    }

    int32_t GetValue(uint32_t block, uint32_t index) const
    {
        return static_cast<int32_t>((m_host + 1) * (block * m_range + index + 1));
    }

    bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override
    {
        constexpr uint32_t CAPACITY = flare::GetSparseCapacity(4);
        uint32_t skip = shard * CAPACITY;
        for (uint32_t index = 0; index < m_range; ++index)
        {
            if (!Has(index) || (skip > 0 && skip-- > 0))
            {
                continue;
            }
            if (packet.values == CAPACITY)
            {
                return true;
            }
            uint8_t* pair = packet.data->bytes.data() + packet.dataBytes;
            const auto offset = static_cast<uint16_t>(index);
            const int32_t value = GetValue(block, index);
            std::memcpy(pair, &offset, sizeof(offset));
            std::memcpy(pair + sizeof(offset), &value, sizeof(value));
            packet.dataBytes += sizeof(offset) + sizeof(value);
            ++packet.values;
        }
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        for (uint32_t i = 0; i < packet.values; ++i)
        {
            const uint8_t* pair = packet.data->bytes.data() + i * 6;
            uint16_t offset;
            int32_t value;
            std::memcpy(&offset, pair, sizeof(offset));
            std::memcpy(&value, pair + sizeof(offset), sizeof(value));
            repeated += sums.count(packet.block * m_range + offset);
            sums[packet.block * m_range + offset] += value;
        }
    }

    std::map<uint32_t, int32_t> sums; //!< by index
    uint64_t repeated{0};             //!< indices that came more than once

  private:
    uint32_t m_host;
    uint32_t m_range;
    uint32_t m_values;
};

/** A unit with a sparse reduction of two children, and what it sends. */
class SparseUnit : public FlareOutput
{
  public:
    SparseUnit()
    {
        FlareUnitConfig config;
        config.spin = CreateObject<SpinUnit>()->GetConfig();
        unit = std::make_unique<FlareUnit>(config, static_cast<FlareOutput&>(*this));
        FlareReduction reduction;
        reduction.children = 2;
        reduction.window = 4;
        reduction.sparse = true;
        reduction.blockRange = 300;
        reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
        handler = &unit->Install(reduction);
    }

    ~SparseUnit()
    {
        sent.clear();
        resent.clear();
        unit = nullptr;
        Simulator::Destroy();
    }

    /** Have a shard come that has 100 ones from an index on; the last one if `shards` says so. */
    void Send(uint32_t block, uint32_t child, uint8_t shard, uint8_t shards)
    {
        const auto pool = FlarePacketPool::Get();
        FlarePacketPtr packet = pool->Create();
        packet->kind = FlareKind::SPARSE;
        packet->block = block;
        packet->port = static_cast<uint8_t>(child);
        packet->shard = shard;
        packet->shards = shards;
        packet->data = pool->CreateBuffer();
        for (; packet->values < 100; ++packet->values, packet->dataBytes += 6)
        {
            const auto index = static_cast<uint16_t>(shard * 100 + packet->values);
            const int32_t one = 1;
            std::memcpy(packet->data->bytes.data() + packet->dataBytes, &index, sizeof(index));
            std::memcpy(packet->data->bytes.data() + packet->dataBytes + 2, &one, sizeof(one));
        }
        packet->Seal();
        now += 20'000'000;
        unit->Advance(now);
        EXPECT_TRUE(unit->Receive(*handler, std::move(packet), now));
        while (unit->GetNextTime() != INT64_MAX)
        {
            unit->Advance(unit->GetNextTime());
        }
    }

    void SendReduced(FlareHandler&, FlarePacketPtr&& packet, int64_t) override
    {
        sent.push_back(std::move(packet));
    }

    void ResendReduced(FlareHandler&, FlarePacketPtr&& packet, uint32_t child, int64_t) override
    {
        resent.push_back(std::move(packet));
        resentTo = child;
    }

    std::unique_ptr<FlareUnit> unit;
    FlareHandler* handler{nullptr};
    int64_t now{0};
    std::vector<FlarePacketPtr> sent;
    std::vector<FlarePacketPtr> resent;
    uint32_t resentTo{99};
};

} // namespace

TEST(FlareSparse, CopiesAreIgnoredAndThatOfALastShardAsksForTheResultAgain)
{
    SparseUnit bench;
    bench.Send(0, 0, 0, 0);
    bench.Send(0, 0, 0, 0); // again
    bench.Send(0, 1, 0, 1);
    bench.Send(0, 1, 0, 1); // again
    EXPECT_TRUE(bench.sent.empty());
    EXPECT_EQ(bench.handler->GetCounters().duplicates, 2u);
    bench.Send(0, 0, 1, 2);
    ASSERT_EQ(bench.sent.size(), 2u); // 200 indices
    EXPECT_EQ(bench.sent[0]->shard, 0);
    EXPECT_EQ(bench.sent[0]->shards, 0);
    EXPECT_EQ(bench.sent[1]->shards, 2);
    int32_t value = 0;
    for (const uint32_t i : {0u, 99u, 100u}) // both children's, both's, one's
    {
        std::memcpy(&value, bench.sent[0]->data->bytes.data() + i * 6 + 2, sizeof(value));
        EXPECT_EQ(value, i < 100 ? 2 : 1);
    }
    bench.Send(0, 0, 0, 0);
    EXPECT_TRUE(bench.resent.empty());
    bench.Send(4, 1, 0, 1); // the slot's next block
    bench.Send(0, 0, 1, 2);
    ASSERT_EQ(bench.resent.size(), 2u);
    EXPECT_EQ(bench.resent[0], bench.sent[0]);
    EXPECT_EQ(bench.resent[1], bench.sent[1]);
    EXPECT_EQ(bench.resentTo, 0u);
    // When the next one is complete, nobody can lack the result any more.
    bench.Send(4, 0, 0, 1);
    bench.Send(0, 0, 1, 2);
    EXPECT_EQ(bench.resent.size(), 2u);
    EXPECT_EQ(bench.handler->GetCounters().blocks, 2u);
    EXPECT_EQ(bench.unit->GetCounters().memoryBytes, 0);
}

TEST(FlareSparse, EveryHostGetsEverySumOnceAtAnyDensity)
{
    for (const FlareType type : {FlareType::INT32, FlareType::FP32})
    {
        for (const double density : {0.001, 0.01, 0.1, 0.3})
        {
            SparseNetwork sparse(4);
            const SparseVectors vectors({16, 50'000, type, density, 1});
            const FlareReduction reduction =
                FlareHelper::MakeSparse(sparse.network, type, density, 50'000);
            auto parts = MakeParts(vectors, reduction);
            sparse.Start(reduction, parts, parts.front().GetBlocks());
            Simulator::Run();
            for (uint32_t host = 0; host < 16; ++host)
            {
                EXPECT_TRUE(parts[host].IsRight()) << ToString(type) << " " << density;
                EXPECT_EQ(sparse.GetHost(host).GetFlareCounters().repeated, 0u);
            }
        }
    }
}

TEST(FlareSparse, NarrowTypesAreExactToo)
{
    for (const FlareType type : {FlareType::INT8, FlareType::INT16, FlareType::FP16})
    {
        SparseNetwork sparse(2);
        const SparseVectors vectors({4, 60'000, type, 0.05, 1});
        const FlareReduction reduction =
            FlareHelper::MakeSparse(sparse.network, type, 0.05, 60'000);
        auto parts = MakeParts(vectors, reduction);
        sparse.Start(reduction, parts, parts.front().GetBlocks());
        Simulator::Run();
        for (const FlareSparseVector& part : parts)
        {
            EXPECT_TRUE(part.IsRight()) << ToString(type);
        }
    }
}

TEST(FlareSparse, HostsThatHaveNothingLittleAndMuchAreSummed)
{
    constexpr uint32_t RANGE = 12'000;
    constexpr uint32_t BLOCKS = 9;
    // Nothing; less than the leaf's hash table; several packets, most of which is spilled.
    const uint32_t values[] = {0, 10, 150, 3'000};
    SparseNetwork sparse(2, 1);
    FlareReduction reduction =
        FlareHelper::MakeSparse(sparse.network, FlareType::INT32, 0.01, 12'000);
    reduction.blockRange = RANGE;
    std::vector<UnequalVector> parts;
    for (uint32_t host = 0; host < 4; ++host)
    {
        parts.emplace_back(host, RANGE, values[host]);
    }
    const FlareGroup group = sparse.Start(reduction, parts, BLOCKS, 4);
    Simulator::Run();
    std::map<uint32_t, int32_t> expected;
    for (uint32_t block = 0; block < BLOCKS; ++block)
    {
        for (uint32_t index = 0; index < RANGE; ++index)
        {
            for (const UnequalVector& part : parts)
            {
                if (part.Has(index))
                {
                    expected[block * RANGE + index] += part.GetValue(block, index);
                }
            }
        }
    }
    for (const UnequalVector& part : parts)
    {
        EXPECT_EQ(part.sums, expected);
        EXPECT_EQ(part.repeated, 0u);
    }
    // A block without values is one packet; 3000 values are 19.
    EXPECT_EQ(sparse.GetHost(0).GetFlareCounters().sent, BLOCKS);
    EXPECT_EQ(sparse.GetHost(3).GetFlareCounters().sent, BLOCKS * 19);
    EXPECT_GT(sparse.Count(group.id, &FlareCounters::collisions), BLOCKS * 2'000u);
}

TEST(FlareSparse, EmptyBlocksAreHeaders)
{
    SparseNetwork sparse(2);
    FlareReduction reduction = FlareHelper::MakeSparse(sparse.network, FlareType::FP32, 0.1, 1000);
    reduction.blockRange = 100;
    std::vector<UnequalVector> parts;
    for (uint32_t host = 0; host < 4; ++host)
    {
        parts.emplace_back(host, 100, 0);
    }
    sparse.Start(reduction, parts, 50);
    Simulator::Run();
    for (uint32_t host = 0; host < 4; ++host)
    {
        EXPECT_TRUE(parts[host].sums.empty());
        EXPECT_EQ(sparse.GetHost(host).GetFlareCounters().sent, 50u);
        EXPECT_EQ(sparse.GetHost(host).GetFlareCounters().received, 50u);
    }
    // 72 bytes a frame, with preamble and FCS; root's own leaf or not, 10 to 12 links
    EXPECT_LE(FabricHelper::GetTraffic(sparse.network.fabric), 12u * 50 * 72);
    EXPECT_GE(FabricHelper::GetTraffic(sparse.network.fabric), 10u * 50 * 72);
}

TEST(FlareSparse, LossIsRepairedAndTheSumsStayExact)
{
    SparseNetwork sparse(3);
    sparse.Lose(0.01);
    const SparseVectors vectors({9, 200'000, FlareType::INT32, 0.02, 3});
    const FlareReduction reduction =
        FlareHelper::MakeSparse(sparse.network, FlareType::INT32, 0.02, 200'000);
    auto parts = MakeParts(vectors, reduction);
    const FlareGroup group = sparse.Start(reduction, parts, parts.front().GetBlocks(), 8);
    Simulator::Stop(Seconds(1));
    Simulator::Run();
    uint64_t repeated = 0;
    uint64_t copies = 0;
    for (uint32_t host = 0; host < 9; ++host)
    {
        EXPECT_FALSE(sparse.GetHost(host).IsBusy());
        EXPECT_TRUE(parts[host].IsRight());
        repeated += sparse.GetHost(host).GetFlareCounters().repeated;
        copies += sparse.GetHost(host).GetFlareCounters().duplicates;
    }
    EXPECT_GT(repeated, 0u);
    EXPECT_GT(copies, 0u);
    EXPECT_GT(sparse.Count(group.id, &FlareCounters::duplicates), 0u);
}

} // namespace offload
} // namespace ns3
