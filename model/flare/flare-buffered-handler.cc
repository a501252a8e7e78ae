/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-dense-handler.h"

#include <utility>

namespace ns3
{
namespace offload
{

FlareBufferedHandler::FlareBufferedHandler(const FlareReduction& reduction, FlareServices& services)
    : FlareDenseHandler(reduction, services),
      m_perBlock(reduction.choice.algorithm == FlareAlgorithm::MULTI ? reduction.choice.buffers
                                                                     : 1),
      m_locks(reduction.window),
      m_buffers(static_cast<size_t>(reduction.window) * m_perBlock)
{
    for (FlareSpinLock& lock : m_locks)
    {
        lock.Reset(m_perBlock);
    }
}

uint64_t
FlareBufferedHandler::GetBlockBytes() const
{
    return uint64_t{m_perBlock} * flare::MAX_DATA_BYTES;
}

FlareStep
FlareBufferedHandler::Step(FlareTask& task, uint64_t cycle)
{
    switch (task.phase)
    {
    case ENTER: {
        FlareStep step;
        if (!Admit(task, cycle, step))
        {
            return step;
        }
        FlareSpinLock& lock = m_locks[task.slot];
        const uint32_t buffer = lock.Take();
        if (buffer == FlareSpinLock::NONE)
        {
            task.phase = LOOK;
            lock.Wait(task, cycle);
            return {FlareStep::Kind::WAIT, cycle};
        }
        return Use(task, buffer, cycle);
    }
    case LOOK: {
        FlareSpinLock& lock = m_locks[task.slot];
        lock.Woken();
        const uint32_t buffer = lock.Take();
        if (buffer == FlareSpinLock::NONE)
        {
            return {FlareStep::Kind::WAIT, cycle}; // somebody was quicker
        }
        lock.Leave(task, m_services);
        // Several buffers may have become idle since.
        lock.WakeNext(cycle + 1, m_services);
        return Use(task, buffer, cycle);
    }
    case ADDED:
        return Added(task, cycle);
    case MERGED:
        break;
    }
    FlareBufferPtr& first = GetBuffer(task.slot, 0);
    FlareBufferPtr& other = GetBuffer(task.slot, task.node);
    m_reduction.operation->Combine(first->bytes.data(), other->bytes.data(), task.packet->values);
    Free(std::move(other), cycle);
    return MergeNext(task, cycle);
}

FlareStep
FlareBufferedHandler::Use(FlareTask& task, uint32_t buffer, uint64_t cycle)
{
    task.phase = ADDED;
    task.node = buffer;
    const uint32_t work =
        GetBuffer(task.slot, buffer) ? GetCombineCycles(task) : GetCopyCycles(task);
    return {FlareStep::Kind::AGAIN, cycle + work + m_countCycles};
}

FlareStep
FlareBufferedHandler::Added(FlareTask& task, uint64_t cycle)
{
    FlareBufferPtr& buffer = GetBuffer(task.slot, task.node);
    if (buffer)
    {
        m_reduction.operation->Combine(buffer->bytes.data(),
                                       task.packet->data ? task.packet->data->bytes.data()
                                                         : nullptr,
                                       task.packet->values);
    }
    else
    {
        buffer = CopyOf(*task.packet, cycle);
    }
    if (++m_blocks[task.slot].arrived < m_reduction.children)
    {
        m_locks[task.slot].Release(task.node, cycle, m_services);
        return Return(cycle);
    }
    // All others are done. Nobody takes a buffer before the next block, and that comes to the slot
    // only after this one's result.
    m_locks[task.slot].Reset(m_perBlock);
    if (!GetBuffer(task.slot, 0))
    {
        std::swap(GetBuffer(task.slot, 0), buffer);
    }
    return MergeNext(task, cycle);
}

FlareStep
FlareBufferedHandler::MergeNext(FlareTask& task, uint64_t cycle)
{
    for (uint32_t i = 1; i < m_perBlock; i++)
    {
        if (GetBuffer(task.slot, i))
        {
            task.phase = MERGED;
            task.node = i;
            return {FlareStep::Kind::AGAIN, cycle + GetCombineCycles(task)};
        }
    }
    return Finish(task, std::move(GetBuffer(task.slot, 0)), cycle);
}

} // namespace offload
} // namespace ns3
