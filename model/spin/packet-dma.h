/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PACKET_DMA_H
#define OFFLOAD_PACKET_DMA_H

#include "arbiter-tree.h"
#include "cycle-scheduler.h"
#include "nhi-port.h"
#include "read-entrance.h"
#include "spin-types.h"
#include "word-way.h"

#include "ns3/l1-banks.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * The packet DMA: moves packets from L2 to the clusters' L1. The DMA ports of all clusters share
 * one port of L2, one word a cycle in total (pspin.md "L2->L1 packet DMA bandwidth"; PsPIN
 * hw/src/interconnects/dma_noc.sv). An engine asks for a packet when its task is accepted; one
 * request passes in a cycle, the clusters' by turns, and the words come in the order in which
 * requests passed. Of each cluster's reads two are under way at most (axi_id_remap in dma_noc.sv,
 * AxiMaxTxnsPerId; an engine gives all its reads the same id): a third one's request waits until
 * the last word of the first has come, and while the arbiter (axi_mux.sv) is at it, the requests of
 * all others wait as well. L2 takes a few at a time (ReadEntrance). Transfers of an engine end
 * every other cycle at most.
 *
 * Requests that nothing hinders pass without an event.
 *
 * From when the NhiPort writes until all transfers are over, words are followed one by one. In a
 * cluster's L1 they wait for the NhiPort's words in the same superbank (tcdm_superbank_mux.sv).
 * That port reads and writes by turns, each time another superbank; packet DMA that has met one of
 * the two comes one superbank behind it and meets it again with each word, so that it goes at half
 * its speed. A few words wait between L2 and L1 (WordWay); when there is no room for more, the
 * port of L2 stands, for all clusters.
 */
class PacketDma
{
  public:
    /** @param pipeline the unit */
    explicit PacketDma(SpinPipeline& pipeline);
    ~PacketDma();

    /**
     * Queue a transfer. The task's `ready` is the cycle in which the packet is in L1, or UNKNOWN:
     * then the cluster's scheduler is told.
     * @param task whose packet
     * @param start cycle, earliest
     */
    [[gnu::hot]] void Transfer(Task& task, uint64_t start);

    /** The NhiPort is about to write: follow words from now on. */
    void Follow();

    /** The NhiPort will plan its words anew. */
    void Unplan();

    /**
     * It plans a word, the words of each L1 in the order of their cycles.
     * @param cluster whose L1
     * @param address in it
     * @param cycle in which the word is to go
     * @return whether a word of this DMA takes its place
     */
    bool Wins(uint32_t cluster, uint32_t address, uint64_t cycle);

    /** It has planned them. */
    void Plan();

    /**
     * A word of the NhiPort went.
     * @param cluster whose L1
     * @param address in it
     * @param cycle in which it went
     */
    void WordGone(uint32_t cluster, uint32_t address, uint64_t cycle);

    static constexpr uint64_t UNKNOWN = UINT64_MAX; //!< a task's `ready`

  private:
    static constexpr uint32_t PLANNED = 64; //!< words that are planned ahead, per cluster

    static constexpr uint64_t NO_REQUEST = UINT64_MAX; //!< a number

    /** A transfer that waits for its request to pass, or is followed. */
    struct Move
    {
        Move* next{nullptr}; //!< in its queue
        Task* task{nullptr}; //!< whose
        uint64_t start{0};   //!< cycle of the request, then the read may begin; once it has: the
                             //!< next word may be in L1
        uint32_t address{0}; //!< of the next word
        uint32_t left{0};    //!< words
        uint64_t number{NO_REQUEST}; //!< of its request
    };

    /** A cluster's engine. Cycles are those in which a read begins if nothing is before it. */
    struct Engine
    {
        uint64_t beforeLast{0};   //!< cycle from which the read before the last one is over
        uint64_t last{0};         //!< the last one
        uint64_t ready{0};        //!< cycle in which the last transfer ends
        uint32_t unread{0};       //!< requests that have passed whose reads have not begun
        uint32_t id{0};           //!< of its reads while there are any (axi_id_remap.sv)
        LinkedQueue<Move> asking; //!< requests that have not passed
    };

