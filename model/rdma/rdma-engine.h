/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_ENGINE_H
#define OFFLOAD_RDMA_ENGINE_H

#include "memory-region.h"
#include "queue-pair.h"
#include "rdma-host.h"
#include "rdma-timer.h"

#include "ns3/ethernet-frame.h"
#include "ns3/ipv4-address.h"
#include "ns3/light-trace.h"
#include "ns3/object.h"
#include "ns3/packet.h"
#include "ns3/quad-heap.h"

#include <cstdint>
#include <vector>

namespace ns3
{

class LogComponent;

namespace offload
{

/** What an RDMA engine needs of its NIC's port. */
class RdmaPort
{
  public:
    virtual ~RdmaPort() = default;

    /**
     * Send a frame; if the port drops it, its own trace tells.
     * @param frame moved from
     */
    virtual void SendRoce(EthernetFrame&& frame) = 0;

    /** @return when the port has serialised all that it was given, ps */
    virtual int64_t GetPortFreeAt() const = 0;

    /** @return the port's bit rate, bit/s */
    virtual uint64_t GetPortRate() const = 0;

    /** @return the port's address */
    virtual Mac48Address GetPortAddress() const = 0;

    /** @return id of the node */
    virtual uint32_t GetPortContext() const = 0;
};

/** Why an RDMA engine does nothing with a packet. */
enum class RdmaDropReason : uint8_t
{
    BAD_PACKET,         //!< lengths, versions or checksum are wrong
    BAD_ICRC,           //!< corrupted on its way
    UNKNOWN_OPCODE,     //!< not of the reliable connected service
    UNKNOWN_QUEUE_PAIR, //!< there is none with that number
    WRONG_STATE,        //!< the queue pair takes no such packets now
    WRONG_PEER,         //!< the queue pair is connected with another host
    OUT_OF_SEQUENCE,    //!< one before it is missing
    UNEXPECTED,         //!< a response that nothing waits for, or a request that was forgotten
};

/**
 * @param reason why
 * @return for a person
 */
const char* ToString(RdmaDropReason reason);

/**
 * The part of a NIC that speaks RoCEv2: its queue pairs, completion queues and memory regions, and
 * the scheduler that lets queue pairs send in turn, a packet each.
 *
 * The port's own queue is kept at a packet or two, so that whose turn it is is decided as late as
 * possible.
 */
class RdmaEngine : public Object
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    RdmaEngine();

    /**
     * An engine with another one's attributes, and nothing else of it: ns-3 goes through text to
     * set each attribute of each object, which takes longer. For CopyObject.
     * @param prototype the other one
     */
    RdmaEngine(const RdmaEngine& prototype);
    RdmaEngine& operator=(const RdmaEngine&) = delete;
    ~RdmaEngine() override;

    /** @param port of the NIC; outlives the engine's traffic */
    void SetPort(RdmaPort* port);

    /** @param address of the NIC */
    void SetAddress(Ipv4Address address);

    /** @param host the way to the host; null: it takes no time. Before completion queues are made
     */
    void SetHost(Ptr<RdmaHost> host);

    /** @return the way to the host */
    Ptr<RdmaHost> GetHost() const
    {
        return m_host;
    }

    /** @return address of the NIC */
    Ipv4Address GetAddress() const
    {
        return Ipv4Address(m_ownAddress);
    }

    /// @name Verbs
    /// @{

    /**
     * Let queue pairs use host memory (ibv_reg_mr).
     * @param memory the host's
     * @param range which addresses, and who may do what with them
     * @return the region
     * @throw std::invalid_argument if the memory has no such addresses
     */
    Ptr<MemoryRegion> RegisterMemory(Ptr<HostMemory> memory, const MemoryRegion::Range& range);

    /**
     * Let queue pairs use memory whose bytes are known beforehand; see MemoryRegion.
     * @param pattern the bytes from the first address on
     * @param range any addresses, and who may do what with them
     * @return the region
     * @throw std::invalid_argument if it shall serve atomic operations
     */
    Ptr<MemoryRegion> RegisterPattern(const PayloadPattern& pattern,
                                      const MemoryRegion::Range& range);

