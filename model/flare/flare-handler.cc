/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-handler.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

void
FlareReduction::Check() const
{
    if (collective > FlareCollective::BARRIER)
    {
        throw std::invalid_argument("FlareReduction: there is no collective operation " +
                                    std::to_string(static_cast<unsigned>(collective)));
    }
    if (!operation)
    {
        throw std::invalid_argument("FlareReduction: it needs an operation");
    }
    const uint32_t bytes = operation->GetElementBytes();
    const uint32_t most = sparse ? flare::SPARSE_PACKET_BYTES - flare::NETWORK_HEADER_BYTES -
                                       flare::HEADER_BYTES - flare::INDEX_BYTES
                                 : flare::MAX_DATA_BYTES;
    if (bytes == 0 || bytes > most)
    {
        throw std::invalid_argument("FlareReduction: an operator's elements have 1 to " +
                                    std::to_string(most) + " bytes, not " + std::to_string(bytes));
    }
}

FlareReduction
FlareReduction::Checked() const
{
    FlareReduction reduction = *this;
    if (collective == FlareCollective::BARRIER)
    {
        // Nothing is done with no values.
        reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
        reduction.sparse = false;
    }
    reduction.Check();
    return reduction;
}

FlareHandler::FlareHandler(const FlareReduction& reduction, FlareServices& services)
    : m_reduction(reduction),
      m_services(services),
      m_pool(FlarePacketPool::Get()),
      m_leaveCycles(m_core.Cycles(flare::Leave())),
      m_sendCycles(m_core.Cycles(flare::SendResult()))
{
}

FlareStep
FlareHandler::Refuse(const FlareTask& task, FlareFault fault, uint64_t cycle)
{
    ++m_counters.malformed;
    SendFault(task, fault, cycle + m_sendCycles);
    return Return(cycle + m_sendCycles);
}

void
FlareHandler::SendFault(const FlareTask& task, FlareFault fault, uint64_t cycle)
{
    FlarePacketPtr packet = m_pool->Create();
    packet->kind = FlareKind::FAULT;
    packet->source = m_reduction.address;
    packet->destination = m_reduction.group;
    packet->root = task.packet->root;
    packet->allreduce = m_reduction.id;
    packet->block = task.packet->block;
    packet->port = task.packet->port;
    packet->shard = static_cast<uint8_t>(fault);
    packet->Seal();
    m_services.Send(*this, task, std::move(packet), cycle);
}

} // namespace offload
} // namespace ns3
