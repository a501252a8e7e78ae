/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_QUEUE_PAIR_H
#define OFFLOAD_QUEUE_PAIR_H

#include "completion-queue.h"
#include "queue-pair-config.h"
#include "rdma-requester.h"
#include "rdma-responder.h"
#include "trigger-counter.h"

#include "ns3/ethernet-frame.h"
#include "ns3/ipv4-address.h"
#include "ns3/light-trace.h"
#include "ns3/mac48-address.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <cstdint>
#include <memory>

namespace ns3
{

class LogComponent;

namespace offload
{

class QueuePair;
class RdmaEngine;

/** What the two ends of a connection must know of each other; exchanged by other means. */
struct QueuePairAddress
{
    Mac48Address mac;      //!< of the NIC, or of the next router
    Ipv4Address ip;        //!< of the NIC
    uint32_t queuePair{0}; //!< number of the queue pair
    uint32_t sequence{0};  //!< number of its first packet
};

/** States of a queue pair (IBTA 10.3.1). */
enum class QueuePairState : uint8_t
{
    RESET,            //!< does nothing
    INITIALISED,      //!< takes receive requests
    READY_TO_RECEIVE, //!< carries out requests of the peer
    READY_TO_SEND,    //!< and its own
    ERROR,            //!< completes everything with an error
};

/** What a consumer makes of a packet. */
enum class ConsumeResult : uint8_t
{
    TAKEN,    //!< it is the consumer's now
    NO_ROOM,  //!< the peer shall try again later (RNR)
    FAILED,   //!< the peer gets a remote operation error, which ends the queue pair
    DECLINED, //!< of a message's first packet: the message goes to memory
};

/**
 * Takes the messages of a queue pair instead of its posted receives and memory regions: the queue
 * pair keeps order, reliability and protection, the consumer gets each packet of SEND and WRITE
 * once and in order. No receive is used up, not even by immediate data.
 */
class QueuePairConsumer
{
  public:
    virtual ~QueuePairConsumer() = default;

    /**
     * @param queuePair whose packet it is
     * @param frame that it came in
     * @param packet it; the opcode says whether it is a message's first or last
     * @param address of its payload: WRITE: in the memory that the peer names, which it may write;
     *        SEND: from the message's beginning
     * @return what becomes of it
     */
    virtual ConsumeResult Consume(QueuePair& queuePair,
                                  const EthernetFrame& frame,
                                  const RocePacket& packet,
                                  uint64_t address) = 0;
};

/**
 * A queue pair of the reliable connected service over RoCEv2: sends and receives messages, reads
 * and writes the peer's memory; every byte arrives once and in order, whatever the network does.
 */
class QueuePair : public SimpleRefCount<QueuePair>
{
  public:
    /** What a queue pair is made with. */
    struct Parameters
    {
        Ptr<const QueuePairConfig> config;       //!< settings
        Ptr<CompletionQueue> sendCompletions;    //!< of send requests
        Ptr<CompletionQueue> receiveCompletions; //!< of receive requests
        uint32_t domain{0};                      //!< protection domain
    };

    /**
     * By RdmaEngine::CreateQueuePair.
     * @param engine the owner
     * @param number of the queue pair
     * @param parameters what it is made with
     */
    QueuePair(RdmaEngine& engine, uint32_t number, const Parameters& parameters);

    QueuePair(const QueuePair&) = delete;
    QueuePair& operator=(const QueuePair&) = delete;

    /// @name For applications
    /// @{

    /** @return its number */
    uint32_t GetNumber() const
    {
        return m_number;
    }

    /** @return its state */
    QueuePairState GetState() const
    {
        return m_state;
    }

    /** @return its settings */
    const QueuePairConfig& GetConfig() const
    {
        return *m_parameters.config;
    }

    /** @return what the peer must know */
    QueuePairAddress GetAddress() const;

    /** @return the other end */
    const QueuePairAddress& GetPeer() const
    {
        return m_peer;
    }

    /**
     * RESET to INITIALISED.
     * @throw std::logic_error in any other state
     */
    void Initialise();

