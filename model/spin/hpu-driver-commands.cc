/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The command interface of an HPU driver: commands are checked, issued, waited for and tested.
#include "cluster-command.h"
#include "command-unit.h"
#include "execution-context.h"
#include "hpu-driver.h"
#include "spin-pipeline.h"

#include "ns3/host-port.h"

#include <optional>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

/** The runtime's command functions: six stores of the command's words, then the load that issues.
 */
constexpr InstructionMix COMMAND_WORDS = {/*alu*/ 0, /*load*/ 0, /*loadUse*/ 0, /*store*/ 6};

} // namespace

void
HpuDriver::CheckHost(uint64_t address, uint64_t bytes) const
{
    const ExecutionContext& context = *m_task->packet->message->context;
    const uint64_t begin = context.GetHostMemoryAddress();
    const uint64_t size = context.GetHostMemoryBytes();
    if (address < begin || bytes > size || address - begin > size - bytes)
    {
        throw ProtectionFault{address, static_cast<uint32_t>(bytes)};
    }
    if (!m_pipeline.GetHost())
    {
        throw std::runtime_error("the unit has no host behind it");
    }
}

void
HpuDriver::CheckNic(const MemoryWindow& window) const
{
    // A handler may have kept a window from another packet or made one itself.
    const uint64_t begin = window.GetAddress();
    const uint64_t end = begin + window.GetSize();
    const auto within = [begin, end](uint64_t address, uint64_t bytes) {
        return begin >= address && end <= address + bytes;
    };
    PacketRecord& packet = *m_task->packet;
    const ExecutionContext& context = *packet.message->context;
    if (within(packet.address, packet.size))
    {
        packet.Write(); // perhaps nobody has asked for this packet's window
        return;
    }
    bool allowed = within(m_pipeline.L1PacketAddress(*m_task), packet.size) ||
                   within(context.GetNicMemoryAddress(), context.GetNicMemoryBytes());
    for (uint32_t i = 0; !allowed && i < m_pipeline.config.clusters; i++)
    {
        allowed = within(context.GetScratchpadAddress(i), context.GetScratchpadBytes());
    }
    if (!allowed)
    {
        throw ProtectionFault{begin, window.GetSize()};
    }
}

Command&
HpuDriver::NewCommand(CommandInterface interface, uint32_t bytes)
{
    if (bytes == 0)
    {
        throw std::runtime_error("a command of 0 bytes");
    }
    Command& command = m_pipeline.commands.Take();
    command.interface = interface;
    command.driver = this;
    command.bytes = bytes;
    const PacketRecord& packet = *m_task->packet;
    if (packet.message->context->HasPspinView())
    {
        command.answers = &packet; // it stays until the command is done
    }
    return command;
}

CommandId
HpuDriver::Issue(Command& command)
{
    try
    {
        // The words, then the load that issues; the command is out when that load is granted.
        Charge(m_pipeline.config.core.Cycles(COMMAND_WORDS) + 1, COMMAND_WORDS.Count() + 1);
    }
    catch (...)
    {
        m_pipeline.commands.GiveBack(command);
        throw;
    }
    return IssueNow(command, false);
}

CommandId
HpuDriver::LowestFreeId() const
{
    const unsigned id = __builtin_ctz(~unsigned{m_pending});
    return id < m_pipeline.config.commandsPerHpu ? id : 0;
}

CommandId
HpuDriver::IssueNow(Command& command, bool byLoad)
{
    if (!byLoad && m_pending == 0 && !m_feedback && m_position > m_pipeline.clock.Now())
    {
        // Nothing can hold it up when its time comes: the fiber need not stop for that. The
        // arbiter sees it when it is told.
        m_issues = 1;
        return PutDown(command, m_position);
    }
    std::optional<CommandId> stale;
    try
    {
        m_sendBytes = command.bytes;
        Synchronise();
        m_sendBytes = 1;
        if (m_feedback && byLoad && m_pipeline.config.staleCommandIds)
        {
            stale = LowestFreeId(); // see the attribute
        }
        while (m_feedback)
        {
            StallFor(Stall::ENABLE);
        }
        while (m_pending == (1U << m_pipeline.config.commandsPerHpu) - 1)
        {
            StallFor(Stall::COMMAND_ID);
        }
    }
    catch (...)
    {
        m_pipeline.commands.GiveBack(command);
        throw;
    }
    const CommandId id = PutDown(command, m_pipeline.clock.Now());
    m_pipeline.clusterCommands[m_cluster]->CommandIssued(m_hpu, command.bytes);
    return byLoad ? Tell(id, stale.value_or(id)) : id;
}

CommandId
HpuDriver::PutDown(Command& command, uint64_t issue)
{
    const CommandId id = LowestFreeId();
    m_pending |= static_cast<uint8_t>(1U << id);
    command.id = static_cast<uint8_t>(id);
    command.issue = issue;
    command.ready = issue + 1;
    m_commands.Push(command);
    return id;
}

void
HpuDriver::CheckId(CommandId id) const
{
    if (id >= m_pipeline.config.commandsPerHpu)
    {
        throw std::runtime_error("a command that does not exist: " + std::to_string(id));
    }
}

void
HpuDriver::Wait(CommandId id)
{
    CheckId(id);
    Charge(1, 1); // the store that stalls until the response
    WaitNow(id);
}

void
HpuDriver::WaitNow(CommandId id)
{
    Synchronise();
    if (m_pending >> id & 1)
    {
        m_waitId = static_cast<uint8_t>(id);
        StallFor(Stall::RESPONSE);
    }
}

bool
HpuDriver::Test(CommandId id)
{
    CheckId(id);
    Charge(2, 2); // a store and a load (pspin.md, spin_cmd_test)
    Synchronise();
    return IsDone(id);
}

bool
HpuDriver::IsDone(CommandId id) const
{
    // A response counts in the cycle in which it comes (hpu_driver.sv, wt_cmd_finished).
    return !(m_pending >> id & 1) || m_pipeline.commandUnit->Delivers(*this, id);
}

// What a core is told as its commands' ids: see the attribute StaleCommandIds.

CommandId
HpuDriver::Tell(CommandId id, CommandId told)
{
    m_staleIds &= static_cast<uint8_t>(~(1U << told));
    if (told != id)
    {
        m_staleIds |= static_cast<uint8_t>(1U << told);
        m_pipeline.GaveStaleId({m_cluster, m_hpu, m_task->packet->message->index, id, told});
    }
    return told;
}

bool
HpuDriver::TestByLoad(CommandId id)
{
    if (!m_pipeline.config.staleCommandIds)
    {
        return IsDone(id);
    }
    const bool told = IsDone(0);
    if (told != IsDone(id))
    {
        m_pipeline.GaveStaleId({m_cluster, m_hpu, m_task->packet->message->index, id, 0});
        m_pipeline.counters.staleIdsUsed++;
    }
    return told;
}

void
HpuDriver::NoteUse(CommandId id)
{
    if (m_staleIds >> id & 1)
    {
        m_staleIds &= static_cast<uint8_t>(~(1U << id));
        m_pipeline.counters.staleIdsUsed++;
    }
}

} // namespace offload
} // namespace ns3
