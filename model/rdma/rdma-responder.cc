/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-responder.h"

#include "rdma-engine.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

using roce::Syndrome;

/// First allocation, receives
constexpr std::size_t FIRST_ENTRIES = 2;

constexpr uint8_t INVALID_REQUEST = Syndrome::NAK | Syndrome::INVALID_REQUEST;
constexpr uint8_t ACCESS_ERROR = Syndrome::NAK | Syndrome::REMOTE_ACCESS_ERROR;
constexpr uint8_t OPERATION_ERROR = Syndrome::NAK | Syndrome::REMOTE_OPERATION_ERROR;
constexpr uint8_t SEQUENCE_ERROR = Syndrome::NAK | Syndrome::SEQUENCE_ERROR;

} // namespace

RdmaResponder::RdmaResponder(QueuePair& queuePair)
    : m_queuePair(queuePair),
      m_family(RoceTraits::Family::UNKNOWN)
{
}

void
RdmaResponder::Start(uint32_t sequence)
{
    m_expected = sequence;
    m_fetch = m_queuePair.GetEngine().GetHost() ? std::make_unique<PayloadFetch>() : nullptr;
}

void
RdmaResponder::Reset()
{
    m_receives.clear();
    m_resources.clear();
    m_region = nullptr;
    m_family = RoceTraits::Family::UNKNOWN;
    m_refusing = m_failed = m_owing = false;
    m_expected = m_messages = m_pending = m_turn = 0;
}

PostResult
RdmaResponder::Post(const offload::ReceiveRequest& receive)
{
    if (m_receives.size() == m_queuePair.GetConfig().GetReceiveDepth())
    {
        return PostResult::QUEUE_FULL;
    }
    if (m_receives.full())
    {
        m_receives.set_capacity(std::max(FIRST_ENTRIES, 2 * m_receives.capacity()));
    }
    m_receives.push_back(receive);
    return PostResult::POSTED;
}

void
RdmaResponder::ReceiveRequest(const EthernetFrame& frame, const RocePacket& packet, int64_t now)
{
    if (m_failed)
    {
        m_queuePair.GetEngine().Drop(packet, RdmaDropReason::WRONG_STATE);
        return;
    }
    const int32_t ahead = roce::GetDistance(packet.sequence, m_expected);
    if (ahead != 0)
    {
        if (ahead > 0)
        {
            ReceiveAhead(packet, now);
        }
        else
        {
            ReceiveDuplicate(packet, now);
        }
        return;
    }
    m_refusing = false;
    if (m_owing && m_owed == SEQUENCE_ERROR)
    {
        // What was missing came before anybody was told.
        m_owed = GOOD;
    }
    const uint8_t syndrome = Execute(frame, packet, now);
    if (syndrome != GOOD)
    {
        m_refusing = true;
        m_failed = (syndrome & Syndrome::KIND_MASK) == Syndrome::NAK;
        Reply(syndrome, now);
        return;
    }
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.family == RoceTraits::Family::READ_REQUEST ||
        traits.family == RoceTraits::Family::ATOMIC_REQUEST)
    {
        m_expected = roce::Advance(m_expected, m_resources.back().packets);
        ++m_messages;
        m_queuePair.Activate(now);
        return;
    }
    m_expected = roce::Advance(m_expected, 1);
    m_messages += traits.last ? 1 : 0;
    if (packet.acknowledge)
    {
        Reply(GOOD, now);
    }
}

uint8_t
RdmaResponder::Execute(const EthernetFrame& frame, const RocePacket& packet, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    // A message must end before another one begins.
    if (traits.first ? m_family != RoceTraits::Family::UNKNOWN : m_family != traits.family)
    {
        return INVALID_REQUEST;
    }
    switch (traits.family)
    {
    case RoceTraits::Family::READ_REQUEST:
        return ExecuteRead(packet);
    case RoceTraits::Family::ATOMIC_REQUEST:
        return ExecuteAtomic(packet);
    case RoceTraits::Family::SEND:
        return m_queuePair.GetConsumer() ? Consume(frame, packet) : ExecuteSend(packet, now);
    default:
        return m_queuePair.GetConsumer() ? Consume(frame, packet) : ExecuteWrite(packet, now);
    }
}

uint8_t
RdmaResponder::Consume(const EthernetFrame& frame, const RocePacket& packet)
{
    if (!m_queuePair.GetConsumer()->Consume(m_queuePair, frame, packet))
    {
        return Syndrome::RNR_NAK | m_queuePair.GetConfig().GetRnrTimer();
    }
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    m_family = traits.last ? RoceTraits::Family::UNKNOWN : traits.family;
    return GOOD;
}