    /**
     * INITIALISED to READY_TO_RECEIVE.
     * @param peer the other end
     * @throw std::logic_error in any other state
     */
    void SetReadyToReceive(const QueuePairAddress& peer);

    /**
     * READY_TO_RECEIVE to READY_TO_SEND; the peer should be READY_TO_RECEIVE by then.
     * @throw std::logic_error in any other state
     */
    void SetReadyToSend();

    /** To RESET, from any state: forget all requests, also those that wait for a TriggerCounter. */
    void Reset();

    /** To ERROR: complete all requests with WORK_REQUEST_FLUSHED. */
    void SetError();

    /**
     * @param sequence number of the first packet sent; in RESET or INITIALISED. Default: made from
     * the queue pair's number, and another one after each Reset(), so that packets of an earlier
     * connection that are still on their way are out of sequence (IBTA 9.7.1)
     */
    void SetFirstSequence(uint32_t sequence);

    /**
     * Post a send request (ibv_post_send).
     * @param work what to do
     * @return what becomes of it; in ERROR it is flushed
     */
    [[nodiscard]] PostResult PostSend(const WorkRequest& work);

    /**
     * Post memory for a message (ibv_post_recv).
     * @param receive where to
     * @return what becomes of it; in ERROR it is flushed
     */
    [[nodiscard]] PostResult PostReceive(const ReceiveRequest& receive);

    /** @return send requests posted and not completed */
    uint32_t GetSendsPosted() const
    {
        return m_requester.GetPosted();
    }

    /** @return receive requests posted and not completed */
    uint32_t GetReceivesPosted() const
    {
        return m_responder.GetPosted();
    }

    /** @return packets sent and not acknowledged */
    uint32_t GetInFlight() const
    {
        return m_requester.GetInFlight();
    }

    /** @return the rate that congestion control allows, bit/s */
    uint64_t GetRate() const;

    /**
     * Have all messages of SEND and WRITE go to a consumer.
     * @param consumer outlives the connection; null: to memory again
     */
    void SetConsumer(QueuePairConsumer* consumer);

    /// @}
    /// @name For the engine and the two halves
    /// @{

    /**
     * @param now ps
     * @return when the next packet may be sent, ps; LookaheadEvent::NEVER: there is none
     */
    int64_t GetSendTime(int64_t now);

    /**
     * Send a packet; GetSendTime is not in the future.
     * @param now ps
     */
    void Send(int64_t now);

    /**
     * The NIC itself has something to send: no core is involved, and nothing is fetched for it.
     * @param work SEND or WRITE; told only if it fails
     * @param payload has the data, at most a packet's; null: they are fetched from the host
     * @return what becomes of it
     */
    [[nodiscard]] PostResult PostFromNic(const WorkRequest& work, RocePacketPtr payload);

    /**
     * A packet that the consumer has taken goes to memory after all. If there is no place for it,
     * the queue pair is in error.
     * @param packet of SEND or WRITE
     */
    void Deliver(const RocePacket& packet);

    /** @param counter counts messages of the peer that are in memory; null: none does */
    void SetCounter(Ptr<TriggerCounter> counter);

    /** @return see SetCounter */
    TriggerCounter* GetCounter() const
    {
        return PeekPointer(m_counter);
    }

    /**
     * A packet for this queue pair has come.
     * @param frame that it came in
     * @param packet it
     * @param now ps
     */
    void Receive(const EthernetFrame& frame, const RocePacket& packet, int64_t now);

    /**
     * @param opcode of a packet to the peer
     * @param sequence its number
     * @return the packet; the rest is to be set
     */
    RocePacketPtr MakePacket(RoceOpcode opcode, uint32_t sequence);

    /**
     * @param packet made by MakePacket, sent now; moved from
     * @param now ps
     */
    void Transmit(RocePacketPtr&& packet, int64_t now);

    /** @param time when all that has come can be seen in memory, ps */
    void Stored(int64_t time)
    {
        m_stored = time > m_stored ? time : m_stored;
    }

