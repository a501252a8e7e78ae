/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_HANDLER_H
#define OFFLOAD_FLARE_HANDLER_H

#include "flare-model.h"
#include "flare-operator.h"
#include "flare-packet.h"

#include "ns3/instruction-mix.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <memory>

namespace ns3
{
namespace offload
{

class FlareHandler;

/// What all handlers take (counted in the code that they stand for)
namespace flare
{
/** Task, packet and scratchpad; header; slot of the block, its state; the child's bit. */
constexpr InstructionMix
Entry()
{
    InstructionMix mix;
    mix.load = 9;
    mix.loadUse = 5;
    mix.alu = 13;
    mix.branchNotTaken = 3;
    mix.atomic = 1;
    return mix;
}

/** Return. */
constexpr InstructionMix
Leave()
{
    InstructionMix mix;
    mix.load = 1;
    mix.jump = 1;
    return mix;
}

/** The result's header, and the command: six stores and a load. */
constexpr InstructionMix
SendResult()
{
    InstructionMix mix;
    mix.alu = 8;
    mix.store = 6 + 6;
    mix.load = 1;
    return mix;
}

} // namespace flare

/** How a sparse block is kept while it is summed (SC 2021, section 7). */
enum class FlareStorage : uint8_t
{
    HASH,  //!< hash table and spill buffer: small, lets collisions pass unsummed
    ARRAY, //!< the whole index range: sums all, grows with sparsity
};

/** Collective operations. */
enum class FlareCollective : uint8_t
{
    ALLREDUCE, //!< all contribute, all get the result
    REDUCE,    //!< one host gets the result; packets without values tell the others of it
    BROADCAST, //!< one host contributes; packets without values tell that the others are ready
    BARRIER,   //!< nobody contributes; all learn that all have begun
};

/** What a switch is told of an allreduce. */
struct FlareReduction
{
    uint16_t id{0};                                         //!< which; the packets' UDP source port
    FlareCollective collective{FlareCollective::ALLREDUCE}; //!< what it is
    uint32_t rootHost{0};    //!< reduce, broadcast: the host that gets or has the values
    uint32_t dataChild{ALL}; //!< reduce: the child behind which that host is; NONE, or ALL
    uint32_t children{0};    //!< P: ports from which contributions come, 1 to 256
    uint32_t window{1};      //!< blocks in flight: block b uses slot b mod window
    FlareChoice choice{FlareAlgorithm::TREE, 1}; //!< dense: how
    uint32_t coresPerBlock{0};                   //!< S: hierarchical FCFS; 0: all of a cluster
    Ptr<const FlareOperator> operation;          //!< what is done with the values
    bool sparse{false};                          //!< packets carry pairs of index and value
    FlareStorage storage{FlareStorage::ARRAY};   //!< sparse: how
    uint32_t blockRange{0};                      //!< sparse: indices of a block
    uint32_t hashSize{0};                        //!< sparse, HASH: entries of the table
    /// sparse: nothing is lost or repeated, so that shards are counted and no copies are told apart
    bool lossless{false};
    bool isRoot{true};      //!< results go down, otherwise up to the parent
    uint8_t childNumber{0}; //!< which child of its parent this switch is
    uint32_t address{0};    //!< IPv4 address of this switch in what it sends
    uint32_t group{0};      //!< IPv4 address of the communicator's group

    /** @return whether one of the hosts gets or has the values */
    bool HasRootHost() const
    {
        return collective == FlareCollective::REDUCE || collective == FlareCollective::BROADCAST;
    }

    /** @return whether values are combined by an operator that is not commutative */
    bool NeedsOrder() const
    {
        return (collective == FlareCollective::ALLREDUCE ||
                collective == FlareCollective::REDUCE) &&
               !operation->IsCommutative();
    }

    /**
     * What is impossible in any network.
     * @throw std::invalid_argument with one line: unknown collective, no operator, or elements that
     *        no packet can hold
     */
    void Check() const;

    /**
     * @return the same, of which a barrier has no values, whatever is said of them
     * @throw std::invalid_argument as Check
     */
    FlareReduction Checked() const;

    static constexpr uint32_t ALL = UINT32_MAX;      //!< children get results with their values
    static constexpr uint32_t NONE = UINT32_MAX - 1; //!< child gets more than the news of a result
};

/** A handler's run on a core: a packet and how far it has come. */
struct FlareTask
{
    FlarePacketPtr packet;          //!< what it works on
    FlareHandler* handler{nullptr}; //!< whose; null if the core is idle
    uint64_t pickup{0};             //!< cycle, the core has the task
    uint64_t start{0};              //!< cycle, first instruction
    uint64_t waitingSince{0};       //!< cycle, first failed attempt to take a buffer
    uint32_t slot{0};               //!< of the block
    uint32_t node{0};               //!< buffer or node of the tree that it works on
    uint16_t core{0};               //!< where it runs
    uint16_t nextWaiter{0};         //!< core that waits for the same buffers
    uint8_t phase{0};               //!< what comes next
    uint8_t level{0};               //!< in the tree
};

/** What becomes of a handler after a step. */
struct FlareStep
{
    /** Kinds of steps. */
    enum class Kind : uint8_t
    {
        AGAIN, //!< its core is busy until the next step
        WAIT,  //!< it spins until it is woken up
        DONE,  //!< it returns
    };

    Kind kind;      //!< what
    uint64_t cycle; //!< when: next step or return
};

/** What handlers use of their sPIN unit. */
class FlareServices
{
  public:
    /**
     * Send a packet: to the children if it is a result, otherwise to the parent.
     * @param handler whose
     * @param task which run sends it
     * @param packet sealed
     * @param cycle when the command is issued
     */
    virtual void Send(FlareHandler& handler,
                      const FlareTask& task,
                      FlarePacketPtr&& packet,
                      uint64_t cycle) = 0;

