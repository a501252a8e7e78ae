/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FRAME_CONTENT_H
#define OFFLOAD_FRAME_CONTENT_H

#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The payload of an Ethernet frame as fields instead of bytes.
 *
 * A transport that a NIC runs by itself knows all of a packet's header fields; putting them into
 * an ns-3 Packet and reading them back costs more than all hops in between. Such a transport sends
 * its own description of the packet, and the bytes exist only where somebody looks at them: in
 * captures, and in devices that do not know the transport.
 *
 * A content is shared by all copies of a frame, and does not change once it was sent. What the
 * network changes travels in the EthernetFrame. Contents come from a pool of the transport, which
 * gets them back by Release().
 */
class FrameContent
{
  public:
    FrameContent(const FrameContent&) = delete;
    FrameContent& operator=(const FrameContent&) = delete;

    /** @return payload bytes of the Ethernet frame, padding included */
    uint32_t GetSize() const
    {
        return m_size;
    }

    /** @return hash of what names the flow (addresses, protocol, ports), for multipath */
    uint32_t GetFlowHash() const
    {
        return m_flowHash;
    }

    /** @return class of service, 0 to 7, as switches derive it from the packet */
    uint8_t GetPriority() const
    {
        return m_priority;
    }

    /** @return whether switches may mark the packet instead of dropping it (RFC 3168, ECT) */
    bool IsEcnCapable() const
    {
        return m_ecnCapable;
    }

    /**
     * @param congested whether a switch has marked the packet (RFC 3168, CE)
     * @return the bytes: all that follows the Ethernet header, with padding
     */
    virtual Ptr<Packet> ToPacket(bool congested) const = 0;

  protected:
    FrameContent() = default;
    virtual ~FrameContent() = default;

    /** Nobody refers to the content any more. */
    virtual void Release() = 0;

    uint32_t m_size{0};       //!< see GetSize
    uint32_t m_flowHash{0};   //!< see GetFlowHash
    uint8_t m_priority{0};    //!< see GetPriority
    bool m_ecnCapable{false}; //!< see IsEcnCapable

  private:
    friend void intrusive_ptr_add_ref(FrameContent* content)
    {
        ++content->m_references;
    }

    friend void intrusive_ptr_release(FrameContent* content)
    {
        if (--content->m_references == 0)
        {
            content->Release();
        }
    }

    uint32_t m_references{0}; //!< frames that share the content
};

/** Refers to a content. */
using FrameContentPtr = boost::intrusive_ptr<FrameContent>;

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FRAME_CONTENT_H */