bool
RdmaResponder::HasRightSize(const RocePacket& packet) const
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    const uint32_t mtu = m_queuePair.GetConfig().GetMtu();
    if (!traits.last)
    {
        return packet.payloadBytes == mtu;
    }
    return packet.payloadBytes <= mtu && (traits.first || packet.payloadBytes > 0);
}

uint8_t
RdmaResponder::RefuseReceive(WorkStatus status, uint8_t code, int64_t now)
{
    Completion completion;
    completion.id = m_receives.front().id;
    completion.queuePair = m_queuePair.GetNumber();
    completion.opcode = WorkOpcode::RECEIVE;
    completion.status = status;
    m_receives.pop_front();
    m_queuePair.Complete(*m_queuePair.GetParameters().receiveCompletions, completion, now);
    return code;
}

uint8_t
RdmaResponder::OpenReceive(int64_t now)
{
    if (m_receives.empty())
    {
        return Syndrome::RNR_NAK | m_queuePair.GetConfig().GetRnrTimer();
    }
    const offload::ReceiveRequest& receive = m_receives.front();
    m_region = nullptr;
    if (receive.length > 0)
    {
        m_region = m_queuePair.GetEngine().m_memory.Find(receive.localKey,
                                                         receive.address,
                                                         receive.length,
                                                         MemoryAccess::LOCAL_WRITE,
                                                         m_queuePair.GetParameters().domain);
        if (!m_region)
        {
            return RefuseReceive(WorkStatus::LOCAL_PROTECTION_ERROR, OPERATION_ERROR, now);
        }
    }
    m_address = receive.address;
    m_left = receive.length;
    m_bytes = 0;
    return GOOD;
}

uint8_t
RdmaResponder::ExecuteSend(const RocePacket& packet, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (!HasRightSize(packet))
    {
        return INVALID_REQUEST;
    }
    if (traits.first)
    {
        const uint8_t syndrome = OpenReceive(now);
        if (syndrome != GOOD)
        {
            return syndrome;
        }
    }
    if (packet.payloadBytes > m_left)
    {
        return RefuseReceive(WorkStatus::LOCAL_LENGTH_ERROR, INVALID_REQUEST, now);
    }
    Place(packet);
    m_family = traits.last ? RoceTraits::Family::UNKNOWN : RoceTraits::Family::SEND;
    if (traits.last)
    {
        CompleteReceive(packet, m_bytes, now);
    }
    return GOOD;
}

uint8_t
RdmaResponder::ExecuteWrite(const RocePacket& packet, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.immediate && m_receives.empty())
    {
        return Syndrome::RNR_NAK | m_queuePair.GetConfig().GetRnrTimer();
    }
    if (traits.first)
    {
        m_region = nullptr;
        if (packet.length > 0)
        {
            m_region = m_queuePair.GetEngine().m_memory.Find(packet.key,
                                                             packet.address,
                                                             packet.length,
                                                             MemoryAccess::REMOTE_WRITE,
                                                             m_queuePair.GetParameters().domain);
            if (!m_region)
            {
                return ACCESS_ERROR;
            }
        }
        m_address = packet.address;
        m_left = packet.length;
        m_bytes = 0;
    }
    if (!HasRightSize(packet) || packet.payloadBytes > m_left ||
        (traits.last && packet.payloadBytes != m_left))
    {
        return INVALID_REQUEST;
    }
    Place(packet);
    m_family = traits.last ? RoceTraits::Family::UNKNOWN : RoceTraits::Family::WRITE;
    if (traits.immediate)
    {
        CompleteReceive(packet, m_bytes, now);
    }
    if (traits.last && m_region && m_region->GetMonitor())
    {
        TellMonitor(now);
    }
    return GOOD;
}

void
RdmaResponder::TellMonitor(int64_t now)
{
    Completion completion;
    completion.id = m_address - m_bytes;
    completion.bytes = m_bytes;
    completion.queuePair = m_queuePair.GetNumber();
    completion.opcode = WorkOpcode::RECEIVE_WRITE;
    m_region->GetMonitor()->Push(completion, now, m_queuePair.GetStored(now));
}

void
RdmaResponder::Place(const RocePacket& packet)
{
    if (packet.payloadBytes > 0)
    {
        m_queuePair.GetEngine().Store(m_queuePair, *m_region, m_address, packet);
        m_address += packet.payloadBytes;
        m_left -= packet.payloadBytes;
        m_bytes += packet.payloadBytes;
    }
}

