/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_PACKET_H
#define OFFLOAD_FLARE_PACKET_H

#include "ns3/content-pool.h"
#include "ns3/ethernet-frame.h"
#include "ns3/frame-content.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <algorithm>
#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <typeinfo>
#include <vector>

namespace ns3
{
namespace offload
{

class FlarePacketPool;

/// Sizes and numbers of the packets of in-network reductions (SC 2021, sections 4 and 7)
namespace flare
{
/// 10.0.0.1 and following are the hosts' IPv4 addresses, by number. Assumption.
inline constexpr uint32_t FIRST_ADDRESS = 0x0a000001;

constexpr uint32_t MAX_DATA_BYTES = 1024;      //!< of a packet
constexpr uint32_t NETWORK_HEADER_BYTES = 28;  //!< IPv4 without options, and UDP
constexpr uint32_t HEADER_BYTES = 12;          //!< of FLARE's own
constexpr uint32_t SPARSE_PACKET_BYTES = 1024; //!< of a sparse packet, all headers included
constexpr uint32_t INDEX_BYTES = 2;            //!< of a sparse value's index in its block
constexpr uint32_t MAX_BLOCK_RANGE = 1U << 16; //!< indices of a sparse block: they have 16 bits
constexpr uint32_t MAX_SHARDS = UINT8_MAX;     //!< packets of a sparse block: their field's limit
/// Blocks of an operation: numbers wrap around, and of half of them a switch says that they are
/// later
constexpr uint32_t MAX_BLOCKS = 1U << 30;
/// UDP destination ports, one for each FlareKind from here on. Assumption: none is registered.
constexpr uint16_t UDP_PORT = 61856;

/**
 * @param elementBytes of a value
 * @return most values of a sparse packet: 164 of 4 bytes, 246 of 2, 328 of 1
 */
constexpr uint32_t
GetSparseCapacity(uint32_t elementBytes)
{
    return (SPARSE_PACKET_BYTES - NETWORK_HEADER_BYTES - HEADER_BYTES) /
           (INDEX_BYTES + elementBytes);
}

} // namespace flare

/** What a packet of a reduction is for; the order is that of the UDP ports. */
enum class FlareKind : uint8_t
{
    DENSE,         //!< a child's values of a block, upwards
    DENSE_RESULT,  //!< the block's values, downwards
    SPARSE,        //!< pairs of index and value, upwards
    SPARSE_RESULT, //!< the same, downwards
    FAULT,         //!< a block has no result: up to the root and down to all; shard: a FlareFault
};

constexpr unsigned FLARE_KINDS = 5; //!< how many there are

/** Why a switch cannot reduce a block. */
enum class FlareFault : uint8_t
{
    MALFORMED, //!< a contribution's bytes are not its values', or it has an index beyond the block
    SIZE,      //!< it has not as many values as that of another child
    SHARDS,    //!< what goes on takes more packets than a sparse block's format can count
};

/**
 * @param fault why
 * @return the same in words
 */
const char* ToString(FlareFault fault);

/** The data of a packet or of an aggregation buffer. */
struct alignas(64) FlareBuffer
{
    std::array<uint8_t, flare::MAX_DATA_BYTES> bytes; //!< little-endian values
};

/** Owns a buffer. */
using FlareBufferPtr = std::unique_ptr<FlareBuffer>;

/**
 * A packet of an in-network reduction as its fields. The bytes, in UDP over IPv4, are made only for
 * those who look at them: 28 bytes of IPv4 and UDP, then in network byte order {u32 block, u32 root
 * address, u16 values, u8 shard, u8 port}, then the values (dense: an array; sparse: pairs of u16
 * index in the block and value), little-endian as on hosts and switch cores. The allreduce is the
 * UDP source port.
 *
 * The shard is the packet's number in its sparse block, from 0; in the block's last packet, which
 * the top bit of `values` marks, it is the number of packets. SC 2021 has a number only in the last
 * one; that each has its own, so that copies are told apart, and the mark are assumptions.
 */
class FlarePacket final : public FrameContent
{
  public:
    FlarePacket() = default;
    ~FlarePacket() override;

