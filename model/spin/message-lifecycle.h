/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MESSAGE_LIFECYCLE_H
#define OFFLOAD_MESSAGE_LIFECYCLE_H

#include "execution-context.h"
#include "spin-types.h"
#include "spin-unit.h"

#include "ns3/ptr.h"
#include "ns3/reusable-event.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * What becomes of the messages of a sPIN unit and of their packets: handlers' return codes, errors
 * and timeouts decide it, and the application is told.
 */
class MessageLifecycle
{
  public:
    /**
     * @param pipeline the unit's blocks
     * @param unit traces and neighbours
     */
    MessageLifecycle(SpinPipeline& pipeline, SpinUnit& unit);
    ~MessageLifecycle();

    /**
     * A message has a queue, and its first packet is in the unit.
     * @param message the message
     * @param single whether it has no more packets
     * @param time when its packet came, ps
     */
    [[gnu::hot]] void Opened(Message& message, bool single, int64_t time);

    /**
     * A handler has returned.
     * @param task with its return code, and its cause if that is an error
     */
    [[gnu::hot]] void HandlerReturned(const Task& task);

    /**
     * Stop a context's messages: packets that are inside are dropped.
     * @param context whose
     */
    [[gnu::cold]] void AbortMessages(ExecutionContext& context);

    /**
     * Stop a message whose last packet will not come, if there is one.
     * @param context whose
     * @param key as its packets had it
     */
    [[gnu::cold]] void AbortMessage(const ExecutionContext& context, uint64_t key);

    /** Look for messages that have waited too long for a packet. */
    [[gnu::cold]] void CheckTimeouts();

    /**
     * A packet is dropped before it is in the unit.
     * @param frame the packet
     * @param reason why
     */
    [[gnu::cold]] void DropAtOnce(const MemoryFrame& frame, SpinDropReason reason);

    /** @param key of a message of which nothing is in the unit any more */
    void TellLeft(uint64_t key)
    {
        if (!m_unit.m_leave.IsNull())
        {
            m_unit.m_leave(key);
        }
    }

    /** @param packet leaves its queue without a handler, as its message's fate says */
    void BypassPacket(PacketRecord& packet);

    /** @param message its queue is empty and done */
    [[gnu::hot]] void EndMessage(Message& message);

  private:
    [[gnu::cold]] void Abort(Message& message);
    void SetFate(Message& message, MessageFate fate);
    void Drop(PacketRecord& packet, SpinDropReason reason);
    [[gnu::cold]] void TraceDrop(const MemoryFrame& frame, SpinDropReason reason);
    [[gnu::hot]] void Close(Message& message);
    [[gnu::cold]] void CloseAndTell(Message& message);
    [[gnu::cold]] ContextEvent EventOf(const Message& message, ContextEvent::Type type) const;
    void ArmTimeout(int64_t from);

    SpinPipeline& m_pipeline; //!< the unit's blocks
    SpinUnit& m_unit;         //!< traces and neighbours
    uint32_t m_bypassing{0};  //!< open messages whose packets leave without handlers
    using TimeoutEvent = ReusableEvent<MessageLifecycle, &MessageLifecycle::CheckTimeouts>;
    Ptr<TimeoutEvent> m_timeout; //!< the next look at open messages
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MESSAGE_LIFECYCLE_H */
