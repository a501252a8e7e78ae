/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Reductions on switches whose clusters have other numbers of cores.
 */
#include "flare-communicator-test.h"

#include "ns3/boolean.h"

namespace ns3
{
namespace offload
{
namespace
{

class FlareClusterTest : public FlareCommunicatorTest,
                         public ::testing::WithParamInterface<uint32_t>
{
  public:
    FlareClusterTest()
    {
        Build(FatTree::SingleSwitch(8));
        m_network.fabric.switches[0]->SetAttribute("CoresPerCluster", UintegerValue(GetParam()));
    }
};

TEST_P(FlareClusterTest, ABlockHasAllOfAClustersCoresIfNothingElseIsAskedFor)
{
    for (const FlareAlgorithm algorithm : {FlareAlgorithm::SINGLE, FlareAlgorithm::TREE})
    {
        Tenant<int32_t> tenant(m_network, {}, 50);
        FlareReduction reduction = Integers();
        reduction.choice = {algorithm, 1};
        ASSERT_TRUE(tenant.Start(reduction));
        Simulator::Run();
        tenant.ExpectSums(FlareExecutor::SWITCHES);
    }
}

TEST_P(FlareClusterTest, MoreCoresThanAClusterHasAreRefusedWithBothNumbers)
{
    Tenant<int32_t> tenant(m_network, {}, 1);
    tenant.communicator->SetAttribute("Fallback", BooleanValue(false));
    FlareReduction reduction = Integers();
    reduction.coresPerBlock = 2 * GetParam();
    EXPECT_FALSE(tenant.Start(reduction));
    Simulator::Run();
    const std::string cores = std::to_string(GetParam());
    tenant.ExpectError("coresPerBlock is " + std::to_string(reduction.coresPerBlock));
    tenant.ExpectError("up to the " + cores + " cores of a cluster (FlareSwitch::CoresPerCluster)");
}

INSTANTIATE_TEST_SUITE_P(Cores, FlareClusterTest, ::testing::Values(1U, 2U, 4U, 8U, 16U, 32U));

} // namespace
} // namespace offload
} // namespace ns3
