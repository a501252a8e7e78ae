/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_WRITE_PROGRAM_H
#define OFFLOAD_WRITE_PROGRAM_H

#include "write-view.h"

#include "ns3/handler-program.h"
#include "ns3/instruction-mix.h"
#include "ns3/memory-window.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

class Hpu;

/**
 * Base of the shipped programs for queue pairs: payload handlers on packets of RDMA WRITE.
 *
 * What the handlers must know lies in the cluster's scratchpad, written by the host when the
 * context is attached: the address that the peer writes to, and where to send packets on. Behind it
 * each HPU has room for a frame. The peer's first byte belongs to the first byte of the context's
 * host memory.
 */
class WriteProgram : public HandlerProgram
{
  public:
    /** Where packets are sent on to. */
    struct Target
    {
        uint32_t queuePair; //!< own queue pair
        uint32_t key;       //!< of the peer's memory
        uint64_t address;   //!< there, for the first byte
    };

    /** What the handlers must know. */
    struct Setup
    {
        uint64_t address{0};      //!< what the peer's first byte is written to
        uint64_t local{0};        //!< address of the own memory for sending from it
        uint32_t localKey{0};     //!< its key
        uint32_t messageBytes{0}; //!< of a message, for those who wait for all of it
        uint32_t targets{0};      //!< how many follow
        uint32_t counted{0};      //!< bytes so far; the handlers'
        uint32_t ownAddress{0};   //!< IPv4 address of the own NIC, for requests to it
    };

    static TypeId GetTypeId();
    WriteProgram();
    ~WriteProgram() override;

    bool Has(HandlerKind kind) const override;
    void Prepare(ExecutionContext& context) override;

    /**
     * @param setup what the handlers must know
     * @param targets where packets are sent on to
     */
    void SetUp(const Setup& setup, const std::vector<Target>& targets);

    /**
     * @param hpus of a cluster
     * @return bytes of scratchpad that the context needs
     */
    uint32_t GetScratchpadBytes(uint32_t hpus) const;

  protected:
    /** @return what the host has written */
    static Setup GetSetup(Hpu& hpu);
    /** @return where packets go */
    static Target GetTarget(Hpu& hpu, uint32_t target);
    /**
     * Count bytes of the message, an atomic addition.
     * @param hpu where
     * @param bytes more of them
     * @return how many there are now
     */
    static uint32_t CountBytes(Hpu& hpu, uint32_t bytes);
    /** @return room for a frame, an HPU's of this cluster */
    MemoryWindow GetFrame(Hpu& hpu, uint32_t owner) const;

    /**
     * @param bytes that are gone through
     * @param loads of a vector for each one
     * @param operations on vectors for each one
     * @return what the loop takes, four vectors in each turn
     */
    InstructionMix Loop(uint32_t bytes, uint32_t loads, uint32_t operations) const;

    /**
     * The packet's address and size, two words of the set-up, three of the headers; their bytes
     * swapped (RV32IM: nine instructions a word, three a half-word); the offset; ret.
     */
    static constexpr InstructionMix Begin()
    {
        InstructionMix mix;
        mix.load = 2 + 2 + 3;
        mix.alu = 9 + 3 + 4;
        mix.branchNotTaken = 1;
        mix.jump = 1;
        return mix;
    }

    /** A target and the fields that name it, in network byte order. */
    static constexpr InstructionMix Address()
    {
        InstructionMix mix;
        mix.load = 4;
        mix.alu = 16;
        mix.store = 7;
        return mix;
    }

    /** The message's size loaded, bytes added, compared. */
    static constexpr InstructionMix CountMix()
    {
        InstructionMix mix;
        mix.load = 1;
        mix.alu = 2;
        mix.atomic = 1;
        mix.branchNotTaken = 1;
        return mix;
    }

    /** Headers of a frame copied, word by word. */
    static constexpr InstructionMix CopyHeaders()
    {
        InstructionMix mix;
        mix.load = (WriteView::PAYLOAD + 3) / 4;
        mix.store = mix.load;
        return mix;
    }

  private:
    uint32_t m_vectorBytes{0};     //!< attribute
    Setup m_setup;                 //!< for the scratchpad
    std::vector<Target> m_targets; //!< for the scratchpad
};

/** Sends each message back: packet by packet, or from host memory when all of it is there. */
class PutBackProgram : public WriteProgram
{
  public:
    static TypeId GetTypeId();
    void Prepare(ExecutionContext& context) override;
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;

  private:
    bool m_store{false}; //!< attribute
};

/** Puts packets into host memory and sends them on to all targets (a node of a broadcast tree). */
class BroadcastProgram : public WriteProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

/** Adds packets of 32-bit integers to those in host memory. */
class AccumulateProgram : public WriteProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

/** The data node of a RAID-5 update: stores new data, sends the difference to the parity node. */
class RaidDataProgram : public WriteProgram
{
  public:
    static TypeId GetTypeId();
    bool Has(HandlerKind kind) const override;
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

/** The parity node of a RAID-5 update: brings the parity up to date, tells the client. */
class RaidParityProgram : public WriteProgram
{
  public:
    static TypeId GetTypeId();
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_WRITE_PROGRAM_H */
