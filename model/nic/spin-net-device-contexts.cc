/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The part of SpinNetDevice that binds rules to contexts and follows what becomes of the contexts.
 */
#include "message-matchers.h"
#include "spin-net-device.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

SteeringTable::RuleId
SpinNetDevice::AddContext(const MatchRule& rule,
                          Ptr<ExecutionContext> context,
                          Ptr<Matcher> matcher)
{
    if (!m_unit)
    {
        throw std::invalid_argument("SpinNetDevice: Unit is not set, it takes a SpinUnit");
    }
    if (!context->IsAttached())
    {
        m_unit->Attach(context);
    }
    if (!matcher)
    {
        matcher = CreateObject<PacketMatcher>();
    }
    const SteeringTable::RuleId id = m_table->Add(rule, matcher, context);
    m_bindings.push_back({context, id, false});
    return id;
}

void
SpinNetDevice::RemoveContext(Ptr<ExecutionContext> context)
{
    for (Binding& binding : m_bindings)
    {
        if (binding.context == context)
        {
            m_table->Retire(binding.rule);
            binding.leaving = true;
        }
    }
    // Tells DETACHED when its last message has ended: now, or later.
    m_unit->Detach(context);
}

void
SpinNetDevice::NotifyContextEvent(Ptr<ExecutionContext> context, const ContextEvent& event)
{
    for (const Binding& binding : m_bindings)
    {
        if (binding.context != context)
        {
            continue;
        }
        if (event.type == ContextEvent::Type::HANDLER_ERROR)
        {
            m_table->Disable(binding.rule);
        }
        else if (event.type == ContextEvent::Type::MESSAGE_ABORTED)
        {
            m_table->Abort(binding.rule, event.key);
        }
    }
    if (event.type == ContextEvent::Type::DETACHED)
    {
        RemoveRules(PeekPointer(context));
    }
    m_input->LookAgain();
}

void
SpinNetDevice::RemoveRules(const ExecutionContext* context)
{
    for (const Binding& binding : m_bindings)
    {
        if (PeekPointer(binding.context) == context)
        {
            m_table->Remove(binding.rule);
        }
    }
    const auto end =
        std::remove_if(m_bindings.begin(), m_bindings.end(), [context](const Binding& binding) {
            return PeekPointer(binding.context) == context;
        });
    m_bindings.erase(end, m_bindings.end());
}

bool
SpinNetDevice::IsLeaving(const ExecutionContext* context) const
{
    return std::any_of(m_bindings.begin(), m_bindings.end(), [context](const Binding& binding) {
        return PeekPointer(binding.context) == context && binding.leaving;
    });
}

} // namespace offload
} // namespace ns3
