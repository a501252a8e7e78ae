/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// A responder's receives: posted, taken by messages in their order, completed or flushed.
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

/// First allocation, receives
constexpr std::size_t FIRST_RECEIVES = 2;

} // namespace

PostResult
RdmaResponder::Post(const offload::ReceiveRequest& receive)
{
    if (GetPosted() == m_queuePair.GetConfig().GetReceiveDepth())
    {
        return PostResult::QUEUE_FULL;
    }
    if (m_receives.full())
    {
        m_receives.set_capacity(std::max(FIRST_RECEIVES, 2 * m_receives.capacity()));
    }
    m_receives.push_back(receive);
    return PostResult::POSTED;
}

uint8_t
RdmaResponder::OpenReceive(int64_t now)
{
    if (m_receives.empty())
    {
        return Syndrome::RNR_NAK | m_queuePair.GetConfig().GetRnrTimer();
    }
    const offload::ReceiveRequest receive = m_receives.front();
    TakeReceive();
    return OpenMemory(receive.localKey, receive.address, receive.length, MemoryAccess::LOCAL_WRITE)
               ? GOOD
               : RefuseReceive(WorkStatus::LOCAL_PROTECTION_ERROR, OPERATION_ERROR, now);
}

bool
RdmaResponder::TakeReceive()
{
    if (m_receives.empty())
    {
        return false;
    }
    m_open.receive = m_receives.front().id;
    m_open.receives = true;
    m_receives.pop_front();
    return true;
}

void
RdmaResponder::CompleteReceive(const RocePacket& packet, uint32_t bytes, int64_t now)
{
    const RoceTraits& traits = roce::GetTraits(packet.opcode);
    Completion completion;
    completion.bytes = bytes;
    completion.opcode =
        traits.family == RoceTraits::Family::SEND ? WorkOpcode::RECEIVE : WorkOpcode::RECEIVE_WRITE;
    completion.withImmediate = traits.immediate;
    completion.immediate = traits.immediate ? packet.immediate : 0;
    EndReceive(completion, now);
}

uint8_t
RdmaResponder::RefuseReceive(WorkStatus status, uint8_t code, int64_t now)
{
    Completion completion;
    completion.opcode = WorkOpcode::RECEIVE;
    completion.status = status;
    EndReceive(completion, now);
    return code;
}

void
RdmaResponder::EndReceive(Completion completion, int64_t now)
{
    completion.id = m_open.receive;
    completion.queuePair = m_queuePair.GetNumber();
    m_open.receives = false;
    m_queuePair.Complete(*m_queuePair.GetParameters().receiveCompletions, completion, now);
}

void
RdmaResponder::Flush(int64_t now)
{
    m_resources.clear();
    m_pending = 0;
    m_owing = false;
    m_open.region = m_late.region = nullptr;
    // Oldest first: what the consumer gives back, what comes in, what nothing has come for.
    for (uint32_t i = 0; i < 2; ++i)
    {
        std::swap(m_open, m_late);
        if (m_open.receives)
        {
            RefuseReceive(WorkStatus::WORK_REQUEST_FLUSHED, GOOD, now);
        }
    }
    while (TakeReceive())
    {
        RefuseReceive(WorkStatus::WORK_REQUEST_FLUSHED, GOOD, now);
    }
}

} // namespace offload
} // namespace ns3
