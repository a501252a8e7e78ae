/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-network.h"

#include "ns3/fat-tree.h"
#include "ns3/rdma-messenger.h"
#include "ns3/simulator.h"
#include "ns3/sparse-allreduce.h"
#include "ns3/sparse-vectors.h"
#include "ns3/stored-sparse-vectors.h"

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

constexpr uint32_t HOSTS = 16;

class SparseAllreduceTest : public ::testing::Test
{
  public:
    SparseAllreduceTest()
        : m_topology(FatTree::LeafSpine(4, 4, 4))
    {
    }

    ~SparseAllreduceTest() override
    {
        Reset();
    }

    static Ptr<SparseVectors> MakeVectors(uint32_t elements, FlareType type, double density)
    {
        return Create<SparseVectors>(SparseVectors::Shape{HOSTS, elements, type, density, 1});
    }

    void Reset()
    {
        m_fabric = Fabric();
        Simulator::Destroy();
    }

    void Build()
    {
        m_fabric = InstallRdmaNetwork(*m_topology);
    }

    std::unique_ptr<FatTree> m_topology;
    Fabric m_fabric;
};

/** Bytes that are all the same. */
class Content : public MemoryContent
{
  public:
    explicit Content(uint8_t value)
        : m_value(value)
    {
    }

    void Read(uint64_t, uint8_t* to, uint32_t bytes) const override
    {
        std::memset(to, m_value, bytes);
    }

    uint32_t Write(uint64_t, const uint8_t* from, uint32_t bytes) override
    {
        uint32_t wrong = 0;
        for (uint32_t i = 0; i < bytes; ++i)
        {
            wrong += from[i] != m_value;
        }
        return wrong;
    }

  private:
    uint8_t m_value;
};

/** Receivers and numbers of messages, in the order of their coming. */
struct Arrivals
{
    void OnMessage(uint32_t host, uint32_t number)
    {
        messages.insert(messages.end(), {host, number});
    }

    std::vector<uint32_t> messages;
};

