/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FUNCTION_TIMELINE_H
#define OFFLOAD_FUNCTION_TIMELINE_H

#include "instruction-observer.h"

#include "ns3/timeline.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

struct ImageFunction;

/**
 * Slices of a timeline for the functions that HPUs are in, nested as they call each other: under
 * each HPU's track one for its code.
 */
class FunctionTimeline : public InstructionObserver
{
  public:
    /**
     * @param timeline where slices go
     * @param process the unit's group of tracks
     */
    FunctionTimeline(Timeline& timeline, std::string process);

    void Executed(const ExecutedInstruction& instruction) override;
    void Waits(uint32_t cluster, uint32_t hpu, int64_t time) override;

  private:
    /** A function that has been entered and not left. */
    struct Call
    {
        const ImageFunction* function; //!< which
        int64_t begin;                 //!< ps
    };

    /** An HPU. */
    struct Stack
    {
        Timeline::Track track;   //!< its slices
        std::vector<Call> calls; //!< outermost first
    };

    Stack& StackOf(uint32_t cluster, uint32_t hpu);
    void Leave(Stack& stack, size_t depth, int64_t time);

    Timeline& m_timeline;                                    //!< where slices go
    std::string m_process;                                   //!< group of tracks
    std::map<std::pair<uint32_t, uint32_t>, Stack> m_stacks; //!< by cluster and HPU
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FUNCTION_TIMELINE_H */
