/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Which of several reductions is next at a cluster's places in L1 and at its cores.
#include "flare-unit.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

void
FlareUnit::Share::Begin(uint64_t least)
{
    // Who was away has not saved up what others have used meanwhile.
    if (inside++ == 0)
    {
        used = std::max(used, least);
    }
}

void
FlareUnit::Share::End(uint64_t charged, uint64_t taken)
{
    constexpr uint64_t LATEST = 8; // handlers of which the mean is about
    --inside;
    used += taken - charged;
    expected = expected == 0 ? taken : ((LATEST - 1) * expected + taken) / LATEST;
}

FlareUnit::Lane*
FlareUnit::FindUnstaged(const Queue& queue, uint32_t core)
{
    const auto count = static_cast<uint32_t>(m_handlers.size());
    const uint32_t cluster = core / m_perCluster;
    std::pair<uint32_t, uint64_t> least(UINT32_MAX, 0);
    Lane* best = nullptr;
    for (uint32_t i = 1; i <= count; i++)
    {
        Installed& installed = m_handlers[(queue.turn + i) % count];
        if (!installed.handler ||
            &GetQueue(cluster, installed.sizeLog, core % m_perCluster >> installed.sizeLog) !=
                &queue)
        {
            continue;
        }
        Lane& lane = GetLane(installed, core);
        // With as many places each can use all cores, however long its handlers take.
        const std::pair<uint32_t, uint64_t> has(lane.staged, installed.shares[cluster].used);
        if (lane.unstaged && has < least)
        {
            least = has;
            best = &lane;
        }
    }
    return best;
}

void
FlareUnit::StageNext(Queue& queue, uint32_t core, uint64_t cycle)
{
    Lane* lane = queue.unstaged > 0 ? FindUnstaged(queue, core) : nullptr;
    if (lane)
    {
        Waiting& next = *lane->unstaged;
        lane->unstaged = next.next;
        --queue.unstaged;
        queue.turn = next.handler->GetNumber();
        Stage(queue, *lane, next, core / m_perCluster / m_config.clustersPerPort, cycle);
    }
}

FlareUnit::Lane*
FlareUnit::FindNext(uint32_t core)
{
    const auto count = static_cast<uint32_t>(m_handlers.size());
    const uint32_t cluster = core / m_perCluster;
    const uint32_t turn = m_turns[cluster].number;
    uint64_t least = UINT64_MAX;
    Lane* best = nullptr;
    for (uint32_t i = 1; i <= count; i++)
    {
        Installed& installed = m_handlers[(turn + i) % count];
        if (!installed.handler)
        {
            continue;
        }
        Lane& lane = GetLane(installed, core);
        const uint64_t used = installed.shares[cluster].used;
        if (lane.first && lane.first->ready != NOT_STAGED && used < least)
        {
            least = used;
            best = &lane;
        }
    }
    return best;
}

} // namespace offload
} // namespace ns3
