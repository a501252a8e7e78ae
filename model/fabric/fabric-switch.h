/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FABRIC_SWITCH_H
#define OFFLOAD_FABRIC_SWITCH_H

#include "multicast-groups.h"
#include "switch-port.h"
#include "switch-routing.h"

#include "ns3/ethernet-frame.h"
#include "ns3/frame-forwarder.h"
#include "ns3/light-trace.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/ptr.h"
#include "ns3/random-variable-stream.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{

class LogComponent;

namespace offload
{

/** Why a switch drops a frame. */
enum class SwitchDropReason : uint8_t
{
    BUFFER_FULL,  //!< no room in the shared buffer, or the output queue has had its share
    NO_ROUTE,     //!< the destination is no host of the fabric, or there is no port to it
    PORT_REFUSED, //!< the output port does not take the frame: link down, or larger than its MTU
};

/**
 * @param reason why
 * @return for a person
 */
const char* ToString(SwitchDropReason reason);

/**
 * An Ethernet switch with output queues in a shared buffer.
 *
 * A frame that has arrived (with CutThrough: its head) is put into the queue of the port that leads
 * to its destination; among several ports a hash of the flow chooses, or each packet takes the next
 * one. Frames for many are copied along a tree. Classes of traffic may be lossless: before their
 * frames find no room, the neighbours are told to pause (priority flow control). The others are
 * dropped when a queue has had its share, but not while those that wait for the same port fit into
 * what is reserved for it. Long queues mark packets that allow it (ECN).
 *
 * A switch may fail: its links go down, and after FailureDetectionTime all others send around it
 * where there is another way. Trees for many are not changed.
 *
 * The occupancy is counted late: a frame gives its room back when somebody looks, and at the very
 * instant at which it leaves only while a neighbour is paused or the Queue trace has a listener.
 */
class FabricSwitch : public Object, public FrameForwarder
{
  public:
    /// Ports that a frame's mark of its ingress can name
    static constexpr uint32_t MAX_PORTS = EthernetFrame::MAX_INGRESS + 1;

    /** @return the type's id */
    static TypeId GetTypeId();
    FabricSwitch();

    /**
     * A switch with another one's attributes, and nothing else of it. For Copy().
     * @param prototype the other one
     */
    FabricSwitch(const FabricSwitch& prototype);
    FabricSwitch& operator=(const FabricSwitch&) = delete;
    ~FabricSwitch() override;

    /**
     * Make a switch with the attributes of this one; see LinkNetDevice::Copy.
     * @return the new switch; null if this is of a subclass
     */
    Ptr<FabricSwitch> Copy() const;

    /**
     * Add the next port. Call it before the simulation starts.
     * @param port not connected yet
     */
    void AddPort(Ptr<SwitchPort> port);

    /**
     * @param number which
     * @return the port
     */
    Ptr<SwitchPort> GetPort(uint32_t number) const
    {
        return m_ports.at(number);
    }

    /** @return number of ports */
    uint32_t GetPorts() const
    {
        return static_cast<uint32_t>(m_ports.size());
    }

    /** @param routing which ports lead where */
    void SetRouting(std::unique_ptr<SwitchRouting> routing);

    /** @param groups members of multicast groups; null: frames for groups go to all hosts */
    void SetMulticastGroups(Ptr<MulticastGroups> groups);

    /**
     * Check that the buffer holds what is reserved and what lossless classes may need, once all
     * ports are connected.
     * @throw std::invalid_argument if it does not, or if a port cannot pause its neighbour
     */
    void Validate() const;

    /**
     * The switch fails, now and for good: all its links go down, and what it held is lost.
     * FailureDetectionTime later the others of its fabric know. Not ahead of Simulator::Now().
     */
    void Fail();

    /** @return whether it has failed */
    bool HasFailed() const
    {
        return m_failed;
    }

    /** @return bytes that one lossless class of one port may still bring after it was paused */
    uint64_t GetHeadroom(const SwitchPort& port) const;

    /** @return occupancy of the buffer as of now */
    const SwitchBuffer& GetBuffer();

    /** @return frames that have come in */
    uint64_t GetReceived() const
    {
        return m_received;
    }

    /** @return frames passed on, copies counted */
    uint64_t GetForwarded() const
    {
        return m_forwarded;
    }

    /** @return frames dropped */
    uint64_t GetDrops() const
    {
        return m_drops;
    }

    /** @return how often a class of a neighbour was paused */
    uint64_t GetPauses() const
    {
        return m_pauses;
    }

    /** @return packets marked */
    uint64_t GetMarks() const
    {
        return m_marks;
    }

    /**
     * Use fixed random numbers.
     * @param stream first stream
     * @return number of streams used
     */
    int64_t AssignStreams(int64_t stream);

    // What the ports call
    void Forward(uint32_t ingress, EthernetFrame&& frame, uint32_t bytes, int64_t now) override;
    uint32_t GetCutThroughBytes(const SwitchPort& port) const; //!< see LinkNetDevice

