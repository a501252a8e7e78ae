/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "command-unit.h"

#include "cluster-command.h"
#include "hpu-driver.h"
#include "spin-pipeline.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

CommandUnit::CommandUnit(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_interfaces(COMMAND_INTERFACES, Interface(pipeline.config.clusters)),
      m_arbitrate(
          CycleEvent::Of<CommandUnit, &CommandUnit::Arbitrate>(this, CyclePhase::COMMAND_UNIT)),
      m_choose(
          CycleEvent::Of<CommandUnit, &CommandUnit::ChooseResponse>(this,
                                                                    CyclePhase::COMMAND_RESPONSE)),
      m_deliver(
          CycleEvent::Of<CommandUnit, &CommandUnit::DeliverResponse>(this,
                                                                     CyclePhase::COMMAND_RESPONSE))
{
    // An HPU that does not wait gives feedback, which is collected a cycle later.
    m_deliver.SetSlack(SpinPipeline::TASK_SLACK,
                       pipeline.HpuSendCycles(),
                       2 + pipeline.NativeSendCycles());
    // Its register, then the delivery's slack; or a command takes the place of the one that is
    // done.
    m_choose.SetSlack(1 + SpinPipeline::TASK_SLACK,
                      2 + pipeline.config.outboundLatency,
                      3 + pipeline.NativeSendCycles());
}

void
CommandUnit::SetEngine(CommandInterface interface, CommandEngine& engine)
{
    m_interfaces[static_cast<unsigned>(interface)].engine = &engine;
}

void
CommandUnit::CommandReady(const Command& command)
{
    m_interfaces[static_cast<unsigned>(command.interface)].offered++;
    m_offering |= uint64_t{1} << command.driver->GetCluster();
    m_leastBytes = m_offered > 0 ? std::min(m_leastBytes, command.bytes) : command.bytes;
    m_offered++;
    // An engine takes a cycle for a word, at least.
    m_pipeline.SetCommandSlack(m_arbitrate, 1, 0, m_leastBytes);
    m_pipeline.clock.Wake(m_arbitrate, command.ready);
}

void
CommandUnit::EngineReady()
{
    WakeArbiter(m_pipeline.clock.Now() + 1);
}

void
CommandUnit::WakeArbiter(uint64_t cycle)
{
    if (m_offered > 0)
    {
        m_pipeline.clock.Wake(m_arbitrate, cycle);
    }
}

void
CommandUnit::ServeInterface(Interface& entry, CommandInterface interface)
{
    const uint64_t now = m_pipeline.clock.Now();
    const auto& clusters = m_pipeline.clusterCommands;
    const uint64_t requests = GatherRequests(m_offering, [&](unsigned number) {
        const Command& command = *clusters[number]->Front();
        return command.interface == interface && command.ready <= now;
    });
    if (requests == 0)
    {
        return;
    }
    const unsigned number = entry.arbiter.Choose(requests);
    ClusterCommand& cluster = *clusters[number];
    Command& command = *cluster.Front();
    if (entry.inFlight >= m_pipeline.config.commandsPerInterface ||
        !entry.engine->CanAccept(command))
    {
        entry.arbiter.Hold();
        if (!entry.blocked)
        {
            entry.blocked = true;
            m_pipeline.Await(true);
        }
        return; // ChooseResponse or EngineReady wakes us
    }
    if (entry.blocked)
    {
        entry.blocked = false;
        m_pipeline.Await(false);
    }
    entry.arbiter.Grant();
    cluster.Pop();
    m_offering ^= uint64_t{!cluster.Front()} << number;
    entry.offered--;
    m_offered--;
    entry.inFlight++;
    command.accepted = now;
    entry.engine->Accept(command);
    WakeArbiter(now + 1); // another one may follow
}

void
CommandUnit::Arbitrate()
{
    for (unsigned i = 0; i < COMMAND_INTERFACES && m_offered > 0; i++)
    {
        if (m_interfaces[i].offered > 0)
        {
            ServeInterface(m_interfaces[i], static_cast<CommandInterface>(i));
        }
    }
    if (m_offered == 0)
    {
        return;
    }
    for (uint64_t left = m_offering; left; left &= left - 1)
    {
        const auto& cluster = m_pipeline.clusterCommands[__builtin_ctzll(left)];
        if (cluster->Front()->ready > m_pipeline.clock.Now())
        {
            m_pipeline.clock.Wake(m_arbitrate, cluster->Front()->ready);
        }
    }
}

void
CommandUnit::Complete(Command& command)
{
    command.ready = m_pipeline.clock.Now() + 1;
    const auto number = static_cast<unsigned>(command.interface);
    m_interfaces[number].responses.Push(command);
    m_responding |= uint64_t{1} << number;
    m_pipeline.clock.Wake(m_choose, command.ready);
}

void
CommandUnit::ChooseResponse()
{
    const uint64_t now = m_pipeline.clock.Now();
    const uint64_t requests = GatherRequests(m_responding, [this, now](unsigned number) {
        return m_interfaces[number].responses.Front().ready <= now;
    });
    if (requests)
    {
        const unsigned number = m_responseArbiter.Choose(requests);
        m_responseArbiter.Grant();
        Interface& entry = m_interfaces[number];
        Command& command = entry.responses.Pop();
        m_responding ^= uint64_t{entry.responses.IsEmpty()} << number;
        entry.inFlight--;
        command.ready = now + 1;
        m_delivery.Push(command);
        m_pipeline.clock.Wake(m_deliver, command.ready);
        WakeArbiter(command.ready);
    }
    if (m_responding)
    {
        m_pipeline.clock.Wake(m_choose, now + 1);
    }
}

bool
CommandUnit::Delivers(const HpuDriver& driver, uint32_t id) const
{
    if (m_delivery.IsEmpty())
    {
        return false;
    }
    const Command& command = m_delivery.Front();
    return command.driver == &driver && command.id == id && command.ready <= m_pipeline.clock.Now();
}

void
CommandUnit::DeliverResponse()
{
    Command& command = m_delivery.Pop();
    command.driver->Response(command);
    if (!m_delivery.IsEmpty())
    {
        m_pipeline.clock.Wake(m_deliver, m_delivery.Front().ready);
    }
}

} // namespace offload
} // namespace ns3
