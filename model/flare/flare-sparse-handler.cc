/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-sparse-handler.h"

#include "flare-dense-handler.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/// Instructions of a sparse handler, with 4 bytes each
constexpr uint32_t CODE_BYTES = 4 * 120;

/// Values or entries between two branches: address, value and sum of four take 12 registers
constexpr uint32_t UNROLLED = 4;

/// Bytes of a block that are no values or indices: the children that are complete, shards sent
constexpr uint32_t BLOCK_HEADER_BYTES = 5;

/** Array: index, value, address, old value, sum. */
constexpr InstructionMix
ArrayValue()
{
    InstructionMix mix;
    mix.load = 3;
    mix.alu = 3;
    mix.store = 1;
    return mix;
}

/** Hash: index, value, entry's address and old value, decision, loop; common to all three ways. */
constexpr InstructionMix
HashValue()
{
    InstructionMix mix;
    mix.load = 3;
    mix.alu = 5 + 2;
    mix.branchNotTaken = 1;
    return mix;
}

/** The entry is empty: store value and index. */
constexpr InstructionMix
HashNew()
{
    InstructionMix mix;
    mix.store = 2;
    mix.branchTaken = 1;
    return mix;
}

/** It has the same index: compare, add. */
constexpr InstructionMix
HashHit()
{
    InstructionMix mix;
    mix.load = 1;
    mix.loadUse = 1;
    mix.branchNotTaken = 1;
    mix.branchTaken = 1;
    mix.alu = 1;
    mix.store = 1;
    mix.jump = 1;
    return mix;
}

/** It has another one: compare, append to the spill buffer, count. */
constexpr InstructionMix
HashCollision()
{
    InstructionMix mix;
    mix.load = 2;
    mix.loadUse = 2;
    mix.branchNotTaken = 2;
    mix.alu = 7;
    mix.store = 3;
    mix.branchTaken = 1;
    return mix;
}

/** An entry at the end: look, append index and value, clear, is the packet full? */
constexpr InstructionMix
FlushEntry()
{
    InstructionMix mix;
    mix.load = 1;
    mix.branchNotTaken = 2;
    mix.store = 3;
    mix.alu = 4;
    return mix;
}

/** An empty one. */
constexpr InstructionMix
FlushEmpty()
{
    InstructionMix mix;
    mix.load = 1;
    mix.branchTaken = 1;
    mix.alu = 1;
    return mix;
}

/** The loop: two pointers and a taken branch. */
constexpr InstructionMix
Loop()
{
    InstructionMix mix;
    mix.alu = 2;
    mix.branchTaken = 1;
    return mix;
}

/** Shards and children: what the packet says, what its child has sent, are all complete? */
constexpr InstructionMix
CountShard()
{
    InstructionMix mix;
    mix.load = 4;
    mix.loadUse = 2;
    mix.alu = 6;
    mix.store = 2;
    mix.branchNotTaken = 3;
    return mix;
}

} // namespace

FlareSparseHandler::FlareSparseHandler(const FlareReduction& reduction, FlareServices& services)
    : FlareHandler(reduction, services),
      m_slots(reduction.window, reduction.children),
      m_blocks(reduction.window),
      m_element(reduction.operation->GetElementBytes()),
      m_capacity(flare::GetSparseCapacity(m_element)),
      m_entries(reduction.storage == FlareStorage::HASH ? reduction.hashSize : reduction.blockRange)
{
    constexpr uint32_t MOST =
        UINT16_MAX; // an index has 16 bits, and one value says that none is set
    if (reduction.blockRange == 0 || reduction.blockRange > MOST)
    {
        throw std::invalid_argument("FlareReduction: a sparse block has 1 to 65535 indices, not " +
                                    std::to_string(reduction.blockRange));
    }
    if (reduction.storage == FlareStorage::HASH &&
        (m_entries == 0 || (m_entries & (m_entries - 1)) != 0))
    {
        throw std::invalid_argument("FlareReduction: the hash table's size must be a power of two");
    }
    for (Block& block : m_blocks)
    {
        block.lock.Reset(1);
        block.present.assign(m_entries, 0);
        block.values.resize(static_cast<size_t>(m_entries) * m_element);
        block.index.resize(reduction.storage == FlareStorage::HASH ? m_entries : 0);
        block.received.assign(reduction.children, 0);
        block.expected.assign(reduction.children, 0);
    }
}

uint32_t
FlareSparseHandler::GetEntryCycles() const
{
    return m_core.Cycles(flare::Entry());
}

uint32_t
FlareSparseHandler::GetCodeBytes() const
{
    return CODE_BYTES;
}

