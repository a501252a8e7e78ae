/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_USE_CASE_H
#define OFFLOAD_SPIN_USE_CASE_H

#include "posted-requests.h"
#include "spin-cluster.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A use case of the sPIN paper (SC'17) on its cluster, by handlers or by the hosts' cores; its
 * subclasses say what happens. Every byte is checked in the end.
 */
class SpinUseCase
{
  public:
    /** What can be chosen. */
    struct Config
    {
        std::string path{"spin"};          //!< who does the work
        std::string host{"sc17-discrete"}; //!< a HostPreset
        uint32_t processes{2};             //!< one on each host
        uint32_t payloadBytes{64};         //!< of a message
    };

    /** What came of it. */
    struct Outcome
    {
        bool done{false};   //!< it came to its end
        uint64_t wrong{0};  //!< bytes in memory that are not what they should be
        int64_t time{0};    //!< from the first request to the last one who waits, ps
        int64_t cpuTime{0}; //!< of all cores, ps
    };

    /**
     * @param config what can be chosen
     * @param paths who may do the work
     * @param hosts how many there are; at least as many as processes
     * @param memoryBytes of each host
     * @throw std::invalid_argument if it makes no sense
     */
    SpinUseCase(const Config& config,
                const std::vector<std::string>& paths,
                uint32_t hosts,
                uint64_t memoryBytes);
    virtual ~SpinUseCase();

    SpinUseCase(const SpinUseCase&) = delete;
    SpinUseCase& operator=(const SpinUseCase&) = delete;

    /** @return the hosts */
    SpinCluster& GetCluster()
    {
        return *m_cluster;
    }

    /**
     * Simulate it.
     * @return what came of it
     * @throw std::runtime_error if a request could not be posted
     */
    Outcome Run();

  protected:
    /** Post the first requests, at time zero. */
    virtual void Begin() = 0;

    /** @return bytes in memory that are not what they should be */
    virtual uint64_t CountWrong() = 0;

    /** @return what was chosen */
    const Config& GetConfig() const
    {
        return m_config;
    }

    /** @return whether handlers do the work */
    bool IsSpin() const
    {
        return m_config.path == "spin";
    }

    /** @return whether cores sleep, and copy messages out of the buffer that they come into */
    bool IsCpu() const
    {
        return m_config.path == "cpu";
    }

    /** Told of bytes that a host has got. */
    using Told = std::function<void(uint64_t address, uint32_t bytes)>;

    /**
     * Have a host told of WRITEs that have ended in a buffer, as by a core that looks at it.
     * @param host whose
     * @param buffer where they go
     * @param told what it does then
     */
    void Watch(uint32_t host, const ClusterBuffer& buffer, Told told);

    /**
     * Have a host told of messages that handlers are through with.
     * @param queuePair on which they come
     * @param told what it does then; the address is not known
     */
    void Watch(const Ptr<QueuePair>& queuePair, Told told);

    /** Arrays that a core goes through; see HostCpu::GetLoopTime. */
    struct Loop
    {
        uint32_t reads;  //!< those that it fetches
        uint32_t writes; //!< those that it writes
    };

    /**
     * A core works on a message that it was just told of.
     * @param host whose
     * @param bytes of the message
     * @param loop arrays of that size that it goes through
     * @param then what it does when it is through
     */
    void Compute(uint32_t host, uint32_t bytes, const Loop& loop, std::function<void()> then);

    /** A WRITE of all or a part of a buffer. */
    void Write(const Ptr<QueuePair>& queuePair,
               const ClusterBuffer& from,
               const ClusterBuffer& to,
               uint64_t offset,
               uint32_t bytes);

    /** Post a request, which must not be refused. */
    void Post(const Ptr<QueuePair>& queuePair, const WorkRequest& work);

    /** @return the request for such a WRITE */
    static WorkRequest MakeWrite(const ClusterBuffer& from,
                                 const ClusterBuffer& to,
                                 uint64_t offset,
                                 uint32_t bytes);

    /** One of those who wait has got all it waits for. */
    void PartDone();

    /** @param parts how many wait */
    void Expect(uint64_t parts)
    {
        m_parts = parts;
    }

    /** @return a byte of known content: a function of a place and a seed */
    static uint8_t MakeByte(uint64_t place, uint32_t seed)
    {
        return static_cast<uint8_t>((place * 2654435761U >> 7) + place * 31 + seed * 101 + 1);
    }

    /** Fill a buffer with such bytes. */
    static void Fill(const ClusterBuffer& buffer, uint32_t seed);

