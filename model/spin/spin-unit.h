/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_UNIT_H
#define OFFLOAD_SPIN_UNIT_H

#include "handler-program.h"
#include "spin-config.h"

#include "ns3/callback.h"
#include "ns3/light-trace.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{

class Packet;

namespace offload
{

class ExecutionContext;
class HostPort;
class InstructionObserver;
class MemoryFrame;
class SpinPipeline;
struct ContextEvent;

/** Where a packet stands in its message. */
struct MessagePosition
{
    uint64_t key; //!< which message of its context; any value, unique among the open ones
    bool first;   //!< the message's first packet: opens it
    bool last;    //!< the message's last packet
};

/** The port through which a unit sends packets. */
class PacketOutput
{
  public:
    virtual ~PacketOutput() = default;

    /** @return when the port can begin with a packet, ps; INT64_MAX while it is paused */
    virtual int64_t GetReadyAt() const = 0;

    /**
     * Send a packet; called when the port is ready.
     * @param frame an Ethernet frame without FCS
     */
    virtual void Transmit(Ptr<Packet> frame) = 0;

    /**
     * The same, for outputs that have no need of a Packet with the header in it.
     * @param frame an Ethernet frame without FCS
     * @param time when, ps: now, or up to GetLateness(its size) ago
     */
    virtual void TransmitFrame(const MemoryFrame& frame, int64_t time);

    /**
     * A packet that is sent cannot be noticed by anybody before it has crossed the wire, so the
     * unit may hand it over late. Whoever looks at the output calls SpinUnit::CatchUp first.
     * @param bytes the packet's size without FCS, at least
     * @return by how much, ps
     */
    virtual int64_t GetLateness(uint32_t) const
    {
        return 0;
    }

    /**
     * @return whether nobody beside the wire takes note of what the NIC around the unit does, so
     * that it may happen ahead of Simulator::Now() (LookaheadQueue)
     */
    virtual bool RunsAhead() const
    {
        return false;
    }
};

/** Where packets come from that the unit is told of in advance. */
class PacketInput
{
  public:
    virtual ~PacketInput() = default;

    /**
     * Offer packets by SpinUnit::Receive; called in the cycle that was asked for, and in the one
     * in which there may be room again.
     * @param now beginning of that cycle, ps; Simulator::Now may be later or earlier
     */
    virtual void OfferPackets(int64_t now) = 0;
};

/** Why the unit did not handle a packet. */
enum class SpinDropReason : uint8_t
{
    CONTEXT_DISABLED, //!< its context was detached or had an error
    NO_MESSAGE,       //!< not the first packet, and its message is not open
    HEADER_DROP,      //!< the header handler dropped the message
    PAYLOAD_DROP,     //!< the payload handler dropped the packet (it ran)
    MESSAGE_ABORTED,  //!< the message timed out or a handler failed
    TOO_LARGE,        //!< larger than GetMaxPacketBytes
};

/**
 * @param reason why
 * @return for a person
 */
const char* ToString(SpinDropReason reason);

/** One run of a handler, for traces. */
struct HandlerRun
{
    uint32_t cluster;                //!< where
    uint32_t hpu;                    //!< within the cluster
    HandlerKind kind;                //!< which handler
    HandlerStatus status;            //!< what it returned
    uint32_t message;                //!< message id
    uint32_t packetBytes;            //!< of its packet
    int64_t pickup;                  //!< HPU driver had the task, ps
    int64_t entry;                   //!< first instruction, ps
    int64_t exit;                    //!< after the handler's return, ps
    int64_t doorbell;                //!< the HPU said that it is done, ps
    uint64_t instructions;           //!< executed by the handler
    uint64_t cycles;                 //!< entry to return
    const ExecutionContext* context; //!< whose
};

/** A packet's way through the unit, for traces. */
struct PacketRun
{
    uint32_t message;                //!< message id
    uint32_t bytes;                  //!< size in the packet buffer
    int64_t arrival;                 //!< taken by NIC inbound, ps
    int64_t her;                     //!< handler execution request sent, ps
    int64_t feedback;                //!< buffers free again, ps
    const ExecutionContext* context; //!< whose
};

/** A command's way, for traces. */
struct CommandRun
{
    uint32_t interface; //!< 0 host-direct, 1 NIC outbound, 2 host DMA
    uint32_t cluster;   //!< who issued it
    uint32_t hpu;       //!< within the cluster
    uint32_t bytes;     //!< length
    bool toHost;        //!< direction of a transfer with the host
    int64_t issue;      //!< the handler's issue, ps
    int64_t accepted;   //!< taken by the interface, ps
    int64_t response;   //!< at the HPU driver, ps
};

/** A handler was given another command's id, for traces: see the attribute StaleCommandIds. */
struct StaleCommandId
{
    uint32_t cluster; //!< where
    uint32_t hpu;     //!< within the cluster
    uint32_t message; //!< message id
    uint32_t id;      //!< of the command
    uint32_t told;    //!< to the handler
};

/** A transfer of a cluster's DMA engine, for traces. */
struct DmaRun
{
    uint32_t cluster; //!< whose engine
    uint32_t bytes;   //!< size
    bool packet;      //!< a packet for a handler; otherwise a handler's copy
    int64_t begin;    //!< queued, ps
    int64_t end;      //!< all bytes are there, ps
};

/** What the unit has counted. */
struct SpinCounters
{
    uint64_t packetsIn{0};       //!< packets taken by NIC inbound
    uint64_t packetsDone{0};     //!< packets whose buffers are free again
    uint64_t packetsDropped{0};  //!< of these, not handled or dropped by a handler
    uint64_t packetsRefused{0};  //!< offers refused for lack of room (offered again later)
    uint64_t packetsOut{0};      //!< packets sent by handlers
    uint64_t packetsToHost{0};   //!< packets delivered to the host path by PROCEED
    uint64_t handlersRun{0};     //!< of all kinds
    uint64_t messagesDone{0};    //!< completed
    uint64_t messagesAborted{0}; //!< not completed
    uint64_t staleIds{0};        //!< ids of other commands that handlers were given
    uint64_t staleIdsUsed{0};    //!< of these, ids that were waited or tested for
    uint32_t hpusBusyMax{0};     //!< most HPUs with a task at a time
};

/**
 * The sPIN unit of a NIC or switch, PsPIN's organisation and timing: NIC inbound, L2 packet buffer,
 * MPQ engine, global and cluster schedulers, packet DMA, HPUs, command unit with its three
 * interfaces, NIC outbound, host DMA and feedback.
 *
 * Set attributes, attach contexts, offer packets. Packets that find no room are refused and must be
 * offered again when the resume callback says so: that is the back-pressure to the wire.
 */
class SpinUnit : public Object
{
  public:
    static TypeId GetTypeId();
    SpinUnit();
    ~SpinUnit() override;

