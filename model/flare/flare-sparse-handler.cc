/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-sparse-handler.h"

#include "flare-sparse-costs.h"

#include "ns3/power-of-two.h"

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

/// Bytes of a block that are no values or indices: the children that are complete, shards sent
constexpr uint32_t BLOCK_HEADER_BYTES = 5;

/// What the module's operators say of one value. flare-sparse-costs.h counts these instructions
/// together with those that find the entry.
constexpr uint32_t COUNTED_CYCLES = FlareOperator::WORD_CYCLES + FlareOperator::LOOP_CYCLES;

/** @return what is above a limit */
uint32_t
GetExcess(uint32_t value, uint32_t limit)
{
    return value - std::min(value, limit);
}

} // namespace

FlareSparseHandler::FlareSparseHandler(const FlareReduction& reduction, FlareServices& services)
    : FlareHandler(reduction, services),
      m_slots(reduction.window, reduction.children),
      m_blocks(reduction.window),
      m_element(reduction.operation->GetElementBytes()),
      m_capacity(flare::GetSparseCapacity(m_element)),
      m_entries(reduction.storage == FlareStorage::HASH ? reduction.hashSize
                                                        : reduction.blockRange),
      m_moreCycles(GetExcess(reduction.operation->GetCycles(1), COUNTED_CYCLES)),
      m_moreAccesses(GetExcess(reduction.operation->GetAccesses(1), FlareOperator::WORD_ACCESSES))
{
    if (reduction.blockRange == 0 || reduction.blockRange > flare::MAX_BLOCK_RANGE)
    {
        throw std::invalid_argument("FlareReduction: a sparse block has 1 to 65536 indices, not " +
                                    std::to_string(reduction.blockRange));
    }
    if (reduction.storage == FlareStorage::HASH && !IsPowerOfTwo(m_entries))
    {
        throw std::invalid_argument("FlareReduction: the hash table's size must be a power of two");
    }
    for (Block& block : m_blocks)
    {
        block.lock.Reset(1);
        block.present.assign(m_entries, 0);
        block.values.resize(static_cast<size_t>(m_entries) * m_element);
        block.index.resize(reduction.storage == FlareStorage::HASH ? m_entries : 0);
        block.shards.resize(reduction.children);
    }
}

uint32_t
FlareSparseHandler::GetCodeBytes() const
{
    return flare::SPARSE_CODE_BYTES;
}

