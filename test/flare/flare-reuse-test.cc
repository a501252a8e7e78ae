/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Many operations of one group, whose handlers are installed once.
 */
#include "flare-communicator-test.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t HOSTS = 6;
constexpr uint32_t OPERATIONS = 5;
constexpr uint32_t WINDOW = 16;

/** Pairs of an index and a value that depend on host and operation, in one or two shards a block.
 */
class Series : public FlareVector
{
  public:
    static constexpr uint32_t RANGE = 400; // indices of a sparse block

    Series(uint32_t host, uint32_t operation, uint32_t blocks, bool sparse)
        : m_host(host),
          m_operation(operation),
          m_sparse(sparse),
          m_sums(blocks, std::vector<int32_t>(RANGE))
    {
    }

    static int32_t Get(uint32_t host, uint32_t operation, uint32_t block, uint32_t i)
    {
        return static_cast<int32_t>((host + 1) * (operation * 1000 + block + i + 1));
    }

    bool Read(uint32_t block, uint32_t shard, FlarePacket& packet) override
    {
        const uint32_t size = sizeof(int32_t) + (m_sparse ? flare::INDEX_BYTES : 0);
        const uint32_t capacity =
            m_sparse ? flare::GetSparseCapacity(sizeof(int32_t)) : DENSE_VALUES;
        const uint32_t first = shard * capacity;
        const uint32_t last = std::min(first + capacity, m_sparse ? SPARSE_VALUES : DENSE_VALUES);
        uint8_t* to = packet.data->bytes.data();
        for (uint32_t i = first; i < last; ++i)
        {
            const int32_t value = Get(m_host, m_operation, block, i);
            const auto index = static_cast<uint16_t>(GetIndex(m_host, i));
            std::memcpy(to, &index, m_sparse ? flare::INDEX_BYTES : 0);
            std::memcpy(to + size - sizeof(value), &value, sizeof(value));
            to += size;
        }
        packet.values = static_cast<uint16_t>(last - first);
        packet.dataBytes = packet.values * size;
        return m_sparse && last < SPARSE_VALUES;
    }

    void Write(const FlarePacket& packet) override
    {
        ASSERT_LT(packet.block, m_sums.size());
        const uint32_t size = sizeof(int32_t) + (m_sparse ? flare::INDEX_BYTES : 0);
        const uint8_t* from = packet.data->bytes.data();
        for (uint32_t i = 0; i < packet.values; ++i, from += size)
        {
            int32_t value = 0;
            auto index = static_cast<uint16_t>(i);
            std::memcpy(&index, from, m_sparse ? flare::INDEX_BYTES : 0);
            std::memcpy(&value, from + size - sizeof(value), sizeof(value));
            m_sums[packet.block].at(index) += value;
        }
    }

    /** @return whether all blocks are the sums of these hosts' */
    bool IsSumOf(const std::vector<uint32_t>& hosts) const
    {
        for (uint32_t block = 0; block < m_sums.size(); ++block)
        {
            std::vector<int32_t> sum(RANGE);
            for (const uint32_t host : hosts)
            {
                for (uint32_t i = 0; i < (m_sparse ? SPARSE_VALUES : DENSE_VALUES); ++i)
                {
                    sum[m_sparse ? GetIndex(host, i) : i] += Get(host, m_operation, block, i);
                }
            }
            if (m_sums[block] != sum)
            {
                return false;
            }
        }
        return true;
    }

  private:
    static constexpr uint32_t DENSE_VALUES = 256;
    static constexpr uint32_t SPARSE_VALUES = 170; // more than a packet has

    static uint32_t GetIndex(uint32_t host, uint32_t i)
    {
        return 2 * i + host % 2; // some are in the same place, and some are not
    }

    uint32_t m_host;
    uint32_t m_operation;
    bool m_sparse;
    std::vector<std::vector<int32_t>> m_sums;
};

/** What the group does. */
struct Use
{
    FlareCollective collective;
    bool sparse;
    double loss; //!< of frames, at each receipt
};

class FlareReuseTest : public FlareCommunicatorTest, public ::testing::WithParamInterface<Use>
{
  public:
    static constexpr uint32_t ROOT_HOST = 4;

    FlareReuseTest()
    {
        Build(FatTree::LeafSpine(2, 3, 1), 1);
        AddLoss(GetParam().loss);
    }

    void Create()
    {
        FlareReduction reduction = Integers();
        reduction.collective = GetParam().collective;
        reduction.rootHost = ROOT_HOST;
        reduction.sparse = GetParam().sparse;
        reduction.storage = FlareStorage::HASH;
        reduction.hashSize = 128;
        reduction.blockRange = Series::RANGE;
        m_group = m_network.manager->Create({0, 1, 2, 3, 4, 5}, reduction, WINDOW);
        ASSERT_TRUE(m_group);
        m_begun.assign(HOSTS, 0);
        for (uint32_t operation = 0; operation < OPERATIONS; ++operation)
        {
            for (uint32_t host = 0; host < HOSTS; ++host)
            {
                m_series.push_back(std::make_unique<Series>(host,
                                                            operation,
                                                            GetBlocks(operation),
                                                            GetParam().sparse));
            }
        }
    }

    /** @return fewer than the window, more, as many, ... */
    static uint32_t GetBlocks(uint32_t operation)
    {
        return std::vector<uint32_t>{1, 70, WINDOW, 5, 33}.at(operation);
    }

