/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "transmit-port.h"

#include "link-channel.h"
#include "link-net-device.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

/// Rate of a port until its owner's attributes are set
constexpr uint64_t INITIAL_RATE = 1'000'000'000;

/**
 * Tell the processor that memory is wanted soon.
 * @param address where it begins
 * @param bytes how much
 */
void
Prefetch(const void* address, std::size_t bytes)
{
    constexpr std::size_t CACHE_LINE = 64;
    for (std::size_t i = 0; i < bytes; i += CACHE_LINE)
    {
        __builtin_prefetch(static_cast<const char*>(address) + i);
    }
}

} // namespace

TransmitPort::TransmitPort(LinkNetDevice& device)
    : m_arrival(this),
      m_receiverContext(Simulator::NO_CONTEXT),
      m_clock(INITIAL_RATE),
      m_device(device),
      m_resume(this),
      m_watch(this)
{
}

void
TransmitPort::Attach(LinkChannel* channel, uint32_t side)
{
    m_channel = channel;
    m_side = side;
}

void
TransmitPort::UpdateChannel()
{
    m_receiver = m_channel->GetReceiver(m_side);
    m_receiverContext = m_channel->GetReceiverContext(m_side);
    m_delay = m_channel->GetDeliveryDelay();
    m_headTime = 0;
    const uint32_t head = m_receiver ? m_receiver->GetCutThroughBytes() : 0;
    if (m_receiver)
    {
        m_delay += m_receiver->GetForwardingLatency();
    }
    if (head > 0)
    {
        LineTime time;
        m_clock.Advance(time, m_preamble + head);
        m_headTime = time.ps;
    }
    // What nobody looks at goes from switch to switch.
    m_deliveryWatched =
        !m_receiver || m_receiver->IsReceiptWatched() || !m_device.m_transmitTrace.IsEmpty();
    const bool direct = !m_deliveryWatched && m_receiver->m_forwarder;
    m_receivingSwitch = direct ? m_receiver->m_forwarder : nullptr;
    m_arrival.SetSilent(direct);
    m_receivingPort = direct ? static_cast<uint16_t>(m_receiver->m_port.m_number) : 0;
    UpdateDevice();
}

void
TransmitPort::UpdateDevice()
{
    m_watched = m_device.IsWatching();
    const bool silent = m_device.m_linkUp && m_device.m_macTxTrace.IsEmpty() &&
                        !m_device.m_queueDisc &&
                        !(m_device.m_classifies && m_device.m_priorityFlowControl);
    const uint32_t greatest = silent ? EthernetFrame::HEADER_BYTES + m_device.m_mtu : 0;
    m_acceptable = m_limit == std::numeric_limits<uint32_t>::max() ? greatest : 0;
    // As many as have a place in the line already may wait.
    const bool simple = m_clock.IsWhole() && !m_countBytes && !IsWatched() && m_lastHold == NEVER &&
                        m_pausedUntil == NEVER && m_line.GetCapacity() <= m_limit;
    m_passable = simple ? greatest : 0;
    m_overheadTime = simple ? m_clock.GetWhole(m_preamble + EthernetFrame::FCS_BYTES) : 0;
    m_gapTime = simple ? m_clock.GetWhole(m_gap) : 0;
}

void
TransmitPort::SetForwarder(FrameForwarder* forwarder, uint32_t number)
{
    m_switch = forwarder;
    m_number = number;
}

bool
TransmitPort::PassWithCare(EthernetFrame&& frame, uint32_t bytes, int64_t now)
{
    if (bytes > m_acceptable)
    {
        return m_device.SendFrame(std::move(frame), now, now);
    }
    if (std::max(m_lastHold, m_pausedUntil) <= now && (m_line.IsEmpty() || m_arrival.IsSet()))
    {
        // The pauses are over.
        m_lastHold = m_pausedUntil = NEVER;
        UpdateDevice();
    }
    if (m_free.ps < now)
    {
        m_free = {now, 0};
    }
    Push(std::move(frame), bytes, now);
    return true;
}

void
TransmitPort::Dispose()
{
    m_arrival.Clear();
    m_resume.Clear();
    m_watch.Clear();
    m_line.SetCapacity(0);
    m_begun = 0;
    m_queuedBytes = 0;
    m_channel = nullptr;
    m_receiver = nullptr;
    m_deliveryWatched = true;
    m_receivingSwitch = nullptr;
    m_arrival.SetSilent(false);
    m_switch = nullptr;
    m_acceptable = m_passable = 0;
}

