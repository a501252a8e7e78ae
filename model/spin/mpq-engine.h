/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MPQ_ENGINE_H
#define OFFLOAD_MPQ_ENGINE_H

#include "cycle-scheduler.h"
#include "spin-types.h"

#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * The message processing queue engine: one queue per message, the order of handlers within a
 * message, round robin between messages, one task a cycle (pspin.md "Scheduling flow" 2).
 */
class MpqEngine
{
  public:
    /** @param pipeline the unit */
    explicit MpqEngine(SpinPipeline& pipeline);

    /**
     * @param message an open message
     * @return whether its queue can take a packet
     */
    bool HasCell(const Message& message) const;

    /**
     * Take a HER.
     * @param packet its queue has a cell
     */
    [[gnu::hot]] void Push(PacketRecord& packet);

    /**
     * A task is done.
     * @param message whose
     */
    [[gnu::hot]] void Feedback(Message& message);

    /** The global scheduler can take a task again. */
    [[gnu::hot]] void SchedulerReady();

    /**
     * No more handlers for a message: its queue ends as soon as running tasks have, its packets
     * take the fate that the message says.
     * @param message an open message
     */
    void Close(Message& message);

    /** @return bytes of tables */
    size_t GetBytes() const;

  private:
    [[gnu::hot]] void Tick();
    [[gnu::hot]] void UpdateReady(const Message& message);
    [[gnu::hot]] int FindReady() const;
    [[gnu::hot]] void SendTask(Message& message);
    void Bypass(Message& message);
    PacketRecord& PopPacket(Message& message);
    void EndIfEmpty(Message& message);

    SpinPipeline& m_pipeline;      //!< the unit
    std::vector<uint64_t> m_ready; //!< bit map of queues with a task
    uint32_t m_readyCount{0};      //!< bits set in it
    uint32_t m_sharedUsed{0};      //!< shared cells in use
    uint16_t m_last{0};            //!< queue served last
    Task* m_output{nullptr};       //!< task for the global scheduler
    CycleEvent m_tick;             //!< some queue may be ready, or the output may go
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MPQ_ENGINE_H */
