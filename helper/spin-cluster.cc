/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-cluster.h"

#include "ns3/boolean.h"
#include "ns3/fat-tree.h"
#include "ns3/uinteger.h"
#include "ns3/write-program.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t SWITCH_PORTS = 36;       //!< SC'17: fat tree of 36-port switches
constexpr uint32_t DOWN = SWITCH_PORTS / 2; //!< ports to hosts or lower switches
constexpr uint32_t SHOWN = 2;               //!< hosts in captures and timelines
constexpr uint32_t SEND_DEPTH = 1024;       //!< of queue pairs, at least
constexpr uint32_t ALL_RIGHTS = MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE |
                                MemoryAccess::REMOTE_READ | MemoryAccess::REMOTE_ATOMIC;

} // namespace

std::unique_ptr<FabricTopology>
SpinCluster::MakeTopology(uint32_t hosts)
{
    if (hosts <= SWITCH_PORTS)
    {
        return FatTree::SingleSwitch(std::max(hosts, 2U));
    }
    const uint32_t leaves = (hosts + DOWN - 1) / DOWN;
    if (leaves <= SWITCH_PORTS)
    {
        return std::make_unique<FatTree>(std::vector<uint32_t>{DOWN, leaves},
                                         std::vector<uint32_t>{DOWN});
    }
    const uint32_t pods = (leaves + DOWN - 1) / DOWN;
    return std::make_unique<FatTree>(std::vector<uint32_t>{DOWN, DOWN, pods},
                                     std::vector<uint32_t>{DOWN, DOWN});
}

SpinCluster::SpinCluster(const Config& config)
{
    if (config.hosts < 1 || config.hosts > DOWN * DOWN * SWITCH_PORTS)
    {
        throw std::invalid_argument("a fat tree of 36-port switches has 1 to " +
                                    std::to_string(DOWN * DOWN * SWITCH_PORTS) + " hosts, not " +
                                    std::to_string(config.hosts));
    }
    m_helper.UseHost(HostPreset::Get(config.host));
    m_helper.UseSc17Nic();
    // One host may have something for each other one, all of it on one queue pair.
    m_helper.SetQueuePairAttribute("SendDepth",
                                   UintegerValue(std::max(SEND_DEPTH, 2 * config.hosts)));
    m_helper.SetMemoryAttribute("Size", UintegerValue(config.memoryBytes));
    m_helper.SetCpuAttribute("Polling", BooleanValue(config.polling));
    const auto topology = MakeTopology(config.hosts);
    m_nodes.Create(config.hosts);
    NetDeviceContainer devices;
    for (uint32_t i = 0; i < config.hosts; ++i)
    {
        m_nics.push_back(m_helper.CreateDevice(m_nodes.Get(i)));
        devices.Add(m_nics.back());
    }
    // The tree has whole switches; nobody uses their other ports.
    LinkHelper idle;
    idle.SetDeviceAttribute("Mtu", UintegerValue(m_nics[0]->GetMtu()));
    for (uint32_t i = config.hosts; i < topology->GetHosts(); ++i)
    {
        devices.Add(idle.CreateDevice(CreateObject<Node>()));
    }
    FabricHelper fabric;
    fabric.SetPortAttribute("Mtu", UintegerValue(m_nics[0]->GetMtu()));
    fabric.SetPortAttribute("DataRate", DataRateValue(m_nics[0]->GetDataRate()));
    fabric.SetChannelAttribute("Delay", TimeValue(PicoSeconds(SpinRdmaHelper::SC17_CABLE_PS)));
    m_fabric = fabric.Install(*topology, devices);
}

ClusterBuffer
SpinCluster::Allocate(uint32_t host, uint32_t bytes)
{
    ClusterBuffer buffer;
    buffer.memory = GetMemory(host);
    buffer.address = buffer.memory->Allocate(bytes);
    buffer.bytes = bytes;
    buffer.region =
        m_nics[host]->GetEngine()->RegisterMemory(buffer.memory,
                                                  {buffer.address, bytes, ALL_RIGHTS, 0});
    return buffer;
}

RdmaHelper::Connection
SpinCluster::Connect(uint32_t a, uint32_t b) const
{
    return SpinRdmaHelper::ConnectQueuePairs(m_nics.at(a), m_nics.at(b));
}

void
SpinCluster::Attach(uint32_t host,
                    const std::vector<Ptr<QueuePair>>& queuePairs,
                    Ptr<HandlerProgram> program,
                    const ClusterWindow& window,
                    bool tells)
{
    const uint32_t hpus = m_nics.at(host)->GetUnit()->GetConfig().hpusPerCluster;
    Ptr<ExecutionContext> context = CreateObject<ExecutionContext>();
    context->SetProgram(program);
    context->SetAttribute("HostMemoryAddress", UintegerValue(window.address));
    context->SetAttribute("HostMemoryBytes", UintegerValue(window.bytes));
    if (const auto writes = DynamicCast<WriteProgram>(program))
    {
        context->SetAttribute("ScratchpadBytes", UintegerValue(writes->GetScratchpadBytes(hpus)));
    }
    for (const auto& queuePair : queuePairs)
    {
        m_nics[host]->AttachContext(queuePair, context, tells);
    }
}

void
SpinCluster::EnablePcap(const std::string& prefix)
{
    for (uint32_t i = 0; i < std::min(SHOWN, GetHosts()); ++i)
    {
        m_helper.EnablePcap(prefix + "-host" + std::to_string(i) + ".pcap", m_nics[i], false, true);
    }
}

void
SpinCluster::Draw(Timeline& timeline)
{
    for (uint32_t i = 0; i < std::min(SHOWN, GetHosts()); ++i)
    {
        m_lines.push_back(Create<SpinTimeline>(timeline, "host " + std::to_string(i)));
        m_lines.back()->Connect(m_nics[i]);
    }
}

} // namespace offload
} // namespace ns3
