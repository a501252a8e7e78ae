/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TRANSMIT_PORT_H
#define OFFLOAD_TRANSMIT_PORT_H

#include "byte-clock.h"
#include "ethernet-frame.h"
#include "frame-forwarder.h"
#include "lookahead-queue.h"
#include "ring-buffer.h"

#include "ns3/queue-size.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>

namespace ns3
{
namespace offload
{

class LinkChannel;
class LinkNetDevice;

/**
 * The transmitting half of an Ethernet port: queue, serialiser and everything on the wire behind
 * it, as one FIFO.
 *
 * The physical picture: a frame is serialised after those before it, and arrives when its last bit
 * has crossed the cable. All of that is known when the frame is handed in, so the port writes start
 * and end beside the frame and waits for nothing but the arrival of the oldest one. A frame is in
 * the queue while its start lies in the future, and on the wire afterwards.
 *
 * PAUSE and MAC control frames are what may change the times of frames that have not begun; only
 * then are they computed anew (Retime()).
 */
class alignas(64) TransmitPort
{
  public:
    /// What a processor fetches at once, bytes
    static constexpr std::size_t CACHE_LINE = 64;

    /** A frame that was accepted and has not arrived. */
    struct alignas(CACHE_LINE) Entry
    {
        EthernetFrame frame; //!< what travels
        int64_t start;       //!< ps: the preamble's first bit leaves
        int64_t end;         //!< ps: the FCS's last bit leaves
        uint32_t bytes;      //!< size of the frame without FCS
    };

    /** @param device the port's owner, told of what happens to the frames */
    explicit TransmitPort(LinkNetDevice& device);

    /**
     * Plug the port into a channel.
     * @param channel takes the frames
     * @param side which of the channel's ends this is
     */
    void Attach(LinkChannel* channel, uint32_t side);

    /** Read again what the channel says of itself, and who looks at frames at its ends. */
    void UpdateChannel();

    /** Read again what the owner says of itself. */
    void UpdateDevice();

    /**
     * @param forwarder the switch whose port this is, told of each frame that leaves
     * @param number of the port
     */
    void SetForwarder(FrameForwarder* forwarder, uint32_t number);

    /** Forget all frames silently, and the channel. */
    void Dispose();

    /** @param bitsPerSecond line rate for frames handed in from now on */
    void SetRate(uint64_t bitsPerSecond);

    /**
     * @param preamble bytes before each frame
     * @param gap least number of byte times after each frame
     */
    void SetOverhead(uint32_t preamble, uint32_t gap);

    /** @param size bound of the frames that wait */
    void SetQueueSize(QueueSize size);

    /**
     * Accept a frame unless the queue is full.
     * @param frame moved from if accepted
     * @param time when it is handed in, ps: now, or less than GetLeastFlight(its size) ago
     * @param now the present instant, ps
     * @return false if the queue is full
     */
    bool Enqueue(EthernetFrame&& frame, int64_t time, int64_t now)
    {
        const uint32_t bytes = frame.GetSize();
        if (m_free.ps < time)
        {
            m_free = {time, 0};
        }
        // A frame that can begin at once never waits in the queue.
        else if (m_free.ps > time && IsFull(bytes, time))
        {
            return false;
        }
        Push(std::move(frame), bytes, now);
        return true;
    }

    /**
     * Accept a padded frame, without the owner if it has nothing to say.
     * @param frame moved from if accepted
     * @param bytes its size
     * @param now the present instant, ps
     * @return false if it was dropped; a trace of the owner told of it
     */
    __attribute__((always_inline)) bool Pass(EthernetFrame&& frame, uint32_t bytes, int64_t now)
    {
        if (bytes > m_passable || m_line.IsFull())
        {
            return PassWithCare(std::move(frame), bytes, now);
        }
        // Push() and Schedule() without what cannot be here.
        const int64_t start = std::max(m_free.ps, now);
        const int64_t end = start + m_clock.GetWhole(bytes) + m_overheadTime;
        m_free.ps = end + m_gapTime;
        const Entry& entry = m_line.EmplaceBack(std::move(frame), start, end, bytes);
        // While nothing is held, the line is empty if no arrival is set.
        if (!m_arrival.IsSet())
        {
            m_arrival.Set(m_receiverContext, GetArrival(entry));
        }
        return true;
    }

    /**
     * Send a MAC control frame before all frames that have not begun, paused or not.
     * @param frame the control frame
     * @param now the present instant, ps
     */
    void EnqueueControl(EthernetFrame&& frame, int64_t now);

    /**
     * Hold the frames that have not begun (IEEE 802.3 Annex 31B); replaces what is left of an
     * earlier pause.
     * @param duration ps; zero ends the pause
     * @param now the present instant, ps
     */
    void Pause(int64_t duration, int64_t now);

