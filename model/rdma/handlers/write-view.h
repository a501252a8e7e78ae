/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_WRITE_VIEW_H
#define OFFLOAD_WRITE_VIEW_H

#include "ns3/ethernet-frame.h"
#include "ns3/memory-window.h"
#include "ns3/roce-headers.h"
#include "ns3/roce-opcode.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A packet of RDMA WRITE as a handler sees it: a WRITE ONLY that says where its payload goes. What
 * it reads as it also is when the handler sends it, on the queue pair that it names.
 */
class WriteView
{
  public:
    static constexpr uint32_t IP = EthernetFrame::HEADER_BYTES; //!< offset of the IPv4 header
    static constexpr uint32_t TRANSPORT = IP + roce::NETWORK_HEADER_BYTES;          //!< of the BTH
    static constexpr uint32_t RDMA = TRANSPORT + sizeof(roce::BaseTransportHeader); //!< of the RETH
    static constexpr uint32_t PAYLOAD = RDMA + sizeof(roce::RdmaExtendedHeader);    //!< of the data
    static constexpr uint32_t TRAILER = sizeof(roce::InvariantCrcTrailer);          //!< behind them
    static constexpr uint32_t DESCRIPTOR_BYTES = 12; //!< address and key of local memory

    /** @param window from the Ethernet header on */
    explicit WriteView(const MemoryWindow& window)
        : m_window(window)
    {
    }

    /** @return where the payload goes */
    uint64_t GetAddress() const
    {
        return Get<roce::RdmaExtendedHeader>(RDMA).address;
    }

    /** @return bytes of payload */
    uint32_t GetPayloadBytes() const
    {
        const uint32_t padding = Get<roce::BaseTransportHeader>(TRANSPORT).flags >>
                                     roce::BaseTransportHeader::PAD_SHIFT &
                                 roce::BaseTransportHeader::PAD_MASK;
        return IP + Get<roce::Ipv4Fields>(IP).totalLength - PAYLOAD - TRAILER - padding;
    }

    /** @return the payload */
    MemoryWindow GetPayload() const
    {
        return m_window.Slice(PAYLOAD, GetPayloadBytes());
    }

    /** @return all that is to be sent */
    MemoryWindow GetFrame() const
    {
        return m_window.Slice(0, IP + Get<roce::Ipv4Fields>(IP).totalLength);
    }

    /**
     * Say where the packet goes to.
     * @param queuePair own one on which it is sent
     * @param key of the peer's memory
     * @param address in the peer's memory
     */
    void SetTarget(uint32_t queuePair, uint32_t key, uint64_t address) const
    {
        auto transport = Get<roce::BaseTransportHeader>(TRANSPORT);
        transport.opcode = static_cast<uint8_t>(RoceOpcode::WRITE_ONLY);
        transport.destinationQueue = queuePair;
        Put(TRANSPORT, transport);
        auto rdma = Get<roce::RdmaExtendedHeader>(RDMA);
        rdma.key = key;
        rdma.address = address;
        Put(RDMA, rdma);
    }

    /** @param bytes of payload from now on */
    void SetPayloadBytes(uint32_t bytes) const
    {
        const uint32_t padding = -bytes & (roce::WORD_BYTES - 1);
        auto ip = Get<roce::Ipv4Fields>(IP);
        ip.totalLength = static_cast<uint16_t>(PAYLOAD - IP + bytes + padding + TRAILER);
        Put(IP, ip);
        auto transport = Get<roce::BaseTransportHeader>(TRANSPORT);
        transport.flags = static_cast<uint8_t>(padding << roce::BaseTransportHeader::PAD_SHIFT);
        Put(TRANSPORT, transport);
        auto rdma = Get<roce::RdmaExtendedHeader>(RDMA);
        rdma.length = bytes;
        Put(RDMA, rdma);
    }

    /**
     * Make it a request to the NIC to send from host memory: the payload only says what.
     * @param address of the data in the own host's memory
     * @param key of that memory
     * @param bytes how many
     */
    void SetFromHost(uint64_t address, uint32_t key, uint32_t bytes) const
    {
        SetPayloadBytes(DESCRIPTOR_BYTES);
        auto transport = Get<roce::BaseTransportHeader>(TRANSPORT);
        transport.acknowledge = FROM_HOST;
        Put(TRANSPORT, transport);
        auto rdma = Get<roce::RdmaExtendedHeader>(RDMA);
        rdma.length = bytes;
        Put(RDMA, rdma);
        Put(PAYLOAD, boost::endian::big_uint64_t(address));
        Put(PAYLOAD + sizeof(address), boost::endian::big_uint32_t(key));
    }

    /// In the reserved bits beside the acknowledge request, which never get to the wire
    static constexpr uint8_t FROM_HOST = 0x40;

  private:
    template <typename Header>
    Header Get(uint32_t offset) const
    {
        return m_window.Load<Header>(offset);
    }

    template <typename Header>
    void Put(uint32_t offset, const Header& header) const
    {
        m_window.Store(offset, header);
    }

    MemoryWindow m_window; //!< from the Ethernet header on
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_WRITE_VIEW_H */
