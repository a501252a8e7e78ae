/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-broadcast-handler.h"

#include <utility>

namespace ns3
{
namespace offload
{

FlareBroadcastHandler::FlareBroadcastHandler(const FlareReduction& reduction,
                                             FlareServices& services)
    : FlareDenseHandler(reduction, services),
      m_buffers(reduction.window),
      m_values(reduction.window)
{
}

uint64_t
FlareBroadcastHandler::GetBlockBytes() const
{
    return flare::MAX_DATA_BYTES;
}

FlareStep
FlareBroadcastHandler::Step(FlareTask& task, uint64_t cycle)
{
    if (task.phase == ENTER)
    {
        FlareStep step;
        if (!Admit(task, cycle, step))
        {
            return step;
        }
        task.phase = COUNTED;
        return {FlareStep::Kind::AGAIN, cycle + GetCopyCycles(task) + m_countCycles};
    }
    FlareBufferPtr& buffer = m_buffers[task.slot];
    if (task.packet->dataBytes > 0)
    {
        if (buffer)
        {
            // Only one host has something to say.
            return Refuse(task, FlareFault::MALFORMED, cycle);
        }
        buffer = CopyOf(*task.packet, cycle);
        m_values[task.slot] = task.packet->values;
    }
    if (++m_blocks[task.slot].arrived < m_reduction.children)
    {
        return Return(cycle);
    }
    return Finish(task, std::move(buffer), std::exchange(m_values[task.slot], uint16_t{0}), cycle);
}

} // namespace offload
} // namespace ns3
