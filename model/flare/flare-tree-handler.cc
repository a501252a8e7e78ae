/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-dense-handler.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

FlareTreeHandler::FlareTreeHandler(const FlareReduction& reduction, FlareServices& services)
    : FlareDenseHandler(reduction, services),
      m_lookCycles(m_core.Cycles(flare::LookAtSibling())),
      m_buffers(static_cast<size_t>(reduction.window) * reduction.children),
      m_ready(m_buffers.size())
{
}

uint64_t
FlareTreeHandler::GetBlockBytes() const
{
    // Of two siblings one may wait, or both be in work, on as many cores as serve the block.
    const uint64_t buffers =
        std::min(m_reduction.children, (m_reduction.children + 1) / 2 + m_reduction.coresPerBlock);
    return buffers * flare::MAX_DATA_BYTES;
}

FlareStep
FlareTreeHandler::Step(FlareTask& task, uint64_t cycle)
{
    switch (task.phase)
    {
    case ENTER: {
        FlareStep step;
        if (!Admit(task, cycle, step))
        {
            return step;
        }
        task.phase = COPIED;
        task.node = task.packet->port;
        task.level = 0;
        return {FlareStep::Kind::AGAIN, cycle + GetCopyCycles(task)};
    }
    case COPIED:
        GetBuffer(task.slot, task.node) = CopyOf(*task.packet, cycle);
        return Climb(task, cycle);
    case MERGED:
        break;
    }
    // node is the left one of both; the right one's first leaf is half a subtree away.
    const uint32_t right = task.node + (1U << task.level);
    m_reduction.operation->Combine(GetBuffer(task.slot, task.node)->bytes.data(),
                                   GetBuffer(task.slot, right)->bytes.data(),
                                   task.packet->values);
    Free(std::move(GetBuffer(task.slot, right)), cycle);
    ++task.level;
    return Climb(task, cycle);
}

FlareStep
FlareTreeHandler::Climb(FlareTask& task, uint64_t cycle)
{
    uint8_t* ready = &m_ready[static_cast<size_t>(task.slot) * m_reduction.children];
    while ((1U << task.level) < m_reduction.children)
    {
        cycle += m_lookCycles;
        const uint32_t sibling = task.node ^ 1U << task.level;
        if (sibling >= m_reduction.children)
        {
            ++task.level; // an only child
            continue;
        }
        const auto waiting = static_cast<uint8_t>(task.level + 1);
        if (ready[sibling] != waiting)
        {
            ready[task.node] = waiting;
            return Return(cycle);
        }
        ready[sibling] = 0;
        task.node = std::min(task.node, sibling);
        task.phase = MERGED;
        return {FlareStep::Kind::AGAIN, cycle + GetCombineCycles(task)};
    }
    return Finish(task, std::move(GetBuffer(task.slot, 0)), cycle);
}

} // namespace offload
} // namespace ns3