    /// Classes of service (IEEE 802.1Q-2018, 8.6.6)
    static constexpr uint32_t PRIORITIES = 8;
    /// A time in ps for each class
    using Durations = std::array<int64_t, PRIORITIES>;

    /**
     * Hold the frames of some classes that have not begun; others pass them (IEEE 802.1Qbb).
     * @param classes bit i is set if it is about class i
     * @param durations of each such class, as for Pause
     * @param now the present instant, ps
     */
    void PauseClasses(uint8_t classes, const Durations& durations, int64_t now);

    /**
     * Tell the switch at the very instant at which a frame begins. Costs an event per
     * waiting frame.
     * @param exactly whether
     * @param now the present instant, ps
     */
    void CountExactly(bool exactly, int64_t now);

    /** Move the boundary between wire and queue to the present. */
    void Settle(int64_t now)
    {
        CountBegun(now);
    }

    /** Drop all frames, with traces: the cable was pulled. */
    void DropAll(int64_t now);

    /** @return the instant from which a new frame could begin, ps */
    int64_t GetFreeAt() const
    {
        return m_free.ps;
    }

    /**
     * @param now the present instant, ps
     * @return number of frames that have not begun
     */
    uint32_t GetQueueLength(int64_t now) const;

    /**
     * @param bytes size of a frame without FCS
     * @param now the present instant, ps
     * @return whether the queue has no room for such a frame
     */
    bool IsFull(uint32_t bytes, int64_t now)
    {
        // The boundary may be out of date, but only so that the queue looks too long.
        if (!LooksFull(bytes))
        {
            return false;
        }
        CountBegun(now);
        return LooksFull(bytes);
    }

    /**
     * @param bytes size of a frame without FCS, at least
     * @return the least time in ps from handing in such a frame to its delivery
     */
    [[gnu::hot]] int64_t GetLeastFlight(uint32_t bytes) const;

    /** @return the duration in ps of a pause of the given quanta of 512 bit times */
    int64_t GetPauseDuration(uint16_t quanta) const;

    /**
     * Call the owner back at each instant at which a frame begins, until none waits; at once for
     * those that begin now. Costs an event per waiting frame.
     * @param now the present instant, ps
     */
    void Watch(int64_t now);

  private:
    /// First allocation
    static constexpr std::size_t FIRST_ENTRIES = 4;
    /// Long before any simulation
    static constexpr int64_t NEVER = std::numeric_limits<int64_t>::min() / 2;
    /// Long after any simulation: begin and end of a frame whose times are not known yet
    static constexpr int64_t UNSCHEDULED = std::numeric_limits<int64_t>::max();

    /** Move the boundary between wire and queue to the present; done only when it matters. */
    void CountBegun(int64_t now)
    {
        while (m_begun < m_line.GetSize() && m_line[m_begun].start <= now)
        {
            Begin(now);
        }
    }

    /** @return whether a frame of that many bytes does not fit, as of the last CountBegun */
    bool LooksFull(uint32_t bytes) const
    {
        return m_countBytes ? m_queuedBytes + bytes > m_limit
                            : m_line.GetSize() - m_begun >= m_limit;
    }

    /** The next frame leaves the queue. */
    void Begin(int64_t now)
    {
        const Entry& entry = m_line[m_begun];
        ++m_begun;
        m_lastEnd = entry.end;
        if (m_countBytes)
        {
            m_queuedBytes -= entry.bytes;
        }
        // A frame that began earlier began unobserved.
        if (m_watched && entry.start == now)
        {
            BeginWatched(entry, now);
        }
        else if (m_switch)
        {
            // The switch looks at the frame before it does anything.
            m_switch->Release(m_number, entry.frame, entry.bytes);
        }
    }

    void BeginWatched(const Entry& entry, int64_t now); //!< tell all who want to know
    /** Put a frame at the end of the line. */
    [[gnu::hot]] void Push(EthernetFrame&& frame, uint32_t bytes, int64_t now);
    /** Pass() when the owner has something to say, or the times are not simple. */
    bool PassWithCare(EthernetFrame&& frame, uint32_t bytes, int64_t now);

    /** Give a frame its times, from m_free on. */
    void Schedule(Entry& entry)
    {
        entry.start = m_free.ps;
        m_clock.Advance(m_free, m_preamble + entry.bytes + EthernetFrame::FCS_BYTES);
        entry.end = m_free.ps;
        m_clock.Advance(m_free, m_gap);
    }

    void ScheduleAfter(Entry& entry, int64_t hold); //!< the same, but not before the hold's end
    void ScheduleClasses();   //!< order and times of waiting frames, some held
    void Retime(int64_t now); //!< compute the times of waiting frames anew
    void Shrink();            //!< give back what the line has not needed lately
    void Grow();              //!< double the line's capacity

    /** @return when the far end has a frame */
    int64_t GetArrival(const Entry& entry) const
    {
        if (m_headTime > 0)
        {
            return std::min(entry.start + m_headTime, entry.end) + m_delay;
        }
        return entry.end + m_delay;
    }