    /**
     * Attach a context: give it its memory and let its program prepare it. Reads the unit's
     * attributes when it is the first one to succeed.
     * @param context not attached anywhere
     * @throw std::invalid_argument with one line if the unit's attributes are impossible or the
     * context does not fit
     */
    void Attach(Ptr<ExecutionContext> context);

    /**
     * Detach a context: no new messages; those under way go on to their last packet or the
     * timeout, then its memory is free and the application gets DETACHED.
     * @param context attached here
     */
    void Detach(Ptr<ExecutionContext> context);

    /**
     * Offer a packet to NIC inbound, now.
     * @param context whose handlers run; attached here
     * @param frame the Ethernet frame without FCS, as it is to stand in the packet buffer
     * @param position where it stands in its message
     * @return false if there is no room; offer it again after the resume callback
     */
    [[gnu::hot]] bool Receive(const Ptr<ExecutionContext>& context,
                              const Ptr<const Packet>& frame,
                              const MessagePosition& position);

    /**
     * The same for a frame whose header is apart.
     * @param time when it came, ps: now, or within the cycle of PacketInput::OfferPackets
     */
    [[gnu::hot]] bool Receive(const Ptr<ExecutionContext>& context,
                              MemoryFrame&& frame,
                              const MessagePosition& position,
                              int64_t time);

    /** @param input asked for packets as Expect says, and after refusals; may be null */
    void SetInput(PacketInput* input);

    /**
     * Have the input asked for packets. The unit may do so late, when that makes no difference to
     * it.
     * @param time at which they come, ps
     */
    [[gnu::hot]] void Expect(int64_t time);

    /**
     * Work off what lies before the present; to be called by whoever looks at something outside the
     * unit that the unit changes.
     */
    [[gnu::hot]] void CatchUp() const;

    /**
     * The same for who has looked at the simulator's clock already.
     * @param now the present, ps
     */
    [[gnu::hot]] void CatchUp(int64_t now) const;

    /** @param callback called when there may be room again after a refusal */
    void SetResumeCallback(Callback<void> callback);

    /** @param context id of the node that the unit is part of */
    void SetContext(uint32_t context);

    /**
     * @param context one
     * @return whether somebody outside is told of what becomes of its packets and messages, or
     * waits for it, at the very instant
     */
    [[gnu::hot]] bool IsWatched(const ExecutionContext& context) const;

    /**
     * @return whether nobody is told of anything that the unit does, as long as it handles messages
     * of contexts that are not watched, so that it may do it ahead of Simulator::Now()
     */
    bool RunsAhead() const
    {
        return m_output && m_output->RunsAhead() && m_resume.IsNull() && m_handlerTrace.IsEmpty() &&
               m_packetTrace.IsEmpty() && m_dmaTrace.IsEmpty() && m_commandTrace.IsEmpty() &&
               m_dropTrace.IsEmpty() && m_sendTrace.IsEmpty();
    }

    /** @param output where packets are sent; must outlive the unit's traffic */
    void SetOutput(PacketOutput* output);

    /** The output may be ready earlier than it said (a pause has ended). */
    void OutputReady();

    /** @param host the host behind the unit; without one, host commands are handler errors */
    void SetHostPort(HostPort* host);

    /**
     * @param callback takes packets that a header handler leaves to the host (PROCEED), with the
     *        keys of their messages
     */
    void SetHostPathCallback(Callback<void, Ptr<const Packet>, uint64_t> callback);

