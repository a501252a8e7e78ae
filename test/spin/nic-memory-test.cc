/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/l1-packet-buffer.h"
#include "ns3/l2-packet-buffer.h"
#include "ns3/nic-memory.h"

#include <array>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <random>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t KIB = 1024;

TEST(NicMemory, FindsExactlyTheBytesOfItsMemories)
{
    NicMemory memory;
    memory.Configure(2, 64 * KIB, 8 * KIB, 16 * KIB);

    struct Range
    {
        uint32_t begin;
        uint32_t size;
    };

    const std::vector<Range> ranges = {
        {memory_map::L1_BASE, 64 * KIB},
        {memory_map::L1_BASE + memory_map::L1_STRIDE, 64 * KIB},
        {memory_map::L2_HANDLER_BASE, 8 * KIB},
        {memory_map::L2_PACKET_BASE, 16 * KIB},
    };
    for (const Range& range : ranges)
    {
        EXPECT_NE(memory.Find(range.begin, range.size), nullptr);
        EXPECT_NE(memory.Find(range.begin + range.size - 1, 1), nullptr);
        EXPECT_EQ(memory.Find(range.begin, range.size + 1), nullptr);
        EXPECT_EQ(memory.Find(range.begin + range.size, 1), nullptr);
        EXPECT_EQ(memory.Find(range.begin - 1, 1), nullptr);
        EXPECT_EQ(memory.Find(range.begin - 1, 2), nullptr);
    }
    EXPECT_EQ(memory.Find(memory_map::L1_BASE + 2 * memory_map::L1_STRIDE, 1), nullptr);
    EXPECT_EQ(memory.Find(0, 1), nullptr);
    EXPECT_EQ(memory.Find(UINT32_MAX, 1), nullptr);
    EXPECT_EQ(memory.Find(memory_map::L2_PACKET_BASE, UINT32_MAX), nullptr);
}

TEST(NicMemory, KeepsTheMemoriesApartAndStartsAtZero)
{
    NicMemory memory;
    memory.Configure(3, 64 * KIB, 8 * KIB, 16 * KIB);
    const std::vector<std::pair<uint32_t, uint32_t>> ranges = {
        {memory_map::L1_BASE, 64 * KIB},
        {memory_map::L1_BASE + memory_map::L1_STRIDE, 64 * KIB},
        {memory_map::L1_BASE + 2 * memory_map::L1_STRIDE, 64 * KIB},
        {memory_map::L2_HANDLER_BASE, 8 * KIB},
        {memory_map::L2_PACKET_BASE, 16 * KIB},
    };
    uint8_t mark = 1;
    for (const auto& [begin, size] : ranges)
    {
        uint8_t* bytes = memory.Find(begin, size);
        for (uint32_t i = 0; i < size; i++)
        {
            ASSERT_EQ(bytes[i], 0);
            bytes[i] = mark;
        }
        mark++;
    }
}

TEST(RangeAllocator, NeverOverlapsAndMergesAllThatIsFreed)
{
    std::mt19937 random(1);
    RangeAllocator allocator;
    constexpr uint32_t BEGIN = 0x1000;
    constexpr uint32_t SIZE = 64 * KIB;
    allocator.Reset(BEGIN, SIZE);
    std::map<uint32_t, uint32_t> held; // address, size as asked for
    uint32_t refused = 0;
    for (int step = 0; step < 5000; step++)
    {
        if (held.empty() || random() % 2)
        {
            const uint32_t size = 1 + random() % 6000;
            const uint32_t alignment = 1U << random() % 12;
            uint32_t address;
            if (!allocator.Allocate(size, address, alignment))
            {
                refused++;
                continue;
            }
            ASSERT_EQ(address % 64, 0U);
            ASSERT_EQ(address % alignment, 0U);
            ASSERT_GE(address, BEGIN);
            ASSERT_LE(address + size, BEGIN + SIZE);
            const auto next = held.lower_bound(address);
            ASSERT_TRUE(next == held.end() || address + size <= next->first);
            ASSERT_TRUE(next == held.begin() ||
                        std::prev(next)->first + std::prev(next)->second <= address);
            held[address] = size;
        }
        else
        {
            auto victim = std::next(held.begin(), random() % held.size());
            allocator.Free(victim->first, victim->second);
            held.erase(victim);
        }
        uint32_t used = 0;
        for (const auto& [address, size] : held)
        {
            used += (size + 63) / 64 * 64;
        }
        ASSERT_EQ(allocator.GetFreeBytes(), SIZE - used);
    }
    EXPECT_GT(refused, 0U); // it was full at times
    for (const auto& [address, size] : held)
    {
        allocator.Free(address, size);
    }
    uint32_t whole;
    EXPECT_TRUE(allocator.Allocate(SIZE, whole));
    EXPECT_EQ(whole, BEGIN);
}

