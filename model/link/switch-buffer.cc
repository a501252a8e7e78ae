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
    m_ports.assign(ports, Port());
}

} // namespace offload
} // namespace ns3