  private:
    /** Somebody who is told by a completion queue. */
    struct Watcher
    {
        Ptr<CompletionQueue> queue; //!< where
        Told told;                  //!< what happens then
    };

    void Notified(Ptr<CompletionQueue> queue);
    void NoteWork(const CpuWork& work);
    void Watch(Ptr<CompletionQueue> queue, Told told);
    static void Call(std::function<void()> then);

    Config m_config;                        //!< as given
    std::unique_ptr<SpinCluster> m_cluster; //!< the hosts
    std::vector<Watcher> m_watchers;        //!< all
    uint64_t m_parts{1};                    //!< that have not come to their end
    PostedRequests m_requests;              //!< so far
    Outcome m_outcome;                      //!< so far
};

/** A message to all processes along a binomial tree: "spin", "triggered", "rdma", "cpu". */
class SpinBroadcast : public SpinUseCase
{
  public:
    /** @param config what can be chosen; @throw std::invalid_argument if it makes no sense */
    explicit SpinBroadcast(const Config& config);

    /** @return who may do the work */
    static const std::vector<std::string>& GetPaths();

    /**
     * @param process one
     * @param processes how many there are
     * @return whom it sends to, the one with the most behind it first
     */
    static std::vector<uint32_t> GetChildren(uint32_t process, uint32_t processes);

  private:
    void Begin() override;
    uint64_t CountWrong() override;
    void Arrived(uint32_t process, uint32_t bytes);
    void SendOn(uint32_t process);

    std::vector<ClusterBuffer> m_buffers;                //!< by process
    std::vector<std::vector<Ptr<QueuePair>>> m_children; //!< by process
    std::vector<Ptr<TriggerCounter>> m_counters;         //!< by process
    std::vector<uint32_t> m_bytes;                       //!< that have come, by process
};

/** Processes add arrays of 32-bit integers to arrays of process 0: "spin", "rdma", "cpu". */
class SpinAccumulate : public SpinUseCase
{
  public:
    /** @param config what can be chosen; @throw std::invalid_argument if it makes no sense */
    explicit SpinAccumulate(const Config& config);

    /** @return who may do the work */
    static const std::vector<std::string>& GetPaths();

  private:
    /** A process that sends, and what belongs to it at process 0. */
    struct Client
    {
        ClusterBuffer source;              //!< what it adds
        ClusterBuffer bounce;              //!< where it comes to, if a core adds
        ClusterBuffer sum;                 //!< what it is added to
        RdmaHelper::Connection queuePairs; //!< its own, process 0's
        uint32_t bytes{0};                 //!< that have come
    };

    void Begin() override;
    uint64_t CountWrong() override;
    void PrepareSpin();
    void Arrived(uint32_t client, uint32_t bytes);
    void Add(uint32_t client);

    std::vector<Client> m_clients; //!< processes 1 and following
};

/**
 * RAID-5 update: a client writes a piece of data to each of the data nodes, the parity node is
 * brought up to date, the client is told: "spin", "rdma", "cpu". Processes are the data nodes and
 * the parity node; the client is one more.
 */
class SpinRaid : public SpinUseCase
{
  public:
    /** @param config what can be chosen; @throw std::invalid_argument if it makes no sense */
    explicit SpinRaid(const Config& config);

    /** @return who may do the work */
    static const std::vector<std::string>& GetPaths();

  private:
    /** A data node. Its data are as long as all of the update; a piece of them changes. */
    struct DataNode
    {
        ClusterBuffer data;            //!< on it
        ClusterBuffer bounce;          //!< where new data come to, if a core works
        ClusterBuffer difference;      //!< of new and old, if a core works
        ClusterBuffer parityBounce;    //!< at the parity node, if a core works there
        RdmaHelper::Connection client; //!< the client's, its own
        RdmaHelper::Connection parity; //!< its own, the parity node's
        uint32_t first{0};             //!< where its piece begins
        uint32_t bytes{0};             //!< of its piece
    };

    void Begin() override;
    uint64_t CountWrong() override;
    void PrepareSpin();
    void PrepareCores();
    void UpdateData(uint32_t node);
    void UpdateParity(uint32_t node);
    void Tell(const Ptr<QueuePair>& queuePair, const ClusterBuffer& from);

    std::vector<DataNode> m_nodes;         //!< hosts 1 and following
    uint32_t m_parityHost;                 //!< behind them
    ClusterBuffer m_source;                //!< the client's new data
    ClusterBuffer m_notes;                 //!< where the client is told
    ClusterBuffer m_parity;                //!< the parity node's
    RdmaHelper::Connection m_parityClient; //!< the parity node's, the client's
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_USE_CASE_H */
