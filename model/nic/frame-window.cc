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
    frame.WriteHeader(m_bytes.data());
    const uint32_t copied = frame.payload->CopyData(m_bytes.data() + IP, BYTES - IP);
    std::fill(m_bytes.begin() + IP + copied, m_bytes.end(), uint8_t{0});
}

} // namespace offload
} // namespace ns3