void
RdmaResponder::CompleteReceive(const RocePacket& packet, uint32_t bytes, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    Completion completion;
    completion.id = m_receives.front().id;
    completion.bytes = bytes;
    completion.queuePair = m_queuePair.GetNumber();
    completion.opcode =
        traits.family == RoceTraits::Family::SEND ? WorkOpcode::RECEIVE : WorkOpcode::RECEIVE_WRITE;
    completion.withImmediate = traits.immediate;
    completion.immediate = traits.immediate ? packet.immediate : 0;
    m_receives.pop_front();
    m_queuePair.Complete(*m_queuePair.GetParameters().receiveCompletions, completion, now);
}

uint8_t
RdmaResponder::ExecuteRead(const RocePacket& packet)
{
    Resource resource{};
    if (packet.length > 0)
    {
        resource.region = m_queuePair.GetEngine().m_memory.Find(packet.key,
                                                                packet.address,
                                                                packet.length,
                                                                MemoryAccess::REMOTE_READ,
                                                                m_queuePair.GetParameters().domain);
        if (!resource.region)
        {
            return ACCESS_ERROR;
        }
    }
    const QueuePairConfig& config = m_queuePair.GetConfig();
    resource.address = packet.address;
    resource.left = packet.length;
    resource.packets =
        std::max<uint64_t>(1,
                           (uint64_t{packet.length} + config.GetMtu() - 1) >> config.GetMtuShift());
    resource.first = resource.next = packet.sequence;
    resource.pending = true;
    return AddResource(resource) ? GOOD : INVALID_REQUEST;
}

uint8_t
RdmaResponder::ExecuteAtomic(const RocePacket& packet)
{
    if (packet.address % roce::ATOMIC_BYTES != 0)
    {
        return INVALID_REQUEST;
    }
    MemoryRegion* region =
        m_queuePair.GetEngine().m_memory.Find(packet.key,
                                              packet.address,
                                              roce::ATOMIC_BYTES,
                                              MemoryAccess::REMOTE_ATOMIC,
                                              m_queuePair.GetParameters().domain);
    if (!region)
    {
        return ACCESS_ERROR;
    }
    Resource resource{};
    resource.atomic = true;
    resource.pending = true;
    resource.packets = 1;
    resource.first = resource.next = packet.sequence;
    if (!AddResource(resource))
    {
        return INVALID_REQUEST;
    }
    m_resources.back().original = region->DoAtomic(packet.address, packet);
    return GOOD;
}

bool
RdmaResponder::AddResource(const Resource& resource)
{
    if (m_resources.capacity() == 0)
    {
        m_resources.set_capacity(m_queuePair.GetConfig().GetMaxReads());
    }
    if (m_resources.full())
    {
        if (m_resources.front().pending)
        {
            return false;
        }
        m_resources.pop_front();
    }
    m_resources.push_back(resource);
    CountPending();
    return true;
}

void
RdmaResponder::CountPending()
{
    m_pending = 0;
    for (uint32_t i = 0; i < m_resources.size(); ++i)
    {
        if (m_resources[i].pending && m_pending++ == 0)
        {
            m_turn = i;
        }
    }
}

void
RdmaResponder::ReceiveAhead(const RocePacket& packet, int64_t now)
{
    m_queuePair.GetEngine().Drop(packet, RdmaDropReason::OUT_OF_SEQUENCE);
    if (!m_refusing)
    {
        m_refusing = true;
        Reply(SEQUENCE_ERROR, now);
    }
}

void
RdmaResponder::ReceiveDuplicate(const RocePacket& packet, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    if (traits.family == RoceTraits::Family::READ_REQUEST ||
        traits.family == RoceTraits::Family::ATOMIC_REQUEST)
    {
        Replay(packet, now);
    }
    else if (packet.acknowledge && !m_owing)
    {
        Reply(GOOD, now);
    }
}

void
RdmaResponder::Replay(const RocePacket& packet, int64_t now)
{
    const bool atomic = roce::GetTraits(packet.opcode).family == RoceTraits::Family::ATOMIC_REQUEST;
    const auto found =
        std::find_if(m_resources.begin(), m_resources.end(), [&](const Resource& resource) {
            const int32_t place = roce::GetDistance(packet.sequence, resource.first);
            return place >= 0 && place < static_cast<int32_t>(resource.packets);
        });
    if (found == m_resources.end() || found->atomic != atomic)
    {
        m_queuePair.GetEngine().Drop(packet, RdmaDropReason::UNEXPECTED);
        return;
    }
    if (!atomic)
    {
        // The peer asks for what it has not got, which may be less than it first asked for.
        found->region = m_queuePair.GetEngine().m_memory.Find(packet.key,
                                                              packet.address,
                                                              packet.length,
                                                              MemoryAccess::REMOTE_READ,
                                                              m_queuePair.GetParameters().domain);
        if (!found->region && packet.length > 0)
        {
            m_failed = true;
            Reply(ACCESS_ERROR, now);
            return;
        }
        found->address = packet.address;
        found->left = packet.length;
        found->next = packet.sequence;
        found->started = false;
    }
    found->pending = true;
    if (m_fetch)
    {
        m_fetch->Clear();
    }
    CountPending();
    m_queuePair.Activate(now);
}