    /**
     * Let queue pairs use bytes that are neither memory nor a pattern; see MemoryContent.
     * @param content the bytes from the first address on
     * @param range any addresses, and who may do what with them
     * @return the region
     * @throw std::invalid_argument if it shall serve atomic operations
     */
    Ptr<MemoryRegion> RegisterContent(Ptr<MemoryContent> content, const MemoryRegion::Range& range);

    /**
     * @param region whose keys shall be refused from now on, and what is under way with it
     * (ibv_dereg_mr)
     */
    void DeregisterMemory(Ptr<MemoryRegion> region);

    /**
     * @param depth most completions that may wait
     * @return a completion queue (ibv_create_cq)
     */
    Ptr<CompletionQueue> CreateCompletionQueue(uint32_t depth);

    /**
     * @return a completion queue that holds all that a queue pair with the engine's settings can
     *         have under way
     */
    Ptr<CompletionQueue> CreateCompletionQueue();

    /**
     * @param parameters what it is made with; without a config it gets the engine's
     * @return a queue pair in RESET (ibv_create_qp)
     * @throw std::invalid_argument without completion queues
     */
    Ptr<QueuePair> CreateQueuePair(QueuePair::Parameters parameters);

    /** @return a counter for triggered operations; queue pairs are told of it by SetCounter */
    Ptr<TriggerCounter> CreateCounter();

    /** @param queuePair to be taken away (ibv_destroy_qp); nothing happens if it is not there */
    void DestroyQueuePair(Ptr<QueuePair> queuePair);

    /** @return a new protection domain (ibv_alloc_pd); domain 0 is there from the beginning */
    uint32_t AllocateDomain()
    {
        return ++m_domains;
    }

    /// @}

    /**
     * @param number of a queue pair
     * @return it; null if there is none
     */
    QueuePair* GetQueuePair(uint32_t number) const
    {
        const uint32_t index = number - FIRST_NUMBER;
        return index < m_queuePairs.size() ? PeekPointer(m_queuePairs[index]) : nullptr;
    }

    /**
     * A frame has arrived at the port.
     * @param frame it
     * @return whether it was for this engine
     */
    bool Receive(const EthernetFrame& frame);

    /** @return RoCE packets that have come in for this engine, whatever became of them */
    uint64_t GetReceived() const
    {
        return m_received;
    }

    /**
     * @param content of a frame that arrives
     * @return whether it is a packet for this engine
     */
    bool IsForMe(const FrameContent& content) const
    {
        const RocePacket* packet = RocePacket::From(&content);
        return packet && packet->destination == m_ownAddress;
    }

    /** @return whether somebody notices at once what the engine does: nothing may happen ahead */
    bool IsNoticed() const
    {
        return m_noticed > 0 || m_host || m_traced;
    }

    /** When the port will be free has changed other than by sending. */
    void PortTimesChanged();

    /** Signature of the Drop trace. */
    typedef void (*DropCallback)(Ptr<const Packet> packet, RdmaDropReason reason);
    /** Signature of the Retransmit trace. */
    typedef void (*RetransmitCallback)(uint32_t queuePair, uint32_t sequence);
    /** Signature of the Mismatch trace. */
    typedef void (*MismatchCallback)(uint32_t queuePair, uint32_t sequence, uint32_t bytes);
    /** Signature of the Notification trace. */
    typedef void (*NotificationCallback)(uint32_t queuePair, uint64_t rate);
    /** Signature of the CompletionOverflow trace. */
    typedef void (*CompletionOverflowCallback)(uint32_t queuePair, uint64_t request);
    /** Signature of the Completion trace. */
    typedef void (*CompletionCallback)(const Completion& completion);
    /** Signature of the Rate trace. */
    typedef void (*RateCallback)(uint32_t queuePair, uint64_t rate);
    /** Signature of the Tx and Rx traces. */
    typedef void (*PacketCallback)(uint32_t queuePair, Ptr<const Packet> packet);
    /** Signature of the State trace. */
    typedef void (*StateCallback)(uint32_t queuePair, QueuePairState state);

  protected:
    void DoDispose() override;

  private:
    friend class QueuePair;
    friend class RdmaRequester;
    friend class RdmaResponder;
    friend class TriggerCounter;

    /// Numbers 0 and 1 are special (IBTA 3.5.10)
    static constexpr uint32_t FIRST_NUMBER = 2;