uint64_t
FlareSparseHandler::GetBlockBytes() const
{
    // Two counters a child; a hash table has its indices and the spill buffer, too.
    uint64_t bytes =
        BLOCK_HEADER_BYTES + 2 * uint64_t{m_reduction.children} + uint64_t{m_entries} * m_element;
    if (m_reduction.storage == FlareStorage::HASH)
    {
        bytes += uint64_t{m_entries} * flare::INDEX_BYTES + flare::HEADER_BYTES +
                 uint64_t{m_capacity} * (flare::INDEX_BYTES + m_element);
    }
    return bytes;
}

bool
FlareSparseHandler::IsWellFormed(const FlarePacket& packet) const
{
    const uint32_t pair = flare::INDEX_BYTES + m_element;
    if (packet.kind != FlareKind::SPARSE || packet.port >= m_reduction.children ||
        packet.values * pair > packet.dataBytes)
    {
        return false;
    }
    for (uint32_t i = 0; i < packet.values; i++)
    {
        uint16_t index;
        std::memcpy(&index, packet.data->bytes.data() + i * pair, sizeof(index));
        if (index >= m_reduction.blockRange)
        {
            return false;
        }
    }
    return true;
}

FlareStep
FlareSparseHandler::Return(uint64_t cycle) const
{
    return {FlareStep::Kind::DONE, cycle + m_core.Cycles(flare::Leave())};
}

FlareStep
FlareSparseHandler::Step(FlareTask& task, uint64_t cycle)
{
    switch (task.phase)
    {
    case ENTER: {
        const FlarePacket& packet = *task.packet;
        ++m_counters.packets;
        if (!IsWellFormed(packet))
        {
            ++m_counters.malformed;
            return Return(cycle);
        }
        task.slot = m_slots.GetSlot(packet.block);
        const bool open = m_slots[task.slot].open && m_slots[task.slot].block == packet.block;
        if (m_slots.Open(task.slot, packet.block, cycle) != FlareBlockTable::Verdict::TAKE)
        {
            ++m_counters.withoutBuffer;
            return Return(cycle);
        }
        if (!open)
        {
            m_services.CountMemory(static_cast<int64_t>(GetBlockBytes()), cycle);
        }
        Block& block = m_blocks[task.slot];
        if (block.lock.Take() == FlareSpinLock::NONE)
        {
            task.phase = LOOK;
            block.lock.Wait(task, cycle);
            return {FlareStep::Kind::WAIT, cycle};
        }
        return Take(task, cycle);
    }
    case LOOK: {
        Block& block = m_blocks[task.slot];
        block.lock.Woken();
        if (block.lock.Take() == FlareSpinLock::NONE)
        {
            return {FlareStep::Kind::WAIT, cycle};
        }
        block.lock.Leave(task, m_services);
        return Take(task, cycle);
    }
    case ADDED:
        return Added(task, cycle);
    default:
        break;
    }
    // The block is complete: its slot is free for another one.
    FlareBlockTable::Slot& slot = m_slots[task.slot];
    ++m_counters.blocks;
    m_counters.blockCycles += cycle - slot.begin;
    slot.open = false;
    slot.done = slot.block;
    m_services.CountMemory(-static_cast<int64_t>(GetBlockBytes()), cycle);
    m_blocks[task.slot].lock.Release(0, cycle, m_services);
    return Return(cycle);
}

FlareStep
FlareSparseHandler::Take(FlareTask& task, uint64_t cycle)
{
    Block& block = m_blocks[task.slot];
    const uint32_t work = m_reduction.storage == FlareStorage::HASH ? AddToHash(task, block, cycle)
                                                                    : AddToArray(task, block);
    const uint32_t accesses = task.packet->values * (ArrayValue().load + ArrayValue().store);
    task.phase = ADDED;
    return {FlareStep::Kind::AGAIN,
            cycle + work + m_services.GetConflictCycles(task, accesses, work) +
                m_core.Cycles(CountShard())};
}

uint32_t
FlareSparseHandler::AddToArray(FlareTask& task, Block& block)
{
    const uint32_t values = task.packet->values;
    const uint8_t* pair = values ? task.packet->data->bytes.data() : nullptr;
    for (uint32_t i = 0; i < values; i++, pair += flare::INDEX_BYTES + m_element)
    {
        uint16_t index;
        std::memcpy(&index, pair, sizeof(index));
        uint8_t* entry = &block.values[static_cast<size_t>(index) * m_element];
        if (std::exchange(block.present[index], 1))
        {
            m_reduction.operation->Combine(entry, pair + flare::INDEX_BYTES, 1);
        }
        else
        {
            std::memcpy(entry, pair + flare::INDEX_BYTES, m_element);
        }
    }
    return m_core.Cycles(ArrayValue() * values + Loop() * ((values + UNROLLED - 1) / UNROLLED));
}