int64_t
RdmaResponder::GetFetchTime(int64_t now)
{
    RdmaHost& host = *m_queuePair.GetEngine().GetHost();
    const uint32_t mtu = m_queuePair.GetConfig().GetMtu();
    const Resource& resource = m_resources[m_turn];
    // A read of memory pushes the writes before it.
    const int64_t start = m_queuePair.GetStored(now);
    uint32_t left = resource.left;
    for (uint32_t i = 0; i < host.GetPrefetch() && (left > 0 || i == 0); ++i)
    {
        const uint32_t bytes = resource.atomic ? roce::ATOMIC_BYTES : std::min(left, mtu);
        if (i >= m_fetch->GetSize())
        {
            m_fetch->Push(host.FetchPayload(bytes, start));
        }
        left -= std::min(left, bytes);
    }
    return m_fetch->GetFront();
}

void
RdmaResponder::Send(int64_t now)
{
    Resource& resource = m_resources[m_turn];
    if (m_fetch)
    {
        m_fetch->Pop();
    }
    if (resource.atomic)
    {
        SendAtomicAck(resource, now);
    }
    else
    {
        SendReadData(resource, now);
    }
    if (!resource.pending)
    {
        CountPending();
        if (m_pending == 0 && m_owing)
        {
            m_owing = false;
            SendAcknowledge(m_owed, now);
        }
    }
}

void
RdmaResponder::SendReadData(Resource& resource, int64_t now)
{
    const uint32_t bytes = std::min(resource.left, m_queuePair.GetConfig().GetMtu());
    const bool last = bytes == resource.left;
    const RoceOpcode opcode = !resource.started ? (last ? RoceOpcode::READ_RESPONSE_ONLY
                                                        : RoceOpcode::READ_RESPONSE_FIRST)
                              : last            ? RoceOpcode::READ_RESPONSE_LAST
                                                : RoceOpcode::READ_RESPONSE_MIDDLE;
    RocePacketPtr packet = m_queuePair.MakePacket(opcode, resource.next);
    packet->acknowledge = false;
    packet->solicited = false;
    packet->syndrome = GOOD;
    packet->messageSequence = m_messages & roce::NUMBER_MASK;
    if (bytes > 0)
    {
        resource.region->Load(resource.address, bytes, *m_queuePair.GetEngine().m_pool, *packet);
    }
    resource.started = true;
    resource.address += bytes;
    resource.left -= bytes;
    resource.next = roce::Advance(resource.next, 1);
    resource.pending = !last;
    m_queuePair.Transmit(std::move(packet), now);
}

void
RdmaResponder::SendAtomicAck(Resource& resource, int64_t now)
{
    RocePacketPtr packet = m_queuePair.MakePacket(RoceOpcode::ATOMIC_ACKNOWLEDGE, resource.first);
    packet->acknowledge = false;
    packet->solicited = false;
    packet->syndrome = GOOD;
    packet->messageSequence = m_messages & roce::NUMBER_MASK;
    packet->swapOrAdd = resource.original;
    resource.pending = false;
    m_queuePair.Transmit(std::move(packet), now);
}

void
RdmaResponder::Reply(uint8_t syndrome, int64_t now)
{
    if (m_pending > 0)
    {
        m_owing = true;
        m_owed = syndrome;
        return;
    }
    SendAcknowledge(syndrome, now);
}

void
RdmaResponder::SendAcknowledge(uint8_t syndrome, int64_t now)
{
    // An acknowledgement names the last packet done, a NAK the one that it refuses.
    const uint32_t sequence = syndrome == GOOD ? (m_expected - 1) & roce::NUMBER_MASK : m_expected;
    RocePacketPtr packet = m_queuePair.MakePacket(RoceOpcode::ACKNOWLEDGE, sequence);
    packet->acknowledge = false;
    packet->solicited = false;
    packet->syndrome = syndrome;
    packet->messageSequence = m_messages & roce::NUMBER_MASK;
    m_queuePair.Transmit(std::move(packet), now);
    if (m_failed)
    {
        m_queuePair.SetError();
    }
}

void
RdmaResponder::Flush(int64_t now)
{
    m_resources.clear();
    m_pending = 0;
    m_owing = false;
    m_region = nullptr;
    while (!m_receives.empty())
    {
        RefuseReceive(WorkStatus::WORK_REQUEST_FLUSHED, GOOD, now);
    }
}

} // namespace offload
} // namespace ns3
