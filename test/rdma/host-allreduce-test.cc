/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-network.h"

#include "ns3/error-model.h"
#include "ns3/fat-tree.h"
#include "ns3/host-allreduce.h"
#include "ns3/simulator.h"

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/** @return the 32-bit integers of a part of a pattern */
std::vector<uint32_t>
GetIntegers(const PayloadPattern& pattern, uint64_t offset, uint64_t bytes)
{
    std::vector<uint32_t> integers(bytes / sizeof(uint32_t));
    pattern.From(offset).Generate(reinterpret_cast<uint8_t*>(integers.data()),
                                  static_cast<uint32_t>(bytes));
    return integers;
}

struct Case
{
    const char* name;
    uint32_t hosts;
    uint64_t bytes;
};

class AllreduceScheduleTest : public ::testing::TestWithParam<Case>
{
};

TEST_P(AllreduceScheduleTest, HostsThatDoWhatItSaysHaveTheSumInTheEnd)
{
    const auto [name, hosts, bytes] = GetParam();
    const auto schedule = AllreduceSchedule::Make(name, hosts, bytes);
    // Real vectors, added integer by integer.
    std::vector<std::vector<uint32_t>> vectors;
    std::vector<uint32_t> sum(bytes / sizeof(uint32_t), 0);
    for (uint32_t host = 0; host < hosts; ++host)
    {
        vectors.push_back(GetIntegers(PayloadPattern::MakeIntegers(host), 0, bytes));
        for (std::size_t i = 0; i < sum.size(); ++i)
        {
            sum[i] += vectors.back()[i];
        }
    }
    const uint32_t steps = schedule->GetSteps();
    for (uint32_t step = 0; step < steps; ++step)
    {
        const auto before = vectors;
        for (uint32_t host = 0; host < hosts; ++host)
        {
            const auto message = schedule->GetMessage(host, step);
            const auto content = GetIntegers(message.content, message.offset, message.bytes);
            for (std::size_t i = 0; i < content.size(); ++i)
            {
                const std::size_t place = message.offset / sizeof(uint32_t) + i;
                ASSERT_EQ(content[i], before[host][place]) << "host " << host << " step " << step;
                uint32_t& target = vectors[message.to][place];
                target = step < steps / 2 ? target + content[i] : content[i];
            }
        }
    }
    for (uint32_t host = 0; host < hosts; ++host)
    {
        EXPECT_EQ(vectors[host], sum) << "host " << host;
    }
}

INSTANTIATE_TEST_SUITE_P(Schedules,
                         AllreduceScheduleTest,
                         ::testing::Values(Case{"ring", 2, 64},
                                           Case{"ring", 7, 8 * 100},
                                           Case{"ring", 16, 8 * 3},
                                           Case{"recursive-doubling", 2, 8},
                                           Case{"recursive-doubling", 8, 8 * 101},
                                           Case{"recursive-doubling", 32, 8 * 64}));

TEST(AllreduceScheduleErrors, NameWhatIsWrong)
{
    const auto getError = [](const char* name, uint32_t hosts, uint64_t bytes) {
        try
        {
            AllreduceSchedule::Make(name, hosts, bytes);
        }
        catch (const std::invalid_argument& error)
        {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(getError("recursive-doubling", 12, 64),
              "recursive-doubling: the number of hosts, 12, must be a power of two");
    EXPECT_NE(getError("ring", 1, 64), "");
    EXPECT_NE(getError("ring", 4, 63), "");
    EXPECT_NE(getError("star", 4, 64), "");
    EXPECT_NE(getError("ring", 1000, uint64_t{1} << 40), "");
}

class HostAllreduceTest : public ::testing::TestWithParam<const char*>
{
  public:
    ~HostAllreduceTest() override
    {
        Simulator::Destroy();
    }

    NetDeviceContainer Build(double loss)
    {
        const auto devices = InstallRdmaNetwork(*FatTree::LeafSpine(4, 4, 4)).hostDevices;
        for (uint32_t host = 0; host < devices.GetN() && loss > 0; ++host)
        {
            Ptr<RateErrorModel> model = CreateObject<RateErrorModel>();
            model->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
            model->SetRate(loss);
            model->AssignStreams(host + 1);
            DynamicCast<LinkNetDevice>(devices.Get(host))->SetReceiveErrorModel(model);
        }
        return devices;
    }
};

TEST_P(HostAllreduceTest, EveryHostGetsTheSumOverANetwork)
{
    constexpr uint64_t BYTES = 1 << 20;
    HostAllreduce allreduce(Build(0), AllreduceSchedule::Make(GetParam(), 16, BYTES));
    allreduce.Start();
    Simulator::Run();
    EXPECT_TRUE(allreduce.IsComplete());
    // Each host sends and receives 2 (n - 1) / n vectors at 100 Gbit/s.
    constexpr double LEAST_PS = 2.0 * 15 / 16 * BYTES * 80;
    EXPECT_GT(static_cast<double>(allreduce.GetEnd()), LEAST_PS);
    // The four flows of a leaf choose among four ways up by hash; at worst all take the same one.
    EXPECT_LT(static_cast<double>(allreduce.GetEnd()), 4 * LEAST_PS);
}

/** Has an allreduce, and gives it up when it is told of the end. */
struct Owner
{
    void Start(const NetDeviceContainer& devices, const std::string& schedule)
    {
        allreduce = std::make_unique<HostAllreduce>(
            devices,
            AllreduceSchedule::Make(schedule, devices.GetN(), 1 << 16));
        allreduce->Start(MakeCallback(&Owner::OnDone, this));
    }

    void OnDone()
    {
        ++ends;
        complete = allreduce->IsComplete();
        allreduce.reset();
    }

    std::unique_ptr<HostAllreduce> allreduce;
    uint32_t ends{0};
    bool complete{false};
};

TEST_P(HostAllreduceTest, WhoeverIsToldOfTheEndMayDestroyIt)
{
    Owner owner;
    owner.Start(Build(0), GetParam());
    Simulator::Run();
    EXPECT_TRUE(owner.complete);
    EXPECT_EQ(owner.ends, 1U);
}

TEST_P(HostAllreduceTest, AMessageThatDoesNotArriveEndsItOnce)
{
    Owner owner;
    const auto devices = Build(0);
    owner.Start(devices, GetParam());
    DynamicCast<LinkNetDevice>(devices.Get(5))->SetLinkUp(false);
    Simulator::Run();
    EXPECT_FALSE(owner.complete);
    EXPECT_EQ(owner.ends, 1U);
}

TEST_P(HostAllreduceTest, NothingBeginsThatIsDestroyedBefore)
{
    {
        HostAllreduce allreduce(Build(0), AllreduceSchedule::Make(GetParam(), 16, 1 << 16));
        allreduce.Start();
    }
    Simulator::Run();
    EXPECT_EQ(Simulator::Now().GetTimeStep(), 0);
}

TEST_P(HostAllreduceTest, LossChangesNothingButTheTime)
{
    HostAllreduce allreduce(Build(0.01), AllreduceSchedule::Make(GetParam(), 16, 1 << 20));
    allreduce.Start();
    Simulator::Run();
    EXPECT_TRUE(allreduce.IsComplete());
}

INSTANTIATE_TEST_SUITE_P(Schedules,
                         HostAllreduceTest,
                         ::testing::Values("ring", "recursive-doubling"));

} // namespace
} // namespace offload
} // namespace ns3