TEST(RangeAllocator, GivesNothingToWhoeverWantsNothingEvenWhenFull)
{
    RangeAllocator allocator;
    allocator.Reset(0, 128);
    uint32_t address;
    EXPECT_TRUE(allocator.Allocate(0, address));
    EXPECT_TRUE(allocator.Allocate(128, address));
    EXPECT_FALSE(allocator.Allocate(1, address));
    EXPECT_TRUE(allocator.Allocate(0, address));
    allocator.Reset(0, 0);
    EXPECT_TRUE(allocator.Allocate(0, address));
    EXPECT_TRUE(allocator.Allocate(0, address));
    EXPECT_FALSE(allocator.Allocate(UINT32_MAX, address));
}

/** Which bytes of a buffer are taken, independently of any ring. */
class TakenBytes
{
  public:
    explicit TakenBytes(uint32_t size)
        : m_taken(size)
    {
    }

    /** @return whether the range was wholly free; it is taken now */
    bool Take(uint32_t offset, uint32_t size)
    {
        for (uint32_t i = offset; i < offset + size; i++)
        {
            if (i >= m_taken.size() || m_taken[i])
            {
                return false;
            }
            m_taken[i] = true;
        }
        return true;
    }

    void Free(uint32_t offset, uint32_t size)
    {
        std::fill_n(m_taken.begin() + offset, size, false);
    }

  private:
    std::vector<bool> m_taken; //!< by byte
};

struct Piece
{
    uint32_t offset;
    uint32_t size;
};

TEST(L1PacketBuffer, NeverOverlapsNeverCrossesARingAndAlwaysServesAnEmptyBuffer)
{
    for (const uint32_t rings : {1U, 2U, 4U})
    {
        for (const uint32_t slots : {1U, 2U, 3U, 8U, 64U})
        {
            std::mt19937 random(rings * 100 + slots);
            const uint32_t ringBytes = slots * 64;
            L1PacketBuffer buffer;
            buffer.Reset(rings * ringBytes, rings);
            ASSERT_EQ(buffer.GetMaxPacket(), ringBytes);
            TakenBytes taken(rings * ringBytes);
            std::vector<Piece> pieces;
            uint64_t cycle = 0;
            uint64_t freed = 0;
            for (int step = 0; step < 4000; step++)
            {
                const uint32_t size = random() % (ringBytes + 1);
                uint32_t offset;
                cycle += 1 + random() % 4;
                if (random() % 100 < 60)
                {
                    const bool got = buffer.Allocate(size, cycle, offset);
                    ASSERT_TRUE(got || !pieces.empty() ||
                                cycle < freed + L1PacketBuffer::SETTLE_CYCLES)
                        << "an empty buffer refused " << size;
                    if (got)
                    {
                        const uint32_t rounded = std::max(64U, (size + 63) / 64 * 64);
                        ASSERT_EQ(offset % 64, 0U);
                        ASSERT_EQ(offset / ringBytes, (offset + rounded - 1) / ringBytes);
                        ASSERT_TRUE(taken.Take(offset, rounded)) << "overlap at step " << step;
                        pieces.push_back({offset, size});
                    }
                }
                else if (!pieces.empty())
                {
                    // Mostly in order, as packets leave, sometimes not.
                    const size_t index = random() % 4 ? 0 : random() % pieces.size();
                    const Piece piece = pieces[index];
                    buffer.Free(piece.offset, piece.size, cycle);
                    freed = cycle;
                    taken.Free(piece.offset, std::max(64U, (piece.size + 63) / 64 * 64));
                    pieces.erase(pieces.begin() + static_cast<long>(index));
                }
            }
        }
    }
}

TEST(L1PacketBuffer, FillsEveryRingToTheLastSlot)
{
    L1PacketBuffer buffer;
    buffer.Reset(4 * 1024, 4);
    uint32_t offset;
    for (uint32_t i = 0; i < 64; i++)
    {
        ASSERT_TRUE(buffer.Allocate(64, i, offset)) << i;
        EXPECT_EQ(offset, i * 64); // the first ring with room, in order
    }
    EXPECT_FALSE(buffer.Allocate(1, 64, offset));
}

TEST(L1PacketBuffer, ARingGivesRoomBackInOrder)
{
    L1PacketBuffer buffer;
    buffer.Reset(1024, 1);
    uint32_t offset;
    for (uint32_t i = 0; i < 15; i++)
    {
        ASSERT_TRUE(buffer.Allocate(64, i, offset));
    }
    buffer.Free(1 * 64, 64, 20);
    EXPECT_FALSE(buffer.Allocate(128, 30, offset));
    buffer.Free(0, 64, 40); // the oldest
    buffer.Free(2 * 64, 64, 41);
    ASSERT_TRUE(buffer.Allocate(128, 50, offset));
    EXPECT_EQ(offset, 0U);
}

