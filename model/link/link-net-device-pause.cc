/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The MAC control sublayer of LinkNetDevice: PAUSE (IEEE 802.3-2018, clause 31 and Annex 31B).
#include "link-net-device.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

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
/// Opcode and quanta, two bytes each, most significant first
constexpr uint32_t PAUSE_BYTES = 4;
/// Longest pause: pause_time is two bytes of quanta of 512 bit times (IEEE 802.3-2018, 31B.2)
constexpr uint16_t LONGEST_PAUSE = 0xffff;

} // namespace

void
LinkNetDevice::SetReceivePaused(bool paused)
{
    NS_LOG_FUNCTION(this << paused);
    if (!m_flowControl || paused == m_receivePaused)
    {
        return;
    }
    m_receivePaused = paused;
    if (paused)
    {
        RefreshPause();
    }
    else
    {
        SendPause(0);
    }
}

void
LinkNetDevice::RefreshPause()
{
    if (m_receivePaused && m_linkUp)
    {
        SendPause(LONGEST_PAUSE);
        // Half-way through there is time for the repetition to cross any cable.
        const int64_t now = Simulator::Now().GetTimeStep();
        m_pauseRefresh.Set(GetContext(), now + m_port.GetPauseDuration(LONGEST_PAUSE) / 2, now);
    }
}

void
LinkNetDevice::SendPause(uint16_t quanta)
{
    if (!m_linkUp)
    {
        return;
    }
    std::array<uint8_t, EthernetFrame::MIN_PAYLOAD_BYTES> bytes{};
    bytes[1] = PAUSE_OPCODE;
    bytes[2] = static_cast<uint8_t>(quanta >> 8);
    bytes[3] = static_cast<uint8_t>(quanta & 0xff);
    SettlePort();
    m_pauseTxTrace(quanta);
    m_port.EnqueueControl(EthernetFrame{Create<Packet>(bytes.data(), bytes.size()),
                                        PAUSE_DESTINATION,
                                        m_address,
                                        EthernetFrame::MAC_CONTROL},
                          Simulator::Now().GetTimeStep());
}

void
LinkNetDevice::ReceiveControl(const EthernetFrame& frame)
{
    std::array<uint8_t, PAUSE_BYTES> bytes{};
    frame.payload->CopyData(bytes.data(), PAUSE_BYTES);
    const uint16_t opcode = static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
    const uint16_t quanta = static_cast<uint16_t>(bytes[2] << 8 | bytes[3]);
    const bool addressed = frame.destination == PAUSE_DESTINATION || frame.destination == m_address;
    // The MAC control sublayer discards what it does not support (IEEE 802.3-2018, 31.5.1).
    if (m_flowControl && addressed && opcode == PAUSE_OPCODE)
    {
        SettlePort();
        m_pauseRxTrace(quanta);
        m_port.Pause(m_port.GetPauseDuration(quanta), Simulator::Now().GetTimeStep());
    }
}

} // namespace offload
} // namespace ns3
