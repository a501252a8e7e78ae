/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_NET_DEVICE_H
#define OFFLOAD_SPIN_NET_DEVICE_H

#include "host-path.h"
#include "input-buffer.h"
#include "steering-table.h"

#include "ns3/execution-context.h"
#include "ns3/link-net-device.h"
#include "ns3/spin-unit.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/** Why a sPIN NIC dropped a frame; the port and the unit have their own reasons. */
enum class NicDropReason : uint8_t
{
    WRONG_ADDRESS,      //!< not for this host
    INPUT_BUFFER_FULL,  //!< the unit refuses packets and too many wait already
    RECEIVE_RING_FULL,  //!< the host is too slow
    TRANSMIT_RING_FULL, //!< the host sends faster than the NIC fetches
    BAD_FRAME,          //!< the unit gave something that is no Ethernet frame
    BAD_QUEUE_PAIR,     //!< a handler sends on a queue pair that it may not use
    CONTEXT_FAILED,     //!< acknowledged, but its context failed: the queue pair is in error
    CONNECTION_ENDED,   //!< acknowledged, but its queue pair was reset or its message cut off since
};

/**
 * @param reason why
 * @return for a person
 */
const char* ToString(NicDropReason reason);

/**
 * A sPIN NIC: an Ethernet port, a steering table that finds the packets of execution contexts, a
 * sPIN unit that runs their handlers, and the ordinary way to the host for all other packets.
 *
 * Packets that the unit has no room for wait in the NIC's input buffer, in order. When that fills,
 * the wire is paused, if the port has FlowControl or PriorityFlowControl; when it is full, packets
 * are dropped with a trace.
 */
