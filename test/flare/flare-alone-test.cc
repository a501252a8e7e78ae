/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Communicators of one member, in the switches and without: its vector is the result.
 */
#include "flare-communicator-test.h"
#include "flare-pairs.h"

#include "ns3/boolean.h"

namespace ns3
{
namespace offload
{
namespace
{

/** Whether the switch has room. */
class FlareAloneTest : public FlareCommunicatorTest, public ::testing::WithParamInterface<bool>
{
  public:
    static constexpr uint32_t HOST = 2;

    FlareAloneTest()
    {
        Build(FatTree::SingleSwitch(3), 1);
        if (!GetParam())
        {
            FlareReduction other = Integers();
            other.id = 99;
            other.window = 1;
            DynamicCast<FlareSwitch>(m_network.fabric.switches[0])->Install(other, {0, 1});
        }
    }

    static FlareExecutor GetExecutor()
    {
        return GetParam() ? FlareExecutor::SWITCHES : FlareExecutor::HOSTS;
    }
};

TEST_P(FlareAloneTest, ADenseResultIsACopy)
{
    constexpr uint32_t BLOCKS = 10;
    for (const auto collective : {FlareCollective::ALLREDUCE, FlareCollective::REDUCE})
    {
        Tenant<int32_t> tenant(m_network, {HOST}, BLOCKS);
        FlareReduction reduction = Integers();
        reduction.collective = collective;
        reduction.rootHost = HOST;
        ASSERT_TRUE(tenant.Start(reduction)) << tenant.communicator->GetOutcome().reason;
        EXPECT_TRUE(tenant.told.empty());
        Simulator::Run();
        tenant.ExpectSums(GetExecutor());
    }
}

TEST_P(FlareAloneTest, ABroadcastAndABarrierEnd)
{
    Tenant<int32_t> tenant(m_network, {HOST}, 3);
    for (const auto collective : {FlareCollective::BROADCAST, FlareCollective::BARRIER})
    {
        FlareReduction reduction = Integers();
        reduction.collective = collective;
        reduction.rootHost = HOST;
        tenant.told.clear();
        ASSERT_TRUE(tenant.Start(reduction)) << tenant.communicator->GetOutcome().reason;
        Simulator::Run();
        EXPECT_TRUE(tenant.communicator->GetOutcome().complete);
        EXPECT_EQ(tenant.told, std::vector<uint32_t>{HOST});
        EXPECT_EQ(tenant.parts[0]->CountResults(), 0U); // it has what it sends
    }
}

TEST_P(FlareAloneTest, ASparseResultIsACopy)
{
    Pairs pairs(0);
    auto communicator = FlareHelper::CreateCommunicator(m_network, {HOST});
    FlareReduction reduction = Integers();
    reduction.sparse = true;
    reduction.blockRange = Pairs::RANGE;
    ASSERT_TRUE(communicator->Start(reduction, {&pairs}, Pairs::BLOCKS, 4));
    Simulator::Run();
    EXPECT_TRUE(communicator->GetOutcome().complete);
    EXPECT_EQ(communicator->GetOutcome().executor, GetExecutor());
    EXPECT_EQ(pairs.result, pairs.values);
}

TEST_P(FlareAloneTest, ASparseIndexThatComesTwiceIsCombined)
{
    /** Fives at one index, in two packets. */
    struct Repeated : public Pairs
    {
        Repeated()
            : Pairs(2)
        {
        }

        bool Read(uint32_t, uint32_t shard, FlarePacket& packet) override
        {
            constexpr uint32_t PAIR = flare::INDEX_BYTES + sizeof(int32_t);
            const uint16_t index = 3;
            const int32_t value = 5;
            packet.values = 2;
            packet.dataBytes = packet.values * PAIR;
            for (uint32_t i = 0; i < packet.values; ++i)
            {
                std::memcpy(&packet.data->bytes[i * PAIR], &index, sizeof(index));
                std::memcpy(&packet.data->bytes[i * PAIR + sizeof(index)], &value, sizeof(value));
            }
            return shard == 0;
        }

        void Write(const FlarePacket& packet) override
        {
            EXPECT_EQ(packet.values, 1U);
            Pairs::Write(packet);
        }
    };

    Repeated pairs;
    auto communicator = FlareHelper::CreateCommunicator(m_network, {HOST});
    FlareReduction reduction = Integers();
    reduction.sparse = true;
    reduction.blockRange = Pairs::RANGE;
    ASSERT_TRUE(communicator->Start(reduction, {&pairs}, 2, 4));
    Simulator::Run();
    EXPECT_TRUE(communicator->GetOutcome().complete);
    const std::map<uint32_t, int32_t> sums{{3, 20}, {Pairs::RANGE + 3, 20}};
    EXPECT_EQ(pairs.result, sums);
}

TEST_P(FlareAloneTest, WithoutAFallbackAFullSwitchIsAnError)
{
    Tenant<int32_t> tenant(m_network, {HOST}, 1);
    tenant.communicator->SetAttribute("Fallback", BooleanValue(false));
    EXPECT_EQ(tenant.Start(Integers()), GetParam());
    Simulator::Run();
    EXPECT_EQ(tenant.communicator->GetOutcome().complete, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Room, FlareAloneTest, ::testing::Bool());

} // namespace
} // namespace offload
} // namespace ns3
