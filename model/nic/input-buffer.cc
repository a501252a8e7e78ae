/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "input-buffer.h"

#include "ns3/uinteger.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(InputBuffer);

namespace
{

constexpr std::size_t FIRST_PACKETS = 8; //!< first allocation of the list
constexpr uint32_t MIN_BYTES = 10000;    //!< holds the largest frame

} // namespace

TypeId
InputBuffer::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::InputBuffer")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<InputBuffer>()
            .AddAttribute("Size",
                          "Bytes of frames that may wait for the unit (assumption: 256 KiB, the "
                          "order of the receive buffer of a 100 Gbit/s port)",
                          UintegerValue(262144),
                          MakeUintegerAccessor(&InputBuffer::m_size),
                          MakeUintegerChecker<uint32_t>(MIN_BYTES))
            .AddAttribute("PauseThreshold",
                          "Bytes inside above which the wire is paused; 0: leave as much room as "
                          "Linux's mlx5 driver does for a cable of 7 m (commit 0696d60853d5)",
                          UintegerValue(0),
                          MakeUintegerAccessor(&InputBuffer::m_pauseThreshold),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("ResumeThreshold",
                          "Bytes inside up to which a paused wire goes on; 0: an MTU below the "
                          "pause threshold, as in that driver",
                          UintegerValue(0),
                          MakeUintegerAccessor(&InputBuffer::m_resumeThreshold),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("Bytes",
                            "The number of bytes inside has changed",
                            MakeTraceSourceAccessor(&InputBuffer::m_bytesTrace),
                            "ns3::offload::InputBuffer::BytesCallback");
    return tid;
}

InputBuffer::InputBuffer()
    : m_offer(this)
{
}

InputBuffer::~InputBuffer() = default;

void
InputBuffer::DoDispose()
{
    m_offer.Clear();
    m_waiting.clear();
    m_user = nullptr;
    Object::DoDispose();
}

void
InputBuffer::SetUser(InputBufferUser* user)
{
    m_user = user;
}

bool
InputBuffer::Push(MatchedFrame&& frame)
{
    const uint32_t size = frame.frame.GetSize();
    if (m_bytes + size > m_size)
    {
        return false;
    }
    if (m_waiting.full())
    {
        Grow();
    }
    m_waiting.push_back(std::move(frame));
    m_bytes += size;
    m_bytesTrace(m_bytes);
    if (m_bytes > GetPauseThreshold())
    {
        Pause();
    }
    Arm();
    return true;
}

void
InputBuffer::Grow()
{
    m_waiting.set_capacity(std::max(FIRST_PACKETS, 2 * m_waiting.capacity()));
}

void
InputBuffer::Pause()
{
    m_paused = true;
    m_user->PauseWire(true);
}

void
InputBuffer::Arm()
{
    if (!m_refused && !m_waiting.empty())
    {
        // The unit asks for frames by itself and perhaps late. A paused wire goes on at the very
        // instant at which a frame leaves.
        const MatchedFrame& oldest = m_waiting.front();
        if (m_paused || !m_bytesTrace.IsEmpty() || m_user->IsNoticed(oldest))
        {
            m_offer.SetBy(m_user->GetNodeContext(), std::max(oldest.ready, LookaheadQueue::Now()));
        }
        else
        {
            m_user->Expect(oldest.ready);
        }
    }
}

void
InputBuffer::OfferNow(int64_t now)
{
    if (!m_refused)
    {
        Offer(now);
    }
}

void
InputBuffer::Offer(int64_t now)
{
    const uint32_t before = m_bytes;
    const bool waited = std::exchange(m_refused, false);
    while (!m_waiting.empty() && m_waiting.front().ready <= now)
    {
        MatchedFrame& oldest = m_waiting.front();
        if (!m_user->TakeMatched(oldest, waited ? now : oldest.ready))
        {
            m_refused = true;
            break;
        }
        m_bytes -= oldest.frame.GetSize();
        m_waiting.pop_front();
    }
    if (m_bytes != before)
    {
        m_bytesTrace(m_bytes);
        if (m_paused)
        {
            Resume();
        }
    }
    Arm();
}

uint32_t
InputBuffer::GetPauseThreshold() const
{
    // A buffer without room for the headroom does its best.
    return m_pauseThreshold > 0 ? m_pauseThreshold
                                : m_size - std::min(m_size, m_user->GetPauseHeadroom());
}

void
InputBuffer::Resume()
{
    const uint32_t pause = GetPauseThreshold();
    const uint32_t resume = m_resumeThreshold > 0
                                ? m_resumeThreshold
                                : pause - std::min(pause, m_user->GetPauseHysteresis());
    if (m_bytes <= std::min(pause, resume))
    {
        m_paused = false;
        m_user->PauseWire(false);
    }
}

} // namespace offload
} // namespace ns3
