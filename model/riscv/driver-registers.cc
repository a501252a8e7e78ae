/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "driver-registers.h"

#include "address-map.h"
#include "handler-memory.h"
#include "hexadecimal.h"

#include "ns3/execution-context.h"
#include "ns3/hpu-driver.h"
#include "ns3/spin-pipeline.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t WORD = 4; //!< bytes

/** Interfaces as COMMAND_INFO numbers them, bits 2:1 (hwsched.h). */
enum class InfoInterface : uint8_t
{
    HOST_DMA = 0,
    NIC_OUTBOUND = 1,
    HOST_DIRECT = 2,
};

uint64_t
Join(uint32_t high, uint32_t low)
{
    return uint64_t{high} << 32 | low;
}

} // namespace

DriverRegisters::DriverRegisters(SpinPipeline& pipeline)
    : m_pipeline(pipeline)
{
}

uint32_t
DriverRegisters::ReadTask(const Task& task, uint32_t offset)
{
    using namespace driver_register;
    const PacketRecord& packet = *task.packet;
    const ExecutionContext& context = *packet.message->context;
    const uint64_t host = context.GetHostMemoryAddress();
    const uint32_t clusters = m_pipeline.config.clusters;
    if (offset >= SCRATCHPAD && offset < SCRATCHPAD + SCRATCHPADS * WORD)
    {
        const uint32_t cluster = (offset - SCRATCHPAD) / WORD;
        m_lastRead = cluster < clusters ? context.GetScratchpadAddress(cluster) : 0;
    }
    else if (offset >= SCRATCHPAD_SIZE && offset < SCRATCHPAD_SIZE + SCRATCHPADS * WORD)
    {
        const uint32_t cluster = (offset - SCRATCHPAD_SIZE) / WORD;
        m_lastRead = cluster < clusters ? context.GetScratchpadBytes() : 0;
    }
    switch (offset)
    {
    case NIC_MEMORY:
        m_lastRead = context.GetNicMemoryAddress();
        break;
    case NIC_MEMORY_SIZE:
        m_lastRead = context.GetNicMemoryBytes();
        break;
    case PACKET:
        m_lastRead = m_pipeline.L1PacketAddress(task);
        break;
    case PACKET_SIZE:
        m_lastRead = packet.size;
        break;
    case HOST_MEMORY_HIGH:
        m_lastRead = static_cast<uint32_t>(host >> 32);
        break;
    case HOST_MEMORY_LOW:
        m_lastRead = static_cast<uint32_t>(host);
        break;
    case HOST_MEMORY_SIZE:
        m_lastRead = static_cast<uint32_t>(context.GetHostMemoryBytes());
        break;
    case L2_PACKET:
        m_lastRead = packet.address;
        break;
    case HOME_CLUSTER:
        m_lastRead = packet.message->index % clusters;
        break;
    case MESSAGE:
        m_lastRead = packet.message->index;
        break;
    default:
        break; // decoded as in hardware: only these words
    }
    return m_lastRead;
}

void
DriverRegisters::WriteCommand(uint32_t offset, uint32_t word)
{
    using namespace driver_register;
    const uint32_t index = (offset - COMMAND_WORDS) / WORD;
    if (offset == COMMAND_INFO)
    {
        m_info = word;
    }
    else if (offset >= COMMAND_WORDS && index < WORDS)
    {
        m_words[index] = word;
    }
}

uint32_t
DriverRegisters::CheckNic(uint32_t cluster,
                          const HandlerMemory& memory,
                          uint32_t address,
                          uint32_t bytes) const
{
    address = memory_map::ToGlobal(address, cluster);
    if (!memory.Allows(address, bytes) || !m_pipeline.memory.Find(address, bytes))
    {
        throw ProtectionFault{address, bytes};
    }
    return address;
}

Command&
DriverRegisters::MakeCommand(HpuDriver& driver, const HandlerMemory& memory) const
{
    switch (static_cast<InfoInterface>(m_info >> 1 & 3))
    {
    case InfoInterface::NIC_OUTBOUND:
        return MakeSend(driver, memory);
    case InfoInterface::HOST_DMA:
        return MakeTransfer(driver, memory);
    case InfoInterface::HOST_DIRECT:
        return MakeHostDirect(driver);
    }
    throw std::runtime_error("a command for interface 3, which does not exist");
}

Command&
DriverRegisters::MakeSend(HpuDriver& driver, const HandlerMemory& memory) const
{
    // {nid, fid, source low, source high, length}
    const uint32_t bytes = m_words[4];
    const uint64_t source = Join(m_words[3], m_words[2]);
    if (m_words[1])
    {
        throw std::runtime_error("spin_rdma_put: NIC outbound has no queue pair " +
                                 std::to_string(m_words[1]));
    }
    m_pipeline.CheckSend(bytes);
    const bool fromHost = m_words[3] != 0;
    uint32_t address = 0;
    if (fromHost)
    {
        driver.CheckHost(source, bytes);
    }
    else
    {
        address = CheckNic(driver.GetCluster(), memory, m_words[2], bytes);
    }
    Command& command = driver.NewCommand(CommandInterface::NIC_OUTBOUND, bytes);
    command.nicAddress = address;
    command.hostAddress = fromHost ? source : 0;
    command.fromHost = fromHost;
    return command;
}

Command&
DriverRegisters::MakeTransfer(HpuDriver& driver, const HandlerMemory& memory) const
{
    // {host low, host high, NIC address, length, direction}
    const uint64_t host = Join(m_words[1], m_words[0]);
    const uint32_t bytes = m_words[3];
    const bool toHost = m_words[4] & 1;
    driver.CheckHost(host, bytes);
    const uint32_t address = CheckNic(driver.GetCluster(), memory, m_words[2], bytes);
    Command& command = driver.NewCommand(CommandInterface::HOST_DMA, bytes);
    command.hostAddress = host;
    command.nicAddress = address;
    command.toHost = toHost;
    return command;
}

Command&
DriverRegisters::MakeHostDirect(HpuDriver& driver) const
{
    // {host low, host high, size << 1 | direction, data low, data high}
    const uint64_t host = Join(m_words[1], m_words[0]);
    const uint32_t bytes = m_words[2] >> 1;
    if (!(m_words[2] & 1) || bytes != sizeof(uint64_t))
    {
        throw std::runtime_error("host-direct of " + Hexadecimal(m_words[2]) +
                                 ": only writes of 8 bytes to the host are modelled");
    }
    driver.CheckHost(host, bytes);
    Command& command = driver.NewCommand(CommandInterface::HOST_DIRECT, bytes);
    command.hostAddress = host;
    command.immediate = Join(m_words[4], m_words[3]);
    command.toHost = true;
    return command;
}

} // namespace offload
} // namespace ns3