    /** A queue pair that must wait. */
    struct Paced
    {
        int64_t time;         //!< for this instant, ps
        uint64_t order;       //!< equal ones in the order of their coming
        QueuePair* queuePair; //!< which

        bool operator<(const Paced& other) const
        {
            return time != other.time ? time < other.time : order < other.order;
        }
    };

    /** @return the host's memory that has these addresses; null if there is none */
    Ptr<HostMemory> FindMemory(uint64_t address, uint64_t length) const;
    bool ReceiveBytes(const EthernetFrame& frame);
    void Dispatch(const EthernetFrame& frame, const RocePacket& packet);
    void Activate(QueuePair& queuePair, int64_t now); //!< it may have something to send
    void Enrol(QueuePair& queuePair, int64_t now);    //!< put it where it belongs
    void Pump(int64_t now);                           //!< give the port something to do
    void Notice();                                    //!< somebody who listens has come or gone
    void Drop(Ptr<const Packet> packet, RdmaDropReason reason);
    void Drop(const RocePacket& packet, RdmaDropReason reason);
    void Store(QueuePair& queuePair,
               MemoryRegion& region,
               uint64_t address,
               const RocePacket& packet); //!< a payload has come for a region
    void StoreWord(QueuePair& queuePair,
                   MemoryRegion& region,
                   uint64_t address,
                   uint64_t value); //!< the result of an atomic operation has
    /** Bytes of a payload are not those of the region. */
    [[gnu::cold]] void TellMismatch(const QueuePair& queuePair,
                                    const RocePacket& packet,
                                    uint32_t wrong) const;
    const Ptr<QueuePairConfig>& UseConfig();     //!< made if there is none
    void SetConfig(Ptr<QueuePairConfig> config); //!< attribute setter
    Ptr<QueuePairConfig> GetConfig() const;      //!< attribute getter

    RdmaPort* m_port{nullptr};                        //!< the NIC's
    Ptr<RocePacketPool> m_pool;                       //!< makes the packets
    std::vector<Ptr<QueuePair>> m_queuePairs;         //!< by number
    std::vector<TriggerCounter*> m_counters;          //!< all that there are
    QueuePair* m_firstReady{nullptr};                 //!< whose turn it is
    QueuePair* m_lastReady{nullptr};                  //!< whose turn is last
    uint32_t m_context{0};                            //!< id of the node
    uint32_t m_burst{0};                              //!< attribute
    Time m_triggerTime;                               //!< attribute
    RdmaTimer<RdmaEngine, &RdmaEngine::Pump> m_timer; //!< the port or a queue pair is ready
    QuadHeap<Paced> m_paced;                          //!< those that wait
    uint64_t m_pacings{0};                            //!< so far
    uint64_t m_resets{0};                             //!< of queue pairs, so far
    uint32_t m_ownAddress{0};                         //!< attribute, IPv4
    Ptr<RdmaHost> m_host;                             //!< attribute
    MemoryTable m_memory;                             //!< regions by key
    uint64_t m_received{0};                           //!< see GetReceived
    uint32_t m_domains{0};                            //!< protection domains beside the first
    uint32_t m_noticed{0};                            //!< queue pairs with a consumer
    bool m_traced{false};                             //!< somebody listens
    Ptr<QueuePairConfig> m_config;                    //!< attribute

    LightTrace<Ptr<const Packet>, RdmaDropReason> m_dropTrace;
    LightTrace<uint32_t, uint32_t> m_retransmitTrace;
    LightTrace<uint32_t, uint32_t, uint32_t> m_mismatchTrace;
    LightTrace<uint32_t, uint64_t> m_notificationTrace;
    LightTrace<uint32_t, QueuePairState> m_stateTrace;
    LightTrace<uint32_t, uint64_t> m_overflowTrace;
    LightTrace<const Completion&> m_completionTrace;
    LightTrace<uint32_t, uint64_t> m_rateTrace;
    LightTrace<uint32_t, Ptr<const Packet>> m_txTrace;
    LightTrace<uint32_t, Ptr<const Packet>> m_rxTrace;

    static LogComponent g_log; //!< ns-3's logging, of all files of the class
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_ENGINE_H */
