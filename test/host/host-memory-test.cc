/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "benchmark/process-use.h"

#include "ns3/host-memory.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

TEST(HostMemory, KeepsWhatIsWrittenAndIsZeroElsewhere)
{
    Ptr<HostMemory> memory = CreateObject<HostMemory>();
    std::array<uint8_t, 4> bytes{9, 9, 9, 9};
    memory->Read(memory->GetSize() - 4, bytes.data(), 4);
    EXPECT_EQ(bytes, (std::array<uint8_t, 4>{0, 0, 0, 0}));
    const std::array<uint8_t, 4> text{1, 2, 3, 4};
    memory->Write(memory->GetSize() - 4, text.data(), 4);
    memory->Read(memory->GetSize() - 4, bytes.data(), 4);
    EXPECT_EQ(bytes, text);
    memory->Read(0, bytes.data(), 4);
    EXPECT_EQ(bytes, (std::array<uint8_t, 4>{0, 0, 0, 0}));
}

TEST(HostMemory, IsResidentOnlyWhereItWasWritten)
{
    constexpr uint64_t MIB = 1 << 20;
    const uint64_t before = ResidentBytes();
    std::vector<Ptr<HostMemory>> hosts;
    for (int i = 0; i < 100; ++i)
    {
        hosts.push_back(CreateObjectWithAttributes<HostMemory>("Size", UintegerValue(4096 * MIB)));
        const uint8_t byte = 1;
        hosts.back()->Write(2048 * MIB, &byte, 1);
    }
    EXPECT_LT(ResidentBytes(), before + 8 * MIB);
}

TEST(HostMemory, KnowsItsBounds)
{
    Ptr<HostMemory> memory = CreateObjectWithAttributes<HostMemory>("Size", UintegerValue(8192));
    EXPECT_TRUE(memory->Contains(0, 8192));
    EXPECT_TRUE(memory->Contains(8192, 0));
    EXPECT_FALSE(memory->Contains(1, 8192));
    EXPECT_FALSE(memory->Contains(8193, 0));
    EXPECT_FALSE(memory->Contains(UINT64_MAX, 2));
    EXPECT_FALSE(memory->Contains(2, UINT64_MAX));
}

TEST(HostMemory, SetsPiecesAsideUntilThereIsNoMore)
{
    Ptr<HostMemory> memory = CreateObjectWithAttributes<HostMemory>("Size", UintegerValue(12288));
    EXPECT_EQ(memory->Allocate(1), 0u);
    EXPECT_EQ(memory->Allocate(4097), 4096u);
    EXPECT_THROW(memory->Allocate(1), std::invalid_argument);
}

TEST(HostMemory, ServesOneTransferAfterTheOther)
{
    Ptr<HostMemory> memory = CreateObject<HostMemory>();
    EXPECT_EQ(memory->Reserve(1500, 0), 10'000); // 150 GB/s
    EXPECT_EQ(memory->Reserve(1500, 0), 20'000);
    EXPECT_EQ(memory->Reserve(1500, 100'000), 110'000);
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