// cluster_rb.sv: the bit map is a register, and the head one behind it.
TEST(L1PacketBuffer, ThereIsMoreRoomTwoCyclesAfterAFree)
{
    for (const uint64_t later : {0, 1, 2})
    {
        L1PacketBuffer buffer;
        buffer.Reset(1024, 1);
        uint32_t offset;
        for (uint32_t i = 0; i < 14; i++)
        {
            ASSERT_TRUE(buffer.Allocate(64, i, offset));
        }
        buffer.Free(0, 64, 20);
        buffer.Free(64, 64, 21);
        buffer.Free(128, 64, 22);
        buffer.Free(192, 64, 23);
        // Of what is freed the last place is not given: the ring would look empty.
        EXPECT_FALSE(buffer.Allocate(4 * 64, 30, offset));
        EXPECT_TRUE(buffer.Allocate(3 * 64, 30, offset));
        EXPECT_EQ(offset, 0U);
        buffer.Free(4 * 64, 64, 40);
        EXPECT_EQ(buffer.Allocate(2 * 64, 40 + later, offset), later == 2);
    }
}

// Until an empty ring's pointers are back at its begin, packets go where the tail is.
TEST(L1PacketBuffer, AnEmptyRingIsRewoundThreeCyclesAfterItsLastFree)
{
    const std::array<uint32_t, 4> places{6 * 64, 6 * 64, 6 * 64, 0};
    for (uint64_t later = 0; later < places.size(); later++)
    {
        L1PacketBuffer buffer;
        buffer.Reset(1024, 1);
        uint32_t offset;
        ASSERT_TRUE(buffer.Allocate(6 * 64, 10, offset));
        buffer.Free(offset, 6 * 64, 20);
        ASSERT_TRUE(buffer.Allocate(64, 20 + later, offset));
        EXPECT_EQ(offset, places[later]) << later;
    }
}

// cluster_rb.sv: while head and tail are the same, the head stays. In the hardware's traces of
// copy_from_host packets go to the next ring then, though the oldest one's place is free.
TEST(L1PacketBuffer, AFullRingGivesNoRoomBeforeItIsEmpty)
{
    L1PacketBuffer buffer;
    buffer.Reset(2 * 1024, 2);
    uint32_t offset;
    for (uint32_t i = 0; i < 16; i++)
    {
        ASSERT_TRUE(buffer.Allocate(64, i, offset));
    }
    for (uint32_t i = 0; i < 15; i++)
    {
        buffer.Free(i * 64, 64, 20 + 10 * i);
        ASSERT_TRUE(buffer.Allocate(64, 29 + 10 * i, offset));
        EXPECT_EQ(offset, (16 + i) * 64);
    }
    buffer.Free(15 * 64, 64, 200);
    ASSERT_TRUE(buffer.Allocate(64, 202, offset));
    EXPECT_EQ(offset, 0U);
}

TEST(L2PacketBuffer, NeverOverlapsAndAlwaysServesAnEmptyBuffer)
{
    for (const uint32_t slots : {1U, 2U, 5U, 64U, 1000U})
    {
        std::mt19937 random(slots);
        const uint32_t bytes = slots * 64;
        L2PacketBuffer buffer;
        buffer.Reset(bytes);
        TakenBytes taken(bytes);
        std::vector<Piece> pieces;
        for (int step = 0; step < 4000; step++)
        {
            uint32_t offset;
            if (random() % 100 < 60)
            {
                const uint32_t size = 1 + random() % std::min(bytes, 4096U);
                const bool got = buffer.Allocate(size, offset);
                ASSERT_TRUE(got || !pieces.empty()) << "an empty buffer refused " << size;
                if (got)
                {
                    const uint32_t rounded = (size + 63) / 64 * 64;
                    ASSERT_EQ(offset % 64, 0U);
                    ASSERT_TRUE(taken.Take(offset, rounded)) << "overlap at step " << step;
                    pieces.push_back({offset, rounded});
                }
            }
            else if (!pieces.empty())
            {
                const size_t index = random() % 4 ? 0 : random() % pieces.size();
                buffer.Free(pieces[index].offset);
                taken.Free(pieces[index].offset, pieces[index].size);
                pieces.erase(pieces.begin() + static_cast<long>(index));
            }
            ASSERT_EQ(buffer.GetPackets(), pieces.size());
        }
        while (!pieces.empty())
        {
            buffer.Free(pieces.back().offset);
            pieces.pop_back();
        }
        uint32_t offset;
        EXPECT_TRUE(buffer.Allocate(bytes, offset)) << "not all of it came back";
    }
}

TEST(L2PacketBuffer, FillsToTheLastSlotAndRefusesWhatNeverFits)
{
    L2PacketBuffer buffer;
    buffer.Reset(1024);
    uint32_t offset;
    EXPECT_FALSE(buffer.Allocate(1025, offset));
    for (uint32_t i = 0; i < 16; i++)
    {
        ASSERT_TRUE(buffer.Allocate(64, offset));
        EXPECT_EQ(offset, i * 64);
    }
    EXPECT_FALSE(buffer.Allocate(1, offset));
    buffer.Free(0);
    ASSERT_TRUE(buffer.Allocate(64, offset));
    EXPECT_EQ(offset, 0U);
    EXPECT_FALSE(buffer.Allocate(1, offset));
}

} // namespace
} // namespace offload
} // namespace ns3
