/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_RDMA_NET_DEVICE_H
#define OFFLOAD_SPIN_RDMA_NET_DEVICE_H

#include "rdma-engine.h"

#include "ns3/reusable-event.h"
#include "ns3/spin-net-device.h"

#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <deque>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A sPIN NIC that speaks RoCEv2: execution contexts are attached to queue pairs.
 *
 * The transport stands before the handlers: it puts a queue pair's packets in order, asks for those
 * that were lost, checks keys and acknowledges; handlers see each packet of SEND and WRITE once. A
 * packet that a handler sends to the NIC's own address becomes a message on the queue pair that it
 * names, with all that makes it reliable. Queue pairs without a context are plain RDMA, and packets
 * of other protocols are those of a SpinNetDevice.
 */
class SpinRdmaNetDevice : public SpinNetDevice, private RdmaPort, private QueuePairConsumer
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    SpinRdmaNetDevice();
    ~SpinRdmaNetDevice() override;

    /** @param engine what speaks RoCEv2; set once, after SetNode */
    void SetEngine(Ptr<RdmaEngine> engine);

    /** @return what speaks RoCEv2 */
    Ptr<RdmaEngine> GetEngine() const
    {
        return m_engine;
    }

    /**
     * Have a context's handlers run for the messages of SEND and WRITE that come on a queue pair,
     * from the next message on. READ and atomic operations stay the engine's. Its handlers may send
     * on the queue pair.
     * @param queuePair of this NIC's engine
     * @param context attached to the unit if it is not yet; it may serve several queue pairs
     * @param tells whether a message that was handled is told by a completion, as a received one
     * @throw std::invalid_argument if the context cannot be attached to the unit, or the queue pair
     *        has one already
     */
    void AttachContext(Ptr<QueuePair> queuePair, Ptr<ExecutionContext> context, bool tells = true);

    /**
     * Take a context from a queue pair: new messages go to memory, those under way to the handlers.
     * The queue pair may have another context when those have left the unit. If it was the
     * context's last queue pair, the context leaves the unit.
     * @param queuePair as attached
     */
    void DetachContext(Ptr<QueuePair> queuePair);

    /** @param queuePair of this NIC's engine on which handlers of any context may send */
    void AllowSends(Ptr<QueuePair> queuePair);

  protected:
    void ReceiveFrame(EthernetFrame&& frame) override;
    void PauseChanged() override;
    void DoDispose() override;
    void TakeUnserved(const MatchedFrame& matched, int64_t time) override;
    void DeliverUnhandled(Ptr<const Packet> frame, uint64_t key) override;
    void NotifyContextEvent(Ptr<ExecutionContext> context, const ContextEvent& event) override;
    bool IsServed(const MatchedFrame& matched) const override;

    // From PacketOutput
    void TransmitFrame(const MemoryFrame& frame, int64_t time) override;
    int64_t GetReadyAt() const override;
    int64_t GetLateness(uint32_t bytes) const override;
    bool RunsAhead() const override;

  private:
    /// Rule of frames that no rule has matched, but a queue pair
    static constexpr SteeringTable::RuleId NO_RULE = UINT32_MAX;
    /// Messages of queue pairs have keys of their own, beside those of rules
    static constexpr uint64_t QUEUE_PAIR_KEY = uint64_t{1} << 63;
    static constexpr uint32_t QUEUE_PAIR_SHIFT = 32; //!< where the number is in a key

    /** What the NIC knows of a queue pair. */
    struct Binding
    {
        Ptr<QueuePair> queuePair;          //!< null: not bound
        Ptr<ExecutionContext> context;     //!< null: none attached
        boost::circular_buffer<bool> left; //!< messages of this connection, from the oldest one
                                           //!< inside on: whether they have left the unit
        uint64_t unserved{0};              //!< key of a message that does not come to the unit
        uint32_t lateBytes{0};             //!< see LatePacket
        uint32_t oldest{0};                //!< number of the oldest message inside
        uint32_t message{0};   //!< number of the next message, or of the one that comes in
        uint32_t bytes{0};     //!< of the message that comes in
        bool receiving{false}; //!< a message comes in
        bool tells{false};     //!< of messages that were handled
        bool sends{false};     //!< handlers may send on it
        bool leaving{false};   //!< the context is being detached
        bool failed{false};    //!< a message did not complete
    };

    /** A message that handlers have begun with. */
    struct OpenMessage
    {
        uint64_t key;   //!< names it
        uint32_t bytes; //!< payload
        bool write;     //!< WRITE, not SEND
    };

    /** A packet that a header handler leaves to the host while an older message is inside. */
    struct LatePacket
    {
        uint64_t key;            //!< of its message
        Ptr<const Packet> frame; //!< it
    };

    /** A frame in the steering pipeline. */
    struct Steered
    {
        EthernetFrame frame; //!< for the engine
        int64_t time;        //!< when it is through, ps
    };

    /** What a handler sends. */
    struct HandlerSend
    {
        Ptr<QueuePair> queuePair; //!< on which; it may be destroyed meanwhile
        WorkRequest work;         //!< what
        RocePacketPtr payload;    //!< has the data
    };

    Binding& Bind(const Ptr<QueuePair>& queuePair);
    Binding* FindBinding(uint32_t queuePair);
    Binding* FindBinding(uint64_t key);
    static uint64_t MakeKey(const Binding& binding, uint32_t message);
    static uint32_t GetNumber(uint64_t key);
    static uint32_t GetPlace(const Binding& binding, uint64_t key);
    bool TellsOf(const ExecutionContext* context) const;
    bool IsRoce(const EthernetFrame& frame, bool& first) const;
    void SteeringDone();
    static EthernetFrame MakeView(const EthernetFrame& frame,
                                  const RocePacket& packet,
                                  uint64_t address);
    bool ParseSend(const uint8_t* bytes, uint32_t size, HandlerSend& send);
    bool PostSend(const HandlerSend& send);
    void RetrySends();
    void StateChanged(uint32_t queuePair, QueuePairState state);
    void MessageEnded(const ContextEvent& event);
    void MessageLeft(uint64_t key);
    void DeliverLate(uint32_t queuePair);
    void Taken(Binding& binding, const RoceTraits& traits, uint32_t bytes);
    void Deliver(QueuePair& queuePair, const Ptr<const Packet>& whole, uint64_t key);
    void DropLate(const Ptr<const Packet>& whole);
    void EndConnection(uint32_t queuePair, QueuePairState state);
    void ConnectionEnded(uint32_t queuePair, uint64_t key);
    void Forget(uint32_t queuePair);
    void ReleaseIdle(uint32_t queuePair);
    void Release(Binding& binding);

    // From QueuePairConsumer
    ConsumeResult Consume(QueuePair& queuePair,
                          const EthernetFrame& frame,
                          const RocePacket& packet,
                          uint64_t address) override;

    // From RdmaPort
    void SendRoce(EthernetFrame&& frame) override;
    int64_t GetPortFreeAt() const override;
    uint64_t GetPortRate() const override;
    Mac48Address GetPortAddress() const override;
    uint32_t GetPortContext() const override;

    Ptr<RdmaEngine> m_engine;                   //!< attribute
    uint32_t m_maxSends{0};                     //!< attribute
    std::vector<Binding> m_bindings;            //!< by number of the queue pair
    std::vector<OpenMessage> m_open;            //!< oldest first
    std::deque<LatePacket> m_late;              //!< oldest first
    boost::circular_buffer<Steered> m_steering; //!< on their way to the engine
    std::deque<HandlerSend> m_held;             //!< wait for acknowledgements of earlier ones
    int64_t m_rdmaTurn{0};                      //!< the port takes the engine's next frame, ps
    Alarm<SpinRdmaNetDevice, &SpinRdmaNetDevice::SteeringDone> m_steered; //!< the oldest is through
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_RDMA_NET_DEVICE_H */
