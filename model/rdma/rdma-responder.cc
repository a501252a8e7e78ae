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

constexpr uint8_t INVALID_REQUEST = Syndrome::NAK | Syndrome::INVALID_REQUEST;

} // namespace

RdmaResponder::RdmaResponder(QueuePair& queuePair)
    : m_queuePair(queuePair)
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
    m_open = m_late = OpenMessage();
    m_refusing = m_failed = m_owing = false;
    m_expected = m_messages = m_pending = m_turn = 0;
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
    if (m_owing && m_owed == Syndrome::NAK_SEQUENCE)
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
    if (!FollowsOpen(traits))
    {
        return INVALID_REQUEST;
    }
    switch (traits.family)
    {
    case RoceTraits::Family::READ_REQUEST:
        return ExecuteRead(packet);
    case RoceTraits::Family::ATOMIC_REQUEST:
        return ExecuteAtomic(packet, now);
    case RoceTraits::Family::SEND:
        return IsConsumed(traits) ? Consume(frame, packet, now) : ExecuteSend(packet, now);
    default:
        return IsConsumed(traits) ? Consume(frame, packet, now) : ExecuteWrite(packet, now);
    }
}

bool
RdmaResponder::FollowsOpen(const RoceTraits& traits) const
{
    // A message must end before another one begins.
    return m_open.family == (traits.first ? RoceTraits::Family::UNKNOWN : traits.family);
}

bool
RdmaResponder::IsConsumed(const RoceTraits& traits) const
{
    // Who has got a message's first packet gets all of them.
    return traits.first ? m_queuePair.GetConsumer() != nullptr : m_open.consumed;
}

uint8_t
RdmaResponder::Consume(const EthernetFrame& frame, const RocePacket& packet, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    const bool write = traits.family == RoceTraits::Family::WRITE;
    QueuePairConsumer* consumer = m_queuePair.GetConsumer();
    if (!consumer)
    {
        return OPERATION_ERROR;
    }
    if (traits.first)
    {
        m_open.address = m_open.bytes = 0;
        m_open.left = UINT32_MAX;
        // Who takes the message may only do so because the peer may write it.
        if (write && !OpenWrite(packet))
        {
            return Syndrome::NAK_ACCESS;
        }
    }
    else if (write && m_open.IsRevoked())
    {
        return Syndrome::NAK_ACCESS;
    }
    if (!HasRightSize(packet) || packet.payloadBytes > m_open.left ||
        (write && traits.last && packet.payloadBytes != m_open.left))
    {
        return INVALID_REQUEST;
    }
    switch (consumer->Consume(m_queuePair, frame, packet, m_open.address))
    {
    case ConsumeResult::TAKEN:
        break;
    case ConsumeResult::NO_ROOM:
        return Syndrome::RNR_NAK | m_queuePair.GetConfig().GetRnrTimer();
    case ConsumeResult::FAILED:
        return OPERATION_ERROR;
    case ConsumeResult::DECLINED:
        m_open.consumed = false;
        return write ? ExecuteWrite(packet, now) : ExecuteSend(packet, now);
    }
    m_open.address += packet.payloadBytes;
    m_open.left -= packet.payloadBytes;
    m_open.family = traits.last ? RoceTraits::Family::UNKNOWN : traits.family;
    m_open.consumed = !traits.last;
    return GOOD;
}

bool
RdmaResponder::Deliver(const RocePacket& packet, int64_t now)
{
    // The consumer is behind: the message that is open now may be another one.
    std::swap(m_open, m_late);
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    const bool write = traits.family == RoceTraits::Family::WRITE;
    const bool good = FollowsOpen(traits) &&
                      (write ? ExecuteWrite(packet, now) : ExecuteSend(packet, now)) == GOOD;
    std::swap(m_open, m_late);
    return good;
}

bool
RdmaResponder::OpenWrite(const RocePacket& packet)
{
    return OpenMemory(packet.key, packet.address, packet.length, MemoryAccess::REMOTE_WRITE);
}

