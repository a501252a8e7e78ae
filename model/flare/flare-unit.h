/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_UNIT_H
#define OFFLOAD_FLARE_UNIT_H

#include "flare-handler.h"

#include "ns3/quad-heap.h"
#include "ns3/spin-config.h"
#include "ns3/spin-types.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

/** Where a switch's sPIN unit sends packets. */
class FlareOutput
{
  public:
    /**
     * A handler's packet leaves the unit.
     * @param handler whose
     * @param packet goes to all children if it is a result, otherwise to the parent
     * @param time ps
     */
    virtual void SendReduced(FlareHandler& handler, FlarePacketPtr&& packet, int64_t time) = 0;

    /**
     * A result leaves the unit for one child that has not got it.
     * @param handler whose
     * @param packet the result or, if this is not the root, the sum for the parent
     * @param child which
     * @param time ps
     */
    virtual void ResendReduced(FlareHandler& handler,
                               FlarePacketPtr&& packet,
                               uint32_t child,
                               int64_t time) = 0;

  protected:
    virtual ~FlareOutput() = default;
};

/** A run of a handler, for timelines and statistics; times in cycles. */
struct FlareRun
{
    uint32_t core;     //!< in the unit
    uint64_t arrival;  //!< packet at NIC inbound
    uint64_t pickup;   //!< the core has the task
    uint64_t start;    //!< first instruction
    uint64_t end;      //!< return
    uint64_t feedback; //!< the packet's place is free again
    uint32_t bytes;    //!< of the packet's data
    uint32_t values;   //!< in the packet
};

/** Who wants to know of runs. */
class FlareObserver
{
  public:
    /** @param run has ended */
    virtual void HandlerRan(const FlareRun& run) = 0;

  protected:
    virtual ~FlareObserver() = default;
};

/** The organisation of a switch's sPIN unit; latencies are a SpinUnit's. */
struct FlareUnitConfig
{
    SpinConfig spin;             //!< of a PsPIN unit, see SpinUnit::GetConfig; clusters of all
    uint32_t clustersPerPort{4}; //!< clusters that share an input, DMA and output port: a PsPIN
                                 //!< unit's (pspin_cfg_pkg.sv); the switch is many of these
    double packetShare{8};       //!< several reductions: packets of one may take so many times the
                                 //!< packet memory that is free (Choudhury and Hahne, 1998)
    uint32_t coldCyclesPerLine{6}; //!< first run on a core: a line of 16 bytes from program memory
                                   //!< (PsPIN RTL: ping_pong's 8 lines take 75 - 28 cycles)
};

/** What the unit has counted. */
struct FlareUnitCounters
{
    uint64_t packets{0};        //!< taken in
    uint64_t refused{0};        //!< for lack of packet memory
    uint64_t inputBytes{0};     //!< of packets in the unit now
    uint64_t inputBytesMax{0};  //!< most of these
    int64_t memoryBytes{0};     //!< of aggregation state now
    int64_t memoryBytesMax{0};  //!< most of these
    double memoryByteCycles{0}; //!< integral of these over time
    uint64_t memorySince{0};    //!< cycle up to which it is counted
    uint64_t busyCycles{0};     //!< cores with a task
};

/**
 * The sPIN unit of a FLARE switch: clusters of cores on which handlers reduce packets as they pass.
 *
 * A packet is written to its port's L2 packet memory, and copied to the L1 of the cluster that its
 * block is bound to; there the first idle one of the block's S cores runs the handler on it, first
 * come, first served (hierarchical FCFS). Of several reductions that wait for a core, the one that
 * has used the cluster's cores least goes first, by cycles (start-time fair queueing: Goyal, Vin
 * and Cheng, 1996), so that who has slow handlers takes nobody's share; a place in L1 goes to the
 * one that has the fewest. In case of a tie they take turns, as messages do in PsPIN's MPQ engine.
 * Ports, packet slots in L1, packet memory and cores are limited; who finds one taken waits. The
 * latencies are those of SpinUnit's attributes.
 *
 * Handlers are sequences of steps without a stack, and only their steps are events, in a queue of
 * the unit's own. The owner advances it: nothing comes out before GetNextTime.
 */
class FlareUnit final : public FlareServices
{
  public:
    /**
     * @param config organisation and latencies
     * @param output takes what handlers send; outlives this
     * @throw std::invalid_argument with one line if the organisation is impossible
     */
    FlareUnit(const FlareUnitConfig& config, FlareOutput& output);
    ~FlareUnit() override;

