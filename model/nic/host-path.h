/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_PATH_H
#define OFFLOAD_HOST_PATH_H

#include "ns3/ethernet-frame.h"
#include "ns3/host-cpu.h"
#include "ns3/object.h"
#include "ns3/pcie-link.h"
#include "ns3/ptr.h"
#include "ns3/reusable-event.h"
#include "ns3/traced-callback.h"

#include <boost/circular_buffer.hpp>
#include <cstdint>

namespace ns3
{

class LogComponent;

namespace offload
{

/** A received packet's way to the stack, for traces; all times in ps. */
struct HostReception
{
    uint32_t bytes;  //!< size of the frame
    int64_t start;   //!< the NIC begins to write it
    int64_t visible; //!< frame and completion are in host memory
    int64_t begin;   //!< a core begins to work on it
    int64_t end;     //!< the stack has it
};

/** A sent packet's way from the stack, for traces; all times in ps. */
struct HostTransmission
{
    uint32_t bytes;    //!< size of the frame
    int64_t start;     //!< the stack sends it
    int64_t rung;      //!< a core has written the doorbell
    int64_t doorbell;  //!< the NIC has the doorbell
    int64_t described; //!< the NIC has the descriptor
    int64_t fetched;   //!< the NIC has the frame
};

/** The NIC on whose behalf a HostPath works. */
class HostPathUser
{
  public:
    virtual ~HostPathUser() = default;

    /** @return id of the node, for events */
    virtual uint32_t GetNodeContext() const = 0;

    /** @param frame for the protocol stack, now */
    virtual void DeliverFromHostPath(const EthernetFrame& frame) = 0;

    /** @return when the port takes the host's next frame, ps */
    virtual int64_t GetHostTurn() const = 0;

    /** @param frame for the port, now */
    virtual void TransmitFromHost(EthernetFrame&& frame) = 0;

    /** A full transmit ring has room again. */
    virtual void HostTransmitReady() = 0;
};

/**
 * What a packet pays for on its ordinary way between a NIC and its host's protocol stack.
 *
 * Reception: the NIC writes frame and completion into a ring in host memory, a core is told, works
 * on the packet and hands it to the stack; the ring's entry is free again then. Transmission: a
 * core prepares the packet and rings the doorbell, the NIC reads descriptor and frame and hands it
 * to the port. Both in order; both rings are bounded.
 */
class HostPath : public Object
{
  public:
    static TypeId GetTypeId();
    HostPath();
    ~HostPath() override;

    /**
     * @param user the NIC; must outlive this
     */
    void SetUser(HostPathUser* user);

    /**
     * @param pcie the way to host memory
     * @param cpu who works on the packets
     */
    void SetHost(Ptr<PcieLink> pcie, Ptr<HostCpu> cpu);

    /** @return number of the core that serves the queues */
    uint32_t GetCore() const
    {
        return m_core;
    }

    /** @return the way to host memory */
    Ptr<PcieLink> GetPcie() const
    {
        return m_pcie;
    }

    /** @return who works on the packets */
    Ptr<HostCpu> GetCpu() const
    {
        return m_cpu;
    }

    /**
     * Take a frame to the stack.
     * @param frame moved from if accepted
     * @param start when the NIC has it, ps; not before now
     * @return false if the receive ring is full
     */
    bool Receive(EthernetFrame&& frame, int64_t start);

    /**
     * Take a frame from the stack to the port.
     * @param frame moved from if accepted
     * @return false if the transmit ring is full
     */
    bool Send(EthernetFrame&& frame);

    /** @return whether the transmit ring has no room for another frame */
    bool IsTransmitRingFull() const
    {
        return m_transmissions.size() >= m_transmitRing;
    }

    /** The port may take a frame earlier than it said. */
    void PortReady();

    /** Signature of the Receive trace. */
    typedef void (*ReceiveCallback)(const HostReception& reception);
    /** Signature of the Transmit trace. */
    typedef void (*TransmitCallback)(const HostTransmission& transmission);

  protected:
    void DoDispose() override;

  private:
    /** A frame and when it is through. */
    struct Entry
    {
        EthernetFrame frame; //!< what
        int64_t time;        //!< ps
    };

    using Ring = boost::circular_buffer<Entry>; //!< grows up to its bound

    static void Push(Ring& ring, EthernetFrame&& frame, int64_t time);
    void Deliver();
    void Transmit();
    void ArmTransmit(int64_t now);

    Ptr<PcieLink> m_pcie;             //!< attribute
    Ptr<HostCpu> m_cpu;               //!< attribute
    uint32_t m_core{0};               //!< attribute
    uint32_t m_receiveRing{0};        //!< attribute
    uint32_t m_transmitRing{0};       //!< attribute
    uint32_t m_completionBytes{0};    //!< attribute
    uint32_t m_descriptorBytes{0};    //!< attribute
    uint32_t m_doorbellBytes{0};      //!< attribute
    uint32_t m_completionInterval{0}; //!< attribute

    HostPathUser* m_user{nullptr};                   //!< the NIC
    Ring m_receptions;                               //!< not yet delivered
    Ring m_transmissions;                            //!< not yet at the port
    int64_t m_lastReceived{0};                       //!< end of the last reception's work, ps
    int64_t m_lastSent{0};                           //!< end of the last transmission's work, ps
    int64_t m_lastFetched{0};                        //!< the NIC had the last frame, ps
    uint32_t m_uncompleted{0};                       //!< transmissions since the last completion
    Alarm<HostPath, &HostPath::Deliver> m_deliver;   //!< the oldest reception is through
    Alarm<HostPath, &HostPath::Transmit> m_transmit; //!< the oldest transmission may be
    TracedCallback<const HostReception&> m_receiveTrace;
    TracedCallback<const HostTransmission&> m_transmitTrace;

    static LogComponent g_log; //!< ns-3's logging
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_PATH_H */