    /** Who wins a superbank that both want: who had it alone last, or lost it last
     * (rr_arb_tree.sv). */
    struct Turns
    {
        std::array<uint64_t, L1Banks::SUPERBANKS> cycle{}; //!< of the last word
        std::array<bool, L1Banks::SUPERBANKS> own{};       //!< it was one of packet DMA

        void Set(uint32_t address, uint64_t when, bool ofThis)
        {
            const uint32_t superbank = L1Banks::SuperbankOf(address);
            if (cycle[superbank] <= when)
            {
                cycle[superbank] = when;
                own[superbank] = ofThis;
            }
        }
    };

    /** What is on its way to a cluster. */
    struct Stream
    {
        LinkedQueue<Move> open;                   //!< begun, one after the other
        uint32_t pending{0};                      //!< words of these
        uint32_t planned{0};                      //!< the next ones of these
        uint32_t gone{0};                         //!< of these
        uint64_t lastWord{0};                     //!< cycle of the last one that went
        WordWay way;                              //!< of its words
        std::array<uint64_t, PLANNED> plan{};     //!< cycles of words
        std::array<uint64_t, PLANNED + 1> lost{}; //!< cycles in which they had to give way, or 0
        Turns turns;                              //!< of words that went
        const Move* next{nullptr};                //!< the next word to be planned is of this one
        uint32_t nextWord{0};                     //!< and has this number in it
        uint64_t nextCycle{0};                    //!< and goes then at the earliest
        Turns nextTurns;                          //!< turns after the planned words
    };

    uint64_t Read(Engine& engine, uint64_t start, uint32_t words);
    void Place(Task& task, uint64_t start, uint64_t number);
    [[gnu::hot]] uint64_t NotePass(uint32_t cluster, uint64_t cycle);
    uint64_t TakeBanks(const Task& task, uint32_t words, uint64_t cycle);
    uint64_t MayPass(uint32_t cluster);
    void Arbitrate();
    void Ask(Task& task, uint64_t start);
    void Pass(Move& move);
    void QueueRest(Task& task, uint64_t now);
    Move& MakeMove(Task& task, uint64_t start, uint32_t gone);
    void NoteStall();
    void NoteEnd();
    void Activate();
    void Open(Move& move);
    void Advance(Stream& stream, uint64_t now);
    void UnplanStream(uint32_t cluster, uint64_t now);
    void PlanStream(uint32_t cluster);
    void Finish(Move& move, uint64_t lastWord);
    bool MayPlan(const Stream& stream) const;
    uint64_t NextCycle(const Stream& stream) const;
    uint32_t NextAddress(const Stream& stream) const;
    void PlanWord(uint32_t cluster, uint64_t cycle);
    void WakeUp(uint64_t now);
    void Step();

    SpinPipeline& m_pipeline;          //!< the unit
    const uint32_t m_way;              //!< cycles from a transfer's begin to its first word in L1
    const uint32_t m_response;         //!< cycles from the one after its last word to its end
    uint64_t m_portFree{0};            //!< cycle, the shared port
    ArbiterTree m_arbiter;             //!< of the requests
    uint64_t m_lastPass{0};            //!< cycle, the last request passed
    ReadEntrance m_entrance;           //!< where requests enter L2
    uint64_t m_lastNumber{NO_REQUEST}; //!< of the transfer that began last, if its end is unknown
    uint32_t m_asking{0};              //!< requests that have not
    std::vector<Engine> m_engines;     //!< by cluster
    bool m_follows{false};             //!< words one by one
    uint32_t m_moves{0};               //!< transfers that are followed, their requests have passed
    uint32_t m_lastCluster{0};         //!< whose transfer began last
    LinkedQueue<Move> m_waiting;       //!< requests have passed, not begun
    Pool<Move> m_pool;                 //!< memory of transfers
    std::vector<Stream> m_streams;     //!< by cluster, once followed
    CycleEvent m_step;                 //!< a transfer is over, or another may begin
    CycleEvent m_arbitrate;            //!< a request may pass
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PACKET_DMA_H */
