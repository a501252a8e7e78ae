/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_ALLREDUCE_H
#define OFFLOAD_HOST_ALLREDUCE_H

#include "allreduce-schedule.h"
#include "host-vectors.h"
#include "rdma-messenger.h"

#include "ns3/callback.h"
#include "ns3/event-id.h"
#include "ns3/memory-region.h"
#include "ns3/net-device-container.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * An allreduce that hosts do by themselves, over RDMA: each message of an AllreduceSchedule is a
 * WRITE into the memory of its receiver, which polls for it, adds and goes on. Every byte is
 * compared with the sum that it must be; or the hosts have vectors of their own (HostVectors), and
 * what comes is added to them in the order of the steps.
 *
 * Not modelled: the time that a core takes to add. It works on one part while the next one travels.
 */
class HostAllreduce
{
  public:
    /**
     * @param hosts an RdmaNetDevice per host, by number
     * @param schedule who sends what to whom
     */
    HostAllreduce(NetDeviceContainer hosts, std::unique_ptr<AllreduceSchedule> schedule);

    /**
     * @param hosts an RdmaNetDevice per host, by number
     * @param schedule for a vector with a word of 8 bytes for each block
     * @param vectors what the hosts reduce; their own in the end
     */
    HostAllreduce(NetDeviceContainer hosts,
                  std::unique_ptr<AllreduceSchedule> schedule,
                  std::unique_ptr<HostVectors> vectors);

    HostAllreduce(const HostAllreduce&) = delete;
    HostAllreduce& operator=(const HostAllreduce&) = delete;
    ~HostAllreduce();

    /**
     * Tells that all hosts have the result, or that a message could not be sent; in an event of its
     * own, so that whoever is told may destroy this.
     */
    using DoneCallback = Callback<void>;

    /**
     * Have all hosts begin at this instant.
     * @param done called at the end; may be null
     */
    void Start(DoneCallback done = DoneCallback());

    /** @return the hosts' own vectors; null if there are none */
    HostVectors* GetVectors() const
    {
        return m_vectors.get();
    }

    /** @return whether all hosts have all of the result, and every byte was right */
    bool IsComplete() const;

    /** @return when the last host had all of the result, ps */
    int64_t GetEnd() const
    {
        return m_end;
    }

    /** @return bytes that were not what they must be */
    uint64_t GetMismatches() const
    {
        return m_messenger ? m_messenger->GetMismatches() : 0;
    }

    /** @return whether a message could not be sent */
    bool HasFailed() const
    {
        return m_messenger && m_messenger->HasFailed();
    }

  private:
    /** What is to be added to a host's vector. */
    struct Summand
    {
        uint64_t address; //!< where it comes
        uint64_t bytes;   //!< how many
        uint64_t offset;  //!< of the part in the vector
    };

    /** A host's part. */
    struct Host
    {
        std::map<uint32_t, Summand> summands; //!< by step: not added yet
        std::vector<bool> received;           //!< by step
        uint32_t next{0};                     //!< step whose message is not sent yet
        uint32_t applied{0};                  //!< steps whose messages are in the vector
        uint64_t room{0};                     //!< bytes taken for what is added
    };

    void Begin();
    void Finish();                                    //!< have the user told, once
    void Tell();                                      //!< the user
    void Apply(uint32_t host);                        //!< what has come, in order
    void Send(uint32_t host);                         //!< all that may be sent
    void Post(uint32_t host, uint32_t step);          //!< one message
    void HandleArrival(uint32_t host, uint32_t step); //!< a message has come
    Ptr<RdmaEngine> GetEngine(uint32_t host) const;
    Ptr<MemoryRegion> MakeTarget(uint32_t host,
                                 uint32_t step,
                                 const AllreduceSchedule::Message& message);
    Ptr<MemoryRegion> MakeSource(uint32_t host,
                                 uint32_t step,
                                 const AllreduceSchedule::Message& message,
                                 uint64_t length) const;

    NetDeviceContainer m_devices;                  //!< by number
    std::unique_ptr<AllreduceSchedule> m_schedule; //!< who sends what
    std::unique_ptr<HostVectors> m_vectors;        //!< or null: patterns
    std::vector<Host> m_hosts;                     //!< by number
    std::unique_ptr<RdmaMessenger> m_messenger;    //!< carries messages, numbered by their steps
    DoneCallback m_doneCallback;                   //!< or null
    EventId m_event;                               //!< Begin or Tell
    bool m_finished{false};                        //!< it is told, or will be
    uint32_t m_done{0};                            //!< hosts that have the result
    int64_t m_end{0};                              //!< see GetEnd
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_ALLREDUCE_H */
