/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "hpu.h"

#include "execution-context.h"
#include "hpu-driver.h"
#include "spin-pipeline.h"

#include "ns3/riscv-system.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

uint32_t
Hpu::GetClusterId() const
{
    return m_driver.m_cluster;
}

uint32_t
Hpu::GetHpuId() const
{
    return m_driver.m_hpu;
}

uint32_t
Hpu::GetClusters() const
{
    return m_driver.m_pipeline.config.clusters;
}

uint32_t
Hpu::GetMessageId() const
{
    return m_driver.m_task->packet->message->index;
}

bool
Hpu::IsFirst() const
{
    return m_driver.m_task->packet->first;
}

bool
Hpu::IsLast() const
{
    return m_driver.m_task->packet->last;
}

MemoryWindow
Hpu::GetPacket() const
{
    const Task& task = *m_driver.m_task;
    const uint32_t address = m_driver.m_pipeline.L1PacketAddress(task);
    const uint32_t size = task.packet->size;
    return {task.bytes, address, size};
}

MemoryWindow
Hpu::GetL2Packet() const
{
    PacketRecord& packet = *m_driver.m_task->packet;
    packet.Write();
    return {packet.bytes, packet.address, packet.size};
}

MemoryWindow
Hpu::GetNicMemory() const
{
    ExecutionContext& context = *m_driver.m_task->packet->message->context;
    return {context.GetNicMemory(), context.GetNicMemoryAddress(), context.GetNicMemoryBytes()};
}

MemoryWindow
Hpu::GetScratchpad(uint32_t cluster) const
{
    if (cluster >= GetClusters())
    {
        throw std::runtime_error("there is no cluster " + std::to_string(cluster));
    }
    ExecutionContext& context = *m_driver.m_task->packet->message->context;
    return {context.GetScratchpad(cluster),
            context.GetScratchpadAddress(cluster),
            context.GetScratchpadBytes()};
}

uint64_t
Hpu::GetHostAddress() const
{
    return m_driver.m_task->packet->message->context->GetHostMemoryAddress();
}

uint64_t
Hpu::GetHostBytes() const
{
    return m_driver.m_task->packet->message->context->GetHostMemoryBytes();
}

void
Hpu::Execute(const InstructionMix& mix)
{
    m_driver.Charge(m_driver.m_pipeline.config.core.Cycles(mix), mix.Count());
}

void
Hpu::Execute(uint32_t cycles)
{
    m_driver.Charge(cycles, 0);
}

void
Hpu::Synchronise()
{
    m_driver.Synchronise();
}

uint64_t
Hpu::GetCycles() const
{
    return m_driver.m_position - m_driver.m_task->entry;
}

CommandId
Hpu::SendPacket(const MemoryWindow& packet)
{
    m_driver.m_pipeline.CheckSend(packet.GetSize());
    m_driver.CheckNic(packet);
    Command& command = m_driver.NewCommand(CommandInterface::NIC_OUTBOUND, packet.GetSize());
    command.nicAddress = packet.GetAddress();
    return m_driver.Issue(command);
}

CommandId
Hpu::SendFromHost(uint64_t address, uint32_t bytes)
{
    m_driver.m_pipeline.CheckSend(bytes);
    m_driver.CheckHost(address, bytes);
    Command& command = m_driver.NewCommand(CommandInterface::NIC_OUTBOUND, bytes);
    command.hostAddress = address;
    command.fromHost = true;
    return m_driver.Issue(command);
}

CommandId
Hpu::DmaToHost(uint64_t address, const MemoryWindow& source)
{
    m_driver.CheckHost(address, source.GetSize());
    m_driver.CheckNic(source);
    Command& command = m_driver.NewCommand(CommandInterface::HOST_DMA, source.GetSize());
    command.hostAddress = address;
    command.nicAddress = source.GetAddress();
    command.toHost = true;
    return m_driver.Issue(command);
}

CommandId
Hpu::DmaFromHost(uint64_t address, const MemoryWindow& destination)
{
    m_driver.CheckHost(address, destination.GetSize());
    m_driver.CheckNic(destination);
    Command& command = m_driver.NewCommand(CommandInterface::HOST_DMA, destination.GetSize());
    command.hostAddress = address;
    command.nicAddress = destination.GetAddress();
    return m_driver.Issue(command);
}

CommandId
Hpu::WriteToHost(uint64_t address, uint64_t value)
{
    m_driver.CheckHost(address, sizeof(value));
    Command& command = m_driver.NewCommand(CommandInterface::HOST_DIRECT, sizeof(value));
    command.hostAddress = address;
    command.immediate = value;
    command.toHost = true;
    return m_driver.Issue(command);
}

void
Hpu::Wait(CommandId command)
{
    m_driver.Wait(command);
}

bool
Hpu::Test(CommandId command)
{
    return m_driver.Test(command);
}

HandlerStatus
Hpu::RunRiscv(const RiscvProgram& program, HandlerKind kind)
{
    return m_driver.m_pipeline.riscv->Run(program, kind, m_driver);
}

} // namespace offload
} // namespace ns3
