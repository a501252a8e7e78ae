/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "memory-frame.h"

#include "ns3/assert.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ns3
{
namespace offload
{

MemoryFrame::MemoryFrame(Ptr<const Packet> whole)
    : m_rest(std::move(whole))
{
}

MemoryFrame::MemoryFrame(const EthernetFrame& frame)
    : m_rest(frame.payload),
      m_headerBytes(EthernetFrame::HEADER_BYTES)
{
    frame.WriteHeader(m_header.data());
}

MemoryFrame::MemoryFrame(const uint8_t* bytes, uint32_t size)
    : m_rest(
          Create<Packet>(bytes + EthernetFrame::HEADER_BYTES, size - EthernetFrame::HEADER_BYTES)),
      m_headerBytes(EthernetFrame::HEADER_BYTES)
{
    NS_ASSERT(size >= EthernetFrame::HEADER_BYTES);
    std::memcpy(m_header.data(), bytes, EthernetFrame::HEADER_BYTES);
}

void
MemoryFrame::CopyTo(uint8_t* bytes) const
{
    if (m_headerBytes)
    {
        std::memcpy(bytes, m_header.data(), EthernetFrame::HEADER_BYTES);
    }
    m_rest->CopyData(bytes + m_headerBytes, m_rest->GetSize());
}

void
MemoryFrame::CopyPayloadTo(uint8_t* bytes) const
{
    const uint32_t skip = EthernetFrame::HEADER_BYTES - m_headerBytes;
    if (skip == 0)
    {
        m_rest->CopyData(bytes, m_rest->GetSize());
        return;
    }
    const uint32_t size = m_rest->GetSize() - skip;
    m_rest->CreateFragment(skip, size)->CopyData(bytes, size);
}

void
MemoryFrame::WriteAnswerHeader(uint8_t* bytes) const
{
    constexpr uint32_t address = 6; // bytes
    if (m_headerBytes)
    {
        std::memcpy(bytes, m_header.data(), EthernetFrame::HEADER_BYTES);
    }
    else
    {
        m_rest->CopyData(bytes, EthernetFrame::HEADER_BYTES);
    }
    std::swap_ranges(bytes, bytes + address, bytes + address);
}

Ptr<const Packet>
MemoryFrame::ToPacket() const
{
    if (m_headerBytes == 0)
    {
        return m_rest;
    }
    EthernetFrame frame;
    ToFrame(frame);
    return frame.Join();
}

bool
MemoryFrame::ToFrame(EthernetFrame& frame) const
{
    if (m_headerBytes == 0)
    {
        return EthernetFrame::FromPacket(m_rest, frame);
    }
    frame.ReadHeader(m_header.data());
    // Shared, as the payload of every frame: nobody changes it in place.
    frame.payload = ConstCast<Packet>(m_rest);
    return true;
}

} // namespace offload
} // namespace ns3
