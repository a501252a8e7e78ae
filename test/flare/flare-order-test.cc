/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The tree combines neighbours in the order of ranks, or says that it cannot.
 */
#include "flare-communicator-test.h"

namespace ns3
{
namespace offload
{
namespace
{

/** The first rank of the left operand and the last of the right one, if these are neighbours. */
class Ends : public FlareOperator
{
  public:
    static constexpr uint16_t BROKEN = 0xffff;

    uint32_t GetElementBytes() const override
    {
        return 2 * sizeof(uint16_t);
    }

    void Combine(uint8_t* left, const uint8_t* right, uint32_t elements) const override
    {
        for (uint32_t i = 0; i < elements; ++i)
        {
            uint16_t a[2];
            uint16_t b[2];
            std::memcpy(a, left + i * sizeof(a), sizeof(a));
            std::memcpy(b, right + i * sizeof(b), sizeof(b));
            const bool neighbours = a[0] != BROKEN && b[0] != BROKEN && a[1] + 1 == b[0];
            a[0] = neighbours ? a[0] : BROKEN;
            a[1] = b[1];
            std::memcpy(left + i * sizeof(a), a, sizeof(a));
        }
    }

    uint32_t GetCycles(uint32_t elements) const override
    {
        return elements;
    }

    uint32_t GetAccesses(uint32_t elements) const override
    {
        return elements;
    }

    bool IsCommutative() const override
    {
        return false;
    }
};

class Rank : public FlareVector
{
  public:
    bool Read(uint32_t, uint32_t, FlarePacket& packet) override
    {
        packet.values = 1;
        packet.dataBytes = sizeof(ends);
        const uint16_t own[2] = {rank, rank};
        std::memcpy(packet.data->bytes.data(), own, sizeof(own));
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        std::memcpy(ends, packet.data->bytes.data(), sizeof(ends));
    }

    uint16_t rank{0};
    uint16_t ends[2]{Ends::BROKEN, Ends::BROKEN};
};

class FlareOrderTest : public FlareCommunicatorTest
{
  public:
    /** @return whether the operation has begun */
    bool Run(const std::vector<uint32_t>& members, FlareAlgorithm algorithm = FlareAlgorithm::TREE)
    {
        m_communicator = FlareHelper::CreateCommunicator(m_network, members);
        m_parts.assign(m_communicator->GetMembers().size(), Rank());
        std::vector<FlareVector*> vectors;
        for (Rank& part : m_parts)
        {
            part.rank = static_cast<uint16_t>(vectors.size());
            vectors.push_back(&part);
        }
        FlareReduction reduction;
        reduction.operation = Create<Ends>();
        reduction.choice = {algorithm, 1};
        const bool begun = m_communicator->Start(reduction, vectors, 1, 1);
        Simulator::Run();
        return begun;
    }

    void ExpectOrder(const std::vector<uint32_t>& members)
    {
        ASSERT_TRUE(Run(members)) << m_communicator->GetOutcome().reason;
        EXPECT_EQ(m_communicator->GetOutcome().executor, FlareExecutor::SWITCHES);
        for (const Rank& part : m_parts)
        {
            EXPECT_EQ(part.ends[0], 0);
            EXPECT_EQ(part.ends[1], m_parts.size() - 1);
        }
    }

    void ExpectRefusal(const std::string& text)
    {
        EXPECT_FALSE(m_communicator->GetOutcome().complete);
        EXPECT_NE(m_communicator->GetOutcome().reason.find(text), std::string::npos)
            << m_communicator->GetOutcome().reason;
    }

    ~FlareOrderTest() override
    {
        m_communicator = nullptr;
    }

    Ptr<FlareCommunicator> m_communicator;
    std::vector<Rank> m_parts;
};

TEST_F(FlareOrderTest, SubtreesAreCombinedInTheOrderOfTheirRanks)
{
    Build(FatTree::SingleSwitch(8));
    ExpectOrder({});
    ExpectOrder({3, 1, 2, 0});
    Build(FatTree::LeafSpine(4, 2, 2));
    ExpectOrder({});
    ExpectOrder({6, 7, 0, 1, 5, 4, 2, 3});
    ExpectOrder({5, 3, 2, 7});
    Build(FatTree::KAry(4, 3));
    ExpectOrder({});
    ExpectOrder({15, 14, 12, 13, 8, 9, 11, 10, 0, 1});
}

TEST_F(FlareOrderTest, RanksThatAreNoNeighboursBelowASwitchAreRefused)
{
    Build(FatTree::LeafSpine(2, 2, 2));
    EXPECT_FALSE(Run({0, 2, 1, 3}));
    ExpectRefusal("the order of ranks below each switch");
    ExpectRefusal("hosts do not keep the order of ranks");
}

TEST_F(FlareOrderTest, OtherAlgorithmsAreRefused)
{
    Build(FatTree::SingleSwitch(4));
    EXPECT_FALSE(Run({}, FlareAlgorithm::SINGLE));
    ExpectRefusal("needs dense vectors and the tree algorithm");
    ExpectOrder({2}); // one alone has nothing to combine
}

} // namespace
} // namespace offload
} // namespace ns3