    /** The neighbours' ports look again at when frames get here: cut-through, latency. */
    void UpdatePorts();

    /** @param latency see GetLatency; of frames that have not arrived */
    void SetLatency(Time latency);

    /** @param cutThrough whether frames are passed on as soon as their head is there */
    void SetCutThrough(bool cutThrough);

    /** @return see SetCutThrough */
    bool HasCutThrough() const
    {
        return m_cutThrough;
    }

    /** @return time from a frame's arrival to its place in the output queue */
    Time GetLatency() const
    {
        return m_latency;
    }

    /**
     * Signature of the Drop trace.
     * @param frame without FCS
     * @param port by which it came in
     * @param reason why
     */
    typedef void (*DropCallback)(Ptr<const Packet> frame, uint32_t port, SwitchDropReason reason);

    /**
     * Signature of the Mark trace.
     * @param frame without FCS
     * @param port by which it leaves
     */
    typedef void (*MarkCallback)(Ptr<const Packet> frame, uint32_t port);

    /**
     * Signature of the Queue trace.
     * @param port whose output queue has changed
     * @param bytes of frames that wait in it
     */
    typedef void (*QueueCallback)(uint32_t port, uint64_t bytes);

    /**
     * Signature of the Pause trace.
     * @param port whose neighbour is told
     * @param priority class of traffic
     * @param paused whether it shall be silent, or may go on
     */
    typedef void (*PauseCallback)(uint32_t port, uint8_t priority, bool paused);

  protected:
    void DoInitialize() override;
    void DoDispose() override;
    void Released(uint32_t egress, const EthernetFrame& frame) override;

    /**
     * A frame has come; a switch that computes takes those that it works on.
     * @param ingress port by which it came in
     * @param frame the frame, its ingress and class of service set; moved from if it is taken
     * @return whether it was taken; all others are forwarded
     */
    virtual bool Consume(uint32_t ingress, EthernetFrame& frame);

    /**
     * Put a frame into the queue of a port, or drop it.
     * @param ingress port that brought it, set in the frame
     * @param egress port by which it leaves
     * @param frame the frame
     */
    void Output(uint32_t ingress, uint32_t egress, EthernetFrame&& frame);

    /**
     * @param host the destination of a frame
     * @param ingress port that brought it
     * @return the ports on shortest paths to it
     */
    PortRange GetPortsTo(uint32_t host, uint32_t ingress) const
    {
        return m_routing ? m_routing->GetPorts(host, ingress) : PortRange{0, 0};
    }

    /**
     * Count and trace a drop.
     * @param ingress port by which the frame came in
     * @param frame the frame
     * @param reason why
     */
    [[gnu::cold]] void Drop(uint32_t ingress, const EthernetFrame& frame, SwitchDropReason reason);

  private:
    /** What is at the other end of a port's cable. */
    struct Neighbour
    {
        FabricSwitch* device; //!< null: a host, or nobody
        uint32_t port;        //!< the neighbour's
    };

    void TellAll();                                      //!< the others learn of the failure
    void Detour();                                       //!< some switch has failed
    bool Leads(uint32_t egress, uint32_t host) const;    //!< by switches that work
    bool Reaches(uint32_t host, uint32_t ingress) const; //!< by any port
    /** Forward() by a port that leads to the host; without one it is dropped. */
    [[gnu::cold]] void ForwardAround(uint32_t ingress, uint32_t host, EthernetFrame&& frame);
    uint32_t GetFlow(const EthernetFrame& frame) const; //!< mixed with what is this switch's
    /** A frame without easy room, or one that is looked at: whether it gets into the buffer. */
    bool Admit(uint32_t ingress,
               uint32_t egress,
               EthernetFrame& frame,
               uint32_t bytes,
               int64_t now);
    /** Output() with what it would find out. */
    void Pass(uint32_t ingress,
              uint32_t egress,
              uint32_t priority,
              EthernetFrame&& frame,
              uint32_t bytes,
              int64_t now);
    void LookAtQueue(uint32_t ingress, uint32_t priority); //!< a frame has come: Pause?
    /** Forward() of a frame for a group; others that are for no host are dropped. */
    void ForwardToMany(uint32_t ingress, const EthernetFrame& frame);

    /** @return one of count ports, from 0: by the frame's flow, or in turn */
    uint32_t Choose(uint32_t count, const EthernetFrame& frame)
    {
        // The upper half of the product is a fair choice of count values.
        return m_packetSpraying
                   ? m_turn++ % count
                   : static_cast<uint32_t>(static_cast<uint64_t>(GetFlow(frame)) * count >> 32);
    }

    /** @return whether a frame has room for sure, and nobody looks at its way in */
    bool HasEasyRoom(uint32_t egress, uint32_t priority, uint32_t bytes) const
    {
        return m_buffer.GetUsed() <= m_easyUsed &&
               m_buffer.GetEgress(egress, priority) + bytes <= m_easyQueue;
    }