    /**
     * Give a reduction its handlers and memory.
     * @param reduction what the application asks for
     * @return its handlers; the unit's
     * @throw std::invalid_argument with one line if it is impossible or L1 has no room for it
     */
    FlareHandler& Install(const FlareReduction& reduction);

    /**
     * Take a reduction away. Its memory is free at once, for handlers of others; packets in the
     * unit are handled to their end.
     * @param handler as Install returned it
     */
    void Remove(FlareHandler& handler);

    /**
     * @param reduction what would be installed
     * @return bytes of L1 that it takes in each cluster
     */
    uint64_t GetL1Bytes(const FlareReduction& reduction) const;

    /** @return bytes of each cluster's L1 that reductions may still take */
    uint64_t GetL1Free() const
    {
        return m_l1Free;
    }

    /**
     * A packet has come.
     * @param handler of its reduction
     * @param packet the packet
     * @param time now, ps
     * @return false if there is no packet memory; offer it again later or drop it
     */
    bool Receive(FlareHandler& handler, FlarePacketPtr&& packet, int64_t time);

    /**
     * Work off what lies before the present.
     * @param time now, ps
     */
    void Advance(int64_t time);

    /** @return the earliest instant at which something may come out, ps; INT64_MAX: none */
    int64_t GetNextTime() const;

    /** @return what has been counted */
    const FlareUnitCounters& GetCounters() const
    {
        return m_counters;
    }

    /** @return packets in the unit now */
    uint64_t GetPacketsInside() const
    {
        return m_inside;
    }

    /** @return cores */
    uint32_t GetCores() const
    {
        return static_cast<uint32_t>(m_tasks.size());
    }

    /** @param observer told of each run, or null; outlives the unit's runs */
    void SetObserver(FlareObserver* observer)
    {
        m_observer = observer;
    }

    // What handlers call
    void Send(FlareHandler& handler,
              const FlareTask& task,
              FlarePacketPtr&& packet,
              uint64_t cycle) override;
    void Resend(FlareHandler& handler,
                const FlareTask& task,
                FlarePacketPtr&& packet,
                uint64_t cycle) override;
    void Wake(uint16_t core, uint64_t cycle) override;
    uint32_t GetConflictCycles(const FlareTask& task,
                               uint64_t accesses,
                               uint64_t cycles) const override;
    void CountMemory(int64_t bytes, uint64_t cycle) override;

    FlareTask& GetTask(uint16_t core) override
    {
        return m_tasks[core];
    }

  private:
    static constexpr uint64_t NOT_STAGED = UINT64_MAX; //!< not in L1, nor on its way

    /** A packet that waits for a core. */
    struct Waiting
    {
        Waiting* next{nullptr};         //!< in its queue or the pool
        FlarePacketPtr packet;          //!< it
        FlareHandler* handler{nullptr}; //!< whose
        uint64_t arrival{0};            //!< cycle
        uint64_t ready{NOT_STAGED};     //!< cycle, in L1 and known to the cluster's scheduler
    };

    /** A reduction's packets for a set of S cores, first come first served. */
    struct Lane
    {
        Waiting* first{nullptr};    //!< oldest
        Waiting* last{nullptr};     //!< youngest
        Waiting* unstaged{nullptr}; //!< oldest that is not in L1
        uint32_t staged{0};         //!< in L1, running ones included
    };

    /** A reduction's part of a cluster's cores. */
    struct Share
    {
        uint64_t used{0};     //!< cycles; handlers that run count as long as expected
        uint64_t expected{0}; //!< cycles of a handler, by the latest ones
        uint32_t inside{0};   //!< packets that wait or run

        /**
         * A packet has come.
         * @param least cycles that those who are served have used
         */
        void Begin(uint64_t least);

        /**
         * A handler has ended.
         * @param charged cycles for which it counted
         * @param taken cycles for which its core was busy
         */
        void End(uint64_t charged, uint64_t taken);
    };

    /** Which reduction a cluster has served last. */
    struct Turn
    {
        uint32_t number{0}; //!< its number
        uint64_t used{0};   //!< cycles that it had used before: the time of those that are served
    };

    /** What the packets of a set of S cores share. */
    struct Queue
    {
        uint32_t staged{0};   //!< in L1, running ones included
        uint32_t limit{0};    //!< of these
        uint32_t unstaged{0}; //!< packets that wait for a place in L1
        uint32_t turn{0};     //!< number of the reduction that got the last place
    };

    /** Something that happens at a cycle. */
    struct Event
    {
        uint64_t cycle; //!< when
        uint64_t order; //!< of scheduling
        uint32_t what;  //!< core, or OUTPUT + number of a departure