    /**
     * Send a result that was lost on the way again, to the child whose packet the run works on.
     * @copydetails Send
     */
    virtual void Resend(FlareHandler& handler,
                        const FlareTask& task,
                        FlarePacketPtr&& packet,
                        uint64_t cycle) = 0;

    /**
     * Have a handler's Step called.
     * @param core where it runs
     * @param cycle when
     */
    virtual void Wake(uint16_t core, uint64_t cycle) = 0;

    /**
     * @param core a core
     * @return what runs there
     */
    virtual FlareTask& GetTask(uint16_t core) = 0;

    /**
     * What a run loses to the other cores of its cluster at the banks of L1: on average, half a
     * cycle for each access of another one to the same bank in the same cycle.
     * @param task the run
     * @param accesses to L1
     * @param cycles in which it makes them
     * @return cycles more
     */
    virtual uint32_t GetConflictCycles(const FlareTask& task,
                                       uint64_t accesses,
                                       uint64_t cycles) const = 0;

    /**
     * The handlers' memory grows or shrinks.
     * @param bytes by how much
     * @param cycle when
     */
    virtual void CountMemory(int64_t bytes, uint64_t cycle) = 0;

    /// Banks of a cluster's L1, one access a cycle each (PsPIN clcfg:40)
    static constexpr uint32_t L1_BANKS = 64;

  protected:
    virtual ~FlareServices() = default;

    /**
     * @param others cores of the cluster that make as many accesses in the same time
     * @param accesses to L1
     * @param cycles in which a core makes them
     * @return cycles that each loses, on average
     */
    static uint32_t GetBankConflicts(uint64_t others, uint64_t accesses, uint64_t cycles)
    {
        return cycles == 0
                   ? 0
                   : static_cast<uint32_t>(others * accesses * accesses / (2 * cycles * L1_BANKS));
    }
};

/** What a reduction has counted at a switch. */
struct FlareCounters
{
    uint64_t packets{0};       //!< contributions that were handled
    uint64_t duplicates{0};    //!< of these, ignored: their child had contributed before
    uint64_t withoutBuffer{0}; //!< of these, dropped: their block's slot serves another one
    uint64_t malformed{0};     //!< of these, dropped: wrong size, child or index; hosts are told
    uint64_t blocks{0};        //!< completed
    uint64_t packetsOut{0};    //!< sums and results, sent up or down
    uint64_t bytesOut{0};      //!< of these, as IPv4 packets
    uint64_t collisions{0};    //!< sparse values that were spilled
    uint64_t blockCycles{0};   //!< sum over blocks, first packet to result
};

/**
 * The handlers of a reduction and its state in the clusters' L1. Each run is a sequence of steps,
 * computed when it comes to them, so that it needs no stack of its own.
 */
class FlareHandler
{
  public:
    virtual ~FlareHandler() = default;

    /** @return what the application asked for */
    const FlareReduction& GetReduction() const
    {
        return m_reduction;
    }

    /** @return what has been counted */
    const FlareCounters& GetCounters() const
    {
        return m_counters;
    }

    /** @return number in its unit */
    uint32_t GetNumber() const
    {
        return m_number;
    }

    /** @param number in its unit */
    void SetNumber(uint32_t number)
    {
        m_number = number;
    }

    /** @return cycles from a handler's first instruction to its first step */
    uint32_t GetEntryCycles() const
    {
        return m_core.Cycles(flare::Entry());
    }

    /** @return bytes of code, for the first run on each core */
    virtual uint32_t GetCodeBytes() const = 0;

    /** @return most bytes of L1 that a block takes at a time */
    virtual uint64_t GetBlockBytes() const = 0;

    /**
     * Go on with a run.
     * @param task the run
     * @param cycle now
     * @return what comes next
     */
    virtual FlareStep Step(FlareTask& task, uint64_t cycle) = 0;

  protected:
    /**
     * @param reduction what the application asks for
     * @param services the unit; outlives this
     */
    FlareHandler(const FlareReduction& reduction, FlareServices& services);

    /** @return what comes next for a run that has nothing more to do */
    FlareStep Return(uint64_t cycle) const
    {
        return {FlareStep::Kind::DONE, cycle + m_leaveCycles};
    }

    /** The part of a child cannot be combined: all hosts are told, and the run is over. */
    FlareStep Refuse(const FlareTask& task, FlareFault fault, uint64_t cycle);

    /**
     * Tell all hosts that a contribution has no sum: up to the root as sums go, and down as results
     * do. It may be lost, too: a contribution that is malformed or of another size does so again
     * each time it comes; without room for a block's packets it is sent once for each of them.
     * @param task the run that works on it
     * @param fault what is wrong
     * @param cycle when the command is issued
     */
    void SendFault(const FlareTask& task, FlareFault fault, uint64_t cycle);

    FlareReduction m_reduction;  //!< see GetReduction
    FlareServices& m_services;   //!< the unit
    Ptr<FlarePacketPool> m_pool; //!< packets and buffers
    FlareCounters m_counters;    //!< see GetCounters
    CoreTiming m_core;           //!< cycles of instructions
    uint32_t m_leaveCycles;      //!< see flare::Leave
    uint32_t m_sendCycles;       //!< see flare::SendResult

  private:
    uint32_t m_number{0}; //!< see GetNumber
};

/**
 * @param asked what an application asks for
 * @param services the unit
 * @param coresPerCluster of the unit
 * @return its handlers
 * @throw std::invalid_argument with one line if it is impossible
 */
std::unique_ptr<FlareHandler> MakeFlareHandler(const FlareReduction& asked,
                                               FlareServices& services,
                                               uint32_t coresPerCluster);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_HANDLER_H */
