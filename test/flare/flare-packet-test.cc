/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/flare-packet.h"
#include "ns3/simulator.h"

#include <gtest/gtest.h>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

FlarePacketPtr
MakePacket(FlareKind kind, uint32_t bytes)
{
    auto pool = FlarePacketPool::Get();
    FlarePacketPtr packet = pool->Create();
    packet->kind = kind;
    packet->source = 0x0a000001;
    packet->destination = 0xef000001;
    packet->allreduce = 513;
    packet->block = 0x01020304;
    packet->root = 0x0a000063;
    packet->values = static_cast<uint16_t>(bytes / 4);
    packet->shard = 1;
    packet->shards = 2;
    packet->port = 63;
    packet->dataBytes = bytes;
    if (bytes)
    {
        packet->data = pool->CreateBuffer();
        for (uint32_t i = 0; i < bytes; i++)
        {
            packet->data->bytes[i] = static_cast<uint8_t>(i * 7);
        }
    }
    packet->Seal();
    return packet;
}

} // namespace

TEST(FlarePacket, BytesSurviveTheWayThroughAPacket)
{
    for (const uint32_t bytes : {0U, 4U, 984U, 1024U})
    {
        const FlarePacketPtr sent = MakePacket(FlareKind::SPARSE, bytes);
        const FlarePacketPtr back =
            FlarePacket::Parse(sent->ToPacket(false), *FlarePacketPool::Get());
        ASSERT_TRUE(back);
        EXPECT_EQ(back->kind, FlareKind::SPARSE);
        EXPECT_EQ(back->source, sent->source);
        EXPECT_EQ(back->destination, sent->destination);
        EXPECT_EQ(back->allreduce, sent->allreduce);
        EXPECT_EQ(back->block, sent->block);
        EXPECT_EQ(back->root, sent->root);
        EXPECT_EQ(back->values, sent->values);
        EXPECT_EQ(back->shard, sent->shard);
        EXPECT_EQ(back->shards, sent->shards);
        EXPECT_EQ(back->port, sent->port);
        ASSERT_EQ(back->dataBytes, bytes);
        if (bytes)
        {
            EXPECT_TRUE(std::equal(back->data->bytes.begin(),
                                   back->data->bytes.begin() + bytes,
                                   sent->data->bytes.begin()));
        }
    }
    Simulator::Destroy();
}

TEST(FlarePacket, AShardSaysItsNumberAndTheLastHowManyThereAre)
{
    for (const uint8_t shard : {0, 1, 254})
    {
        for (const bool last : {false, true})
        {
            const FlarePacketPtr sent = MakePacket(FlareKind::SPARSE_RESULT, 984);
            sent->shard = shard;
            sent->shards = static_cast<uint8_t>(last ? shard + 1 : 0);
            const FlarePacketPtr back =
                FlarePacket::Parse(sent->ToPacket(false), *FlarePacketPool::Get());
            ASSERT_TRUE(back);
            EXPECT_EQ(back->shard, shard);
            EXPECT_EQ(back->shards, sent->shards);
            EXPECT_EQ(back->values, sent->values);
        }
    }
    Simulator::Destroy();
}

TEST(FlarePacket, SizesAreThoseOfTheFormat)
{
    EXPECT_EQ(flare::GetSparseCapacity(4), 164U);
    EXPECT_EQ(flare::GetSparseCapacity(2), 246U);
    EXPECT_EQ(flare::GetSparseCapacity(1), 328U);
    EXPECT_EQ(MakePacket(FlareKind::DENSE, 1024)->GetSize(), 1064U);
    EXPECT_EQ(MakePacket(FlareKind::DENSE, 0)->GetSize(), 46U); // padded by Ethernet
    Simulator::Destroy();
}

TEST(FlarePacket, OtherPacketsAreNotTakenForOne)
{
    auto pool = FlarePacketPool::Get();
    std::vector<uint8_t> bytes(1064);
    MakePacket(FlareKind::DENSE, 1024)->ToPacket(false)->CopyData(bytes.data(), 1064);
    const auto parse = [&](size_t at, uint8_t change) {
        std::vector<uint8_t> other = bytes;
        other[at] ^= change;
        return FlarePacket::Parse(Create<Packet>(other.data(), 1064), *pool);
    };
    EXPECT_TRUE(parse(100, 1)); // data: UDP's checksum is not used
    EXPECT_FALSE(parse(9, 1));  // protocol
    EXPECT_FALSE(parse(3, 1));  // length
    EXPECT_FALSE(parse(13, 1)); // address: the header's checksum
    EXPECT_FALSE(parse(22, 1)); // UDP port
    EXPECT_FALSE(FlarePacket::Parse(Create<Packet>(20), *pool));
    Simulator::Destroy();
}

TEST(FlarePacket, PoolGetsPacketsAndBuffersBack)
{
    auto pool = FlarePacketPool::Get();
    const FlarePacket* first = MakePacket(FlareKind::DENSE, 1024).get();
    for (int i = 0; i < 1000; i++)
    {
        EXPECT_EQ(MakePacket(FlareKind::DENSE, 1024).get(), first);
    }
    EXPECT_EQ(pool->GetCapacity(), 64U);
    Simulator::Destroy();
}
