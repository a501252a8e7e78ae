/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_COMPLETION_QUEUE_H
#define OFFLOAD_COMPLETION_QUEUE_H

#include "rdma-work.h"

#include "ns3/callback.h"
#include "ns3/lookahead-queue.h"
#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <boost/circular_buffer.hpp>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Where the completions of queue pairs wait for the application, which polls it or is told.
 */
class CompletionQueue : public SimpleRefCount<CompletionQueue>
{
  public:
    /** Told that there are completions. */
    using NotifyCallback = Callback<void, Ptr<CompletionQueue>>;

    /**
     * @param depth most completions that may wait
     * @param context id of the node
     * @param latency how much later than a completion can be seen the application is told, ps
     */
    CompletionQueue(uint32_t depth, uint32_t context, int64_t latency);

    /**
     * Take the oldest completion (ibv_poll_cq).
     * @param[out] completion it
     * @return false if there is none yet
     */
    bool Poll(Completion& completion);

    /** @return completions that wait */
    uint32_t GetSize() const;

    /**
     * Have the application told at each instant at which completions appear, once for all of them
     * (ibv_req_notify_cq, always armed).
     * @param callback a null callback ends it
     */
    void SetNotifyCallback(NotifyCallback callback);

    /** @return whether completions were lost, because nobody polled */
    bool HasOverflown() const
    {
        return m_overflown;
    }

    /**
     * A NIC puts a completion into the queue.
     * @param completion what
     * @param now ps
     * @param time when it can be seen, ps; it is not seen before earlier ones
     * @return false if the queue is full; the completion is lost
     */
    bool Push(const Completion& completion, int64_t now, int64_t time);

  private:
    /** A completion and when it appears. */
    struct Entry
    {
        Completion completion; //!< what
        int64_t time;          //!< when, ps, if that was in the future; otherwise zero
    };

    void Notify(int64_t now); //!< tell the application

    uint32_t m_depth;                      //!< most entries
    uint32_t m_context;                    //!< id of the node
    int64_t m_latency;                     //!< of notifications, ps
    bool m_overflown{false};               //!< see HasOverflown
    boost::circular_buffer<Entry> m_queue; //!< oldest first
    int64_t m_last{0};                     //!< time of the newest so far, ps
    NotifyCallback m_callback;             //!< the application
    LookaheadTimer<CompletionQueue, &CompletionQueue::Notify, true> m_event; //!< when to tell
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_COMPLETION_QUEUE_H */
