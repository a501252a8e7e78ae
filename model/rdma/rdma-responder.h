/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_RESPONDER_H
#define OFFLOAD_RDMA_RESPONDER_H

#include "memory-region.h"
#include "rdma-host.h"
#include "rdma-work.h"
#include "roce-packet.h"

#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <memory>

namespace ns3
{
namespace offload
{

class QueuePair;
struct EthernetFrame;

/**
 * The half of a queue pair that carries out the requests of the peer (IBTA 9.7.4, responder).
 *
 * Packets are taken in the order of their sequence numbers only. Responses leave in the order of
 * the requests: while data of a READ are on their way out, acknowledgements of later requests wait,
 * and become one.
 */
class RdmaResponder
{
  public:
    /** @param queuePair the owner */
    explicit RdmaResponder(QueuePair& queuePair);

    /**
     * Begin.
     * @param sequence number of the peer's first packet
     */
    void Start(uint32_t sequence);

    /** Forget everything, without completions. */
    void Reset();

    /**
     * @param receive memory for a message
     * @return what becomes of it
     */
    PostResult Post(const ReceiveRequest& receive);

    /**
     * A request packet of the peer has come.
     * @param frame that it came in
     * @param packet it
     * @param now ps
     */
    void ReceiveRequest(const EthernetFrame& frame, const RocePacket& packet, int64_t now);

    /** @return whether data or a result wait to be sent */
    bool CanSend() const
    {
        return m_pending > 0;
    }

    /**
     * @param now ps
     * @return no response may be sent before, ps: the host takes its time
     */
    int64_t GetWaitTime(int64_t now)
    {
        return m_fetch ? GetFetchTime(now) : now;
    }

    /**
     * Send a response packet; CanSend.
     * @param now ps
     */
    void Send(int64_t now);

    /**
     * A packet that the consumer has taken goes to memory after all. Packets come in their order,
     * and all of a message before the next one's.
     * @param packet of SEND or WRITE
     * @param now ps
     * @return false if there is no place for it
     */
    bool Deliver(const RocePacket& packet, int64_t now);

    /**
     * The queue pair is in error: complete all receives.
     * @param now ps
     */
    void Flush(int64_t now);

    /** @return receives posted and not completed */
    uint32_t GetPosted() const
    {
        return static_cast<uint32_t>(m_receives.size()) + m_open.receives + m_late.receives;
    }

  private:
    /** A READ or atomic request, kept so that its answer can be given again. */
    struct Resource
    {
        Ptr<MemoryRegion> region; //!< READ: what is read
        uint64_t address;         //!< READ: of the next packet's bytes
        uint64_t original;        //!< atomics: the value before
        int64_t known;            //!< atomics: when the host has given it, ps
        uint32_t first;           //!< sequence number of the first response
        uint32_t packets;         //!< responses, had none been lost
        uint32_t next;            //!< sequence number of the next response
        uint32_t left;            //!< READ: bytes to be sent
        bool atomic;              //!< which of the two it is
        bool started;             //!< READ: the first packet has been sent
        bool pending;             //!< there is more to be sent
        bool repeated;            //!< the peer has asked again
        bool refused;             //!< READ: the peer may not read what it has asked for again
    };

    /** A message of SEND or WRITE whose packets come in. */
    struct OpenMessage
    {
        RoceTraits::Family family{RoceTraits::Family::UNKNOWN}; //!< UNKNOWN: there is none
        bool consumed{false};                                   //!< a consumer gets it
        bool receives{false};                                   //!< it has a receive of its own
        uint64_t receive{0};                                    //!< id of that
        Ptr<MemoryRegion> region;                               //!< where it goes
        uint64_t address{0};                                    //!< where its next bytes go
        uint32_t left{0};                                       //!< how many may come
        uint32_t bytes{0};                                      //!< how many have come

        bool IsRevoked() const //!< whether its memory may not be used any more
        {
            return region && region->IsRevoked();
        }
    };