    void Arm(const Entry& oldest, int64_t now); //!< see that the next step is not missed
    [[gnu::hot]] void Arrive(int64_t now);      //!< the oldest frame reaches the far end
    [[gnu::hot]] void Deliver();                //!< give it to the device or the channel
    void Resume(int64_t now);                   //!< a pause may be over
    void LookAgain(int64_t now);                //!< a watched frame may begin

    bool IsWatchVisible() const //!< somebody outside looks
    {
        return m_watched;
    }

    bool IsWatched() const //!< the beginning of each frame matters
    {
        return m_countExactly || m_watched;
    }

    [[gnu::hot]] bool IsDeliveryVisible() const; //!< see IsArrivalVisible

    bool IsArrivalVisible() const //!< the oldest frame is for somebody outside
    {
        return !m_receivingSwitch && IsDeliveryVisible();
    }

    int64_t GetHold(const EthernetFrame& frame) const; //!< the end of the frame's pause
    void ScheduleHeld(int64_t now); //!< the last frame came during a pause of classes

    /** A LookaheadEvent of the port that is visible only now and then. */
    template <void (TransmitPort::*method)(int64_t), bool (TransmitPort::*visible)() const>
    class PortEvent final : public LookaheadEvent
    {
      public:
        explicit PortEvent(TransmitPort* port)
            : m_port(port)
        {
        }

        using LookaheadEvent::SetNext;
        using LookaheadEvent::SetSilent;

      private:
        [[gnu::hot]] void Happen(int64_t now) override
        {
            (m_port->*method)(now);
        }

        [[gnu::hot]] bool IsVisible() const override
        {
            return (m_port->*visible)();
        }

        TransmitPort* m_port; //!< owner
    };

    // By cache lines. What tells that a frame arrives, and to whom:
    PortEvent<&TransmitPort::Arrive, &TransmitPort::IsArrivalVisible> m_arrival; //!< of the oldest
    /// Takes the frames that arrive; null if somebody looks at them, or there is no switch
    FrameForwarder* m_receivingSwitch{nullptr};
    uint16_t m_receivingPort{0};  //!< which of its ports
    bool m_deliveryWatched{true}; //!< an arrival is more than the receiver's own concern
    bool m_countBytes{false};     //!< the queue is bounded in bytes
    bool m_countExactly{false};   //!< see CountExactly
    bool m_watched{false};        //!< somebody outside wants to know of each frame that begins

    // The line:
    RingBuffer<Entry> m_line;          //!< wire, then queue; oldest first
    uint32_t m_begun{0};               //!< entries of m_line that are known to have begun
    int64_t m_headTime{0};             //!< ps until a cut-through receiver has the head; or 0
    int64_t m_delay{0};                //!< ps from a frame's departure to its delivery
    int64_t m_lastEnd{NEVER};          //!< end of the last frame that is known to have begun
    FrameForwarder* m_switch{nullptr}; //!< told of frames that leave; or null
    uint32_t m_number{0};              //!< of the port in it

    // What handing in a frame touches:
    uint32_t m_receiverContext; //!< id of the node at the far end
    LineTime m_free;            //!< when the next frame may begin
    ByteClock m_clock;          //!< line rate
    uint32_t m_passable{0};     //!< frames of up to so many bytes need no care: see Pass
    uint32_t m_peak{0};         //!< longest line since it was last empty
    int64_t m_overheadTime{0};  //!< ps of preamble and FCS, if some frames need no care
    int64_t m_gapTime{0};       //!< ps after each frame, if some need no care

    int64_t m_lastHold{NEVER};          //!< when the last pause of a class ends
    int64_t m_pausedUntil{NEVER};       //!< no data frame begins before
    uint32_t m_preamble{0};             //!< bytes before each frame
    uint32_t m_gap{0};                  //!< bytes after each frame
    uint32_t m_acceptable{0};           //!< greatest frame that need not be shown to the owner
    LinkNetDevice& m_device;            //!< owner
    LinkNetDevice* m_receiver{nullptr}; //!< takes the frames; null if the channel does
    uint32_t m_limit{0};                //!< bound of the queue in frames or bytes
    uint64_t m_queuedBytes{0};          //!< bytes that wait, if m_countBytes
    uint32_t m_side{0};                 //!< which end of the channel this is
    LinkChannel* m_channel{nullptr};    //!< owned by the device
    LookaheadTimer<TransmitPort, &TransmitPort::Resume, false> m_resume;        //!< end of a pause
    PortEvent<&TransmitPort::LookAgain, &TransmitPort::IsWatchVisible> m_watch; //!< a frame begins
    /// When the pause of each class ends; null until the first one
    std::unique_ptr<Durations> m_holds;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TRANSMIT_PORT_H */
