/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FRAME_FORWARDER_H
#define OFFLOAD_FRAME_FORWARDER_H

#include "ethernet-frame.h"
#include "switch-buffer.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * What several Ethernet ports belong to that passes frames from one to the other: a switch.
 *
 * What it does is seen by nobody outside, and may happen ahead of Simulator::Now()
 * (LookaheadQueue).
 */
class FrameForwarder
{
  public:
    virtual ~FrameForwarder() = default;

    /**
     * A good frame has come in.
     * @param port by which
     * @param frame moved from
     * @param bytes its size without FCS
     * @param now the present instant, ps
     */
    virtual void Forward(uint32_t port, EthernetFrame&& frame, uint32_t bytes, int64_t now) = 0;

    /**
     * A frame has begun to leave; told once for each frame, at the latest when it has crossed the
     * link.
     * @param port by which
     * @param frame which
     * @param bytes its size without FCS
     */
    void Release(uint32_t port, const EthernetFrame& frame, uint32_t bytes)
    {
        // A PAUSE frame was never in the buffer.
        if (frame.protocol == EthernetFrame::MAC_CONTROL)
        {
            return;
        }
        m_buffer.Give(frame.GetIngress(), frame.GetPriority(), port, bytes);
        if (m_exact)
        {
            Released(port, frame);
        }
    }

  protected:
    /**
     * A frame has given back its room, at the very instant at which it begins to leave.
     * @param port by which it leaves
     * @param frame which
     */
    virtual void Released(uint32_t port, const EthernetFrame& frame) = 0;

    // Here so that ports count what leaves without a call.
    SwitchBuffer m_buffer; //!< who occupies how much
    bool m_exact{false};   //!< ports tell at the instant when frames leave: see Released
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FRAME_FORWARDER_H */
