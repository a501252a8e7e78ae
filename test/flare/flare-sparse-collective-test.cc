/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Reductions and broadcasts of sparse vectors, by switches and by hosts.
 */
#include "flare-communicator-test.h"
#include "flare-pairs.h"

#include <map>
#include <memory>

namespace ns3
{
namespace offload
{
namespace
{

/** How a collective operation is done. */
struct Way
{
    FlareStorage storage;   //!< in the leaves
    FlareExecutor executor; //!< who does it
    double loss;            //!< share of frames lost
};

std::string
NameOf(const ::testing::TestParamInfo<Way>& info)
{
    return std::string(info.param.executor == FlareExecutor::HOSTS ? "Hosts"
                       : info.param.storage == FlareStorage::HASH  ? "Hash"
                                                                   : "Array") +
           (info.param.loss > 0 ? "WithLoss" : "");
}

class FlareSparseCollectiveTest : public FlareCommunicatorTest,
                                  public ::testing::WithParamInterface<Way>
{
  public:
    static constexpr uint32_t ROOT = 5; //!< the host that gets or has the values

    void Run(FlareCollective collective)
    {
        Build(FatTree::LeafSpine(2, 4, 1), 1);
        FlareReduction reduction = Integers();
        reduction.sparse = true;
        reduction.storage = GetParam().storage;
        reduction.hashSize = 256;
        reduction.blockRange = Pairs::RANGE;
        reduction.collective = collective;
        reduction.rootHost = ROOT;
        std::vector<FlareVector*> vectors;
        for (uint32_t host = 0; host < 8; ++host)
        {
            m_parts.push_back(std::make_unique<Pairs>(host));
            vectors.push_back(m_parts.back().get());
        }
        if (GetParam().executor == FlareExecutor::HOSTS)
        {
            FlareReduction other = Integers(); // leaves no room for another one
            other.id = 99;
            other.window = 1;
            DynamicCast<FlareSwitch>(m_network.fabric.switches[0])->Install(other, {0, 1});
        }
        AddLoss(GetParam().loss);
        const auto communicator = FlareHelper::CreateCommunicator(m_network);
        ASSERT_TRUE(communicator->Start(reduction, vectors, Pairs::BLOCKS, 8));
        Simulator::Run();
        EXPECT_TRUE(communicator->GetOutcome().complete) << communicator->GetOutcome().reason;
        EXPECT_EQ(communicator->GetOutcome().executor, GetParam().executor);
        uint64_t repeated = 0;
        for (uint32_t host = 0; host < m_parts.size(); ++host)
        {
            const auto device = DynamicCast<FlareNetDevice>(m_network.fabric.hostDevices.Get(host));
            repeated += device->GetFlareCounters().repeated;
        }
        EXPECT_EQ(repeated > 0,
                  GetParam().loss > 0 && GetParam().executor == FlareExecutor::SWITCHES);
    }

    /** What came to a host, without zeros, which may come or not. */
    std::map<uint32_t, int32_t> GetResult(uint32_t host) const
    {
        return WithoutZeros(m_parts[host]->result);
    }

    static std::map<uint32_t, int32_t> WithoutZeros(const std::map<uint32_t, int32_t>& values)
    {
        std::map<uint32_t, int32_t> others;
        for (const auto& [index, value] : values)
        {
            if (value != 0)
            {
                others[index] = value;
            }
        }
        return others;
    }

    std::vector<std::unique_ptr<Pairs>> m_parts; //!< a vector for each host
};

TEST_P(FlareSparseCollectiveTest, AReductionGivesTheSumToOneHost)
{
    Run(FlareCollective::REDUCE);
    std::map<uint32_t, int32_t> sums;
    for (const auto& part : m_parts)
    {
        for (const auto& [index, value] : part->values)
        {
            sums[index] += value;
        }
    }
    EXPECT_GT(sums.size(), 10'000U);
    EXPECT_EQ(GetResult(ROOT), WithoutZeros(sums));
    for (uint32_t host = 0; host < m_parts.size(); ++host)
    {
        EXPECT_TRUE(host == ROOT || m_parts[host]->packets == 0) << host;
    }
}

TEST_P(FlareSparseCollectiveTest, ABroadcastGivesOneHostsValuesToAllOthers)
{
    Run(FlareCollective::BROADCAST);
    EXPECT_EQ(m_parts[ROOT]->packets, 0U);
    for (uint32_t host = 0; host < m_parts.size(); ++host)
    {
        EXPECT_TRUE(host == ROOT || GetResult(host) == WithoutZeros(m_parts[ROOT]->values)) << host;
    }
}

INSTANTIATE_TEST_SUITE_P(By,
                         FlareSparseCollectiveTest,
                         ::testing::Values(Way{FlareStorage::ARRAY, FlareExecutor::SWITCHES, 0},
                                           Way{FlareStorage::HASH, FlareExecutor::SWITCHES, 0},
                                           Way{FlareStorage::HASH, FlareExecutor::SWITCHES, 0.005},
                                           Way{FlareStorage::ARRAY, FlareExecutor::HOSTS, 0},
                                           Way{FlareStorage::ARRAY, FlareExecutor::HOSTS, 0.005}),
                         NameOf);

} // namespace
} // namespace offload
} // namespace ns3
