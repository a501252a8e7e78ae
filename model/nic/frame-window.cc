/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "frame-window.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

FrameWindow::FrameWindow(const EthernetFrame& frame)
    : m_size(frame.GetSize())
{
    frame.destination.CopyTo(m_bytes.data() + DESTINATION);
    frame.source.CopyTo(m_bytes.data() + SOURCE);
    m_bytes[ETHER_TYPE] = static_cast<uint8_t>(frame.protocol >> 8);
    m_bytes[ETHER_TYPE + 1] = static_cast<uint8_t>(frame.protocol & 0xff);
    const uint32_t copied = frame.payload->CopyData(m_bytes.data() + IP, BYTES - IP);
    std::fill(m_bytes.begin() + IP + copied, m_bytes.end(), uint8_t{0});
}

} // namespace offload
} // namespace ns3