    Ptr<FlareNetDevice> GetHost(uint32_t host) const
    {
        return DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(host));
    }

    /** A host goes on with the next operation as soon as it has all results of the one before. */
    static void Next(FlareReuseTest* test, uint32_t host, uint16_t)
    {
        test->Begin(host);
    }

    void Begin(uint32_t host)
    {
        const uint32_t operation = m_begun[host]++;
        if (operation == OPERATIONS)
        {
            return;
        }
        FlareJob job = m_group->MakeJob(host);
        job.blocks = GetBlocks(operation);
        job.vector = m_series[operation * HOSTS + host].get();
        GetHost(host)->Start(job, MakeBoundCallback(&FlareReuseTest::Next, this, host));
    }

    void ExpectAll() const
    {
        std::vector<uint32_t> contributors{0, 1, 2, 3, 4, 5};
        if (GetParam().collective == FlareCollective::BROADCAST)
        {
            contributors = {ROOT_HOST};
        }
        for (uint32_t operation = 0; operation < OPERATIONS; ++operation)
        {
            for (uint32_t host = 0; host < HOSTS; ++host)
            {
                const bool root = host == ROOT_HOST;
                const auto collective = GetParam().collective;
                const bool receives = collective == FlareCollective::ALLREDUCE ||
                                      (collective == FlareCollective::REDUCE && root) ||
                                      (collective == FlareCollective::BROADCAST && !root);
                EXPECT_EQ(m_series[operation * HOSTS + host]->IsSumOf(contributors), receives)
                    << "operation " << operation << ", host " << host;
            }
        }
        for (uint32_t host = 0; host < HOSTS; ++host)
        {
            EXPECT_EQ(m_begun[host], OPERATIONS + 1);
        }
    }

    std::optional<FlareGroup> m_group;
    std::vector<uint32_t> m_begun; // by host: operations
    std::vector<std::unique_ptr<Series>> m_series;
};

TEST_P(FlareReuseTest, EachOperationOfAGroupHasItsOwnSums)
{
    Create();
    for (uint32_t host = 0; host < HOSTS; ++host)
    {
        Begin(host);
    }
    Simulator::Run();
    ExpectAll();
}

TEST_P(FlareReuseTest, BlockNumbersWrapAround)
{
    Create();
    for (const auto& sequence : m_group->sequences)
    {
        sequence->next = UINT32_MAX - 40; // in the middle of the second operation
    }
    for (uint32_t host = 0; host < HOSTS; ++host)
    {
        Begin(host);
    }
    Simulator::Run();
    ExpectAll();
}

INSTANTIATE_TEST_SUITE_P(Uses,
                         FlareReuseTest,
                         ::testing::Values(Use{FlareCollective::ALLREDUCE, false, 0},
                                           Use{FlareCollective::ALLREDUCE, false, 0.01},
                                           Use{FlareCollective::REDUCE, false, 0.01},
                                           Use{FlareCollective::BROADCAST, false, 0.01},
                                           Use{FlareCollective::BARRIER, false, 0.01},
                                           Use{FlareCollective::ALLREDUCE, true, 0},
                                           Use{FlareCollective::ALLREDUCE, true, 0.01},
                                           Use{FlareCollective::REDUCE, true, 0.01},
                                           Use{FlareCollective::BROADCAST, true, 0.01}));

class FlareSequenceTest : public FlareCommunicatorTest
{
  public:
    FlareSequenceTest()
    {
        Build(FatTree::SingleSwitch(2));
        for (uint32_t host = 0; host < 2; ++host)
        {
            parts.push_back(std::make_unique<Values<int32_t>>(host, BLOCKS));
            vectors.push_back(parts.back().get());
        }
    }

    static constexpr uint32_t BLOCKS = 20;
    std::vector<std::unique_ptr<Values<int32_t>>> parts;
    std::vector<FlareVector*> vectors;
};

TEST_F(FlareSequenceTest, AnOperationWaitsForTheOneBeforeIt)
{
    const auto group = FlareHelper::Start(m_network, Integers(), vectors, BLOCKS);
    ASSERT_TRUE(group);
    EXPECT_THROW(FlareHelper::Start(m_network, *group, vectors, BLOCKS), std::invalid_argument);
    Simulator::Run();
    FlareHelper::Start(m_network, *group, vectors, BLOCKS);
    Simulator::Run();
    EXPECT_EQ(group->sequences[0]->next, 2 * BLOCKS);
    EXPECT_TRUE(parts[1]->IsSumOf({0, 1}));
}

TEST_F(FlareSequenceTest, AGroupWithAnOperationThatWasGivenUpHasNoOther)
{
    const auto group = FlareHelper::Start(m_network, Integers(), vectors, BLOCKS);
    for (uint32_t host = 0; host < 2; ++host)
    {
        DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(host))->Stop();
    }
    EXPECT_THROW(FlareHelper::Start(m_network, *group, vectors, BLOCKS), std::invalid_argument);
    // Another group has nothing of it.
    ASSERT_TRUE(FlareHelper::Start(m_network, Integers(), vectors, BLOCKS));
    Simulator::Run();
    EXPECT_TRUE(parts[0]->IsSumOf({0, 1}));
    EXPECT_TRUE(parts[1]->IsSumOf({0, 1}));
}

TEST_F(FlareSequenceTest, AnOperationHasNoMoreBlocksThanHaveNumbers)
{
    EXPECT_THROW(static_cast<void>(
                     FlareHelper::Start(m_network, Integers(), vectors, flare::MAX_BLOCKS + 1)),
                 std::invalid_argument);
}

} // namespace
} // namespace offload
} // namespace ns3