TEST_F(SparseAllreduceTest, EveryElementIsRightDenseAndSparse)
{
    for (const char* name : {"dsar-split-allgather", "ssar-split-allgather"})
    {
        for (const FlareType type : {FlareType::FP32, FlareType::INT16})
        {
            for (const double density : {0.002, 0.3})
            {
                Build();
                const auto vectors = MakeVectors(20'000, type, density);
                SparseAllreduce allreduce(m_fabric.hostDevices,
                                          vectors,
                                          SparseAllreduce::Parse(name));
                allreduce.Start();
                EXPECT_FALSE(allreduce.IsComplete());
                Simulator::Run();
                EXPECT_TRUE(allreduce.IsComplete()) << name << ToString(type) << density;
                Reset();
            }
        }
    }
}

TEST_F(SparseAllreduceTest, TheResultTakesAsLongAsItsBytesWithoutCollisions)
{
    m_topology->SetSinglePath(true);
    int64_t times[2];
    for (const auto algorithm :
         {SparseAlgorithm::DSAR_SPLIT_ALLGATHER, SparseAlgorithm::SSAR_SPLIT_ALLGATHER})
    {
        Build();
        const auto vectors = MakeVectors(250'000, FlareType::INT32, 1.0 / 512);
        SparseAllreduce allreduce(m_fabric.hostDevices, vectors, algorithm);
        allreduce.Start();
        Simulator::Run();
        EXPECT_TRUE(allreduce.IsComplete());
        const bool dense = algorithm == SparseAlgorithm::DSAR_SPLIT_ALLGATHER;
        times[dense ? 0 : 1] = allreduce.GetEnd();
        if (dense)
        {
            // 15/16 of 1 MB at 100 Gbit/s, and headers; the streams, and ten messages' latencies
            constexpr int64_t BYTES = 250'000 * 4 / 16 * 15;
            EXPECT_GT(allreduce.GetEnd(), BYTES * 80);
            EXPECT_LT(allreduce.GetEnd(), BYTES * 80 * 11 / 10 + 25'000'000);
            // Within a leaf, distances 1 and 2, over two links; the others over four.
            const auto traffic = static_cast<double>(FabricHelper::GetTraffic(m_fabric));
            const double gathered = 250'000.0 * 4 / 16 * HOSTS * (3 * 2 + 12 * 4);
            EXPECT_GT(traffic, gathered);
            EXPECT_LT(traffic, gathered * 1.12);
        }
        Reset();
    }
    EXPECT_LT(times[1], times[0] / 2); // 16 of 512 values are there, of twice the size
}

/** Is told of the end. */
struct End
{
    void OnDone()
    {
        ++times;
    }

    uint32_t times{0};
};

TEST_F(SparseAllreduceTest, VectorsOfAnyValuesAreSummedAndTheEndIsTold)
{
    for (const char* name : {"dsar-split-allgather", "ssar-split-allgather"})
    {
        Build();
        const auto vectors =
            Create<StoredSparseVectors>(HOSTS,
                                        1'000,
                                        FlareOperator::Make(FlareType::INT32, FlareOperation::SUM));
        std::map<uint32_t, int32_t> sums;
        for (uint32_t host = 0; host < HOSTS; ++host)
        {
            // Not in order; nobody has anything from 500 on, and host 3 has nothing at all.
            for (uint32_t i = 0; i < 20 && host != 3; ++i)
            {
                const uint32_t index = (host * 37 + i * 211) % 500;
                const int32_t value = static_cast<int32_t>(i) * (host % 2 == 0 ? 100 : -100);
                vectors->Add(host, index, reinterpret_cast<const uint8_t*>(&value));
                sums[index] += value;
            }
        }
        EXPECT_THROW(vectors->Add(0, 1'000, nullptr), std::invalid_argument);
        vectors->Seal();
        End end;
        SparseAllreduce allreduce(m_fabric.hostDevices, vectors, SparseAllreduce::Parse(name));
        allreduce.Start(MakeCallback(&End::OnDone, &end));
        Simulator::Run();
        EXPECT_TRUE(allreduce.IsComplete());
        EXPECT_EQ(end.times, 1u);
        const SparseAllreduce::Result result = allreduce.GetResult();
        size_t position = 0;
        for (const auto& [index, sum] : sums)
        {
            if (sum != 0)
            {
                ASSERT_LT(position, result.indices.size());
                EXPECT_EQ(result.indices[position], index);
                int32_t value;
                std::memcpy(&value, &result.values[position++ * sizeof(value)], sizeof(value));
                EXPECT_EQ(value, sum) << index;
            }
        }
        EXPECT_EQ(position, result.indices.size());
        Reset();
    }
}

TEST_F(SparseAllreduceTest, WhatIsNotAsItShouldBeIsCounted)
{
    Build();
    Arrivals arrivals;
    RdmaMessenger messenger(m_fabric.hostDevices, 2, MakeCallback(&Arrivals::OnMessage, &arrivals));
    for (const uint8_t expected : {7, 8})
    {
        RdmaMessenger::Message message;
        message.from = 1;
        message.to = 2;
        message.number = expected;
        message.bytes = 5'000;
        message.source = Create<Content>(uint8_t{7});
        message.target = Create<Content>(expected);
        messenger.Send(message);
    }
    Simulator::Run();
    EXPECT_EQ(arrivals.messages, (std::vector<uint32_t>{2, 7, 2, 8}));
    EXPECT_EQ(messenger.GetMismatches(), 5'000u);
    EXPECT_FALSE(messenger.HasFailed());
}

TEST_F(SparseAllreduceTest, ImpossibleOnesAreRefused)
{
    EXPECT_THROW(SparseAllreduce::Parse("ring"), std::invalid_argument);
    const auto check = [](uint32_t hosts, uint32_t elements) {
        SparseAllreduce::Check(hosts, elements, sizeof(int32_t));
    };
    EXPECT_NO_THROW(check(64, 1'000));
    EXPECT_NO_THROW(check(SparseAllreduce::MAX_HOSTS, 1'000));
    EXPECT_THROW(check(1, 1'000), std::invalid_argument);
    EXPECT_THROW(check(SparseAllreduce::MAX_HOSTS + 1, 1'000), std::invalid_argument);
    EXPECT_THROW(check(64, 1'000'000'000), std::invalid_argument);
    Build();
    const auto vectors =
        Create<SparseVectors>(SparseVectors::Shape{4, 1'000, FlareType::INT32, 1, 1});
    EXPECT_THROW(
        SparseAllreduce(m_fabric.hostDevices, vectors, SparseAlgorithm::SSAR_SPLIT_ALLGATHER),
        std::invalid_argument);
}

} // namespace
} // namespace offload
} // namespace ns3