uint64_t
FlareSparseHandler::GetBlockBytes() const
{
    const uint32_t child =
        FlareShards::COUNT_BYTES + (m_reduction.lossless ? 0 : FlareShards::MARK_BYTES);
    uint64_t bytes = BLOCK_HEADER_BYTES + uint64_t{child} * m_reduction.children +
                     uint64_t{m_entries} * m_element;
    // A hash table has its indices and the spill buffer, too.
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
FlareSparseHandler::Step(FlareTask& task, uint64_t cycle)
{
    if (task.phase == ENTER)
    {
        return Enter(task, cycle);
    }
    Block& block = m_blocks[task.slot];
    switch (task.phase)
    {
    case LOOK:
        block.lock.Woken();
        if (block.lock.Take() == FlareSpinLock::NONE)
        {
            return {FlareStep::Kind::WAIT, cycle};
        }
        block.lock.Leave(task, m_services);
        task.phase = ADDED;
        return Take(task, cycle);
    case SPILLED:
        SendSpill(task, block, false, cycle + m_sendCycles);
        return AddToHash(task, block, cycle + m_sendCycles);
    case ADDED:
        return Added(task, cycle);
    case COLLECTED:
        return Collected(task, cycle);
    case FLUSHED:
        return Close(task, cycle);
    default:
        return Repeat(task, cycle);
    }
}

FlareStep
FlareSparseHandler::Enter(FlareTask& task, uint64_t cycle)
{
    const FlarePacket& packet = *task.packet;
    ++m_counters.packets;
    if (!IsWellFormed(packet))
    {
        return Refuse(task, FlareFault::MALFORMED, cycle);
    }
    task.slot = m_slots.GetSlot(packet.block);
    task.node = 0;
    task.phase = ADDED;
    Block& block = m_blocks[task.slot];
    const bool open = m_slots[task.slot].open && m_slots[task.slot].block == packet.block;
    switch (m_slots.Open(task.slot, packet.block, cycle))
    {
    case FlareBlockTable::Verdict::TAKE:
        break;
    case FlareBlockTable::Verdict::COMPLETE:
        ++m_counters.duplicates;
        return MustRepeat(block, packet) ? Repeat(task, cycle) : Return(cycle);
    default:
        ++m_counters.withoutBuffer;
        return Return(cycle);
    }
    if (!open)
    {
        for (FlareShards& shards : block.shards)
        {
            shards.Reset();
        }
        m_services.CountMemory(static_cast<int64_t>(GetBlockBytes()), cycle);
    }
    if (block.lock.Take() == FlareSpinLock::NONE)
    {
        task.phase = LOOK;
        block.lock.Wait(task, cycle);
        return {FlareStep::Kind::WAIT, cycle};
    }
    return Take(task, cycle);
}

FlareStep
FlareSparseHandler::Take(FlareTask& task, uint64_t cycle)
{
    Block& block = m_blocks[task.slot];
    const FlarePacket& packet = *task.packet;
    if (!m_reduction.lossless)
    {
        // The block may have been completed while a copy waited.
        const FlareBlockTable::Slot& slot = m_slots[task.slot];
        const uint64_t marked = cycle + m_core.Cycles(flare::MarkShard());
        if (!slot.open || slot.block != packet.block || !block.shards[packet.port].Mark(packet))
        {
            ++m_counters.duplicates;
            block.lock.Release(0, cycle, m_services);
            return Return(marked);
        }
        cycle = marked;
    }
    return m_reduction.storage == FlareStorage::HASH ? AddToHash(task, block, cycle)
                                                     : AddToArray(task, block, cycle);
}

FlareStep
FlareSparseHandler::Work(const FlareTask& task, const Addition& addition, uint64_t cycle) const
{
    constexpr uint32_t ACCESSES = flare::ArrayValue().load + flare::ArrayValue().store;
    const uint64_t accesses =
        addition.values * ACCESSES + uint64_t{addition.combined} * m_moreAccesses;
    const uint64_t cycles = addition.cycles + uint64_t{addition.combined} * m_moreCycles;
    const uint32_t count = task.phase == ADDED ? m_core.Cycles(flare::CountShard()) : 0;
    return {FlareStep::Kind::AGAIN,
            cycle + cycles + m_services.GetConflictCycles(task, accesses, cycles) + count};
}

FlareStep
FlareSparseHandler::AddToArray(const FlareTask& task, Block& block, uint64_t cycle)
{
    const FlarePacket& packet = *task.packet;
    Addition addition;
    addition.values = packet.values;
    const uint8_t* pair = packet.values ? packet.data->bytes.data() : nullptr;
    for (uint32_t i = 0; i < packet.values; i++, pair += flare::INDEX_BYTES + m_element)
    {
        uint16_t index;
        std::memcpy(&index, pair, sizeof(index));
        uint8_t* entry = &block.values[static_cast<size_t>(index) * m_element];
        if (std::exchange(block.present[index], 1))
        {
            m_reduction.operation->Combine(entry, pair + flare::INDEX_BYTES, 1);
            ++addition.combined;
        }
        else
        {
            std::memcpy(entry, pair + flare::INDEX_BYTES, m_element);
        }
    }
    addition.cycles = m_core.Cycles(
        flare::ArrayValue() * packet.values +
        flare::Loop() * ((packet.values + flare::SPARSE_UNROLLED - 1) / flare::SPARSE_UNROLLED));
    return Work(task, addition, cycle);
}

FlareStep
FlareSparseHandler::AddToHash(FlareTask& task, Block& block, uint64_t cycle)
{
    const uint32_t stride = flare::INDEX_BYTES + m_element;
    const uint32_t values = task.packet->values;
    Addition addition;
    task.phase = ADDED;
    while (task.node < values)
    {
        ++addition.values;
        const uint8_t* pair = task.packet->data->bytes.data() + task.node++ * stride;
        uint16_t index;
        std::memcpy(&index, pair, sizeof(index));
        const uint8_t* value = pair + flare::INDEX_BYTES;
        const uint32_t place = index & (m_entries - 1);
        uint8_t* entry = &block.values[static_cast<size_t>(place) * m_element];
        addition.cycles += m_core.Cycles(flare::HashValue());
        if (!block.present[place])
        {
            block.present[place] = 1;
            block.index[place] = index;
            std::memcpy(entry, value, m_element);
            addition.cycles += m_core.Cycles(flare::HashNew());
        }
        else if (block.index[place] == index)
        {
            m_reduction.operation->Combine(entry, value, 1);
            ++addition.combined;
            addition.cycles += m_core.Cycles(flare::HashHit());
        }
        else
        {
            ++m_counters.collisions;
            addition.cycles += m_core.Cycles(flare::HashCollision());
            Append(block, index, value);
            if (block.spill->values == m_capacity)
            {
                task.phase = SPILLED;
                break;
            }
        }
    }
    return Work(task, addition, cycle);
}

FlareStep
FlareSparseHandler::Added(FlareTask& task, uint64_t cycle)
{
    Block& block = m_blocks[task.slot];
    if (block.shards[task.packet->port].Count(*task.packet) &&
        ++m_slots[task.slot].arrived == m_reduction.children)
    {
        for (FlareShards& shards : block.shards)
        {
            shards.Reset();
        }
        block.next = 0;
        return Collect(task, block, cycle);
    }
    block.lock.Release(0, cycle, m_services);
    return Return(cycle);
}

FlareStep
FlareSparseHandler::Collect(FlareTask& task, Block& block, uint64_t cycle)
{
    const uint32_t begin = block.next;
    uint32_t filled = 0;
    for (; block.next < m_entries; ++block.next)
    {
        if (!block.present[block.next])
        {
            continue;
        }
        if (block.spill && block.spill->values == m_capacity)
        {
            break; // and go on when it has been sent
        }
        block.present[block.next] = 0;
        ++filled;
        const auto index = m_reduction.storage == FlareStorage::HASH
                               ? block.index[block.next]
                               : static_cast<uint16_t>(block.next);
        Append(block, index, &block.values[static_cast<size_t>(block.next) * m_element]);
    }
    const uint32_t seen = block.next - begin;
    constexpr uint32_t UNROLLED = flare::SPARSE_UNROLLED;
    task.phase = COLLECTED;
    return {FlareStep::Kind::AGAIN,
            cycle +
                m_core.Cycles(flare::FlushEntry() * filled + flare::FlushEmpty() * (seen - filled) +
                              flare::Loop() * ((seen + UNROLLED - 1) / UNROLLED))};
}

FlareStep
FlareSparseHandler::Collected(FlareTask& task, uint64_t cycle)
{
    Block& block = m_blocks[task.slot];
    const bool last = block.next == m_entries;
    SendSpill(task, block, last, cycle + m_sendCycles);
    if (!last)
    {
        return Collect(task, block, cycle + m_sendCycles);
    }
    task.phase = FLUSHED;
    return {FlareStep::Kind::AGAIN, cycle + m_sendCycles};
}

FlareStep
FlareSparseHandler::Close(FlareTask& task, uint64_t cycle)
{
    // The slot is free for another block.
    FlareBlockTable::Slot& slot = m_slots[task.slot];
    Block& block = m_blocks[task.slot];
    ++m_counters.blocks;
    m_counters.blockCycles += cycle - slot.begin;
    slot.open = false;
    slot.done = slot.block;
    block.before.swap(block.copies);
    block.copies.clear();
    block.asked.assign(m_reduction.children, false);
    m_services.CountMemory(-static_cast<int64_t>(GetBlockBytes()), cycle);
    block.lock.Release(0, cycle, m_services);
    return Return(cycle);
}

bool
FlareSparseHandler::MustRepeat(Block& block, const FlarePacket& packet) const
{
    // One shard of all that the child repeats, the last, asks for the result.
    if (packet.shards == 0 || m_reduction.isRoot)
    {
        return packet.shards != 0;
    }
    // The parent's answer goes to all children: who asks for the first time may just be later.
    const bool first = std::find(block.asked.begin(), block.asked.end(), true) == block.asked.end();
    if (first || block.asked[packet.port])
    {
        block.asked.assign(m_reduction.children, false);
        block.asked[packet.port] = true;
        return true;
    }
    block.asked[packet.port] = true;
    return false;
}

FlareStep
FlareSparseHandler::Repeat(FlareTask& task, uint64_t cycle)
{
    // Another block may become the slot's last complete one meanwhile: then all have this result.
    const std::vector<FlarePacketPtr>& shards = m_blocks[task.slot].before;
    if (m_slots[task.slot].done != task.packet->block || task.node == shards.size())
    {
        return Return(cycle);
    }
    m_services.Resend(*this, task, FlarePacketPtr(shards[task.node++]), cycle + m_sendCycles);
    task.phase = REPEATED;
    return {FlareStep::Kind::AGAIN, cycle + m_sendCycles};
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
    if (block.sent == flare::MAX_SHARDS)
    {
        // Without its last packet nobody takes the block for complete.
        SendFault(task, FlareFault::SHARDS, cycle);
        block.sent = last ? 0 : block.sent;
        return;
    }
    packet->kind = m_reduction.isRoot ? FlareKind::SPARSE_RESULT : FlareKind::SPARSE;
    packet->source = m_reduction.address;
    packet->destination = m_reduction.group;
    packet->root = task.packet->root;
    packet->allreduce = m_reduction.id;
    packet->block = m_slots[task.slot].block;
    packet->port = m_reduction.childNumber;
    packet->shard = static_cast<uint8_t>(block.sent++);
    if (last)
    {
        packet->shards = static_cast<uint8_t>(std::exchange(block.sent, 0));
    }
    packet->Seal();
    ++m_counters.packetsOut;
    m_counters.bytesOut += packet->GetDatagramBytes();
    if (!m_reduction.lossless)
    {
        block.copies.push_back(packet);
    }
    m_services.Send(*this, task, std::move(packet), cycle);
}

} // namespace offload
} // namespace ns3