    /**
     * @param callback told of the keys of messages of which nothing is in the unit any more,
     *        whatever has become of them; of one whose packets were refused for good, perhaps again
     */
    void SetLeaveCallback(Callback<void, uint64_t> callback);

    /**
     * End a message whose last packet will not come; nothing happens if there is none.
     * @param context whose
     * @param key as its packets had it
     */
    void Abort(Ptr<ExecutionContext> context, uint64_t key);

    /** @return largest packet that the unit takes, bytes */
    [[gnu::hot]] uint32_t GetMaxPacketBytes() const;

    /** @return the hardware's parameters: as built, before that as the attributes say */
    const SpinConfig& GetConfig() const;

    /** @return when all HPUs have booted, from now; zero without a complete RISC-V image */
    Time GetReadyTime() const;

    /**
     * Observe RISC-V code; after the first Attach.
     * @param observer sees each instruction from now on; outlives the unit
     */
    void AddInstructionObserver(InstructionObserver& observer);

    /** Tells of errors, of messages that were aborted and of contexts that have left. */
    using ContextCallback = Callback<void, Ptr<ExecutionContext>, const ContextEvent&>;

    /** @param callback called before the context's own */
    void SetContextCallback(ContextCallback callback);

    /** @return what has been counted since the beginning */
    const SpinCounters& GetCounters() const;

    /** @return packets in the unit now */
    uint64_t GetPacketsInside() const;

    /** @return bytes of heap and idle memory that the unit occupies, without buffers in use */
    size_t GetIdleBytes() const;

    /** @return the blocks, built at the first Attach; for tests and other models of the unit */
    SpinPipeline& GetPipeline();

  protected:
    void DoDispose() override;

  private:
    friend class MessageLifecycle;
    friend class SpinPipeline;
    friend class ExecutionContext;

    template <uint32_t SpinConfig::*field>
    void Set(uint32_t value)
    {
        m_config.*field = value;
    }

    template <bool SpinConfig::*field>
    void SetFlag(bool value)
    {
        m_config.*field = value;
    }

    template <bool SpinConfig::*field>
    bool GetFlag() const
    {
        return m_config.*field;
    }

    template <uint32_t SpinConfig::*field>
    uint32_t Get() const
    {
        return m_config.*field;
    }

    template <uint32_t CoreTiming::*field>
    void SetCore(uint32_t value)
    {
        m_config.core.*field = value;
    }

    template <uint32_t CoreTiming::*field>
    uint32_t GetCore() const
    {
        return m_config.core.*field;
    }

    template <uint32_t MemoryTiming::*field>
    void SetMemory(uint32_t value)
    {
        m_config.memory.*field = value;
    }

    template <uint32_t MemoryTiming::*field>
    uint32_t GetMemory() const
    {
        return m_config.memory.*field;
    }

    static TypeId AddMemoryAttributes(TypeId tid);

    void SetClockPeriod(Time period)
    {
        m_config.clockPeriod = period;
    }

    Time GetClockPeriod() const
    {
        return m_config.clockPeriod;
    }

    void SetMessageTimeout(Time timeout)
    {
        m_config.messageTimeout = timeout;
    }

    Time GetMessageTimeout() const
    {
        return m_config.messageTimeout;
    }

    void Build();
    void AllocateMemory(ExecutionContext& context);
    void DoAttach(ExecutionContext& context);
    void DoDetach(ExecutionContext& context);
    void Raise(ExecutionContext& context, const ContextEvent& event);
    [[gnu::hot]] bool IsAwaited(const ExecutionContext& context) const;

    SpinConfig m_config;                                    //!< attributes
    std::unique_ptr<SpinPipeline> m_pipeline;               //!< the blocks
    std::vector<Ptr<ExecutionContext>> m_contexts;          //!< attached
    uint32_t m_nextSlot{0};                                 //!< number of the next context
    uint32_t m_context;                                     //!< id of the node
    PacketOutput* m_output{nullptr};                        //!< the wire
    PacketInput* m_input{nullptr};                          //!< the NIC before the unit
    HostPort* m_host{nullptr};                              //!< the host
    ContextCallback m_contextCallback;                      //!< errors and ends
    Callback<void> m_resume;                                //!< room again
    Callback<void, Ptr<const Packet>, uint64_t> m_hostPath; //!< PROCEED
    Callback<void, uint64_t> m_leave;                       //!< messages that have left

    LightTrace<const HandlerRun&> m_handlerTrace;              //!< a handler has run
    LightTrace<const PacketRun&> m_packetTrace;                //!< a packet has left
    LightTrace<const DmaRun&> m_dmaTrace;                      //!< a DMA engine has a transfer
    LightTrace<const CommandRun&> m_commandTrace;              //!< a command has been carried out
    LightTrace<const StaleCommandId&> m_staleIdTrace;          //!< not the command's id
    LightTrace<Ptr<const Packet>, SpinDropReason> m_dropTrace; //!< a packet was dropped
    LightTrace<Ptr<const Packet>> m_sendTrace;                 //!< a handler's packet leaves
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_UNIT_H */