bool
RdmaResponder::OpenMemory(uint32_t key, uint64_t address, uint32_t length, uint32_t access)
{
    m_open.region = nullptr;
    if (length > 0)
    {
        m_open.region = m_queuePair.GetEngine().m_memory.Find(key,
                                                              address,
                                                              length,
                                                              access,
                                                              m_queuePair.GetParameters().domain);
        if (!m_open.region)
        {
            return false;
        }
    }
    m_open.address = address;
    m_open.left = length;
    m_open.bytes = 0;
    return true;
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
    if (m_open.IsRevoked())
    {
        return RefuseReceive(WorkStatus::LOCAL_PROTECTION_ERROR, OPERATION_ERROR, now);
    }
    if (packet.payloadBytes > m_open.left)
    {
        return RefuseReceive(WorkStatus::LOCAL_LENGTH_ERROR, INVALID_REQUEST, now);
    }
    Place(packet);
    m_open.family = traits.last ? RoceTraits::Family::UNKNOWN : RoceTraits::Family::SEND;
    if (traits.last)
    {
        CompleteReceive(packet, m_open.bytes, now);
        CountMessage(now);
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
    if (traits.first ? !OpenWrite(packet) : m_open.IsRevoked())
    {
        return Syndrome::NAK_ACCESS;
    }
    if (!HasRightSize(packet) || packet.payloadBytes > m_open.left ||
        (traits.last && packet.payloadBytes != m_open.left))
    {
        return INVALID_REQUEST;
    }
    Place(packet);
    m_open.family = traits.last ? RoceTraits::Family::UNKNOWN : RoceTraits::Family::WRITE;
    if (traits.immediate)
    {
        TakeReceive();
        CompleteReceive(packet, m_open.bytes, now);
    }
    if (traits.last)
    {
        CountMessage(now);
        if (m_open.region && m_open.region->GetMonitor())
        {
            TellMonitor(now);
        }
    }
    return GOOD;
}

void
RdmaResponder::CountMessage(int64_t now)
{
    if (TriggerCounter* counter = m_queuePair.GetCounter())
    {
        counter->Count(m_queuePair.GetStored(now));
    }
}

void
RdmaResponder::TellMonitor(int64_t now)
{
    Completion completion;
    completion.id = m_open.address - m_open.bytes;
    completion.bytes = m_open.bytes;
    completion.queuePair = m_queuePair.GetNumber();
    completion.opcode = WorkOpcode::RECEIVE_WRITE;
    m_queuePair.Push(*m_open.region->GetMonitor(), completion, now, m_queuePair.GetStored(now));
}

void
RdmaResponder::Place(const RocePacket& packet)
{
    if (packet.payloadBytes > 0)
    {
        m_queuePair.GetEngine().Store(m_queuePair, *m_open.region, m_open.address, packet);
        m_open.address += packet.payloadBytes;
        m_open.left -= packet.payloadBytes;
        m_open.bytes += packet.payloadBytes;
    }
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
            return Syndrome::NAK_ACCESS;
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
RdmaResponder::ExecuteAtomic(const RocePacket& packet, int64_t now)
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
        return Syndrome::NAK_ACCESS;
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
    Resource& kept = m_resources.back();
    kept.original = region->DoAtomic(packet.address, packet);
    kept.known =
        Exchange(packet.opcode == RoceOpcode::FETCH_ADD || kept.original == packet.compare, now);
    return GOOD;
}

int64_t
RdmaResponder::Exchange(bool changed, int64_t now)
{
    const Ptr<RdmaHost> host = m_queuePair.GetEngine().GetHost();
    if (!host)
    {
        return now;
    }
    // The NIC reads, changes and writes; no other request comes in between.
    const int64_t known = host->FetchPayload(roce::ATOMIC_BYTES, m_queuePair.GetStored(now));
    if (changed)
    {
        m_queuePair.Stored(host->WritePayload(roce::ATOMIC_BYTES, known));
    }
    return known;
}

} // namespace offload
} // namespace ns3