void
TransmitPort::SetRate(uint64_t bitsPerSecond)
{
    m_clock = ByteClock(bitsPerSecond);
    // A fraction of the old rate means nothing to the new one.
    m_free.fraction = 0;
    UpdateDevice();
}

void
TransmitPort::SetOverhead(uint32_t preamble, uint32_t gap)
{
    m_preamble = preamble;
    m_gap = gap;
    UpdateDevice();
}

void
TransmitPort::SetQueueSize(QueueSize size)
{
    m_countBytes = size.GetUnit() == QueueSizeUnit::BYTES;
    m_limit = size.GetValue();
    UpdateDevice();
    m_queuedBytes = 0;
    for (std::size_t i = m_begun; m_countBytes && i < m_line.GetSize(); ++i)
    {
        m_queuedBytes += m_line[i].bytes;
    }
}

void
TransmitPort::DropAll(int64_t now)
{
    CountBegun(now);
    RingBuffer<Entry> lost;
    lost.Swap(m_line);
    const std::size_t begun = m_begun;
    m_begun = 0;
    m_queuedBytes = 0;
    m_free = {now, 0};
    m_pausedUntil = NEVER;
    m_lastHold = NEVER;
    m_holds.reset();
    m_arrival.Clear();
    for (std::size_t i = 0; i < lost.GetSize(); ++i)
    {
        if (m_switch && i >= begun)
        {
            m_switch->Release(m_number, lost[i].frame, lost[i].bytes);
        }
        m_device.NotifyLost(lost[i].frame, i < begun);
    }
}

uint32_t
TransmitPort::GetQueueLength(int64_t now) const
{
    std::size_t begun = m_begun;
    while (begun < m_line.GetSize() && m_line[begun].start <= now)
    {
        ++begun;
    }
    return static_cast<uint32_t>(m_line.GetSize() - begun);
}

int64_t
TransmitPort::GetLeastFlight(uint32_t bytes) const
{
    LineTime time;
    const uint32_t frame =
        std::max(bytes + EthernetFrame::FCS_BYTES, EthernetFrame::MIN_FRAME_BYTES);
    m_clock.Advance(time, m_preamble + frame);
    return (m_headTime > 0 ? std::min(m_headTime, time.ps) : time.ps) + m_delay;
}

void
TransmitPort::Watch(int64_t now)
{
    CountBegun(now);
    if (m_begun < m_line.GetSize())
    {
        m_watch.SetBy(m_device.GetContext(), m_line[m_begun].start);
    }
}

void
TransmitPort::LookAgain(int64_t now)
{
    CountBegun(now);
    if (IsWatched())
    {
        Watch(now);
    }
}

void
TransmitPort::BeginWatched(const Entry& entry, int64_t now)
{
    // Whoever is told may hand in another frame, which moves the line: tell of a copy.
    const EthernetFrame frame = entry.frame;
    const int64_t end = entry.end;
    if (m_switch)
    {
        m_switch->Release(m_number, frame, entry.bytes);
    }
    m_device.NotifyBegin(frame, now, end);
}

inline void
TransmitPort::Arm(const Entry& oldest, int64_t now)
{
    // While a pause may still be shortened, the arrival of a held frame is not put into the
    // simulator's queue, where it could not be moved to an earlier instant.
    if (oldest.start > now && GetHold(oldest.frame) > now)
    {
        m_resume.SetBy(m_device.GetContext(), GetHold(oldest.frame));
        return;
    }
    m_arrival.SetBy(m_receiverContext, std::max(GetArrival(oldest), now));
}

void
TransmitPort::Push(EthernetFrame&& frame, uint32_t bytes, int64_t now)
{
    const bool held = m_lastHold > now;
    if (held)
    {
        CountBegun(now);
    }
    if (m_line.IsFull())
    {
        Grow();
    }
    if (m_countBytes)
    {
        m_queuedBytes += bytes;
    }
    // Until it has its times it has not begun, whoever looks.
    Entry& entry = m_line.EmplaceBack(std::move(frame), UNSCHEDULED, UNSCHEDULED, bytes);
    if (held)
    {
        ScheduleHeld(now);
    }
    else
    {
        Schedule(entry);
    }
    if (!m_arrival.IsSet())
    {
        Arm(m_line.GetFront(), now);
    }
    if (IsWatched())
    {
        Watch(now);
    }
}