class SpinNetDevice : public LinkNetDevice,
                      private HostPathUser,
                      private InputBufferUser,
                      private PacketInput,
                      private PacketOutput
{
  public:
    static TypeId GetTypeId();
    SpinNetDevice();
    ~SpinNetDevice() override;

    /** @param unit runs the handlers; set once, before the first AddContext */
    void SetUnit(Ptr<SpinUnit> unit);

    /** @return what runs the handlers */
    Ptr<SpinUnit> GetUnit() const
    {
        return m_unit;
    }

    /** @param hostPath the way to the stack; without one it takes no time */
    void SetHostPath(Ptr<HostPath> hostPath);

    /** @return the way to the stack */
    Ptr<HostPath> GetHostPath() const
    {
        return m_hostPath;
    }

    /** @param table the rules; set once, before the first AddContext, or left as it is */
    void SetSteeringTable(Ptr<SteeringTable> table);

    /** @return the rules */
    Ptr<SteeringTable> GetSteeringTable() const
    {
        return m_table;
    }

    /**
     * Have a context's handlers run for the packets of a rule, from the next packet on. A context
     * may have several rules.
     * @param rule the packets
     * @param context whose handlers run; attached to the unit if it is not yet
     * @param matcher finds messages; if null, each packet is one
     * @return names the rule
     * @throw std::invalid_argument if the context cannot be attached to the unit
     */
    SteeringTable::RuleId AddContext(const MatchRule& rule,
                                     Ptr<ExecutionContext> context,
                                     Ptr<Matcher> matcher = nullptr);

    /**
     * Take a context and its rules away: new messages take the host path, those under way go on to
     * their end.
     * @param context as added
     */
    void RemoveContext(Ptr<ExecutionContext> context);

    /** @param input where matched packets wait; set once, before traffic, or left as it is */
    void SetInputBuffer(Ptr<InputBuffer> input);

    /** @return where matched packets wait for the unit */
    Ptr<InputBuffer> GetInputBuffer() const
    {
        return m_input;
    }

    // From LinkNetDevice
    [[gnu::hot]] bool TakesAhead(const EthernetFrame& frame) const override;

    // From NetDevice
    void SetNode(Ptr<Node> node) override;
    bool Send(Ptr<Packet> packet, const Address& destination, uint16_t protocol) override;
    bool SendFrom(Ptr<Packet> packet,
                  const Address& source,
                  const Address& destination,
                  uint16_t protocol) override;
    void SetPromiscReceiveCallback(PromiscReceiveCallback callback) override;

    /** Signature of the Drop trace. */
    typedef void (*DropCallback)(Ptr<const Packet> frame, NicDropReason reason);
    /** Signature of the SteeringMatch trace. */
    typedef void (*MatchCallback)(Ptr<const Packet> frame, const SteeringTable::Result& result);

  protected:
    void NotifyConstructionCompleted() override;
    [[gnu::hot]] void ReceiveFrame(EthernetFrame&& frame) override;
    void PauseChanged() override;
    void DoDispose() override;

    /// @name For NICs that have more than the steering table to find packets of contexts
    /// @{

    /**
     * Take a frame through the steering pipeline, in which nothing overtakes.
     * @param cost of the look-up, ps
     * @param now ps
     * @return when it is through, ps
     */
    int64_t Steer(int64_t cost, int64_t now);

    /**
     * Take a frame to the host's stack.
     * @param frame moved from
     * @param start when the NIC has it, ps
     */
    void ToHost(EthernetFrame&& frame, int64_t start);

    /**
     * Drop a frame.
     * @param frame it
     * @param reason for the trace
     * @return false
     */
    [[gnu::cold]] bool DropFrame(const EthernetFrame& frame, NicDropReason reason);

    /**
     * @param matched a frame on its way to the unit
     * @return whether its context's handlers get it: they are enabled, or it belongs to a message
     *         that they have begun with
     */
    [[gnu::hot]] virtual bool IsServed(const MatchedFrame& matched) const;

    /**
     * A frame was matched, and its context takes it no more.
     * @param matched it
     * @param time when the unit would have got it, ps
     */
    virtual void TakeUnserved(const MatchedFrame& matched, int64_t time);

    /**
     * A header handler leaves a packet to the host.
     * @param frame as the unit got it
     * @param key of its message
     */
    virtual void DeliverUnhandled(Ptr<const Packet> frame, uint64_t key);

    /**
     * @param context about which something is to be told
     * @param event what: errors, messages that were aborted, contexts that have left
     */
    virtual void NotifyContextEvent(Ptr<ExecutionContext> context, const ContextEvent& event);

    /// @}

    // From PacketOutput
    [[gnu::hot]] void TransmitFrame(const MemoryFrame& frame, int64_t time) override;
    [[gnu::hot]] int64_t GetReadyAt() const override;
    [[gnu::hot]] int64_t GetLateness(uint32_t bytes) const override;
    [[gnu::hot]] bool RunsAhead() const override;

  private:
    /** A rule of a context. */
    struct Binding
    {
        Ptr<ExecutionContext> context; //!< whose
        SteeringTable::RuleId rule;    //!< which
        bool leaving;                  //!< the context is being removed
    };

    [[gnu::hot]] void SteerToUnit(EthernetFrame&& frame, const SteeringTable::Result& result);
    [[gnu::hot]] void ToUnit(EthernetFrame&& frame, const SteeringTable::Result& result);
    [[gnu::hot]] void SettlePort() const override;
    void RemoveRules(const ExecutionContext* context);
    bool IsLeaving(const ExecutionContext* context) const; //!< but its open messages are its own
    void PortTimesChanged();
    bool IsForHost(const EthernetFrame& frame) const;

    // From HostPathUser and InputBufferUser
    uint32_t GetNodeContext() const override;
    void DeliverFromHostPath(const EthernetFrame& frame) override;
    int64_t GetHostTurn() const override;
    void TransmitFromHost(EthernetFrame&& frame) override;
    void HostTransmitReady() override;

    [[gnu::hot]] bool IsNoticed(const MatchedFrame& frame) const override;
    [[gnu::hot]] void Expect(int64_t time) override;
    [[gnu::hot]] bool TakeMatched(const MatchedFrame& frame, int64_t time) override;
    void PauseWire(bool paused) override;
    [[gnu::hot]] uint32_t GetPauseHeadroom() const override;
    uint32_t GetPauseHysteresis() const override;

    // From PacketInput
    [[gnu::hot]] void OfferPackets(int64_t now) override;

    // From PacketOutput
    void Transmit(Ptr<Packet> frame) override;

    Ptr<SpinUnit> m_unit;            //!< runs the handlers
    Ptr<HostPath> m_hostPath;        //!< way to the stack
    Ptr<SteeringTable> m_table;      //!< rules
    Ptr<InputBuffer> m_input;        //!< matched frames on their way to the unit
    std::vector<Binding> m_bindings; //!< rules of contexts
    int64_t m_tableFreeAt{0};        //!< the table is through with the last frame, ps
    bool m_promiscuous{false};       //!< the stack wants all frames
    bool m_forUnit{false};           //!< the last frame was the unit's
    bool m_queueStopped{false};      //!< the queue disc was told to wait
    int64_t m_unitTurn{0};           //!< the port takes the unit's next frame, ps
    int64_t m_hostTurn{0};           //!< the port takes the host's next frame, ps

    TracedCallback<Ptr<const Packet>, const SteeringTable::Result&> m_matchTrace;
    LightTrace<Ptr<const Packet>> m_spinRxTrace;
    TracedCallback<Ptr<const Packet>> m_hostRxTrace;
    TracedCallback<Ptr<const Packet>> m_hostTxTrace;
    TracedCallback<Ptr<const Packet>, NicDropReason> m_dropTrace;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_NET_DEVICE_H */