    bool HasRoom(uint32_t egress, uint32_t priority, uint32_t bytes) const;
    bool HasReserve(uint32_t egress, uint32_t bytes) const; //!< a lossy frame; see ReservedPerPort
    uint64_t FindHeadroom() const;   //!< of all lossless classes of all ports
    uint64_t GetReserved() const;    //!< of all ports
    void SetDropShare(double share); //!< attribute setter
    double GetDropShare() const;     //!< attribute getter
    void FindEasyRoom();             //!< see HasEasyRoom
    bool MustPause(uint32_t ingress, uint32_t priority) const;
    uint64_t GetSharedFree() const; //!< bytes free beside m_keptFree
    uint64_t GetPauseThreshold() const;
    void Pause(uint32_t ingress, uint32_t priority);
    void Resume(uint32_t ingress, uint32_t priority);
    void LookAtPause(uint32_t ingress, uint32_t priority); //!< frames have left: Resume?
    void Settle();
    void Mark(uint32_t egress, EthernetFrame& frame);
    void SetEcn(bool ecn); //!< attribute setter
    bool HasEcn() const;   //!< attribute getter

    // What is told, and what that takes
    void Notice();       //!< whoever looks at queues came or went
    void CountExactly(); //!< or lazily, if that is enough
    void TellMark(uint32_t egress, const EthernetFrame& frame) const;
    void TellQueue(uint32_t egress, uint64_t bytes) const;
    void TellPause(uint32_t ingress, uint32_t priority, bool paused) const;
    [[gnu::cold]] void Prepare(); //!< sizes, once all ports are there

    bool IsLossless(uint32_t priority) const
    {
        return (m_losslessClasses >> priority & 1) != 0;
    }

    // What each frame touches comes first.
    std::vector<TransmitPort*> m_outputs;     //!< of m_ports
    uint32_t m_easyUsed{0};                   //!< while no more bytes of the buffer are used,
    uint64_t m_easyQueue{0};                  //!< a queue may grow to as many: see HasEasyRoom
    std::vector<uint8_t> m_paused;            //!< by port: classes that the neighbour holds
    uint64_t m_keptFree{0};                   //!< bytes not shared: headroom and reserve
    uint64_t m_received{0};                   //!< see GetReceived
    uint64_t m_forwarded{0};                  //!< see GetForwarded
    double m_dropShare{1};                    //!< attribute
    double m_pauseShare{1};                   //!< attribute
    std::unique_ptr<SwitchRouting> m_routing; //!< which ports lead where
    uint32_t m_salt{0};                       //!< makes the switch's hash its own
    uint32_t m_turn{0};                       //!< next packet's port with PacketSpraying
    uint8_t m_losslessClasses{0};             //!< attribute
    bool m_prepared{false};                   //!< Prepare was called
    bool m_consumes{false};                   //!< Consume is a subclass's
    bool m_packetSpraying{false};             //!< attribute
    bool m_ecn{false};                        //!< attribute
    bool m_queueTraced{false};                //!< somebody is told of queues
    bool m_detour{false};                     //!< some switch of the fabric has failed
    bool m_failed{false};                     //!< see HasFailed
    bool m_known{false};                      //!< the others know that it has failed

    bool m_cutThrough{false};             //!< attribute
    uint32_t m_pausedCount{0};            //!< bits set in m_paused
    uint32_t m_resumeOffset{0};           //!< attribute
    uint32_t m_ecnLow{0};                 //!< attribute
    uint32_t m_ecnHigh{0};                //!< attribute
    double m_ecnProbability{0};           //!< attribute
    Ptr<UniformRandomVariable> m_random;  //!< decides on marks
    std::vector<Ptr<SwitchPort>> m_ports; //!< by number
    Ptr<MulticastGroups> m_groups;        //!< null: all hosts are in all groups
    uint64_t m_bufferSize{0};             //!< attribute
    uint32_t m_reservedPerPort{0};        //!< attribute
    Time m_latency;                       //!< attribute
    Time m_detectionTime;                 //!< attribute
    std::vector<Neighbour> m_neighbours;  //!< by port, once they matter
    uint64_t m_drops{0};                  //!< see GetDrops
    uint64_t m_pauses{0};                 //!< see GetPauses
    uint64_t m_marks{0};                  //!< see GetMarks

    LightTrace<Ptr<const Packet>, uint32_t, SwitchDropReason> m_dropTrace;
    LightTrace<Ptr<const Packet>, uint32_t> m_markTrace;
    LightTrace<uint32_t, uint64_t> m_queueTrace;
    LightTrace<uint32_t, uint8_t, bool> m_pauseTrace;

    static LogComponent g_log; //!< ns-3's logging, of all files of the class
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FABRIC_SWITCH_H */
