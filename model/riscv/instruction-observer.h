/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INSTRUCTION_OBSERVER_H
#define OFFLOAD_INSTRUCTION_OBSERVER_H

#include <cstdint>

namespace ns3
{
namespace offload
{

class PlacedImage;

/** An instruction that an HPU executes. */
struct ExecutedInstruction
{
    uint32_t cluster;         //!< where
    uint32_t hpu;             //!< within the cluster
    int64_t time;             //!< ps, when it leaves the decode stage
    uint32_t pc;              //!< its address
    uint32_t encoding;        //!< its 32 bits; of a compressed one the lower 16
    const PlacedImage* image; //!< that it belongs to
};

/** Sees what the HPUs of a unit execute. */
class InstructionObserver
{
  public:
    virtual ~InstructionObserver() = default;

    /**
     * An HPU executes an instruction. Each HPU's come in order; those of different HPUs do not,
     * since an HPU runs ahead of the others.
     * @param instruction what and where
     */
    virtual void Executed(const ExecutedInstruction& instruction) = 0;

    /**
     * An HPU waits for its next task.
     * @param cluster where
     * @param hpu within the cluster
     * @param time ps
     */
    virtual void Waits(uint32_t cluster, uint32_t hpu, int64_t time) = 0;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INSTRUCTION_OBSERVER_H */
