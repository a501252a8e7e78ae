/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CANARY_NET_DEVICE_H
#define OFFLOAD_CANARY_NET_DEVICE_H

#include "canary-packet.h"
#include "flare-net-device.h"
#include "flare-window.h"

#include "ns3/callback.h"
#include "ns3/link-net-device.h"
#include "ns3/lookahead-queue.h"
#include "ns3/nstime.h"

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** What a host is told of an allreduce without a tree. */
struct CanaryJob
{
    uint16_t id{0};                                       //!< what DoneCallback is told
    uint16_t rank{0};                                     //!< of the host
    std::shared_ptr<const std::vector<uint32_t>> members; //!< hosts by rank, 2 to 65535
    uint32_t blocks{0};                                   //!< of the vector
    uint32_t window{512};                          //!< blocks in flight, the same at all: more
                                                   //!< than a round trip and the time-outs of
                                                   //!< switches take at 100 Gbit/s
    FlareType type{FlareType::INT32};              //!< of the values
    FlareOperation operation{FlareOperation::SUM}; //!< what is done with them
    FlareVector* vector{nullptr};                  //!< data; outlives the allreduce
};

/** What the device has counted. */
struct CanaryHostCounters
{
    uint64_t contributions{0}; //!< sent
    uint64_t requests{0};      //!< for results that did not come in time
    uint64_t repeats{0};       //!< packets in which leaders asked for values once more
    uint64_t collected{0};     //!< packets that came for blocks led by this host
};

/**
 * A host's interface in allreduces without a tree (Canary): each block has a leader, the members in
 * turn. All others send their values towards it; switches sum on the way what meets there. The
 * leader adds what comes and its own, and sends the result to one of the hosts, on whose way the
 * switches pass it to all others, and to those whose packets have passed switches by.
 *
 * In the first round each host sends a block once, so that the counters in the packets tell when
 * all values are there. Who has no result in time asks the leader; if that has none, packets were
 * lost, and it collects the values of each host by itself, whose packets then pass the switches by.
 * A host takes part in a block when it has the result of the one a window before; so a leader
 * forgets a result when the block a window later is complete.
 *
 * The allreduces of a communicator, the same members in the same order, are numbered as each host
 * begins them. A host goes on to the next one, or to another communicator's, when it has all of its
 * own results. So it keeps those of the last window that it leads, for those who lack them, until
 * it has a result of the communicator's next allreduce: all hosts have begun that. And it keeps
 * what comes for the next allreduce before it has begun it itself. Of each communicator both are a
 * window of blocks at most, the former divided among the members.
 *
 * A host that has had no result for long gives up, and so do all when one finds that its block
 * cannot be sent or has not as many values as another rank's: that is an error, of which the
 * application is told.
 */
