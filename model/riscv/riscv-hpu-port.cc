/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a core's data port reaches, and when.
 */
#include "address-map.h"
#include "hexadecimal.h"
#include "riscv-hpu.h"
#include "riscv-system.h"

#include "ns3/cluster-dma.h"
#include "ns3/cluster-scheduler.h"
#include "ns3/hpu-driver.h"
#include "ns3/spin-pipeline.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

MemoryReply
RiscvHpu::Access(CoreAccess& access)
{
    using namespace memory_map;
    const uint32_t address = ToGlobal(access.address, m_driver.m_cluster);
    access.done = access.cycle + 1;
    const uint32_t clusters = m_driver.m_pipeline.config.clusters;
    if (ClusterOf(address) < clusters && (address - L1_BASE) % L1_STRIDE >= PERIPHERALS)
    {
        const MemoryReply reply = AccessCluster(access, address);
        // A register answers with all of its word, of which the core takes its bytes.
        access.data >>= Writes(access.operation) ? 0 : 8 * (address & 3);
        return reply;
    }
    if (address - SOC_PERIPHERALS < SOC_PERIPHERALS_BYTES)
    {
        access.data = 0; // nobody reads what PsPIN's runtime prints
        return MemoryReply::DONE;
    }
    return AccessMemory(access, address);
}

MemoryReply
RiscvHpu::AccessMemory(CoreAccess& access, uint32_t address)
{
    if (memory_map::IsProgram(address))
    {
        return RefuseRegister(access,
                              "program memory, which is for instructions only: constants belong "
                              "into L2 handler memory");
    }
    if (!m_booting && !m_core.IsMachineMode() && !m_memory.Allows(address, access.bytes))
    {
        return MemoryReply::FAULT;
    }
    uint8_t* bytes = m_driver.m_pipeline.memory.Find(address, access.bytes);
    if (!bytes)
    {
        return MemoryReply::FAULT;
    }
    const auto region = NicMemory::RegionOf(address);
    if (region == NicMemoryKind::L1 && IsReserving(access.operation))
    {
        m_portFault = "lr.w and sc.w work in L2 only";
        return MemoryReply::FAULT;
    }
    // The access is at the memory a cycle after the instruction.
    SettleTo(access);
    const bool own =
        region == NicMemoryKind::L1 && memory_map::ClusterOf(address) == m_driver.m_cluster;
    // A word that comes after this one may take the bank in the next cycle as well.
    access.done = own ? m_core.GetAhead().Access(m_cluster.banks,
                                                 address,
                                                 access.cycle,
                                                 IsAtomic(access.operation)) +
                            1
                      : m_system.Reserve(region, address, access);
    if (access.operation == MemoryOperation::LOAD_RESERVED)
    {
        m_system.SetReservation(m_system.GetHartId(m_driver.m_cluster, m_driver.m_hpu), address);
    }
    else if (access.operation == MemoryOperation::STORE_CONDITIONAL &&
             !m_system.TakeReservation(m_system.GetHartId(m_driver.m_cluster, m_driver.m_hpu),
                                       address))
    {
        access.data = 1;
        return MemoryReply::DONE;
    }
    if (Writes(access.operation))
    {
        m_system.BreakReservations(address);
    }
    Perform(access, bytes);
    return MemoryReply::DONE;
}

MemoryReply
RiscvHpu::AccessCluster(CoreAccess& access, uint32_t address)
{
    using namespace memory_map;
    const uint32_t cluster = ClusterOf(address);
    const uint32_t offset = (address - L1_BASE) % L1_STRIDE;
    if (cluster == m_driver.m_cluster)
    {
        if (offset - HPU_DRIVER < HPU_DRIVER_BYTES)
        {
            const uint32_t reg = offset - HPU_DRIVER;
            return reg >= driver_register::COMMAND_ISSUE ? AccessCommands(access, reg)
                                                         : AccessDriver(access, reg);
        }
        if (offset - CLUSTER_DMA < CLUSTER_DMA_BYTES)
        {
            return AccessDma(access, offset - CLUSTER_DMA);
        }
        if (offset >= EVENT_UNIT && offset < CLUSTER_DMA && !IsInHandler())
        {
            return AccessEventUnit(access, offset);
        }
    }
    if (IsInHandler())
    {
        return RefuseRegister(access,
                              "no register that handlers have here (spin__public_memcpy "
                              "and other cores' registers are not modelled)");
    }
    if (offset == ICACHE_FLUSH && access.operation == MemoryOperation::STORE)
    {
        m_system.GetCluster(cluster).cache.Flush();
    }
    access.data = 0; // registers that the model does not need read as zero
    return MemoryReply::DONE;
}

MemoryReply
RiscvHpu::RefuseRegister(const CoreAccess& access, const char* why)
{
    m_portFault = std::string(Writes(access.operation) ? "a store to " : "a load from ") +
                  Hexadecimal(access.address, 8) + ", " + why;
    return MemoryReply::FAULT;
}

