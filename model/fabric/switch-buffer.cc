/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "switch-buffer.h"

namespace ns3
{
namespace offload
{

void
SwitchBuffer::Resize(uint32_t ports, uint64_t bytes)
{
    m_capacity = bytes;
    m_ingress.assign(static_cast<std::size_t>(ports) * CLASSES, 0);
    m_egress.assign(ports, 0);
}

} // namespace offload
} // namespace ns3