void
TransmitPort::Retime(int64_t now)
{
    m_free = {m_lastEnd, 0};
    m_clock.Advance(m_free, m_gap);
    if (m_free.ps < now)
    {
        m_free = {now, 0};
    }
    if (m_lastHold > now)
    {
        ScheduleClasses();
    }
    else
    {
        for (std::size_t i = m_begun; i < m_line.GetSize(); ++i)
        {
            ScheduleAfter(m_line[i], GetHold(m_line[i].frame));
        }
    }
    // Frames handed in during the pause queue behind it.
    if (m_free.ps < m_pausedUntil)
    {
        m_free = {m_pausedUntil, 0};
    }
    if (!m_line.IsEmpty())
    {
        Arm(m_line.GetFront(), now);
    }
    if (IsWatched())
    {
        Watch(now);
    }
}

void
TransmitPort::CountExactly(bool exactly, int64_t now)
{
    m_countExactly = exactly;
    UpdateDevice();
    if (exactly)
    {
        Watch(now);
    }
}

bool
TransmitPort::IsDeliveryVisible() const
{
    return m_deliveryWatched || m_line.IsEmpty() ||
           !m_receiver->TakesAhead(m_line.GetFront().frame);
}

void
TransmitPort::Grow()
{
    m_line.SetCapacity(std::max(FIRST_ENTRIES, 2 * m_line.GetCapacity()));
    UpdateDevice();
}

void
TransmitPort::Shrink()
{
    // Halved, and only if three quarters were idle: a buffer that is needed again soon is kept.
    if (m_peak < m_line.GetCapacity() / 4)
    {
        m_line.SetCapacity(m_line.GetCapacity() / 2);
        UpdateDevice();
    }
    m_peak = 0;
}

void
TransmitPort::Resume(int64_t now)
{
    if (!m_line.IsEmpty())
    {
        Arm(m_line.GetFront(), now);
    }
}

void
TransmitPort::Arrive(int64_t now)
{
    if (m_line.IsEmpty())
    {
        return;
    }
    Entry& oldest = m_line.GetFront();
    if (GetArrival(oldest) > now)
    {
        Arm(oldest, now);
        return;
    }
    // The packet was last touched a propagation delay ago, and those of many links since: have it
    // fetched while the next arrival is put into the queue.
    if (oldest.frame.content)
    {
        Prefetch(oldest.frame.content.get(), sizeof(FrameContent));
    }
    else
    {
        Prefetch(PeekPointer(oldest.frame.payload), sizeof(Packet));
    }
    if (m_line.GetSize() > 1)
    {
        // The line is longest when a frame leaves it.
        m_peak = std::max(m_peak, static_cast<uint32_t>(m_line.GetSize()));
        const Entry& next = m_line[1];
        if (next.start > now)
        {
            Arm(next, now); // it may be held
        }
        else
        {
            m_arrival.SetNext(m_receiverContext, std::max(GetArrival(next), now));
        }
    }
    if (m_begun > 0)
    {
        --m_begun;
    }
    else
    {
        // Nobody has asked since it began.
        m_lastEnd = oldest.end;
        if (m_countBytes)
        {
            m_queuedBytes -= oldest.bytes;
        }
        if (m_switch)
        {
            m_switch->Release(m_number, oldest.frame, oldest.bytes);
        }
    }
    if (m_receivingSwitch && oldest.frame.protocol != EthernetFrame::MAC_CONTROL)
    {
        // A switch does nothing to this line, so that the frame need not be moved out of it.
        m_receivingSwitch->Forward(m_receivingPort, std::move(oldest.frame), oldest.bytes, now);
        m_line.PopFront(oldest);
        if (m_line.IsEmpty() && m_line.GetCapacity() > FIRST_ENTRIES)
        {
            Shrink();
        }
        return;
    }
    Deliver();
}

void
TransmitPort::Deliver()
{
    const int64_t start = m_line.GetFront().start;
    const int64_t end = m_line.GetFront().end;
    EthernetFrame frame = std::move(m_line.GetFront().frame);
    m_line.PopFront();
    if (m_line.IsEmpty() && m_line.GetCapacity() > FIRST_ENTRIES)
    {
        Shrink();
    }
    if (!m_deliveryWatched)
    {
        m_receiver->ReceiveGood(std::move(frame));
        return;
    }
    if (!m_device.m_transmitTrace.IsEmpty())
    {
        m_device.m_transmitTrace(frame.GetPayload(), TimeStep(start), TimeStep(end));
    }
    if (m_receiver)
    {
        m_receiver->Receive(std::move(frame));
    }
    else
    {
        m_channel->Deliver(m_side, std::move(frame));
    }
}

} // namespace offload
} // namespace ns3