    /**
     * @param now ps
     * @return when all that has come can be seen in memory, ps
     */
    int64_t GetStored(int64_t now) const
    {
        return m_stored > now ? m_stored : now;
    }

    /** @param sequence the requester sends again from this number on */
    void GoingBack(uint32_t sequence);

    /** There may be something to send that could not be sent before. @param now ps */
    void Activate(int64_t now);

    /** @return the engine */
    RdmaEngine& GetEngine() const
    {
        return m_engine;
    }

    /** @return what it was made with */
    const Parameters& GetParameters() const
    {
        return m_parameters;
    }

    /** @return who gets the messages, if it is not memory */
    QueuePairConsumer* GetConsumer() const
    {
        return m_consumer;
    }

    /**
     * Tell of a finished request.
     * @param queue where
     * @param completion how it ended
     * @param now ps
     */
    void Complete(CompletionQueue& queue, const Completion& completion, int64_t now);

    /**
     * Put a completion into a queue.
     * @param queue where
     * @param completion what
     * @param now ps
     * @param time when it can be seen, ps
     * @return false if it is lost, which is traced
     */
    bool Push(CompletionQueue& queue, const Completion& completion, int64_t now, int64_t time);

    /// @}

  private:
    friend class RdmaEngine;

    /** Where the engine's scheduler has it. */
    enum class Place : uint8_t
    {
        NOWHERE, //!< nothing to send
        READY,   //!< in the round
        PACED,   //!< among those that must wait for an instant
    };

    void Require(QueuePairState state, const char* step) const;
    PostResult Posted(PostResult result);  //!< have the new request looked at
    void ReceiveNotification(int64_t now); //!< congestion: slow down
    void NotifyCongestion(int64_t now);    //!< tell the peer to slow down
    void Change(QueuePairState state);     //!< with a trace
    uint32_t MakeFirstSequence() const;    //!< a new one, see SetFirstSequence
    void TellRate(int64_t now);            //!< if it has changed
    /** Tell of a packet that is sent or has come. */
    void TellPacket(const LightTrace<uint32_t, Ptr<const Packet>>& trace,
                    const RocePacket& packet,
                    bool congested) const;

    // What sending a packet touches
    RdmaEngine& m_engine;                          //!< owner
    QueuePair* m_nextReady{nullptr};               //!< behind it in the engine's round
    Place m_place{Place::NOWHERE};                 //!< in the engine's scheduler
    QueuePairState m_state{QueuePairState::RESET}; //!< state
    bool m_responseTurn{false};                    //!< responses go before requests now
    uint16_t m_sourcePort{0};                      //!< UDP
    uint32_t m_number;                             //!< queue pair number
    uint32_t m_flowHash{0};                        //!< of its packets
    uint32_t m_source{0};                          //!< own IPv4 address
    uint32_t m_destination{0};                     //!< the peer's
    int64_t m_rateTime{0};     //!< congestion control allows no packet before, ps
    uint64_t m_pacing{0};      //!< names its entry, if it is PACED
    int64_t m_pacedTime{0};    //!< when that is due, ps
    EthernetFrame m_frame;     //!< header of its frames
    Parameters m_parameters;   //!< as made
    RdmaRequester m_requester; //!< carries out own requests
    RdmaResponder m_responder; //!< carries out the peer's

    std::unique_ptr<DcqcnRate> m_rate;      //!< congestion control; null: none
    uint64_t m_toldRate{0};                 //!< bit/s, of which a trace was told last
    int64_t m_stored{0};                    //!< see GetStored
    int64_t m_nextNotification{0};          //!< the peer is not told before, ps
    QueuePairConsumer* m_consumer{nullptr}; //!< see GetConsumer
    Ptr<TriggerCounter> m_counter;          //!< see GetCounter
    QueuePairAddress m_peer;                //!< the other end
    uint32_t m_firstSequence;               //!< see SetFirstSequence

    static LogComponent g_log; //!< ns-3's logging
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_QUEUE_PAIR_H */