        bool operator<(const Event& other) const
        {
            return cycle != other.cycle ? cycle < other.cycle : order < other.order;
        }
    };

    /** A packet on its way out. */
    struct Departure
    {
        FlarePacketPtr packet;          //!< it
        FlareHandler* handler{nullptr}; //!< whose
        uint32_t child{0};              //!< the only one that gets it, or ALL
    };

    /** What clusters share (PsPIN's units). */
    struct Port
    {
        uint64_t inputFree{0};  //!< cycle, NIC inbound's write port
        uint64_t dmaFree{0};    //!< cycle, packet DMA's port
        uint64_t outputFree{0}; //!< cycle, NIC outbound's read port
        uint64_t bytes{0};      //!< of packets in L2
    };

    static constexpr uint32_t OUTPUT = 1U << 16; //!< first number of a departure
    static constexpr uint32_t ALL = UINT32_MAX;  //!< children

    Queue& GetQueue(uint32_t cluster, uint32_t sizeLog, uint32_t set);
    void Stage(Queue& queue, Lane& lane, Waiting& waiting, uint32_t port, uint64_t cycle);
    Lane* FindUnstaged(const Queue& queue, uint32_t core);
    void StageNext(Queue& queue, uint32_t core, uint64_t cycle);
    Lane* FindNext(uint32_t core);
    void Start(uint32_t core, Lane& lane, uint64_t cycle);
    bool HasRoom(uint32_t number, uint32_t port, uint64_t bytes) const;
    void Run(uint32_t core, uint64_t cycle);
    void Done(uint32_t core, uint64_t cycle);
    void Depart(FlareHandler& handler,
                const FlareTask& task,
                FlarePacketPtr&& packet,
                uint32_t child,
                uint64_t cycle);
    void Schedule(uint64_t cycle, uint32_t what);

    uint32_t GetWords(const FlarePacket& packet) const;

    /** A core, beside the task that it runs. */
    struct Core
    {
        Queue* queue{nullptr};     //!< where its packet came from
        uint64_t arrival{0};       //!< cycle, of its packet
        uint64_t idleFrom{0};      //!< cycle, can take a task
        uint64_t charged{0};       //!< cycles for which its task counts while it runs
        bool working{false};       //!< in a step: neither spins nor is idle
        std::vector<uint8_t> warm; //!< by number of the handler: its code has run here
    };

    /** A reduction. */
    struct Installed
    {
        std::unique_ptr<FlareHandler> handler; //!< null: the number is free
        uint64_t l1Bytes{0};                   //!< of each cluster
        uint64_t inside{0};                    //!< packets in the unit, sent ones included
        uint32_t sizeLog{0};                   //!< binary logarithm of S
        std::vector<Lane> lanes;               //!< by set of S cores
        std::vector<Share> shares;             //!< by cluster
        std::vector<uint64_t> portBytes;       //!< by port: of its packets in L2
        bool removed{false};                   //!< goes with its last packet
    };

    void Leave(FlareHandler& handler);

    /** @return a reduction's packets for the set of cores that a core belongs to */
    Lane& GetLane(Installed& installed, uint32_t core) const
    {
        return installed.lanes[core >> installed.sizeLog];
    }

    FlareUnitConfig m_config;               //!< organisation
    FlareOutput& m_output;                  //!< takes packets
    FlareObserver* m_observer{nullptr};     //!< or null
    int64_t m_period;                       //!< of a cycle, ps
    uint32_t m_perCluster;                  //!< cores
    std::vector<FlareTask> m_tasks;         //!< by core
    std::vector<Core> m_cores;              //!< by core
    std::vector<uint8_t> m_working;         //!< by cluster: cores in a step
    std::vector<uint32_t> m_idle;           //!< by cluster: bit i: core i has no task
    std::vector<Queue> m_queues;            //!< by cluster: sets of 1, of 2, of 4, of 8 cores
    std::vector<Turn> m_turns;              //!< by cluster
    std::vector<Port> m_ports;              //!< by group of clusters
    std::vector<Departure> m_departures;    //!< on their way
    std::vector<uint32_t> m_freeDepartures; //!< numbers not in use
    std::vector<Installed> m_handlers;      //!< by number
    QuadHeap<Event> m_events;               //!< what happens
    Pool<Waiting> m_pool;                   //!< waiting packets
    FlareUnitCounters m_counters;           //!< see GetCounters
    uint64_t m_order{0};                    //!< events so far
    uint32_t m_installed{0};                //!< reductions
    uint64_t m_inside{0};                   //!< packets
    uint64_t m_l1Free;                      //!< see GetL1Free
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_UNIT_H */
