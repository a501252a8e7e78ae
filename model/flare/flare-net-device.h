/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_NET_DEVICE_H
#define OFFLOAD_FLARE_NET_DEVICE_H

#include "flare-handler.h"
#include "flare-packet.h"
#include "flare-shards.h"
#include "flare-vector.h"
#include "flare-window.h"

#include "ns3/callback.h"
#include "ns3/lookahead-queue.h"
#include "ns3/nstime.h"
#include "ns3/rdma-net-device.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Where a host stands in the numbers of its group's blocks: they run on from one operation to the
 * next, so that switches tell a new block from one that is repeated. All hosts do the group's
 * operations in the same order, and so each of them counts the same.
 */
struct FlareSequence
{
    uint32_t next{0};   //!< number of the next operation's first block
    bool broken{false}; //!< an operation was given up: switches may keep parts of its blocks

    /**
     * Begin an operation.
     * @param blocks how many, at most flare::MAX_BLOCKS
     * @return number of the first one
     */
    uint32_t Take(uint32_t blocks)
    {
        // Within an operation, blocks that follow one another have slots that do.
        const uint32_t first = blocks > UINT32_MAX - next ? 0 : next;
        next = first + blocks;
        return first;
    }
};

/** What a host is told of an allreduce. */
struct FlareJob
{
    uint16_t id{0};               //!< which allreduce
    uint8_t child{0};             //!< number of the host at its switch
    uint32_t blocks{0};           //!< of the vector
    uint32_t first{0};            //!< block to begin with: those before it are complete
    uint32_t window{1};           //!< blocks in flight, as at the switches
    uint32_t start{0};            //!< first block of the window to be sent (staggered sending)
    uint32_t address{0};          //!< IPv4 address of the host
    uint32_t group{0};            //!< IPv4 address of the communicator's group
    bool sparse{false};           //!< pairs of index and value
    FlareVector* vector{nullptr}; //!< data; outlives the allreduce; null with a barrier
    FlareCollective collective{FlareCollective::ALLREDUCE}; //!< what it is
    bool isRoot{false};       //!< reduce, broadcast: it gets or has the values
    uint32_t rank{0};         //!< of the host, for messages
    uint32_t elementBytes{0}; //!< of a value; 0: not known, and the switches look at it
    /// Of the group, which has many operations one after the other; null: this is the only one
    std::shared_ptr<FlareSequence> sequence;

    /** @return whether the host contributes values */
    bool Contributes() const
    {
        return collective == FlareCollective::ALLREDUCE || collective == FlareCollective::REDUCE ||
               (collective == FlareCollective::BROADCAST && isRoot);
    }

    /** @return whether the host gets values */
    bool Receives() const
    {
        return collective == FlareCollective::ALLREDUCE ||
               (collective == FlareCollective::REDUCE && isRoot) ||
               (collective == FlareCollective::BROADCAST && !isRoot);
    }
};

/** What the device has counted. */
struct FlareHostCounters
{
    uint64_t sent{0};       //!< contributions, repeated ones included
    uint64_t repeated{0};   //!< of these
    uint64_t received{0};   //!< results
    uint64_t duplicates{0}; //!< of these, of blocks that were complete
};

/**
 * A host's interface that takes part in allreduces: it sends a window of blocks, one more for each
 * result that comes back, and repeats what is not answered in time (SC 2021, section 4).
 *
 * When nothing has been answered for long, it tells so, and goes on; if there is nobody to be told,
 * it gives up. It also does when a switch says that a block has no result, or when its own vector
 * cannot be sent: that is an error, of which the application is told.
 *
 * All other traffic is that of an RdmaNetDevice; given an engine, the host can do without the
 * network's help. One allreduce at a time.
 */
