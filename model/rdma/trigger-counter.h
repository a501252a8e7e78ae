/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TRIGGER_COUNTER_H
#define OFFLOAD_TRIGGER_COUNTER_H

#include "rdma-timer.h"
#include "rdma-work.h"

#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

class QueuePair;
class RdmaEngine;

/**
 * Triggered operations (Portals 4, counting events and PtlTriggeredPut): the NIC counts messages
 * that are in host memory, and posts requests by itself when there are enough of them.
 *
 * The host sets them up beforehand, so that no core is involved; but a message is sent on from host
 * memory and only as a whole.
 */
class TriggerCounter : public SimpleRefCount<TriggerCounter>
{
  public:
    /**
     * By RdmaEngine::CreateCounter.
     * @param engine the owner; when it is disposed of, nothing is counted any more
     */
    explicit TriggerCounter(RdmaEngine& engine);
    ~TriggerCounter();

    TriggerCounter(const TriggerCounter&) = delete;
    TriggerCounter& operator=(const TriggerCounter&) = delete;

    /**
     * Set up a request. If it cannot be posted when its time has come, its queue pair is in error.
     * @param threshold posted as soon as so many messages were counted; those with the same
     *        threshold in the order of this call
     * @param queuePair of the engine
     * @param work SEND or WRITE
     */
    void Trigger(uint64_t threshold, Ptr<QueuePair> queuePair, const WorkRequest& work);

    /**
     * A message has come.
     * @param time when it is in memory, ps
     */
    void Count(int64_t time);

    /** @param queuePair is reset: what waits to be posted on it is forgotten */
    void Forget(const QueuePair& queuePair);

    /** The engine is gone: forget everything. */
    void Dispose();

    /** @return messages counted so far */
    uint64_t GetCount() const
    {
        return m_count;
    }

    /** @return whether somebody watches the engine */
    bool IsNoticed() const;

  private:
    /** A request that waits. */
    struct Armed
    {
        uint64_t threshold;       //!< for so many messages
        Ptr<QueuePair> queuePair; //!< where it is posted
        WorkRequest work;         //!< what
    };

    void Look(int64_t now); //!< what can be counted and posted by now

    RdmaEngine* m_engine;          //!< owner; null: disposed of
    uint64_t m_count{0};           //!< see GetCount
    std::vector<int64_t> m_coming; //!< when messages are in memory, a heap
    std::vector<Armed> m_armed;    //!< oldest first
    RdmaTimer<TriggerCounter, &TriggerCounter::Look> m_timer; //!< the next message is in memory
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TRIGGER_COUNTER_H */
