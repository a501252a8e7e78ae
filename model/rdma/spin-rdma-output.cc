/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The part of SpinRdmaNetDevice that turns what handlers send into messages on queue pairs.
 */
#include "roce-headers.h"
#include "spin-rdma-net-device.h"

#include "ns3/memory-frame.h"
#include "ns3/simulator.h"
#include "ns3/write-view.h"

#include <array>
#include <cstring>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

/// Largest frame of a packet with the largest headers
constexpr uint32_t MAX_FRAME_BYTES =
    EthernetFrame::HEADER_BYTES + roce::MAX_OVERHEAD_BYTES + roce::MAX_MTU;

/** Read a header at an offset. */
template <typename Header>
Header
Read(const uint8_t* bytes, uint32_t offset)
{
    Header header;
    std::memcpy(&header, bytes + offset, sizeof(header));
    return header;
}

} // namespace

bool
SpinRdmaNetDevice::RunsAhead() const
{
    return false; // what handlers send is the transport's, whose completions others see
}

int64_t
SpinRdmaNetDevice::GetLateness(uint32_t bytes) const
{
    // What the engine gets of the unit it must get in time.
    return m_bindings.empty() ? SpinNetDevice::GetLateness(bytes) : 0;
}

int64_t
SpinRdmaNetDevice::GetReadyAt() const
{
    return m_held.empty() ? SpinNetDevice::GetReadyAt() : INT64_MAX;
}

void
SpinRdmaNetDevice::TransmitFrame(const MemoryFrame& frame, int64_t time)
{
    constexpr uint32_t least = EthernetFrame::HEADER_BYTES + roce::NETWORK_HEADER_BYTES +
                               sizeof(roce::BaseTransportHeader);
    const uint32_t size = frame.GetSize();
    if (!m_bindings.empty() && size >= least && size <= MAX_FRAME_BYTES)
    {
        std::array<uint8_t, MAX_FRAME_BYTES> bytes;
        frame.CopyTo(bytes.data());
        const auto ip = Read<roce::Ipv4Fields>(bytes.data(), EthernetFrame::HEADER_BYTES);
        const auto udp =
            Read<roce::UdpFields>(bytes.data(), EthernetFrame::HEADER_BYTES + sizeof(ip));
        if (ip.destination == m_engine->GetAddress().Get() && udp.destination == roce::UDP_PORT)
        {
            HandlerSend send;
            if (!ParseSend(bytes.data(), size, send))
            {
                EthernetFrame bad;
                frame.ToFrame(bad);
                DropFrame(bad, NicDropReason::BAD_QUEUE_PAIR);
            }
            else if (!m_held.empty() || !PostSend(send))
            {
                m_held.push_back(std::move(send));
            }
            return;
        }
    }
    SpinNetDevice::TransmitFrame(frame, time);
}

bool
SpinRdmaNetDevice::ParseSend(const uint8_t* bytes, uint32_t size, HandlerSend& send)
{
    using Transport = roce::BaseTransportHeader;
    constexpr uint32_t transportOffset = EthernetFrame::HEADER_BYTES + roce::NETWORK_HEADER_BYTES;
    const auto ip = Read<roce::Ipv4Fields>(bytes, EthernetFrame::HEADER_BYTES);
    const auto transport = Read<Transport>(bytes, transportOffset);
    const RoceTraits& traits = roce::TRAITS[transport.opcode];
    const bool write = traits.family == RoceTraits::Family::WRITE;
    const Binding* binding = FindBinding(transport.destinationQueue);
    // A message of one packet each: handlers run in any order.
    if (!binding || !binding->sends || !(write || traits.family == RoceTraits::Family::SEND) ||
        !traits.first || !traits.last)
    {
        return false;
    }
    const uint32_t padding = transport.flags >> Transport::PAD_SHIFT & Transport::PAD_MASK;
    const uint32_t payload = transportOffset + traits.headerBytes;
    const uint32_t end = EthernetFrame::HEADER_BYTES + ip.totalLength;
    const uint32_t trailer = padding + static_cast<uint32_t>(sizeof(roce::InvariantCrcTrailer));
    if (end > size || end < payload + trailer ||
        end - payload - trailer > binding->queuePair->GetConfig().GetMtu())
    {
        return false;
    }
    send.queuePair = binding->queuePair;
    WorkRequest& work = send.work;
    work.opcode = write ? WorkOpcode::WRITE : WorkOpcode::SEND;
    work.length = end - payload - trailer;
    if (write)
    {
        const auto rdma =
            Read<roce::RdmaExtendedHeader>(bytes, transportOffset + sizeof(Transport));
        work.remoteAddress = rdma.address;
        work.remoteKey = rdma.key;
    }
    if (traits.immediate)
    {
        work.opcode = write ? WorkOpcode::WRITE_WITH_IMMEDIATE : WorkOpcode::SEND_WITH_IMMEDIATE;
        work.immediate =
            Read<roce::ImmediateHeader>(bytes, payload - sizeof(roce::ImmediateHeader)).data;
    }
    if (write && (transport.acknowledge & WriteView::FROM_HOST) &&
        work.length == WriteView::DESCRIPTOR_BYTES)
    {
        work.length = Read<roce::RdmaExtendedHeader>(bytes, WriteView::RDMA).length;
        work.localAddress = Read<boost::endian::big_uint64_t>(bytes, payload);
        work.localKey = Read<boost::endian::big_uint32_t>(bytes, payload + sizeof(uint64_t));
        return true;
    }
    const Ptr<RocePacketPool> pool = RocePacketPool::Get();
    send.payload = pool->Create();
    send.payload->payloadBytes = work.length;
    send.payload->bytes = pool->CreateBuffer();
    std::memcpy(send.payload->bytes->data(), bytes + payload, work.length);
    return true;
}

bool
SpinRdmaNetDevice::PostSend(const HandlerSend& send)
{
    if (send.queuePair->GetState() == QueuePairState::READY_TO_SEND &&
        send.queuePair->GetSendsPosted() >= m_maxSends)
    {
        return false;
    }
    switch (send.queuePair->PostFromNic(send.work, send.payload))
    {
    case PostResult::POSTED:
        return true;
    case PostResult::QUEUE_FULL:
        return false;
    case PostResult::WRONG_STATE:
    case PostResult::INVALID_REQUEST:
        break;
    }
    // The queue pair has told its own end; the packet goes with it.
    EthernetFrame frame;
    frame.payload = send.payload ? Create<Packet>(send.payload->bytes->data(), send.work.length)
                                 : Create<Packet>();
    DropFrame(frame, NicDropReason::BAD_QUEUE_PAIR);
    return true;
}

void
SpinRdmaNetDevice::StateChanged(uint32_t queuePair, QueuePairState state)
{
    // What waits for a queue pair in error, or reset, waits in vain, and holds others up.
    const bool over = state == QueuePairState::ERROR || state == QueuePairState::RESET;
    if (over && !m_held.empty())
    {
        Simulator::ScheduleNow(&SpinRdmaNetDevice::RetrySends, Ptr<SpinRdmaNetDevice>(this));
    }
    if (over)
    {
        EndConnection(queuePair, state);
    }
}

void
SpinRdmaNetDevice::RetrySends()
{
    if (m_held.empty())
    {
        return;
    }
    while (!m_held.empty() && PostSend(m_held.front()))
    {
        m_held.pop_front();
    }
    if (m_held.empty())
    {
        GetUnit()->OutputReady();
    }
}

} // namespace offload
} // namespace ns3
