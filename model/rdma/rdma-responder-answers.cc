/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a responder sends: acknowledgements, data of READ, results of atomics; once or again.
#include "rdma-engine.h"
#include "rdma-responder.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

using roce::Syndrome;

} // namespace

bool
RdmaResponder::AddResource(const Resource& resource)
{
    if (m_resources.capacity() == 0)
    {
        m_resources.set_capacity(m_queuePair.GetConfig().GetMaxReads());
    }
    if (m_resources.full())
    {
        const Resource& oldest = m_resources.front();
        if (oldest.pending)
        {
            // A peer that asks for more than there is room for has got what it asked for again: the
            // question was under way twice.
            if (!oldest.repeated)
            {
                return false;
            }
            ForgetFetched();
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
        Reply(Syndrome::NAK_SEQUENCE, now);
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
    else if (!m_owing)
    {
        // Asked for or not (IBTA C9-105): a peer whose last packets have all been lost
        // would never know how many have come.
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
        found->refused = !found->region && packet.length > 0; // and is refused in its turn
        found->address = packet.address;
        found->left = packet.length;
        found->next = packet.sequence;
        found->started = false;
    }
    found->pending = found->repeated = true;
    ForgetFetched();
    CountPending();
    m_queuePair.Activate(now);
}

void
RdmaResponder::ForgetFetched()
{
    if (m_fetch)
    {
        m_fetch->Clear();
    }
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
        const uint32_t bytes = std::min(left, mtu);
        if (i >= m_fetch->GetSize())
        {
            m_fetch->Push(resource.atomic ? resource.known : host.FetchPayload(bytes, start));
        }
        left -= bytes;
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
    if (resource.refused || (resource.region && resource.region->IsRevoked()))
    {
        m_failed = true;
        m_expected = resource.next; // what is refused
        SendAcknowledge(Syndrome::NAK_ACCESS, now);
        return;
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

} // namespace offload
} // namespace ns3