class CanaryNetDevice : public LinkNetDevice
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    CanaryNetDevice();
    ~CanaryNetDevice() override;

    /** Tells that an allreduce is complete. */
    using DoneCallback = Callback<void, uint16_t>;

    /** Tells that there will be no result, and why, in one line. */
    using FailureCallback = Callback<void, uint16_t, const std::string&>;

    /**
     * Begin an allreduce, now.
     * @param job the host's part
     * @param done called when all results are there, in the simulator's time; may be null
     * @param failed called when it was given up; if null, the line goes to std::clog
     * @throw std::invalid_argument if one is under way, if the job is impossible or if the vector's
     *        packets are malformed
     */
    void Start(const CanaryJob& job,
               DoneCallback done = DoneCallback(),
               FailureCallback failed = FailureCallback());

    /** @return why the last allreduce was given up, in one line; empty if it was not */
    const std::string& GetError() const
    {
        return m_error;
    }

    /** @return whether an allreduce is under way */
    bool IsBusy() const
    {
        return m_window.IsOpen();
    }

    /** @return when the last result of the last allreduce came, ps */
    int64_t GetDoneTime() const
    {
        return m_doneTime;
    }

    /** @return what has been counted */
    const CanaryHostCounters& GetCanaryCounters() const
    {
        return m_counters;
    }

    bool TakesAhead(const EthernetFrame& frame) const override;

  protected:
    void ReceiveFrame(EthernetFrame&& frame) override;
    void DoDispose() override;

  private:
    /** Who gets a result of its own. */
    struct Source
    {
        uint32_t host;     //!< number
        CanaryTrail trail; //!< way back
    };

    /** A block that this host leads. */
    struct Led
    {
        FlarePacketPtr sum;     //!< so far; the result when all is there
        uint32_t counter{0};    //!< hosts whose values are in it
        uint8_t round{0};       //!< 1: each host is asked by itself
        bool complete{false};   //!< all values are there
        int64_t askedAt{0};     //!< when hosts were asked last, ps
        std::vector<bool> seen; //!< round 1: by rank
        uint32_t first{0};      //!< host of the first packet that switches have noted
        bool noted{false};      //!< there is one: their ports lead to all of these
        boost::container::small_vector<Source, 2> sources; //!< the others, to be told one by one
    };

    /** What is kept of a communicator besides the allreduce under way. */
    struct Communicator
    {
        uint16_t next{0};                   //!< sequence number of the next allreduce
        uint16_t keptSequence{0};           //!< number of the one that kept is of
        std::vector<FlarePacketPtr> kept;   //!< results that others may ask for
        std::vector<CanaryPacketPtr> early; //!< contributions to the next one
    };

    uint32_t GetMembers() const;
    bool IsCurrent(const CanaryPacket& packet) const;
    void KeepResults();
    void TakeEarly();
    void TakeOther(const CanaryPacket& packet);
    Led& GetLed(uint32_t block);
    FlarePacketPtr ReadBlock(uint32_t block);
    FlarePacketPtr ReadOrFail(uint32_t block); //!< the same, with null instead of a throw
    void GiveUp();
    void Fail(const std::string& reason);
    void FailAll(uint32_t block, const std::string& reason);
    CanaryPacketPtr MakePacket(CanaryKind kind, uint32_t block, uint32_t to);
    void SendBlock(uint32_t block, const FlarePacketPtr& values, int64_t now);
    bool SendPacket(const CanaryPacketPtr& packet);
    void Collect(uint32_t block, const FlarePacketPtr& values, uint32_t count);
    void SendResult(uint32_t block, const Source& source, bool bypass);
    void TakeContribution(const CanaryPacket& packet);
    void TakeRequest(const CanaryPacket& packet);
    void TakeRepeat(const CanaryPacket& packet);
    void TakeResult(uint32_t block, const FlarePacketPtr& values);
    void AskAll(uint32_t block, int64_t now);
    void Complete(uint32_t block);
    void Repeat(int64_t now);

    Time m_timeout;           //!< attribute
    uint32_t m_maxRepeats{0}; //!< attribute

    CanaryJob m_job;                                  //!< under way, or the last one
    FlareFormat m_format;                             //!< of its vector
    DoneCallback m_done;                              //!< or null
    FailureCallback m_failed;                         //!< or null
    std::string m_error;                              //!< see GetError
    int64_t m_progressAt{0};                          //!< when the last result came, ps
    Ptr<const FlareOperator> m_operation;             //!< what is done
    FlareWindow m_window;                             //!< blocks in flight
    int64_t m_doneTime{0};                            //!< see GetDoneTime
    std::vector<Led> m_led;                           //!< every so many blocks
    std::map<uint16_t, Communicator> m_communicators; //!< by number
    Communicator* m_communicator{nullptr};            //!< of m_job; null before the first one
    uint16_t m_number{0};                             //!< of the communicator
    uint16_t m_sequence{0};                           //!< of m_job among its allreduces
    CanaryHostCounters m_counters;                    //!< see GetCanaryCounters
    LookaheadTimer<CanaryNetDevice, &CanaryNetDevice::Repeat, false> m_timer{this}; //!< time-outs
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CANARY_NET_DEVICE_H */