    /// Syndrome that says: nothing has gone wrong
    static constexpr uint8_t GOOD = roce::Syndrome::ACK | roce::Syndrome::NO_CREDITS;
    /// Syndrome that says: this end cannot do it
    static constexpr uint8_t OPERATION_ERROR =
        roce::Syndrome::NAK | roce::Syndrome::REMOTE_OPERATION_ERROR;

    // Each returns a syndrome
    uint8_t Execute(const EthernetFrame& frame, const RocePacket& packet, int64_t now);
    uint8_t ExecuteSend(const RocePacket& packet, int64_t now);
    uint8_t ExecuteWrite(const RocePacket& packet, int64_t now);
    uint8_t ExecuteRead(const RocePacket& packet);
    uint8_t ExecuteAtomic(const RocePacket& packet, int64_t now);
    int64_t Exchange(bool changed, int64_t now); //!< an atomic operation crosses to the host
    uint8_t Consume(const EthernetFrame& frame, const RocePacket& packet, int64_t now);
    bool FollowsOpen(const RoceTraits& traits) const; //!< the packet is the message's next one
    bool IsConsumed(const RoceTraits& traits) const;  //!< whether the consumer gets the packet
    bool OpenWrite(const RocePacket& packet);         //!< false: it is not granted

    /** @return whether the open message may go there */
    bool OpenMemory(uint32_t key, uint64_t address, uint32_t length, uint32_t access);
    uint8_t OpenReceive(int64_t now); //!< SEND: find the memory
    bool TakeReceive(); //!< the oldest one is the open message's; false if there is none
    uint8_t RefuseReceive(WorkStatus status, uint8_t code, int64_t now); //!< its memory is no good
    void EndReceive(Completion completion, int64_t now); //!< tell of the open message's
    void Place(const RocePacket& packet);                //!< put the payload where the message goes
    void CompleteReceive(const RocePacket& packet, uint32_t bytes, int64_t now);
    int64_t GetFetchTime(int64_t now); //!< when the host has given the next packet
    void CountMessage(int64_t now);    //!< for triggered operations
    void TellMonitor(int64_t now);     //!< who watches the memory that a WRITE has ended
    bool HasRightSize(const RocePacket& packet) const; //!< for its place in the message

    void ReceiveAhead(const RocePacket& packet, int64_t now);     //!< one before it was lost
    void ReceiveDuplicate(const RocePacket& packet, int64_t now); //!< it has been done
    void Replay(const RocePacket& packet, int64_t now);           //!< answer once more
    bool AddResource(const Resource& resource);                   //!< false if too many
    void CountPending();                                          //!< look at all resources
    void ForgetFetched(); //!< another resource has its turn than the host was asked for
    void SendReadData(Resource& resource, int64_t now);
    void SendAtomicAck(Resource& resource, int64_t now);
    void Reply(uint8_t syndrome, int64_t now);           //!< as soon as all responses are sent
    void SendAcknowledge(uint8_t syndrome, int64_t now); //!< at once

    QueuePair& m_queuePair;                //!< owner
    uint32_t m_expected{0};                //!< number of the next packet
    uint32_t m_messages{0};                //!< done so far
    bool m_refusing{false};                //!< NAK sent, and the packet has not come
    bool m_failed{false};                  //!< an error ends the queue pair
    bool m_owing{false};                   //!< a reply waits for the responses
    uint8_t m_owed{0};                     //!< its syndrome
    uint32_t m_pending{0};                 //!< resources with more to be sent
    uint32_t m_turn{0};                    //!< the first of them
    std::unique_ptr<PayloadFetch> m_fetch; //!< payload on its way from the host; null: no host
    OpenMessage m_open;                    //!< the one that comes in
    OpenMessage m_late;                    //!< one that the consumer gives back
    boost::circular_buffer<offload::ReceiveRequest> m_receives; //!< posted, oldest first
    boost::circular_buffer<Resource> m_resources;               //!< oldest first
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_RESPONDER_H */
