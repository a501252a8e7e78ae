/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_DENSE_HANDLER_H
#define OFFLOAD_FLARE_DENSE_HANDLER_H

#include "flare-block-table.h"
#include "flare-handler.h"
#include "flare-spin-lock.h"

#include "ns3/instruction-mix.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/// What dense handlers take beside the values (counted in the code that they stand for)
namespace flare
{
/// DMA copy of 1 KiB within L1, start to completion (SC 2021, section 6: 64 cycles)
constexpr uint32_t COPY_BYTES_PER_CYCLE = 16;

/** Count the child, compare, release the buffer. */
constexpr InstructionMix
Count()
{
    InstructionMix mix;
    mix.atomic = 1;
    mix.loadUse = 1;
    mix.alu = 1;
    mix.branchNotTaken = 1;
    mix.store = 1;
    return mix;
}

/** The sibling's place, swap of its flag, decision. */
constexpr InstructionMix
LookAtSibling()
{
    InstructionMix mix;
    mix.alu = 5;
    mix.atomic = 1;
    mix.loadUse = 1;
    mix.branchNotTaken = 1;
    return mix;
}

} // namespace flare

/** What all dense handlers have in common: blocks, children, results. */
class FlareDenseHandler : public FlareHandler
{
  public:
    uint32_t GetCodeBytes() const override;

  protected:
    /** @copydoc FlareHandler::FlareHandler */
    FlareDenseHandler(const FlareReduction& reduction, FlareServices& services);

    /**
     * A handler has read its packet's header.
     * @param task the run; gets its slot
     * @param cycle now
     * @param[out] step what comes next, if there is nothing to sum up
     * @return whether there is
     */
    bool Admit(FlareTask& task, uint64_t cycle, FlareStep& step);

    /**
     * The sum is complete.
     * @param task the run that completed it
     * @param sum the values
     * @param cycle now
     * @return what comes next
     */
    FlareStep Finish(FlareTask& task, FlareBufferPtr&& sum, uint64_t cycle)
    {
        return Finish(task, std::move(sum), task.packet->values, cycle);
    }

    /**
     * The result is complete.
     * @param task the run that completed it
     * @param sum the values; null if there are none
     * @param values how many
     * @param cycle now
     * @return what comes next
     */
    FlareStep Finish(FlareTask& task, FlareBufferPtr&& sum, uint16_t values, uint64_t cycle);

    /** @return cycles to copy a packet's values into a buffer */
    uint32_t GetCopyCycles(const FlareTask& task) const;

    /** @return cycles to combine a packet's values */
    uint32_t GetCombineCycles(const FlareTask& task) const
    {
        const uint32_t values = task.packet->values;
        const uint32_t cycles = m_reduction.operation->GetCycles(values);
        return cycles + m_services.GetConflictCycles(task,
                                                     m_reduction.operation->GetAccesses(values),
                                                     cycles);
    }

    /** @return a buffer with a packet's values */
    FlareBufferPtr CopyOf(const FlarePacket& packet, uint64_t cycle);

    /** Give a buffer back. */
    void Free(FlareBufferPtr&& buffer, uint64_t cycle);

    FlareBlockTable m_blocks; //!< slots
    uint32_t m_countCycles;   //!< see flare::Count

  private:
    bool IsWellFormed(const FlarePacket& packet) const;
};

/** One buffer a block, or several of which a handler takes any idle one. */
class FlareBufferedHandler final : public FlareDenseHandler
{
  public:
    /** @copydoc FlareHandler::FlareHandler */
    FlareBufferedHandler(const FlareReduction& reduction, FlareServices& services);

    uint64_t GetBlockBytes() const override;
    FlareStep Step(FlareTask& task, uint64_t cycle) override;

  private:
    enum Phase : uint8_t
    {
        ENTER, //!< the header has been read
        LOOK,  //!< was woken up: is a buffer idle?
        ADDED, //!< the packet is in the buffer
        MERGED //!< another buffer is in the first one
    };

    FlareStep Use(FlareTask& task, uint32_t buffer, uint64_t cycle);
    FlareStep Added(FlareTask& task, uint64_t cycle);
    FlareStep MergeNext(FlareTask& task, uint64_t cycle);

    FlareBufferPtr& GetBuffer(uint32_t slot, uint32_t buffer)
    {
        return m_buffers[static_cast<size_t>(slot) * m_perBlock + buffer];
    }

    uint32_t m_perBlock;                   //!< B
    std::vector<FlareSpinLock> m_locks;    //!< by slot
    std::vector<FlareBufferPtr> m_buffers; //!< B a slot; null: nothing in it yet
};

/**
 * A buffer a child and a tree of fixed shape above them: whoever is second at a node merges. The
 * order of operations does not depend on that of arrivals.
 */
class FlareTreeHandler final : public FlareDenseHandler
{
  public:
    /** @copydoc FlareHandler::FlareHandler */
    FlareTreeHandler(const FlareReduction& reduction, FlareServices& services);

    uint64_t GetBlockBytes() const override;
    FlareStep Step(FlareTask& task, uint64_t cycle) override;

  private:
    enum Phase : uint8_t
    {
        ENTER,  //!< the header has been read
        COPIED, //!< the packet is in its buffer
        MERGED  //!< two subtrees are one
    };

    FlareStep Climb(FlareTask& task, uint64_t cycle);

    FlareBufferPtr& GetBuffer(uint32_t slot, uint32_t leaf)
    {
        return m_buffers[static_cast<size_t>(slot) * m_reduction.children + leaf];
    }

    uint32_t m_lookCycles;                 //!< see flare::LookAtSibling
    std::vector<FlareBufferPtr> m_buffers; //!< a child each; of a subtree in its first leaf's
    std::vector<uint8_t> m_ready;          //!< by leaf: levels of its subtree that wait, plus one
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_DENSE_HANDLER_H */
