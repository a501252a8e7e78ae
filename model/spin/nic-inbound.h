/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_NIC_INBOUND_H
#define OFFLOAD_NIC_INBOUND_H

#include "cycle-scheduler.h"
#include "l2-packet-buffer.h"
#include "spin-types.h"

namespace ns3
{
namespace offload
{

class MpqEngine;
class SpinPipeline;

/**
 * The inbound engine of a sPIN NIC: writes packets to the L2 packet buffer, one word a cycle, and
 * sends a handler execution request (HER) for each to the MPQ engine, in order and at most one a
 * cycle (pspin.md "Scheduling flow" 1; PsPIN hw/verilator_model/src/NICInbound.hpp).
 */
class NicInbound
{
  public:
    /** @param pipeline the unit */
    explicit NicInbound(SpinPipeline& pipeline);

    /**
     * Take a packet, if the packet buffer has room.
     * @param packet size and message set; its address is set here
     * @return whether it was taken
     */
    [[gnu::hot]] bool Take(PacketRecord& packet);

    /**
     * A packet's buffers are free.
     * @param packet the packet
     */
    [[gnu::hot]] void Release(const PacketRecord& packet);

    /**
     * See SpinUnit::Expect.
     * @param time packets come, ps
     */
    [[gnu::hot]] void Expect(int64_t time);

    /** A packet that was refused may have room. */
    void OfferAgain();

    /** The MPQ engine has a cell again. */
    [[gnu::hot]] void CellFree();

    /** @return the allocator, for tests */
    const L2PacketBuffer& GetBuffer() const
    {
        return m_buffer;
    }

  private:
    void Arrive();
    [[gnu::hot]] void SendHer();

    SpinPipeline& m_pipeline;            //!< the unit
    L2PacketBuffer m_buffer;             //!< where packets go
    LinkedQueue<PacketRecord> m_waiting; //!< written or being written, in order
    uint64_t m_portFree{0};              //!< cycle, write port of L2
    uint64_t m_nextHer{0};               //!< cycle, one HER a cycle
    CycleEvent m_arrive;                 //!< a packet comes
    CycleEvent m_retry;                  //!< a refused packet may come again
    CycleEvent m_sendHer;                //!< the next HER may be due
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NIC_INBOUND_H */
