/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_INPUT_BUFFER_H
#define OFFLOAD_INPUT_BUFFER_H

#include "steering-table.h"

#include "ns3/ethernet-frame.h"
#include "ns3/execution-context.h"
#include "ns3/light-trace.h"
#include "ns3/lookahead-queue.h"
#include "ns3/object.h"
#include "ns3/ptr.h"

#include <boost/circular_buffer.hpp>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** A frame that was matched, on its way to the unit. */
struct MatchedFrame
{
    EthernetFrame frame;           //!< what
    Ptr<ExecutionContext> context; //!< whose
    SteeringTable::RuleId rule;    //!< why
    MessagePosition position;      //!< where it stands in its message
    int64_t ready;                 //!< the steering table is through with it, ps
};

/** The NIC around an InputBuffer. */
class InputBufferUser
{
  public:
    virtual ~InputBufferUser() = default;

    /** @return id of the node, for events */
    virtual uint32_t GetNodeContext() const = 0;

    /**
     * @param frame the oldest one
     * @return whether somebody but the unit takes note of the instant at which it leaves
     */
    virtual bool IsNoticed(const MatchedFrame& frame) const = 0;

    /**
     * Have Offer called in due time.
     * @param time when the oldest one may leave, ps
     */
    virtual void Expect(int64_t time) = 0;

    /**
     * @param frame the oldest one
     * @param time when it is taken, ps
     * @return false if it must wait; Offer is then called when there may be room
     */
    virtual bool TakeMatched(const MatchedFrame& frame, int64_t time) = 0;

    /** @param paused whether the wire shall be silent */
    virtual void PauseWire(bool paused) = 0;

    /** @return bytes that may still come after the wire was paused */
    virtual uint32_t GetPauseHeadroom() const = 0;

    /** @return bytes that must leave before a paused wire goes on */
    virtual uint32_t GetPauseHysteresis() const = 0;
};

/**
 * A NIC's memory for frames between steering table and sPIN unit: frames in the table's pipeline,
 * and those that the unit has no room for. First in, first out, bounded.
 */
class InputBuffer : public Object
{
  public:
    static TypeId GetTypeId();
    InputBuffer();
    ~InputBuffer() override;

    /** @param user the NIC; must outlive this */
    void SetUser(InputBufferUser* user);

    /**
     * @param frame moved from if accepted
     * @return false if there is no room
     */
    [[gnu::hot]] bool Push(MatchedFrame&& frame);

    /**
     * Offer frames that are ready.
     * @param now the present of whoever takes them, ps
     */
    [[gnu::hot]] void Offer(int64_t now);

    /** It may matter now when frames are taken. */
    void LookAgain()
    {
        Arm();
    }

    /** @return whether somebody is told of what goes in and out */
    bool IsWatched() const
    {
        return !m_bytesTrace.IsEmpty();
    }

    /** @return bytes of frames that may be inside */
    uint32_t GetSize() const
    {
        return m_size;
    }

    /** @return bytes of frames inside */
    uint32_t GetBytes() const
    {
        return m_bytes;
    }

    /**
     * Signature of the Bytes trace.
     * @param bytes inside from now on
     */
    typedef void (*BytesCallback)(uint32_t bytes);

  protected:
    void DoDispose() override;

  private:
    void OfferNow(int64_t now);
    [[gnu::hot]] void Arm();
    [[gnu::cold]] void Grow();
    [[gnu::cold]] void Pause();
    [[gnu::cold]] void Resume();
    uint32_t GetPauseThreshold() const;

    uint32_t m_size{0};            //!< attribute
    uint32_t m_pauseThreshold{0};  //!< attribute
    uint32_t m_resumeThreshold{0}; //!< attribute

    InputBufferUser* m_user{nullptr};               //!< the NIC
    boost::circular_buffer<MatchedFrame> m_waiting; //!< oldest first
    uint32_t m_bytes{0};                            //!< of frames inside
    bool m_refused{false};                          //!< the oldest one must wait for Retry
    bool m_paused{false};                           //!< the wire is silent, as far as we know
    LookaheadTimer<InputBuffer, &InputBuffer::OfferNow, true>
        m_offer;                       //!< the oldest one leaves, and somebody notices
    LightTrace<uint32_t> m_bytesTrace; //!< bytes of frames inside
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_INPUT_BUFFER_H */
