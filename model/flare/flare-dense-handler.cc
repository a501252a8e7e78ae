/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-dense-handler.h"

#include <cstring>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/// Instructions of dense handlers, unrolled loops included; with 4 bytes each. Assumption: the
/// aggregation loop is unrolled eight times, so that no load's value is used at once.
constexpr uint32_t CODE_BYTES = 4 * 100;

} // namespace

FlareDenseHandler::FlareDenseHandler(const FlareReduction& reduction, FlareServices& services)
    : FlareHandler(reduction, services),
      m_blocks(reduction.window, reduction.children),
      m_countCycles(m_core.Cycles(flare::Count()))
{
}

uint32_t
FlareDenseHandler::GetCodeBytes() const
{
    return CODE_BYTES;
}

bool
FlareDenseHandler::IsWellFormed(const FlarePacket& packet) const
{
    return packet.kind == FlareKind::DENSE && packet.port < m_reduction.children &&
           packet.values * m_reduction.operation->GetElementBytes() == packet.dataBytes;
}

bool
FlareDenseHandler::Admit(FlareTask& task, uint64_t cycle, FlareStep& step)
{
    const FlarePacket& packet = *task.packet;
    ++m_counters.packets;
    step = Return(cycle);
    if (!IsWellFormed(packet))
    {
        step = Refuse(task, FlareFault::MALFORMED, cycle);
        return false;
    }
    task.slot = m_blocks.GetSlot(packet.block);
    // In a broadcast only one child has values.
    const bool same = m_reduction.collective != FlareCollective::BROADCAST;
    switch (m_blocks.Open(task.slot, packet.block, cycle, same ? packet.values : uint16_t{0}))
    {
    case FlareBlockTable::Verdict::TAKE:
        break;
    case FlareBlockTable::Verdict::COMPLETE:
        ++m_counters.duplicates;
        m_services.Resend(*this,
                          task,
                          FlarePacketPtr(m_blocks[task.slot].result),
                          cycle + m_sendCycles);
        step = Return(cycle + m_sendCycles);
        return false;
    case FlareBlockTable::Verdict::OTHER_SIZE:
        step = Refuse(task, FlareFault::SIZE, cycle);
        return false;
    case FlareBlockTable::Verdict::DUPLICATE:
    case FlareBlockTable::Verdict::NO_BUFFER:
        ++m_counters.withoutBuffer;
        return false;
    }
    if (!m_blocks.Mark(task.slot, packet.port))
    {
        ++m_counters.duplicates;
        return false;
    }
    return true;
}

uint32_t
FlareDenseHandler::GetCopyCycles(const FlareTask& task) const
{
    return (task.packet->dataBytes + flare::COPY_BYTES_PER_CYCLE - 1) / flare::COPY_BYTES_PER_CYCLE;
}

FlareBufferPtr
FlareDenseHandler::CopyOf(const FlarePacket& packet, uint64_t cycle)
{
    FlareBufferPtr buffer = m_pool->CreateBuffer();
    if (packet.dataBytes > 0)
    {
        std::memcpy(buffer->bytes.data(), packet.data->bytes.data(), packet.dataBytes);
    }
    m_services.CountMemory(flare::MAX_DATA_BYTES, cycle);
    return buffer;
}

void
FlareDenseHandler::Free(FlareBufferPtr&& buffer, uint64_t cycle)
{
    m_services.CountMemory(-int64_t{flare::MAX_DATA_BYTES}, cycle);
    m_pool->GiveBack(std::move(buffer));
}

FlareStep
FlareDenseHandler::Finish(FlareTask& task, FlareBufferPtr&& sum, uint16_t values, uint64_t cycle)
{
    if (sum)
    {
        m_services.CountMemory(-int64_t{flare::MAX_DATA_BYTES}, cycle);
    }
    FlareBlockTable::Slot& slot = m_blocks[task.slot];
    FlarePacketPtr result = m_pool->Create();
    result->kind = m_reduction.isRoot ? FlareKind::DENSE_RESULT : FlareKind::DENSE;
    result->source = m_reduction.address;
    result->destination = m_reduction.group;
    result->root = task.packet->root;
    result->allreduce = m_reduction.id;
    result->block = slot.block;
    result->values = values;
    result->port = m_reduction.childNumber;
    result->dataBytes = values * m_reduction.operation->GetElementBytes();
    if (result->dataBytes > 0)
    {
        result->data = std::move(sum);
    }
    else
    {
        m_pool->GiveBack(std::move(sum));
    }
    result->Seal();
    ++m_counters.blocks;
    ++m_counters.packetsOut;
    m_counters.bytesOut += result->GetDatagramBytes();
    m_counters.blockCycles += cycle - slot.begin;
    slot.open = false;
    slot.done = slot.block;
    slot.result = result;
    m_services.Send(*this, task, std::move(result), cycle + m_sendCycles);
    return Return(cycle + m_sendCycles);
}

} // namespace offload
} // namespace ns3
