/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FRAME_WINDOW_H
#define OFFLOAD_FRAME_WINDOW_H

#include "ns3/ethernet-frame.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace ns3
{
namespace offload
{

/**
 * The first bytes of a frame, laid out for masked compares: what a NIC's parser sees.
 *
 * Bytes beyond the frame's end are zero.
 */
class FrameWindow
{
  public:
    static constexpr uint32_t BYTES = 128;       //!< all headers up to RDMA's, and a bit of payload
    static constexpr uint32_t WORDS = BYTES / 8; //!< compared as such

    // Offsets of header fields in a frame without VLAN tag and IP options.
    static constexpr uint32_t DESTINATION = 0;                       //!< MAC address
    static constexpr uint32_t SOURCE = 6;                            //!< MAC address
    static constexpr uint32_t ETHER_TYPE = 12;                       //!< EtherType
    static constexpr uint32_t IP = 14;                               //!< IP header
    static constexpr uint32_t IPV4_TOS = IP + 1;                     //!< type of service
    static constexpr uint32_t IPV4_ID = IP + 4;                      //!< identification
    static constexpr uint32_t IPV4_FRAGMENT = IP + 6;                //!< flags and fragment offset
    static constexpr uint32_t IPV4_PROTOCOL = IP + 9;                //!< protocol above
    static constexpr uint32_t IPV4_SOURCE = IP + 12;                 //!< address
    static constexpr uint32_t IPV4_DESTINATION = IP + 16;            //!< address
    static constexpr uint32_t IPV4_PAYLOAD = IP + 20;                //!< transport header
    static constexpr uint32_t IPV6_NEXT_HEADER = IP + 6;             //!< protocol above
    static constexpr uint32_t IPV6_SOURCE = IP + 8;                  //!< address
    static constexpr uint32_t IPV6_DESTINATION = IP + 24;            //!< address
    static constexpr uint32_t IPV6_PAYLOAD = IP + 40;                //!< transport header
    static constexpr uint32_t UDP_BYTES = 8;                         //!< UDP header
    static constexpr uint16_t ETHER_TYPE_IPV4 = EthernetFrame::IPV4; //!< EtherType
    static constexpr uint16_t ETHER_TYPE_IPV6 = EthernetFrame::IPV6; //!< EtherType
    static constexpr uint16_t IPV4_MORE_FRAGMENTS = 0x2000;          //!< flag
    static constexpr uint16_t IPV4_OFFSET_MASK = 0x1fff;             //!< fragment offset

    /** @param frame the frame */
    [[gnu::hot]] explicit FrameWindow(const EthernetFrame& frame);

    /** @return bytes of the whole frame, without FCS */
    uint32_t GetSize() const
    {
        return m_size;
    }

    /**
     * @param index which eight bytes
     * @return them, as they lie in memory
     */
    uint64_t GetWord(uint32_t index) const
    {
        uint64_t word;
        std::memcpy(&word, m_bytes.data() + index * sizeof(word), sizeof(word));
        return word;
    }

    /**
     * @param offset of the field; the field lies in the window
     * @param bytes of the field, up to 8
     * @return the field, in network byte order on the wire
     */
    uint64_t GetField(uint32_t offset, uint32_t bytes) const
    {
        uint64_t value = 0;
        for (uint32_t i = 0; i < bytes; ++i)
        {
            value = value << 8 | m_bytes[offset + i];
        }
        return value;
    }

    /** @return whether it is an IPv4 packet without options */
    bool IsPlainIpv4() const
    {
        constexpr uint8_t VERSION_4_IHL_5 = 0x45;
        return GetField(ETHER_TYPE, 2) == ETHER_TYPE_IPV4 && m_bytes[IP] == VERSION_4_IHL_5;
    }

    /** @return whether it is a fragment of an IPv4 datagram */
    bool IsFragment() const
    {
        return IsPlainIpv4() &&
               (GetField(IPV4_FRAGMENT, 2) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0;
    }

  private:
    std::array<uint8_t, BYTES> m_bytes; //!< the bytes
    uint32_t m_size;                    //!< of the frame
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FRAME_WINDOW_H */