    uint32_t source{0};               //!< IPv4 address, of the sender
    uint32_t destination{0};          //!< IPv4 address, of the group
    uint32_t block{0};                //!< which part of the vector
    uint32_t root{0};                 //!< IPv4 address that names the tree's root
    uint16_t allreduce{0};            //!< which allreduce
    uint16_t values{0};               //!< how many
    uint8_t shard{0};                 //!< sparse: number of this packet in its block, from 0
    uint8_t shards{0};                //!< sparse: packets of this block, in its last one; else 0
    uint8_t port{0};                  //!< which child of the receiving switch sends it
    FlareKind kind{FlareKind::DENSE}; //!< what it is for
    uint32_t dataBytes{0};            //!< of the values
    FlareBufferPtr data;              //!< the values; null if there are none

    /** @return whether values come with their indices */
    bool IsSparse() const
    {
        return kind == FlareKind::SPARSE || kind == FlareKind::SPARSE_RESULT;
    }

    /** @return whether it goes down the tree */
    bool IsResult() const
    {
        return kind == FlareKind::DENSE_RESULT || kind == FlareKind::SPARSE_RESULT;
    }

    /** @return bytes of the IPv4 packet */
    uint32_t GetDatagramBytes() const
    {
        return flare::NETWORK_HEADER_BYTES + flare::HEADER_BYTES + dataBytes;
    }

    /** Everything has been set: the packet can be sent. */
    void Seal()
    {
        m_size = std::max(GetDatagramBytes(), EthernetFrame::MIN_PAYLOAD_BYTES);
        constexpr uint32_t SPREAD = 0x9e3779b9; // Fibonacci hashing (Knuth, volume 3, 6.4)
        m_flowHash = (source ^ allreduce) * SPREAD;
        m_priority = 0;
        m_ecnCapable = false;
    }

    Ptr<Packet> ToPacket(bool congested) const override;

    /**
     * Read a packet from its bytes.
     * @param packet an IPv4 packet; what follows it is ignored
     * @param pool makes the packet
     * @return the packet; null if it is none of a reduction or is malformed
     */
    static boost::intrusive_ptr<FlarePacket> Parse(Ptr<const Packet> packet, FlarePacketPool& pool);

    /**
     * Read the packet of a frame.
     * @param frame of any protocol, its payload as fields or bytes
     * @return the packet, which others may share: do not change it; null if it is none
     */
    static boost::intrusive_ptr<FlarePacket> Of(const EthernetFrame& frame);

    /**
     * @param content of a frame
     * @return it, if it is such a packet; otherwise null
     */
    static const FlarePacket* From(const FrameContent* content)
    {
        return content && typeid(*content) == typeid(FlarePacket)
                   ? static_cast<const FlarePacket*>(content)
                   : nullptr;
    }

  private:
    friend class ContentPool<FlarePacketPool, FlarePacket>;

    void Release() override;

    FlarePacketPool* m_pool{nullptr}; //!< where it goes in the end, while it is in use
    FlarePacket* m_nextFree{nullptr}; //!< in the pool's list, while it is not
};

/** Refers to a packet. */
using FlarePacketPtr = boost::intrusive_ptr<FlarePacket>;

/** Where a simulation's reduction packets and their buffers come from and go to. */
class FlarePacketPool : public ContentPool<FlarePacketPool, FlarePacket>
{
  public:
    /** @return this simulation's pool; Simulator::Destroy lets go of it */
    static Ptr<FlarePacketPool> Get();

    /** @return a packet whose fields are those of its last use, without data */
    FlarePacketPtr Create()
    {
        FlarePacket& packet = Take();
        packet.dataBytes = 0;
        packet.values = 0;
        packet.shard = 0;
        packet.shards = 0;
        return FlarePacketPtr(&packet);
    }

    /**
     * @param packet a sealed one
     * @return one with its fields, but without values; sealed
     */
    FlarePacketPtr CreateNews(const FlarePacket& packet)
    {
        FlarePacketPtr news = Create();
        news->kind = packet.kind;
        news->source = packet.source;
        news->destination = packet.destination;
        news->root = packet.root;
        news->allreduce = packet.allreduce;
        news->block = packet.block;
        news->port = packet.port;
        news->shard = packet.shard;
        news->shards = packet.shards;
        news->Seal();
        return news;
    }

    /** @return a buffer with any content */
    FlareBufferPtr CreateBuffer()
    {
        return m_buffers.Create();
    }

    /** @param buffer not needed any more; may be null */
    void GiveBack(FlareBufferPtr&& buffer)
    {
        m_buffers.GiveBack(std::move(buffer));
    }

  private:
    BufferPool<FlareBuffer> m_buffers; //!< not in use
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_PACKET_H */