uint32_t
FlareSparseHandler::AddToHash(FlareTask& task, Block& block, uint64_t cycle)
{
    const uint32_t values = task.packet->values;
    const uint8_t* pair = values ? task.packet->data->bytes.data() : nullptr;
    uint32_t cycles = 0;
    for (uint32_t i = 0; i < values; i++, pair += flare::INDEX_BYTES + m_element)
    {
        uint16_t index;
        std::memcpy(&index, pair, sizeof(index));
        const uint8_t* value = pair + flare::INDEX_BYTES;
        const uint32_t place = index & (m_entries - 1);
        uint8_t* entry = &block.values[static_cast<size_t>(place) * m_element];
        cycles += m_core.Cycles(HashValue());
        if (!block.present[place])
        {
            block.present[place] = 1;
            block.index[place] = index;
            std::memcpy(entry, value, m_element);
            cycles += m_core.Cycles(HashNew());
        }
        else if (block.index[place] == index)
        {
            m_reduction.operation->Combine(entry, value, 1);
            cycles += m_core.Cycles(HashHit());
        }
        else
        {
            ++m_counters.collisions;
            cycles += m_core.Cycles(HashCollision());
            Append(block, index, value);
            if (block.spill->values == m_capacity)
            {
                cycles += m_core.Cycles(flare::SendResult());
                SendSpill(task, block, false, cycle + cycles);
            }
        }
    }
    return cycles;
}

FlareStep
FlareSparseHandler::Added(FlareTask& task, uint64_t cycle)
{
    Block& block = m_blocks[task.slot];
    const FlarePacket& packet = *task.packet;
    if (packet.shards != 0)
    {
        block.expected[packet.port] = packet.shards;
    }
    if (++block.received[packet.port] == block.expected[packet.port] &&
        ++m_slots[task.slot].arrived == m_reduction.children)
    {
        std::fill(block.received.begin(), block.received.end(), 0);
        std::fill(block.expected.begin(), block.expected.end(), 0);
        task.phase = FLUSHED;
        return {FlareStep::Kind::AGAIN, cycle + Flush(task, block, cycle)};
    }
    block.lock.Release(0, cycle, m_services);
    return Return(cycle);
}

uint32_t
FlareSparseHandler::Flush(FlareTask& task, Block& block, uint64_t cycle)
{
    uint32_t cycles = 0;
    for (uint32_t i = 0; i < m_entries; i++)
    {
        if (i % UNROLLED == 0)
        {
            cycles += m_core.Cycles(Loop());
        }
        if (!std::exchange(block.present[i], 0))
        {
            cycles += m_core.Cycles(FlushEmpty());
            continue;
        }
        cycles += m_core.Cycles(FlushEntry());
        const uint16_t index =
            m_reduction.storage == FlareStorage::HASH ? block.index[i] : static_cast<uint16_t>(i);
        if (block.spill && block.spill->values == m_capacity)
        {
            cycles += m_core.Cycles(flare::SendResult());
            SendSpill(task, block, false, cycle + cycles);
        }
        Append(block, index, &block.values[static_cast<size_t>(i) * m_element]);
    }
    cycles += m_core.Cycles(flare::SendResult());
    SendSpill(task, block, true, cycle + cycles);
    return cycles;
}

void
FlareSparseHandler::Append(Block& block, uint16_t index, const uint8_t* value)
{
    if (!block.spill)
    {
        block.spill = m_pool->Create();
        block.spill->data = m_pool->CreateBuffer();
    }
    FlarePacket& spill = *block.spill;
    uint8_t* to = spill.data->bytes.data() + spill.dataBytes;
    std::memcpy(to, &index, sizeof(index));
    std::memcpy(to + flare::INDEX_BYTES, value, m_element);
    spill.dataBytes += flare::INDEX_BYTES + m_element;
    ++spill.values;
}

void
FlareSparseHandler::SendSpill(FlareTask& task, Block& block, bool last, uint64_t cycle)
{
    // An empty block is a packet without values.
    FlarePacketPtr packet = block.spill ? std::exchange(block.spill, nullptr) : m_pool->Create();
    ++block.sent;
    packet->kind = m_reduction.isRoot ? FlareKind::SPARSE_RESULT : FlareKind::SPARSE;
    packet->source = m_reduction.address;
    packet->destination = m_reduction.group;
    packet->root = task.packet->root;
    packet->allreduce = m_reduction.id;
    packet->block = m_slots[task.slot].block;
    packet->port = m_reduction.childNumber;
    if (last)
    {
        if (block.sent > UINT8_MAX)
        {
            throw std::runtime_error("FLARE: a sparse block was sent in " +
                                     std::to_string(block.sent) +
                                     " packets, and its format counts up to 255");
        }
        packet->shards = static_cast<uint8_t>(block.sent);
        block.sent = 0;
    }
    packet->Seal();
    ++m_counters.packetsOut;
    m_counters.bytesOut += packet->GetDatagramBytes();
    m_services.Send(*this, task, std::move(packet), cycle);
}

} // namespace offload
} // namespace ns3
