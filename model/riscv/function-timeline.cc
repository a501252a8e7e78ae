/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "function-timeline.h"

#include "placed-image.h"

namespace ns3
{
namespace offload
{

FunctionTimeline::FunctionTimeline(Timeline& timeline, std::string process)
    : m_timeline(timeline),
      m_process(std::move(process))
{
}

FunctionTimeline::Stack&
FunctionTimeline::StackOf(uint32_t cluster, uint32_t hpu)
{
    auto [entry, fresh] = m_stacks.try_emplace({cluster, hpu});
    if (fresh)
    {
        entry->second.track = m_timeline.AddTrack(m_process,
                                                  "HPU " + std::to_string(cluster) + "." +
                                                      std::to_string(hpu) + " code");
    }
    return entry->second;
}

void
FunctionTimeline::Leave(Stack& stack, size_t depth, int64_t time)
{
    while (stack.calls.size() > depth)
    {
        const Call call = stack.calls.back();
        stack.calls.pop_back();
        m_timeline.Complete(stack.track, call.function->name, call.begin, time);
    }
}

void
FunctionTimeline::Executed(const ExecutedInstruction& instruction)
{
    Stack& stack = StackOf(instruction.cluster, instruction.hpu);
    const ImageFunction* function = instruction.image->FunctionAt(instruction.pc);
    if (!function || (!stack.calls.empty() && stack.calls.back().function == function))
    {
        return;
    }
    // At its first instruction a function is called, otherwise somebody comes back to it.
    size_t depth = stack.calls.size();
    if (instruction.pc != function->address)
    {
        while (depth > 0 && stack.calls[depth - 1].function != function)
        {
            depth--;
        }
        Leave(stack, depth, instruction.time);
        if (depth > 0)
        {
            return;
        }
    }
    stack.calls.push_back({function, instruction.time});
}

void
FunctionTimeline::Waits(uint32_t cluster, uint32_t hpu, int64_t time)
{
    Leave(StackOf(cluster, hpu), 0, time);
}

} // namespace offload
} // namespace ns3