MemoryReply
RiscvHpu::AccessDriver(CoreAccess& access, uint32_t offset)
{
    using namespace driver_register;
    if (!HasTask())
    {
        return MemoryReply::WAIT; // the driver grants nothing without a task
    }
    if (offset == DOORBELL && IsInHandler())
    {
        return RefuseRegister(access, "the doorbell, which the runtime rings after the handler");
    }
    access.done = std::max(access.done, m_grant);
    if (access.operation == MemoryOperation::STORE)
    {
        if (offset == ERROR)
        {
            NoteFault(HandlerStatus::FAIL,
                      "the handler reported error " + std::to_string(access.data) + ", " +
                          Where(m_core.GetPc()));
        }
        return MemoryReply::DONE; // stores to other registers change nothing
    }
    switch (offset)
    {
    case HANDLER:
        access.data = m_handler;
        break;
    case HANDLER_SIZE:
        access.data = m_program->GetCodeBytes();
        break;
    case DOORBELL:
        m_driver.m_loopOrDoorbell = access.done;
        m_rung = true;
        access.data = 0;
        break;
    default:
        access.data = m_registers.ReadTask(*m_driver.m_task, offset);
        break;
    }
    return MemoryReply::DONE;
}

MemoryReply
RiscvHpu::AccessCommands(CoreAccess& access, uint32_t offset)
{
    using namespace driver_register;
    if (!HasTask())
    {
        return MemoryReply::WAIT;
    }
    const bool store = access.operation == MemoryOperation::STORE;
    try
    {
        if (offset == COMMAND_ISSUE && !store)
        {
            Command& command = m_registers.MakeCommand(m_driver, m_memory);
            SettleTo(access);
            m_driver.m_position = access.done;
            const uint32_t begin = command.fromHost ? 0 : command.nicAddress;
            const uint32_t bytes = command.bytes;
            access.data = m_driver.IssueNow(command, true);
            access.done = m_driver.m_pipeline.clock.Now();
            Share(begin, bytes);
        }
        else if (offset == COMMAND_WAIT && store)
        {
            m_driver.CheckId(access.data);
            SettleTo(access);
            m_driver.m_position = access.done;
            m_driver.NoteUse(access.data);
            m_driver.WaitNow(access.data);
            access.done = m_driver.m_pipeline.clock.Now();
            TakeBack();
        }
        else if (offset == COMMAND_TEST && store)
        {
            m_driver.CheckId(access.data);
            m_testId = access.data;
        }
        else if (offset == COMMAND_TEST)
        {
            SettleTo(access);
            access.data = m_driver.TestByLoad(m_testId);
            TakeBack();
        }
        else if (store)
        {
            m_registers.WriteCommand(offset, access.data);
        }
    }
    catch (const ProtectionFault& fault)
    {
        m_portFault = SpinPipeline::Describe(fault);
        return MemoryReply::FAULT;
    }
    catch (const std::runtime_error& error)
    {
        m_portFault = error.what();
        return MemoryReply::FAULT;
    }
    return MemoryReply::DONE;
}

MemoryReply
RiscvHpu::AccessDma(CoreAccess& access, uint32_t offset)
{
    using namespace dma_register;
    ClusterDma& dma = m_driver.m_pipeline.clusters[m_driver.m_cluster]->GetDma();
    if (access.operation == MemoryOperation::STORE)
    {
        m_dma.source = offset == SOURCE ? access.data : m_dma.source;
        m_dma.destination = offset == DESTINATION ? access.data : m_dma.destination;
        m_dma.bytes = offset == BYTES ? access.data : m_dma.bytes;
        return MemoryReply::DONE;
    }
    SettleTo(access);
    if (offset == LAUNCH && m_dma.bytes > 0)
    {
        const uint32_t source = memory_map::ToGlobal(m_dma.source, m_driver.m_cluster);
        const uint32_t destination = memory_map::ToGlobal(m_dma.destination, m_driver.m_cluster);
        NicMemory& memory = m_driver.m_pipeline.memory;
        const auto allows = [&](uint32_t address) {
            return m_memory.Allows(address, m_dma.bytes) && memory.Find(address, m_dma.bytes);
        };
        const bool reads = allows(source);
        if (!reads || !allows(destination))
        {
            m_portFault =
                "spin_dma: " +
                SpinPipeline::Describe({reads ? m_dma.destination : m_dma.source, m_dma.bytes});
            return MemoryReply::FAULT;
        }
        access.data = dma.Launch(m_driver, source, destination, m_dma.bytes, access.done);
        Share(source, m_dma.bytes);
        Share(destination, m_dma.bytes);
    }
    else if (offset == DONE)
    {
        access.data = dma.GetDone();
        TakeBack();
    }
    else
    {
        access.data = 0;
    }
    return MemoryReply::DONE;
}

MemoryReply
RiscvHpu::AccessEventUnit(CoreAccess& access, uint32_t offset)
{
    // The dispatch FIFO hands a word from one core to all others; the rest configures it.
    if (offset == memory_map::DISPATCH_FIFO)
    {
        if (access.operation == MemoryOperation::STORE)
        {
            m_system.Dispatch(m_driver.m_cluster, m_driver.m_hpu, access.data, access.done);
        }
        else if (!m_hasDispatch)
        {
            return MemoryReply::WAIT;
        }
        else
        {
            m_hasDispatch = false;
            access.data = m_dispatched;
        }
        return MemoryReply::DONE;
    }
    access.data = 0;
    return MemoryReply::DONE;
}

} // namespace offload
} // namespace ns3