class FlareNetDevice : public RdmaNetDevice
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    FlareNetDevice();
    ~FlareNetDevice() override;

    /** Tells that an allreduce is complete. */
    using DoneCallback = Callback<void, uint16_t>;

    /** Tells that nothing is answered. */
    using AlarmCallback = Callback<void, uint16_t>;

    /** Tells that there will be no result, and why, in one line. */
    using FailureCallback = Callback<void, uint16_t, const std::string&>;

    /**
     * Begin an allreduce, now.
     * @param job the host's part
     * @param done called when all results are there, in the simulator's time; may be null
     * @param alarm called when no result has come in GetPatience, and again after as long; may be
     *        null, and then the allreduce is given up after MaxAlarms of them
     * @param failed called when it was given up; if null, the line goes to std::clog
     * @throw std::invalid_argument if one is under way on this host, if one of the same group was
     *        given up here, if the job is impossible, or if the vector's packets are malformed
     * @throw std::length_error if a sparse block takes more packets than can be counted
     */
    void Start(const FlareJob& job,
               DoneCallback done = DoneCallback(),
               AlarmCallback alarm = AlarmCallback(),
               FailureCallback failed = FailureCallback());

    /**
     * Give the allreduce up: nobody is told of it any more. Its group has no others after it, for
     * the switches may keep parts of its blocks.
     */
    void Stop();

    /**
     * Give an allreduce up, if it is under way.
     * @param id which
     */
    void Stop(uint16_t id)
    {
        if (m_job.id == id)
        {
            Stop();
        }
    }

    /** @return whether an allreduce is under way, or is complete and nobody has been told yet */
    bool IsBusy() const
    {
        return m_window.IsOpen() || m_telling;
    }

    /** @return why the last allreduce was given up, in one line; empty if it was not */
    const std::string& GetError() const
    {
        return m_error;
    }

    /** @return first block of the last allreduce without a result; their number if there is none */
    uint32_t GetFirstMissing() const
    {
        return m_window.GetFirstMissing();
    }

    /** @return for how long nothing may be answered before the alarm */
    Time GetPatience() const
    {
        return m_timeout * (m_maxRepeats + int64_t{1});
    }

    /** @return when the last result of the last allreduce came, ps */
    int64_t GetDoneTime() const
    {
        return m_doneTime;
    }

    /** @return what has been counted */
    const FlareHostCounters& GetFlareCounters() const
    {
        return m_counters;
    }

    bool TakesAhead(const EthernetFrame& frame) const override;

  protected:
    void ReceiveFrame(EthernetFrame&& frame) override;
    void DoDispose() override;

  private:
    void Begin(int64_t now);
    void Fail(const std::string& reason);
    void SendBlock(uint32_t block, int64_t now);
    void SendOrFail(uint32_t block, int64_t now); //!< the same, with an error instead of a throw
    bool SendShard(uint32_t block, uint32_t shard, bool& more);
    void TakeResult(const FlarePacket& packet, uint32_t block);
    void Deliver(const FlarePacket& packet, uint32_t block); //!< to the vector
    void Tell();                                             //!< that all is complete
    void Repeat(int64_t now);

    Time m_timeout;           //!< attribute
    uint32_t m_maxRepeats{0}; //!< attribute
    uint32_t m_maxAlarms{0};  //!< attribute

    FlareJob m_job;                    //!< under way
    FlareFormat m_format;              //!< of its vector
    uint32_t m_firstNumber{0};         //!< that its first block has on the way
    uint64_t m_operation{0};           //!< tells old calls of these callbacks from new ones
    bool m_telling{false};             //!< m_done or m_failed will be called
    DoneCallback m_done;               //!< or null
    AlarmCallback m_alarm;             //!< or null
    FailureCallback m_failed;          //!< or null
    std::string m_error;               //!< see GetError
    uint32_t m_alarms{0};              //!< in a row, that nobody was told of
    int64_t m_progressAt{0};           //!< when the last result came or was missed, ps
    FlareWindow m_window;              //!< blocks in flight
    int64_t m_doneTime{0};             //!< see GetDoneTime
    Mac48Address m_group;              //!< destination of contributions
    std::vector<FlareShards> m_shards; //!< sparse, by slot: results that have come
    FlareHostCounters m_counters;      //!< see GetFlareCounters
    LookaheadTimer<FlareNetDevice, &FlareNetDevice::Repeat, false> m_timer{this}; //!< time-outs
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_NET_DEVICE_H */
