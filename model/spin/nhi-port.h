/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_NHI_PORT_H
#define OFFLOAD_NHI_PORT_H

#include "cycle-scheduler.h"
#include "planned-words.h"
#include "spin-types.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/** Who reads and writes the NIC's memories through the NhiPort. */
class NhiClient
{
  public:
    virtual ~NhiClient() = default;

    /**
     * A transfer's end is known, or unknown again: another one got in its way.
     * @param command whose transfer
     * @param end the cycle after its last word, or NhiPort::UNKNOWN
     */
    virtual void TransferMoved(Command& command, uint64_t end) = 0;
};

/**
 * The port through which NIC outbound and host DMA reach the NIC's memories (NIC-host interconnect:
 * PsPIN hw/src/interconnects/nhi_xbar.sv, cluster_noc.sv,
 * hw/deps/pulp_cluster/rtl/nhi_port_wrap.sv): a channel for reads and one for writes, a word a
 * cycle each, one transfer after the other.
 *
 * Reads of one memory follow each other without a gap, and the second one's request is let in while
 * the first one's words come; a read of another memory waits for the last word of the one before. A
 * write waits for the one before, and for a cycle more if that was in another memory
 * (axi_demux.sv: the count of an id's transactions is a register). What goes over a border of 4 KiB
 * is two bursts, each with a request of its own (axi_dma_burst_reshaper.sv). The two channels meet
 * twice:
 * - In a cluster: its L1 serves one word a cycle through this port; a read and a write alternate.
 * - At the entrance (hw/deps/axi/src/axi_id_remap.sv): while a request that came before cannot go
 * on, no request of the other kind gets in. A write comes there long before its data, and cannot go
 * on without. If a read's and a write's come in the same cycle, both get in, but a read that finds
 * two under way is kept before a second such place (cluster_noc.sv), which the write then holds.
 *
 * Without writes, a read's end is known when it is asked for. As long as there are writes, requests
 * and words are followed one by one, and a transfer's end is known when it is there.
 */
class NhiPort
{
  public:
    static constexpr uint64_t UNKNOWN = UINT64_MAX; //!< an end

    /** @return whether there are no writes */
    bool IsQuiet() const
    {
        return m_quiet;
    }

    /** @return the words that are planned now; none as long as the port is quiet */
    PlannedWords GetPlanned() const;

    /**
     * @param cluster number
     * @return whether some of these are in its L1
     */
    bool HasPlanned(uint32_t cluster) const;

    /** Packet DMA has words where there were none: plan anew. */
    void PlanAnew();

    /** @param pipeline the unit */
    explicit NhiPort(SpinPipeline& pipeline);

    /**
     * Read. What is read ends in the order of the calls.
     * @param command with address and length
     * @param client is told when the end moves
     * @param start cycle, earliest
     * @return the cycle after the last word, or UNKNOWN: the client will be told
     */
    [[gnu::hot]] uint64_t Read(Command& command, NhiClient& client, uint64_t start);

    /**
     * Write; the client is told the end.
     * @param command with address and length
     * @param client is told
     * @param request cycle, the request comes to the port
     * @param data cycle, the first word may be written, and the next one in each cycle after it
     * @param gap cycles from its last word to the next write's first one, at least
     */
    void Write(Command& command, NhiClient& client, uint64_t request, uint64_t data, uint32_t gap);

    /**
     * Packet DMA takes a superbank from a send whose words are planned, with those after it.
     * @param cluster whose L1
     * @param cycle of the read's word
     * @return whether that word and the next ones go later now
     */
    bool Yield(uint32_t cluster, uint64_t cycle);

  private:
    static constexpr uint32_t PLANNED = 64;      //!< words that are planned ahead
    static constexpr uint32_t READS_OPEN = 2;    //!< cluster_noc.sv, AxiMaxTxnsPerId
    static constexpr uint32_t PAGE_BYTES = 4096; //!< AXI: no burst goes beyond one
    /**
     * Of m_writeWaits. One of the three words before a write's last one waited: host DMA's buffer,
     * three words deep (axi_dma_data_path.sv), then has the next write's first word already.
     */
    static constexpr uint32_t FILLED = 0xe;
    static constexpr uint64_t NEVER = UINT64_MAX; //!< no cycle

