/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_TRAFFIC_H
#define OFFLOAD_RDMA_TRAFFIC_H

#include "ns3/completion-queue.h"
#include "ns3/memory-region.h"
#include "ns3/net-device-container.h"
#include "ns3/ptr.h"
#include "ns3/queue-pair.h"
#include "ns3/rdma-work.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** A message from one host to another. */
struct RdmaFlow
{
    uint32_t source;      //!< number of the sending host
    uint32_t destination; //!< number of the receiving host, another one
    uint64_t bytes;       //!< of the message; not zero
};

/**
 * @param hosts how many, at least two
 * @param bytes of each message
 * @param seed picks the permutation, the same one on all machines
 * @return each host sends to one other and receives from one other
 */
std::vector<RdmaFlow> MakePermutation(uint32_t hosts, uint64_t bytes, uint64_t seed);

/**
 * @param senders hosts 1 to senders send
 * @param bytes of each message
 * @return all send to host 0
 */
std::vector<RdmaFlow> MakeIncast(uint32_t senders, uint64_t bytes);

/**
 * @param hosts how many, at least two
 * @param bytes of each message
 * @return each host sends to each other, in the order of their distance, so that no two begin with
 *         the same one
 */
std::vector<RdmaFlow> MakeAllToAll(uint32_t hosts, uint64_t bytes);

/**
 * Messages between the RDMA NICs of a network: each flow is one RDMA WRITE over a queue pair of its
 * own. What is written is a pattern, which the receiving region checks byte for byte.
 */
class RdmaTraffic
{
  public:
    /** What became of a flow. */
    struct Outcome
    {
        bool done{false};                       //!< it has ended, well or not
        WorkStatus status{WorkStatus::SUCCESS}; //!< how
        PostResult posted{PostResult::POSTED};  //!< why it could not be sent, if it could not
        int64_t end{0};                         //!< the sender knows that all is there, ps

        /** @return whether it has ended well */
        bool IsGood() const
        {
            return done && posted == PostResult::POSTED && status == WorkStatus::SUCCESS;
        }

        /** @return what has become of it, as the end of a sentence */
        std::string Describe() const;
    };

    /** @param hosts an RdmaNetDevice per host, by number */
    explicit RdmaTraffic(NetDeviceContainer hosts);

    RdmaTraffic(const RdmaTraffic&) = delete;
    RdmaTraffic& operator=(const RdmaTraffic&) = delete;
    ~RdmaTraffic();

    /**
     * Connect queue pairs and have all flows begin at the same instant; before the simulation.
     * @param flows the messages
     */
    void Start(const std::vector<RdmaFlow>& flows);

    /** @return flows that have ended, well or not */
    uint32_t GetDone() const
    {
        return m_done;
    }

    /** @return the share of the bytes that has arrived, 0 to 1 */
    double GetFraction() const;

    /** @return by flow, in the order given */
    const std::vector<Outcome>& GetOutcomes() const
    {
        return m_outcomes;
    }

    /** @return whether all flows have ended well, and every byte at the receivers is right */
    bool IsComplete() const;

    /** @return bytes at receivers that are not what they should be */
    uint64_t GetMismatches() const;

  private:
    void Post();                                       //!< all flows begin
    void PostFlow(uint32_t flow);                      //!< its next message: a long one has several
    void End(uint32_t flow);                           //!< it is done, well or not
    void NotifyCompletion(Ptr<CompletionQueue> queue); //!< of a host

    NetDeviceContainer m_hosts;                 //!< by number
    std::vector<RdmaFlow> m_flows;              //!< as given
    std::vector<uint64_t> m_posted;             //!< bytes, by flow
    std::vector<Ptr<QueuePair>> m_queuePairs;   //!< of the senders, by flow
    std::vector<Ptr<MemoryRegion>> m_sources;   //!< by flow
    std::vector<Ptr<MemoryRegion>> m_targets;   //!< by flow
    std::vector<Ptr<CompletionQueue>> m_queues; //!< by host
    std::vector<Outcome> m_outcomes;            //!< by flow
    uint32_t m_done{0};                         //!< see GetDone
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_TRAFFIC_H */
