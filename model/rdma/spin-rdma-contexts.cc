/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The part of SpinRdmaNetDevice that puts contexts behind queue pairs and takes them away.
 */
#include "spin-rdma-net-device.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

SpinRdmaNetDevice::Binding&
SpinRdmaNetDevice::Bind(const Ptr<QueuePair>& queuePair)
{
    const uint32_t number = queuePair->GetNumber();
    if (!m_engine || m_engine->GetQueuePair(number) != PeekPointer(queuePair))
    {
        throw std::invalid_argument("SpinRdmaNetDevice: queue pair " + std::to_string(number) +
                                    " is another NIC's, it takes those of its Engine");
    }
    if (m_bindings.size() <= number)
    {
        m_bindings.resize(number + 1);
    }
    Binding& binding = m_bindings[number];
    if (binding.queuePair != queuePair)
    {
        // It has the number of one that was destroyed, whose messages may still be in the unit:
        // numbers of messages go on.
        Release(binding);
        Binding next;
        next.queuePair = queuePair;
        next.unserved = binding.unserved;
        next.message = next.oldest = binding.message;
        binding = next;
    }
    return binding;
}

void
SpinRdmaNetDevice::AllowSends(Ptr<QueuePair> queuePair)
{
    Bind(queuePair).sends = true;
}

void
SpinRdmaNetDevice::AttachContext(Ptr<QueuePair> queuePair,
                                 Ptr<ExecutionContext> context,
                                 bool tells)
{
    if (!GetUnit())
    {
        throw std::invalid_argument("SpinRdmaNetDevice: Unit is not set, it takes a SpinUnit");
    }
    GetUnit()->CatchUp(); // an earlier context may have left
    Binding& binding = Bind(queuePair);
    if (binding.context)
    {
        throw std::invalid_argument("SpinRdmaNetDevice: queue pair " +
                                    std::to_string(queuePair->GetNumber()) +
                                    " has a context, it takes one at a time");
    }
    if (!context->IsAttached())
    {
        GetUnit()->Attach(context);
    }
    GetUnit()->SetLeaveCallback(MakeCallback(&SpinRdmaNetDevice::MessageLeft, this));
    if (tells && !TellsOf(PeekPointer(context)))
    {
        context->TraceConnectWithoutContext("Event",
                                            MakeCallback(&SpinRdmaNetDevice::MessageEnded, this));
    }
    binding.context = context;
    binding.tells = tells;
    binding.sends = true;
    binding.leaving = binding.failed = false;
    queuePair->SetConsumer(this);
}

bool
SpinRdmaNetDevice::TellsOf(const ExecutionContext* context) const
{
    return std::any_of(m_bindings.begin(), m_bindings.end(), [context](const Binding& binding) {
        return PeekPointer(binding.context) == context && binding.tells;
    });
}

void
SpinRdmaNetDevice::DetachContext(Ptr<QueuePair> queuePair)
{
    const uint32_t number = queuePair->GetNumber();
    Binding* binding = FindBinding(number);
    if (!binding || !binding->context || binding->queuePair != queuePair || binding->leaving)
    {
        return;
    }
    const Ptr<ExecutionContext> context = binding->context;
    binding->leaving = true;
    GetUnit()->CatchUp();
    const auto stays = [&](const Binding& other) {
        return other.context == context && !other.leaving;
    };
    if (context->IsAttached() && std::none_of(m_bindings.begin(), m_bindings.end(), stays))
    {
        // Tells DETACHED when its last message has ended: now, or later.
        GetUnit()->Detach(context);
    }
    ReleaseIdle(number);
}

void
SpinRdmaNetDevice::ReleaseIdle(uint32_t queuePair)
{
    Binding* binding = FindBinding(queuePair);
    if (binding && binding->context && binding->leaving && binding->left.empty() &&
        (!binding->receiving || binding->failed))
    {
        if (binding->failed && binding->queuePair->GetState() != QueuePairState::ERROR)
        {
            // A message was acknowledged and is lost. Not at once: it may be the unit's doing.
            Simulator::ScheduleNow(&QueuePair::SetError, binding->queuePair);
        }
        Release(*binding);
    }
}

void
SpinRdmaNetDevice::Release(Binding& binding)
{
    if (!binding.context)
    {
        return;
    }
    const Ptr<ExecutionContext> context = binding.context;
    binding.context = nullptr;
    binding.queuePair->SetConsumer(nullptr);
    if (binding.receiving)
    {
        // The unit has given the message up, and its number is used.
        binding.receiving = false;
        ++binding.message;
    }
    if (binding.tells && !TellsOf(PeekPointer(context)))
    {
        context->TraceDisconnectWithoutContext(
            "Event",
            MakeCallback(&SpinRdmaNetDevice::MessageEnded, this));
    }
}

void
SpinRdmaNetDevice::NotifyContextEvent(Ptr<ExecutionContext> context, const ContextEvent& event)
{
    if (event.type == ContextEvent::Type::MESSAGE_ABORTED)
    {
        Binding* binding = FindBinding(event.key);
        // What is left of earlier connections does not matter to this one.
        if (binding && GetPlace(*binding, event.key) < binding->left.size())
        {
            binding->failed = true;
        }
    }
    else if (event.type == ContextEvent::Type::DETACHED)
    {
        for (uint32_t i = 0; i < m_bindings.size(); ++i)
        {
            if (m_bindings[i].context == context)
            {
                m_bindings[i].leaving = true;
                ReleaseIdle(i);
            }
        }
    }
    SpinNetDevice::NotifyContextEvent(context, event);
}

void
SpinRdmaNetDevice::EndConnection(uint32_t queuePair, QueuePairState state)
{
    Binding* binding = FindBinding(queuePair);
    // It may be another queue pair's number by now.
    if (!binding || binding->queuePair->GetState() != state)
    {
        return;
    }
    uint64_t cutOff = 0;
    if (binding->receiving)
    {
        binding->receiving = false;
        cutOff = binding->unserved = MakeKey(*binding, binding->message++);
        // Not at once: it may be the unit's doing.
        Simulator::ScheduleNow(&SpinUnit::Abort, GetUnit(), binding->context, cutOff);
    }
    if (state == QueuePairState::RESET)
    {
        binding->left.clear();
        binding->oldest = binding->message;
        binding->lateBytes = 0;
        binding->failed = false;
        Forget(queuePair);
    }
    Simulator::ScheduleNow(&SpinRdmaNetDevice::ConnectionEnded,
                           Ptr<SpinRdmaNetDevice>(this),
                           queuePair,
                           cutOff);
}

void
SpinRdmaNetDevice::ConnectionEnded(uint32_t queuePair, uint64_t key)
{
    MessageLeft(key);
    ReleaseIdle(queuePair);
}

void
SpinRdmaNetDevice::Forget(uint32_t queuePair)
{
    const auto isOwn = [queuePair](const auto& item) { return GetNumber(item.key) == queuePair; };
    m_open.erase(std::remove_if(m_open.begin(), m_open.end(), isOwn), m_open.end());
    for (const LatePacket& late : m_late)
    {
        if (isOwn(late))
        {
            DropLate(late.frame);
        }
    }
    m_late.erase(std::remove_if(m_late.begin(), m_late.end(), isOwn), m_late.end());
}

} // namespace offload
} // namespace ns3
