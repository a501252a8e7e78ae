/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_MESSENGER_H
#define OFFLOAD_RDMA_MESSENGER_H

#include "ns3/callback.h"
#include "ns3/completion-queue.h"
#include "ns3/memory-content.h"
#include "ns3/memory-region.h"
#include "ns3/net-device-container.h"
#include "ns3/ptr.h"
#include "ns3/queue-pair.h"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Numbered messages among hosts, each an RDMA WRITE into memory that its receiver polls. Queue
 * pairs are connected when they are first needed.
 *
 * Callbacks are calls of the hosts' completion queues: whoever is told must not destroy this.
 */
class RdmaMessenger
{
  public:
    /** Told that a message has come: receiver and number. */
    using ArrivedCallback = Callback<void, uint32_t, uint32_t>;

    /**
     * @param hosts an RdmaNetDevice per host, by number
     * @param messages most that a host sends or gets
     * @param arrived told of each message
     */
    RdmaMessenger(NetDeviceContainer hosts, uint32_t messages, ArrivedCallback arrived);

    RdmaMessenger(const RdmaMessenger&) = delete;
    RdmaMessenger& operator=(const RdmaMessenger&) = delete;

    /** Messages that have not come are given up: their queue pairs end in the error state. */
    ~RdmaMessenger();

    /** What is sent. */
    struct Message
    {
        uint32_t from{0};          //!< host
        uint32_t to{0};            //!< another one
        uint32_t number{0};        //!< different ones for all messages from, and to, a host
        uint32_t bytes{0};         //!< size, not zero
        Ptr<MemoryContent> source; //!< what the sender has
        Ptr<MemoryContent> target; //!< what becomes of it
    };

    /** @param message to be sent now */
    void Send(const Message& message);

    /** What is sent, out of and into memory that is registered. */
    struct Delivery
    {
        uint32_t from{0};         //!< host
        uint32_t to{0};           //!< another one
        uint32_t number{0};       //!< different ones for all messages from a host
        Ptr<MemoryRegion> source; //!< the sender's; deregistered when it is sent
        Ptr<MemoryRegion> target; //!< no other one under way to the receiver has its address, and
                                  //!< the source is as long; deregistered when all is there
    };

    /** @param delivery to be sent now */
    void Send(const Delivery& delivery);

    /** Told that a message could not be sent or has not come whole. */
    using FailedCallback = Callback<void>;

    /** @param failed told of the first failure */
    void SetFailedCallback(FailedCallback failed)
    {
        m_failedCallback = failed;
    }

    /** @return bytes of which the targets have said that they are not what they should be */
    uint64_t GetMismatches() const
    {
        return m_mismatches;
    }

    /** @return whether a message could not be sent or has not come whole */
    bool HasFailed() const
    {
        return m_failed;
    }

  private:
    /** A message that is not there yet. */
    struct Target
    {
        Ptr<MemoryRegion> region; //!< where it goes
        uint32_t number;          //!< which
    };

    /** A host's part. */
    struct Host
    {
        Ptr<CompletionQueue> sent;                               //!< own messages that have ended
        Ptr<CompletionQueue> arrived;                            //!< what is in the memory
        std::unordered_map<uint32_t, Ptr<QueuePair>> queuePairs; //!< by peer
        std::unordered_map<uint32_t, Ptr<MemoryRegion>> sources; //!< by number: under way
        std::unordered_map<uint64_t, Target> targets;            //!< by address
    };

    Ptr<RdmaEngine> GetEngine(uint32_t host) const;
    void Fail();                                    //!< tell, once
    void Abandon(uint32_t host);                    //!< what it sends and waits for
    void NotifySent(Ptr<CompletionQueue> queue);    //!< own messages have ended
    void NotifyArrived(Ptr<CompletionQueue> queue); //!< messages have come
    Ptr<QueuePair> Connect(uint32_t a, uint32_t b); //!< made when first asked for

    NetDeviceContainer m_devices;                        //!< by number
    ArrivedCallback m_arrived;                           //!< told of each message
    FailedCallback m_failedCallback;                     //!< or null
    std::vector<Host> m_hosts;                           //!< by number
    std::map<const CompletionQueue*, uint32_t> m_owners; //!< of completion queues
    uint64_t m_mismatches{0};                            //!< see GetMismatches
    bool m_failed{false};                                //!< see HasFailed
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_MESSENGER_H */