    /** A read or a write. */
    struct Transfer
    {
        Transfer* next{nullptr};    //!< in its channel
        Command* command{nullptr};  //!< whose
        NhiClient* client{nullptr}; //!< is told; nobody is of a burst before the last one
        uint64_t start{0};          //!< cycle, the request comes
        uint64_t data{0};           //!< a write's first word is there
        uint64_t end{NEVER};        //!< of a read, if known
        uint32_t address{0};        //!< of the next word
        uint32_t left{0};           //!< words
        uint32_t target{0};         //!< the memory
        uint32_t gap{0};            //!< after a write, cycles until the next one's data
    };

    /** Who wins when both want a cluster's L1: the one that was alone last, then by turns. */
    struct Turn
    {
        uint64_t cycle{0};    //!< of the last word
        bool readNext{false}; //!< a read wins
    };

    /** The next words of a channel. */
    struct Words
    {
        std::array<uint64_t, PLANNED> plan{}; //!< their cycles
        std::array<bool, PLANNED> turn{};     //!< after each of them, whether a read is next
    };

    /** Reads or writes. */
    struct Channel
    {
        LinkedQueue<Transfer> open;    //!< let in; the first one's words go
        LinkedQueue<Transfer> waiting; //!< not yet
        uint32_t openCount{0};         //!< those let in
        uint64_t forwarded{NEVER};     //!< cycle, a request came and could not go on
        uint64_t nextRequest{0};       //!< cycle, a request a cycle
        uint64_t ask{0};               //!< cycle, the next word at the earliest
        uint64_t lastAsk{0};           //!< cycle, the same of the last word that went
        uint64_t lastWord{0};          //!< cycle, that one went
        uint64_t freeAt{0};            //!< reads: the last one's end; writes: cycle for the next
        uint32_t target{0};            //!< the memory of the last request
        uint32_t planned{0};           //!< words
        uint32_t gone{0};              //!< of these
        std::unique_ptr<Words> words;  //!< once there are writes
    };

    bool CanBeQuiet() const;
    [[gnu::hot]] Transfer& Take(Command& command, NhiClient& client, uint64_t start);
    Transfer& TakeBurst(LinkedQueue<Transfer>& queue);
    static void Tell(Transfer& transfer);
    [[gnu::hot]] uint64_t Commit(Transfer& transfer);
    void Release(const Transfer& transfer, uint64_t cycle) const;
    [[gnu::hot]] void Forget(uint64_t now);
    void Revoke(uint64_t now);
    void CommitAll(uint64_t now);
    void Follow(uint64_t now, bool changed = false);

    void Step();
    bool Advance(Channel& channel, uint64_t now);
    bool AdmitRead(uint64_t now);
    bool AdmitWrite(uint64_t now);
    void Admit(Channel& channel, uint64_t now);
    void Finish(Channel& channel);
    void Plan(uint64_t now);
    uint64_t PlanWord(Channel& channel, uint64_t cycle, bool turn);
    void Unplan(Channel& channel);
    uint64_t NextEvent(uint64_t now) const;
    uint64_t NextRead() const;
    uint64_t NextWrite() const;
    uint32_t ClusterOf(const Transfer& transfer) const;

    SpinPipeline& m_pipeline;  //!< the unit
    bool m_quiet{true};        //!< no writes; reads' ends are known
    Pool<Transfer> m_pool;     //!< memory of transfers
    Channel m_read;            //!< reads
    Channel m_write;           //!< writes
    uint64_t m_writeData{0};   //!< cycle of the next write's data at the earliest
    uint32_t m_writeWaits{0};  //!< bit i: the word i before the last one of a write waited
    uint64_t m_writeHeld{0};   //!< cycle until which a write kept reads out
    uint64_t m_readHeld{0};    //!< cycle until which a read kept writes out
    bool m_readFull{false};    //!< the request of a read that came found two under way
    CycleEvent m_step;         //!< something changes
    std::vector<Turn> m_turns; //!< by cluster
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NHI_PORT_H */
