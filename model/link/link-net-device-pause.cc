/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The MAC control sublayer of LinkNetDevice: PAUSE (IEEE 802.3-2018, clause 31 and Annex 31B).
#include "link-net-device.h"

#include "ns3/log.h"

#include <array>

namespace ns3
{
namespace offload
{

NS_LOG_COMPONENT_DEFINE("LinkNetDevicePause");

namespace
{

/// Where PAUSE frames go (IEEE 802.3-2018, 31B.1): never forwarded by a bridge
const Mac48Address PAUSE_DESTINATION("01:80:c2:00:00:01");
/// Opcode of PAUSE (IEEE 802.3-2018, 31A)
constexpr uint16_t PAUSE_OPCODE = 1;
/// Opcode of priority PAUSE (IEEE 802.3-2018, 31A)
constexpr uint16_t PRIORITY_PAUSE_OPCODE = 0x0101;
/// Bytes of an opcode, of quanta and of the vector of classes, most significant first
constexpr uint32_t FIELD_BYTES = 2;
/// Opcode, vector of classes and the quanta of each class (IEEE 802.3-2018, 31D)
constexpr uint32_t PRIORITY_PAUSE_BYTES = FIELD_BYTES * (2 + TransmitPort::PRIORITIES);
/// Longest pause: pause_time is two bytes of quanta of 512 bit times (IEEE 802.3-2018, 31B.2)
constexpr uint16_t LONGEST_PAUSE = 0xffff;

/// All classes, a bit each
constexpr uint8_t ALL_CLASSES = 0xff;

/// What a MAC control frame of least size carries
using ControlBytes = std::array<uint8_t, EthernetFrame::MIN_PAYLOAD_BYTES>;

void
WriteField(ControlBytes& bytes, uint32_t field, uint16_t value)
{
    bytes[FIELD_BYTES * field] = static_cast<uint8_t>(value >> 8);
    bytes[FIELD_BYTES * field + 1] = static_cast<uint8_t>(value & 0xff);
}

uint16_t
ReadField(const uint8_t* bytes, uint32_t field)
{
    return static_cast<uint16_t>(bytes[FIELD_BYTES * field] << 8 | bytes[FIELD_BYTES * field + 1]);
}

} // namespace

void
LinkNetDevice::SetReceivePaused(bool paused)
{
    NS_LOG_FUNCTION(this << paused);
    if (m_priorityFlowControl && !m_flowControl)
    {
        SetReceivePausedClasses(paused ? ALL_CLASSES : 0);
        return;
    }
    if (!m_flowControl || paused == m_receivePaused)
    {
        return;
    }
    m_receivePaused = paused;
    if (paused)
    {
        RefreshPause(LookaheadQueue::Now());
    }
    else
    {
        SendPause(0);
    }
}

void
LinkNetDevice::SetReceivePausedClasses(uint8_t classes)
{
    NS_LOG_FUNCTION(this << +classes);
    const uint8_t changed = m_receivePausedClasses ^ classes;
    if (!m_priorityFlowControl || changed == 0)
    {
        return;
    }
    m_receivePausedClasses = classes;
    SendPriorityPause(changed, classes);
    if (classes != 0)
    {
        m_pauseRefresh.SetBy(GetContext(),
                             LookaheadQueue::Now() + m_port.GetPauseDuration(LONGEST_PAUSE) / 2);
    }
}

void
LinkNetDevice::RefreshPause(int64_t now)
{
    if (!m_linkUp)
    {
        return;
    }
    if (m_receivePaused)
    {
        SendPause(LONGEST_PAUSE);
    }
    if (m_receivePausedClasses != 0)
    {
        SendPriorityPause(m_receivePausedClasses, m_receivePausedClasses);
    }
    if (m_receivePaused || m_receivePausedClasses != 0)
    {
        // Half-way through there is time for the repetition to cross any cable.
        m_pauseRefresh.SetBy(GetContext(), now + m_port.GetPauseDuration(LONGEST_PAUSE) / 2);
    }
}

void
LinkNetDevice::SendPause(uint16_t quanta)
{
    ControlBytes bytes{};
    WriteField(bytes, 0, PAUSE_OPCODE);
    WriteField(bytes, 1, quanta);
    if (SendControl(Create<Packet>(bytes.data(), bytes.size())) && !m_pauseTxTrace.IsEmpty())
    {
        Ptr<LinkNetDevice> keep(this);
        LookaheadQueue::Get().Surface(GetContext(),
                                      [keep, quanta] { keep->m_pauseTxTrace(quanta); });
    }
}

void
LinkNetDevice::SendPriorityPause(uint8_t classes, uint8_t paused)
{
    ControlBytes bytes{};
    WriteField(bytes, 0, PRIORITY_PAUSE_OPCODE);
    WriteField(bytes, 1, classes);
    for (uint32_t i = 0; i < TransmitPort::PRIORITIES; ++i)
    {
        WriteField(bytes, 2 + i, (paused >> i & 1) != 0 ? LONGEST_PAUSE : 0);
    }
    if (SendControl(Create<Packet>(bytes.data(), bytes.size())) &&
        !m_priorityPauseTxTrace.IsEmpty())
    {
        Ptr<LinkNetDevice> keep(this);
        LookaheadQueue::Get().Surface(GetContext(),
                                      [keep, paused] { keep->m_priorityPauseTxTrace(paused); });
    }
}

bool
LinkNetDevice::SendControl(Ptr<Packet> payload)
{
    if (!m_linkUp)
    {
        return false;
    }
    SettlePort();
    m_port.EnqueueControl(
        EthernetFrame{payload, PAUSE_DESTINATION, m_address, EthernetFrame::MAC_CONTROL},
        LookaheadQueue::Now());
    return true;
}

void
LinkNetDevice::ReceiveControl(const EthernetFrame& frame)
{
    std::array<uint8_t, PRIORITY_PAUSE_BYTES> bytes{};
    frame.payload->CopyData(bytes.data(), PRIORITY_PAUSE_BYTES);
    const uint16_t opcode = ReadField(bytes.data(), 0);
    const bool addressed = frame.destination == PAUSE_DESTINATION || frame.destination == m_address;
    // The MAC control sublayer discards what it does not support (IEEE 802.3-2018, 31.5.1).
    if (m_flowControl && addressed && opcode == PAUSE_OPCODE)
    {
        ReceivePause(ReadField(bytes.data(), 1));
    }
    else if (m_priorityFlowControl && addressed && opcode == PRIORITY_PAUSE_OPCODE)
    {
        ReceivePriorityPause(bytes.data());
    }
}

void
LinkNetDevice::ReceivePause(uint16_t quanta)
{
    SettlePort();
    if (!m_pauseRxTrace.IsEmpty())
    {
        Ptr<LinkNetDevice> keep(this);
        LookaheadQueue::Get().Surface(GetContext(),
                                      [keep, quanta] { keep->m_pauseRxTrace(quanta); });
    }
    m_port.Pause(m_port.GetPauseDuration(quanta), LookaheadQueue::Now());
    PauseChanged();
}

void
LinkNetDevice::PauseChanged()
{
}

void
LinkNetDevice::ReceivePriorityPause(const uint8_t* bytes)
{
    SettlePort();
    const auto classes = static_cast<uint8_t>(ReadField(bytes, 1) & 0xff);
    uint8_t paused = 0;
    TransmitPort::Durations durations{};
    for (uint32_t i = 0; i < TransmitPort::PRIORITIES; ++i)
    {
        if ((classes >> i & 1) != 0)
        {
            const uint16_t quanta = ReadField(bytes, 2 + i);
            paused = static_cast<uint8_t>(paused | (quanta > 0 ? 1U << i : 0U));
            durations[i] = m_port.GetPauseDuration(quanta);
        }
    }
    m_port.PauseClasses(classes, durations, LookaheadQueue::Now());
    if (!m_priorityPauseRxTrace.IsEmpty())
    {
        Ptr<LinkNetDevice> keep(this);
        LookaheadQueue::Get().Surface(GetContext(), [keep, classes, paused] {
            keep->m_priorityPauseRxTrace(classes, paused);
        });
    }
    PauseChanged();
}

} // namespace offload
} // namespace ns3
