/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_FRAME_H
#define OFFLOAD_MEMORY_FRAME_H

#include "ns3/ethernet-frame.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * An Ethernet frame between the wire and the bytes of NIC memory.
 *
 * A Packet of the whole frame costs as much as a quarter of the packet's way through the unit; it
 * is made only for who asks for one.
 */
class MemoryFrame
{
  public:
    /** No frame. */
    MemoryFrame() = default;

    /** @param whole the frame with its header, without FCS */
    [[gnu::hot]] explicit MemoryFrame(Ptr<const Packet> whole);

    /** @param frame header and payload apart, the payload padded */
    [[gnu::hot]] explicit MemoryFrame(const EthernetFrame& frame);

    /**
     * @param bytes the frame with its header, without FCS, copied
     * @param size at least a header
     */
    [[gnu::hot]] MemoryFrame(const uint8_t* bytes, uint32_t size);

    /** @return whether there is a frame */
    explicit operator bool() const
    {
        return m_rest != nullptr;
    }

    /** @return bytes, with the header */
    uint32_t GetSize() const
    {
        return m_headerBytes + m_rest->GetSize();
    }

    /** @param bytes where GetSize() bytes are written */
    [[gnu::hot]] void CopyTo(uint8_t* bytes) const;

    /** @param bytes where GetSize() bytes less the header are written */
    void CopyPayloadTo(uint8_t* bytes) const;

    /**
     * The header of an answer: destination and source exchanged.
     * @param bytes where EthernetFrame::HEADER_BYTES are written
     */
    void WriteAnswerHeader(uint8_t* bytes) const;

    /** @return the whole frame */
    Ptr<const Packet> ToPacket() const;

    /**
     * @param[out] frame header and payload apart
     * @return false if the bytes are too few to hold a header
     */
    [[gnu::hot]] bool ToFrame(EthernetFrame& frame) const;

  private:
    Ptr<const Packet> m_rest;                                  //!< what follows the header here
    std::array<uint8_t, EthernetFrame::HEADER_BYTES> m_header; //!< the header, if it is apart
    uint8_t m_headerBytes{0};                                  //!< of it: all or none
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_FRAME_H */
