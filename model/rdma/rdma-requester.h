/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_REQUESTER_H
#define OFFLOAD_RDMA_REQUESTER_H

#include "memory-region.h"
#include "rdma-host.h"
#include "rdma-timer.h"
#include "rdma-work.h"
#include "roce-packet.h"

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <memory>

namespace ns3
{
namespace offload
{

class QueuePair;

/**
 * The half of a queue pair that carries out send requests (IBTA 9.7.2, requester).
 *
 * The posted requests are a FIFO, and each has its range of packet sequence numbers from the moment
 * it is posted. A cursor moves through them packet by packet; losing a packet moves it back
 * (go-back-N). What is acknowledged leaves the FIFO at its front.
 */
class RdmaRequester
{
  public:
    /** @param queuePair the owner */
    explicit RdmaRequester(QueuePair& queuePair);

    /**
     * Begin.
     * @param sequence number of the first packet
     */
    void Start(uint32_t sequence);

    /** Forget everything, without completions. */
    void Reset();

    /**
     * @param work a send request
     * @return what becomes of it; if it is posted, the caller has the queue pair looked at
     */
    PostResult Post(const WorkRequest& work);

    /**
     * As Post, for the NIC itself, which need not be told.
     * @param work SEND or WRITE
     * @param payload has the data, at most a packet's; null: they are in local memory
     * @return as Post
     */
    PostResult PostFromNic(const WorkRequest& work, RocePacketPtr payload);

    /** @return whether a packet could be sent, were it not for GetWaitTime */
    bool CanSend() const;

    /**
     * @param now ps
     * @return no packet may be sent before, ps: the peer had no receive posted, or the host takes
     * its time
     */
    int64_t GetWaitTime(int64_t now)
    {
        return m_fetch ? std::max(m_waitUntil, GetFetchTime(now)) : m_waitUntil;
    }

    /**
     * Send a packet; CanSend.
     * @param now ps
     */
    void Send(int64_t now);

    /**
     * A packet of the responder has come: acknowledgement or data.
     * @param packet it
     * @param now ps
     */
    void ReceiveResponse(const RocePacket& packet, int64_t now);

    /**
     * The queue pair is in error: complete all requests.
     * @param now ps
     */
    void Flush(int64_t now);

    /** @return requests posted and not completed */
    uint32_t GetPosted() const
    {
        return static_cast<uint32_t>(m_queue.size());
    }

    /** @return packets sent and not acknowledged */
    uint32_t GetInFlight() const
    {
        return (m_sendSequence - m_unacknowledged) & roce::NUMBER_MASK;
    }

    /** @return whether somebody watches the engine */
    bool IsNoticed() const;

  private:
    /** A posted request. */
    struct Entry
    {
        WorkRequest work;         //!< as posted
        Ptr<MemoryRegion> region; //!< local memory; null: none or not granted
        RocePacketPtr inlined;    //!< has the data of an inlined request; null: not inlined
        uint32_t first;           //!< sequence number of its first packet
        uint32_t packets;         //!< sequence numbers that it takes
        uint32_t responses;       //!< READ, atomics: response packets that have come
        bool granted;             //!< the local memory may be used
        int64_t known;            //!< when the NIC knows of it, ps
    };

    /** @return whether the responder answers it with data, rather than an acknowledgement */
    static bool IsAnswered(const Entry& entry)
    {
        return entry.work.opcode >= WorkOpcode::READ;
    }

    /** @return whether its local memory may be used; what is inlined was taken when posted */
    static bool IsGranted(const Entry& entry)
    {
        return entry.granted && (!entry.region || !entry.region->IsRevoked() || entry.inlined);
    }

    /** @return the request that the next packet belongs to; there must be one */
    const Entry& GetCurrent() const
    {
        // Usually the oldest one, which is found faster.
        return m_cursor == 0 ? m_queue.front() : m_queue[m_cursor];
    }

    /** @return whether a sequence number has been sent and not acknowledged */
    bool IsExpected(uint32_t sequence) const
    {
        return roce::GetDistance(sequence, m_unacknowledged) >= 0 &&
               roce::GetDistance(sequence, m_sentSequence) < 0;
    }

    void Append(Entry&& entry);     //!< to the queue
    bool Grant(Entry& entry) const; //!< look for the local memory
    /** It is a core that takes inlined data: it needs no key, but memory at that address. */
    void TakeWithoutKey(Entry& entry) const;
    int64_t GetFetchTime(int64_t now);                  //!< when the host has given the next packet
    void SendData(const Entry& entry, int64_t now);     //!< a packet of SEND or WRITE
    void SendQuestion(const Entry& entry, int64_t now); //!< READ or atomic request
    void Refuse(int64_t now);                           //!< the current one may not be sent
    void Sent(uint32_t next, int64_t now);              //!< keep the books
    bool AsksForAck(const Entry& entry, int64_t now);   //!< whether the next data packet does
    bool Acknowledge(uint32_t next, int64_t now);       //!< all before a number has been done
    void ReceiveAck(const RocePacket& packet, int64_t now);
    bool AnswersOldest(const RocePacket& packet, bool atomic, int64_t now); //!< data or result do
    void ReceiveReadData(const RocePacket& packet, int64_t now);
    void ReceiveAtomicAck(const RocePacket& packet, int64_t now);
    void ReceiveNak(uint8_t code, int64_t now);     //!< NAK of the oldest request
    void ReceiveRnrNak(uint8_t timer, int64_t now); //!< the peer has no receive posted
    void ResponseMissing(int64_t now);              //!< a response was lost
    void Progress(uint32_t next, int64_t now);      //!< the oldest number not done is now this
    void Seek(uint32_t sequence);                   //!< move the cursor
    void Resend(int64_t now);                       //!< from the oldest number not done
    bool Retry(int64_t now);                        //!< false if there were too many
    void PopFront(WorkStatus status, int64_t now);  //!< complete the oldest request
    void Fail(WorkStatus status, int64_t now);      //!< the oldest request, and the queue pair
    void DrawTimeout();                             //!< how long to wait until the next one
    void TimerExpired(int64_t now);

    QueuePair& m_queuePair;                //!< owner
    boost::circular_buffer<Entry> m_queue; //!< posted requests, oldest first
    uint32_t m_cursor{0};                  //!< which request the next packet belongs to
    uint32_t m_packet{0};                  //!< which of its packets it is
    uint32_t m_sendSequence{0};            //!< number of the next packet
    uint32_t m_unacknowledged{0};          //!< oldest number that is not done
    uint32_t m_sentSequence{0};            //!< behind the highest number ever sent
    uint32_t m_postSequence{0};            //!< behind the numbers of all requests
    uint32_t m_sinceAsked{0};              //!< packets since an acknowledgement was asked for
    uint32_t m_reads{0};                   //!< READ and atomics before the cursor
    uint8_t m_retries{0};                  //!< without progress
    uint8_t m_rnrRetries{0};               //!< without progress
    bool m_wentBack{false};                //!< for what was lost, and nothing has come since
    uint32_t m_timeouts{0};                //!< drawn so far
    int64_t m_timeout{0};                  //!< how long to wait for an answer, ps
    int64_t m_waitUntil{0};                //!< the peer had no receive posted, ps
    std::unique_ptr<PayloadFetch> m_fetch; //!< payload on its way from the host; null: no host
    int64_t m_progress{0};                 //!< when the last packet was done, ps
    int64_t m_asked{0};                    //!< when an acknowledgement was last asked for, ps
    RdmaTimer<RdmaRequester, &RdmaRequester::TimerExpired> m_timer; //!< no answer comes
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_REQUESTER_H */
